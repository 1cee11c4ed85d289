"""A small misbehaving site on loopback: every name is its own, every path does what a story tells it."""

import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

BOUND_S = 30.0


def picture(number: int, form: str = "JPEG") -> bytes:
    """A picture like no other: coloured clouds drawn from its number."""
    grid = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    out = BytesIO()
    Image.fromarray(grid).resize((64, 48), Image.Resampling.BICUBIC).save(out, form)
    return out.getvalue()


@dataclass(frozen=True)
class Answer:
    """One answer. ``before`` runs when the request has come, and may wait."""

    body: bytes = b""
    status: int = 200
    kind: str = "image/jpeg"
    headers: Mapping[str, str] | None = None
    before: Callable[[], object] | None = None
    endless: bool = False
    """The body again and again, without a length."""


@dataclass(frozen=True)
class Visit:
    """A request as it came."""

    host: str
    path: str
    agent: str

    @property
    def url(self) -> str:
        return f"http://{self.host}{self.path}"


Answers = dict[str, Answer | list[Answer]]
"""URL to its answer; a list: one for each request, the last one for all further ones."""


class Site:
    """All names on one port. What it was not told is 404, or what its name does about such addresses."""

    def __init__(self, certificate: Path | None = None) -> None:
        """``certificate``: it is asked by https alone."""
        self.answers: Answers = {}
        self.otherwise: dict[str, Callable[[Visit], Answer]] = {}
        """By host: the answer for an address that is not in ``answers``."""
        self.visits: list[Visit] = []
        self.most_at_once: Counter[str] = Counter()
        """By host."""
        self.most_at_once_in_all = 0
        self.closing = threading.Event()
        self._now: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.block_on_close = False
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            plain = self._server.socket
            self._server.socket = context.wrap_socket(plain, True, do_handshake_on_connect=False)
        self._server.socket.listen(512)
        serve = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        serve.daemon = True
        serve.start()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def resolve_rules(self) -> tuple[str, ...]:
        return (f"*=127.0.0.1:{self.port}",)

    @property
    def hits(self) -> Counter[str]:
        """Requests by URL."""
        return Counter(visit.url for visit in list(self.visits))

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def visited(self, visit: Visit) -> Iterator[Answer]:
        """The answer to a visit, which is counted as being there for so long."""
        with self._lock:
            n_before = self.hits[visit.url]
            self.visits.append(visit)
            self._now[visit.host] += 1
            self.most_at_once[visit.host] = max(self.most_at_once[visit.host], self._now[visit.host])
            self.most_at_once_in_all = max(self.most_at_once_in_all, self._now.total())
        answer = self.answers.get(visit.url) or self.otherwise.get(visit.host, _not_here)(visit)
        if isinstance(answer, list):
            answer = answer[min(n_before, len(answer) - 1)]
        try:
            if answer.before is not None:
                answer.before()
            yield answer
        finally:
            with self._lock:
                self._now[visit.host] -= 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                host = self.headers.get("Host", "").partition(":")[0]
                visit = Visit(host, self.path, self.headers.get("User-Agent", ""))
                with suppress(ConnectionError), site.visited(visit) as answer:
                    self._say(answer)

            def _say(self, answer: Answer) -> None:
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.kind)
                for name, value in (answer.headers or {}).items():
                    self.send_header(name, value)
                if not answer.endless:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
                self.close_connection = self.close_connection or answer.endless
                while answer.endless and not site.closing.is_set():
                    self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler


def _not_here(_: Visit) -> Answer:
    return Answer(b"not here", 404, "text/html")


class Gate:
    """Holds answers back until it is opened, by hand or by the number of those that wait."""

    def __init__(self, site: Site, opens_at: int | None = None) -> None:
        self._site = site
        self._opens_at = opens_at
        self._open = threading.Event()
        self._lock = threading.Lock()
        self.waiting = 0

    def open(self) -> None:
        self._open.set()

    def wait(self) -> None:
        with self._lock:
            self.waiting += 1
            if self.waiting == self._opens_at:
                self.open()
        deadline_s = time.monotonic() + BOUND_S
        while not self._open.wait(0.02) and not self._site.closing.is_set():
            if time.monotonic() > deadline_s:
                return
