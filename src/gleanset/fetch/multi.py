"""libcurl's multi interface on our loop: it says what it waits for, we say what is ready."""

from collections.abc import Callable

import pycurl

from .loop import READ, WRITE, Loop, now_s
from .transfer import Transfer

OnEnd = Callable[[Transfer, int, str], None]
"""Called with the transfer, curl's error (0: none) and its message; releases it when it has been read."""

_WAITS_FOR = {pycurl.POLL_IN: READ, pycurl.POLL_OUT: WRITE, pycurl.POLL_INOUT: READ | WRITE}
_IN, _OUT = pycurl.CSELECT_IN, pycurl.CSELECT_OUT
_IS_READY = {READ: _IN, WRITE: _OUT, READ | WRITE: _IN | _OUT}


class Multi:
    """Runs transfers, and keeps their handles, connections and TLS sessions for the next ones."""

    def __init__(self, loop: Loop, make: Callable[[], Transfer], on_end: OnEnd) -> None:
        self._loop = loop
        self._make = make
        self._on_end = on_end
        self._free: list[Transfer] = []
        self._running: set[Transfer] = set()
        self.due_s = float("inf")
        """When curl wants to be called even if no socket is ready."""
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)

    @property
    def running(self) -> int:
        return len(self._running)

    def keep_connections(self, most: int) -> None:
        """How many connections may be open, idle ones included; beyond, idle ones close: those that become
        idle, and, where a new one is wanted, the oldest.
        """
        self._multi.setopt(pycurl.M_MAXCONNECTS, most)
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, most)

    def acquire(self) -> Transfer:
        """A transfer to set up and then ``start``."""
        return self._free.pop() if self._free else self._make()

    def start(self, transfer: Transfer) -> None:
        self._running.add(transfer)
        self._multi.add_handle(transfer.easy)

    def release(self, transfer: Transfer) -> None:
        """Take a transfer back, ended or not; a connection in the middle of something is closed."""
        self._running.discard(transfer)
        self._multi.remove_handle(transfer.easy)
        self._free.append(transfer)

    def resume(self) -> None:
        """Let transfers that were paused read on."""
        for transfer in tuple(self._running):
            if transfer.is_paused:
                transfer.is_paused = False
                transfer.easy.pause(pycurl.PAUSE_CONT)

    def turn(self, at_s: float) -> None:
        """Give curl its timer if it is due, and hand out what has ended."""
        if at_s >= self.due_s:
            self.due_s = float("inf")
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        left = 1
        while left:
            left, done, failed = self._multi.info_read()
            for easy in done:
                self._on_end(easy.transfer, 0, "")
            for easy, code, message in failed:
                self._on_end(easy.transfer, code, message)

    def close(self) -> None:
        for transfer in tuple(self._running):
            self.release(transfer)
        for transfer in self._free:
            transfer.close()
        self._multi.close()

    def _on_socket(self, what: int, fd: int, _multi: object, _data: object) -> None:
        self._loop.attach(fd, _WAITS_FOR.get(what, 0), self._ready)

    def _ready(self, fd: int, events: int) -> None:
        self._multi.socket_action(fd, _IS_READY[events])

    def _on_timer(self, timeout_ms: int) -> None:
        self.due_s = float("inf") if timeout_ms < 0 else now_s() + timeout_ms / 1000
