"""What a build did not get now and may get later: what the same command asks again, of whom and from when."""

from array import array
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from ..run.due import due_at
from ..store.journal_rows import JournalRow
from .results import Again


@dataclass(slots=True)
class HostLater:
    """URLs of one politeness group that are asked again."""

    urls: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """Why they brought nothing the last time."""
    first_s: float = float("inf")
    last_s: float = 0.0
    """Wall clock: when the first and the last of them are due."""

    def add(self, other: "HostLater") -> None:
        """Take in what waits there for another class."""
        self.urls += other.urls
        self.reasons += other.reasons
        self.first_s = min(self.first_s, other.first_s)
        self.last_s = max(self.last_s, other.last_s)


class Later:
    """Counts rows of the journal that are asked again while their class lacks images."""

    def __init__(self) -> None:
        self._moments: dict[int, array[float]] = {}
        self._cells: dict[tuple[int, str], HostLater] = {}

    def add(self, row: JournalRow, c: int, group: str) -> None:
        """The last word on a candidate of class ``c`` at a politeness group."""
        moment_s = due_at(row)
        if moment_s is None:
            return
        self._moments.setdefault(c, array("d")).append(moment_s)
        one = HostLater(1, Counter({row.reason: 1}), moment_s, moment_s)
        self._cells.setdefault((c, group), HostLater()).add(one)

    def again(self, classes: Collection[int], new: int, now_s: float) -> Again:
        """What the same command asks for these classes; ``new``: how many of their URLs were never asked."""
        moments = [one for c in classes for one in self._moments.get(c, ())]
        later = [one for one in moments if one > now_s]
        return Again(new, len(moments) - len(later), len(later), min(later, default=None))

    def hosts(self, classes: Collection[int]) -> list[tuple[str, HostLater]]:
        """The groups at which URLs of these classes wait, most URLs first."""
        sums: dict[str, HostLater] = {}
        for (c, group), one in self._cells.items():
            if c in classes:
                sums.setdefault(group, HostLater()).add(one)
        return sorted(sums.items(), key=lambda item: (-item[1].urls, item[0]))
