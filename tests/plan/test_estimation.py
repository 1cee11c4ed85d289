"""Weighted estimates and their intervals: against textbook values, and against many drawn samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.plan.estimation import carried_over, success_rate, time_per_success, wilson
from gleanset.plan.sampling import chances, even_sample, look_up, strata_of


@pytest.mark.parametrize(
    ("good", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (1, 10, 0.0179, 0.4042), (50, 100, 0.4038, 0.5962), (10, 10, 0.7225, 1.0)],
)
def test_wilsons_interval_is_the_textbooks(good: int, n: int, low: float, high: float) -> None:
    """Values of Newcombe (1998), Statistics in Medicine 17, and of his formula."""
    found = wilson(good / n, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=2e-4)


def test_without_weights_it_is_the_plain_rate_and_wilsons_interval() -> None:
    good = np.array([1.0] * 30 + [0.0] * 70)
    found = success_rate(np.ones(100), good, np.arange(100, dtype=np.int32))
    plain = wilson(0.3, 100)
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((0.3, plain.low, plain.high), rel=0.01)


def test_a_heavy_url_counts_for_many() -> None:
    found = success_rate(np.array([9.0, 1.0]), np.array([1.0, 0.0]), np.array([0, 1], np.int32))
    assert found is not None and found.value == pytest.approx(0.9)


def test_hosts_that_live_and_die_together_make_the_interval_wide() -> None:
    """A hundred URLs of ten hosts say no more than ten URLs, if a host is all alive or all dead."""
    good, host = np.repeat([1.0, 0.0], 50), np.repeat(np.arange(10, dtype=np.int32), 10)
    together = success_rate(np.ones(100), good, host)
    apart = success_rate(np.ones(100), good, np.arange(100, dtype=np.int32))
    assert together is not None and apart is not None
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_nothing_is_known_of_nothing() -> None:
    none = np.zeros(0)
    assert success_rate(none, none, none.astype(np.int32)) is None
    assert time_per_success(none, none, none, none.astype(np.int32)) is None


def test_without_a_success_there_is_no_time_per_success() -> None:
    assert time_per_success(np.ones(3), np.ones(3), np.zeros(3), np.zeros(3, np.int32)) is None


@given(
    st.lists(st.tuples(st.floats(0.1, 100), st.floats(0, 60), st.booleans(), st.integers(0, 3)), min_size=1)
)
def test_an_interval_holds_its_value(rows: list[tuple[float, float, bool, int]]) -> None:
    """However odd the sample."""
    weights, seconds = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    good, host = np.array([float(r[2]) for r in rows]), np.array([r[3] for r in rows], np.int32)
    rate, time_s = success_rate(weights, good, host), time_per_success(weights, seconds, good, host)
    assert rate is not None and 0 <= rate.low <= rate.value <= rate.high <= 1
    assert time_s is None or 0 <= time_s.low <= time_s.value <= time_s.high


@given(
    st.lists(st.tuples(st.floats(0.1, 50), st.booleans(), st.integers(0, 3), st.integers(0, 1)), min_size=1)
)
def test_weights_that_are_carried_over_are_not_lost(rows: list[tuple[float, bool, int, int]]) -> None:
    """As long as somebody of the kind was heard, the kind stands for as many URLs as before."""
    weights, decided = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    kind = np.array([r[3] for r in rows], np.int32)
    host = np.array([r[2] for r in rows], np.int32) * 2 + kind
    carried = carried_over(weights, decided, host, kind)
    assert (carried[~decided] == 0).all()
    for k in (0, 1):
        if decided[kind == k].any():
            assert carried[kind == k].sum() == pytest.approx(weights[kind == k].sum())


def test_a_host_that_was_given_up_stands_for_all_of_its_urls() -> None:
    """Three failures were heard and seven were never asked: all ten count as failed."""
    decided = np.array([True] * 3 + [False] * 7 + [True] * 10)
    host = np.repeat(np.array([0, 1], np.int32), 10)
    carried = carried_over(np.ones(20), decided, host, np.zeros(20, np.int32))
    found = success_rate(carried[decided], np.array([0.0] * 3 + [1.0] * 10), host[decided])
    assert found is not None and found.value == pytest.approx(0.5)


def test_95_of_100_intervals_hold_the_lists_own_rate() -> None:
    """A list whose giant is alive and whose dwarfs are mostly dead, sampled evenly 400 times."""
    random = np.random.default_rng(7)
    host = np.minimum(random.geometric(0.02, 20_000) // 2, 200).astype(np.int32)
    host[random.random(20_000) < 0.4] = 0
    label = random.integers(0, 30, 20_000).astype(np.int32)
    alive = random.random(201) * 0.5
    alive[0] = 0.8
    good = (random.random(20_000) < alive[host]).astype(float)
    seconds = random.exponential(np.where(good > 0, 0.4, 1.5))
    strata = strata_of(label, host)
    chance = chances(strata, 1500)
    truth, time_truth = good.mean(), seconds.sum() / good.sum()
    hits = time_hits = 0
    for seed in range(400):
        rows = even_sample(label, host, 1500, seed)
        weights = 1 / look_up(strata, chance, label[rows], host[rows])
        rate = success_rate(weights, good[rows], host[rows])
        time_s = time_per_success(weights, seconds[rows], good[rows], host[rows])
        assert rate is not None and time_s is not None
        hits += rate.low <= truth <= rate.high
        time_hits += time_s.low <= time_truth <= time_s.high
    assert hits >= 372 and time_hits >= 372
