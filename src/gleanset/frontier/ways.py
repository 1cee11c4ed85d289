"""Where a candidate is asked instead of its own URL: redirects, URLs that stand in, errands on its behalf."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where a candidate is asked instead of its own URL."""

    url: str
    hops: int
    """Redirects followed on the way there."""
    host: int
    """The politeness group of ``url``."""
    revived: str = ""
    """How it stands in for the candidate's own; empty: redirects led there."""


Revive = Callable[[int, str], Elsewhere | None]
"""(candidate, the reason with which it would end) to where it may still be; None: it ends so."""

ITSELF = Elsewhere("", 0, -1)


class Ways:
    """Remembers nothing of the many candidates that are asked at home."""

    __slots__ = ("_detours", "_led")

    def __init__(self) -> None:
        self._led: dict[int, Elsewhere] = {}
        self._detours: dict[int, tuple[int, Elsewhere | None]] = {}
        """Candidates on whose behalf another host is asked: their cell, and where they were asked before."""

    def of(self, candidate: int) -> Elsewhere:
        return self._led.get(candidate, ITSELF)

    def lead(self, candidate: int, elsewhere: Elsewhere) -> None:
        """From now on it is asked there."""
        self._led[candidate] = elsewhere

    def leave(self, candidate: int, cell: int) -> None:
        """It goes on an errand from this cell, to which ``come_home`` brings it back."""
        if candidate not in self._detours:
            self._detours[candidate] = (cell, self._led.get(candidate))

    def come_home(self, candidate: int) -> int | None:
        """The errand is done: the cell to which it belongs again; None: it was on none."""
        cell, before = self._detours.pop(candidate, (None, None))
        if cell is not None:
            self._led.pop(candidate, None)
            if before is not None:
                self._led[candidate] = before
        return cell

    def is_away(self, candidate: int) -> bool:
        """Whether it is on an errand."""
        return candidate in self._detours

    def forget(self, candidate: int) -> None:
        """Its fate is decided."""
        self._led.pop(candidate, None)
        self._detours.pop(candidate, None)
