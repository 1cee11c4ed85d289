"""Webs that a forecast is held against: sites live and die as wholes, and only some of them were asked."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from gleanset.plan.beliefs import Beliefs
from gleanset.plan.forecast import Forecast
from gleanset.plan.kinds import FLICKR_SUCCESS, IN_2019, Kind
from gleanset.terms.knowledge import HostRecord
from gleanset.terms.plan import GroupCensus

from .census import a_census

NOW_S = 1_700_000_000.0
N_CLASSES = 40
N_SITES = 300
Generator = np.random.Generator


@dataclass(frozen=True)
class Truth:
    """What became of every URL, counted by class and site."""

    census: GroupCensus
    good: npt.NDArray[np.int64]
    """(n_cells,) living URLs."""

    @property
    def images(self) -> list[int]:
        """Living URLs by class."""
        return [int(self.good[a:b].sum()) for a, b in pairwise(self.census.starts)]


def a_truth(dice: Generator, chances: Callable[[Generator, int], npt.NDArray[np.float64]]) -> Truth:
    """Forty classes of 40 to 800 URLs; site 0 is Flickr, the others are as uneven as the web's.

    ``chances``: of a URL at each site; every class has a taste in sites of its own.
    """
    names = ["flickr.com", *(f"site{i:03}.example" for i in range(1, N_SITES))]
    weights = np.arange(2, N_SITES + 1) ** -0.9
    cells = {}
    for c in range(N_CLASSES):
        n_urls, n_flickr = int(dice.integers(40, 800)), dice.uniform(0, 0.9)
        tastes = dice.dirichlet(weights / weights.sum() * dice.choice([5.0, 30.0, 300.0]))
        counts = dice.multinomial(n_urls, [n_flickr, *((1 - n_flickr) * tastes)])
        cells[f"class{c:02}"] = {name: int(n) for name, n in zip(names, counts, strict=True) if n}
    census = a_census(cells)
    chance = dict(zip(names, chances(dice, N_SITES), strict=True))
    by_group = np.array([chance[name] for name in census.groups])
    return Truth(census, dice.binomial(np.array(census.n), by_group[np.array(census.group)]))


def any_age(dice: Generator, n_sites: int) -> npt.NDArray[np.float64]:
    """A web of which nothing is known beforehand."""
    dead, living, strength = dice.uniform(0.1, 0.7), dice.uniform(0.3, 0.85), np.exp(dice.normal(1.4, 0.6))
    alive = dice.beta(living * strength, (1 - living) * strength, n_sites)
    chances = np.where(dice.random(n_sites) < dead, 0.0, alive)
    chances[0] = dice.uniform(0.5, 0.95)
    return chances


def of_2019(dice: Generator, n_sites: int) -> npt.NDArray[np.float64]:
    """The web with the rates of the first tool's crawl."""
    other = IN_2019[Kind.OTHER]
    a, b = other.living * other.strength, (1 - other.living) * other.strength
    chances = np.where(dice.random(n_sites) < other.dead, 0.0, dice.beta(a, b, n_sites))
    chances[0] = FLICKR_SUCCESS
    return chances


def probed(dice: Generator, truth: Truth, n_urls: int) -> list[HostRecord]:
    """What asking ``n_urls`` of the list's own URLs at random teaches."""
    group = np.array(truth.census.group)
    n_sites = len(truth.census.groups)
    good = np.bincount(group, truth.good, n_sites).astype(np.int64)
    total = np.bincount(group, np.array(truth.census.n), n_sites).astype(np.int64)
    asked = dice.multivariate_hypergeometric(np.concatenate((good, total - good)), n_urls)
    records = []
    for site, (s, f) in enumerate(zip(asked[:n_sites], asked[n_sites:], strict=True)):
        if s + f:
            name, tries = truth.census.groups[site], float(s + f)
            records.append(HostRecord(name, tries, float(s), tries, bool(s), None, NOW_S - 3600))
    return records


def forecasts(dice: Generator, truth: Truth, beliefs: Beliefs) -> list[tuple[float, bool]]:
    """(chance of falling short, whether it did) of every class, for quotas near what is expected."""
    members = [(label,) for label in truth.census.labels]
    forecast = Forecast(truth.census, members, beliefs)
    wanted = [int(n * dice.uniform(0.5, 1.05)) for n in forecast.images]
    chances = forecast.shortfall_chances(range(len(members)), wanted)
    return [(chance, images < n) for chance, images, n in zip(chances, truth.images, wanted, strict=True)]
