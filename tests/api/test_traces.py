"""What the report draws is gathered in one reading, within bounds, however long the crawl was."""

from itertools import pairwise

import pytest

from gleanset.api.traces import A_CLASS, MOST_THUMBNAILS, POINTS, Thinned, Traces
from gleanset.store.journal_rows import JournalRow
from gleanset.terms.verdict import Verdict


def thinned(n: int) -> tuple[int, ...]:
    """The numbers from 1 to ``n``, at most 20 of them."""
    series: Thinned[int] = Thinned(10)
    for number in range(1, n + 1):
        if series.due():
            series.keep(number)
    return series.ending(n)


@pytest.mark.parametrize("n", [1, 2, 19])
def test_a_short_series_is_kept_whole(n: int) -> None:
    assert thinned(n) == tuple(range(1, n + 1))


@pytest.mark.parametrize("n", [20, 21, 100, 999, 1000, 12_345])
def test_a_long_series_is_kept_evenly_and_to_its_end(n: int) -> None:
    points = thinned(n)
    steps = {b - a for a, b in pairwise(points[:-1])}
    assert 10 <= len(points) <= 20
    assert len(steps) == 1
    assert points[-1] == n


def test_a_series_without_points_has_no_last_one() -> None:
    assert Thinned(10).ending(0) == ()


def a_row(i: int, *, good: bool = True, at_s: float | None = None) -> JournalRow:
    verdict = Verdict.ACCEPTED if good else Verdict.REJECTED
    return JournalRow(i, verdict, "" if good else "not-found", 1, elapsed_s=0.5, at_s=at_s or 100.0 + i)


def test_a_long_crawl_is_a_few_hundred_points_with_all_sums() -> None:
    traces = Traces([0])
    for i in range(10_000):
        traces.add(a_row(i, good=i % 4 == 0), 0, flickr=i % 5 == 0)
    last = traces.crawl()[-1]
    assert POINTS <= len(traces.crawl()) <= 2 * POINTS
    assert (last.flickr_tried, last.flickr_accepted, last.flickr_s) == (2000, 500, 1000.0)
    assert (last.other_tried, last.other_accepted, last.other_s) == (8000, 2000, 4000.0)
    assert POINTS <= len(traces.timeline()) <= 2 * POINTS
    assert traces.timeline()[-1] == (9996.0, 2500)
    assert traces.finished_at_s == 10_096.0


def test_time_never_runs_backwards() -> None:
    """Rows are written in the order of time but for some seconds, and an amended one keeps its own time."""
    traces = Traces([0])
    for i, at_s in enumerate([10.0, 14.0, 12.0, 15.0]):
        traces.add(a_row(i, at_s=at_s), 0, flickr=False)
    assert traces.timeline() == ((0.0, 1), (4.0, 2), (4.0, 3), (5.0, 4))


def test_pictures_are_the_first_ones_of_the_classes_that_are_shown() -> None:
    traces = Traces(list(range(1000)))
    for i in range(5000):
        traces.add(a_row(i, good=i >= 1000), i % 1000, flickr=False)
    each = A_CLASS[0]
    assert list(traces.samples) == list(range(MOST_THUMBNAILS // each))
    assert [row.candidate for row in traces.samples[7]] == [1007, 2007, 3007]


def test_nothing_accepted_is_no_timeline() -> None:
    traces = Traces([0])
    traces.add(a_row(1, good=False), 0, flickr=False)
    assert traces.timeline() == ()
    assert traces.finished_at_s is None
    assert len(traces.crawl()) == 1
