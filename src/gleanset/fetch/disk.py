"""A fetcher that asks nobody: bodies of files and of members of archives on this machine.

Its addresses are ``http://local.invalid/PATH?OFFSET-LENGTH``, made by us alone: no such name is (RFC 6761).
"""

import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, unquote

from gleanset.terms.outcome import Failed, Failure, Fetched

from .base import Arrival, Order
from .loop import Loop, now_s

LOCAL = "local.invalid"
_BEGIN = f"http://{LOCAL}/"
_AT_ONCE = 16


def local_url(name: str, offset: int, length: int) -> str:
    """The address of a file below the folder, or of the bytes of an archive's member. ``length`` -1: all."""
    return f"{_BEGIN}{quote(os.fsencode(name), safe='/')}?{offset}-{length}"


def local_name(url: str) -> str:
    """The file that an address of ``local_url`` names."""
    return unquote(url.removeprefix(_BEGIN).partition("?")[0], errors="surrogateescape")


class DiskFetcher:
    """A ``Fetcher`` whose web is a folder."""

    names_on_wire = names_waiting = n_starved = 0

    def __init__(self, root: Path, most_bytes: int) -> None:
        """``most_bytes``: of one body; a larger one is ``too-large`` here as on the web."""
        self._root = root
        self._most_bytes = most_bytes
        self._loop = Loop()
        self._orders: deque[Order] = deque()

    @property
    def in_flight(self) -> int:
        return len(self._orders)

    def start(self, order: Order) -> None:
        self._orders.append(order)

    def cancel(self, ticket: int) -> None:
        self._orders = deque(order for order in self._orders if order.ticket != ticket)

    def poll(self, timeout_s: float) -> list[Arrival]:
        until_s = now_s() + timeout_s
        while True:
            self._loop.wait(0.0 if self._orders else until_s - now_s())
            if self._orders or self._loop.interrupted or now_s() >= until_s:
                break
        self._loop.interrupted = False
        some = [self._orders.popleft() for _ in range(min(_AT_ONCE, len(self._orders)))]
        return [self._arrival(order) for order in some]

    def wake(self) -> None:
        self._loop.wake()

    def watch(self, fd: int, callback: Callable[[], None]) -> None:
        self._loop.watch(fd, callback)

    def close(self) -> None:
        self._orders.clear()
        self._loop.close()

    def _arrival(self, order: Order) -> Arrival:
        began_s = now_s()
        result = self._read(order.url)
        n_bytes = len(result.body) if isinstance(result, Fetched) else 0
        return Arrival(order.ticket, result, now_s() - began_s, None, None, order.hops, n_bytes)

    def _read(self, url: str) -> Fetched | Failed:
        name = local_name(url)
        span = url.rpartition("?")[2].split("-", 1)
        if not url.startswith(_BEGIN) or ".." in Path(name).parts or len(span) != 2:
            return Failed(Failure.NOT_FOUND, None, "no file of ours", None)
        try:
            with (self._root / name).open("rb") as file:
                file.seek(int(span[0]))
                wanted = int(span[1])
                body = file.read(self._most_bytes + 1 if wanted < 0 else min(wanted, self._most_bytes + 1))
        except (OSError, ValueError) as error:
            return Failed(Failure.NOT_FOUND, None, str(error)[:200], None)
        if len(body) > self._most_bytes:
            return Failed(Failure.TOO_LARGE, None, "", None)
        return Fetched(body, url, 200) if body else Failed(Failure.EMPTY, None, "", None)
