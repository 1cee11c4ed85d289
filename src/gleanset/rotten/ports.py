"""Loopback ports that do not answer: one refuses, one swallows."""

import contextlib
import socket

from gleanset.errors import GleansetError

LOOPBACK = "127.0.0.1"
BACKLOG = 4096
_MOMENT_S = 0.05
"""A connection on loopback that is not there by then never will be."""
_MOST_FILLERS = 64


def listening() -> socket.socket:
    """A port that is listened to, for a loop to take connections from."""
    listener = socket.socket()
    listener.setblocking(False)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, 0))
    listener.listen(BACKLOG)
    return listener


def refusing() -> socket.socket:
    """A port that is bound and not listened to: connections are refused, and nobody else can take it."""
    held = socket.socket()
    held.bind((LOOPBACK, 0))
    return held


class Blackhole:
    """A port that swallows connection attempts: its queue is full, and nobody ever takes from it.

    Linux drops what arrives then, so that a client hangs until it gives up. Raises ``GleansetError`` where
    the system answers instead.
    """

    def __init__(self) -> None:
        self._held = [socket.socket()]
        self._held[0].bind((LOOPBACK, 0))
        self._held[0].listen(0)
        self.port: int = self._held[0].getsockname()[1]
        while self._takes_another():
            if len(self._held) > _MOST_FILLERS:
                self.close()
                raise GleansetError(
                    "rotten web: this system goes on accepting connections that nobody waits for, so no host "
                    "can be a black hole. Leave the fate 'blackhole' out, or use the virtual fetcher."
                )

    def close(self) -> None:
        for held in self._held:
            held.close()

    def _takes_another(self) -> bool:
        filler = socket.socket()
        filler.settimeout(_MOMENT_S)
        with contextlib.suppress(OSError):
            filler.connect((LOOPBACK, self.port))
            self._held.append(filler)
            return True
        filler.close()
        return False
