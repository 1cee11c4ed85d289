"""The fetcher's world: a web that misbehaves on demand, a DNS that does, and certificates good and bad."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from hostile_web import Certificates, Client, HostileServer, NameServer


@pytest.fixture
def web() -> Iterator[HostileServer]:
    """A web server that does whatever it is told."""
    server = HostileServer()
    yield server
    server.close()


@pytest.fixture
def client(web: HostileServer) -> Client:
    """A fetcher's user, to whom every name is the hostile web."""
    return Client(web)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority of our own and four certificates, three of them bad."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on PATH")
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Tests", "-days", "2")
    for name, host, days in (
        ("good", "site.example", "2"),
        ("expired", "site.example", "-1"),
        ("wrong-name", "elsewhere.example", "2"),
    ):
        (folder / "names").write_text(f"subjectAltName=DNS:{host}\n")
        openssl("req", *key, "-keyout", f"{name}.key", "-out", "request", "-subj", f"/CN={host}")
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-days", days)
        openssl("x509", "-req", "-in", "request", *signed, "-out", f"{name}.pem")
    own = ("-keyout", "self-signed.key", "-out", "self-signed.pem", "-subj", "/CN=site.example", "-days", "2")
    openssl("req", "-x509", *key, *own, "-addext", "subjectAltName=DNS:site.example")
    return Certificates(folder / "ca.pem", folder)


@pytest.fixture
def names() -> Iterator[NameServer]:
    """A DNS that answers what it is told and counts the questions."""
    server = NameServer()
    yield server
    server.close()
