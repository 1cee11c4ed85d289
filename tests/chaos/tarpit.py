"""Connections that keep whoever opened them: any number of them, in one thread."""

import contextlib
import selectors
import socket
import threading

BEGINNINGS = {
    "mute": b"",
    "header-drip": b"HTTP/1.1 200 OK\r\nX-Drip: ",
    "body-drip": b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
}
"""What each kind says at once; the dripping ones go on with a byte at a time."""
DRIP_EVERY_S = 0.05


class Tarpit:
    """Listens once for each kind, answers nobody in full, and never hangs up."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._listeners = {kind: socket.create_server(("127.0.0.1", 0), backlog=1024) for kind in BEGINNINGS}
        for kind, listener in self._listeners.items():
            listener.setblocking(False)
            self._selector.register(listener, selectors.EVENT_READ, kind)
        self._dripping: list[socket.socket] = []
        self._held: list[socket.socket] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def n_connections(self) -> int:
        return len(self._held)

    def port(self, kind: str) -> int:
        return int(self._listeners[kind].getsockname()[1])

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        for one in (*self._held, *self._listeners.values()):
            one.close()
        self._selector.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            for key, _ in self._selector.select(DRIP_EVERY_S):
                with contextlib.suppress(BlockingIOError):
                    while True:
                        self._take(key.fileobj.accept()[0], key.data)
            for one in self._dripping:
                with contextlib.suppress(OSError):
                    one.send(b"x")

    def _take(self, connection: socket.socket, kind: str) -> None:
        connection.setblocking(False)
        self._held.append(connection)
        if BEGINNINGS[kind]:
            with contextlib.suppress(OSError):
                connection.send(BEGINNINGS[kind])
            self._dripping.append(connection)
