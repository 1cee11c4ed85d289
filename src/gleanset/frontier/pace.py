"""How many requests a second a host bears: learned from its 429s, beside the slots.

Free until the first 429. Each 429 halves the rate, and what was answered since the 429 before it tells what
the host bears: between two moments at which an allowance was used up it gave exactly what it gives. The rate
returns quickly to ``HOLD`` of that, stays a while, and is then tried upwards in small steps.
"""

from math import inf

HOLD = 0.95
"""Of the rate that is borne: where recovery ends and careful steps begin."""
HELD, HELD_S = 60, 6.0
"""Answers and seconds for which that holds before more is tried."""
STEP, STEP_ANSWERS, STEP_S = 0.01, 10, 1.0
"""The smallest step upwards, as a share of the rate, and how long each is tried."""
APPROACH = 0.25
"""Of the way to the rate that was refused last: the largest step below it."""
LARGEST_STEP = 0.25
SEARCH = 2.0
"""By which the rate grows while nothing is known of what the host bears."""
RECOVERY, RECOVERY_S = 3, 1.0
"""Answers and seconds that are spent at the half after a 429."""
TELLING = 5
"""Answers between two 429s from which their rate is believed; fewer are counted on."""
SLOWEST_PER_S = 1 / 300
FIRST_PER_S = 1.0
"""Of a host whose very first answers are 429."""
CATCH_UP_S = 0.02
"""An engine that comes late may start what it missed in so long; more would be a burst."""


class Pace:
    """The learned rate of one host: told of starts, answers and 429s, it says when the next may start."""

    __slots__ = (
        "_answers",
        "_calm",
        "_changed_s",
        "_held_per_s",
        "_refused_per_s",
        "_since_s",
        "good_per_s",
        "next_at_s",
        "per_s",
    )

    def __init__(self, good_per_s: float | None = None) -> None:
        """``good_per_s``: a rate that it bore in an earlier run; None: no bound was met."""
        self.good_per_s = good_per_s
        """What the host bears; None: not known."""
        self.per_s = inf if good_per_s is None else HOLD * good_per_s
        """Requests a second that may start; infinite: the slots alone decide."""
        self.next_at_s = -inf
        self._refused_per_s = inf
        """The rate that met a 429 last."""
        self._calm = 0
        """Answers since the rate last changed, and since when."""
        self._changed_s = -inf
        self._answers = 0
        """Answers since the last 429 (or the first answer), and since when."""
        self._since_s = -inf
        self._held_per_s = 0.0
        """The last rate that earned a step since the last 429."""

    def started(self, now_s: float) -> None:
        """A request starts."""
        if self.per_s < inf:
            self.next_at_s = max(self.next_at_s, now_s - CATCH_UP_S) + 1.0 / self.per_s

    def answered(self, now_s: float) -> None:
        """An answer came that was no 429."""
        if self._since_s == -inf:
            self._since_s = now_s
        self._answers += 1
        if self.per_s == inf:
            return
        self._calm += 1
        calm_s, good_per_s = now_s - self._changed_s, self.good_per_s
        if good_per_s is not None and self.per_s < HOLD * good_per_s:
            if self._calm >= RECOVERY and calm_s >= RECOVERY_S:
                self._set(HOLD * good_per_s, now_s)
        elif good_per_s is None:
            if self._calm >= STEP_ANSWERS and calm_s >= STEP_S:
                self._held_per_s = self.per_s
                self._set(self.per_s * SEARCH, now_s)
        elif self._calm >= HELD + STEP_ANSWERS and calm_s >= HELD_S + STEP_S:
            self._step_up(now_s)

    def refused(self, now_s: float) -> None:
        """A first 429, or the first one to a request that started after the last: the rate is halved."""
        borne_per_s = self._answers / max(now_s - self._since_s, 0.02) if self._answers else 0.0
        first = self.per_s == inf
        if first:
            self._refused_per_s = borne_per_s if self._answers > 1 else 2 * FIRST_PER_S
        else:
            self._refused_per_s = self.per_s
            if self.good_per_s is not None:
                self.good_per_s = min(self.good_per_s, self.per_s)
        told = self._answers >= TELLING
        if told and not first:
            self.good_per_s = self._told_per_s(min(borne_per_s, self.per_s))
        if told or first:
            self._answers, self._since_s, self._held_per_s = 0, now_s, 0.0
        self.next_at_s = now_s
        self._set(self._refused_per_s / 2, now_s)

    def _told_per_s(self, borne_per_s: float) -> float:
        """What a 429 tells. ``borne_per_s`` is too low where an allowance ran over during a pause, and the
        rate that held is too high where savings were spent: the truth lies between.
        """
        return (borne_per_s + max(borne_per_s, self._held_per_s)) / 2

    def _step_up(self, now_s: float) -> None:
        """A step that the last one has earned. Below the refused rate they shrink, beyond it they grow."""
        gap = (self._refused_per_s - self.per_s) / self.per_s
        step = APPROACH * gap if gap > 0 else -gap
        self._held_per_s = self.per_s
        self.per_s *= 1.0 + min(LARGEST_STEP, max(STEP, step))
        self._calm, self._changed_s = HELD, now_s - HELD_S

    def _set(self, per_s: float, now_s: float) -> None:
        self.per_s = max(SLOWEST_PER_S, per_s)
        self._calm, self._changed_s = 0, now_s
