"""Is it them, or is it us? When everything fails at once, our own network is down.

Hosts die one by one. That many that have just answered fail in a row, and nobody answers in between, happens
only when the fault is here: nobody is charged for that, and others are asked until one answers.
"""

from ..terms.outcome import Failure

HOSTS = 20
"""Different hosts that fail without an answer in between, from which on it is us."""
ANSWERED = 3
"""How many of them must have answered before: lists are full of hosts that never do."""
NEVER_ANSWERED_S = 10.0
"""Where nobody has ever answered: how long nobody does, until it is us as well."""
FIRST_PROBE_S, LONGEST_PROBE_S = 5.0, 30.0
"""Pauses between the probes while it lasts; they grow by half."""
PROBES = 2
"""Hosts that are asked at a time."""

TELLING = frozenset(
    {Failure.NAME_TIMEOUT, Failure.REFUSED, Failure.CONNECT_TIMEOUT, Failure.RESET, Failure.TIMEOUT}
)
"""What a network that is down looks like. A name that does not exist is an answer of somebody's."""


class Weather:
    """Watches answers and failures of all hosts together."""

    __slots__ = (
        "_answered",
        "_failing",
        "_first_s",
        "_pause_s",
        "_probe_at_s",
        "down_since_s",
        "ever_answered",
    )

    def __init__(self) -> None:
        self.down_since_s: float | None = None
        """Since when our own network is down; None: it is not."""
        self.ever_answered = False
        self._failing: set[int] = set()
        """Hosts that have failed since the last answer of anybody."""
        self._answered = 0
        """How many of them have answered before."""
        self._first_s = 0.0
        self._pause_s = FIRST_PROBE_S
        self._probe_at_s = 0.0

    @property
    def doubtful(self) -> bool:
        """Whether it may be us: nothing that fails now is final."""
        return self.down_since_s is not None or self._answered >= ANSWERED

    @property
    def probe_at_s(self) -> float:
        """When somebody is to be asked while it lasts."""
        return self._probe_at_s

    def answer(self) -> None:
        """Somebody answered, whatever it was: the network is up."""
        self.ever_answered = True
        self.down_since_s = None
        self._pause_s = FIRST_PROBE_S
        if self._failing:
            self._failing.clear()
            self._answered = 0

    def failure(self, host: int, answered_before: bool, now_s: float) -> bool:
        """A host failed in a way that may be ours; whether that shows that our network is down."""
        if self.down_since_s is not None:
            return False
        if not self._failing:
            self._first_s = now_s
        if host not in self._failing:
            self._failing.add(host)
            self._answered += answered_before
        if len(self._failing) < HOSTS:
            return False
        silent = not self.ever_answered and now_s - self._first_s >= NEVER_ANSWERED_S
        if self._answered < ANSWERED and not silent:
            return False
        self.down_since_s = now_s
        self._probe_at_s = now_s + self._pause_s
        return True

    def probes(self, now_s: float) -> int:
        """How many requests may start now, while it lasts."""
        if now_s < self._probe_at_s:
            return 0
        self._probe_at_s = now_s + self._pause_s
        self._pause_s = min(LONGEST_PROBE_S, self._pause_s * 1.5)
        return PROBES
