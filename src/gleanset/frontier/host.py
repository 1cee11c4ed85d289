"""One politeness group: how many requests it takes at once, and when the next may start."""

from dataclasses import dataclass
from math import inf
from random import Random

from ..terms.knowledge import HostRecord
from ..terms.outcome import Failed, Failure, Fault
from .breaker import Breaker
from .pace import Pace
from .yields import HostYield, KindYield

FIRST_SLOTS = 2.0
FIRST_THROTTLE_S = 2.0
LONGEST_THROTTLE_S = 300.0
THROTTLE_REQUESTS = 4
"""A 429 without a time costs a pause of so many requests at the new rate, at most ``FIRST_THROTTLE_S``."""
HORIZON_S = 6 * 3600.0
"""A Retry-After beyond this is not waited for in this run."""
SILENT_CHANCE = 0.01
"""That a host brings an image which did not answer when it was asked. Its class hardly counts on it."""
SILENT = 0.1
"""Of its score is what a host keeps that has never answered when it was asked."""
UNAVAILABLE = 503
QUICK = 0.9
"""Of the slots at the last trouble: so far one more slot for each answer, then one for each round of them."""
_SHRINKING = frozenset({Failure.RATE_LIMITED, Failure.CONNECT_TIMEOUT, Failure.RESET})
_ANSWERLESS = frozenset({Failure.BLOCKED_ADDRESS, Failure.BAD_URL, Failure.NAME_NOT_FOUND, Failure.OPTED_OUT})
"""Without a status, the host was not asked for these: they say nothing about it."""


@dataclass(frozen=True, slots=True)
class HostPrior:
    """What is known of a politeness group before it is asked."""

    kind: int = 0
    """Which ``KindYield`` it belongs to: OTHER, FLICKR or CDN (see ``yields``)."""
    ceiling: int = 8
    """Requests at the same time, at most."""
    tries: float = 0.0
    """Earlier experience, faded: tries, successes, and the time they took together."""
    successes: float = 0.0
    seconds_s: float = 0.0
    rate_per_s: float | None = None
    """Requests a second that it bore without a 429; None: no bound was met."""

    @classmethod
    def of(cls, kind: int, ceiling: int, known: HostRecord | None) -> "HostPrior":
        """``known``: what earlier runs learned of the group; None: nothing."""
        if known is None:
            return cls(kind, ceiling)
        return cls(kind, ceiling, known.tries, known.successes, known.seconds_s, known.rate_per_s)


