"""Every politeness group of a build; a record is made at its first use."""

from collections.abc import Iterator, Sequence
from math import inf
from random import Random

import numpy as np
from numpy.typing import NDArray

from .host import Host, HostPrior
from .yields import HostYield, KindYield

FLICKR_2019 = (0.822, 0.43)
OTHERS_2019 = (0.314, 1.45)
"""(success rate, seconds a try) of the 2019 crawl of 26,899 URLs."""
CDNS = (0.6, 0.5)
"""A guess between the two: an object store answers, but what lay in it may have been deleted."""


class Roster:
    """Hosts by number. Those that nobody has asked yet cost a few bytes each."""

    def __init__(self, host: NDArray[np.int32], priors: Sequence[HostPrior], random: Random) -> None:
        """``host``: (n,) int32, the politeness group of each candidate."""
        self._kinds = (KindYield(*OTHERS_2019), KindYield(*FLICKR_2019), KindYield(*CDNS))
        self._priors = list(priors)
        for prior in priors:
            if prior.tries:
                self._kinds[prior.kind].add(prior.tries, prior.successes, prior.seconds_s)
        self._known: dict[int, Host] = {}
        self._untouched = self._first_order(host, random)

    def _first_order(self, host: NDArray[np.int32], random: Random) -> list[int]:
        """Hosts nobody has asked yet, the best last: by score, then by candidates; ties are seeded."""
        counts = np.bincount(host, minlength=len(self._priors)).tolist()
        hosts = [h for h, n in enumerate(counts) if n]
        random.shuffle(hosts)
        hosts.sort(key=lambda h: (self._score(h), counts[h]))
        return hosts

    def _score(self, number: int) -> float:
        """Of a host that nobody has asked in this build."""
        prior = self._priors[number]
        return HostYield(self._kinds[prior.kind], prior.tries, prior.successes, prior.seconds_s).score

    def add(self, prior: HostPrior) -> int:
        """Number a group that the list did not have."""
        self._priors.append(prior)
        return len(self._priors) - 1

    def get(self, number: int) -> Host:
        """The record of a host."""
        host = self._known.get(number)
        if host is None:
            prior = self._priors[number]
            host = self._known[number] = Host(number, prior, self._kinds[prior.kind])
        return host

    @property
    def best_untouched(self) -> float:
        """The score of the next host that nobody has asked; -inf: there is none."""
        return self._score(self._untouched[-1]) if self._untouched else -inf

    def next_untouched(self) -> Host:
        """The best host that nobody has asked, asked now."""
        return self.get(self._untouched.pop())

    def __iter__(self) -> Iterator[Host]:
        return iter(self._known.values())

    def __len__(self) -> int:
        """How many hosts were considered so far."""
        return len(self._known)
