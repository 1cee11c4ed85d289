"""A server of lists on loopback: whole files, parts of them, breaks in the middle, ETags or none."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class ListServer:
    """Every name leads here; ``files`` by path, anything else is 404."""

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    """Path to where it redirects."""
    breaks_after: int | None = None
    """The next body ends after so many bytes, for once."""
    has_etags: bool = True
    status: int = 200
    """Of everything, while it is not 200."""
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """(host, path, headers in lower case) of every request."""

    @property
    def resolve(self) -> str:
        return f"*=127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked]


@contextmanager
def serving() -> Iterator[ListServer]:
    """A server for a while."""
    lists = ListServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            lists.asked.append((self.headers.get("Host", ""), self.path, headers))
            with suppress(ConnectionError):
                self._answer(headers)

        def _answer(self, headers: dict[str, str]) -> None:
            body = lists.files.get(self.path)
            if lists.status != 200:
                self._say(lists.status, b"not now")
            elif self.path in lists.moved:
                self._say(302, b"", ("Location", lists.moved[self.path]))
            elif body is None:
                self._say(404, b"not here")
            else:
                self._give(body, headers)

        def _give(self, body: bytes, headers: dict[str, str]) -> None:
            tag = f'"{hashlib.md5(body).hexdigest()}"'
            tags = [("ETag", tag)] if lists.has_etags else []
            if headers.get("if-none-match") == tag:
                self._say(304, None, *tags)
                return
            wanted = headers.get("range", "")
            if wanted and headers.get("if-range") == tag:
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
                span = ("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
                self._say(206, body[start:], span, *tags)
            else:
                self._say(200, body, *tags)

        def _say(self, status: int, body: bytes | None, *headers: tuple[str, str]) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            if body is not None:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if body is not None and status in (200, 206) and lists.breaks_after is not None:
                self.wfile.write(body[: lists.breaks_after])
                lists.breaks_after = None
                self.close_connection = True
            elif body is not None:
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    lists.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield lists
    finally:
        server.shutdown()
        server.server_close()
