"""HTTP as the rotten web speaks it: one connection, request by request, faults and all."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import NamedTuple, Protocol

from .responses import BAD_REQUEST, Ending, Response

MAX_HEAD_BYTES = 65_536
REASONS = {
    200: "OK",
    206: "Partial Content",
    301: "Moved Permanently",
    302: "Found",
    429: "Too Many Requests",
}
_NO_LINGER = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends a reset."""
_DRIP_EVERY_S = 0.25
_MOMENT_S = 0.01
"""What was written is read before the reset overtakes it."""


class Request(NamedTuple):
    """What a client asked."""

    method: str
    host: str
    """Lower case, without a port."""
    target: str
    version: str
    agent: str
    keeps_alive: bool

    @property
    def url(self) -> str:
        """Absolute, whether the client thinks that it talks to a proxy or not."""
        return self.target if _is_absolute(self.target) else f"http://{self.host}{self.target}"


class Served(NamedTuple):
    """A response with its body drawn."""

    response: Response
    body: bytes


class Site(Protocol):
    """What stands behind the wire."""

    def opened(self) -> None: ...

    def closed(self) -> None: ...

    async def serve(self, request: Request, send: Callable[[Served], Awaitable[int]]) -> None:
        """Answer by ``send`` (which returns the bytes sent), once."""
        ...


class Wire(asyncio.Protocol):
    """A connection: requests are answered in order, one at a time."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._inbox = bytearray()
        self._transport: asyncio.Transport
        self._task: asyncio.Task[None] | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._site.opened()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        if self._task is not None:
            self._task.cancel()
        self._site.closed()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def data_received(self, data: bytes) -> None:
        self._inbox += data
        if self._task is None:
            self._next()

    def _next(self) -> None:
        head, mark, rest = bytes(self._inbox).partition(b"\r\n\r\n")
        if not mark:
            if len(self._inbox) > MAX_HEAD_BYTES:
                self._transport.abort()
            return
        self._inbox = bytearray(rest)
        request = parse(head)
        if request is None:
            self._transport.write(_head(BAD_REQUEST, 0, keeps_alive=False))
            self._transport.close()
            return
        self._task = asyncio.get_running_loop().create_task(self._answer(request))

    async def _answer(self, request: Request) -> None:
        async def send(served: Served) -> int:
            return await self._send(request, served)

        with contextlib.suppress(ConnectionError):
            await self._site.serve(request, send)
        self._task = None
        if self._inbox and not self._transport.is_closing():
            self._next()

    async def _send(self, request: Request, served: Served) -> int:
        response, body = served
        if response.is_mute:
            await asyncio.Event().wait()  # until the client goes away
        if not response.is_connected:
            self._transport.abort()
            return 0
        if request.method == "HEAD":
            body = b""
        length = len(served.body) + response.missing_bytes
        head = response.raw if response.raw is not None else self._head(request, response, length)
        await self._put(head, body, response)
        await self._finish(request, response, body)
        return len(head) + len(body)

    def _head(self, request: Request, response: Response, length: int) -> bytes:
        endless = response.ending is Ending.ENDLESS
        return _head(response, None if endless else length, keeps_alive=request.keeps_alive and not endless)

    async def _put(self, head: bytes, body: bytes, response: Response) -> None:
        rate = response.bytes_per_s
        if rate is None:
            await self._write(head + body)
            return
        if response.drips_from_head:
            head, body = b"", head + body
        await self._write(head)
        step = max(1, round(rate * _DRIP_EVERY_S))
        for at in range(0, len(body), step):
            await asyncio.sleep(step / rate)
            await self._write(body[at : at + step])

    async def _write(self, data: bytes) -> None:
        await self._may_write.wait()
        if self._transport.is_closing():
            raise ConnectionResetError
        self._transport.write(data)

    async def _finish(self, request: Request, response: Response, body: bytes) -> None:
        match response.ending:
            case Ending.ENDLESS:
                while True:
                    await self._write(body)
                    await asyncio.sleep(0)
            case Ending.RESET:
                await asyncio.sleep(_MOMENT_S)
                connection: socket.socket = self._transport.get_extra_info("socket")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
                self._transport.abort()
            case Ending.EARLY:
                self._transport.close()
            case _:
                if not request.keeps_alive or response.raw is not None:
                    self._transport.close()


def _is_absolute(target: str) -> bool:
    """As proxies are asked. A path may hold an address further on: the archive's do."""
    return target.startswith(("http://", "https://"))


def parse(head: bytes) -> Request | None:
    """The request of a head without its last empty line; None: it is no HTTP/1."""
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return None
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    method, target, version = words
    host = target.split("/", 3)[2] if _is_absolute(target) else headers.get("host", "")
    connection = headers.get("connection", "").lower()
    keeps_alive = "close" not in connection and (version == "HTTP/1.1" or "keep-alive" in connection)
    name = host.lower().partition(":")[0]
    return Request(method, name, target, version, headers.get("user-agent", ""), keeps_alive)


def _head(response: Response, length: int | None, *, keeps_alive: bool) -> bytes:
    status = response.status
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode(), *response.head_lines()]
    if length is not None:
        lines.append(b"Content-Length: %d\r\n" % length)
    if not keeps_alive:
        lines.append(b"Connection: close\r\n")
    return b"".join((*lines, b"\r\n"))
