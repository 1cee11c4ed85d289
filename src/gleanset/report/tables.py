"""The charts of a survey as text, for terminals and logs: G1 to G3 of the 2019 analysis."""

from collections.abc import Sequence
from itertools import pairwise

from ..figures import count
from ..terms.plan import Census, Survey
from .scales import thin
from .survey_view import histogram, range_of, reverse_cumulative

_ROWS, _BARS = 12, 10
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_NARROWEST, _WIDEST = 8, 60


def survey_charts(survey: Survey, width: int = 80) -> str:
    """G3, G1 and G2 as bars of blocks, at most ``width`` cells wide; empty for a list without classes."""
    census = survey.per_class
    if not census.labels:
        return ""
    low, high = range_of(census)
    return "\n\n".join(
        (
            _cumulative(survey, width),
            _histogram("Images per class", census.urls, (low, high), width),
            _histogram("Images per class, Flickr only", census.flickr_urls, (low, high), width),
        )
    )


def bar(part: float, cells: int) -> str:
    """``part`` (0 to 1) of ``cells`` in blocks, exact to an eighth; something is never nothing."""
    eighths = max(round(min(part, 1.0) * cells * 8), 1 if part > 0 else 0)
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")


def _cumulative(survey: Survey, width: int) -> str:
    levels = [survey.at_least[i] for i in thin(len(survey.at_least), _ROWS)]
    rows = [(f"{count(n)} or more", every, flickr) for n, every, flickr in levels] or _levels(
        survey.per_class
    )
    left = max(len(name) for name, _, _ in rows)
    right = max(len(_both(every, flickr)) for _, every, flickr in rows)
    cells = room(width, left + right)
    most = max(survey.classes, 1)
    lines = ["Classes with at least so many images: all URLs (full), Flickr only (light)"]
    for name, every, flickr in rows:
        lines.append(
            f"{name:>{left}} {nested(every / most, flickr / most, cells)} {_both(every, flickr):>{right}}"
        )
    return "\n".join(line.rstrip() for line in lines)


def _levels(census: Census) -> list[tuple[str, int, int]]:
    """Where a survey names no levels: a tenth of the largest class at a time."""
    top = max(census.urls)
    steps = sorted({max(1, round(top * i / _ROWS)) for i in range(1, _ROWS + 1)})
    every, flickr = reverse_cumulative(census.urls, steps), reverse_cumulative(census.flickr_urls, steps)
    return [(f"{count(n)} or more", a, f) for n, a, f in zip(steps, every, flickr, strict=True)]


def nested(every: float, flickr: float, cells: int) -> str:
    """Both bars in one: what Flickr alone gives is light, the rest full."""
    inner, outer = round(flickr * cells), round(every * cells)
    return ("▒" * inner + "█" * (outer - inner)).ljust(cells)


def _both(every: int, flickr: int) -> str:
    return f"{count(every)} ({count(flickr)})"


def _histogram(title: str, values: Sequence[int], span: tuple[int, int], width: int) -> str:
    counts, edges = histogram(values, *span)
    together = len(counts) // _BARS
    merged = [sum(counts[i : i + together]) for i in range(0, len(counts), together)]
    limits = [*edges[:-1:together], edges[-1]]
    names = [f"{count(a)} to {count(b)}" for a, b in pairwise(limits)]
    left, right = max(map(len, names)), max(len(count(n)) for n in merged)
    cells, most = room(width, left + right), max(*merged, 1)
    below, above = sum(n < span[0] for n in values), sum(n > span[1] for n in values)
    lines = [f"{title} ({count(below)} classes below, {count(above)} above)"]
    for name, n in zip(names, merged, strict=True):
        lines.append(f"{name:>{left}} {bar(n / most, cells):<{cells}} {count(n):>{right}}")
    return "\n".join(lines)


def room(width: int, taken: int) -> int:
    """Cells for bars where ``taken`` of ``width`` are words."""
    return max(_NARROWEST, min(width - taken - 2, _WIDEST))
