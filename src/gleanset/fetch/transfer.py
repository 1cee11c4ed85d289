"""One easy handle of libcurl, used again and again: how it is set up, guarded, bounded and read."""

import os
import socket
from collections.abc import Container
from typing import Any

import pycurl

from gleanset.terms.outcome import Failure

from . import consent
from .addresses import parse_address
from .base import FetchSettings
from .budget import Budget
from .classify import OK_STATUSES, failure_of_curl
from .descriptors import NO_SOCKETS
from .guard import Guard
from .headers import pick_headers
from .loop import now_s
from .robots import LONGEST_BYTES, product_tokens
from .room import Room
from .route import Address

MAX_HEADER_BYTES = 1_000_000
MAX_HEADERS = 10_000
"""libcurl's own bounds (300 KB, 5,000) are tighter in the versions we know; these hold whatever it does."""
ENOUGH_BYTES = 65_536
"""Of a body that nobody wants (a 404's page), so that the connection can be used again."""
_H = ord("H")


class Transfer:
    """What happens between ``begin`` and curl's word that it ended."""

    job: Any = None
    """Whatever the fetcher hangs on to it."""
    headers: list[bytes]
    """Lines of the last block of headers, the status line first."""
    n_body: int
    """Bytes after decompression."""
    status: int | None
    peer: str | None
    sent_at_s: float | None
    """When the handshakes were over and the request went out."""
    cut: Failure | None
    """Why we ended it ourselves."""
    refusal: str
    """The header for which we ended it; empty: none."""
    has_enough: bool
    """We ended it because nobody wants the rest."""
    starved: bool
    """No socket could be opened: this process or machine has no more."""
    is_paused: bool
    """By us, who cannot take more now."""
    was_paused: bool
    """Within the window in which the speed is measured."""
    _paused_at_s: float
    _paused_s: float
    """In all, until the last ``resume``."""
    verifies: bool
    """Whether certificates are checked."""
    _permitted: Container[Address]
    _gives_way_s: float | None
    _chunks: list[bytes]
    _window_n: int
    _window_from_s: float | None
    """Since when the speed is measured; None: the headers are not complete."""

    def __init__(
        self, settings: FetchSettings, guard: Guard, budget: Budget | None, room: Room, cacert: str | None
    ) -> None:
        self._settings = settings
        self._room = room
        self._guard = guard
        self._budget = budget
        self._names = product_tokens(settings.user_agent)
        self._is_robots = False
        self.easy = self._set_up(cacert)
        self._forget()

    def begin(
        self,
        url: str,
        address: Address | None,
        permitted: Container[Address],
        connect_s: float,
        *,
        gives_way_s: float | None = None,
        verify: bool,
        robots: bool = False,
    ) -> None:
        """Get ready for one request.

        ``address``: where to connect, whatever the URL's host; None: to a proxy, which is told the name.
        ``permitted``: the only (address, port) pairs that a socket may be opened to.
        ``connect_s``: for the handshakes. ``gives_way_s``: when it ends if TCP has not come about by then.
        ``robots``: it is for a robots.txt (see ``Order``).
        """
        self._forget()
        self._gives_way_s = gives_way_s
        if robots != self._is_robots:
            self._is_robots = robots
            self.easy.setopt(pycurl.MAXFILESIZE_LARGE, 0 if robots else self._settings.max_body_bytes)
        self._permitted = permitted
        self.easy.setopt(pycurl.URL, url)
        self.easy.setopt(pycurl.CONNECT_TO, [_connect_to(*address)] if address else [])
        self.easy.setopt(pycurl.CONNECTTIMEOUT_MS, max(1, int(connect_s * 1000)))
        if verify != self.verifies:
            self._verify(verify)

    def failure(self, code: int, message: str) -> Failure | None:
        """What curl's last word means; None: there is a whole answer to read."""
        if self.cut is not None:
            return self.cut
        if code == 0 or self.has_enough:
            return None
        return failure_of_curl(
            code,
            connected=self.sent_at_s is not None,
            os_errno=self.easy.getinfo(pycurl.OS_ERRNO),
            message=message,
        )

    def overdue(self, at_s: float) -> tuple[Failure | None, float]:
        """Whether a time limit has passed, and when to look again."""
        settings = self._settings
        if self.sent_at_s is None:
            return self._overdue_connecting(at_s)
        if not self.headers:
            due_s = self.sent_at_s + settings.first_byte_s
            return (Failure.TIMEOUT if at_s >= due_s else None), due_s
        if self._window_from_s is None:
            return None, at_s + settings.min_speed_over_s
        due_s = self._window_from_s + settings.min_speed_over_s
        if at_s < due_s:
            return None, due_s
        enough = self.n_body - self._window_n >= settings.min_speed_bytes_per_s * settings.min_speed_over_s
        if not enough and not self.was_paused and not self.is_paused:
            return Failure.TOO_SLOW, due_s
        self._window_from_s, self._window_n, self.was_paused = at_s, self.n_body, False
        return None, at_s + settings.min_speed_over_s

    def _overdue_connecting(self, at_s: float) -> tuple[Failure | None, float]:
        """curl keeps the time for handshakes itself; an address that has siblings gets less for TCP."""
        if self._gives_way_s is not None and at_s < self._gives_way_s:
            return None, self._gives_way_s
        gives_way = self._gives_way_s is not None and not self.easy.getinfo(pycurl.CONNECT_TIME)
        return (Failure.CONNECT_TIMEOUT if gives_way else None), at_s + self._settings.first_byte_s

    def take_body(self) -> bytes:
        """The body, once; the transfer keeps nothing of it."""
        chunks = self._chunks
        self.drop_body()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def paused_for_s(self, at_s: float) -> float:
        """How long we have kept it waiting: time that is not the host's."""
        return self._paused_s + (at_s - self._paused_at_s if self.is_paused else 0.0)

    def drop_body(self) -> None:
        """Keep nothing of what was read."""
        self._chunks = []
        self._room.leave(self)

    def resume(self) -> None:
        """Read on."""
        self._paused_s = self.paused_for_s(now_s())
        self.is_paused = False
        self.easy.pause(pycurl.PAUSE_CONT)

    def close(self) -> None:
        self.easy.close()

    def _forget(self) -> None:
        self._permitted = ()
        self._gives_way_s = None
        self._chunks = []
        self._window_from_s = None
        self._window_n = 0
        self._n_header_bytes = 0
        self._paused_s = self._paused_at_s = 0.0
        self.headers = []
        self.refusal = ""
        self.n_body = 0
        self.status = self.cut = self.sent_at_s = self.peer = None
        self.has_enough = self.starved = self.is_paused = self.was_paused = False

    def _set_up(self, cacert: str | None) -> pycurl.Curl:
        settings = self._settings
        easy = pycurl.Curl()
        easy.transfer = self
        easy.setopt(pycurl.NOSIGNAL, 1)
        easy.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        easy.setopt(pycurl.FOLLOWLOCATION, 0)
        easy.setopt(pycurl.PROXY, settings.proxy or "")
        easy.setopt(pycurl.NOPROXY, "")
        easy.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
        easy.setopt(pycurl.USERAGENT, settings.user_agent.encode())
        # Nothing compressed is asked for, but what comes compressed all the same is decoded.
        easy.setopt(pycurl.ACCEPT_ENCODING, "identity")
        easy.setopt(pycurl.MAXFILESIZE_LARGE, settings.max_body_bytes)
        easy.setopt(pycurl.WRITEFUNCTION, self._on_body)
        easy.setopt(pycurl.HEADERFUNCTION, self._on_header)
        easy.setopt(pycurl.OPENSOCKETFUNCTION, self._on_open)
        easy.setopt(pycurl.PREREQFUNCTION, self._on_ready)
        if cacert is not None:
            easy.setopt(pycurl.CAINFO, cacert)
        self.verifies = True
        return easy

    def _verify(self, verify: bool) -> None:
        self.easy.setopt(pycurl.SSL_VERIFYPEER, int(verify))
        self.easy.setopt(pycurl.SSL_VERIFYHOST, 2 if verify else 0)
        self.verifies = verify

    def _on_open(self, _purpose: int, address: Any) -> Any:
        """The guard's socket: to the address that was checked, or none at all."""
        ip, port = address.addr[:2]
        if (ip, port) not in self._permitted and (str(parse_address(ip)), port) not in self._permitted:
            self.cut = Failure.BLOCKED_ADDRESS
            return pycurl.SOCKET_BAD
        try:
            opened = HandedSocket(address.family, address.socktype, address.protocol)
            os.close(os.dup(opened.fileno()))  # as pycurl will do, which says nothing when it cannot
        except OSError as error:
            self.starved = error.errno in NO_SOCKETS
            return pycurl.SOCKET_BAD
        return opened

    def _on_ready(self, peer: str, own: str, port: int, _own_port: int) -> int:
        """Before the first byte goes out, on new connections and on those used again."""
        self.sent_at_s = now_s()
        self.peer = peer
        if (peer, port) in self._permitted or self._guard.permits_peer(peer, port, own):
            return int(pycurl.PREREQFUNC_OK)
        self.cut = Failure.BLOCKED_ADDRESS
        return int(pycurl.PREREQFUNC_ABORT)

    def _on_header(self, line: bytes) -> int | None:
        """Some ten times for each answer, so the usual line goes first."""
        self._n_header_bytes += len(line)
        if line[0] != _H and len(line) > 2 and self._n_header_bytes <= MAX_HEADER_BYTES:
            self.headers.append(line)
            return None
        if line.startswith(b"HTTP/"):
            self.headers.clear()  # 100, 103, a proxy's 200: the last block counts
            self.status = _status(line)
        self.headers.append(line)
        if self._n_header_bytes > MAX_HEADER_BYTES or len(self.headers) > MAX_HEADERS:
            self.cut = Failure.PROTOCOL
            return -1
        if len(line) <= 2:
            self._window_from_s = now_s()
            if self._is_opted_out():
                self.cut = Failure.OPTED_OUT
                return -1
        return None

    def _is_opted_out(self) -> bool:
        """Whether the headers, now complete, ask not to take what follows."""
        if not self._settings.opt_outs or self._is_robots or self.status not in OK_STATUSES:
            return False
        lines = pick_headers(self.headers, consent.HEADERS, MAX_HEADER_BYTES)
        self.refusal = consent.refusal(lines, self._names) or ""
        return bool(self.refusal)

    def _on_body(self, chunk: bytes) -> int | None:
        if self.status in OK_STATUSES and not self._room.take(self, self.n_body + len(chunk)):
            return self._find_no_room()
        if self._budget is not None and not self._budget.take(len(chunk)):
            return self._pause()
        self.n_body += len(chunk)
        if self.status in OK_STATUSES:
            self._chunks.append(chunk)
            if self._is_robots:
                self.has_enough = self.n_body > LONGEST_BYTES
                return -1 if self.has_enough else None
            if self.n_body <= self._settings.max_decoded_bytes:
                return None
            self.cut = Failure.TOO_LARGE
            return -1
        if self.n_body <= ENOUGH_BYTES:
            return None
        self.has_enough = True
        return -1

    def _pause(self) -> int:
        self.is_paused = self.was_paused = True
        self._paused_at_s = now_s()
        return int(pycurl.WRITEFUNC_PAUSE)

    def _find_no_room(self) -> int:
        """Wait for it; not with a compressed body, of which curl would go on and decode what it has read, and
        keep it: a kilobyte can be megabytes. That one is asked for again.
        """
        if not pick_headers(self.headers, (b"content-encoding",)):
            return self._pause()
        self.cut = Failure.RATE_LIMITED
        return -1


class HandedSocket(socket.socket):
    """pycurl takes a duplicate of the file descriptor and drops the object; the original closes with it."""

    def __del__(self) -> None:
        super(socket.socket, self).close()  # its own ``close`` fails where there was no file to open


def _connect_to(address: str, port: int) -> str:
    return f"::[{address}]:{port}" if ":" in address else f"::{address}:{port}"


def _status(line: bytes) -> int | None:
    """The three digits of a status line (RFC 9110, 15); None for anything else that begins like one."""
    word = line.split(None, 2)[1:2]
    return int(word[0]) if word and len(word[0]) == 3 and word[0].isdigit() else None
