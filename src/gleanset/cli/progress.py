"""The live view: draws a Tally on a terminal, says a line now and then elsewhere, is silent when asked."""

import os
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import Self, TextIO

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType, Segment
from rich.style import Style

from ..clock import Clock, SystemClock
from ..terms.tally import Tally
from .class_field import Line, glyphs_for
from .frame import last_frame, live_frame, plain_line, trouble_of

DRAINING = "Finishing what is in flight; press again to stop at once."
FRAME_S = 1 / 8
LINE_S = 10.0
_REST, _LONGEST_S = 60, 2.0
"""After a drawing, rest so many times as long as it took, at most 2 s: so it never costs 2 % of a core."""
_TALLEST = 30
"""Lines; a taller terminal keeps what it showed before above the view."""
_WIDEST = 140

_STYLES = {
    "": Style(),
    "dim": Style(dim=True),
    "bold": Style(bold=True),
    "good": Style(color="green"),
    "busy": Style(color="yellow"),
    "bad": Style(color="red"),
    "rest": Style(color="bright_black"),
}


class LiveView:
    """A context manager to call with a ``Tally`` as often as one likes; it draws at most 8 times a second.

    On a terminal: a view in place, which stays in a short form when it is left. Elsewhere, and with
    ``TERM=dumb``: a line every 10 seconds and at each change of phase. With ``quiet``: nothing at all.
    Calls must come from one thread; ``draining`` may be called from a signal handler.
    """

    def __init__(self, quiet: bool = False, stream: TextIO | None = None, clock: Clock | None = None) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock or SystemClock()
        self._surface = _surface(quiet, self._stream)
        self._drawn_at_s = float("-inf")
        self._rest_s = 0.0
        self._latest: Tally | None = None
        self._warning = ""
        self._news: tuple[str, str, bool] | None = None
        """Phase, warning and whether there is trouble, as last drawn: a change of these never waits."""

    def __enter__(self) -> Self:
        self._surface.open()
        return self

    def __call__(self, tally: Tally) -> None:
        """Show this, unless something was shown a moment ago."""
        self._latest = tally
        now_s = self._clock.now_s()
        news = (tally.phase, self._warning, bool(trouble_of(tally)))
        if news != self._news or now_s - self._drawn_at_s >= max(self._surface.every_s, self._rest_s):
            self._surface.draw(tally, self._warning)
            self._news, self._drawn_at_s = news, self._clock.now_s()
            self._rest_s = min((self._drawn_at_s - now_s) * _REST, _LONGEST_S)

    def draining(self, text: str = DRAINING) -> None:
        """Say with the next drawing that the build is coming to its end. A signal handler may call this."""
        self._warning = text

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._surface.close(self._latest)


class _Silence:
    """Nothing."""

    every_s = float("inf")

    def open(self) -> None:
        """Before the first drawing."""

    def draw(self, tally: Tally, warning: str) -> None:
        """Show this now."""

    def close(self, last: Tally | None) -> None:
        """Leave things tidy; ``last`` may or may not have been drawn."""


class _Lines(_Silence):
    """A line now and then, for logs and pipes."""

    every_s = LINE_S

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._said: Tally | None = None
        self._warned = ""

    def draw(self, tally: Tally, warning: str) -> None:
        if warning != self._warned:
            self._say(warning)
        self._say(plain_line(tally))
        self._said, self._warned = tally, warning

    def close(self, last: Tally | None) -> None:
        if last is not None and last != self._said:
            self._say(plain_line(last))

    def _say(self, text: str) -> None:
        encoding = self._stream.encoding or "ascii"
        self._stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        self._stream.flush()


class _Screen(_Silence):
    """A picture that is drawn over itself."""

    every_s = FRAME_S

    def __init__(self, stream: TextIO) -> None:
        self._glyphs = glyphs_for(getattr(stream, "encoding", None))
        given = None if stream is sys.stderr else stream
        self._console = Console(file=given, stderr=given is None, force_terminal=True, highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")
        self._size = self._console.size
        self._lines: list[Line] = []

    def open(self) -> None:
        self._live.start()

    def draw(self, tally: Tally, warning: str) -> None:
        self._reflow()
        width, height = self._room()
        self._show(live_frame(tally, width, height, self._glyphs, warning))

    def close(self, last: Tally | None) -> None:
        if last is not None:
            self._reflow()
            width, height = self._room()
            self._show(last_frame(last, width, height, self._glyphs))
        self._live.stop()

    def _room(self) -> tuple[int, int]:
        """Columns and lines to draw on: the last column stays free, or some terminals wrap."""
        width, height = self._console.size
        return max(min(width - 1, _WIDEST), 10), max(min(height - 1, _TALLEST), 1)

    def _show(self, lines: list[Line]) -> None:
        self._lines = lines
        self._live.update(_Picture(lines), refresh=True)

    def _reflow(self) -> None:
        """After a change of width: wipe the rows into which the terminal re-wrapped the last picture."""
        size = self._console.size
        if size.width != self._size.width and self._lines:
            lengths = [sum(cell_len(text) for text, _ in line) for line in self._lines]
            rows = min(sum(max(1, -(-length // size.width)) for length in lengths), size.height)
            below = len(self._lines) - 1
            self._console.control(
                Control(
                    ControlType.CARRIAGE_RETURN,
                    (ControlType.CURSOR_UP, max(rows - 1, 0)),
                    *[(ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_DOWN, 1)] * max(rows - 1, 0),
                    (ControlType.ERASE_IN_LINE, 2),
                    (ControlType.CURSOR_UP, max(rows - 1 - below, 0)),
                )
            )
        self._size = size


class _Picture:
    """Lines for rich, without its layout: that would cost more than the drawing."""

    def __init__(self, lines: list[Line]) -> None:
        self._lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self._segments()

    def _segments(self) -> Iterator[Segment]:
        for i, line in enumerate(self._lines):
            if i:
                yield Segment.line()
            for text, style in line:
                yield Segment(text, _STYLES[style])


def _surface(quiet: bool, stream: TextIO) -> _Silence:
    if quiet:
        return _Silence()
    if stream.isatty() and os.environ.get("TERM", "").lower() not in {"dumb", "unknown"}:
        return _Screen(stream)
    return _Lines(stream)
