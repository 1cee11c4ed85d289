"""A small hostile web and a small DNS, both real sockets on loopback."""

import contextlib
import heapq
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gleanset.fetch.base import Arrival, FetchSettings, Order
from gleanset.fetch.http import CurlFetcher
from gleanset.urls import host_of, politeness_group

PICTURE = b"\xff\xd8" + bytes(range(256)) * 40
BOUND_S = 30.0
"""No test waits longer for anything; reaching it is a failure."""

Answer = bytes | Callable[["Visit"], None]


@dataclass
class Visit:
    """One request as the server saw it, and the connection to answer on."""

    connection: socket.socket
    path: str
    host: str
    headers: dict[str, str]
    n_connection: int
    n_request: int
    """On this connection, from 1."""
    closing: threading.Event

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def hang(self) -> None:
        """Say nothing more until the test is over or the client has gone."""
        self.connection.settimeout(0.05)
        while not self.closing.is_set():
            with contextlib.suppress(TimeoutError):
                if not self.connection.recv(1024):
                    return

    def drip(self, data: bytes, pause_s: float) -> None:
        """One byte at a time."""
        for byte in data:
            if self.closing.wait(pause_s):
                return
            self.send(bytes([byte]))

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def ok(body: bytes = PICTURE, headers: str = "", status: str = "200 OK") -> bytes:
    """A proper answer; ``headers`` as ``Name: value`` lines."""
    lines = "".join(f"{line}\r\n" for line in headers.splitlines())
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode("latin-1") + body


def moved(location: str, status: str = "302 Found") -> bytes:
    return ok(b"", f"Location: {location}", status)


