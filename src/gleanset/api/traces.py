"""What the report draws of a crawl, kept while the journal passes by: thinned curves, a few pictures."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from ..report.data import CrawlPoint
from ..store.journal_rows import JournalRow
from ..terms.verdict import Verdict

POINTS = 240
"""Of a curve, at least, where there are so many; a chart cannot show more."""
MOST_THUMBNAILS = 240
"""On the page; with about 3 kB each it stays below 2 MB."""
A_CLASS = (3, 12)

Point = TypeVar("Point")


class Thinned(Generic[Point]):
    """Every n-th point of a series of unknown length, ``most`` to twice as many, and the last one."""

    def __init__(self, most: int = POINTS) -> None:
        self._most = most
        self._step = 1
        self._n = 0
        self._kept: list[Point] = []

    def due(self) -> bool:
        """Count one more of the series; whether it is to be kept."""
        self._n += 1
        return self._n % self._step == 0

    def keep(self, point: Point) -> None:
        """Keep the one that was due."""
        self._kept.append(point)
        if len(self._kept) == 2 * self._most:
            self._kept = self._kept[1::2]
            self._step *= 2

    def ending(self, last: Point) -> tuple[Point, ...]:
        """The points, with the last one of the series, which may not have been due; empty without any."""
        if not self._n:
            return ()
        return (*self._kept, last) if self._n % self._step else tuple(self._kept)


class Sides:
    """Running sums of tries, pictures and time, Flickr and others apart: what G4 to G7 are drawn from."""

    def __init__(self) -> None:
        self._kept: Thinned[CrawlPoint] = Thinned()
        self._flickr: list[float] = [0, 0, 0.0]
        self._other: list[float] = [0, 0, 0.0]

    def add(self, flickr: bool, good: bool, elapsed_s: float) -> None:
        """One URL more, in the order in which they were decided."""
        side = self._flickr if flickr else self._other
        side[0] += 1
        side[1] += good
        side[2] += elapsed_s
        if self._kept.due():
            self._kept.keep(self._sums())

    def _sums(self) -> CrawlPoint:
        (ft, fa, fs), (ot, oa, os) = self._flickr, self._other
        return CrawlPoint(int(ft), int(fa), fs, int(ot), int(oa), os)

    def points(self) -> tuple[CrawlPoint, ...]:
        """The sums so far, thinned; the last one is the whole."""
        return self._kept.ending(self._sums())


class Traces:
    """Takes the rows in the order of writing, which is that of time but for some seconds."""

    def __init__(self, shown: Sequence[int]) -> None:
        """``shown``: the classes in the order of the report; the first ones get pictures."""
        each = max(A_CLASS[0], min(A_CLASS[1], MOST_THUMBNAILS // max(1, len(shown))))
        self._each = each
        self.samples: dict[int, list[JournalRow]] = {c: [] for c in shown[: MOST_THUMBNAILS // each]}
        """Class to its first accepted rows."""
        self._accepted: Thinned[tuple[float, int]] = Thinned()
        self._n_accepted = 0
        self._first_s = self._last_s = 0.0
        self._sides = Sides()

    def add(self, row: JournalRow, c: int, flickr: bool) -> None:
        """``c``: the row's class; ``flickr``: whether its URL is Flickr's."""
        accepted = row.verdict is Verdict.ACCEPTED
        if accepted:
            self._add_accepted(row, c)
        if row.at_s is None or not row.elapsed_s:
            return
        self._sides.add(flickr, accepted, row.elapsed_s)

    def _add_accepted(self, row: JournalRow, c: int) -> None:
        at_s = row.at_s or 0.0
        if not self._n_accepted:
            self._first_s = self._last_s = at_s
        self._n_accepted += 1
        self._last_s = max(self._last_s, at_s)
        if self._accepted.due():
            self._accepted.keep(self._reached())
        sample = self.samples.get(c)
        if sample is not None and len(sample) < self._each:
            sample.append(row)

    def _reached(self) -> tuple[float, int]:
        return self._last_s - self._first_s, self._n_accepted

    @property
    def finished_at_s(self) -> float | None:
        """Wall clock of the last accepted image; None: there is none."""
        return self._last_s if self._n_accepted else None

    def timeline(self) -> tuple[tuple[float, int], ...]:
        """(seconds since the first one, accepted so far)."""
        return self._accepted.ending(self._reached())

    def crawl(self) -> tuple[CrawlPoint, ...]:
        """Running sums for the first tool's charts, in the order in which URLs were decided."""
        return self._sides.points()
