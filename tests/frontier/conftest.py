"""Small worlds for the frontier, on virtual time."""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from random import Random

import numpy as np
import pytest

from gleanset.frontier import Frontier, HostPrior, Limits
from gleanset.terms.inspection import Inspection
from gleanset.terms.outcome import Failed, Failure, Lease, Moved
from gleanset.terms.plan import Quota
from gleanset.terms.verdict import Finding, Ruling, Settlement, Verdict

Answer = tuple[float, Failed | Moved | None]
"""(seconds, what went wrong; None: a good picture)."""
GOOD = Inspection(1, bytes(32), None)


def exactly(n: int) -> Quota:
    return Quota(n, n)


class Desk:
    """A frontier and all that happened to it. Invariants are checked after every step."""

    def __init__(
        self,
        pairs: list[tuple[int, int]],
        quotas: list[Quota],
        *,
        n_planned: int | None = None,
        total: int | None = None,
        limits: Limits | None = None,
        priors: list[HostPrior] | None = None,
        seed: int = 0,
    ) -> None:
        """``pairs``: (class, host) of each candidate, sorted by class."""
        label = np.array([c for c, _ in pairs], dtype=np.int32)
        host = np.array([h for _, h in pairs], dtype=np.int32)
        n_hosts = max((h for _, h in pairs), default=0) + 1
        self.frontier = Frontier(
            label,
            host,
            priors or [HostPrior()] * n_hosts,
            quotas,
            n_planned=n_planned,
            total=total,
            limits=limits,
            seed=seed,
        )
        self.now_s = 0.0
        self.log: list[Settlement] = []
        self.requests: list[tuple[float, Lease]] = []

    def lease(self, limit: int = 1_000_000) -> list[Lease]:
        leases = self.frontier.lease(self.now_s, limit)
        self.requests += [(self.now_s, lease) for lease in leases]
        self.frontier.check()
        return leases

    def finding(self, lease: Lease, wrong: Failed | Moved | None = None, elapsed_s: float = 0.1) -> Finding:
        return Finding(
            lease.candidate,
            lease.attempt,
            lease.host,
            elapsed_s,
            self.now_s,
            failed=wrong if isinstance(wrong, Failed) else None,
            moved=wrong if isinstance(wrong, Moved) else None,
            inspection=GOOD if wrong is None else None,
            serial=lease.serial,
        )

    def settle(
        self,
        lease: Lease,
        wrong: Failed | Moved | None = None,
        *,
        ruling: Ruling | None = None,
        moved_to: int | None = None,
        elapsed_s: float = 0.1,
    ) -> list[Settlement]:
        finding = self.finding(lease, wrong, elapsed_s)
        settled = self.frontier.settle(finding, ruling or Ruling(), self.now_s, moved_to)
        self.log += settled
        self.frontier.check()
        return settled

    @staticmethod
    def ruling() -> Ruling:
        """Whatever comes is wanted."""
        return Ruling()

    def crawl(self, answer: Callable[[Lease], Answer], until_s: float = 1e9) -> None:
        """Run until the frontier is done, nothing will come, or ``until_s``."""
        under_way: list[tuple[float, int, Lease, Answer]] = []
        while not self.frontier.done and self.now_s < until_s:
            for lease in self.lease():
                reply = answer(lease)
                heappush(under_way, (self.now_s + reply[0], lease.serial, lease, reply))
            next_s = self.frontier.next_moment_s
            if under_way and under_way[0][0] > max(next_s, self.now_s):
                self.now_s = max(next_s, self.now_s)
                continue
            if under_way:
                self.now_s, _, lease, (elapsed_s, wrong) = heappop(under_way)
                self.settle(lease, wrong, elapsed_s=elapsed_s)
                continue
            wake_at_s = self.frontier.wake_at(self.now_s)
            if wake_at_s is None:
                break
            self.now_s = max(self.now_s, wake_at_s)
        for _, _, lease, _ in under_way:
            self.frontier.release(lease.candidate, self.now_s)
        self.frontier.check()

    def fates(self) -> dict[int, Verdict]:
        """The last word on each candidate."""
        return {settlement.candidate: settlement.verdict for settlement in self.log}

    def accepted(self) -> list[int]:
        return self.frontier.book.accepted


@pytest.fixture
def desk() -> Iterator[Callable[..., Desk]]:
    """Makes desks; each is checked once more when the test is over."""
    made: list[Desk] = []

    def make(*args: object, **options: object) -> Desk:
        made.append(Desk(*args, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.frontier.check()


@pytest.fixture
def failing() -> Callable[[Failure], Failed]:
    return Failed


@pytest.fixture
def dice() -> Random:
    return Random(7)