class Host:
    """Slots grow by one per answer up to where the last trouble was, then by one per round; they halve on
    429, 503, connect timeouts and resets (AIMD). Beside them ``pace`` bounds the rate. A host that never
    answered has a single slot, and a parked one none. ``in_flight <= ceiling`` holds always.
    """

    __slots__ = (
        "_good_slots",
        "_shrunk_at_s",
        "_throttled_at_s",
        "breaker",
        "ceiling",
        "cells",
        "hangs",
        "id",
        "in_flight",
        "offered",
        "pace",
        "returns_at_s",
        "slots",
        "throttles",
        "touched",
        "waits_for_address",
        "yields",
    )

    def __init__(self, host_id: int, prior: HostPrior, kind: KindYield) -> None:
        self.id = host_id
        self.ceiling = prior.ceiling
        self.slots = min(FIRST_SLOTS, float(prior.ceiling))
        self._good_slots = inf
        """Slots at the last trouble: up to nearly so many they grow quickly, since one URL of a hundred is
        broken on its own account; beyond, slowly. Trouble on the way there lowers it.
        """
        self._shrunk_at_s = -inf
        self._throttled_at_s = -inf
        self.in_flight = 0
        self.throttles = 0
        """429 answers since the last other one."""
        self.breaker = Breaker()
        self.pace = Pace(prior.rate_per_s)
        self.yields = HostYield(kind, prior.tries, prior.successes, prior.seconds_s)
        self.cells: list[tuple[float, int]] = []
        """Heap of (urgency, cell) that this host could serve."""
        self.touched = False
        """Whether it was given its cells."""
        self.offered = False
        """Whether it stands in the frontier's queue of ready hosts."""
        self.hangs = False
        """Whether it has never answered, and its first request does not come home."""
        self.returns_at_s = -inf
        """When its latest timer brings it back; a moment that has passed: none does. A pardon may bring the
        host back sooner than an earlier timer would, so another moment is another timer."""
        self.waits_for_address = False
        """Whether its address has no place for it now."""

    def free_slots(self, now_s: float) -> int:
        """How many requests may start now."""
        if now_s < self.breaker.parked_until_s or now_s < self.pace.next_at_s or self.waits_for_address:
            return 0
        if not self.breaker.answered or self.breaker.half_open:
            return 1 - self.in_flight
        return int(self.slots) - self.in_flight

    @property
    def ready_at_s(self) -> float:
        """The moment until which it may not be asked, whatever its slots."""
        return max(self.breaker.parked_until_s, self.pace.next_at_s)

    @property
    def is_silent(self) -> bool:
        """Whether it was asked and has never answered: hardly any such host ever does."""
        return not self.breaker.answered and (self.hangs or self.breaker.failures > 0)

    @property
    def chance(self) -> float:
        """The probability that the next try brings an image."""
        return SILENT_CHANCE if self.is_silent else self.yields.chance

    @property
    def score(self) -> float:
        """What a slot is worth here, in images a second."""
        return SILENT * self.yields.score if self.is_silent else self.yields.score

    def keeps_waiting(self, waited_s: float) -> None:
        """A request has been without an answer for so long. A host that never answered counts as one of its
        kind that brings nothing, until it does: otherwise only those would count that fail fast.
        """
        if not self.breaker.answered and not self.hangs:
            self.hangs = True
            self.yields.kind.add(1.0, 0.0, waited_s)

    def started(self, now_s: float) -> None:
        """A request starts."""
        self.in_flight += 1
        self.pace.started(now_s)

    def answered(self, now_s: float) -> None:
        """A response came that is not about load: grow, if the slots were in use."""
        busy = (self.in_flight + 1) * 2 >= self.slots
        self.throttles = 0
        self.pace.answered(now_s)
        if self.breaker.answered and not self.breaker.half_open and busy:
            step = 1.0 if self.slots < QUICK * self._good_slots else 1.0 / self.slots
            self.slots = min(float(self.ceiling), self.slots + step)
        self.breaker.success()

    def failed(self, failed: Failed, now_s: float, asked_at_s: float, random: Random) -> None:
        """A request that started at ``asked_at_s`` failed: learn about load and health, park if that is due.

        What was in flight together fails together: slots, pauses and parkings react once a round.
        """
        failure = failed.failure
        if failure in _ANSWERLESS and failed.status is None:
            return
        if (failure in _SHRINKING or failed.status == UNAVAILABLE) and asked_at_s >= self._shrunk_at_s:
            self._shrink(now_s)
            if failure is Failure.RATE_LIMITED:
                self.pace.refused(now_s)
        if failure is Failure.RATE_LIMITED:
            self._throttled(failed.retry_after_s, now_s, asked_at_s, random)
        elif failure.fault is Fault.HOST:
            self.breaker.answered = self.breaker.answered or failed.status is not None
            self.breaker.failure(now_s, asked_at_s, random)
            if failed.retry_after_s is not None:
                self.breaker.park_until(now_s + failed.retry_after_s)
        elif failure.fault is Fault.URL:
            self.answered(now_s)

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
            first_s = min(FIRST_THROTTLE_S, THROTTLE_REQUESTS / self.pace.per_s)
            pause_s = min(LONGEST_THROTTLE_S, first_s * 2.0 ** min(self.throttles, 10))
            self.breaker.park_until(now_s + pause_s * random.uniform(0.8, 1.2))
        self.throttles += 1

    def _shrink(self, now_s: float) -> None:
        """Slots are halved, once a round."""
        self._shrunk_at_s = now_s
        self._good_slots = self.slots
        self.slots = max(1.0, self.slots / 2)
