"""The charts of a crawl as text, for terminals and logs: G4 to G7 of the 2019 analysis."""

from collections.abc import Callable, Sequence

from ..figures import DASH, count, duration
from .crawl_view import seconds_per_success
from .data import CrawlPoint
from .scales import thin
from .tables import bar, nested, room

_ROWS = 8
Pair = tuple[float, float]
"""A value of Flickr's and one of the others'."""


def crawl_charts(points: Sequence[CrawlPoint], width: int = 80) -> str:
    """G4 to G7 as bars of blocks, at most ``width`` cells wide; empty for fewer than two points."""
    if len(points) < 2:
        return ""
    kept = [i for i in thin(len(points), _ROWS + 1) if i or len(points) <= _ROWS]
    shown = [points[i] for i in kept]
    rolling = seconds_per_success(points)
    tried = [count(p.flickr_tried + p.other_tried) for p in shown]
    return "\n\n".join(
        (
            _stacked(
                "URLs encountered", tried, [(p.flickr_tried, p.other_tried) for p in shown], count, width
            ),
            _stacked(
                "Time spent on requests", tried, [(p.flickr_s, p.other_s) for p in shown], duration, width
            ),
            _stacked(
                "Successes", tried, [(p.flickr_accepted, p.other_accepted) for p in shown], count, width
            ),
            _beside(tried, [(rolling[0][i], rolling[1][i]) for i in kept], points[-1], width),
        )
    )


def _stacked(
    title: str, tried: Sequence[str], values: Sequence[Pair], text: Callable[[float], str], width: int
) -> str:
    """Flickr's part of each bar is light, the others' full."""
    said = [f"{text(flickr + other)} ({text(flickr)})" for flickr, other in values]
    left, right = max(map(len, tried)), max(map(len, said))
    cells, most = room(width, left + right), max(*(sum(pair) for pair in values), 1e-9)
    lines = [f"{title}, over URLs tried: all (full), Flickr (light)"]
    for name, (flickr, other), words in zip(tried, values, said, strict=True):
        drawn = nested((flickr + other) / most, flickr / most, cells)
        lines.append(f"{name:>{left}} {drawn} {words:>{right}}")
    return "\n".join(line.rstrip() for line in lines)


def _beside(tried: Sequence[str], values: Sequence[Pair], last: CrawlPoint, width: int) -> str:
    """G7: two bars a row, Flickr's and the others'; a dash where not one picture came."""
    said = [
        (
            duration(flickr) if last.flickr_accepted else DASH,
            duration(other) if last.other_accepted else DASH,
        )
        for flickr, other in values
    ]
    left = max(map(len, tried))
    first, second = max(len(a) for a, _ in said), max(len(b) for _, b in said)
    cells = room(width, left + first + second + 4) // 2
    most = max(*(max(pair) for pair in values), 1e-9)
    lines = ["Time per success, rolling, over URLs tried: Flickr (left), other hosts (right)"]
    for name, (flickr, other), (a, b) in zip(tried, values, said, strict=True):
        lines.append(
            f"{name:>{left}} {bar(flickr / most, cells):<{cells}} {a:>{first}}  "
            f"{bar(other / most, cells):<{cells}} {b:>{second}}"
        )
    return "\n".join(line.rstrip() for line in lines)
