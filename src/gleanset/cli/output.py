"""Results to stdout, talk to stderr; a reader that has gone away is no error."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

from ..terms.tally import Tally

if TYPE_CHECKING:
    from .progress import LiveView


def emit(text: str) -> None:
    """A result, with a line end."""
    _write(sys.stdout, text)


def emit_json(result: Mapping[str, Any]) -> None:
    """A result as one line, pure ASCII."""
    _write(sys.stdout, json.dumps(result))


def say(text: str) -> None:
    """Talk: to stderr."""
    _write(sys.stderr, text)


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:
        return
    try:
        stream.write(_sayable(text, stream) + "\n")
        stream.flush()
    except BrokenPipeError:
        silence(stream)


def _sayable(text: str, stream: TextIO) -> str:
    """The text with what the terminal's encoding cannot say replaced."""
    encoding = stream.encoding or "ascii"
    return text.encode(encoding, "replace").decode(encoding)


def silence(stream: TextIO) -> None:
    """Send what is still buffered, and all that follows, nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


STOPPING = "Stopping here; the same command goes on. Press again to stop at once."
_DRAINS = {"collecting", "draining"}


class Unbroken:
    """A live view that falls silent when nobody reads stderr any more, instead of ending the build."""

    def __init__(self, view: "LiveView") -> None:
        self._view = view
        self._phase = ""

    def draining(self) -> None:
        """Say what happens to a build that is asked for its end: only collecting has something in flight."""
        if self._phase in _DRAINS:
            self._view.draining()
        else:
            self._view.draining(STOPPING)

    def __enter__(self) -> Self:
        self._try(self._view.__enter__)
        return self

    def __call__(self, tally: Tally) -> None:
        self._phase = tally.phase
        self._try(lambda: self._view(tally))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._try(lambda: self._view.__exit__(kind, error, trace))

    def _try(self, draw: Callable[[], object]) -> None:
        try:
            draw()
        except BrokenPipeError:
            silence(sys.stderr)


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Aligned columns, two blanks apart; the columns in ``right`` are numbers."""
    if not rows:
        return ""
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = (
        "  ".join(
            cell.rjust(w) if i in right else cell.ljust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def printable(text: str) -> str:
    """Labels and URLs come from strangers: no control character of theirs reaches the terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
