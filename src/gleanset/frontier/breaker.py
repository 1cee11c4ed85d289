"""A circuit breaker by consecutive failures: parks a host, never purges it."""

from random import Random

NEVER_ANSWERED_LIMIT = 3
"""Failures at which a host that never answered parks (it had one slot, so it cost three requests)."""
ANSWERED_LIMIT = 5
"""Failures in a row at which a host that has answered before parks (Nutch and Envoy use 5 as well)."""
FIRST_PAUSE_S = 60.0
LONGEST_PAUSE_S = 3600.0


class Breaker:
    """Counts the faults of one host in a row. Closed: the host may be asked; parked: not before
    ``parked_until_s``; after that half-open: one probe, whose failure parks it for twice as long.
    """

    __slots__ = ("_parked_at_s", "answered", "failures", "parked_until_s", "parks")

    def __init__(self) -> None:
        self.answered = False
        """Whether this host has ever sent an HTTP response, be it an error page."""
        self.failures = 0
        """Faults of the host since its last answer."""
        self.parks = 0
        """Times it was parked since its last answer."""
        self.parked_until_s = float("-inf")
        self._parked_at_s = float("-inf")

    def parked(self, now_s: float) -> bool:
        return now_s < self.parked_until_s

    @property
    def half_open(self) -> bool:
        """Whether the next request is a probe: parked before, not answered since."""
        return self.parks > 0

    def success(self) -> None:
        """The host answered, whatever it said."""
        self.answered = True
        self.failures = 0
        self.parks = 0

    def failure(self, now_s: float, asked_at_s: float, random: Random) -> bool:
        """The host was at fault; whether it is parked by that.

        A request that started (``asked_at_s``) before the last parking tells nothing new: a moment's trouble
        that hits all that is in flight is one failed round, not many failed probes.
        """
        if asked_at_s < self._parked_at_s:
            return False
        self.failures += 1
        limit = ANSWERED_LIMIT if self.answered else NEVER_ANSWERED_LIMIT
        if not self.half_open and self.failures < limit:
            return False
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(self.parks, 10)) * random.uniform(0.5, 1.5)
        self.parks += 1
        self._parked_at_s = now_s
        self.park_until(now_s + pause_s)
        return True

    def memory(self) -> tuple[bool, int, int, float]:
        """All that it knows, for ``remember``."""
        return self.answered, self.failures, self.parks, self.parked_until_s

    def remember(self, memory: tuple[bool, int, int, float]) -> None:
        """Know what it knew then: what came after was not the host's fault."""
        self.answered, self.failures, self.parks, self.parked_until_s = memory
        self._parked_at_s = float("-inf")

    def park_until(self, until_s: float) -> None:
        """Leave the host alone until ``until_s``; an earlier moment changes nothing."""
        self.parked_until_s = max(self.parked_until_s, until_s)
