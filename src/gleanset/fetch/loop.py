"""One thread's files and timers: curl's sockets, the resolver's, and whatever the worker watches."""

import contextlib
import heapq
import selectors
import socket
import time
from collections.abc import Callable

READ = selectors.EVENT_READ
WRITE = selectors.EVENT_WRITE

OnReady = Callable[[int, int], None]
"""Called with the file descriptor and the ready ones of READ | WRITE."""


class Loop:
    """Waits for files, in one thread; ``wake`` alone may come from others."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self.attach(self._woken.fileno(), READ, self._drain)
        self.interrupted = False
        """Set by ``wake`` and by watchers, cleared by whoever acts on it."""

    def attach(self, fd: int, events: int, on_ready: OnReady) -> None:
        """Watch a file, or change what is watched for; no events: forget it."""
        known = fd in self._selector.get_map()
        if not events:
            if known:
                self._selector.unregister(fd)
        elif known:
            self._selector.modify(fd, events, on_ready)
        else:
            self._selector.register(fd, events, on_ready)

    def wait(self, timeout_s: float) -> None:
        """Call back for every file that is ready; wait up to ``timeout_s`` for the first."""
        for key, events in self._selector.select(max(timeout_s, 0.0)):
            key.data(key.fd, events)

    def wake(self) -> None:
        """End a ``wait`` early. Safe from any thread and from signal handlers."""
        with contextlib.suppress(BlockingIOError):
            self._waker.send(b"\0")

    def close(self) -> None:
        self._selector.close()
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

    def run(self, now_s: float) -> None:
        """Make the calls that are due."""
        while self._heap and self._heap[0][0] <= now_s:
            heapq.heappop(self._heap)[2](now_s)

    def next_s(self) -> float:
        """The earliest moment; infinity: none."""
        return self._heap[0][0] if self._heap else float("inf")


def now_s() -> float:
    """The clock of this wing: transfers are judged by real time alone."""
    return time.monotonic()