class HostileServer:
    """Answers each path with the bytes or the doing that a test gave it; keeps connections open."""

    def __init__(self, context: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        self.answers: dict[str, Answer] = {"/ok": ok()}
        self.visits: list[Visit] = []
        self.n_connections = 0
        self.greeting: bytes | None = None
        """Said on every connection, and then nothing: no TLS, no HTTP."""
        self._context = context
        self._closing = threading.Event()
        self._listener = socket.create_server((host, port), backlog=512)
        self._listener.settimeout(0.05)
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def hits(self) -> Counter[str]:
        return Counter(visit.path for visit in self.visits)

    def close(self) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join(BOUND_S)
        self._listener.close()

    def _listen(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = self._listener.accept()
                self.n_connections += 1
                thread = threading.Thread(target=self._serve, args=(connection, self.n_connections))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.callback(connection.close)
            connection.settimeout(BOUND_S)
            if self.greeting is not None:
                connection.sendall(self.greeting)
                Visit(connection, "", "", {}, number, 0, self._closing).hang()
                return
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
                stack.callback(connection.close)
            self._converse(connection, number)

    def _converse(self, connection: socket.socket, number: int) -> None:
        n_request = 0
        while (head := self._read_head(connection)) is not None:
            n_request += 1
            lines = head.decode("latin-1").split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
            path = lines[0].split(" ")[1]
            visit = Visit(
                connection, path, headers.get("host", ""), headers, number, n_request, self._closing
            )
            self.visits.append(visit)
            answer = self.answers.get(path, ok(b"not here", status="404 Not Found"))
            if callable(answer):
                answer(visit)
                return
            connection.sendall(answer)

    def _read_head(self, connection: socket.socket) -> bytes | None:
        head = b""
        connection.settimeout(0.05)
        while not head.endswith(b"\r\n\r\n"):
            if self._closing.is_set():
                return None
            with contextlib.suppress(TimeoutError):
                byte = connection.recv(1)
                if not byte:
                    return None
                head += byte
        connection.settimeout(BOUND_S)
        return head


@dataclass
class Client:
    """Fetches from the hostile web: every name is there, whatever the port in the URL."""

    server: HostileServer
    settings: dict[str, Any] = field(default_factory=dict)

    def open(self, **settings: Any) -> CurlFetcher:
        defaults = {"resolve": (f"*=127.0.0.1:{self.server.port}",), **self.settings}
        return CurlFetcher(FetchSettings(**(defaults | settings)), politeness_group)

    def get_all(self, *urls: str, group: str | None = None, hops: int = 0, **settings: Any) -> list[Arrival]:
        """The arrivals in the order of the URLs; paths are on ``http://site.example``."""
        with contextlib.closing(self.open(**settings)) as fetcher:
            for ticket, url in enumerate(urls):
                full = url if "://" in url else f"http://site.example{url}"
                fetcher.start(Order(ticket, full, group or politeness_group(host_of(full)), hops))
            return sorted(drain(fetcher), key=lambda arrival: arrival.ticket)

    def get(self, url: str, **settings: Any) -> Arrival:
        return self.get_all(url, **settings)[0]


def drain(fetcher: CurlFetcher) -> list[Arrival]:
    """Poll until nothing is in flight."""
    arrivals: list[Arrival] = []
    turns = int(BOUND_S / 0.2)
    while fetcher.in_flight:
        arrivals += fetcher.poll(0.2)
        turns -= 1
        assert turns, f"{fetcher.in_flight} orders never arrived"
    return arrivals


@dataclass(frozen=True)
class Certificates:
    authority: Path
    folder: Path

    def context(self, name: str) -> ssl.SSLContext:
        """A server's context with the certificate of that name: good, expired, wrong-name, self-signed."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context


class NameServer:
    """A DNS of our own: a zone of names, each with addresses, or a fault."""

    def __init__(self) -> None:
        self.zone: dict[str, list[str] | str] = {}
        """Name to addresses, or to ``NXDOMAIN``, ``SERVFAIL``, ``SILENT``; other names are NXDOMAIN."""
        self.delays_s: dict[str, float] = {}
        """How long after the first question for a name its answer is known, as with a resolver that asks
        elsewhere; infinity: never.
        """
        self.ttl_s = 60
        self.asked: list[tuple[str, int]] = []
        """(name, type: 1 is A, 28 AAAA)."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self._closing = threading.Event()
        self._late: list[tuple[float, bytes, Any]] = []
        """Heap of (moment, reply, who asked)."""
        self._known_at_s: dict[str, float] = {}
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def questions(self, name: str) -> int:
        return sum(asked == name for asked, _ in self.asked)

    def close(self) -> None:
        self._closing.set()
        self._thread.join(BOUND_S)
        self._socket.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            self._send_late()
            self._socket.settimeout(0.005 if self._late else 0.05)
            with contextlib.suppress(TimeoutError):
                packet, sender = self._socket.recvfrom(4096)
                name, reply = self._reply(packet)
                now_s = time.monotonic()
                known_at_s = self._known_at_s.setdefault(name, now_s + self.delays_s.get(name, 0.0))
                if reply and known_at_s > now_s:
                    heapq.heappush(self._late, (known_at_s, reply, sender))
                elif reply:
                    self._socket.sendto(reply, sender)

    def _send_late(self) -> None:
        while self._late and self._late[0][0] <= time.monotonic():
            _, reply, sender = heapq.heappop(self._late)
            self._socket.sendto(reply, sender)

    def _reply(self, packet: bytes) -> tuple[str, bytes]:
        """The name that is asked for, and what is said of it; nothing for a silent one."""
        labels, at = [], 12
        while packet[at]:
            labels.append(packet[at + 1 : at + 1 + packet[at]].decode("latin-1").lower())
            at += packet[at] + 1
        name, (kind,) = ".".join(labels), struct.unpack_from("!H", packet, at + 1)
        self.asked.append((name, kind))
        entry = self.zone.get(name, "NXDOMAIN")
        if entry == "SILENT":
            return name, b""
        code = {"NXDOMAIN": 3, "SERVFAIL": 2}.get(entry, 0) if isinstance(entry, str) else 0
        records = b"".join(self._records(entry, kind)) if isinstance(entry, list) else b""
        n_records = sum(family_of(text) == kind for text in entry) if isinstance(entry, list) else 0
        head = packet[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, n_records, 0, 0)
        return name, head + packet[12 : at + 5] + records

    def _records(self, addresses: list[str], kind: int) -> Iterator[bytes]:
        for text in addresses:
            if family_of(text) == kind:
                raw = socket.inet_pton(socket.AF_INET6 if kind == 28 else socket.AF_INET, text)
                yield b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, self.ttl_s, len(raw)) + raw


def family_of(address: str) -> int:
    return 28 if ":" in address else 1
