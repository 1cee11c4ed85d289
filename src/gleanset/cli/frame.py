"""One picture of a running build, as lines of styled text: pure, so that it can be looked at in tests."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from rich.cells import cell_len, set_cell_size

from ..figures import compact, count, duration, share, size
from ..terms.tally import ClassProgress, Tally
from .output import printable

Piece = tuple[str, str]
"""(text, style); styles are ``""``, ``dim``, ``bold``, ``good``, ``busy``, ``bad``."""
Line = list[Piece]

PHASES = {
    "reading": "reading the list",
    "planning": "planning",
    "collecting": "collecting",
    "draining": "finishing what is in flight",
    "packing": "packing",
    "reporting": "writing the report",
    "done": "done",
}
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


def live_frame(tally: Tally, width: int, height: int, glyphs: Glyphs, warning: str = "") -> list[Line]:
    """At most ``height`` lines of at most ``width`` cells: what matters most comes first, stays longest."""
    lines = [_title(tally, width, glyphs), *_overall(tally, width, glyphs)]
    if tally.phase in {"collecting", "draining", "packing"}:
        lines += _in_full(tally, width, height - len(lines) - bool(warning), glyphs)
    if warning:
        lines = [*lines[: max(1, height - 1)], [(f"  {warning}", "busy")]]
    return [_fitted(line, width) for line in lines[:height]]


def last_frame(tally: Tally, width: int, height: int, glyphs: Glyphs) -> list[Line]:
    """What stays on the screen when the build has ended: no rates, only how full all is."""
    lines = [_title(tally, width, glyphs), *_overall(tally, width, glyphs)]
    field = list(_class_block(tally.per_class, width, min(6, height - len(lines) - 1), glyphs))
    return [_fitted(line, width) for line in [*lines, *([[]] if field else []), *field]]


def plain_line(tally: Tally) -> str:
    """The same for logs, in one line."""
    parts = [PHASES[tally.phase]]
    if tally.note:
        parts.append(printable(tally.note))
    if tally.phase == "packing" and tally.to_pack:
        parts.append(f"{count(tally.packed)} of {count(tally.to_pack)} images")
    elif tally.phase in {"collecting", "draining", "done"}:
        parts += _plain_counts(tally)
    parts.append(duration(tally.elapsed_s))
    if tally.eta_s is not None and tally.phase == "collecting":
        parts.append(f"{duration(tally.eta_s)} left")
    return "  ".join(parts)


def _plain_counts(tally: Tally) -> Iterator[str]:
    wanted = f" of {count(tally.wanted)} ({share(tally.accepted, tally.wanted)})" if tally.wanted else ""
    yield f"{count(tally.accepted)}{wanted} images"
    yield f"{count(tally.classes_done)} of {count(tally.classes)} classes"
    yield f"{count(tally.tried)} tried"
    if tally.phase != "done":
        yield f"{tally.images_per_s:.1f}/s"
        yield f"{size(tally.bytes_per_s)}/s"
        yield f"{count(tally.in_flight)} in flight"


def _title(tally: Tally, width: int, glyphs: Glyphs) -> Line:
    spin = " " if tally.phase == "done" else glyphs.spin[int(tally.elapsed_s * 8) % len(glyphs.spin)]
    line: Line = [(f"{spin} ", "good"), (PHASES[tally.phase], "bold")]
    if tally.note:
        line.append((f"  {printable(tally.note)}", "dim"))
    right = duration(tally.elapsed_s)
    if tally.eta_s is not None and tally.phase == "collecting":
        right = f"{right}{glyphs.dot}{duration(tally.eta_s)} left"
    return _spread(line, [(right, "dim")], width)


def _overall(tally: Tally, width: int, glyphs: Glyphs) -> list[Line]:
    done, wanted, what = tally.accepted, tally.wanted, "images"
    if tally.phase == "packing":
        done, wanted, what = tally.packed, tally.to_pack, "packed"
    if tally.phase in {"reading", "planning"}:
        return []
    if not wanted:
        return [[("  ", ""), (count(done), "bold"), (f" {what}", "dim")]]
    figures: Line = [
        ("  ", ""),
        (share(done, wanted), "bold"),
        (f"  {count(done)} / {count(wanted)} {what}", "dim"),
    ]
    room = width - 2 - _length(figures)
    bar = _bar(done / wanted, max(room, 4), glyphs, "good") if room >= 8 else []
    return [[("  ", ""), *bar, *figures]]


def _bar(part: float, width: int, glyphs: Glyphs, style: str) -> Line:
    """Full only when all is there; a half step shows that something moves."""
    halves = 2 * width if part >= 1 else min(int(part * 2 * width), 2 * width - 1)
    filled = glyphs.full * (halves // 2) + glyphs.half * (halves % 2)
    return [(filled, style), (glyphs.rest * (width - len(filled)), "rest")]


def _in_full(tally: Tally, width: int, room: int, glyphs: Glyphs) -> list[Line]:
    """Statistics, losses and classes, each only as long as there is room for it."""
    lines: list[Line] = []
    stats = _stats(tally, width)
    if room >= len(stats):
        lines += [[], *stats] if room > len(stats) + 2 else stats
    lost = _losses(tally, width, glyphs)
    lines += [lost] if lost and room > len(lines) else []
    groups = _groups(tally, width)
    if groups and room - len(lines) >= len(groups) + 4:
        lines += groups
    left = room - len(lines) - 1
    block = list(_class_block(tally.per_class, width, left, glyphs)) if left >= 1 else []
    return [*lines, [], *block] if block else lines


def _stats(tally: Tally, width: int) -> list[Line]:
    cells = (
        ("classes", f"{count(tally.classes_done)} of {count(tally.classes)}"),
        ("images", f"{tally.images_per_s:,.1f}/s"),
        ("traffic", f"{size(tally.bytes_per_s)}/s"),
        ("kept", size(tally.bytes_total)),
        ("tried", count(tally.tried)),
        ("good", share(tally.accepted, tally.tried)),
        ("in flight", count(tally.in_flight)),
        ("hosts", f"{compact(tally.hosts_active)}, {compact(tally.hosts_parked)} parked"),
    )
    columns = 4 if width >= 112 else 2 if width >= 56 else 1
    each = (width - 2) // columns
    rows = (cells[i : i + columns] for i in range(0, len(cells), columns))
    return [
        [("  ", ""), *(piece for name, value in row for piece in _stat(name, value, each))] for row in rows
    ]


def _stat(name: str, value: str, each: int) -> Line:
    return [(f"{name:<10}", "dim"), (set_cell_size(value, max(each - 10, 1)), "")]


def _losses(tally: Tally, width: int, glyphs: Glyphs) -> Line:
    """As many reasons as fit, the largest first."""
    line: Line = [("  ", ""), (f"{'lost':<10}", "dim")]
    for i, (reason, n) in enumerate(tally.reasons):
        piece: Line = [(glyphs.dot, "dim")] if i else []
        piece += [(f"{printable(reason)} ", ""), (count(n), "dim")]
        if _length(line) + _length(piece) > width:
            break
        line += piece
    return line if len(line) > 2 else []


def _groups(tally: Tally, width: int) -> list[Line]:
    """The first tool's statistics."""
    each = [
        f"{count(tried)} tried, {share(good, tried)}, {duration(spent_s / good) if good else '–'} an image"
        for _, tried, good, spent_s in tally.groups
    ]
    lines: list[Line] = [
        [("  ", ""), (f"{printable(name)[:9]:<10}", "dim"), (text, "")]
        for (name, tried, _, _), text in zip(tally.groups, each, strict=True)
        if tried and name != "all"
    ]
    return lines if width >= 60 else []


def _class_block(classes: Sequence[ClassProgress], width: int, room: int, glyphs: Glyphs) -> Iterator[Line]:
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
        *_bar(_fill(one), bar_room, glyphs, style),
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


def _length(line: Line) -> int:
    return sum(cell_len(text) for text, _ in line)


def _spread(left: Line, right: Line, width: int) -> Line:
    """``left`` at the left edge and ``right`` at the right one, or ``left`` alone."""
    gap = width - _length(left) - _length(right)
    return [*left, (" " * gap, ""), *right] if gap >= 2 else left


def _fitted(line: Line, width: int) -> Line:
    """Cut at the right edge: a line that wraps would shift all below it."""
    kept: Line = []
    room = width
    for text, style in line:
        n = cell_len(text)
        if n >= room:
            return [*kept, (set_cell_size(text, room), style)]
        kept.append((text, style))
        room -= n
    return kept
