"""Charts as SVG text: no library, no style of their own (colours are classes of the page's style sheet).

Every chart has an accessible name, and every mark a ``<title>`` that a pointer shows.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

from ..figures import compact, count
from .scales import thin, ticks

WIDTH, HEIGHT = 480, 236
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 10, 36
_POINTS, _HOVERS = 40, 12
_X0, _X1, _Y0, _Y1 = LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM, TOP


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or one layer of a stack."""

    name: str
    tone: str
    """A colour of the style sheet: ``all``, ``flickr``, ``other``, ``good``."""
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis says, and its range."""

    name: str
    ticks: tuple[float, ...]
    text: Callable[[float], str] = compact
    """At the ticks."""
    exact: Callable[[float], str] = count
    """In tooltips."""
    low: float = 0.0
    high: float | None = None
    """None: the last tick."""

    def place(self, value: float, start: float, end: float) -> float:
        top = self.ticks[-1] if self.high is None else self.high
        part = (value - self.low) / (top - self.low) if top > self.low else 0.0
        return start + (end - start) * min(max(part, 0.0), 1.0)

    def marks(self) -> tuple[float, ...]:
        """The ticks inside the range."""
        return tuple(tick for tick in self.ticks if self.high is None or tick <= self.high)


def line_chart(
    title: str,
    x: Sequence[float],
    series: Sequence[Series],
    x_axis: Axis,
    y_axis: Axis,
    marks: Sequence[str] = (),
    n_points: int = _POINTS,
) -> Markup:
    """Lines over a common ``x``; hovering shows all of them at one place. ``marks`` lie above the lines."""
    kept = thin(len(x), n_points)
    body = [
        f'<path class="line {one.tone}" d="{_path(kept, x, one.values, x_axis, y_axis)}"/>' for one in series
    ]
    return _chart(title, [*_grid(x_axis, y_axis), *body, *marks, *_hovers(x, series, x_axis, y_axis)])


def cursor(x: float, points: Sequence[tuple[str, float]], x_axis: Axis, y_axis: Axis) -> list[str]:
    """A line at one ``x`` with a dot on each curve, of (tone, y); the page's script may move them."""
    at = _n(x_axis.place(x, _X0, _X1))
    dots = [
        f'<circle class="{tone}" r="4" cx="{at}" cy="{_n(y_axis.place(y, _Y0, _Y1))}"/>' for tone, y in points
    ]
    frame = f'data-x0="{_X0}" data-x1="{_X1}" data-y0="{_Y0}" data-y1="{_Y1}"'
    return [f'<g class="cursor" {frame}><path d="M{at} {_Y1}V{_Y0}"/>', *dots, "</g>"]


def stacked_chart(
    title: str, x: Sequence[float], series: Sequence[Series], x_axis: Axis, y_axis: Axis
) -> Markup:
    """Areas on top of each other, the first at the bottom."""
    kept = thin(len(x), _POINTS)
    roof = [0.0] * len(x)
    body: list[str] = []
    for one in series:
        roof = [low + value for low, value in zip(roof, one.values, strict=True)]
        line = _path(kept, x, roof, x_axis, y_axis)
        body.insert(0, f'<path class="area {one.tone}" d="{line}V{_Y0}H{_X0}Z"/>')
    return _chart(title, [*_grid(x_axis, y_axis), *body, *_hovers(x, series, x_axis, y_axis)])


def histogram_chart(
    title: str, bars: Sequence[tuple[int, float, float]], tone: str, x_axis: Axis, y_axis: Axis
) -> Markup:
    """Bars of (height, from, to)."""
    body = []
    for n, low, high in bars:
        left = x_axis.place(low, _X0, _X1) + 0.5
        width = max(x_axis.place(high, _X0, _X1) - left - 0.5, 0.5)
        y = y_axis.place(n, _Y0, _Y1)
        said = escape(f"{x_axis.exact(low)} to {x_axis.exact(high)}: {y_axis.exact(n)}")
        body.append(
            f'<rect class="bar {tone}" x="{left:.1f}" y="{y:.1f}" width="{width:.1f}" '
            f'height="{_Y0 - y:.1f}"><title>{said}</title></rect>'
        )
    return _chart(title, [*_grid(x_axis, y_axis), *body])


def scatter_chart(
    title: str,
    dots: Sequence[tuple[float, float, str, str]],
    x_axis: Axis,
    y_axis: Axis,
    diagonal: bool = False,
) -> Markup:
    """Dots of (x, y, tone, tooltip); the diagonal is where both are equal."""
    body = [
        f'<circle class="dot {tone}" r="3.5" cx="{_n(x_axis.place(x, _X0, _X1))}" '
        f'cy="{_n(y_axis.place(y, _Y0, _Y1))}"><title>{escape(said)}</title></circle>'
        for x, y, tone, said in dots
    ]
    if diagonal:
        body.insert(0, f'<path class="even" d="M{_X0} {_Y0}L{_X1} {_Y1}"/>')
    return _chart(title, [*_grid(x_axis, y_axis), *body])


