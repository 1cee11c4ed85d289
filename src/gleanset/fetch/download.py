"""One large file at a time, into a file: lists, not pictures. Under the same guard as everything else.

Pictures are fetched by thousands at once and held in memory; a list is one body of gigabytes that may stop
half way and is then gone on with. So this is a plain loop around one handle.
"""

import os
import socket
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import pycurl

from gleanset.terms.outcome import Failed, Failure
from gleanset.urls import normalise

from .addresses import parse_address
from .base import FetchSettings
from .classify import OK_STATUSES, REDIRECTS, failure_of_curl, failure_of_status
from .guard import Aim, Guard
from .headers import pick_headers
from .route import Address
from .transfer import HandedSocket
from .trust import Proxy, certificate_file

STALLED_S = 30
"""A list that brings nothing for so long is given up; what came is kept."""
_HEADERS = frozenset({b"etag", b"last-modified", b"content-range", b"location"})
_NOT_MODIFIED, _PARTIAL, _UNSATISFIABLE = 304, 206, 416
_WITH_BODY = OK_STATUSES | {_PARTIAL}
_NEVER: tuple[Address, ...] = ()

Begin = Callable[[Mapping[str, str]], None]
Got = tuple[int, Mapping[str, str]]
"""Status and headers (``etag``, ``last-modified``) of a whole answer: 200, 206 or 304."""


