"""What is believed of every site: from what was learned of it, and of others of its kind."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..figures import age, count, share
from ..terms.knowledge import HostRecord
from .kinds import FLICKR_SUCCESS, IN_2019, IN_2019_WORDS, KINDS, Kind, kind_of
from .learning import N_SCENARIOS, Floats, Scenarios, assumed, beta_of, learned, log_beta_ratio

FRESH_S = 30 * 86_400.0
"""Knowledge whose newest try is older than this is used, but no draw is refused on it."""
ENOUGH_TRIES = 100
"""Tries from which on what was learned counts as a measurement."""
_FLICKR_WEIGHT = 4.0
"""Tries that the rate of 2019 weighs at Flickr once Flickr was asked again."""
_TIME_TRIES = 2.0
"""Tries that the kind's time weighs against a site's own."""


@dataclass(frozen=True, slots=True)
class HostBeliefs:
    """Of some sites, most of which share their beliefs: row ``row[i]`` is that of site ``i``."""

    row: npt.NDArray[np.int64]
    """(n_sites,)"""
    dead: Floats
    """(n_rows, N_SCENARIOS): the chance that every URL is dead."""
    a: Floats
    b: Floats
    """(n_rows, N_SCENARIOS): else each URL lives with one chance, drawn from Beta(a, b)."""
    try_s: Floats
    """(n_rows,) mean time a try."""
    answered: npt.NDArray[np.bool_]
    """(n_rows,) whether the site is known to have sent an HTTP response."""
    rate_per_s: Floats
    """(n_rows,) requests a second that the site is known to bear; inf: no bound is known."""
    kind: npt.NDArray[np.int64]
    """(n_rows,) its place in ``KINDS``."""

    @property
    def chance(self) -> Floats:
        """(n_rows, N_SCENARIOS): that a URL lives."""
        return (1 - self.dead) * self.a / (self.a + self.b)

    @property
    def square(self) -> Floats:
        """(n_rows, N_SCENARIOS): that two URLs of the site both live."""
        total = self.a + self.b
        return self.chance * (self.a + 1) / (total + 1)

    def settled(self) -> tuple[Floats, Floats, Floats]:
        """(dead, a, b), (n_rows,) each: the scenarios as one."""
        dead = self.dead.mean(axis=1)
        alive = np.maximum(1 - dead, 1e-12)
        a, b = beta_of(self.chance.mean(axis=1) / alive, self.square.mean(axis=1) / alive)
        return dead, a, b


@dataclass(frozen=True, slots=True)
class Beliefs:
    """Beliefs about all sites. Pure: equal records and time give equal beliefs."""

    scenarios: Mapping[Kind, Scenarios]
    """Of sites that were never asked."""
    try_s: Mapping[Kind, float]
    source: str
    """Origin and age of the rates, a sentence."""
    measured: bool = False
    """Whether enough was learned, and of late: only then is a draw refused on a forecast."""
    records: Mapping[str, HostRecord] = field(default_factory=dict)
    kind_of: Callable[[str], Kind] = kind_of

    @classmethod
    def of(
        cls,
        records: Sequence[HostRecord] = (),
        kind_of: Callable[[str], Kind] = kind_of,
        now_s: float = 0.0,
        among: Collection[str] | None = None,
    ) -> "Beliefs":
        """What these records teach. ``now_s``: the wall clock. Without any the rates of 2019 are believed.

        ``among``: the list's own groups (None: all that have a record). Records of others are a hint about
        their kind, but no measurement of the list.

        A kind of which nothing was learned keeps them; of one that was asked, its sites' own experience
        replaces them.
        """
        tried = {one.name: one for one in records if one.tries > 0}
        by_kind: dict[Kind, list[HostRecord]] = {kind: [] for kind in KINDS}
        for one in tried.values():
            by_kind[kind_of(one.name)].append(one)
        scenarios = {kind: _scenarios(kind, ours) for kind, ours in by_kind.items()}
        times_s = {kind: _mean_try_s(kind, ours) for kind, ours in by_kind.items()}
        if not tried:
            return cls(scenarios, times_s, IN_2019_WORDS, kind_of=kind_of)
        own = list(tried.values()) if among is None else [tried[name] for name in among if name in tried]
        fresh = max((one.at_s for one in own), default=-np.inf) >= now_s - FRESH_S
        measured = fresh and sum(one.tries for one in own) >= ENOUGH_TRIES
        return cls(scenarios, times_s, _told(by_kind, len(own), now_s), measured, tried, kind_of)

    def about(self, groups: Sequence[str]) -> HostBeliefs:
        """The beliefs about these politeness groups."""
        places = {kind: place for place, kind in enumerate(KINDS)}
        row = np.empty(len(groups), np.int64)
        known: list[HostRecord] = []
        for i, name in enumerate(groups):
            record = self.records.get(name)
            if record is None:
                row[i] = places[self.kind_of(name)]
            else:
                row[i] = len(KINDS) + len(known)
                known.append(record)
        kinds = np.array([*range(len(KINDS)), *(places[self.kind_of(one.name)] for one in known)], np.int64)
        tries, successes, seconds_s = _columns(known)
        dead, a, b = (
            np.array([getattr(self.scenarios[kind], name) for kind in KINDS])[kinds]
            for name in ("dead", "a", "b")
        )
        failures = np.maximum(tries - successes, 0)[:, None]
        alive = (1 - dead) * np.exp(log_beta_ratio(a, b, successes[:, None], failures))
        gone = dead * (successes[:, None] == 0)
        kind_s = np.array([self.try_s[kind] for kind in KINDS])[kinds]
        return HostBeliefs(
            row,
            gone / np.maximum(gone + alive, 1e-300),
            a + successes[:, None],
            b + failures,
            (kind_s * _TIME_TRIES + seconds_s) / (_TIME_TRIES + tries),
            np.array([False] * len(KINDS) + [one.answered for one in known]),
            np.array([np.inf] * len(KINDS) + [one.rate_per_s or np.inf for one in known]),
            kinds,
        )


def _columns(known: Sequence[HostRecord]) -> tuple[Floats, Floats, Floats]:
    """(tries, successes, seconds) by row; the rows of unseen sites come first."""
    nothing = [0.0] * len(KINDS)
    return (
        np.array([*nothing, *(one.tries for one in known)]),
        np.array([*nothing, *(one.successes for one in known)]),
        np.array([*nothing, *(one.seconds_s for one in known)]),
    )


def _scenarios(kind: Kind, records: Sequence[HostRecord]) -> Scenarios:
    if not records:
        return assumed(IN_2019[kind])
    if kind is Kind.FLICKR:
        ones = np.ones(N_SCENARIOS)
        weight = _FLICKR_WEIGHT
        return Scenarios(0 * ones, FLICKR_SUCCESS * weight * ones, (1 - FLICKR_SUCCESS) * weight * ones)
    successes = [one.successes for one in records]
    return learned(successes, [max(0.0, one.tries - one.successes) for one in records])


def _mean_try_s(kind: Kind, records: Sequence[HostRecord]) -> float:
    """By site and not by try: a giant is no proof for the dwarfs."""
    if not records:
        return IN_2019[kind].try_s
    return sum(one.seconds_s / one.tries for one in records) / len(records)


def _told(by_kind: Mapping[Kind, Sequence[HostRecord]], n_own: int, now_s: float) -> str:
    """Where the rates come from and how old they are."""
    records = [one for ours in by_kind.values() for one in ours]
    newest_s = max(0.0, now_s - max(one.at_s for one in records))
    tries = sum(one.tries for one in records)
    typical_s = max(0.0, sum((now_s - one.at_s) * one.tries for one in records) / tries)
    rates = "; ".join(
        f"{kind.words} {share(sum(one.successes for one in ours), sum(one.tries for one in ours))} "
        f"of {count(sum(one.tries for one in ours))}"
        for kind, ours in by_kind.items()
        if ours
    )
    others = [kind.words for kind, ours in by_kind.items() if not ours and kind is not Kind.CDN]
    old = f" Of {' and '.join(others)} nothing newer than 2019 is known." if others else ""
    sites = "1 site" if len(records) == 1 else f"{count(len(records))} sites"
    if n_own < len(records):
        sites += f" ({count(n_own)} of this list)"
    return (
        f"Success rates were learned from {count(tries)} tries at {sites}, the newest "
        f"{age(newest_s)} old, {age(typical_s)} in the mean: {rates}.{old}"
    )
