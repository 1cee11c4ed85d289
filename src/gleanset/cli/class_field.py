"""The classes of a running build as they fill up: a list where it fits, else a field of glyphs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from rich.cells import cell_len, set_cell_size

from ..figures import compact
from ..terms.tally import ClassProgress
from .output import printable

Piece = tuple[str, str]
"""(text, style); styles are ``""``, ``dim``, ``bold``, ``good``, ``busy``, ``bad``."""
Line = list[Piece]

_STATES = {"open": "busy", "full": "good", "short": "bad", "replaced": "dim"}
_ROOM_FOR_LIST = 34
"""Cells that a class with name, bar and figures takes at least."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """What the terminal's encoding can draw; without colours too, full and empty must look different."""

    full: str
    half: str
    rest: str
    steps: str
    """A class from empty to full."""
    spin: str
    dot: str
    cut: str
    """The end of a name that was too long."""


FINE = Glyphs("━", "╸", "─", "·▁▂▃▄▅▆▇█", "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", " · ", "…")
PLAIN = Glyphs("=", "-", ".", ".12345678#", "-\\|/", ", ", "~")


def glyphs_for(encoding: str | None) -> Glyphs:
    """Fine ones where the encoding is Unicode."""
    return FINE if (encoding or "").lower().replace("-", "").startswith("utf") else PLAIN


def class_block(classes: Sequence[ClassProgress], width: int, room: int, glyphs: Glyphs) -> Iterator[Line]:
    """All classes by name where they fit; else a field of one glyph a class and, below it, the emptiest."""
    columns = max(1, (width - 2) // _ROOM_FOR_LIST)
    if not classes or room < 1:
        return
    rows = -(-len(classes) // columns)
    if rows <= room:
        yield from _list(classes, min(columns, len(classes)), rows, width, glyphs)
        return
    field = list(_field(classes, width - 2, max(1, room if room < 6 else room - 4), glyphs))
    yield from field
    spare = min(room - len(field) - 1, 4)
    chosen = nsmallest(spare * columns, (one for one in classes if one.state == "open" and one.wanted), _fill)
    if chosen:
        yield []
        yield from _list(chosen, columns, -(-len(chosen) // columns), width, glyphs)


def _list(
    classes: Sequence[ClassProgress], columns: int, rows: int, width: int, glyphs: Glyphs
) -> Iterator[Line]:
    each = min((width - 2) // columns, 60)
    figures = [_figures(one) for one in classes]
    room = max(map(len, figures)) + 3
    for row in range(rows):
        line: Line = [("  ", "")]
        for one, said in zip(classes[row::rows], figures[row::rows], strict=True):
            line += _entry(one, f" {said}".ljust(room), each, glyphs)
        yield line


def _figures(one: ClassProgress) -> str:
    return f"{compact(one.accepted)}/{compact(one.wanted)}" if one.wanted else compact(one.accepted)


def _entry(one: ClassProgress, figures: str, each: int, glyphs: Glyphs) -> Line:
    bar_room = max(each // 4, 3)
    name_room = max(each - bar_room - len(figures), 4)
    style = _STATES[one.state]
    name = set_cell_size(_short(printable(one.name), name_room - 1, glyphs), name_room)
    return [
        (name, "" if one.state == "open" else style),
        *bar(_fill(one), bar_room, glyphs, style),
        (figures, "dim"),
    ]


def _short(name: str, room: int, glyphs: Glyphs) -> str:
    return name if cell_len(name) <= room else set_cell_size(name, room - 1).rstrip() + glyphs.cut


def _field(classes: Sequence[ClassProgress], width: int, rows: int, glyphs: Glyphs) -> Iterator[Line]:
    """One glyph a class; where even those are too many, one for as many neighbours as needed."""
    together = -(-len(classes) // (width * rows))
    cells = [_cell(classes[i : i + together], glyphs) for i in range(0, len(classes), together)]
    for start in range(0, len(cells), width):
        yield [("  ", ""), *_joined(cells[start : start + width])]


def _cell(some: Sequence[ClassProgress], glyphs: Glyphs) -> Piece:
    fill = sum(map(_fill, some)) / len(some)
    worst = next(
        (s for s in ("short", "open", "full", "replaced") if any(one.state == s for one in some)), "open"
    )
    last = len(glyphs.steps) - 1
    step = last if fill >= 1 else min(last - 1, int(fill * last) + (fill > 0))
    return glyphs.steps[step], _STATES[worst]


def _joined(cells: Iterable[Piece]) -> Line:
    """Neighbours of one style as one piece, so that drawing stays cheap."""
    line: Line = []
    for text, style in cells:
        if line and line[-1][1] == style:
            line[-1] = (line[-1][0] + text, style)
        else:
            line.append((text, style))
    return line


def _fill(one: ClassProgress) -> float:
    if one.state == "full" or (one.wanted is not None and one.wanted <= one.accepted):
        return 1.0
    if one.wanted is not None:
        return one.accepted / one.wanted
    return one.accepted / (one.accepted + one.left) if one.accepted else 0.0


def bar(part: float, width: int, glyphs: Glyphs, style: str) -> Line:
    """Full only when all is there; a half step shows that something moves."""
    halves = 2 * width if part >= 1 else min(int(part * 2 * width), 2 * width - 1)
    filled = glyphs.full * (halves // 2) + glyphs.half * (halves % 2)
    return [(filled, style), (glyphs.rest * (width - len(filled)), "rest")]
