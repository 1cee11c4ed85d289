"""Time as an argument: the real clock, and one that tests move by hand."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where a meeting reads the time; minds are given numbers instead."""

    def now_s(self) -> float:
        """Seconds on a clock that never runs backwards; its zero has no meaning."""
        ...

    def wall_s(self) -> float:
        """Seconds since 1970, for what people read. It may jump."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now_s(self) -> float:
        return time.monotonic()

    def wall_s(self) -> float:
        return time.time()


class ManualClock:
    """A clock that stands still until it is moved; hours pass in no time."""

    def __init__(self, now_s: float = 0.0, wall_s: float = 1_700_000_000.0) -> None:
        self._now_s = now_s
        self._offset_s = wall_s - now_s

    def now_s(self) -> float:
        return self._now_s

    def wall_s(self) -> float:
        return self._now_s + self._offset_s

    def advance(self, seconds_s: float) -> None:
        """Move forward by ``seconds_s`` (0 or more)."""
        if seconds_s < 0:
            raise ValueError(f"a clock runs forward only: {seconds_s}")
        self._now_s += seconds_s

    def advance_to(self, now_s: float) -> None:
        """Move to ``now_s`` unless that moment has passed."""
        self._now_s = max(self._now_s, now_s)
