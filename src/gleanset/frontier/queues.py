"""Candidates in cells: one queue for each class at each host, in the pool's seeded order."""

from array import array
from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

WAITING = 0
LEASED = 1
BACKOFF = 2
DONE = 3


class Cells:
    """The queues of all (class, host) pairs, flat in memory: 9 bytes a candidate and 24 a cell.

    Cells of one host are neighbours. A candidate that comes back (a retry, a redirect) goes to the
    front of its cell; a redirect may make a cell that the list did not have.
    """

    def __init__(self, label: NDArray[np.int32], host: NDArray[np.int32], n_hosts: int) -> None:
        """``label`` and ``host``: (n,) int32, class and politeness group of each candidate, in pool order."""
        n = len(label)
        order = np.lexsort((label, host)).astype(np.int32)
        by_host, by_label = host[order], label[order]
        fresh = np.ones(n, dtype=bool)
        fresh[1:] = (by_host[1:] != by_host[:-1]) | (by_label[1:] != by_label[:-1])
        first = np.flatnonzero(fresh)
        cell_of = np.empty(n, dtype=np.int32)
        cell_of[order] = np.cumsum(fresh, dtype=np.int32) - 1
        self._queue = array("i", order.tobytes())
        self._cursor = array("q", first.astype(np.int64).tobytes())
        self._end = array("q", np.append(first[1:], n).astype(np.int64).tobytes() if n else b"")
        self.label = array("i", by_label[first].astype(np.int32).tobytes())
        self.host = array("i", by_host[first].astype(np.int32).tobytes())
        self._of = array("i", cell_of.tobytes())
        starts = np.searchsorted(by_host[first], np.arange(n_hosts + 1))
        self._host_cells = array("q", starts.astype(np.int64).tobytes())
        self._n_hosts = n_hosts
        self._front: dict[int, deque[int]] = {}
        self._made: dict[tuple[int, int], int] = {}
        self._moved: dict[int, int] = {}
        self.state = bytearray(n)
        """Of each candidate: WAITING, LEASED, BACKOFF or DONE."""

    def of(self, candidate: int) -> int:
        """The cell that a candidate belongs to now."""
        return self._moved.get(candidate, self._of[candidate])

    def at_host(self, host: int) -> Iterator[int]:
        """The cells that the list gave to a host."""
        if host >= self._n_hosts:
            return iter(())
        return iter(range(self._host_cells[host], self._host_cells[host + 1]))

    def peek(self, cell: int) -> int | None:
        """The next waiting candidate of a cell, which stays there; None: there is none."""
        state = self.state
        front = self._front.get(cell)
        while front:
            if state[front[0]] == WAITING and self.of(front[0]) == cell:
                return front[0]
            front.popleft()
        if front is not None:
            del self._front[cell]
        cursor, end, queue = self._cursor[cell], self._end[cell], self._queue
        while cursor < end:
            candidate = queue[cursor]
            if state[candidate] == WAITING and candidate not in self._moved:
                self._cursor[cell] = cursor
                return candidate
            cursor += 1
        self._cursor[cell] = cursor
        return None

    def take_out(self, candidate: int) -> None:
        """A candidate's fate is decided."""
        self.state[candidate] = DONE
        self._moved.pop(candidate, None)

    def __len__(self) -> int:
        """How many cells there are."""
        return len(self._cursor)

    def give_back(self, candidate: int) -> int:
        """A candidate waits again, first in its cell; returns that cell."""
        cell = self.of(candidate)
        self.state[candidate] = WAITING
        self._front.setdefault(cell, deque()).appendleft(candidate)
        return cell

    def put(self, candidate: int, cell: int) -> None:
        """The candidate belongs to ``cell`` (again)."""
        if self._of[candidate] == cell:
            self._moved.pop(candidate, None)
        else:
            self._moved[candidate] = cell

    def move(self, candidate: int, label: int, host: int) -> int:
        """A redirect led to another host: the candidate waits there, first in its cell; returns that."""
        cell = self._made.get((label, host))
        if cell is None:
            cell = len(self._cursor)
            self._made[label, host] = cell
            self._cursor.append(0)
            self._end.append(0)
            self.label.append(label)
            self.host.append(host)
        self._moved[candidate] = cell
        return self.give_back(candidate)
