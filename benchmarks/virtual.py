"""Crawls of the rotten web on virtual time: the frontier alone against a web without sockets or pixels."""

from collections import Counter
from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np

from gleanset.frontier import Frontier, HostPrior, Limits
from gleanset.rotten.fates import Fate
from gleanset.rotten.fetcher import Outcome, VirtualFetcher
from gleanset.rotten.responses import Notice
from gleanset.rotten.world import World
from gleanset.run.atlas import kind_of
from gleanset.terms.inspection import Flaw, Inspection
from gleanset.terms.outcome import Failed, Failure, Lease
from gleanset.terms.plan import Quota
from gleanset.terms.verdict import Finding, Judgement, Ruling
from gleanset.urls import Ceilings, host_of, politeness_group

SOUND = Inspection(1, b"", None)
WANTED, PLACEHOLDER, DUPLICATE = (
    Ruling(),
    Ruling(Judgement.PLACEHOLDER.word),
    Ruling(Judgement.DUPLICATE.word),
)
KNOWN_TRIES = 1e6
"""The experience of an oracle: so much that nothing it meets could change its mind."""


@dataclass
class Rows:
    """A world's list as the frontier sees it."""

    urls: list[str]
    names: list[str]
    label: np.ndarray
    host: np.ndarray
    groups: list[str]

    @classmethod
    def of(cls, world: World, *, living_only: bool = False) -> "Rows":
        """The list, in a seeded order within each class; ``living_only``: without URLs that bring none."""
        order = np.random.default_rng(world.settings.seed)
        numbers = {label: n for n, label in enumerate(world.settings.classes)}
        urls, labels = [], []
        by_class: dict[int, list[str]] = {}
        for row in world.rows():
            if not living_only or _lives(world, row.url):
                by_class.setdefault(numbers[row.label], []).append(row.url)
        for c, mine in sorted(by_class.items()):
            order.shuffle(mine)
            urls += mine
            labels += [c] * len(mine)
        names = [host_of(url) for url in urls]
        of_row = [politeness_group(name) for name in names]
        groups = list(dict.fromkeys(of_row))
        number = {group: n for n, group in enumerate(groups)}
        host = np.array([number[group] for group in of_row], dtype=np.int32)
        return cls(urls, names, np.array(labels, dtype=np.int32), host, groups)


def _lives(world: World, url: str) -> bool:
    truth = world.truth(url)
    return truth is not None and truth.fate.good


@dataclass
class Run:
    """What one crawl came to."""

    elapsed_s: float = 0.0
    requests: int = 0
    throttled: int = 0
    """Answers of 429 among them."""
    accepted: int = 0
    full: int = 0
    most_in_flight: int = 0
    rejected: Counter[str] = field(default_factory=Counter)


def omniscient(world: World, rows: Rows) -> list[HostPrior]:
    """Priors of an oracle: the true rate and time of every group, as asking each of its URLs would show."""
    fetcher = VirtualFetcher(world)
    n, good = np.zeros(len(rows.groups)), np.zeros(len(rows.groups))
    seconds = np.zeros(len(rows.groups))
    for url, name, host in zip(rows.urls, rows.names, rows.host, strict=True):
        told = fetcher.outcome(url, name, 0.0)
        if told.result is Failure.RATE_LIMITED:
            continue
        n[host] += 1
        good[host] += told.result is None and not isinstance(told.shown, Notice)
        seconds[host] += told.elapsed_s
    share, mean_s = good / np.maximum(n, 1), seconds / np.maximum(n, 1)
    return [
        HostPrior(kind_of(group), Ceilings().of(group), KNOWN_TRIES, KNOWN_TRIES * p, KNOWN_TRIES * s)
        for group, p, s in zip(rows.groups, share, mean_s, strict=True)
    ]


def ignorant(rows: Rows) -> list[HostPrior]:
    """What a first run knows: kinds and ceilings."""
    return [HostPrior(kind_of(group), Ceilings().of(group)) for group in rows.groups]


def crawl(
    world: World, rows: Rows, priors: list[HostPrior], quota: Quota, *, in_flight: int, seed: int = 1
) -> Run:
    """Collect until every class is full or nothing more will come."""
    fetcher = VirtualFetcher(world)
    quotas = [quota] * len(world.settings.classes)
    frontier = Frontier(rows.label, rows.host, priors, quotas, limits=Limits(in_flight), seed=seed)
    run, seen, now_s = Run(), set[tuple[int, bytes]](), 0.0
    under_way: list[tuple[float, int, Lease, Outcome]] = []
    dead_names: set[str] = set()
    while not frontier.done:
        for lease in frontier.lease(now_s):
            name = rows.names[lease.candidate]
            if name in dead_names:
                told = Outcome(0.0, Failure.NAME_NOT_FOUND, None, "")
            else:
                told = fetcher.outcome(rows.urls[lease.candidate], name, now_s)
                run.requests += 1
                run.throttled += told.result is Failure.RATE_LIMITED
            heappush(under_way, (now_s + told.elapsed_s, lease.serial, lease, told))
        run.most_in_flight = max(run.most_in_flight, len(under_way))
        next_s = frontier.next_moment_s
        if under_way and under_way[0][0] <= max(now_s, next_s):
            now_s, _, lease, told = heappop(under_way)
            if told.result is Failure.NAME_NOT_FOUND:
                dead_names.add(rows.names[lease.candidate])
            finding, ruling = (
                _finding(world, lease, told, now_s),
                _ruling(told, int(rows.label[lease.candidate]), seen),
            )
            for settled in frontier.settle(finding, ruling, now_s):
                run.rejected[settled.reason] += 1
            continue
        if not under_way:
            wake_s = frontier.wake_at(now_s)
            if wake_s is None or wake_s - now_s > 300.0:
                break
            next_s = wake_s
        now_s = max(now_s, next_s)
    frontier.check()
    run.elapsed_s = now_s
    run.accepted = int(sum(frontier.book.accepted))
    run.full = sum(n == quota.at_most for n in frontier.book.accepted)
    return run


def _finding(world: World, lease: Lease, told: Outcome, now_s: float) -> Finding:
    failed = None
    if isinstance(told.result, Failure):
        status = _ANSWERS.get(told.result)
        if told.result is Failure.SERVER_ERROR and _is_unavailable(world, told.final_url):
            status = 503
        failed = Failed(told.result, status, "", told.retry_after_s)
    seen = None
    if failed is None:
        seen = Inspection(1, b"", told.result) if isinstance(told.result, Flaw) else SOUND
    return Finding(
        lease.candidate,
        lease.attempt,
        lease.host,
        told.elapsed_s,
        now_s,
        failed=failed,
        inspection=seen,
        serial=lease.serial,
    )


_ANSWERS = {Failure.RATE_LIMITED: 429, Failure.SERVER_ERROR: 500}


def _is_unavailable(world: World, url: str) -> bool:
    """503 and 500 are one failure, but a host is believed to be overloaded for the first alone."""
    asked = world.look_up(url)
    return asked is not None and asked.fate is Fate.UNAVAILABLE


def _ruling(told: Outcome, c: int, seen: set[tuple[int, bytes]]) -> Ruling:
    if isinstance(told.shown, Notice):
        return PLACEHOLDER
    if told.identity is None:
        return WANTED
    if (c, told.identity) in seen:
        return DUPLICATE
    seen.add((c, told.identity))
    return WANTED
