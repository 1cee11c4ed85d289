"""Charts as SVG text: no library, no style of their own (colours are classes of the page's style sheet).

Every chart has an accessible name, and every mark a ``<title>`` that a pointer shows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from ..figures import compact, count
from .scales import thin, ticks

WIDTH, HEIGHT = 480, 236
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 10, 36
_POINTS, _HOVERS = 120, 30
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
    """What an axis says. ``ticks`` also sets its range, from 0 unless ``low`` is given."""

    name: str
    ticks: tuple[float, ...]
    text: Callable[[float], str] = compact
    """At the ticks."""
    exact: Callable[[float], str] = count
    """In tooltips."""
    low: float = 0.0

    def place(self, value: float, start: float, end: float) -> float:
        top = self.ticks[-1]
        part = (value - self.low) / (top - self.low) if top > self.low else 0.0
        return start + (end - start) * min(max(part, 0.0), 1.0)


def line_chart(
    title: str, x: Sequence[float], series: Sequence[Series], x_axis: Axis, y_axis: Axis
) -> Markup:
    """Lines over a common ``x``; hovering shows all of them at one place."""
    kept = thin(len(x), _POINTS)
    body = [
        f'<path class="line {one.tone}" d="{_path(kept, x, one.values, x_axis, y_axis)}"/>' for one in series
    ]
    return _chart(title, [*_grid(x_axis, y_axis), *body, *_hovers(x, series, x_axis, y_axis)])


def stacked_chart(
    title: str, x: Sequence[float], series: Sequence[Series], x_axis: Axis, y_axis: Axis
) -> Markup:
    """Areas on top of each other, the first at the bottom."""
    kept = thin(len(x), _POINTS)
    floor = [0.0] * len(x)
    body = []
    for one in series:
        roof = [low + value for low, value in zip(floor, one.values, strict=True)]
        upper = _path(kept, x, roof, x_axis, y_axis)
        lower = _path(kept[::-1], x, floor, x_axis, y_axis).replace("M", "L", 1)
        body.append(f'<path class="area {one.tone}" d="{upper}{lower}Z"/>')
        floor = roof
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
        f'<circle class="dot {tone}" r="3.5" cx="{x_axis.place(x, _X0, _X1):.1f}" '
        f'cy="{y_axis.place(y, _Y0, _Y1):.1f}"><title>{escape(said)}</title></circle>'
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
    points = (f"{x_axis.place(x[i], _X0, _X1):.1f} {y_axis.place(y[i], _Y0, _Y1):.1f}" for i in kept)
    return "M" + "L".join(points)


def _grid(x_axis: Axis, y_axis: Axis) -> list[str]:
    marks = []
    for tick in y_axis.ticks:
        y = y_axis.place(tick, _Y0, _Y1)
        marks.append(f'<path class="rule" d="M{_X0} {y:.1f}H{_X1}"/>')
        marks.append(f'<text class="y" x="{_X0 - 6}" y="{y + 4:.1f}">{escape(y_axis.text(tick))}</text>')
    for tick in x_axis.ticks:
        x = x_axis.place(tick, _X0, _X1)
        anchor = "e" if tick == x_axis.ticks[-1] else "m" if x > _X0 else "s"
        marks.append(f'<text class="{anchor}" x="{x:.1f}" y="{_Y0 + 15}">{escape(x_axis.text(tick))}</text>')
    marks.append(f'<text class="e name" x="{_X1}" y="{HEIGHT - 4}">{escape(x_axis.name)}</text>')
    return marks


def _hovers(x: Sequence[float], series: Sequence[Series], x_axis: Axis, y_axis: Axis) -> list[str]:
    kept = thin(len(x), _HOVERS)
    width = (_X1 - _X0) / max(len(kept), 1)
    strips = []
    for i in kept:
        lines = [
            f"{x_axis.exact(x[i])} {x_axis.name}",
            *(f"{s.name}: {y_axis.exact(s.values[i])}" for s in series),
        ]
        left = x_axis.place(x[i], _X0, _X1) - width / 2
        strips.append(
            f'<rect class="hover" x="{left:.1f}" y="{_Y1}" width="{width:.1f}" height="{_Y0 - _Y1}">'
            f"<title>{escape(chr(10).join(lines))}</title></rect>"
        )
    return strips


def axis_of(
    name: str, top: float, text: Callable[[float], str] = compact, exact: Callable[[float], str] = count
) -> Axis:
    """An axis from 0 to a round number at or above ``top``."""
    return Axis(name, ticks(top), text, exact)
