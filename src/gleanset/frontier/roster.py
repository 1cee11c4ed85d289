"""Every politeness group of a build; a record is made at its first use."""

from collections.abc import Iterator, Sequence
from math import inf
from random import Random

import numpy as np
from numpy.typing import NDArray

from .host import Host, HostPrior
from .yields import EXPLORATION, LEAST_TRY_S, KindYield

FLICKR_2019 = (0.822, 0.43)
OTHERS_2019 = (0.314, 1.45)
"""(success rate, seconds a try) of the 2019 crawl of 26,899 URLs."""


class Roster:
    """Hosts by number. Those that nobody has asked yet cost a few bytes each."""

    def __init__(self, host: NDArray[np.int32], priors: Sequence[HostPrior], random: Random) -> None:
        """``host``: (n,) int32, the politeness group of each candidate."""
        self._kinds = (KindYield(*OTHERS_2019), KindYield(*FLICKR_2019))
        self._priors = list(priors)
        self._known: dict[int, Host] = {}
        self._untouched = self._first_order(host, random)

    def _first_order(self, host: NDArray[np.int32], random: Random) -> list[int]:
        """Hosts nobody has asked yet, the best last: Flickr, then those with most candidates, ties seeded."""
        counts = np.bincount(host, minlength=len(self._priors)).tolist()
        hosts = [h for h, n in enumerate(counts) if n]
        random.shuffle(hosts)
        hosts.sort(key=lambda h: (self._priors[h].flickr, counts[h]))
        return hosts

    def add(self, prior: HostPrior) -> int:
        """Number a group that the list did not have."""
        self._priors.append(prior)
        return len(self._priors) - 1

    def get(self, number: int) -> Host:
        """The record of a host."""
        host = self._known.get(number)
        if host is None:
            prior = self._priors[number]
            host = self._known[number] = Host(number, prior.ceiling, self._kinds[prior.flickr])
        return host

    @property
    def best_untouched(self) -> float:
        """The score of the next host that nobody has asked; -inf: there is none."""
        if not self._untouched:
            return -inf
        kind = self._kinds[self._priors[self._untouched[-1]].flickr]
        return (kind.chance + EXPLORATION) / max(kind.try_s, LEAST_TRY_S)

    def next_untouched(self) -> Host:
        """The best host that nobody has asked, asked now."""
        return self.get(self._untouched.pop())

    def __iter__(self) -> Iterator[Host]:
        return iter(self._known.values())

    def __len__(self) -> int:
        """How many hosts were considered so far."""
        return len(self._known)
