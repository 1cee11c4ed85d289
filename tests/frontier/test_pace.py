"""A host that counts requests is asked at nearly what it bears, and hardly ever turned away."""

from collections.abc import Callable
from heapq import heappop, heappush
from random import Random

import pytest

from gleanset.frontier import HostPrior, Limits
from gleanset.frontier.host import Host
from gleanset.frontier.pace import HOLD, Pace
from gleanset.frontier.yields import KindYield
from gleanset.terms.outcome import Failed, Failure, Lease

from .conftest import Desk, exactly


class TokenBucket:
    """A server's allowance: ``per_s`` requests a second, ``burst`` saved at most."""

    def __init__(self, per_s: float, burst: float) -> None:
        self.per_s, self.burst, self.left, self.at_s = per_s, burst, burst, 0.0
        self.allowed = self.refused = 0

    def take(self, now_s: float) -> bool:
        self.left = min(self.burst, self.left + (now_s - self.at_s) * self.per_s)
        self.at_s = now_s
        if self.left < 1 - 1e-9:
            self.refused += 1
            return False
        self.left -= 1
        self.allowed += 1
        return True


def crawl(
    desk: Desk, bucket: TokenBucket, until_s: float, *, says_when: bool, answer_s: float = 0.05
) -> None:
    """Ask a throttling host for all its URLs until a moment, on virtual time."""
    dice = Random(1)
    under_way: list[tuple[float, int, Lease, Failed | None]] = []
    wait_s = max(1.0, 1 / bucket.per_s) if says_when else None
    while desk.now_s < until_s:
        for lease in desk.frontier.lease(desk.now_s):
            refusal = None if bucket.take(desk.now_s) else Failed(Failure.RATE_LIMITED, 429, "", wait_s)
            ends_s = desk.now_s + answer_s * dice.uniform(0.5, 1.5)
            heappush(under_way, (ends_s, lease.serial, lease, refusal))
        next_s = desk.frontier.next_moment_s
        if under_way and under_way[0][0] <= max(desk.now_s, next_s):
            desk.now_s, _, lease, refusal = heappop(under_way)
            desk.frontier.settle(desk.finding(lease, refusal), desk.ruling(), desk.now_s)
        else:
            desk.now_s = max(desk.now_s, next_s)
    desk.frontier.check()


@pytest.mark.parametrize("says_when", [True, False], ids=["with Retry-After", "without"])
@pytest.mark.parametrize("per_s", [1, 10, 100])
def test_nine_tenths_of_an_allowance_are_used_and_hardly_a_request_is_refused(
    desk: Callable[..., Desk], per_s: int, says_when: bool
) -> None:
    """At least 90 % of R requests a second, under 2 % of answers 429: for R of 1, 10 and 100."""
    seconds = 3000 / per_s
    crowd = desk(
        [(0, 0)] * 8000,
        [exactly(8000)],
        priors=[HostPrior(0, 16)],
        limits=Limits(in_flight=64, throttled_attempts=10**6),
    )
    bucket = TokenBucket(per_s, max(5, per_s))
    crawl(crowd, bucket, seconds, says_when=says_when)
    assert bucket.allowed >= 0.9 * per_s * seconds
    assert bucket.refused < 0.02 * (bucket.allowed + bucket.refused)


def test_a_429_halves_the_rate_within_that_request() -> None:
    """The next request starts no sooner than half as fast."""
    pace = Pace(good_per_s=10.0)
    before_per_s = pace.per_s
    pace.refused(5.0)
    pace.started(5.0)
    assert pace.per_s == before_per_s / 2
    assert pace.next_at_s >= 5.0 + 1 / pace.per_s - 1e-9


def test_a_503_halves_the_slots_within_one_request() -> None:
    """An overloaded host says so in this way too."""
    host = Host(0, HostPrior(0, 8), KindYield(0.5, 1.0))
    host.slots = 8.0
    host.breaker.answered = True
    host.failed(Failed(Failure.SERVER_ERROR, 503), 1.0, 0.9, Random(0))
    assert host.slots == 4.0


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("one_in", [10, 20, 100])
def test_a_host_that_fails_now_and_then_is_not_slowed_to_a_halt(
    desk: Callable[..., Desk], status: int, one_in: int
) -> None:
    """A random 503 is no count of requests: 600 URLs take seconds, not minutes."""
    crowd = desk([(0, 0)] * 600, [exactly(400)], priors=[HostPrior(0, 8)])
    dice = Random(2)

    def answer(_: Lease) -> tuple[float, Failed | None]:
        failed = Failed(Failure.SERVER_ERROR, status) if dice.random() < 1 / one_in else None
        return 0.05, failed

    crowd.crawl(answer)
    assert crowd.accepted() == [400]
    assert crowd.now_s < 30


def test_the_rate_returns_quickly_to_nearly_the_last_good_one() -> None:
    """Two seconds after a 429 a host of 10 requests a second is asked for 9.5 again."""
    pace = Pace(good_per_s=10.0)
    pace.refused(0.0)
    now_s = 0.0
    while now_s < 2.0:
        now_s += 1 / pace.per_s
        pace.answered(now_s)
    assert pace.per_s == pytest.approx(HOLD * pace.good_per_s)


def test_a_host_that_never_refuses_is_bounded_by_its_slots_alone() -> None:
    """The rate is a lesson of 429s; without one nothing is delayed."""
    pace = Pace()
    for n in range(1000):
        pace.started(n * 0.001)
        pace.answered(n * 0.001)
    assert pace.next_at_s < 0


def test_an_error_never_lowers_a_delay() -> None:
    """A host that fails quickly must not be asked faster for that."""
    host = Host(0, HostPrior(0, 8, rate_per_s=2.0), KindYield(0.5, 1.0))
    dice = Random(0)
    for n, failure in enumerate([Failure.RESET, Failure.TIMEOUT, Failure.SERVER_ERROR, Failure.TLS] * 5):
        before = (host.pace.per_s, host.slots)
        host.failed(Failed(failure), float(n), n - 0.1, dice)
        assert host.pace.per_s <= before[0]
        assert host.slots <= before[1]


def test_one_broken_answer_in_a_hundred_does_not_keep_a_host_slow() -> None:
    """Resets are halving slots, but what was borne before is taken up again at once."""
    host = Host(0, HostPrior(0, 24), KindYield(0.5, 1.0))
    dice, total = Random(3), 0.0
    for n in range(2000):
        host.in_flight = int(host.slots) - 1
        if n % 100 == 99:
            host.failed(Failed(Failure.RESET), float(n), n - 0.5, dice)
        else:
            host.answered(float(n))
        total += host.slots
    assert total / 2000 > 20


def test_trouble_that_stays_keeps_halving() -> None:
    """Where every round fails, a single slot is left."""
    host = Host(0, HostPrior(0, 24), KindYield(0.5, 1.0))
    host.slots = 24.0
    for n in range(12):
        host.answered(float(n))
        host.failed(Failed(Failure.RESET), n + 0.5, n + 0.4, Random(0))
    assert int(host.slots) == 1
