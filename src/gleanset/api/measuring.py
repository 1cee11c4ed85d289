"""From the answers of a sample to lines with confidence intervals."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..plan.estimation import (
    carried_over,
    scaled,
    strata_by_host,
    success_rate,
    time_per_success,
    wilson,
)
from ..plan.kinds import Kind
from ..store.pool import Pool
from ..urls import kind_of
from .probed import ProbeLine
from .sample import Drawn

KINDS = tuple(kind.value for kind in Kind)
MOST_HOSTS = 50
Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]


@dataclass(frozen=True)
class Answers:
    """What the URLs of a sample came to, by candidate of its pool."""

    pool: Pool
    decided: NDArray[np.bool_]
    """(n,) whether its fate is known."""
    good: Floats
    """(n,) 1 where a picture came, else 0."""
    seconds: Floats
    """(n,) spent on its requests."""

    @cached_property
    def kind(self) -> Numbers:
        """(n,) the kind of each candidate's host as a place in `KINDS`."""
        return _kinds(self.pool.hosts)[self.pool.host]


def kind_lines(answers: Answers, drawn: Drawn) -> tuple[ProbeLine, ...]:
    """``flickr``, ``cdn`` and ``other`` as far as the list has them, then ``all``, weighted to the list.

    Weights add up to the list's own URLs: of every host that was asked often, and of every kind.
    """
    kinds = _kinds(drawn.groups)
    n_urls = np.bincount(kinds[drawn.strata.host], drawn.strata.n_rows, len(KINDS)).astype(float)
    weights = carried_over(drawn.weights(answers.pool), answers.decided, answers.pool.host, answers.kind)
    stratum = strata_by_host(answers.decided, answers.pool.host, answers.kind)
    often = answers.decided & (stratum > answers.kind.max(initial=0))
    weights = np.where(often, 1.0, weights)
    weights = scaled(weights, stratum, _totals(answers, drawn, stratum, n_urls))
    weights = scaled(weights, answers.kind, n_urls)
    return tuple(_kind_lines(answers, weights, stratum, n_urls))


def _totals(answers: Answers, drawn: Drawn, stratum: Numbers, n_urls: Floats) -> Floats:
    """(n_strata,) the list's URLs of each stratum: of the hosts asked often, and of the rest of each kind."""
    n_kinds = int(answers.kind.max(initial=0)) + 1
    of_host = dict(zip(drawn.groups, _urls_of_hosts(drawn).tolist(), strict=True))
    totals = np.zeros(n_kinds + len(answers.pool.hosts))
    totals[:n_kinds] = n_urls[:n_kinds]
    for number in np.unique(stratum[stratum >= n_kinds]).tolist():
        name = answers.pool.hosts[number - n_kinds]
        totals[number] = of_host.get(name, 0.0)
        totals[KINDS.index(kind_of(name))] -= totals[number]
    return totals


def _urls_of_hosts(drawn: Drawn) -> Floats:
    return np.bincount(drawn.strata.host, drawn.strata.n_rows, len(drawn.groups)).astype(float)


def _kind_lines(answers: Answers, weights: Floats, stratum: Numbers, n_urls: Floats) -> Iterator[ProbeLine]:
    for number, kind in enumerate(KINDS):
        if n_urls[number]:
            chosen = answers.decided & (answers.kind == number)
            yield _weighted(kind, int(n_urls[number]), answers, weights, stratum, chosen)
    yield _weighted("all", int(n_urls.sum()), answers, weights, stratum, answers.decided)


def _weighted(
    name: str,
    n_urls: int,
    answers: Answers,
    weights: Floats,
    stratum: Numbers,
    chosen: NDArray[np.bool_],
) -> ProbeLine:
    good, seconds = answers.good[chosen], answers.seconds[chosen]
    heavy = chosen & (weights > 0)
    where = (answers.pool.host[heavy], stratum[heavy])
    return ProbeLine(
        name,
        n_urls,
        int(chosen.sum()),
        int(good.sum()),
        float(seconds.sum()),
        success_rate(weights[heavy], answers.good[heavy], *where),
        time_per_success(weights[heavy], answers.seconds[heavy], answers.good[heavy], *where),
    )


def host_lines(answers: Answers, drawn: Drawn) -> tuple[tuple[ProbeLine, ...], int]:
    """The hosts asked most, each as a plain sample of its own URLs; and how many were asked."""
    places = {name: place for place, name in enumerate(drawn.groups)}
    n_urls = _urls_of_hosts(drawn)
    order = np.argsort(answers.pool.host, kind="stable")
    order = order[answers.decided[order]]
    hosts, starts = np.unique(answers.pool.host[order], return_index=True)
    rows = np.split(order, starts[1:])
    largest = sorted(range(len(hosts)), key=lambda i: (-len(rows[i]), answers.pool.hosts[hosts[i]]))
    lines = []
    for i in largest[:MOST_HOSTS]:
        name = answers.pool.hosts[hosts[i]]
        lines.append(_plain(name, int(n_urls[places[name]]) if name in places else 0, answers, rows[i]))
    return tuple(lines), len(hosts)


def _plain(name: str, n_urls: int, answers: Answers, rows: NDArray[np.intp]) -> ProbeLine:
    good, seconds, n = answers.good[rows], answers.seconds[rows], len(rows)
    time_s = time_per_success(np.ones(n), seconds, good, np.arange(n, dtype=np.int32), np.zeros(n, np.int32))
    return ProbeLine(
        name, n_urls, n, int(good.sum()), float(seconds.sum()), wilson(float(good.mean()), n), time_s
    )


def _kinds(groups: tuple[str, ...]) -> Numbers:
    return np.array([KINDS.index(kind_of(name)) for name in groups], np.int32)
