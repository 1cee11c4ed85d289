"""Ctrl-C and SIGTERM: the first asks for an orderly end, the second Ctrl-C ends at once."""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Protocol, Self

INTERRUPTED, TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM


class Stoppable(Protocol):
    """What is told to come to an end (``api.StopSignal``)."""

    def request(self) -> None:
        """Ask for an orderly end; asking twice is harmless."""
        ...


class Interrupts:
    """While it is entered, signals go to ``stop``, and ``say`` lets the user know.

    ``exit_code`` is 130 or 143 once a signal came, else None. A second SIGINT leaves the process with 130
    without any cleaning up: the journal is made for that.
    """

    def __init__(self, stop: Stoppable, say: Callable[[], None]) -> None:
        self.exit_code: int | None = None
        self._stop = stop
        self._say = say
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if number == signal.SIGINT and self.exit_code == INTERRUPTED:
            _show_cursor()
            os._exit(INTERRUPTED)
        self.exit_code = INTERRUPTED if number == signal.SIGINT else TERMINATED
        self._stop.request()
        self._say()


def _show_cursor() -> None:
    """The live view had hidden it, and has no chance any more to bring it back."""
    with suppress(OSError):
        if os.isatty(2):
            os.write(2, b"\x1b[?25h\n")


def ready_for_sigterm() -> None:
    """Let SIGTERM end a command that has nothing to drain with 143."""
    signal.signal(signal.SIGTERM, _leave)


def _leave(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)
