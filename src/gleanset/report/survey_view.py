"""The first tool's analysis of a list: charts G1 to G3."""

import bisect
from collections.abc import Sequence

from ..figures import compact, count
from ..terms.plan import Census, Survey
from .charts import Axis, Series, axis_of, histogram_chart, line_chart
from .crawl_view import Figure
from .scales import ticks, whole_ticks

BINS, LOW, HIGH = 50, 100, 2000
"""The histogram of the 2019 analysis."""
_STEPS = 100


def reverse_cumulative(values: Sequence[int], at_least: Sequence[int]) -> tuple[int, ...]:
    """How many of ``values`` reach each of ``at_least``."""
    ordered = sorted(values)
    return tuple(len(ordered) - bisect.bisect_left(ordered, limit) for limit in at_least)


def histogram(
    values: Sequence[int], low: int, high: int, bins: int = BINS
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Counts and edges of equal bins; ``high`` itself falls into the last, what lies outside into none."""
    counts = [0] * bins
    for value in values:
        if low <= value <= high:
            counts[min((value - low) * bins // (high - low), bins - 1)] += 1
    return tuple(counts), tuple(low + (high - low) * i / bins for i in range(bins + 1))


def survey_figures(survey: Survey) -> tuple[Figure, ...]:
    """G3, G1, G2, and the hosts beside Flickr; nothing for a list without classes."""
    census = survey.per_class
    if not census.labels:
        return ()
    span = range_of(census)
    kinds = (
        ("Images per class", census.urls, "all"),
        ("Images per class, Flickr only", census.flickr_urls, "flickr"),
        ("Images per class, other hosts only", _others(census), "other"),
    )
    highest = max(max(histogram(values, *span)[0]) for _, values, _ in kinds)
    return (
        _cumulative(census),
        *(_histogram(title, values, span, tone, highest) for title, values, tone in kinds),
    )


def hosts_figure(survey: Survey) -> Figure | None:
    """How far the URLs lie on few hosts; None where two hosts or fewer have them all."""
    counts = [n for _, n in survey.top_hosts]
    if len(counts) < 3 or not survey.urls:
        return None
    ranks = range(len(counts) + 1)
    shares = [100 * sum(counts[:rank]) / survey.urls for rank in ranks]
    x_axis = Axis("largest domains", whole_ticks(len(counts)), compact, count, high=float(len(counts)))
    y_axis = Axis("share", ticks(100), _percent, _percent)
    series = [Series("share of all URLs", "all", tuple(shares))]
    chart = line_chart("Share of the URLs that the largest domains hold", list(ranks), series, x_axis, y_axis)
    caption = f"the first {len(counts)} hold {shares[-1]:.0f} % of the URLs"
    rows = tuple(
        (count(rank), f"{shares[rank]:.1f} %") for rank in (1, 2, 3, 5, 10, 20, 50) if rank < len(shares)
    )
    return Figure(
        "How few domains hold the URLs", caption, chart, (), ("largest domains", "share of URLs"), rows
    )


def _percent(value: float) -> str:
    return f"{value:.0f} %"


def _others(census: Census) -> tuple[int, ...]:
    return tuple(every - flickr for every, flickr in zip(census.urls, census.flickr_urls, strict=True))


def range_of(census: Census) -> tuple[int, int]:
    """100 to 2000 as in 2019, unless most classes lie outside."""
    inside = sum(LOW <= n <= HIGH for n in census.urls)
    if 2 * inside >= len(census.urls):
        return LOW, HIGH
    return 0, max(BINS, int(ticks(max(census.urls))[-1]))


def _histogram(title: str, values: Sequence[int], span: tuple[int, int], tone: str, highest: int) -> Figure:
    """``highest``: of all that stand side by side, so that they are drawn to one scale."""
    low, high = span
    counts, edges = histogram(values, low, high)
    bars = list(zip(counts, edges, edges[1:], strict=False))
    marks = (float(low), *(tick for tick in ticks(high) if low < tick <= high))
    x_axis = Axis("images per class", marks, compact, count, low=low)
    chart = histogram_chart(title, bars, tone, x_axis, axis_of("classes", max(highest, 1)))
    below, above = sum(n < low for n in values), sum(n > high for n in values)
    caption = f"{count(below)} classes have fewer than {count(low)}, {count(above)} more than {count(high)}"
    rows = tuple((f"{count(a)} to {count(b)}", count(n)) for n, a, b in bars)
    return Figure(title, caption, chart, (), ("images per class", "classes"), rows)


def _cumulative(census: Census) -> Figure:
    top = _useful_top(census.urls)
    steps = [round(top * i / _STEPS) for i in range(_STEPS + 1)]
    series = (
        Series("all URLs", "all", tuple(map(float, reverse_cumulative(census.urls, steps)))),
        Series("Flickr only", "flickr", tuple(map(float, reverse_cumulative(census.flickr_urls, steps)))),
        Series("other hosts only", "other", tuple(map(float, reverse_cumulative(_others(census), steps)))),
    )
    x_axis = Axis("images or more", ticks(top), compact, count)
    title = "Classes with at least so many images"
    chart = line_chart(title, steps, series, x_axis, axis_of("classes", len(census.labels)))
    legend = tuple((one.name, one.tone) for one in series)
    caption = "from a quota, read up to the classes that could fill it if every URL worked"
    return Figure(title, caption, chart, legend)


def _useful_top(values: Sequence[int]) -> float:
    """A round number that all but the largest half percent of the classes lie below."""
    ordered = sorted(values)
    return ticks(max(ordered[int((len(ordered) - 1) * 0.995)], 1))[-1]
