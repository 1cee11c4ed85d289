"""What classes bring and what it costs: images, requests by site, time, disk."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..terms.plan import GroupCensus
from ..urls import Ceilings
from .beliefs import Beliefs, HostBeliefs
from .cells import Cells, Counts, cells_of, sums
from .learning import Floats
from .shortfall import shortfall_chances, spreads

BYTES_PER_IMAGE = 95_000
"""Mean of 2,000 JPEG photographs of about 500x375 px, the size of Flickr's links of 2011. An assumption."""
_TYPICAL_SHORTER_PX = 375
_COPIES = 2
"""Bodies as collected, and the dataset packed from them."""
_TRIES_AT_THE_DEAD = 3
"""After which a site that never answered is parked."""
_ONE_SIDED_95 = 1.645
"""Standard deviations below the mean of a normal distribution that 95 % lie above."""
_LEAST_TRY_S = 0.1
"""A site that answers faster comes no sooner: the frontier's own rule."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many requests may be under way."""

    concurrency: int = 500
    per_host: Ceilings = field(default_factory=Ceilings)


@dataclass(frozen=True, slots=True)
class Candidates:
    """URLs without their text."""

    label: npt.NDArray[np.int32]
    """(n,) ascending."""
    host: npt.NDArray[np.int32]
    """(n,) the place of its site among ``groups``."""
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Effort:
    """What it takes to fill some classes, one beside the other."""

    requests: float
    elapsed_s: float


class Forecast:
    """The classes that may be built, their candidates by site, and what is believed of those."""

    def __init__(self, census: GroupCensus, members: Sequence[Sequence[str]], beliefs: Beliefs) -> None:
        """``members``: of every class, the list's labels that it takes. Classes are numbered by it."""
        self._names = census.groups
        self._hosts: HostBeliefs = beliefs.about(census.groups)
        self._cells: Cells = cells_of(census, members)
        self._chance: Floats = self._hosts.chance.mean(axis=1)
        self.urls: list[int] = self._cells.urls.tolist()
        """Candidates by class."""
        chances = self._chance[self._hosts.row[self._cells.group]]
        self.images: list[float] = sums(self._cells.n * chances, self._cells.starts).tolist()
        """The mean of what asking every candidate of a class would bring."""

    def shortfall_chances(self, classes: Sequence[int], wanted: Sequence[int]) -> list[float]:
        """Of each of ``classes``: the chance that all its URLs bring fewer than ``wanted`` images."""
        chances: list[float] = shortfall_chances(self._cells.only(classes), self._hosts, wanted).tolist()
        return chances

    def surely(self) -> list[int]:
        """Of every class: what its URLs bring at least, with a chance of 95 %; reckoned as normal."""
        mean, sd = spreads(self._cells, self._hosts)
        least: list[int] = np.maximum(np.floor(mean - _ONE_SIDED_95 * sd), 0).astype(int).tolist()
        return least

    def effort(self, classes: Sequence[int], most: Sequence[int | None], pace: Pace) -> Effort:
        """Until each of ``classes`` has ``most`` images (None: all), the more productive sites asked first.

        All sites are asked side by side. What is slowest decides: one site at its ceiling, or all of them
        within the concurrency.
        """
        cells = self._cells.only(classes)
        by_site = np.bincount(cells.group, self._requests(cells, most), minlength=len(self._names))
        busy = np.flatnonzero(by_site)
        rows = self._hosts.row[busy]
        dead = self._hosts.dead.mean(axis=1)[rows]
        asked = (1 - dead) * by_site[busy] + dead * np.minimum(by_site[busy], _TRIES_AT_THE_DEAD)
        ceilings = np.array([pace.per_host.of(self._names[site]) for site in busy.tolist()])
        spent_s = asked * self._hosts.try_s[rows]
        slowest_s = float((spent_s / ceilings).max(initial=0.0))
        return Effort(float(asked.sum()), max(slowest_s, float(spent_s.sum()) / pace.concurrency))

    def candidates(self, classes: Sequence[int], dice: np.random.Generator) -> Candidates:
        """Every URL of ``classes`` as the frontier would see it, in a drawn order within each class."""
        cells = self._cells.only(classes)
        label = np.repeat(cells.of_class, cells.n)
        site = np.repeat(cells.group, cells.n)
        order = np.lexsort((dice.random(len(label)), label))
        used, host = np.unique(site[order], return_inverse=True)
        names = tuple(self._names[one] for one in used.tolist())
        return Candidates(label[order].astype(np.int32), host.astype(np.int32), names)

    def _requests(self, cells: Cells, most: Sequence[int | None]) -> Floats:
        """(n_cells,) how many URLs of each cell are asked."""
        rows = self._hosts.row[cells.group]
        chance = self._chance[rows]
        worth = chance / np.maximum(self._hosts.try_s[rows], _LEAST_TRY_S)
        order = np.lexsort((-worth, cells.of_class))
        brought = (cells.n * chance)[order]
        before = np.cumsum(brought) - brought
        before -= np.repeat(_firsts(before, cells.starts), np.diff(cells.starts))
        wanted = np.array([np.inf if one is None else float(one) for one in most])[cells.of_class]
        open_ = np.maximum(wanted - before, 0.0)
        part = np.where(brought > 0, np.minimum(1.0, open_ / np.maximum(brought, 1e-300)), open_ > 0)
        requests = np.empty(len(order))
        requests[order] = part * cells.n[order]
        return requests


def _firsts(values: Floats, starts: Counts) -> Floats:
    """(n_classes,) the value at the first cell of each class; 0 for a class without any."""
    padded = np.append(values, 0.0)
    firsts: Floats = padded[np.minimum(starts[:-1], len(values))]
    return firsts


def bytes_on_disk(n_images: float, size_px: int | None) -> float:
    """Of both copies. ``size_px``: the side that images are made smaller to; None: as they came."""
    scale = min(1.0, (size_px / _TYPICAL_SHORTER_PX) ** 2) if size_px else 1.0
    return n_images * BYTES_PER_IMAGE * scale * _COPIES
