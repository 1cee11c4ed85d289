"""A certificate for the names of a rotten web, so that it can be asked by https. Made by ``openssl``."""

import shutil
import subprocess
from pathlib import Path

from gleanset.errors import GleansetError

NAMES = ("*.example", "*.staticflickr.com", "*.static.flickr.com", "*.archive.org", "*.yimg.com")
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def make_certificate(folder: Path) -> Path:
    """A PEM file with a fresh key and a certificate that is its own authority (for ``--cacert`` as well).

    Raises ``GleansetError`` where there is no openssl.
    """
    if shutil.which("openssl") is None:
        raise GleansetError("rotten web: https needs the program openssl. Install it, or ask by http alone.")
    key, certificate, both = folder / "key.pem", folder / "certificate.pem", folder / "rotten.pem"
    names = ",".join(f"DNS:{name}" for name in NAMES)
    subprocess.run(
        [
            *("openssl", "req", "-x509", *_KEY, "-keyout", str(key), "-out", str(certificate)),
            *("-days", "2", "-subj", "/CN=rotten web", "-addext", f"subjectAltName={names}"),
        ],
        check=True,
        capture_output=True,
    )
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both
