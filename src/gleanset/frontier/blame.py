"""Whose fault it was: a host's, or our own network's."""

from collections.abc import Callable
from random import Random

from ..terms.outcome import Failed, Failure
from .host import Host
from .weather import TELLING, Weather

ASK_OTHERS_S = 90.0
"""While our own network is down, a host that did not answer a probe rests for so long: others are asked."""


_ANSWERED = frozenset(
    {
        Failure.PROTOCOL,
        Failure.EMPTY,
        Failure.TOO_LARGE,
        Failure.TOO_MANY_REDIRECTS,
        Failure.TLS,
        Failure.TOO_SLOW,
    }
)
"""Failures that somebody's bytes led to, even where no status was read."""


class Blame:
    """Tells hosts what they did. While it may be us, what was blamed on them can be taken back."""

    __slots__ = ("_charged", "_pardon", "_random", "_resting", "_suspects", "weather")

    def __init__(self, random: Random, pardon: Callable[[int], None]) -> None:
        """``pardon``: called with each candidate whose attempt was counted and should not have been."""
        self.weather = Weather()
        self._pardon = pardon
        self._random = random
        self._suspects: dict[int, tuple[Host, tuple[bool, int, int, float]]] = {}
        """Hosts that have failed since the last answer of anybody, with what their breakers knew before."""
        self._charged: list[int] = []
        """Candidates whose attempts were counted since then."""
        self._resting: list[Host] = []
        """Hosts that did not answer while our network was down."""

    @property
    def is_ours(self) -> bool:
        """Whether our own network is down, by all that is seen."""
        return self.weather.down_since_s is not None

    def hear(self, host: Host, failed: Failed | None, now_s: float, asked_at_s: float) -> list[Host]:
        """A host has answered, or failed. While our own network is down it is not blamed.

        Returns the hosts that may be asked again by that, since it was never their fault.
        """
        if failed is None:
            rested = self._answer(now_s)
            host.answered(now_s)
            return rested
        rested = []
        if failed.status is not None or failed.failure in _ANSWERED:
            rested = self._answer(now_s)
        elif failed.failure in TELLING:
            self._suspects.setdefault(host.id, (host, host.breaker.memory()))
            if self.weather.failure(host.id, host.breaker.answered, now_s):
                rested = self._forgive()
            if self.is_ours:
                host.pace.next_at_s = max(host.pace.next_at_s, now_s + ASK_OTHERS_S)
                self._resting.append(host)
                return rested
        host.failed(failed, now_s, asked_at_s, self._random)
        return rested

    def _answer(self, now_s: float) -> list[Host]:
        self.weather.answer()
        if self._suspects:
            self._suspects.clear()
            self._charged.clear()
        if not self._resting:
            return []
        rested, self._resting = self._resting, []
        for host in rested:
            host.pace.next_at_s = min(host.pace.next_at_s, now_s)
        return rested

    def _forgive(self) -> list[Host]:
        """It was us: breakers and candidates know no more of what was blamed on them on the way."""
        for host, memory in self._suspects.values():
            host.breaker.remember(memory)
        for candidate in self._charged:
            self._pardon(candidate)
        return [host for host, _ in self._suspects.values()]

    def counts(self, failed: Failed, was_ours: bool) -> bool:
        """Whether a failure costs an attempt; ``was_ours``: our network was down before it came."""
        if failed.failure not in TELLING or failed.status is not None:
            return True
        return not was_ours and not self.weather.doubtful

    def charge(self, candidate: int, failure: Failure) -> None:
        """The candidate's attempt was counted."""
        if failure in TELLING:
            self._charged.append(candidate)
