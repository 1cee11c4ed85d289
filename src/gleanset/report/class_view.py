"""The table of classes and the field of squares above it."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..figures import count
from ..terms.plan import Quota
from .charts import cell_map
from .data import ClassRow, ClassState, Status

_TITLES: dict[ClassState, str] = {
    "short": "Short of their quota",
    "filling": "Still filling",
    "full": "Quota reached",
    "replaced": "Replaced by a reserve",
}
_MAP_FROM, _MAP_TO, _MAP_COLUMNS = 48, 5000, 72


@dataclass(frozen=True, slots=True)
class ClassLine:
    """A row of the table, ready to be written."""

    row: ClassRow
    state: ClassState
    quota: str
    quota_order: int | None
    """What to sort by where ``quota`` is no plain number."""
    fill: str
    """How much of the bar is filled, in percent."""
    tick: str
    """Where the lower end of a quota with two ends lies, in percent; else empty."""
    sheet: int | None
    """Number of its contact sheet, for the link."""


@dataclass(frozen=True, slots=True)
class ClassGroup:
    """Classes in the same state."""

    state: ClassState
    title: str
    lines: tuple[ClassLine, ...]


def quota_text(quota: Quota) -> str:
    """``800``, ``500 to 800``, ``at least 500`` or ``all``."""
    if quota.at_most is None:
        return f"at least {count(quota.at_least)}" if quota.at_least else "all"
    if quota.at_least in {quota.at_most, 0}:
        return count(quota.at_most)
    return f"{count(quota.at_least)} to {count(quota.at_most)}"


def state_of(row: ClassRow, status: Status) -> ClassState:
    """A class that lacks images is short once the build is over, and filling before."""
    if row.replaced:
        return "replaced"
    if row.missing:
        return "short" if status in {"complete", "short"} else "filling"
    return "full"


def class_groups(rows: Sequence[ClassRow], status: Status, sheets: dict[str, int]) -> tuple[ClassGroup, ...]:
    """Groups in order of urgency; inside the short ones, the emptiest first."""
    most = max((row.accepted for row in rows), default=0)
    lines = [_line(row, status, most, sheets.get(row.id)) for row in rows]
    groups = []
    for state, title in _TITLES.items():
        found = [line for line in lines if line.state == state]
        if state in {"short", "filling"}:
            found.sort(key=lambda line: float(line.fill))
        if found:
            groups.append(ClassGroup(state, title, tuple(found)))
    return tuple(groups)


def class_map(rows: Sequence[ClassRow], status: Status) -> Markup | None:
    """One square a class, in the order of the dataset; None where the table alone says it better."""
    if not _MAP_FROM < len(rows) <= _MAP_TO:
        return None
    most = max((row.accepted for row in rows), default=0)
    cells = []
    for row in rows:
        fill = _fill(row, most)
        said = f"{row.name}: {count(row.accepted)} of {quota_text(row.quota)}"
        cells.append((state_of(row, status), fill / 100, said))
    return cell_map(f"How full each of {count(len(rows))} classes is", cells, _MAP_COLUMNS)


def _line(row: ClassRow, status: Status, most: int, sheet: int | None) -> ClassLine:
    low, high = row.quota.at_least, row.quota.at_most
    tick = f"{100 * low / high:.1f}" if high and 0 < low < high else ""
    order = None if high and not tick else high or low
    fill = f"{_fill(row, most):.1f}".removesuffix(".0")
    return ClassLine(row, state_of(row, status), quota_text(row.quota), order, fill, tick, sheet)


def _fill(row: ClassRow, most: int) -> float:
    target = row.quota.at_most or max(row.quota.at_least, most) or 1
    return min(100.0, 100 * row.accepted / target)
