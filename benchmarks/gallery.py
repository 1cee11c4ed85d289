"""nginx on loopback, showing a folder at any host name, by http and by https."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CONFIG = """
{user} worker_processes 1; daemon off; pid {home}/pid; error_log /dev/null;
events {{ worker_connections 8192; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; keepalive_timeout 65;
    root {root}; types {{ image/jpeg jpg; }} open_file_cache max=10000;
    client_body_temp_path {home}; proxy_temp_path {home}; fastcgi_temp_path {home};
    uwsgi_temp_path {home}; scgi_temp_path {home};
    server {{ listen 127.0.0.1:{http} backlog=4096; }}
    server {{
        listen 127.0.0.1:{https} ssl backlog=4096;
        ssl_certificate {home}/site.pem; ssl_certificate_key {home}/site.key;
    }}
}}
"""
SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)


@dataclass(frozen=True)
class Gallery:
    """A server that is up."""

    http: int
    https: int
    authority: Path
    """The certificate that signed the sites' own."""
    bundle: Path
    """The same together with all that this machine trusts anyway: what a user's client has to load."""


@contextmanager
def gallery(root: Path, hosts: Sequence[str]) -> Iterator[Gallery]:
    """Serve ``root`` until the block ends. Needs ``nginx`` and ``openssl`` on PATH."""
    for program in ("nginx", "openssl"):
        if shutil.which(program) is None:
            raise SystemExit(f"{program} is not on PATH: apt-get install nginx-light openssl")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        authority = _certify(home, hosts)
        user = "user root;" if os.geteuid() == 0 else ""
        http, https = _free_port(), _free_port()
        (home / "conf").write_text(CONFIG.format(home=home, root=root, http=http, https=https, user=user))
        server = subprocess.Popen(["nginx", "-c", str(home / "conf")], stderr=subprocess.DEVNULL)
        try:
            _wait_for(http)
            yield Gallery(http, https, authority, _bundle(home, authority))
        finally:
            server.terminate()
            server.wait()


def _certify(home: Path, hosts: Sequence[str]) -> Path:
    """An authority, and one certificate of it for all hosts."""
    names = ",".join(f"DNS:{host}" for host in hosts)
    (home / "names").write_text(f"subjectAltName={names}\n")
    key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    for line in (
        f"req -x509 {key} -keyout ca.key -out ca.pem -days 7 -subj /CN=benchmark",
        f"req {key} -keyout site.key -out site.csr -subj /CN=sites",
        "x509 -req -in site.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out site.pem -extfile names",
    ):
        subprocess.run(["openssl", *line.split()], cwd=home, check=True, capture_output=True)
    return home / "ca.pem"


def _bundle(home: Path, authority: Path) -> Path:
    system = next((text for path in map(Path, SYSTEM_BUNDLES) if (text := _read(path))), "")
    bundle = home / "bundle.pem"
    bundle.write_text(system + authority.read_text())
    return bundle


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    raise SystemExit("nginx did not start")
