"""The first tool's statistics and its charts G4 to G7, from running sums."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..figures import DASH, count, duration, share
from .charts import Axis, Series, axis_of, line_chart, stacked_chart
from .data import CrawlPoint, GroupRow
from .scales import thin, ticks, time_ticks, whole_ticks

_ROLLING = 0.1
"""G7 looks back over this part of the run."""
Rows = tuple[tuple[str, ...], ...]
_TABLE_ROWS = 9


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart and the table behind it."""

    title: str
    caption: str
    chart: Markup
    legend: tuple[tuple[str, str], ...]
    """(name, tone)."""
    head: tuple[str, ...] = ()
    rows: Rows = ()


def group_lines(groups: Sequence[GroupRow]) -> list[tuple[str, ...]]:
    """Name, tried, successes, share, time, seconds per try, seconds per success."""
    return [
        (
            group.name,
            count(group.tried),
            count(group.accepted),
            share(group.accepted, group.tried),
            duration(group.seconds_s),
            f"{group.seconds_s / group.tried:.2f} s" if group.tried else DASH,
            f"{group.seconds_s / group.accepted:.2f} s" if group.accepted else DASH,
        )
        for group in groups
    ]


def timeline_figure(timeline: Sequence[tuple[float, int]], wanted: int | None) -> Figure | None:
    """Accepted images over time; None where there is no line to draw."""
    if len(timeline) < 2:
        return None
    x = [t for t, _ in timeline]
    series = [Series("accepted", "good", tuple(n for _, n in timeline))]
    y_axis = Axis("images", whole_ticks(max(timeline[-1][1], 1)))
    chart = line_chart("Accepted images over time", x, series, _time_axis(x[-1]), y_axis)
    rows = tuple((duration(timeline[i][0]), count(timeline[i][1])) for i in thin(len(timeline), _TABLE_ROWS))
    caption = f"{count(timeline[-1][1])} of {count(wanted)} wanted" if wanted else ""
    return Figure("Accepted over time", caption, chart, (), ("after", "accepted"), rows)


def crawl_figures(points: Sequence[CrawlPoint]) -> tuple[Figure, ...]:
    """G4 to G7; nothing where fewer than two points are known."""
    if len(points) < 2:
        return ()
    return (_encountered(points), _time_spent(points), _successes(points), _per_success(points))


def _encountered(points: Sequence[CrawlPoint]) -> Figure:
    series = (
        Series("all", "all", tuple(_tried(p) for p in points)),
        Series("Flickr", "flickr", tuple(p.flickr_tried for p in points)),
        Series("other", "other", tuple(p.other_tried for p in points)),
    )
    x_axis, y_axis = _tried_axis(points), axis_of("URLs", _tried(points[-1]))
    chart = line_chart("URLs encountered: all, Flickr, other", _xs(points), series, x_axis, y_axis)
    return _figure(
        "URLs encountered", "by kind of host, over URLs tried", chart, series, _behind(points, series, count)
    )


def _time_spent(points: Sequence[CrawlPoint]) -> Figure:
    series = (
        Series("Flickr", "flickr", tuple(p.flickr_s for p in points)),
        Series("other", "other", tuple(p.other_s for p in points)),
    )
    top = points[-1].flickr_s + points[-1].other_s
    y_axis = Axis("time", time_ticks(top), _clock, duration)
    chart = stacked_chart("Time spent on requests", _xs(points), series, _tried_axis(points), y_axis)
    return _figure(
        "Time spent on requests", "all connections added up", chart, series, _behind(points, series, duration)
    )


def _successes(points: Sequence[CrawlPoint]) -> Figure:
    series = (
        Series("Flickr", "flickr", tuple(p.flickr_accepted for p in points)),
        Series("other", "other", tuple(p.other_accepted for p in points)),
    )
    y_axis = axis_of("images", points[-1].flickr_accepted + points[-1].other_accepted)
    chart = stacked_chart("Successes", _xs(points), series, _tried_axis(points), y_axis)
    return _figure("Successes", "images, over URLs tried", chart, series, _behind(points, series, count))


def _per_success(points: Sequence[CrawlPoint]) -> Figure:
    flickr, other = seconds_per_success(points)
    series = (Series("Flickr", "flickr", flickr), Series("other", "other", other))
    y_axis = Axis("seconds", ticks(max(max(one.values) for one in series)), _plain_seconds, duration)
    chart = line_chart("Time per success, rolling", _xs(points), series, _tried_axis(points), y_axis)
    caption = f"rolling over the last {_ROLLING:.0%} of the run"
    return _figure("Time per success", caption, chart, series, _behind(points, series, duration))


def seconds_per_success(points: Sequence[CrawlPoint]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Flickr's and the others' time per success at each point, rolling over a tenth of the run."""
    window = max(1, round(len(points) * _ROLLING))
    return (
        _rolling([(p.flickr_s, p.flickr_accepted) for p in points], window),
        _rolling([(p.other_s, p.other_accepted) for p in points], window),
    )


def _rolling(sums: Sequence[tuple[float, int]], window: int) -> tuple[float, ...]:
    """Seconds per success between each point and the one ``window`` before; where none, the nearest known."""
    values: list[float | None] = []
    for i, (seconds_s, n) in enumerate(sums):
        before_s, before = sums[i - window] if i >= window else (0.0, 0)
        fresh = n - before
        values.append((seconds_s - before_s) / fresh if fresh else (values[-1] if values else None))
    first = next((value for value in values if value is not None), 0.0)
    return tuple(first if value is None else value for value in values)


def _behind(points: Sequence[CrawlPoint], series: Sequence[Series], text: Callable[[float], str]) -> Rows:
    kept = thin(len(points), _TABLE_ROWS)
    return tuple((count(_tried(points[i])), *(text(one.values[i]) for one in series)) for i in kept)


def _figure(title: str, caption: str, chart: Markup, series: Sequence[Series], rows: Rows) -> Figure:
    legend = tuple((one.name, one.tone) for one in series)
    return Figure(title, caption, chart, legend, ("URLs tried", *(one.name for one in series)), rows)


def _tried(point: CrawlPoint) -> int:
    return point.flickr_tried + point.other_tried


def _xs(points: Sequence[CrawlPoint]) -> list[float]:
    return [float(_tried(point)) for point in points]


def _tried_axis(points: Sequence[CrawlPoint]) -> Axis:
    top = max(_tried(points[-1]), 1)
    return Axis("URLs tried", ticks(top), high=top)


def _time_axis(top_s: float) -> Axis:
    return Axis("since the start", time_ticks(top_s), _clock, duration, high=top_s)


def _plain_seconds(seconds_s: float) -> str:
    return f"{seconds_s:g} s"


def _clock(seconds_s: float) -> str:
    for length, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds_s >= length:
            return f"{seconds_s / length:g} {unit}"
    return f"{seconds_s:g} s" if seconds_s else "0"
