"""Weighted estimates and their intervals: against textbook values, and against many drawn samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.plan.estimation import (
    carried_over,
    scaled,
    strata_by_host,
    success_rate,
    time_per_success,
    wilson,
)
from gleanset.plan.sampling import chances, even_sample, look_up, strata_of

ONE = np.zeros(200, np.int32)
"""All in one stratum."""


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
    found = success_rate(np.ones(100), good, np.arange(100, dtype=np.int32), ONE[:100])
    plain = wilson(0.3, 100)
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((0.3, plain.low, plain.high), rel=0.01)


def test_a_heavy_url_counts_for_many() -> None:
    found = success_rate(np.array([9.0, 1.0]), np.array([1.0, 0.0]), np.array([0, 1], np.int32), ONE[:2])
    assert found is not None and found.value == pytest.approx(0.9)


def test_hosts_that_live_and_die_together_make_the_interval_wide() -> None:
    """A hundred URLs of ten hosts say no more than ten URLs, if a host is all alive or all dead."""
    good, host = np.repeat([1.0, 0.0], 50), np.repeat(np.arange(10, dtype=np.int32), 10)
    together = success_rate(np.ones(100), good, host, ONE[:100])
    apart = success_rate(np.ones(100), good, np.arange(100, dtype=np.int32), ONE[:100])
    assert together is not None and apart is not None
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_nothing_is_known_of_nothing() -> None:
    none = np.zeros(0)
    assert success_rate(none, none, ONE[:0], ONE[:0]) is None
    assert time_per_success(none, none, none, ONE[:0], ONE[:0]) is None


def test_without_a_success_there_is_no_time_per_success() -> None:
    assert time_per_success(np.ones(3), np.ones(3), np.zeros(3), ONE[:3], ONE[:3]) is None


@given(
    st.lists(st.tuples(st.floats(0.1, 100), st.floats(0, 60), st.booleans(), st.integers(0, 3)), min_size=1)
)
def test_an_interval_holds_its_value(rows: list[tuple[float, float, bool, int]]) -> None:
    """However odd the sample."""
    weights, seconds = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    good, host = np.array([float(r[2]) for r in rows]), np.array([r[3] for r in rows], np.int32)
    stratum = host % 2
    rate = success_rate(weights, good, host, stratum)
    time_s = time_per_success(weights, seconds, good, host, stratum)
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
    found = success_rate(carried[decided], np.array([0.0] * 3 + [1.0] * 10), host[decided], ONE[:13])
    assert found is not None and found.value == pytest.approx(0.5)


def test_a_giant_counts_as_the_list_has_it() -> None:
    """Eight tries of a host speak for all its URLs alike; rare hosts speak for the rest of their kind."""
    host = np.array([0] * 8 + [1, 2, 3], np.int32)
    weights = np.array([900.0] + [1.0] * 7 + [5.0, 10.0, 5.0])
    stratum = strata_by_host(np.ones(11, bool), host, ONE[:11])
    assert stratum.tolist() == [1] * 8 + [0, 0, 0]
    again = scaled(np.where(stratum == 1, 1.0, weights), stratum, np.array([40.0, 320.0]))
    assert again.tolist() == [40.0] * 8 + [10.0, 20.0, 10.0]


@pytest.mark.parametrize(("size", "least"), [(400, 245), (1500, 270)])
def test_intervals_hold_the_rate_of_a_very_uneven_list(size: int, least: int) -> None:
    """Its giant is alive and its dwarfs are mostly dead, and it is sampled evenly 300 times: the fewer URLs
    are asked, and the more one of them stands for, the more the interval promises too much."""
    random = np.random.default_rng(7)
    host = np.minimum(random.geometric(0.02, 20_000) // 2, 200).astype(np.int32)
    host[random.random(20_000) < 0.4] = 0
    kind = (host > 0).astype(np.int32)
    label = np.minimum(random.geometric(0.1, 20_000), 30).astype(np.int32)
    alive = random.random(201) * 0.5
    alive[0] = 0.8
    good = (random.random(20_000) < alive[host]).astype(float)
    seconds = random.exponential(np.where(good > 0, 0.4, 1.5))
    strata = strata_of(label, host)
    chance = chances(strata, size)
    truth, time_truth = good.mean(), seconds.sum() / good.sum()
    hits = time_hits = 0
    widths = []
    for seed in range(300):
        rows = even_sample(label, host, size, seed)
        weights = 1 / look_up(strata, chance, label[rows], host[rows])
        stratum = strata_by_host(np.ones(len(rows), bool), host[rows], kind[rows])
        totals = np.zeros(2 + 201)
        totals[:2] = np.bincount(kind)
        for big in np.unique(stratum[stratum > 1]):
            totals[big] = (host == big - 2).sum()
            totals[int(big > 2)] -= totals[big]
        big = stratum > 1
        weights = scaled(np.where(big, 1.0, weights), stratum, totals)
        weights = scaled(weights, kind[rows], np.bincount(kind).astype(float))
        rate = success_rate(weights, good[rows], host[rows], stratum)
        time_s = time_per_success(weights, seconds[rows], good[rows], host[rows], stratum)
        assert rate is not None and time_s is not None
        hits += rate.low <= truth <= rate.high
        time_hits += time_s.low <= time_truth <= time_s.high
        widths.append(rate.high - rate.low)
    assert hits >= least and time_hits >= least - 5
    assert np.mean(widths) < 6.5 / size**0.5


def test_95_of_100_intervals_hold_the_rate_of_an_even_list() -> None:
    """Where no URL stands for more than others, the promise is exact."""
    random = np.random.default_rng(3)
    hits = 0
    for _ in range(400):
        host = random.integers(0, 1000, 300).astype(np.int32)
        good = (random.random(300) < 0.314).astype(float)
        rate = success_rate(np.ones(300), good, host, np.zeros(300, np.int32))
        assert rate is not None
        hits += rate.low <= 0.314 <= rate.high
    assert 372 <= hits <= 396
