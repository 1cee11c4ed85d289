"""The server's own process: many virtual hosts behind one port, told what to do on standard input."""

import asyncio
import json
import signal
import socket
import sys
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from pathlib import Path
from typing import Any

from .doors import Doorkeeper
from .fates import Fate
from .ledger import Ledger, LogLine
from .ports import BACKLOG, Blackhole, listening, refusing
from .reception import Reception
from .responses import NO_SUCH_SITE, Content, Door, Response
from .settings import WorldSettings
from .wire import Request, Served, Wire
from .world import World


class Gallery:
    """Bodies, drawn once and kept as long as there is room; drawing happens beside the loop."""

    def __init__(self, world: World, n_bytes: int) -> None:
        self._world = world
        self._room = n_bytes
        self._kept: OrderedDict[Content, bytes] = OrderedDict()
        self._drawing: dict[Content, asyncio.Future[bytes]] = {}
        self._painter = ThreadPoolExecutor(1, "painter")

    async def body(self, response: Response) -> bytes:
        """What ``World.render`` says, from memory if it can be."""
        content = response.content
        if isinstance(content, bytes):
            return self._world.render(response)
        if response.kept_share < 1:
            return await self._draw(response)
        if content in self._kept:
            self._kept.move_to_end(content)
            return self._kept[content]
        if content not in self._drawing:
            self._drawing[content] = asyncio.ensure_future(self._draw(response))
        return await asyncio.shield(self._drawing[content])

    async def _draw(self, response: Response) -> bytes:
        loop = asyncio.get_running_loop()
        body = await loop.run_in_executor(self._painter, self._world.render, response)
        if self._drawing.pop(response.content, None) is not None:
            self._keep(response.content, body)
        return body

    def _keep(self, content: Content, body: bytes) -> None:
        self._kept[content] = body
        self._room -= len(body)
        while self._room < 0 and self._kept:
            self._room += len(self._kept.popitem(last=False)[1])

    @property
    def is_full(self) -> bool:
        return self._room < (1 << 20)

    def close(self) -> None:
        self._painter.shutdown(wait=False, cancel_futures=True)


class Web:
    """All hosts of a world."""

    def __init__(self, world: World, cache_bytes: int) -> None:
        self._world = world
        self._keeper = Doorkeeper(world)
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        self.ledger = Ledger()
        self.gallery = Gallery(world, cache_bytes)

    def now_s(self) -> float:
        return self._loop.time() - self._began_s

    def opened(self) -> None:
        self.ledger.connections += 1
        self.ledger.connections_open += 1

    def closed(self) -> None:
        self.ledger.connections_open -= 1

    async def serve(self, request: Request, send: Callable[[Served], Awaitable[int]]) -> None:
        host = request.host
        line = f"{request.method} {request.target} {request.version}"
        at_s, n_bytes = self.now_s(), 0
        response = self._keeper.respond(host, request.url, at_s)
        if response.door is Door.NO_NAME:
            response = NO_SUCH_SITE
        status = 0 if response.raw is not None else response.status
        retry_after = dict(response.headers).get("Retry-After", "")
        self.ledger.begin(LogLine(at_s, host, line, request.agent, status, retry_after))
        try:
            begins_s = self._loop.time() + response.wait_s
            body = await self.gallery.body(response)
            await asyncio.sleep(begins_s - self._loop.time())
            self.ledger.ask_for_quiet(host, self.now_s(), retry_after)
            n_bytes = await send(Served(response, body))
        finally:
            self.ledger.end(host, n_bytes)

    async def prepare(self, rows: list[tuple[int, int]]) -> int:
        """Draw the pictures of these rows ahead, until the cache is full; how many were drawn."""
        for n, (label, serial) in enumerate(rows):
            if self.gallery.is_full:
                return n
            await self.gallery.body(Response(content=self._world.picture(label, serial)))
        return len(rows)


async def run(world: World, cache_bytes: int, certificate: str | None) -> None:
    """Serve until standard input ends; one line of JSON out for each line in, the ports first."""
    web = Web(world, cache_bytes)
    listener = listening()
    server = await _door(web, listener, certificate)
    closed = refusing()
    hole = Blackhole() if world.settings.other.share(Fate.BLACKHOLE) > 0 else None
    ports = {"main": listener.getsockname()[1], "refused": closed.getsockname()[1]}
    if hole is not None:
        ports["blackhole"] = hole.port
    _say(ports)
    try:
        await _obey(web, await _lines_of_stdin())
    finally:
        server.close()
        if hole is not None:
            hole.close()
        closed.close()
        web.gallery.close()


async def _door(web: Web, listener: socket.socket, certificate: str | None) -> Reception | asyncio.Server:
    """What takes connections: by http alone, or with a certificate by https as well."""
    if certificate is not None:
        return Reception(listener, certificate, lambda: Wire(web))
    return await asyncio.get_running_loop().create_server(lambda: Wire(web), sock=listener, backlog=BACKLOG)


async def _obey(web: Web, lines: asyncio.StreamReader) -> None:
    while line := await lines.readline():
        match json.loads(line):
            case {"do": "counters"}:
                _say(web.ledger.counters().to_json())
            case {"do": "log"}:
                _say([astuple(entry) for entry in web.ledger.log])
            case {"do": "prepare", "rows": rows}:
                _say(await web.prepare([(label, serial) for label, serial in rows]))


async def _lines_of_stdin() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=1 << 26)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    return reader


def _say(answer: Any) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Read settings from the first line of standard input, and serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the client, which then ends our input
    first = json.loads(sys.stdin.readline())
    photographs = [(label, Path(name).read_bytes()) for label, name in first["photographs"]]
    world = World(WorldSettings.from_json(first["settings"]), photographs)
    asyncio.run(run(world, first["cache_bytes"], first["certificate"]))
