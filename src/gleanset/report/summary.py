"""The head of the page, the fates of the URLs, and plan against reality: what a build came to, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..figures import DASH, count, duration, share, size
from .charts import Axis, scatter_chart, share_bar
from .class_view import state_of
from .crawl_view import Figure
from .data import ClassRow, ReportData
from .reasons import FAILED, FLAWED, KINDS, UNWANTED, kind_of, meaning_of
from .scales import thin

_TONES = {FAILED: "failed", FLAWED: "flawed", UNWANTED: "unwanted"}
_MOST_DOTS = 600
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Head:
    """State word, one sentence, key figures of (name, value, more)."""

    state: str
    sentence: str
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """A reason with its share of the largest one's width."""

    reason: str
    meaning: str
    n: int
    width: str


@dataclass(frozen=True, slots=True)
class ReasonGroup:
    """Reasons of one kind."""

    title: str
    tone: str
    total: int
    share: str
    lines: tuple[ReasonLine, ...]


@dataclass(frozen=True, slots=True)
class Fates:
    """Every URL in one bar; parts are (name, tone, count, share)."""

    chart: Markup
    parts: tuple[tuple[str, str, str, str], ...]


def head_of(data: ReportData) -> Head:
    """What to say before anything else."""
    kept = [row for row in data.classes if not row.replaced]
    return Head(*_state(data, kept), keys=_keys(data, kept))


def _state(data: ReportData, kept: Sequence[ClassRow]) -> tuple[str, str]:
    images, classes = _plural(data.accepted, "image"), _plural(len(kept), "class", "classes")
    short = [row for row in kept if row.missing]
    missing = sum(row.missing for row in short)
    match data.status:
        case "complete":
            return _complete(kept, images, classes)
        case "short":
            verb = "is" if len(short) == 1 else "are"
            lack = f"{count(len(short))} of them {verb} short, by {_plural(missing, 'image')} together"
            return "Short", f"{images} in {classes}; {lack}."
        case "failed":
            return "Stopped by an error", f"{images} in {classes} so far; the same command goes on."
        case "interrupted":
            return "Interrupted", f"{images} in {classes} so far; the same command goes on."
        case "running":
            return "Collecting", f"{images} in {classes} so far; {_plural(missing, 'image')} to go."


def _complete(kept: Sequence[ClassRow], images: str, classes: str) -> tuple[str, str]:
    sizes = {row.accepted for row in kept}
    exact = all(row.quota.at_least == row.quota.at_most for row in kept)
    if kept and exact and len(sizes) == 1:
        return "Exact", f"{classes} with exactly {count(sizes.pop())} images each: {images} in all."
    if kept and exact:
        return "Exact", f"{images} in {classes}, each with exactly as many as asked for."
    return "Complete", f"{images} in {classes}; every class has what was asked for."


def _keys(data: ReportData, kept: Sequence[ClassRow]) -> tuple[Key, ...]:
    wanted = wanted_of(data)
    per_s = f"{data.accepted / data.elapsed_s:,.1f} images/s" if data.elapsed_s > 0 else ""
    mean = f"{size(data.n_bytes / data.accepted)} each" if data.accepted else ""
    return (
        ("Images", count(data.accepted), f"of {count(wanted)} wanted" if wanted else ""),
        ("Classes", count(len(kept)), f"{count(sum(not row.missing for row in kept))} at their quota"),
        ("URLs tried", count(data.tried), f"of {count(data.candidates)}" if data.candidates else ""),
        ("Accepted", share(data.accepted, data.tried), "of those tried"),
        ("Time", duration(data.elapsed_s), per_s),
        ("Size", size(data.n_bytes), mean),
    )


def wanted_of(data: ReportData) -> int | None:
    """The sum of all quotas' upper ends; None where some class takes all there is."""
    tops = [row.quota.at_most for row in data.classes if not row.replaced]
    return None if None in tops else sum(top for top in tops if top is not None)


