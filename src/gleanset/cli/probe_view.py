"""What a probe measured, as people read it on a terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..figures import DASH, count, duration, seconds_between, share, share_between
from .output import printable, table

if TYPE_CHECKING:
    from ..api import Probe, ProbeLine

SHOWN = 15
_HEAD = ("hosts", "URLs", "tried", "pictures", "bring a picture (95 %)", "time per picture (95 %)")


def probe_text(found: "Probe") -> str:
    """The sums, the kinds of hosts, the hosts asked most, and why the others brought nothing."""
    if not found.groups:
        return "interrupted before anything was asked; nothing was learned"
    lost = sum(found.rejected.values())
    reasons = [("no picture", "URLs", "share")]
    reasons += [(reason, count(n), share(n, lost)) for reason, n in list(found.rejected.items())[:SHOWN]]
    parts = [
        f"{found.status}: {count(found.tried)} of {count(found.urls)} URLs tried, {count(found.n_hosts)} "
        f"hosts, {count(found.classes)} classes, in {duration(found.elapsed_s)}",
        "Weighted to the list's own mix of classes and hosts:\n" + _lines(found.groups),
        "The hosts asked most, as they answered:\n" + _lines(found.hosts[:SHOWN]) if found.hosts else "",
        table(reasons, right=(1, 2)) if lost else "",
        "\n".join(map(printable, found.notes)),
    ]
    return "\n\n".join(part for part in parts if part)


def _lines(lines: "Sequence[ProbeLine]") -> str:
    return table([_HEAD, *map(_cells, lines)], right=(1, 2, 3))


def _cells(one: "ProbeLine") -> tuple[str, ...]:
    rate, time_s = one.success, one.per_success_s
    return (
        one.name,
        count(one.urls),
        count(one.tried),
        count(one.successes),
        DASH if rate is None else share_between(rate.value, rate.low, rate.high),
        DASH if time_s is None else seconds_between(time_s.value, time_s.low, time_s.high),
    )
