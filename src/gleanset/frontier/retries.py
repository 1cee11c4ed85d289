"""Candidates that are tried again: how often they were, and when it is time."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf

from ..terms.outcome import Failure


@dataclass(slots=True)
class Tried:
    """What is remembered of a candidate that failed and may be tried again."""

    attempts: int = 0
    throttled: int = 0
    last: Failure = Failure.TIMEOUT


class Retries:
    """A heap of moments, and a record for each candidate that has failed. Stale moments are harmless."""

    __slots__ = ("_due", "_tried")

    def __init__(self) -> None:
        self._tried: dict[int, Tried] = {}
        self._due: list[tuple[float, int]] = []

    def attempts(self, candidate: int) -> int:
        """Tries so far that count."""
        tried = self._tried.get(candidate)
        return 0 if tried is None else tried.attempts

    def of(self, candidate: int, last: Failure) -> Tried:
        """The record of a candidate that has just failed so."""
        tried = self._tried.setdefault(candidate, Tried())
        tried.last = last
        return tried

    def forgive(self, candidate: int) -> None:
        """Its last try did not count."""
        if candidate in self._tried:
            self._tried[candidate].attempts -= 1

    def forget(self, candidate: int) -> None:
        self._tried.pop(candidate, None)

    def at(self, candidate: int, moment_s: float) -> None:
        """It is time for the candidate then."""
        heappush(self._due, (moment_s, candidate))

    def due(self, now_s: float) -> Iterator[int]:
        """Candidates whose moment has come, each once."""
        while self._due and self._due[0][0] <= now_s:
            yield heappop(self._due)[1]

    @property
    def next_s(self) -> float:
        """The next moment; infinite: none."""
        return self._due[0][0] if self._due else inf

    def moments(self) -> Iterator[tuple[float, int]]:
        return iter(self._due)

    def failed(self) -> list[tuple[int, Tried]]:
        """All candidates that have failed and are not decided, by number."""
        return sorted(self._tried.items())
