"""How long a collection waits when nothing is under way, and when it gives up."""

from dataclasses import dataclass

from ..frontier import Frontier

TURN_S = 0.25
"""The longest wait in one turn, so that a stop is noticed and the view stays alive."""


@dataclass(frozen=True, slots=True)
class Patience:
    """When to stop waiting."""

    parked_s: float = 300.0
    """How long parked hosts are waited for when nothing else is left."""
    down_s: float = 6 * 3600.0
    """How long it is waited for our own network when everything fails at once."""
    limit_s: float | None = None
    """``--time-limit``, from the start of this run."""


class Quiet:
    """A spell in which nothing is under way: since when, and how long it may last."""

    def __init__(self, patience: Patience, frontier: Frontier) -> None:
        self._patience = patience
        self._frontier = frontier
        self._since_s: float | None = None
        self._wake_at_s: float | None = None
        """When the frontier said that something may come; asked once a spell, for it is dear."""

    def end(self) -> None:
        """Something is under way again, or may be."""
        self._since_s = None

    def wait_s(self, now_s: float) -> float | None:
        """How long nothing can happen; None: nothing will, or not soon enough."""
        if self._since_s is None:
            self._since_s, self._wake_at_s = now_s, None
        if self._wake_at_s is None or self._wake_at_s <= now_s:
            self._wake_at_s = self._frontier.wake_at(now_s)
        if self._wake_at_s is None or self._wake_at_s - self._counts_since_s > self._longest_s:
            return None
        return max(0.0, self._wake_at_s - now_s)

    @property
    def _counts_since_s(self) -> float:
        """Since when it is waited; where our own network is down, since that began."""
        down_since_s = self._frontier.down_since_s
        return down_since_s if down_since_s is not None else self._since_s or 0.0

    @property
    def _longest_s(self) -> float:
        return self._patience.parked_s if self._frontier.down_since_s is None else self._patience.down_s