class Downloader:
    """Downloads for one command. Redirects are followed, each leg under the guard."""

    def __init__(self, settings: FetchSettings, check: Callable[[], None] = lambda: None) -> None:
        """``check`` is called as bytes come, and may raise. ``UsageError``: settings that cannot be."""
        self._check = check
        self._settings = settings
        self._guard = Guard(settings.resolve, settings.allow_private)
        self._proxy = Proxy.find(settings.proxy) if settings.proxy else None
        self._cacert = certificate_file(settings.cacert)

    def __call__(
        self, url: str, file: BinaryIO, start: int = 0, same: str = "", begin: Begin = lambda _: None
    ) -> Got | Failed:
        """Write the body behind what ``file`` has; whole answers alone are no failure.

        ``start``: bytes that are there already of the body that ``same`` (an ETag, or a Last-Modified) names:
        then the answer is 206, and where it is another body by now the file is emptied and the answer 200.
        ``start`` 0 and ``same``: only if it is another body, else 304. ``begin`` hears the headers of a body
        before its first byte.
        """
        target = normalise(url.encode())
        if target is None:
            return Failed(Failure.BAD_URL, None, url[:200], None)
        for _ in range(1 + self._settings.max_hops):
            leg = _Leg(self._settings, file, start, same, begin, self._check, self._cacert)
            try:
                failure = self._run(leg, target)
            finally:
                leg.easy.close()
            if failure is not None:
                return failure
            location = leg.header("location") if leg.status in REDIRECTS else ""
            if not location:
                return leg.ended()
            target = normalise(leg.redirect.encode()) or ""
            if not target.startswith(("http://", "https://")):
                return Failed(Failure.PROTOCOL, leg.status, f"to {location[:150]}", None)
        return Failed(Failure.TOO_MANY_REDIRECTS, None, f"to {target[:150]}", None)

    def _run(self, leg: "_Leg", url: str) -> Failed | None:
        aim = self._guard.aim(url)
        if isinstance(aim, Failure):
            return Failed(aim, None, url[:200], None)
        address = self._find(aim)
        if isinstance(address, Failed):
            return address
        if self._proxy is None:
            return leg.run(url, address, (address,))
        tunnels = self._proxy.tunnels_all or url.startswith("https:")
        return leg.run(url, address if tunnels else None, tuple(self._proxy.endpoints))

    def _find(self, aim: Aim) -> Address | Failed:
        """Where to connect; the guard has agreed."""
        if aim.pinned is not None:
            return aim.pinned
        try:
            found = socket.getaddrinfo(aim.host, aim.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            return Failed(Failure.NAME_NOT_FOUND, None, f"{aim.host}: {error}"[:200], None)
        answers = tuple(dict.fromkeys(str(one[4][0]) for one in found))
        if not self._guard.accepts(aim, answers):
            return Failed(Failure.BLOCKED_ADDRESS, None, f"{aim.host} is at {', '.join(answers)}"[:200], None)
        return answers[0], aim.port


class _Leg:
    """One request of a download."""

    def __init__(
        self,
        settings: FetchSettings,
        file: BinaryIO,
        start: int,
        same: str,
        begin: Begin,
        check: Callable[[], None],
        cacert: str | None,
    ) -> None:
        self.status = 0
        self.redirect = ""
        self._lines: list[bytes] = []
        self._file = file
        self._start = start
        self._begin = begin
        self._check = check
        self._has_body = False
        self._permitted = _NEVER
        self._error: Exception | None = None
        self.easy = easy = pycurl.Curl()
        easy.setopt(pycurl.NOSIGNAL, 1)
        easy.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        easy.setopt(pycurl.FOLLOWLOCATION, 0)
        easy.setopt(pycurl.PROXY, settings.proxy or "")
        easy.setopt(pycurl.NOPROXY, "")
        easy.setopt(pycurl.USERAGENT, settings.user_agent.encode())
        easy.setopt(pycurl.CONNECTTIMEOUT_MS, int(settings.connect_timeout_s * 1000))
        easy.setopt(pycurl.LOW_SPEED_LIMIT, 1)
        easy.setopt(pycurl.LOW_SPEED_TIME, STALLED_S)
        easy.setopt(pycurl.SSL_VERIFYPEER, int(not settings.insecure))
        easy.setopt(pycurl.SSL_VERIFYHOST, 0 if settings.insecure else 2)
        easy.setopt(pycurl.WRITEFUNCTION, self._on_body)
        easy.setopt(pycurl.HEADERFUNCTION, self._on_header)
        easy.setopt(pycurl.OPENSOCKETFUNCTION, self._on_open)
        if cacert is not None:
            easy.setopt(pycurl.CAINFO, cacert)
        easy.setopt(pycurl.HTTPHEADER, _conditions(start, same))

    def run(self, url: str, address: Address | None, permitted: tuple[Address, ...]) -> Failed | None:
        """Make the request; a failure, or None: there is an answer."""
        self._permitted = permitted
        self.easy.setopt(pycurl.URL, url)
        if address is not None:
            host, port = address
            literal = f"[{host}]" if ":" in host else host
            self.easy.setopt(pycurl.CONNECT_TO, [f"::{literal}:{port}"])
        try:
            self.easy.perform()
        except pycurl.error as error:
            if self._error is not None:
                raise self._error from error
            code, message = error.args[0], str(error.args[1])
            failure = failure_of_curl(code, connected=bool(self.status), message=message)
            return Failed(failure, self.status or None, message[:200], None)
        self.redirect = (self.easy.getinfo_raw(pycurl.REDIRECT_URL) or b"").decode("latin-1")
        return None

    def header(self, name: str) -> str:
        """The last value of a header; empty: there is none."""
        found = [value for key, value in pick_headers(self._lines, _HEADERS) if key == name]
        return found[-1] if found else ""

    def ended(self) -> Got | Failed:
        """What the answer came to."""
        if self.status == _UNSATISFIABLE:
            self._empty()
        is_answer = self.status in (_NOT_MODIFIED, *_WITH_BODY)
        failure = None if is_answer else failure_of_status(self.status)
        if failure is not None:
            return Failed(failure, self.status, f"HTTP {self.status}", None)
        return self.status, dict(pick_headers(self._lines, _HEADERS))

    def _on_open(self, _purpose: int, address: Any) -> Any:
        """The guard's socket: to the address that was checked, or none at all."""
        ip, port = address.addr[:2]
        if (ip, port) not in self._permitted and (str(parse_address(ip)), port) not in self._permitted:
            return pycurl.SOCKET_BAD
        return HandedSocket(address.family, address.socktype, address.protocol)

    def _on_header(self, line: bytes) -> None:
        if line.startswith(b"HTTP/"):
            self._lines.clear()
            word = line.split(None, 2)[1:2]
            self.status = int(word[0]) if word and word[0].isdigit() else 0
        self._lines.append(line)

    def _on_body(self, chunk: bytes) -> int | None:
        if self.status not in _WITH_BODY:
            return None
        if self.status == _PARTIAL and not self._goes_on():
            return -1
        try:
            if not self._has_body and self.status != _PARTIAL:
                self._empty()
            if not self._has_body:
                self._begin(dict(pick_headers(self._lines, _HEADERS)))
            self._has_body = True
            self._file.write(chunk)
            self._check()
        except Exception as error:  # noqa: BLE001 - curl would swallow it; it is raised behind its back
            self._error = error
            return -1
        return None

    def _goes_on(self) -> bool:
        """Whether this is what follows on the bytes that are there. A part of anything else is of no use."""
        return bool(self._start) and self.header("content-range").startswith(f"bytes {self._start}-")

    def _empty(self) -> None:
        """Begin the file anew: what is there belongs to another body."""
        self._file.seek(0)
        self._file.truncate()
        os.fsync(self._file.fileno())


def _conditions(start: int, same: str) -> list[str]:
    """Headers that ask for the rest of the same body, or for another body only (RFC 9110, 13.1)."""
    if start:
        return [f"Range: bytes={start}-", f"If-Range: {same}"]
    if not same:
        return []
    is_tag = same.startswith(('"', "W/"))
    return [f"If-None-Match: {same}" if is_tag else f"If-Modified-Since: {same}"]
