"""One thread's files and timers: curl's sockets, the resolver's, and whatever the worker watches."""

import contextlib
import heapq
import math
import select
import selectors
import socket
import time
from collections.abc import Callable
from typing import Protocol

READ = 1
WRITE = 2

OnReady = Callable[[int, int], None]
"""Called with the file descriptor and the ready ones of READ | WRITE."""


class Poller(Protocol):
    """What the operating system tells about files."""

    def set(self, fd: int, events: int, known: bool) -> None:
        """Watch ``fd`` for READ | WRITE, or for nothing any more; ``known``: it is being watched."""
        ...

    def wait(self, timeout_s: float) -> list[tuple[int, int]]:
        """(fd, READ | WRITE) of what is ready; both bits for a file that is in trouble."""
        ...

    def close(self) -> None: ...


class EpollPoller:
    """Linux. A third of what ``selectors`` costs, and it is asked some five times for each request."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._masks = (0, select.EPOLLIN, select.EPOLLOUT, select.EPOLLIN | select.EPOLLOUT)
        self._seen: dict[int, int] = {select.EPOLLIN: READ, select.EPOLLOUT: WRITE}

    def set(self, fd: int, events: int, known: bool) -> None:
        if not events:
            self._epoll.unregister(fd)
        elif known:
            self._epoll.modify(fd, self._masks[events])
        else:
            self._epoll.register(fd, self._masks[events])

    def wait(self, timeout_s: float) -> list[tuple[int, int]]:
        seen = self._seen
        return [(fd, seen.get(mask, READ | WRITE)) for fd, mask in self._epoll.poll(_round_up(timeout_s))]

    def close(self) -> None:
        self._epoll.close()


class SelectorPoller:
    """Everywhere else: kqueue, poll or select."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def set(self, fd: int, events: int, known: bool) -> None:
        if not events:
            self._selector.unregister(fd)
        elif known:
            self._selector.modify(fd, events)
        else:
            self._selector.register(fd, events)

    def wait(self, timeout_s: float) -> list[tuple[int, int]]:
        return [(key.fd, events) for key, events in self._selector.select(_round_up(timeout_s))]

    def close(self) -> None:
        self._selector.close()


class Loop:
    """Waits for files, in one thread; ``wake`` alone may come from others."""

    def __init__(self, poller: Poller | None = None) -> None:
        self._poller = poller or (EpollPoller() if hasattr(select, "epoll") else SelectorPoller())
        self._watched: dict[int, OnReady] = {}
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self.attach(self._woken.fileno(), READ, self._drain)
        self.interrupted = False
        """Set by ``wake`` and by watchers, cleared by whoever acts on it."""

    def attach(self, fd: int, events: int, on_ready: OnReady) -> None:
        """Watch a file, or change what is watched for; no events: forget it."""
        known = fd in self._watched
        if not events:
            if known:
                del self._watched[fd]
                # A file that was closed has left by itself.
                with contextlib.suppress(OSError):
                    self._poller.set(fd, 0, known)
            return
        self._watched[fd] = on_ready
        try:
            self._poller.set(fd, events, known)
        except FileNotFoundError:
            # Closed behind our back, and its number was given out again.
            self._poller.set(fd, events, known=False)

    def watch(self, fd: int, callback: Callable[[], None]) -> None:
        """Call back when a file can be read; that interrupts."""

        def on_ready(_fd: int, _events: int) -> None:
            self.interrupted = True
            callback()

        self.attach(fd, READ, on_ready)

    def wait(self, timeout_s: float) -> None:
        """Call back for every file that is ready; wait up to ``timeout_s`` for the first."""
        for fd, events in self._poller.wait(timeout_s):
            on_ready = self._watched.get(fd)
            if on_ready is not None:
                on_ready(fd, events)

    def wake(self) -> None:
        """End a ``wait`` early. Safe from any thread and from signal handlers."""
        with contextlib.suppress(OSError):  # full: it is awake; closed: nobody sleeps
            self._waker.send(b"\0")

    def close(self) -> None:
        self._poller.close()
        self._woken.close()
        self._waker.close()

    def _drain(self, _fd: int, _events: int) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._woken.recv(4096):
                pass
        self.interrupted = True


class Timers:
    """A heap of moments. A timer cannot be cancelled: whoever set it looks whether it still matters."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[float], None]]] = []
        self._serial = 0

    def at(self, when_s: float, call: Callable[[float], None]) -> None:
        """Have ``call(now_s)`` made at the first ``run`` after ``when_s``."""
        self._serial += 1
        heapq.heappush(self._heap, (when_s, self._serial, call))

    def run(self, at_s: float) -> None:
        """Make the calls that are due."""
        while self._heap and self._heap[0][0] <= at_s:
            heapq.heappop(self._heap)[2](at_s)

    def next_s(self) -> float:
        """The earliest moment; infinity: none."""
        return self._heap[0][0] if self._heap else math.inf


def now_s() -> float:
    """The clock of this wing: transfers are judged by real time alone."""
    return time.monotonic()


def _round_up(timeout_s: float) -> float:
    """To whole milliseconds, so that a wait never ends just before its moment."""
    return math.ceil(max(timeout_s, 0.0) * 1000) / 1000
