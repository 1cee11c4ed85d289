"""Exact quotas: how many images each class has, may still get, and where the spares lie."""

from collections.abc import Collection, Sequence
from enum import Enum
from heapq import heapify, heappop, heappush
from math import inf

from ..terms.plan import Quota
from ..terms.verdict import Verdict


class ClassState(Enum):
    """Where a class stands."""

    OPEN = "open"
    FULL = "full"
    RESERVE = "reserve"
    """Waits to step in for a class that falls short."""
    REPLACED = "replaced"
    """Could not reach its quota; a reserve took its place."""


class QuotaBook:
    """Counts per class. ``accepted[c] <= most[c]`` holds at every moment.

    Classes are numbered 0..n-1; those from ``n_planned`` on are reserves in their order. ``expected[c]``
    is the sum of the chances of what is in flight: a class takes leases while accepted + expected stays
    below its quota, so that few images come that nobody needs.
    """

    def __init__(
        self,
        quotas: Sequence[Quota],
        supply: Sequence[int],
        n_planned: int,
        total: int | None = None,
        kept: Collection[int] = (),
    ) -> None:
        """``kept``: classes that no reserve replaces."""
        n = len(quotas)
        self.least = [quota.at_least for quota in quotas]
        self.most: list[float] = [inf if quota.at_most is None else quota.at_most for quota in quotas]
        self._supply = [max(1, n) for n in supply]
        self.left = list(supply)
        """Candidates whose fate is open, leased ones included."""
        self.out_of_reach = [0] * n
        """Those of ``left`` that nobody can ask in this run: their hosts never answer."""
        self.accepted = [0] * n
        self.expected = [0.0] * n
        self.spares: list[dict[int, None]] = [{} for _ in range(n)]
        """Good candidates that are not needed, oldest first."""
        self.state = [ClassState.OPEN if c < n_planned else ClassState.RESERVE for c in range(n)]
        self._reserves = list(range(n_planned, n))
        self._total = total
        self._kept = frozenset(kept)
        self.replacements: list[tuple[int, int]] = []
        """(class, the reserve that took its place), in order."""
        self.open_classes = 0
        self.n_closed = 0
        """How often a class needed nothing more; what is in flight for it can be called back."""
        for c in range(n):
            self._close_if_full(c)
        self.open_classes = sum(state is ClassState.OPEN for state in self.state)

    def budget(self, c: int) -> float:
        """How many more images the class could use beyond what is expected from those in flight."""
        if self.state[c] is not ClassState.OPEN:
            return 0.0
        return self.most[c] - self.accepted[c] - self.expected[c]

    def urgency(self, c: int) -> float:
        """Share of the remaining candidates that the class needs: the scarcer, the more urgent. Of classes
        that take all there is, the one goes first that has the most still to ask, so that they end together.
        """
        left = self.left[c]
        if left <= 0:
            return 0.0
        if self.most[c] == inf:
            return left / self._supply[c]
        return min(1.0, self.budget(c) / left)

    def admit(self, c: int, candidate: int) -> Verdict:
        """A wanted image of class ``c``: it is accepted while there is a place, else spare."""
        if self.state[c] is ClassState.OPEN and self.accepted[c] < self.most[c]:
            self.accepted[c] += 1
            self._close_if_full(c)
            return Verdict.ACCEPTED
        self.spares[c][candidate] = None
        return Verdict.SPARE

    def revoke(self, c: int, candidate: int) -> int | None:
        """An admitted image is out; the spare that takes its place, if there is one."""
        if candidate in self.spares[c]:
            del self.spares[c][candidate]
            return None
        if self.state[c] is ClassState.REPLACED:
            return None
        self.accepted[c] -= 1
        self._open(c)
        return self.promote(c)

    def promote(self, c: int) -> int | None:
        """Give a free place of the class to its oldest spare; None: no place, or no spare."""
        spares = self.spares[c]
        if not spares or self.state[c] is not ClassState.OPEN:
            return None
        candidate = next(iter(spares))
        del spares[candidate]
        self.accepted[c] += 1
        self._close_if_full(c)
        return candidate

    def hopeless(self, c: int) -> bool:
        """Whether an open class cannot reach its quota even if all that is left were good."""
        if self.state[c] is not ClassState.OPEN:
            return False
        return self.accepted[c] + len(self.spares[c]) + self.reachable(c) < self.least[c]

    def replace(self, c: int) -> int | None:
        """Send the next reserve that can still make it in for class ``c``; None: it stays as it is."""
        if c in self._kept:
            return None
        while self._reserves:
            reserve = self._reserves.pop(0)
            if self.left[reserve] + self.accepted[reserve] >= self.least[reserve]:
                self.substitute(c, reserve)
                return reserve
        return None

    def substitute(self, c: int, reserve: int) -> None:
        """Class ``c`` leaves the dataset and ``reserve`` enters it (also when a journal is replayed)."""
        if reserve in self._reserves:
            self._reserves.remove(reserve)
        if self.state[c] is ClassState.OPEN:
            self.open_classes -= 1
        self.n_closed += 1
        if self._total is not None:
            self.least[reserve], self.most[reserve] = self.least[c], self.most[c]
        self.state[c] = ClassState.REPLACED
        self.state[reserve] = ClassState.RESERVE
        self._open(reserve)
        self._close_if_full(reserve)
        self.replacements.append((c, reserve))

    def share_out(self, c: int) -> tuple[int, ...]:
        """With a total over all classes: what an exhausted class leaves goes to those that have
        candidates or spares, the smallest first. The classes that got a place.
        """
        if self._total is None or self.state[c] is not ClassState.OPEN or self.reachable(c) > 0:
            return ()
        self.most[c] = self.accepted[c]
        self._close_if_full(c)
        inside = [other for other in range(len(self.most)) if self.in_dataset(other)]
        free = self._total - sum(self.most[other] for other in inside)
        return self._give(int(free) if free < inf else 0, inside)

    def _give(self, places: int, inside: Sequence[int]) -> tuple[int, ...]:
        """Raise the quotas of the smallest classes that can fill them, one place at a time."""
        room = {c: self.accepted[c] + len(self.spares[c]) + self.reachable(c) for c in inside}
        takers = [(self.most[c], c) for c in inside if self.most[c] < room[c]]
        heapify(takers)
        grown: dict[int, None] = {}
        while places > 0 and takers:
            most, c = heappop(takers)
            self.most[c] = most + 1
            self._open(c)
            grown[c] = None
            places -= 1
            if self.most[c] < room[c]:
                heappush(takers, (self.most[c], c))
        return tuple(grown)

    def reachable(self, c: int) -> int:
        """Undecided candidates that may still be asked in this run."""
        return max(0, self.left[c] - self.out_of_reach[c])

    def write_off(self, c: int) -> None:
        """Nobody can be asked for this class any more in this run, though some fates are open."""
        self.out_of_reach[c] = self.left[c]

    def readmit(self, c: int, candidate: int) -> Verdict:
        """Replay an accepted image. Under a total the class had grown as far as its images show."""
        if self._total is not None and self.in_dataset(c) and self.accepted[c] >= self.most[c]:
            self.most[c] = self.accepted[c] + 1
            self._open(c)
        return self.admit(c, candidate)

    def in_dataset(self, c: int) -> bool:
        return self.state[c] in {ClassState.OPEN, ClassState.FULL}

    def short(self, c: int) -> bool:
        """Whether the class, as it stands, has fewer images than it needs."""
        return self.in_dataset(c) and self.accepted[c] < self.least[c]

    @property
    def missing_total(self) -> int:
        """How many images are missing from ``--total``; 0 without one."""
        if self._total is None:
            return 0
        have = sum(n for c, n in enumerate(self.accepted) if self.in_dataset(c))
        return max(0, self._total - have)

    def _open(self, c: int) -> None:
        if self.state[c] in {ClassState.FULL, ClassState.RESERVE}:
            self.state[c] = ClassState.OPEN
            self.open_classes += 1

    def _close_if_full(self, c: int) -> None:
        if self.state[c] is ClassState.OPEN and self.accepted[c] >= self.most[c]:
            self.state[c] = ClassState.FULL
            self.open_classes -= 1
            self.n_closed += 1