def _plural(n: int, one: str, many: str | None = None) -> str:
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def reason_groups(rejected: Sequence[tuple[str, int]]) -> tuple[ReasonGroup, ...]:
    """Reasons under their three headings; bars share one scale."""
    everything = sum(n for _, n in rejected)
    most = max((n for _, n in rejected), default=1) or 1
    groups = []
    for kind in KINDS:
        found = sorted(((r, n) for r, n in rejected if n and kind_of(r) == kind), key=lambda pair: -pair[1])
        total = sum(n for _, n in found)
        lines = tuple(ReasonLine(r, meaning_of(r), n, f"{100 * n / most:.1f}") for r, n in found)
        if lines:
            groups.append(ReasonGroup(kind, _TONES[kind], total, share(total, everything), lines))
    return tuple(groups)


def fates_of(data: ReportData) -> Fates | None:
    """Where every URL of the pool ended; None before anything was tried."""
    by_kind = {group.title: group.total for group in reason_groups(data.rejected)}
    parts = [("accepted", "accepted", data.accepted), ("good but not needed", "spare", data.spare)]
    parts += [(kind.lower(), _TONES[kind], by_kind.get(kind, 0)) for kind in (UNWANTED, FLAWED, FAILED)]
    parts.append(("waiting for another try", "deferred", data.deferred))
    known = sum(n for _, _, n in parts)
    if not known:
        return None
    parts.append(("never asked", "never", max(0, data.candidates - known)))
    parts = [part for part in parts if part[2]]
    whole = sum(n for _, _, n in parts)
    drawn = [(name, tone, float(n), f"{name}: {count(n)}, {share(n, whole)}") for name, tone, n in parts]
    told = tuple((name, tone, count(n), share(n, whole)) for name, tone, n in parts)
    return Fates(share_bar("Fate of every URL", drawn), told)


def planned_lines(data: ReportData) -> list[tuple[str, str, str]]:
    """(what, planned, so it was)."""
    plan = data.plan
    if plan is None:
        return []
    missing = sum(1 for row in data.classes if row.missing)
    fear = sum(one.shortfall_chance for one in plan.classes)
    short = state_word(data)
    return [
        ("Requests", count(plan.expected_requests), count(data.tried)),
        ("Time", duration(plan.expected_s), duration(data.elapsed_s)),
        ("Classes short", f"{fear:.1f} expected", f"{count(missing)}{short}"),
        ("Disk, both copies", size(plan.expected_bytes), f"{size(data.n_bytes)} of pictures"),
    ]


def state_word(data: ReportData) -> str:
    """Says that figures are not final yet."""
    return "" if data.status in {"complete", "short"} else " so far"


def yields_figure(data: ReportData) -> Figure | None:
    """Share of good URLs, forecast against found, a dot a class; None without forecasts."""
    rows = [row for row in data.classes if row.forecast is not None and row.tried and row.candidates]
    if not rows:
        return None
    dots = []
    for row in (rows[i] for i in thin(len(rows), _MOST_DOTS)):
        hoped, found = min(1.0, (row.forecast or 0.0) / row.candidates), row.accepted / row.tried
        dots.append(
            (hoped, found, state_of(row, data.status), f"{row.name}: forecast {hoped:.0%}, found {found:.0%}")
        )
    quarters = (0.0, 0.25, 0.5, 0.75, 1.0)
    x_axis, y_axis = (
        Axis("forecast share of good URLs", quarters, _percent),
        Axis("found", quarters, _percent),
    )
    chart = scatter_chart(
        "Forecast and found share of good URLs, by class", dots, x_axis, y_axis, diagonal=True
    )
    caption = "a dot a class; above the line the web was kinder than forecast"
    return Figure("Found against forecast", caption, chart, ())


def _percent(value: float) -> str:
    return f"{value:.0%}" if value >= 0 else DASH
