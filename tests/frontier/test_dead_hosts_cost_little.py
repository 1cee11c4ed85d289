"""What does not answer costs what does answer next to nothing."""

from collections import Counter
from collections.abc import Callable

import pytest

from gleanset.frontier import Elsewhere, Limits
from gleanset.terms.outcome import Failed, Failure, Lease
from gleanset.terms.plan import Quota

from .conftest import Answer, Desk, exactly

GOOD_HOSTS, DEAD_HOSTS = 10, 100
ALL = Quota(0, None)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_thousand_black_holes_leave_nine_tenths_of_the_pace(desk: Callable[..., Desk], seed: int) -> None:
    """As many URLs at hosts that swallow connections as at good ones, at a tenth of the full size."""

    def seconds(dead_hosts: int) -> tuple[float, Counter[int]]:
        pairs = [(0, h) for h in range(GOOD_HOSTS) for _ in range(100)]
        pairs += [(0, GOOD_HOSTS + h) for h in range(dead_hosts) for _ in range(10)]
        crowd = desk(pairs, [ALL], limits=Limits(in_flight=200), seed=seed)
        last_s = 0.0

        def answer(lease: Lease) -> Answer:
            nonlocal last_s
            if lease.host >= GOOD_HOSTS:
                return 5.0, Failed(Failure.CONNECT_TIMEOUT)
            last_s = crowd.now_s + 0.4
            return 0.4, None

        crowd.crawl(answer, until_s=50.0)
        assert crowd.accepted() == [1000]
        return last_s, Counter(lease.host for _, lease in crowd.requests)

    alone_s, _ = seconds(0)
    beside_s, asked = seconds(DEAD_HOSTS)
    assert alone_s >= 0.9 * beside_s
    assert max(asked[host] for host in asked if host >= GOOD_HOSTS) <= 3


def test_other_hosts_keep_their_pace_while_one_asks_for_a_pause(desk: Callable[..., Desk]) -> None:
    """Twenty hosts, of which every tenth says 429 with a time: the others lose less than a twentieth."""

    def seconds(*, throttling: bool) -> float:
        pairs = [(h % 5, h) for h in range(20) for _ in range(120)]
        crowd = desk(sorted(pairs), [ALL] * 5, limits=Limits(in_flight=400))
        last: dict[int, float] = {}

        def answer(lease: Lease) -> Answer:
            if throttling and lease.host % 10 == 0:
                return 0.1, Failed(Failure.RATE_LIMITED, 429, "", 3600.0)
            last[lease.host] = crowd.now_s + 0.5
            return 0.5, None

        crowd.crawl(answer, until_s=500.0)
        return max(at_s for host, at_s in last.items() if host % 10)

    assert seconds(throttling=False) >= 0.95 * seconds(throttling=True)


def test_nobody_comes_before_a_pause_is_over(desk: Callable[..., Desk]) -> None:
    """Ten thousand requests to hosts that name pauses of all kinds: none is early."""
    crowd = desk(
        [(0, h) for h in range(50) for _ in range(200)], [exactly(9000)], limits=Limits(in_flight=64)
    )
    quiet_s: dict[int, tuple[float, float]] = {}
    """By host: from when, until when."""
    early = []
    n = 0

    def answer(lease: Lease) -> Answer:
        nonlocal n
        n += 1
        from_s, until_s = quiet_s.get(lease.host, (0.0, 0.0))
        if from_s < crowd.now_s < until_s:
            early.append(lease)
        if n % 7 == 0:
            pause_s = float(1 + n % 13)
            told_at_s = crowd.now_s + 0.01
            if told_at_s + pause_s > until_s:
                quiet_s[lease.host] = (
                    max(told_at_s, from_s if told_at_s < until_s else 0.0),
                    told_at_s + pause_s,
                )
            return 0.01, Failed(Failure.RATE_LIMITED, 429, "", pause_s)
        return 0.01, None

    crowd.crawl(answer)
    assert len(crowd.requests) > 3_000
    assert not early


def test_a_candidate_on_an_errand_is_not_looked_for_elsewhere(desk: Callable[..., Desk]) -> None:
    """What comes back would be taken for the rules that it went for, and not for its picture."""
    pair = desk([(0, 0), (0, 1), (0, 1), (0, 1)], [exactly(4)])
    home = next(lease for lease in pair.lease() if lease.host == 0)
    pair.frontier.detour(pair.finding(home), "http://h1.example/robots.txt", 1, 1, pair.now_s)
    (host,) = (host for host in pair.frontier.hosts() if host.id == 1)
    host.breaker.park_until(60.0)
    sent: list[int] = []

    def revive(candidate: int, _: str) -> Elsewhere:
        sent.append(candidate)
        return Elsewhere("http://archive.example/a.jpg", 0, 0, "wayback")

    pair.frontier.rescue(revive, pair.now_s)
    assert sent
    assert home.candidate not in sent
