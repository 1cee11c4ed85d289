"""Hosts are treated well, and the dead ones cost little."""

from random import Random

import pytest

from gleanset.frontier.breaker import Breaker
from gleanset.frontier.host import Host, HostPrior
from gleanset.frontier.yields import HostYield, KindYield
from gleanset.terms.outcome import Failed, Failure


@pytest.fixture
def new_host() -> Host:
    """A host that nobody has asked yet."""
    return Host(0, HostPrior(), KindYield(0.5, 1.0))


@pytest.fixture
def known_host(new_host: Host) -> Host:
    """A host that has answered once."""
    new_host.answered(0.0)
    return new_host


def test_a_host_that_never_answered_has_one_slot(new_host: Host) -> None:
    """It may be a black hole; one request is enough to find out."""
    assert new_host.free_slots(0.0) == 1
    new_host.in_flight = 1
    assert new_host.free_slots(0.0) == 0


def test_a_host_that_never_answered_parks_at_its_third_failure(new_host: Host) -> None:
    """Three attempts a dead host, not more."""
    for _ in range(2):
        new_host.failed(Failed(Failure.CONNECT_TIMEOUT), 0.0, 0.0, Random(0))
        assert not new_host.breaker.parked(0.0)
    new_host.failed(Failed(Failure.CONNECT_TIMEOUT), 0.0, 0.0, Random(0))
    assert new_host.breaker.parked(0.0)
    assert new_host.free_slots(0.0) == 0


def test_a_host_that_times_out_five_times_in_a_row_is_parked(known_host: Host) -> None:
    """One that has answered before gets more patience."""
    for _ in range(4):
        known_host.failed(Failed(Failure.TIMEOUT), 0.0, 0.0, Random(0))
    assert not known_host.breaker.parked(0.0)
    known_host.failed(Failed(Failure.TIMEOUT), 0.0, 0.0, Random(0))
    assert known_host.breaker.parked(0.0)


def test_an_answer_in_between_clears_the_count(known_host: Host) -> None:
    """Only failures in a row count."""
    for _ in range(4):
        known_host.failed(Failed(Failure.RESET), 0.0, 0.0, Random(0))
    known_host.answered(0.0)
    known_host.failed(Failed(Failure.RESET), 0.0, 0.0, Random(0))
    assert not known_host.breaker.parked(0.0)


@pytest.mark.parametrize("failure", [Failure.NOT_FOUND, Failure.FORBIDDEN, Failure.GONE, Failure.TOO_LARGE])
def test_what_is_the_urls_fault_never_parks_a_host(known_host: Host, failure: Failure) -> None:
    """Object stores answer 403 for a missing key; a thousand of them say nothing about the host."""
    for _ in range(1000):
        known_host.failed(Failed(failure), 0.0, 0.0, Random(0))
    assert known_host.free_slots(0.0) > 0


def test_a_parked_host_is_probed_by_one_request_and_waits_longer_each_time() -> None:
    """Pauses double, with half of either way as jitter."""
    breaker, random, now_s, pauses = Breaker(), Random(3), 0.0, []
    for _ in range(3):
        breaker.failure(now_s, now_s, random)
    for _ in range(5):
        pauses.append(breaker.parked_until_s - now_s)
        now_s = breaker.parked_until_s
        assert not breaker.parked(now_s)
        assert breaker.half_open
        assert breaker.failure(now_s, now_s, random), "a failed probe parks at once"
    for i, pause_s in enumerate(pauses):
        assert 30.0 * 2**i <= pause_s <= 90.0 * 2**i
    breaker.success()
    assert not breaker.half_open


def test_429_parks_for_exactly_as_long_as_the_server_says(known_host: Host) -> None:
    """Not a moment earlier, and no failure is counted for it."""
    known_host.failed(Failed(Failure.RATE_LIMITED, retry_after_s=7.0), 100.0, 100.0, Random(0))
    assert known_host.free_slots(106.999) == 0
    assert known_host.free_slots(107.0) > 0
    assert known_host.breaker.failures == 0


def test_429_halves_the_slots(known_host: Host) -> None:
    """Multiplicative decrease, once a round; never below one."""
    known_host.slots = 8.0
    for now_s, expected in ((1.0, 4.0), (2.0, 2.0), (3.0, 1.0), (4.0, 1.0)):
        known_host.failed(Failed(Failure.RATE_LIMITED, retry_after_s=1.0), now_s, now_s, Random(0))
        assert known_host.slots == expected


def test_a_moments_trouble_with_all_in_flight_is_one_failed_round(known_host: Host) -> None:
    """24 connections that are reset together park the host once, for a minute, not for an hour."""
    known_host.slots = 8.0
    for _ in range(24):
        known_host.failed(Failed(Failure.RESET), 10.0, 9.5, Random(0))
    assert known_host.breaker.parks == 1
    assert known_host.breaker.parked_until_s <= 10.0 + 90.0
    assert known_host.slots == 4.0


def test_429_to_all_in_flight_is_one_throttle(known_host: Host) -> None:
    """The pause does not double with each of them, and the longest Retry-After counts."""
    for seconds_s in (None, None, 7.0, 3.0):
        known_host.failed(Failed(Failure.RATE_LIMITED, retry_after_s=seconds_s), 10.0, 9.5, Random(0))
    assert known_host.throttles == 1
    assert known_host.breaker.parked_until_s == 17.0


def test_a_host_that_throttles_for_ever_never_breaks_the_arithmetic(known_host: Host) -> None:
    """Thousands of 429 answers in a row, some with ``Retry-After: 0``."""
    for i in range(3000):
        known_host.failed(
            Failed(Failure.RATE_LIMITED, retry_after_s=0.0 if i % 2 else None), float(i), float(i), Random(0)
        )
    assert known_host.breaker.parked_until_s <= 3000.0 + 360.0


def test_a_host_that_fails_at_once_does_not_rise() -> None:
    """Quick failures are cheap, and still no reason to ask more."""
    host = HostYield(KindYield(0.3, 1.4))
    scores = []
    for _ in range(1000):
        host.learn(False, 0.001)
        scores.append(host.score)
    assert scores[-1] < scores[0]


def test_slots_grow_only_while_they_are_used_and_never_over_the_ceiling(known_host: Host) -> None:
    """An idle host learns nothing about what it could take."""
    known_host.in_flight = 0
    known_host.slots = 6.0
    known_host.answered(0.0)
    assert known_host.slots == 6.0
    for _ in range(50):
        known_host.in_flight = int(known_host.slots) - 1
        known_host.answered(0.0)
    assert known_host.slots == 8.0


def test_one_unlucky_try_condemns_no_host() -> None:
    """The chance is shrunk to the kind's."""
    host = HostYield(KindYield(0.8, 0.4))
    host.learn(False, 0.4)
    assert 0.4 < host.chance < 0.8
    for _ in range(50):
        host.learn(False, 0.4)
    assert host.chance == pytest.approx(0.05, abs=0.02)


def test_what_brings_more_images_a_second_is_asked_first() -> None:
    """Success and speed both count."""
    fast, slow = HostYield(KindYield(0.5, 1.0)), HostYield(KindYield(0.5, 1.0))
    for _ in range(20):
        fast.learn(True, 0.2)
        slow.learn(True, 5.0)
    assert fast.score > 5 * slow.score
