"""How many classes of a list can have so many images: a curve that answers for any number.

Everything stands in the page as it is delivered, for one number of images; the page's script only moves it.
"""

import bisect
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..figures import compact, count
from .charts import Axis, Series, axis_of, cursor, line_chart
from .crawl_view import Rows
from .data import Reach
from .scales import ticks

_MOST_STEPS = 2000
_POINTS = 200
_USUAL = (800, 500, 300, 200, 100, 50, 20, 10, 5, 2)
"""Images that people want of a class; shown at first: one that a tenth of the classes have URLs for."""
_TABLE = (1, 10, 50, 100, 200, 300, 500, 800, 1000, 1200, 1500, 2000)


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the curves: what it means, its tone, and how many classes at the number shown first."""

    name: str
    tone: str
    classes: int
    share: str


@dataclass(frozen=True, slots=True)
class ReachFigure:
    """The curves with everything that their controls need."""

    chart: Markup
    answers: tuple[Answer, ...]
    images: int
    """Shown at first."""
    top: int
    step: int
    data: Markup
    """``{"step": 1, "top": 2000, "curves": [[classes with 0 images or more, ..], ..]}``"""
    rates: str
    head: tuple[str, ...]
    rows: Rows


def reach_figure(reach: Reach) -> ReachFigure | None:
    """The figure; None for a list without classes."""
    if not reach.urls:
        return None
    curves = (
        ("have the URLs", "all", sorted(reach.urls)),
        ("are forecast to bring them", "good", sorted(math.floor(one) for one in reach.forecast)),
        ("bring them in 19 of 20 cases", "spare", sorted(reach.surely)),
    )
    top = _useful_top(curves[0][2])
    step = _step(top)
    grid = list(range(0, top + 1, step))
    counts = [[_reaching(values, n) for n in grid] for _, _, values in curves]
    images = _first_shown(curves[0][2], top, step)
    n_classes = len(reach.urls)
    now = [_reaching(values, images) for _, _, values in curves]
    x_axis = Axis("images a class", ticks(top), compact, count, high=float(top))
    y_axis = axis_of("classes", n_classes)
    series = [
        Series(name, tone, tuple(map(float, line)))
        for (name, tone, _), line in zip(curves, counts, strict=True)
    ]
    marks = cursor(images, [(one.tone, n) for one, n in zip(series, now, strict=True)], x_axis, y_axis)
    return ReachFigure(
        chart=line_chart(
            "Classes that can have so many images", grid, series, x_axis, y_axis, marks, _POINTS
        ),
        answers=tuple(
            Answer(one.name, one.tone, n, _share(n, n_classes)) for one, n in zip(series, now, strict=True)
        ),
        images=images,
        top=top,
        step=step,
        data=_as_data({"step": step, "top": top, "yTop": y_axis.ticks[-1], "curves": counts}),
        rates=reach.rates_from,
        head=("images a class", *(name for name, _, _ in curves)),
        rows=tuple(
            (count(n), *(count(_reaching(values, n)) for _, _, values in curves)) for n in _TABLE if n <= top
        ),
    )


def _reaching(ordered: Sequence[int], least: int) -> int:
    return len(ordered) - bisect.bisect_left(ordered, least)


def _useful_top(ordered: Sequence[int]) -> int:
    """A round number that all but the largest half percent of the classes lie below."""
    return max(1, math.ceil(ticks(max(ordered[math.ceil((len(ordered) - 1) * 0.995)], 1))[-1]))


def _step(top: int) -> int:
    """1, or as much as keeps the curve short; a divisor of ``top``."""
    least = -(-top // _MOST_STEPS)
    return next(step for step in range(least, top + 1) if top % step == 0)


def _first_shown(ordered: Sequence[int], top: int, step: int) -> int:
    wanted = next((n for n in _USUAL if n < top and _reaching(ordered, n) >= len(ordered) / 10), 1)
    return min(top, -(-wanted // step) * step)


def _share(n: int, whole: int) -> str:
    return f"{100 * n / whole:.0f} % of {count(whole)}"


def _as_data(value: object) -> Markup:
    """JSON that may stand in a page: numbers and our own words alone, and no tag can end it."""
    return Markup(json.dumps(value, separators=(",", ":")).replace("<", "\\u003c"))
