"""Where a request may connect: which of a host's addresses, in which order, and how long each is given."""

from collections.abc import Sequence
from dataclasses import dataclass

Address = tuple[str, int]
"""IP address and port."""

MOST_TRIED = 4
"""Addresses of one host that one request tries. Whoever has more has them for balance, not for rescue."""


@dataclass(slots=True)
class Route:
    """The addresses that a request has left, and its time for connecting."""

    addresses: tuple[Address, ...]
    """Never empty; the one in use first."""
    by_s: float | None = None
    """When the handshakes have to be over, whichever address it takes; None: nothing was begun."""

    def begin(self, at_s: float, connect_timeout_s: float) -> float:
        """Try the first address. Returns the seconds that are left for its handshakes."""
        if self.by_s is None:
            self.by_s = at_s + connect_timeout_s
        return self.by_s - at_s

    def gives_way_s(self, at_s: float, connect_timeout_s: float) -> float | None:
        """When an address on which TCP does not come about leaves the turn to the next; None: it has none.

        With 5 s in all this is after 1.25 s: one lost SYN, which is sent again after 1 s (RFC 6298), is
        forgiven, and a host with one dead machine of two is late by no more.
        """
        return at_s + connect_timeout_s / MOST_TRIED if len(self.addresses) > 1 else None

    def next(self, at_s: float) -> str | None:
        """Go on to the next address, and say which one failed; None: no other is left, or no time for it."""
        if len(self.addresses) == 1 or (self.by_s is not None and at_s >= self.by_s):
            return None
        (failed, _), *_ = self.addresses
        self.addresses = self.addresses[1:]
        return failed


def to_one_of(answer: Sequence[str], port: int, leave: str | None) -> Route | None:
    """The route to a host that was found at ``answer``; None: the leave is for no address of it.

    ``leave``: as ``Order.address``.
    """
    if leave is None:
        wanted = answer
    elif leave in answer:
        wanted = (leave, *(address for address in answer if address != leave))
    else:
        return None
    return Route(tuple((address, port) for address in wanted[:MOST_TRIED]))
