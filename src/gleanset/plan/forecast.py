"""How many images a class will bring, how sure that is, and what it costs: from rates by kind of host."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

BYTES_PER_IMAGE = 95_000
"""Mean of 2,000 JPEG photographs of about 500x375 px, the size of Flickr's links of 2011. An assumption."""
_TYPICAL_SHORTER_PX = 375
_COPIES = 2
"""Bodies as collected, and the dataset packed from them."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What is known of one kind of host."""

    success: float
    """Chance that a URL brings an image, 0 to 1."""
    seconds: float
    """Mean time a try, successes and failures together."""
    alike: float
    """Intra-class correlation of two URLs of one class, 0 to 1: hosts and albums live and die together."""
    at_once: int
    """Requests that may be under way at a time."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of both kinds of host that a census tells apart."""

    flickr: Rate
    other: Rate
    source: str
    """Origin and age, as a sentence for people."""
    measured: bool = False
    """Whether they were measured for these hosts of late; a draw is refused on a forecast only then."""


DEFAULT = Rates(
    flickr=Rate(success=11_283 / 13_718, seconds=0.43, alike=0.019, at_once=24),
    other=Rate(success=4_136 / 13_181, seconds=1.45, alike=0.037, at_once=500),
    source=(
        "Success rates are those of a crawl of 26,899 URLs of the Fall 2011 list in 2019: Flickr 82.2 %, "
        "other hosts 31.4 %. Nothing newer was measured for these hosts."
    ),
)
"""The first tool's crawl: successes of tries. ``alike`` is the moment estimate over its 269 rows of 100 URLs:
``(sum((k - n p)^2) / (p (1 - p)) - sum(n)) / sum(n (n - 1))`` for ``k`` successes of ``n`` tries."""


@dataclass(frozen=True, slots=True)
class Supply:
    """The candidates of one class."""

    flickr: int
    other: int

    @property
    def urls(self) -> int:
        return self.flickr + self.other


@dataclass(frozen=True, slots=True)
class Effort:
    """What it takes to fill a class."""

    flickr_requests: float
    other_requests: float

    @property
    def requests(self) -> float:
        return self.flickr_requests + self.other_requests


def expected_images(supply: Supply, rates: Rates) -> float:
    """The mean of what asking every candidate would bring."""
    return supply.flickr * rates.flickr.success + supply.other * rates.other.success


def shortfall_chance(supply: Supply, wanted: int, rates: Rates) -> float:
    """The chance that asking every candidate brings fewer than ``wanted`` images.

    Each kind of host is a beta-binomial: ``n`` URLs of chance ``p`` whose fates correlate by ``rho`` have
    the variance ``n p (1 - p) (1 + (n - 1) rho)`` (Skellam 1948; the last factor is Kish's design effect,
    1965). Their sum is taken as normal with continuity correction, ``P(X < w) = Phi((w - 1/2 - mean) / sd)``,
    and clipped to what is certain. Against drawn beta-binomials it is right to 0.03, see the tests. That the
    rates themselves may be of another age is not in it.
    """
    if wanted <= 0 or supply.urls < wanted:
        return float(wanted > 0)
    mean = expected_images(supply, rates)
    variance = _variance(supply.flickr, rates.flickr) + _variance(supply.other, rates.other)
    if variance <= 0:
        return float(mean < wanted - 0.5)
    return 0.5 * math.erfc((mean - wanted + 0.5) / math.sqrt(2 * variance))


def effort(supply: Supply, wanted: int | None, rates: Rates) -> Effort:
    """Requests until ``wanted`` images are there (None: all), the more productive hosts asked first."""
    if wanted is None:
        return Effort(supply.flickr, supply.other)
    if rates.flickr.success >= rates.other.success:
        first = _requests(supply.flickr, wanted, rates.flickr)
        return Effort(first, _requests(supply.other, wanted - first * rates.flickr.success, rates.other))
    first = _requests(supply.other, wanted, rates.other)
    return Effort(_requests(supply.flickr, wanted - first * rates.other.success, rates.flickr), first)


def elapsed_s(efforts: Sequence[Effort], rates: Rates) -> float:
    """Both kinds of host are asked side by side, so the slower one decides."""
    flickr_s = sum(effort.flickr_requests for effort in efforts) * rates.flickr.seconds / rates.flickr.at_once
    other_s = sum(effort.other_requests for effort in efforts) * rates.other.seconds / rates.other.at_once
    return max(flickr_s, other_s)


def bytes_on_disk(n_images: float, size_px: int | None) -> float:
    """Of both copies. ``size_px``: the side that images are made smaller to; None: as they came."""
    scale = min(1.0, (size_px / _TYPICAL_SHORTER_PX) ** 2) if size_px else 1.0
    return n_images * BYTES_PER_IMAGE * scale * _COPIES


def _requests(n_urls: int, wanted: float, rate: Rate) -> float:
    if wanted <= 0:
        return 0.0
    return min(float(n_urls), wanted / rate.success) if rate.success > 0 else float(n_urls)


def _variance(n: int, rate: Rate) -> float:
    return n * rate.success * (1 - rate.success) * (1 + (n - 1) * rate.alike) if n else 0.0
