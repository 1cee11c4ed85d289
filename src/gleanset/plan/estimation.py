"""What a weighted sample says of the whole list, with 95 % confidence intervals.

Every URL of the sample has a weight: for how many URLs of the list it stands. Rates are weighted means
(Hajek 1971). Their variance is that of Taylor linearisation, once as if URLs were drawn one by one and once
as if whole hosts were, and the larger one counts: the fates of a host's URLs resemble one another (Kish
1965).
"""

from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]
Z_95 = 1.959964
"""The normal quantile of 0.975."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % confidence interval."""

    value: float
    low: float
    high: float


def success_rate(weights: Floats, good: Floats, host: Numbers) -> Estimate | None:
    """The share of URLs that bring a picture; None without any.

    ``weights`` above 0, ``good`` 0 or 1, ``host`` the politeness group: (n,) each. The interval is Wilson's
    (1927), which stays inside 0 to 1, for the number of URLs that a plain sample of the same variance would
    have (Korn and Graubard 1998).
    """
    if not len(weights):
        return None
    rate = float(np.average(good, weights=weights))
    variance = _variance(weights * (good - rate), host) / weights.sum() ** 2
    n = weights.sum() ** 2 / (weights**2).sum()
    return wilson(rate, min(rate * (1 - rate) / variance, len(weights)) if variance > 0 else n)


def wilson(rate: float, n: float) -> Estimate:
    """A rate seen in ``n`` tries (above 0, may be fractional)."""
    middle = (rate + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    half = Z_95 / (1 + Z_95**2 / n) * sqrt(rate * (1 - rate) / n + Z_95**2 / (4 * n * n))
    return Estimate(rate, max(0.0, min(middle - half, rate)), min(1.0, max(middle + half, rate)))


def time_per_success(weights: Floats, seconds: Floats, good: Floats, host: Numbers) -> Estimate | None:
    """Seconds spent on requests for each picture; None where none came.

    A ratio of two weighted sums; its variance is that of the residuals ``seconds - ratio * good`` (Cochran
    1977, 6.3), and the interval is taken on the logarithm, so that it stays above 0.
    """
    pictures = float((weights * good).sum())
    if pictures <= 0:
        return None
    ratio = float((weights * seconds).sum()) / pictures
    if ratio <= 0:
        return Estimate(0.0, 0.0, 0.0)
    spread = Z_95 * sqrt(_variance(weights * (seconds - ratio * good), host)) / pictures / ratio
    return Estimate(ratio, ratio * exp(-spread), ratio * exp(min(spread, 50.0)))


def carried_over(weights: Floats, decided: NDArray[np.bool_], host: Numbers, kind: Numbers) -> Floats:
    """(n,) weights after those of URLs without an answer went to others: 0 for the former.

    They go to URLs of the same host, and where it has none to those of its kind: a host that was given up
    after three failures stands for all of its URLs (weighting within classes; Little and Rubin 2002, 3.3).
    """
    weights = weights.copy()
    for group in (host, kind):
        open_ = ~decided & (weights > 0)
        lost = np.bincount(group[open_], weights[open_], int(group.max(initial=0)) + 1)
        heard = np.bincount(group[decided], weights[decided], len(lost))
        with np.errstate(divide="ignore", invalid="ignore"):
            growth = np.where(heard > 0, 1 + lost / heard, 0.0)
        weights[decided] *= growth[group[decided]]
        weights[open_ & (heard[group] > 0)] = 0.0
    weights[~decided] = 0.0
    return weights


def _variance(residuals: Floats, host: Numbers) -> float:
    """Of the sum of weighted residuals: as single URLs, or as hosts."""
    single = float((residuals**2).sum())
    numbers = np.unique(host, return_inverse=True)[1]
    sums = np.bincount(numbers, residuals)
    if len(sums) < 2:
        return single
    return max(single, float((sums**2).sum()) * len(sums) / (len(sums) - 1))
