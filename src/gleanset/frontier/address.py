"""One IP address: thousands of sites may share it, and together they ask no more of it than it bears."""

from itertools import islice

from .host import Host

SHARE = 4
"""Ceilings of a host that an address has as its own: CDNs serve thousands of sites from one."""


class Address:
    """Counts what is in flight to one address. ``in_flight <= ceiling`` holds always."""

    __slots__ = ("ceiling", "in_flight", "waiting")

    def __init__(self) -> None:
        self.ceiling = 0
        self.in_flight = 0
        self.waiting: dict[int, Host] = {}
        """Hosts that were turned away while it was full, by number, each once, the first to come first."""

    def admit(self, host: Host) -> bool:
        """Whether one more request, of this host, may go there now; else the host waits for a place."""
        self.ceiling = max(self.ceiling, SHARE * host.ceiling)
        if self.in_flight >= self.ceiling:
            host.waits_for_address = True
            self.waiting[host.id] = host
            return False
        self.in_flight += 1
        return True

    def leave(self) -> list[Host]:
        """A request is over; the hosts that may try now, if some were turned away: as many as there are
        places, and all of them once nobody is there any more, since not every one will come.
        """
        self.in_flight -= 1
        if not self.waiting:
            return []
        n = self.ceiling - self.in_flight if self.in_flight else len(self.waiting)
        called = list(islice(self.waiting.values(), n))
        for host in called:
            host.waits_for_address = False
            del self.waiting[host.id]
        return called
