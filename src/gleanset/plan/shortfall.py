"""The chance that asking every URL of a class brings fewer images than are wanted."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from .beliefs import HostBeliefs
from .cells import Cells, sums
from .learning import N_SCENARIOS, Floats

_EXACT_SHARE = 0.04
"""Sites with this share of a class's variance or more are reckoned exactly, the others together as normal."""
_LARGE = 256
"""URLs from which on a site whose chance is well known is as good as normal."""
_DOUBTLESS_SD = 6.0
"""Farther than this from what is wanted a class is sure of it, one way or the other."""


def shortfall_chances(cells: Cells, beliefs: HostBeliefs, wanted: Sequence[int]) -> Floats:
    """(n_classes,) the chance that fewer than ``wanted`` images come of all URLs.

    Images at a site are a mixture: none where it is dead, else a beta-binomial. Sites that matter are
    convolved as such; what remains is normal with continuity correction. What nobody knows of a whole kind
    moves all its unseen sites together, so the normal part is reckoned in every scenario and the chances
    averaged. Against drawn worlds: the tests, and benchmarks/bench_forecast.py.
    """
    need = np.asarray(wanted, np.int64)
    mean, sd = spreads(cells, beliefs)
    chances = _below(need, mean, np.maximum(sd, 1e-9))
    chances[need <= 0] = 0.0
    chances[cells.urls < need] = 1.0
    doubtful = (need > 0) & (cells.urls >= need) & (np.abs(need - mean) < _DOUBTLESS_SD * sd + 1)
    pmf = _Pmf(beliefs)
    for c in np.flatnonzero(doubtful).tolist():
        chances[c] = _reckoned(c, cells, beliefs, int(need[c]), pmf)
    return np.clip(chances, 0.0, 1.0)


def spreads(cells: Cells, beliefs: HostBeliefs) -> tuple[Floats, Floats]:
    """(n_classes,) each: mean and standard deviation of the images that all URLs of a class bring."""
    means, variances = _moments(cells, beliefs)
    return means.mean(axis=0), np.sqrt(variances.mean(axis=0) + means.var(axis=0))


def _moments(cells: Cells, beliefs: HostBeliefs) -> tuple[Floats, Floats]:
    """(N_SCENARIOS, n_classes): mean and variance of the images of each class."""
    chance, square = beliefs.chance, beliefs.square
    rows, n = beliefs.row[cells.group], cells.n
    means = np.empty((N_SCENARIOS, cells.n_classes))
    variances = np.empty_like(means)
    for j in range(N_SCENARIOS):
        p, both = chance[rows, j], square[rows, j]
        means[j] = sums(n * p, cells.starts)
        variances[j] = sums(n * (p - both) + n * n * (both - p * p), cells.starts)
    return means, np.maximum(variances, 0.0)


class _Pmf:
    """Distributions of the images of one site, each made once."""

    def __init__(self, beliefs: HostBeliefs) -> None:
        dead, a, b = beliefs.settled()
        self.of = cache(lambda row, n: mixture(n, float(dead[row]), float(a[row]), float(b[row])))


def mixture(n: int, dead: float, a: float, b: float) -> Floats:
    """(n + 1,) chances of 0 .. n images of ``n`` URLs: none if the site is dead, else a beta-binomial."""
    k = np.arange(n)
    steps = np.log((n - k) * (a + k)) - np.log((k + 1) * (b + n - k - 1))
    log_pmf = np.concatenate(([0.0], np.cumsum(steps)))
    pmf = np.exp(log_pmf - log_pmf.max())
    pmf *= (1 - dead) / pmf.sum()
    pmf[0] += dead
    result: Floats = pmf
    return result


def _reckoned(c: int, cells: Cells, beliefs: HostBeliefs, wanted: int, pmf: _Pmf) -> float:
    """One class: the sites that matter exactly, the others as normal in every scenario."""
    own = slice(cells.starts[c], cells.starts[c + 1])
    rows, n = beliefs.row[cells.group[own]], cells.n[own][:, None]
    p, both = beliefs.chance[rows], beliefs.square[rows]
    between = n * n * (both - p * p)
    variance = n * (p - both) + between
    overall = max(1e-12, float(variance.mean(axis=1).sum()))
    matters = variance.mean(axis=1) >= _EXACT_SHARE * overall
    matters &= (n[:, 0] <= _LARGE) | (between.mean(axis=1) >= _EXACT_SHARE * overall)
    drawn = np.ones(1)
    for row, size in zip(rows[matters].tolist(), cells.n[own][matters].tolist(), strict=True):
        drawn = np.convolve(drawn, pmf.of(row, size))
    means = (n * p)[~matters].sum(axis=0)
    sds = np.sqrt(np.maximum(variance[~matters].sum(axis=0), 0.0))
    missing = wanted - np.arange(len(drawn))
    return float(
        (_below(missing[:, None], means, np.maximum(sds, 1e-9)) * drawn[:, None]).sum() / N_SCENARIOS
    )


def _below(wanted: npt.NDArray[np.int64], mean: Floats, sd: Floats) -> Floats:
    """P(X < wanted) for a normal X that stands for a whole number."""
    return _phi((wanted - 0.5 - mean) / sd)


def _phi(z: Floats) -> Floats:
    """The normal distribution to 1e-7 (Abramowitz and Stegun 1964, 26.2.17)."""
    x = np.minimum(np.abs(z), 40.0)
    t = 1 / (1 + 0.2316419 * x)
    series = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    tail = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi) * series
    result: Floats = np.where(z > 0, 1 - tail, tail)
    return result
