"""The leases that are out: when each is late, when it is overdue, what it counts for."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

from ..terms.outcome import Lease
from .address import Address


@dataclass(slots=True)
class Granted:
    """What is remembered of a lease."""

    lease: Lease
    cell: int
    chance: float
    """What its class expects of it; 0 once it is late."""
    address: Address | None = None
    """Where it goes, once that is known."""


class Leases:
    """By candidate: a candidate has one lease at a time. A serial that does not match is a ghost's."""

    def __init__(self) -> None:
        self._out: dict[int, Granted] = {}
        self._expiries: list[tuple[float, int, int]] = []
        """Heap of (moment, candidate, serial)."""
        self._on_time: deque[tuple[float, int, int]] = deque()
        """(moment from which it is late, candidate, serial), in the order of granting."""
        self._serial = 0

    def next_serial(self) -> int:
        self._serial += 1
        return self._serial

    def add(self, granted: Granted, late_at_s: float) -> None:
        lease = granted.lease
        self._out[lease.candidate] = granted
        heappush(self._expiries, (lease.expires_at_s, lease.candidate, lease.serial))
        self._on_time.append((late_at_s, lease.candidate, lease.serial))

    def get(self, candidate: int, serial: int) -> Granted | None:
        """The lease of that number, if it is out."""
        granted = self._out.get(candidate)
        return granted if granted is not None and granted.lease.serial == serial else None

    def of(self, candidate: int) -> Granted:
        """The lease of a candidate that has one."""
        return self._out[candidate]

    def pop(self, candidate: int) -> Granted:
        """The lease is over."""
        return self._out.pop(candidate)

    def overdue(self, now_s: float) -> list[int]:
        """Serials of those that nobody settled in time, each said once."""
        serials = []
        while self._expiries and self._expiries[0][0] <= now_s:
            _, candidate, serial = heappop(self._expiries)
            if self.get(candidate, serial) is not None:
                serials.append(serial)
        return serials

    def late(self, now_s: float) -> Iterator[Granted]:
        """Those that became late, each once."""
        while self._on_time and self._on_time[0][0] <= now_s:
            _, candidate, serial = self._on_time.popleft()
            granted = self.get(candidate, serial)
            if granted is not None:
                yield granted

    @property
    def next_expiry_s(self) -> float | None:
        """When the next one is overdue; None: none will be (as far as is known)."""
        if not self._expiries or self._expiries[0][1] not in self._out:
            return None
        return self._expiries[0][0]

    def __contains__(self, candidate: int) -> bool:
        return candidate in self._out

    def __iter__(self) -> Iterator[int]:
        return iter(self._out)

    def __len__(self) -> int:
        return len(self._out)

    def granted(self) -> Iterator[Granted]:
        return iter(self._out.values())
