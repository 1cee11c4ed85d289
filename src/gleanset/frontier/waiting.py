"""Where waiting candidates stand, and which goes next.

A cell (one class at one host) with anything waiting stands in exactly one place:

``SERVED``   in its host's heap, by urgency of the class. A host that has such cells and a free slot stands
             in the queue of ready hosts, by expected images per second; a parked or busy one comes back when
             it is free.
``ASIDE``    with its class, by the host's score, because what is in flight covers the class's need. When the
             class needs more (it is *in need* then), its best cells go back to their hosts.
``NOWHERE``  a cell without waiting candidates. ``bring_in`` puts it back when it gets one.

So nothing is ever scanned: a lease and its settlement cost a few heap operations.
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from math import inf

from .host import Host
from .queues import Cells
from .quota import QuotaBook
from .roster import Roster

NOWHERE, SERVED, ASIDE = 0, 1, 2


class Waiting:
    """Finds the next candidate: the best ready host serves the most urgent class that it can."""

    def __init__(self, cells: Cells, book: QuotaBook, roster: Roster, n_classes: int) -> None:
        self._cells = cells
        self._book = book
        self._roster = roster
        self._place = bytearray(len(cells))
        self._ready: list[tuple[float, int]] = []
        """Heap of (-score, host); a host stands in it once (``Host.offered``)."""
        self._aside: list[list[tuple[float, int]]] = [[] for _ in range(n_classes)]
        """Per class: heap of (-score, cell)."""
        self._in_need: set[int] = set()
        """Classes that have cells aside and places that are not covered."""
        self._returns: list[tuple[float, int]] = []
        """Heap of (moment, host): parked and paced hosts come back (``Host.returns_at_s``)."""

    # The next one

    def next(self, now_s: float) -> tuple[Host, int, int] | None:
        """(host, cell, candidate) that should be asked next; None: nobody can be asked now."""
        while True:
            host = self._next_host(now_s)
            if host is None:
                if not self._bring_one_back(now_s):
                    return None
                continue
            served = self._serve(host)
            if served is not None:
                return host, *served

    def cover_needs(self, now_s: float) -> None:
        """Bring back as many cells of each class in need as could cover it."""
        for c in tuple(self._in_need):
            need, aside = self._book.budget(c), self._aside[c]
            while need > 0 and aside:
                need -= self._bring_back(aside, now_s).chance
            if not aside or self._book.budget(c) <= 0:
                self._in_need.discard(c)

    def _next_host(self, now_s: float) -> Host | None:
        """The best host with a free slot, taken out of the queue."""
        ready = self._ready
        while True:
            if self._roster.best_untouched > (-ready[0][0] if ready else float("-inf")):
                host = self.touch(self._roster.next_untouched())
            elif ready:
                host = self._roster.get(heappop(ready)[1])
            else:
                return None
            host.offered = False
            if host.cells and host.free_slots(now_s) > 0:
                return host
            self.offer(host, now_s)

    def touch(self, host: Host) -> Host:
        """Give a host the cells that the list has for it, at its first use."""
        if not host.touched:
            host.touched = True
            for cell in self._cells.at_host(host.id):
                self._serve_later(host, cell)
        return host

    def _serve(self, host: Host) -> tuple[int, int] | None:
        """(cell, candidate) of the most urgent class at a host; cells of covered classes go aside."""
        while host.cells:
            cell = heappop(host.cells)[1]
            self._place[cell] = NOWHERE
            candidate = self._cells.peek(cell)
            if candidate is None:
                continue
            c = self._cells.label[cell]
            if self._book.budget(c) > 0:
                return cell, candidate
            self._place[cell] = ASIDE
            heappush(self._aside[c], (-host.score, cell))
        return None

    def _bring_one_back(self, now_s: float) -> bool:
        """Nothing is ready: bring back cells of classes in need until a host is; whether one is."""
        for c in tuple(self._in_need):
            aside = self._aside[c]
            while aside and self._book.budget(c) > 0:
                if self._bring_back(aside, now_s).offered:
                    return True
            self._in_need.discard(c)
        return False

    def _bring_back(self, aside: list[tuple[float, int]], now_s: float) -> Host:
        cell = heappop(aside)[1]
        self._place[cell] = NOWHERE
        host = self.touch(self._roster.get(self._cells.host[cell]))
        self._serve_later(host, cell)
        self.offer(host, now_s)
        return host

    # What changes

    def bring_in(self, cell: int, now_s: float) -> None:
        """A cell has something (more): its host may serve it."""
        if cell >= len(self._place):
            self._place.extend(bytes(cell + 1 - len(self._place)))
        host = self.touch(self._roster.get(self._cells.host[cell]))
        if self._place[cell] == NOWHERE:
            self._serve_later(host, cell)
        self.offer(host, now_s)
        self.note_need(self._cells.label[cell])

    def _serve_later(self, host: Host, cell: int) -> None:
        self._place[cell] = SERVED
        heappush(host.cells, (-self._book.urgency(self._cells.label[cell]), cell))

    def offer(self, host: Host, now_s: float) -> None:
        """Stand in the queue of ready hosts, if there is anything to serve and a slot to serve it; one that
        may not be asked yet comes back by a timer.
        """
        if host.offered or not host.cells:
            return
        if host.free_slots(now_s) > 0:
            host.offered = True
            heappush(self._ready, (-host.score, host.id))
        elif host.ready_at_s > now_s and host.returns_at_s != host.ready_at_s:
            host.returns_at_s = host.ready_at_s
            heappush(self._returns, (host.ready_at_s, host.id))

    def bring_home(self, now_s: float) -> None:
        """Hosts whose parking or pause is over may be asked again."""
        while self._returns and self._returns[0][0] <= now_s:
            self.offer(self._roster.get(heappop(self._returns)[1]), now_s)

    @property
    def next_return_s(self) -> float:
        """When the next host comes back; infinite: none does."""
        return self._returns[0][0] if self._returns else inf

    def returns(self) -> Iterator[tuple[float, Host]]:
        """(moment, host) of all that come back, in no order; a host may be there twice."""
        return ((moment, self._roster.get(host)) for moment, host in self._returns)

    def note_need(self, c: int) -> None:
        """A class may need more than it did."""
        if self._aside[c] and self._book.budget(c) > 0:
            self._in_need.add(c)

    def can_serve(self, host: Host) -> bool:
        """Whether a host has a waiting candidate of a class that needs one."""
        return any(
            self._book.budget(self._cells.label[cell]) > 0 and self._cells.peek(cell) is not None
            for _, cell in host.cells
        )

    def check(self, now_s: float) -> None:
        """Raise AssertionError where a cell stands in a wrong place, or a free host is not ready."""
        for host in self._roster:
            for _, cell in host.cells:
                assert self._place[cell] == SERVED, f"cell {cell} is at its host, and not marked so"
            if host.touched and host.cells and host.free_slots(now_s) > 0:
                assert host.offered, f"host {host.id} is free and has work, but is not ready"
            for cell in self._cells.at_host(host.id) if host.touched else ():
                waits = self._cells.peek(cell) is not None
                assert not waits or self._place[cell] != NOWHERE, f"cell {cell} is forgotten"
        for c, aside in enumerate(self._aside):
            for _, cell in aside:
                assert self._place[cell] == ASIDE, f"cell {cell} is aside, and not marked so"
            if aside and self._book.budget(c) > 0:
                assert c in self._in_need, f"class {c} is in need, and nobody knows"
