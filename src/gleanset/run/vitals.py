"""How workers fare, and how many requests may be under way while they fare so. Pure: time is an argument."""

from dataclasses import dataclass
from enum import Enum

MOST_LAG_S = 1.0
"""A loop that is away from its sockets for longer lets answers wait that have come."""
MOST_NAMES_WAITING = 512
"""Names that wait for a place in the resolver: twice what it asks for at once."""
MOST_FILES_SHARE = 0.95
"""Of the files that a process may have open."""
MOST_CHECK_MS = 5_000
"""Of work that waits for the user's check: leases must not expire while it thinks."""
MOST_MEMORY_SHARE = 0.9
"""Of what we hold and what is free, together: our part."""
ROUND_S = 3.0
"""After a cut, until the next: what was under way has to end before the cut can be felt."""
CALM_S = 5.0
"""Without a complaint, until concurrency grows again."""
RECOVERS_IN_S = 60.0
"""From nothing to all, in equal steps."""
FLOOR = 16
"""Requests under way that are always permitted: a machine that cannot bear so many needs a person."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """How one worker has fared since it last said so, about a second ago."""

    worker: int
    lag_s: float
    """The longest time that its loop was away from its sockets."""
    n_starved: int
    """How often no socket could be opened."""
    n_files: int
    """Open now; 0: not known."""
    most_files: int
    """That it may have open; 0: no limit is known."""
    rss_bytes: int
    """Memory that it holds; 0: not known."""
    names_on_wire: int
    names_waiting: int
    """Look-ups that wait for a place."""
    decoder_bytes: int
    """Bodies that wait to be decoded."""
    decoder_ms: int = 0
    """Work that waits with them, by what the user's check has taken so far; 0 where there is none."""


class Shortage(Enum):
    """What there is too little of: (word for the live view, share of the requests that stays)."""

    SOCKETS = ("sockets", 0.5)
    MEMORY = ("memory", 0.5)
    NAMES = ("names", 0.75)
    TIME = ("CPU time", 0.75)
    CHECK = ("time for your check", 0.75)

    def __init__(self, word: str, stays: float) -> None:
        self.word = word
        self.stays = stays


def shortage_of(vitals: Vitals) -> Shortage | None:
    """What a worker complains of, the worst first."""
    if vitals.n_starved or (vitals.most_files and vitals.n_files > vitals.most_files * MOST_FILES_SHARE):
        return Shortage.SOCKETS
    if vitals.names_waiting > MOST_NAMES_WAITING:
        return Shortage.NAMES
    if vitals.decoder_ms > MOST_CHECK_MS:
        return Shortage.CHECK
    return Shortage.TIME if vitals.lag_s > MOST_LAG_S else None


def memory_is_short(held_bytes: int, free_bytes: int | None) -> bool:
    """Whether what our processes hold leaves too little. ``free_bytes`` None: not known."""
    return free_bytes is not None and held_bytes > (held_bytes + free_bytes) * MOST_MEMORY_SHARE


class Throttle:
    """A ceiling for the requests under way: cut by a share when something is short, once a round and from
    what is really under way; grown back evenly when nothing has been for a while.
    """

    def __init__(self, most: int, now_s: float, begins: int | None = None) -> None:
        """``most``: what was chosen with ``--concurrency``; ``begins``: so many at first, where it is not
        known yet what can be borne; None: all.
        """
        self._most = most
        self._floor = min(FLOOR, most)
        self._limit = float(most if begins is None else min(begins, most))
        self._cut_at_s = float("-inf")
        self._short_at_s = float("-inf")
        self._grown_at_s = now_s
        self._shortage: Shortage | None = None

    @property
    def why(self) -> str:
        """What keeps concurrency down, in a word or two; empty: nothing does."""
        return "" if self._shortage is None else self._shortage.word

    def complain(self, shortage: Shortage, in_flight: int, now_s: float) -> None:
        """Something is short while ``in_flight`` requests are under way."""
        self._short_at_s = now_s
        if now_s - self._cut_at_s < ROUND_S:
            return
        self._cut_at_s = now_s
        self._shortage = shortage
        self._limit = max(self._floor, min(self._limit, in_flight) * shortage.stays)

    def limit(self, now_s: float) -> int:
        """How many requests may be under way now: never under the floor, never over what was chosen."""
        calm_since_s = max(self._short_at_s + CALM_S, self._grown_at_s)
        if now_s > calm_since_s:
            self._limit = min(self._most, self._limit + (now_s - calm_since_s) * self._most / RECOVERS_IN_S)
        self._grown_at_s = now_s
        if self._limit >= self._most:
            self._shortage = None
        return int(self._limit)