def share_bar(title: str, parts: Sequence[tuple[str, str, float, str]]) -> Markup:
    """One bar cut into (name, tone, size, tooltip); sizes add up to the whole bar."""
    whole = sum(part[2] for part in parts) or 1
    x = 0.0
    body = []
    for _, tone, value, said in parts:
        width = 100 * value / whole
        body.append(
            f'<rect class="{tone}" x="{x:.2f}%" width="{width:.2f}%" height="26">'
            f"<title>{escape(said)}</title></rect>"
        )
        x += width
    return Markup('<svg class="shares" role="img" aria-label="{}">{}</svg>').format(
        title, Markup("".join(body))
    )


def cell_map(title: str, cells: Sequence[tuple[str, float, str]], columns: int) -> Markup:
    """A field of squares of (tone, fill 0 to 1, tooltip), row by row: thousands at a glance."""
    rows = -(-len(cells) // columns)
    body = [
        f'<rect class="{tone}" x="{i % columns * 10}" y="{i // columns * 10}" width="9" height="9" '
        f'opacity="{0.25 + 0.75 * min(max(fill, 0.0), 1.0):.2f}"><title>{escape(said)}</title></rect>'
        for i, (tone, fill, said) in enumerate(cells)
    ]
    opening = Markup('<svg class="cells" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        columns * 10, rows * 10, title
    )
    return opening + Markup("".join(body)) + Markup("</svg>")


def _chart(title: str, body: Sequence[str]) -> Markup:
    opening = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        WIDTH, HEIGHT, title
    )
    return opening + Markup("".join(body)) + Markup("</svg>")


def _path(kept: Sequence[int], x: Sequence[float], y: Sequence[float], x_axis: Axis, y_axis: Axis) -> str:
    """The line in steps from point to point, which takes fewer letters than points do."""
    points = [(x_axis.place(x[i], _X0, _X1), y_axis.place(y[i], _Y0, _Y1)) for i in kept]
    drawn = [(round(px, 1), round(py, 1)) for px, py in points]
    steps = (f"{_n(bx - ax)} {_n(by - ay)}" for (ax, ay), (bx, by) in pairwise(drawn))
    return f"M{_n(drawn[0][0])} {_n(drawn[0][1])}l{' '.join(steps)}"


def _n(value: float) -> str:
    """A coordinate in as few letters as a tenth of a unit takes."""
    return f"{value:.1f}".removesuffix(".0")


def _grid(x_axis: Axis, y_axis: Axis) -> list[str]:
    return [*_rules(y_axis), *_feet(x_axis)]


def _rules(axis: Axis) -> Iterator[str]:
    places = [(tick, axis.place(tick, _Y0, _Y1)) for tick in axis.marks()]
    yield f'<path class="rule" d="{"".join(f"M{_X0} {_n(y)}H{_X1}" for _, y in places)}"/><g class="y">'
    for tick, y in places:
        yield f'<text x="{_X0 - 6}" y="{_n(y + 4)}">{escape(axis.text(tick))}</text>'
    yield "</g>"


def _feet(axis: Axis) -> Iterator[str]:
    for tick in axis.marks():
        x = axis.place(tick, _X0, _X1)
        anchor = "e" if x > _X1 - 14 else "m" if x > _X0 else "s"
        yield f'<text class="{anchor}" x="{_n(x)}" y="{_Y0 + 16}">{escape(axis.text(tick))}</text>'
    yield f'<text class="e name" x="{_X1}" y="{HEIGHT - 3}">{escape(axis.name)}</text>'


def _hovers(x: Sequence[float], series: Sequence[Series], x_axis: Axis, y_axis: Axis) -> Iterator[str]:
    """Strips from one place to the next, each saying the values at its right end."""
    yield '<g class="hovers">'
    left = float(_X0)
    for i in thin(len(x), _HOVERS)[1:]:
        right = x_axis.place(x[i], _X0, _X1)
        lines = [
            f"{x_axis.exact(x[i])} {x_axis.name}",
            *(f"{s.name}: {y_axis.exact(s.values[i])}" for s in series),
        ]
        yield (
            f'<rect x="{_n(left)}" width="{_n(right - left)}">'
            f"<title>{escape(chr(10).join(lines))}</title></rect>"
        )
        left = right
    yield "</g>"


def axis_of(
    name: str, top: float, text: Callable[[float], str] = compact, exact: Callable[[float], str] = count
) -> Axis:
    """An axis from 0 to a round number at or above ``top``."""
    return Axis(name, ticks(top), text, exact)
