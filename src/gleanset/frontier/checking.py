"""What always holds in a frontier. Raises AssertionError where it does not; for tests, and dear."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from .address import Address
from .leases import Leases
from .queues import DONE, LEASED, Cells
from .quota import ClassState, QuotaBook
from .roster import Roster


def check_book(book: QuotaBook, cells: Cells, label: NDArray[np.int32]) -> None:
    """Quotas are exact, and every candidate is counted where it stands."""
    for c in range(len(book.most)):
        assert book.accepted[c] <= book.most[c], f"class {c} has more images than its quota"
        assert book.left[c] >= 0, f"class {c} has a negative supply"
        assert book.accepted[c] >= 0, f"class {c} has a negative count"
    open_states = sum(s is ClassState.OPEN for s in book.state)
    assert open_states == book.open_classes, "open classes are miscounted"
    states = np.frombuffer(bytes(cells.state), dtype=np.uint8)
    undecided = np.bincount(label[states != DONE], minlength=len(book.most))
    assert undecided.tolist() == book.left, "supply is miscounted"


def check_requests(leases: Leases, roster: Roster, cells: Cells, addresses: Iterable[Address]) -> None:
    """What is in flight is counted by its host and by its address, and neither is over its ceiling."""
    assert sum(s == LEASED for s in cells.state) == len(leases), "a candidate is leased that has no lease"
    at_host = Counter(granted.lease.host for granted in leases.granted())
    there = Counter(id(granted.address) for granted in leases.granted())
    for host in roster:
        assert host.in_flight == at_host[host.id], f"host {host.id} miscounts its requests"
        assert host.in_flight <= max(1, host.ceiling), f"host {host.id} is over its ceiling"
    for address in addresses:
        assert address.in_flight == there[id(address)], "an address miscounts its requests"
        assert address.in_flight <= address.ceiling, "an address is over its ceiling"
