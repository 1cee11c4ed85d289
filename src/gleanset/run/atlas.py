"""What the engine has to know of candidates and politeness groups: the pool, and groups met on the way."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from .. import urls
from ..frontier import KIND_NUMBERS, HostPrior
from ..terms.candidate import Candidate
from ..terms.knowledge import HostRecord
from ..urls import Ceilings, host_of, politeness_group


class Candidates(Protocol):
    """The pool, as far as it is needed here."""

    hosts: tuple[str, ...]

    def candidate(self, number: int) -> Candidate: ...


class Atlas(Protocol):
    """What the engine has to know of candidates: the pool."""

    def candidate(self, number: int) -> Candidate: ...
    def group_name(self, host: int) -> str: ...
    def find_group(self, url: str) -> int: ...


class PoolAtlas:
    """Names groups by number. Numbers below the pool's own count are the pool's; redirects add more."""

    def __init__(
        self, pool: Candidates, per_host: Ceilings, known: Mapping[str, HostRecord] = MappingProxyType({})
    ) -> None:
        """``known``: what earlier runs learned, by group."""
        self._pool = pool
        self._per_host = per_host
        self._known = known
        self._names = list(pool.hosts)
        self._numbers = {name: number for number, name in enumerate(self._names)}
        self._number_it: Callable[[HostPrior], int] | None = None

    def priors(self) -> list[HostPrior]:
        """What is known of the pool's groups beforehand, in the order of their numbers."""
        return [self.prior(name) for name in self._names]

    def prior(self, group: str) -> HostPrior:
        return HostPrior.of(kind_of(group), self._per_host.of(group), self._known.get(group))

    def report_to(self, number_it: Callable[[HostPrior], int]) -> None:
        """New groups are numbered by ``number_it`` (the frontier)."""
        self._number_it = number_it

    def candidate(self, number: int) -> Candidate:
        return self._pool.candidate(number)

    def group_name(self, host: int) -> str:
        return self._names[host]

    def find_group(self, url: str) -> int:
        """The number of the group that a URL belongs to, new if need be."""
        group = politeness_group(host_of(url))
        number = self._numbers.get(group)
        if number is None:
            assert self._number_it is not None
            number = self._number_it(self.prior(group))
            self._numbers[group] = number
            self._names.append(group)
        return number


def kind_of(group: str) -> int:
    """Whose experience a group shares before it has its own."""
    return KIND_NUMBERS[urls.kind_of(group)]
