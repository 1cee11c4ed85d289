"""How the sites of one kind differ, learned from a few of them: a posterior, never a point.

A site is dead, with all its URLs, with the chance ``dead``; a living one has its own chance, drawn from
Beta(living * strength, (1 - living) * strength). For ``s`` successes and ``f`` failures at a site

    P(s, f) = (1 - dead) B(a + s, b + f) / B(a, b)  +  dead [s = 0]

up to a constant. The three unknowns have wide priors; their posterior is summed on a grid that closes in on
where the weight is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from .kinds import Assumed

Floats = npt.NDArray[np.float64]

N_SCENARIOS = 12
"""Equal parts of the posterior, by the chance of an unseen site's URL: what may be true of a kind."""
_POINTS = (11, 11, 7)
_ROUNDS = 3
_REACH_SD = 3.5
_PRIOR_MEAN = (-0.4, 0.0, 1.4)
_PRIOR_SD = (1.2, 1.0, 0.9)
"""Of logit(dead), logit(living), log(strength): 95 % of the prior are dead shares of 6 to 88 %, living
chances of 12 to 88 %, strengths of 0.7 to 24. Its means give 0.30 for an unseen URL, the 31.4 % of 2019."""


@dataclass(frozen=True, slots=True)
class Scenarios:
    """(n,) each: what may be true of a kind, all equally likely."""

    dead: Floats
    a: Floats
    b: Floats
    """The living are Beta(a, b)."""


def assumed(kind: Assumed) -> Scenarios:
    """One truth, in every scenario."""
    ones = np.ones(N_SCENARIOS)
    return Scenarios(
        kind.dead * ones, kind.living * kind.strength * ones, (1 - kind.living) * kind.strength * ones
    )


def learned(successes: Sequence[float], failures: Sequence[float]) -> Scenarios:
    """What the sites that were tried say of the others of their kind; (n_sites,) each, n_sites > 0."""
    pairs = np.column_stack((np.round(successes, 1), np.round(failures, 1)))
    distinct, counts = np.unique(pairs, axis=0, return_counts=True)
    centre, sd = np.array(_PRIOR_MEAN), np.array(_PRIOR_SD)
    for _ in range(_ROUNDS):
        points, weights = _posterior(distinct, counts.astype(np.float64), centre, sd)
        step = 2 * _REACH_SD * sd / (np.array(_POINTS) - 1)
        centre = weights @ points
        sd = np.maximum(np.sqrt(weights @ (points - centre) ** 2), step / 2)
    points, weights = _posterior(distinct, counts.astype(np.float64), centre, sd)
    return _parted(points, weights)


def _posterior(sites: Floats, counts: Floats, centre: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """(n, 3) points around ``centre``, and (n,) their weights."""
    dead, living, strength = (
        np.linspace(c - _REACH_SD * s, c + _REACH_SD * s, n)
        for c, s, n in zip(centre, sd, _POINTS, strict=True)
    )
    mean, total = (
        axis.reshape(-1, 1) for axis in np.meshgrid(_expit(living), np.exp(strength), indexing="ij")
    )
    alive = np.exp(log_beta_ratio(mean * total, (1 - mean) * total, sites[:, 0], sites[:, 1]))
    never = sites[:, 0] == 0
    log_weights = np.concatenate(
        [np.log(np.maximum((1 - gone) * alive + gone * never, 1e-300)) @ counts for gone in _expit(dead)]
    )
    points = np.array(list(product(dead, living, strength)))
    log_weights -= 0.5 * (((points - _PRIOR_MEAN) / _PRIOR_SD) ** 2).sum(axis=1)
    weights = np.exp(log_weights - log_weights.max())
    return points, weights / weights.sum()


def _parted(points: Floats, weights: Floats) -> Scenarios:
    """The posterior in parts of equal weight; each keeps its share of dead sites, and mean and spread of the
    living ones.
    """
    dead, living, strength = _expit(points[:, 0]), _expit(points[:, 1]), np.exp(points[:, 2])
    order = np.argsort((1 - dead) * living, kind="stable")
    dead, living, strength, weights = dead[order], living[order], strength[order], weights[order]
    upto = np.concatenate(([0.0], np.cumsum(weights)))
    bounds = np.linspace(0, upto[-1], N_SCENARIOS + 1)
    # share[j, i]: how much of point i falls into part j
    share = np.clip(
        np.minimum(upto[1:], bounds[1:, None]) - np.maximum(upto[:-1], bounds[:-1, None]), 0, None
    )
    share /= share.sum(axis=1, keepdims=True)
    gone = share @ dead
    alive = share * (1 - dead)
    alive /= alive.sum(axis=1, keepdims=True)
    square = living * (living * strength + 1) / (strength + 1)
    a, b = beta_of(alive @ living, alive @ square)
    return Scenarios(gone, a, b)


def beta_of(mean: Floats, square: Floats) -> tuple[Floats, Floats]:
    """(a, b) of the Beta with this mean and mean square."""
    spread = np.maximum(square - mean**2, 1e-12)
    strength = np.clip(mean * (1 - mean) / spread - 1, 1e-3, 1e9)
    return mean * strength, (1 - mean) * strength


def log_beta_ratio(a: Floats | float, b: Floats | float, s: Floats, f: Floats) -> Floats:
    """``log B(a + s, b + f) - log B(a, b)``."""
    upper: Floats = log_gamma(a + s) + log_gamma(b + f) - log_gamma(a + b + s + f)
    lower: Floats = log_gamma(np.asarray(a)) + log_gamma(np.asarray(b)) - log_gamma(np.asarray(a + b))
    return upper - lower


def log_gamma(x: npt.ArrayLike) -> Floats:
    """Of positive numbers, to 1e-10: Stirling's series after eight steps of the recurrence."""
    z = np.array(x, np.float64)
    product_ = z.copy()
    for step in range(1, 8):
        product_ *= z + step
    z = z + 8
    series = 1 / (12 * z) - 1 / (360 * z**3) + 1 / (1260 * z**5)
    result: Floats = (z - 0.5) * np.log(z) - z + 0.5 * np.log(2 * np.pi) + series - np.log(product_)
    return result


def _expit(x: npt.ArrayLike) -> Floats:
    result: Floats = 1 / (1 + np.exp(-np.asarray(x, np.float64)))
    return result
