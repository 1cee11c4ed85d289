"""One politeness group: how many requests it takes at once, and when the next may start."""

from dataclasses import dataclass
from random import Random

from ..terms.outcome import Failure, Fault
from .breaker import Breaker
from .yields import HostYield, KindYield

FIRST_SLOTS = 2.0
FIRST_THROTTLE_S = 2.0
LONGEST_THROTTLE_S = 300.0
HORIZON_S = 6 * 3600.0
"""A Retry-After beyond this is not waited for in this run."""
_SHRINKING = frozenset({Failure.RATE_LIMITED, Failure.CONNECT_TIMEOUT, Failure.RESET, Failure.SERVER_ERROR})
_ANSWERLESS = frozenset({Failure.BLOCKED_ADDRESS, Failure.BAD_URL, Failure.NAME_NOT_FOUND})


@dataclass(frozen=True, slots=True)
class HostPrior:
    """What is known of a politeness group before it is asked."""

    flickr: bool = False
    ceiling: int = 8
    """Requests at the same time, at most."""


class Host:
    """Slots grow by one per success until the first trouble, then by one per round; they halve on
    429, 503, connect timeouts and resets (AIMD). A host that never answered has a single slot, and
    a parked one none. ``in_flight <= ceiling`` holds always.
    """

    __slots__ = (
        "_shrunk_at_s",
        "_throttled_at_s",
        "breaker",
        "ceiling",
        "cells",
        "id",
        "in_flight",
        "offered",
        "slots",
        "throttles",
        "touched",
        "troubled",
        "yields",
    )

    def __init__(self, host_id: int, ceiling: int, kind: KindYield) -> None:
        self.id = host_id
        self.ceiling = ceiling
        self.slots = min(FIRST_SLOTS, float(ceiling))
        self.troubled = False
        """Whether slots were ever halved: the end of the quick start."""
        self._shrunk_at_s = float("-inf")
        self._throttled_at_s = float("-inf")
        self.in_flight = 0
        self.throttles = 0
        """429 answers since the last other one."""
        self.breaker = Breaker()
        self.yields = HostYield(kind)
        self.cells: list[tuple[float, int]] = []
        """Heap of (urgency, cell) that this host could serve."""
        self.touched = False
        """Whether it was given its cells."""
        self.offered = False
        """Whether it stands in the frontier's queue of ready hosts."""

    def free_slots(self, now_s: float) -> int:
        """How many requests may start now."""
        if now_s < self.breaker.parked_until_s:
            return 0
        if not self.breaker.answered or self.breaker.half_open:
            return 1 - self.in_flight
        return int(self.slots) - self.in_flight

    def answered(self) -> None:
        """A response came that is not about load: grow, if the slots were in use."""
        busy = (self.in_flight + 1) * 2 >= self.slots
        self.throttles = 0
        if self.breaker.answered and not self.breaker.half_open and busy:
            step = 1.0 / self.slots if self.troubled else 1.0
            self.slots = min(float(self.ceiling), self.slots + step)
        self.breaker.success()

    def failed(
        self,
        failure: Failure,
        retry_after_s: float | None,
        now_s: float,
        asked_at_s: float,
        random: Random,
    ) -> None:
        """A request that started at ``asked_at_s`` failed: learn about load and health, park if that is due.

        What was in flight together fails together: slots, pauses and parkings react once a round.
        """
        if failure in _ANSWERLESS:
            return
        if failure in _SHRINKING and asked_at_s >= self._shrunk_at_s:
            self._shrink(now_s)
        if failure is Failure.RATE_LIMITED:
            self._throttled(retry_after_s, now_s, asked_at_s, random)
        elif failure.fault is Fault.HOST:
            self.breaker.failure(now_s, asked_at_s, random)
            if retry_after_s is not None:
                self.breaker.park_until(now_s + retry_after_s)
        elif failure.fault is Fault.URL:
            self.answered()

    def _throttled(
        self, retry_after_s: float | None, now_s: float, asked_at_s: float, random: Random
    ) -> None:
        """429 means "later": obey in full, and without a time back off by ourselves."""
        self.breaker.answered = True
        if retry_after_s is not None:
            self.breaker.park_until(now_s + retry_after_s)
        if asked_at_s < self._throttled_at_s:
            return
        self._throttled_at_s = now_s
        if not retry_after_s:
            pause_s = min(LONGEST_THROTTLE_S, FIRST_THROTTLE_S * 2.0 ** min(self.throttles, 10))
            self.breaker.park_until(now_s + pause_s * random.uniform(0.8, 1.2))
        self.throttles += 1

    def _shrink(self, now_s: float) -> None:
        self._shrunk_at_s = now_s
        self.troubled = True
        self.slots = max(1.0, self.slots / 2)
