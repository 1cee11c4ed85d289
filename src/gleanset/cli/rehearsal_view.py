"""Rehearsals as people and programs read them."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from ..figures import count, duration
from ..terms.plan import Plan, Rehearsal
from .output import printable

SHOWN = 10
"""Classes that are named in a sentence; ``--json`` has them all."""


def rehearsal_json(one: Rehearsal) -> dict[str, Any]:
    """One rehearsal."""
    return {
        "seed": one.seed,
        "elapsed_s": round(one.elapsed_s, 1),
        "requests": one.requests,
        "accepted": one.accepted,
        "throttled": one.throttled,
        "most_at_once": one.most_at_once,
        "busiest": one.busiest,
        "most_at_busiest": one.most_at_busiest,
        "short": [{"id": label, "missing": missing} for label, missing in one.short],
        "replaced": [{"id": label, "by": reserve} for label, reserve in one.replaced],
    }


def rehearsal_text(plan: Plan) -> list[str]:
    """How long, how many requests, who fell short: as ranges where it was played several times."""
    runs = plan.rehearsals
    times = "once" if len(runs) == 1 else f"{len(runs)} times"
    busiest = max(runs, key=lambda one: one.most_at_busiest)
    sums = (
        f"Rehearsed {times}: {_span(runs, lambda one: one.elapsed_s, duration)}, "
        f"{_span(runs, lambda one: one.requests, count)} requests, "
        f"{_span(runs, lambda one: one.accepted, count)} images; at most "
        f"{count(max(one.most_at_once for one in runs))} requests at once, "
        f"{count(busiest.most_at_busiest)} at {busiest.busiest}."
    )
    return ["", printable(sums), printable(_shortfall(plan))]


def _span(
    runs: Sequence[Rehearsal], figure: Callable[[Rehearsal], float], words: Callable[[float], str]
) -> str:
    least, most = words(min(map(figure, runs))), words(max(map(figure, runs)))
    return least if least == most else f"{least} to {most}"


def _shortfall(plan: Plan) -> str:
    missing: dict[str, list[int]] = defaultdict(list)
    for run in plan.rehearsals:
        for label, n in run.short:
            missing[label].append(n)
    replaced = max(len(run.replaced) for run in plan.rehearsals)
    stepped_in = f" Reserves stepped in for up to {count(replaced)} classes." if replaced else ""
    if not missing:
        return f"No class fell short.{stepped_in}"
    names = {one.label: one.name for one in (*plan.classes, *plan.reserves)}
    worst = sorted(missing, key=lambda label: (-len(missing[label]), -max(missing[label]), label))
    shown = "; ".join(
        f"{names[label]} by {_times(missing[label], len(plan.rehearsals))}" for label in worst[:SHOWN]
    )
    more = f"; and {count(len(worst) - SHOWN)} more" if len(worst) > SHOWN else ""
    return f"Fell short: {shown}{more}.{stepped_in}"


def _times(missing: Sequence[int], n_runs: int) -> str:
    """``3 to 14 (2 of 5 times)``."""
    least, most = count(min(missing)), count(max(missing))
    by = least if least == most else f"{least} to {most}"
    return by if n_runs == 1 else f"{by} ({len(missing)} of {n_runs} times)"
