"""A web that may well be so: drawn from what is believed of sites, asked on virtual time."""

from random import Random

import numpy as np
import numpy.typing as npt

from ..fetch.base import FetchSettings
from ..terms.inspection import Flaw, Inspection
from ..terms.outcome import Failed, Failure
from .beliefs import HostBeliefs
from .kinds import KINDS
from .learning import N_SCENARIOS

Answer = tuple[float, Failed | None, Inspection | None]
"""Seconds until it ends; what failed, or what came."""

SOUND = Inspection(1, b"", None)
HTML = Inspection(1, b"", Flaw.NOT_AN_IMAGE)
NOT_FOUND, THROTTLED = Failed(Failure.NOT_FOUND, 404), Failed(Failure.RATE_LIMITED, 429)
_NO_NAME, _REFUSED = Failed(Failure.NAME_NOT_FOUND), Failed(Failure.REFUSED)
_SWALLOWED, _MUTE = Failed(Failure.CONNECT_TIMEOUT), Failed(Failure.TIMEOUT)
_BROKEN = Failed(Failure.SERVER_ERROR, 500)

_WAYS_TO_DIE: tuple[Failed | None, ...] = (_NO_NAME, _REFUSED, _SWALLOWED, _MUTE, None)
_WAY_SHARES = (0.38, 0.13, 0.19, 0.08, 0.22)
"""Of dead sites, None being one that answers everything with a page: the shares among the dead sites of the
rotten web, which is held to the measured rates of 2019."""
_BROKEN_SHARE = 0.08
"""Of the dead URLs of a living site: those that answer 500, three tries each, instead of 404."""
_BURST = 8
"""Requests that a site with a limit takes at once."""
_LOOK_UP_S, _REFUSAL_S, _PAGE_S = 0.03, 0.05, 0.6
_QUICK_S = 1.0
"""A dead site that never answered and took less than this a try has no name, or refuses."""
_LEAST_S = 0.02


class PretendedWeb:
    """Sites live and die as wholes; a living one has its own chance and time; URLs have a fate for good."""

    def __init__(
        self,
        host: npt.NDArray[np.int32],
        beliefs: HostBeliefs,
        seed: int,
        limits: FetchSettings,
    ) -> None:
        """``host``: (n,) the site of each URL; ``beliefs``: of the sites, in the order of their numbers."""
        dice = np.random.default_rng([seed, 1])
        row = beliefs.row
        scenario = dice.integers(N_SCENARIOS, size=len(KINDS))[beliefs.kind[row]]
        dead = dice.random(len(row)) < beliefs.dead[row, scenario]
        chance = dice.beta(beliefs.a[row, scenario], beliefs.b[row, scenario])
        luck = dice.random(len(host))
        good = luck < chance[host]
        broken = luck > 1 - _BROKEN_SHARE * (1 - chance[host])
        self._fate = (good + 2 * broken).astype(np.uint8).tobytes()
        self._ends = _ends(beliefs, dead, dice, limits)
        self._mean_s = np.maximum(_living_s(beliefs, limits)[row], _LEAST_S).tolist()
        self._random = Random(seed)
        self._timeout_s = limits.timeout_s
        rates = beliefs.rate_per_s[row]
        self._limited = {
            site: _Bucket(float(rates[site])) for site in np.flatnonzero(rates < np.inf).tolist()
        }

    def ask(self, candidate: int, site: int, now_s: float) -> Answer:
        """What comes of a request that starts now; times at a site never run backwards."""
        end = self._ends.get(site)
        if end is not None:
            return end
        if self._limited and site in self._limited and not self._limited[site].take(now_s):
            return _LEAST_S, THROTTLED, None
        elapsed_s = _LEAST_S + self._random.expovariate(1.0 / self._mean_s[site])
        if elapsed_s > self._timeout_s:
            return self._timeout_s, _MUTE, None
        match self._fate[candidate]:
            case 1:
                return elapsed_s, None, SOUND
            case 0:
                return elapsed_s, NOT_FOUND, None
        return elapsed_s, _BROKEN, None


class _Bucket:
    """So many requests a second, and some at once."""

    __slots__ = ("_at_s", "_left", "_per_s")

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._left = float(_BURST)
        self._at_s = 0.0

    def take(self, now_s: float) -> bool:
        self._left = min(float(_BURST), self._left + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


def _ends(
    beliefs: HostBeliefs, dead: npt.NDArray[np.bool_], dice: np.random.Generator, limits: FetchSettings
) -> dict[int, Answer]:
    """What each dead site does to every request, as far as what is known of it permits."""
    times_s = {
        _NO_NAME: _LOOK_UP_S,
        _REFUSED: _REFUSAL_S,
        _SWALLOWED: min(limits.connect_timeout_s, limits.timeout_s),
        _MUTE: min(limits.first_byte_s, limits.timeout_s),
        None: _PAGE_S,
    }
    sites = np.flatnonzero(dead)
    drawn = dice.choice(len(_WAYS_TO_DIE), size=len(sites), p=_WAY_SHARES)
    ends: dict[int, Answer] = {}
    for site, number in zip(sites.tolist(), drawn.tolist(), strict=True):
        row = int(beliefs.row[site])
        way = _WAYS_TO_DIE[number]
        if row >= len(KINDS):
            slow = beliefs.try_s[row] >= _QUICK_S
            way = None if beliefs.answered[row] else (_SWALLOWED if slow else _NO_NAME)
        ends[site] = (times_s[way], way, HTML if way is None else None)
    return ends


def _living_s(beliefs: HostBeliefs, limits: FetchSettings) -> npt.NDArray[np.float64]:
    """(n_rows,) mean time of a try at a living site: what the mean leaves when dead sites had theirs."""
    usual_s = (_LOOK_UP_S, _REFUSAL_S, limits.connect_timeout_s, limits.first_byte_s, _PAGE_S)
    dead_s = sum(share * s for share, s in zip(_WAY_SHARES, usual_s, strict=True))
    dead = beliefs.dead.mean(axis=1)
    living = (beliefs.try_s - dead * dead_s) / np.maximum(1 - dead, 0.05)
    result: npt.NDArray[np.float64] = np.maximum(living, beliefs.try_s / 4)
    return result
