"""A whole build on virtual time: the real frontier before a web drawn from what is believed of sites."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

import numpy as np

from ..fetch.base import FetchSettings
from ..frontier import KIND_NUMBERS, Frontier, HostPrior, Limits
from ..terms.outcome import Failure, Lease
from ..terms.plan import Plan, Rehearsal
from ..terms.verdict import Finding, Ruling
from ..urls import Ceilings
from .beliefs import Beliefs
from .forecast import Candidates, Forecast, Pace
from .pretence import PretendedWeb

TURN_S = 0.02
"""Answers that come within so short a time are settled before leases are granted again."""
_LIKELY_RESERVES = 2
"""Reserves that are rehearsed for each class: those at the end of a long queue never step in."""
_LEAST_RESERVES = 20
_URLS_A_MOMENT = 250_000
"""URLs whose rehearsal takes no more than some seconds: smaller builds are rehearsed several times."""
_MOST_TIMES = 5
_PLAIN = Ruling()


@dataclass(frozen=True, slots=True)
class Manners:
    """How a build would go about it, as its recipe says."""

    pace: Pace = field(default_factory=lambda: Pace(concurrency=2000))
    fetch: FetchSettings = field(default_factory=FetchSettings)
    patience_s: float = 300.0
    time_limit_s: float | None = None


def rehearse(
    plan: Plan,
    forecast: Forecast,
    numbers: Sequence[int],
    beliefs: Beliefs,
    manners: Manners,
    watch: Callable[[Frontier], None] = lambda _: None,
) -> Plan:
    """The plan with its rehearsals: five of a small build, one of a large one.

    ``numbers``: of every class and reserve of the plan, in their order, its number in ``forecast``; ``watch``
    sees each frontier at its end. What is not played: robots.txt, redirects, duplicates.
    """
    n_reserves = max(_LEAST_RESERVES, _LIKELY_RESERVES * len(plan.classes))
    fewer = replace(plan, reserves=plan.reserves[:n_reserves])
    played = numbers[: len(plan.classes) + n_reserves]
    n_urls = sum(forecast.urls[number] for number in played)
    times = max(1, min(_MOST_TIMES, _URLS_A_MOMENT // max(1, n_urls)))
    runs = []
    for seed in range(plan.seed, plan.seed + times):
        candidates = forecast.candidates(played, np.random.default_rng([seed, 0]))
        runs.append(play(fewer, candidates, beliefs, manners, seed, watch))
    return replace(plan, rehearsals=tuple(runs))


def play(
    plan: Plan,
    candidates: Candidates,
    beliefs: Beliefs,
    manners: Manners,
    seed: int,
    watch: Callable[[Frontier], None],
) -> Rehearsal:
    """One rehearsal. ``candidates``: of the plan's classes, then of its reserves; ``watch`` sees the frontier
    at the end.
    """
    planned = (*plan.classes, *plan.reserves)
    frontier = Frontier(
        candidates.label,
        candidates.host,
        priors(beliefs, candidates.groups, manners.pace.per_host),
        [one.quota for one in planned],
        n_planned=len(plan.classes),
        kept=[number for number, one in enumerate(planned) if one.named],
        total=plan.total,
        limits=Limits(in_flight=manners.pace.concurrency, lease_s=2 * manners.fetch.timeout_s + 30.0),
        seed=seed,
    )
    web = PretendedWeb(candidates.host, beliefs.about(candidates.groups), seed, manners.fetch)
    told = _crawl(frontier, web, len(candidates.groups), manners)
    watch(frontier)
    book, labels = frontier.book, [one.label for one in planned]
    short = [(labels[c], book.least[c] - book.accepted[c]) for c in range(len(labels)) if book.short(c)]
    busiest = int(np.argmax(told.most)) if told.most else -1
    return Rehearsal(
        seed=seed,
        elapsed_s=told.now_s,
        requests=told.requests,
        accepted=sum(book.accepted[c] for c in range(len(labels)) if book.in_dataset(c)),
        throttled=told.throttled,
        most_at_once=told.most_at_once,
        busiest=candidates.groups[busiest] if told.requests else "",
        most_at_busiest=told.most[busiest] if told.requests else 0,
        short=tuple(sorted(short, key=lambda one: (-one[1], one[0]))),
        replaced=tuple((labels[c], labels[reserve]) for c, reserve in book.replacements),
    )


def priors(beliefs: Beliefs, groups: Sequence[str], per_host: Ceilings) -> list[HostPrior]:
    """What the frontier is told of these sites before it begins."""
    kinds = (KIND_NUMBERS[beliefs.kind_of(name).value] for name in groups)
    return [
        HostPrior.of(kind, per_host.of(name), beliefs.records.get(name))
        for kind, name in zip(kinds, groups, strict=True)
    ]


class _Told:
    """What a crawl was like."""

    def __init__(self, n_sites: int) -> None:
        self.now_s = 0.0
        self.requests = self.throttled = self.most_at_once = 0
        self.at_site = [0] * n_sites
        self.most = [0] * n_sites
        self.quiet_since_s: float | None = None
        self.nameless: set[int] = set()
        """Sites whose name does not exist: no more of their URLs is asked, each is settled as it comes."""


def _crawl(frontier: Frontier, web: PretendedWeb, n_sites: int, manners: Manners) -> _Told:
    """Lease, answer, settle, until nothing more is wanted or will come: what the engine does, without it."""
    told = _Told(n_sites)
    under_way: list[tuple[float, int, Finding]] = []
    limit_s = float("inf") if manners.time_limit_s is None else manners.time_limit_s
    while not frontier.done and told.now_s < limit_s:
        for lease in frontier.lease(told.now_s):
            heappush(under_way, _sent(lease, web, told))
        told.most_at_once = max(told.most_at_once, len(under_way))
        if not under_way:
            if not _waited(frontier, told, manners.patience_s):
                break
            continue
        told.quiet_since_s = None
        arrival_s, next_s = under_way[0][0], frontier.next_moment_s
        if told.now_s < next_s < arrival_s:
            told.now_s = min(arrival_s, max(next_s, told.now_s + TURN_S))
            continue
        turn_ends_s = arrival_s + TURN_S
        while under_way and under_way[0][0] <= turn_ends_s:
            told.now_s, _, finding = heappop(under_way)
            told.at_site[finding.host] -= 1
            frontier.settle(finding, _PLAIN, told.now_s)
    return told


def _sent(lease: Lease, web: PretendedWeb, told: _Told) -> tuple[float, int, Finding]:
    """The request of a lease: when it will have ended, and what comes of it."""
    site = lease.host
    elapsed_s, failed, seen = web.ask(lease.candidate, site, told.now_s)
    told.at_site[site] += 1
    if site in told.nameless:
        elapsed_s = 0.0
    else:
        told.requests += 1
        told.most[site] = max(told.most[site], told.at_site[site])
        if failed is not None:
            told.throttled += failed.failure is Failure.RATE_LIMITED
            if failed.failure is Failure.NAME_NOT_FOUND:
                told.nameless.add(site)
    at_s = told.now_s + elapsed_s
    finding = Finding(
        lease.candidate, lease.attempt, site, elapsed_s, at_s, failed, None, seen, serial=lease.serial
    )
    return at_s, lease.serial, finding


def _waited(frontier: Frontier, told: _Told, patience_s: float) -> bool:
    """Nothing is under way: go to where something may come, or let reserves step in; whether that helped."""
    if told.quiet_since_s is None:
        told.quiet_since_s = told.now_s
    wake_at_s = frontier.wake_at(told.now_s)
    if wake_at_s is None or wake_at_s - told.quiet_since_s > patience_s:
        told.quiet_since_s = None
        return frontier.give_up_waiting()[0]
    told.now_s = max(wake_at_s, told.now_s + TURN_S)
    return True
