"""Whom libcurl is told to trust: certificate authorities, and the proxy where one was asked for."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gleanset.errors import UsageError

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS, BSD
)
_PROXY_PORTS = {"http": 1080, "https": 443, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}
"""Schemes that libcurl knows, with its own default ports."""


def certificate_file(asked: str | None) -> str | None:
    """The bundle of authorities: the one asked for, else the system's; None: libcurl's own.

    Raises ``UsageError`` when the one asked for cannot be read.
    """
    if asked is not None:
        if not os.access(asked, os.R_OK):
            raise UsageError(f"--cacert {asked}: no such file, or it cannot be read. Name a PEM file.")
        return asked
    named = os.environ.get("SSL_CERT_FILE")
    return next((path for path in (named, *_BUNDLES) if path and Path(path).is_file()), None)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that the user asked for: the one machine to which the guard lets sockets open."""

    endpoints: frozenset[tuple[str, int]]
    tunnels_all: bool
    """SOCKS: it is given addresses. An HTTP proxy is told names for ``http:``, after our look-up passed."""

    @classmethod
    def find(cls, url: str) -> "Proxy":
        """Look the proxy up. Raises ``UsageError`` when it cannot be one."""
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            usual = _PROXY_PORTS[parts.scheme]
            port = parts.port or usual
            found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        except (ValueError, KeyError, OSError) as error:
            raise UsageError(
                f"--proxy {url}: no such proxy ({error}). Write http://HOST:PORT or socks5h://HOST:PORT."
            ) from error
        endpoints = frozenset((str(address[0]), port) for *_, address in found)
        return cls(endpoints, parts.scheme.startswith("socks"))
