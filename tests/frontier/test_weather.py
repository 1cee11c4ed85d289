"""When everything fails at once it is us: nobody is charged, and all goes on when the network is back."""

from collections.abc import Callable

import pytest

from gleanset.frontier import HostPrior
from gleanset.frontier.weather import HOSTS
from gleanset.terms.outcome import Failed, Failure, Lease
from gleanset.terms.verdict import Verdict

from .conftest import Answer, Desk, exactly

DOWN_FROM_S, DOWN_UNTIL_S = 3.0, 603.0
HOSTS_THERE = 30


@pytest.fixture
def a_web_of_many_hosts(desk: Callable[..., Desk]) -> Desk:
    """Thirty hosts with eighty URLs each, four classes."""
    pairs = [(c, h) for c in range(4) for h in range(HOSTS_THERE) for _ in range(20)]
    return desk(pairs, [exactly(550)] * 4)


def network(desk: Desk) -> Callable[[Lease], Answer]:
    """Every host answers in half a second, but for ten minutes our own network is down."""

    def answer(lease: Lease) -> Answer:
        if DOWN_FROM_S <= desk.now_s < DOWN_UNTIL_S:
            return 5.0, Failed(Failure.CONNECT_TIMEOUT)
        return 0.5, None

    return answer


def test_ten_minutes_without_a_network_cost_nothing_but_the_time(a_web_of_many_hosts: Desk) -> None:
    """No host is parked for it, no attempt is charged, and every class is full in the end."""
    crowd = a_web_of_many_hosts
    crowd.crawl(network(crowd))
    assert crowd.accepted() == [550] * 4
    assert not [row for row in crowd.log if row.verdict is Verdict.REJECTED]
    assert all(not host.breaker.parks for host in crowd.frontier.hosts())
    assert max(lease.attempt for _, lease in crowd.requests) == 1
    assert crowd.now_s < DOWN_UNTIL_S + 200


def test_while_it_is_down_hardly_anybody_is_asked(a_web_of_many_hosts: Desk) -> None:
    """Probes, a few a minute, instead of thousands of requests into the void."""
    crowd = a_web_of_many_hosts
    crowd.crawl(network(crowd))
    blind = [at_s for at_s, _ in crowd.requests if DOWN_FROM_S + 15 < at_s < DOWN_UNTIL_S]
    assert 5 <= len(blind) <= 60


def test_it_is_said_that_the_network_is_down(a_web_of_many_hosts: Desk) -> None:
    """Whoever watches should look at the cable, not at the list."""
    crowd = a_web_of_many_hosts
    crowd.crawl(network(crowd), until_s=300.0)
    assert crowd.frontier.down_since_s is not None
    assert DOWN_FROM_S < crowd.frontier.down_since_s < DOWN_FROM_S + 30


def test_hosts_that_die_while_others_answer_are_dead_themselves(desk: Callable[..., Desk]) -> None:
    """Forty of eighty hosts vanish; the others prove that the network is up."""
    pairs = [(0, h) for h in range(80) for _ in range(40)]
    crowd = desk(pairs, [exactly(1500)])

    def answer(lease: Lease) -> Answer:
        return (5.0, Failed(Failure.CONNECT_TIMEOUT)) if lease.host % 2 else (3.0, None)

    crowd.crawl(answer)
    assert crowd.frontier.down_since_s is None
    assert sum(host.breaker.parks > 0 for host in crowd.frontier.hosts()) >= HOSTS


def test_a_list_of_dead_hosts_is_not_taken_for_our_own_fault_for_ever(desk: Callable[..., Desk]) -> None:
    """Where nobody ever answers, probes tell nothing; the frontier says when to look, and never hangs."""
    crowd = desk([(0, h) for h in range(40)], [exactly(1)])
    crowd.crawl(lambda _: (5.0, Failed(Failure.CONNECT_TIMEOUT)), until_s=3600.0)
    assert len(crowd.requests) < 400


def test_names_that_do_not_exist_are_no_sign_of_our_own_fault(desk: Callable[..., Desk]) -> None:
    """Somebody's name server answered that."""
    crowd = desk([(0, h) for h in range(100)], [exactly(1)])
    crowd.crawl(lambda _: (0.1, Failed(Failure.NAME_NOT_FOUND)))
    assert crowd.frontier.down_since_s is None


def test_what_was_decided_without_a_request_is_no_answer(desk: Callable[..., Desk]) -> None:
    """A site's rules that are known, or the address guard, say nothing about the network."""
    pairs = [(c, h) for c in range(4) for h in range(HOSTS_THERE) for _ in range(20)]
    crowd = desk(pairs, [exactly(550)] * 4)
    n = 0

    def answer(lease: Lease) -> Answer:
        nonlocal n
        n += 1
        if crowd.now_s >= DOWN_FROM_S and n % 3 == 0:
            return 0.0, Failed(Failure.OPTED_OUT)
        return network(crowd)(lease)

    crowd.crawl(answer, until_s=300.0)
    assert crowd.frontier.down_since_s is not None


def test_a_host_that_is_pardoned_goes_on_at_its_own_pace(desk: Callable[..., Desk]) -> None:
    """Not when the rest would have been over that it had while our network was down."""
    one = desk([(0, 0)] * 10, [exactly(10)], priors=[HostPrior(rate_per_s=1.0)])
    (lease,) = one.lease()
    (host,) = one.frontier.hosts()
    host.pace.next_at_s = 90.0
    one.settle(lease)
    one.now_s = 10.0
    assert one.lease() == [], "it rests"
    host.pace.next_at_s = one.now_s
    one.frontier._waiting.offer(host, one.now_s)
    (lease,) = one.lease()
    one.settle(lease)
    one.now_s = 12.0
    assert one.frontier.next_moment_s <= one.now_s
    assert len(one.lease()) == 1
