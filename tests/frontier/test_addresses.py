"""A thousand names may share one address, which is not asked by all of them at once."""

from collections.abc import Callable

from gleanset.frontier import HostPrior
from gleanset.frontier.address import Address
from gleanset.frontier.host import Host
from gleanset.frontier.yields import KindYield
from gleanset.terms.outcome import Failed, Failure

from .conftest import Desk, exactly


def test_a_thousand_names_on_one_address_share_its_ceiling(desk: Callable[..., Desk]) -> None:
    """The ceiling of an address is four times that of a host."""
    crowd = desk([(0, h) for h in range(1000)], [exactly(1000)])
    placed = 0
    for lease in crowd.lease():
        if crowd.frontier.locate(lease.candidate, lease.serial, "192.0.2.1"):
            placed += 1
        else:
            crowd.frontier.release(lease.candidate, crowd.now_s)
    crowd.frontier.check()
    assert placed == 4 * 8
    assert crowd.lease() == [], "those that were turned away wait for a place"


def test_a_place_that_becomes_free_is_for_a_host_that_was_turned_away(desk: Callable[..., Desk]) -> None:
    """Otherwise hosts on a crowded address would be forgotten."""
    crowd = desk([(0, h) for h in range(40)], [exactly(40)], priors=[HostPrior(0, 1)] * 40)
    inside = []
    for lease in crowd.lease():
        if crowd.frontier.locate(lease.candidate, lease.serial, "192.0.2.1"):
            inside.append(lease)
        else:
            crowd.frontier.release(lease.candidate, crowd.now_s)
    assert len(inside) == 4
    asked = {lease.host for lease in inside}
    while inside:
        crowd.settle(inside.pop())
        for lease in crowd.lease():
            assert crowd.frontier.locate(lease.candidate, lease.serial, "192.0.2.1")
            inside.append(lease)
            asked.add(lease.host)
    assert len(asked) == 40


def test_a_host_that_is_turned_away_often_stands_in_the_queue_once() -> None:
    """Eight requests that found no place are no reason to be called eight times before the others."""
    full = Address()
    few, big, small = (Host(n, HostPrior(ceiling=1), KindYield(0.5, 1.0)) for n in range(3))
    assert all(full.admit(few) for _ in range(4))
    assert not any(full.admit(big) for _ in range(8))
    assert not full.admit(small)
    assert full.leave() == [big]
    assert full.admit(big)
    assert full.leave() == [small]


def test_one_sites_faults_never_slow_another_at_the_same_address(desk: Callable[..., Desk]) -> None:
    """A shared address says nothing about health: only the places are shared."""
    pair = desk([(0, 0)] * 10 + [(1, 1)] * 10, [exactly(10), exactly(10)])
    for _ in range(3):
        for lease in pair.lease():
            pair.frontier.locate(lease.candidate, lease.serial, "192.0.2.1")
            pair.settle(lease, Failed(Failure.CONNECT_TIMEOUT) if lease.host == 0 else None)
    assert {host.id for host in pair.frontier.hosts() if host.breaker.parked(pair.now_s)} == {0}
    assert {lease.host for lease in pair.lease()} == {1}


def test_a_host_that_moves_to_another_address_takes_its_place_there(desk: Callable[..., Desk]) -> None:
    """Names change their addresses; the count follows the request."""
    lone = desk([(0, 0)] * 3, [exactly(3)])
    (lease,) = lone.lease()
    assert lone.frontier.locate(lease.candidate, lease.serial, "192.0.2.1")
    assert lone.frontier.locate(lease.candidate, lease.serial, "192.0.2.2")
    lone.frontier.check()
    lone.settle(lease)
