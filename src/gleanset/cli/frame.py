"""One picture of a running build, as lines of styled text: pure, so that it can be looked at in tests."""

from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size

from ..figures import compact, count, duration, share, size
from ..terms.tally import Tally
from .class_field import Glyphs, Line, bar, class_block
from .output import printable

PHASES = {
    "reading": "reading the list",
    "planning": "planning",
    "collecting": "collecting",
    "draining": "finishing what is in flight",
    "packing": "packing",
    "reporting": "writing the report",
    "done": "done",
}


def live_frame(tally: Tally, width: int, height: int, glyphs: Glyphs, warning: str = "") -> list[Line]:
    """At most ``height`` lines of at most ``width`` cells: what matters most comes first, stays longest."""
    lines = [_title(tally, width, glyphs), *_overall(tally, width, glyphs)]
    if trouble := trouble_of(tally):
        lines.insert(1, [("  ! ", "busy"), (trouble, "busy")])
    if tally.phase in {"collecting", "draining", "packing"}:
        lines += _in_full(tally, width, height - len(lines) - bool(warning), glyphs)
    if warning:
        lines = [*lines[: max(1, height - 1)], [(f"  {warning}", "busy")]]
    return [_fitted(line, width) for line in lines[:height]]


def last_frame(tally: Tally, width: int, height: int, glyphs: Glyphs) -> list[Line]:
    """What stays on the screen when the build has ended: no rates, only how full all is."""
    lines = [_title(tally, width, glyphs), *_overall(tally, width, glyphs)]
    field = list(class_block(tally.per_class, width, min(6, height - len(lines) - 1), glyphs))
    lines += [[], *field] if field else []
    return [_fitted(line, width) for line in lines[:height]]


def trouble_of(tally: Tally) -> str:
    """Why a collection is slower than it could be, in a sentence; empty: it is not."""
    if tally.phase != "collecting":
        return ""
    if tally.note:
        return printable(tally.note)
    if tally.next_in_s is None:
        return ""
    parked = f"{_hosts(tally.hosts_parked)} parked; " if tally.hosts_parked else ""
    return f"{parked}nobody can be asked for another {duration(tally.next_in_s)}"


def _hosts(n: int) -> str:
    return "1 host is" if n == 1 else f"{count(n)} hosts are"


def plain_line(tally: Tally) -> str:
    """The same for logs, in one line."""
    parts = [PHASES[tally.phase]]
    if trouble := trouble_of(tally):
        parts.append(f"! {trouble}")
    elif tally.note:
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
        if tally.hosts_parked:
            yield f"{count(tally.hosts_parked)} parked"


def _title(tally: Tally, width: int, glyphs: Glyphs) -> Line:
    spin = " " if tally.phase == "done" else glyphs.spin[int(tally.elapsed_s * 8) % len(glyphs.spin)]
    line: Line = [(f"{spin} ", "good"), (PHASES[tally.phase], "bold")]
    if tally.note and not trouble_of(tally):
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
    drawn = bar(done / wanted, max(room, 4), glyphs, "good") if room >= 8 else []
    return [[("  ", ""), *drawn, *figures]]


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
    block = list(class_block(tally.per_class, width, left, glyphs)) if left >= 1 else []
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
