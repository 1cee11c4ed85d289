"""Forecasts: means, the chance of falling short, and the price."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.plan.forecast import (
    DEFAULT,
    Rate,
    Rates,
    Supply,
    bytes_on_disk,
    effort,
    elapsed_s,
    expected_images,
    shortfall_chance,
)

supplies = st.builds(Supply, st.integers(0, 3_000), st.integers(0, 3_000))
N_DRAWS = 40_000


def rates(flickr: float, other: float, alike: float = 0.0) -> Rates:
    return Rates(Rate(flickr, 0.4, alike, 24), Rate(other, 1.5, alike, 500), "made up")


def drawn_shortfall(supply: Supply, wanted: int) -> float:
    """The share of 40,000 drawn classes that fall short: beta-binomials with the default rates."""
    generator = np.random.Generator(np.random.PCG64(7))
    images = np.zeros(N_DRAWS, dtype=np.int64)
    for n, rate in ((supply.flickr, DEFAULT.flickr), (supply.other, DEFAULT.other)):
        weight = 1 / rate.alike - 1
        chances = generator.beta(rate.success * weight, (1 - rate.success) * weight, N_DRAWS)
        images += generator.binomial(n, chances)
    return float((images < wanted).mean())


@pytest.mark.parametrize(
    ("supply", "wanted"),
    [
        (Supply(1_000, 0), 800),
        (Supply(1_000, 500), 800),
        (Supply(1_000, 500), 1_000),
        (Supply(600, 605), 650),
        (Supply(0, 1_500), 300),
        (Supply(0, 1_500), 500),
        (Supply(0, 1_500), 700),
        (Supply(100, 20), 80),
        (Supply(20, 40), 25),
        (Supply(3, 4), 3),
        (Supply(900, 900), 900),
    ],
    ids=str,
)
def test_the_chance_of_falling_short_is_that_of_drawn_beta_binomials(supply: Supply, wanted: int) -> None:
    """The docstring claims 0.03; two draws of 40,000 differ by less than 0.01."""
    assert shortfall_chance(supply, wanted, DEFAULT) == pytest.approx(
        drawn_shortfall(supply, wanted), abs=0.03
    )


def test_hosts_that_fail_together_make_the_outcome_wider() -> None:
    """With independent URLs a margin of 5 % looks safe; the crawl of 2019 says that it is not."""
    supply = Supply(1_000, 0)
    alone = shortfall_chance(supply, 780, rates(0.8225, 0.3))
    together = shortfall_chance(supply, 780, DEFAULT)
    assert alone < 0.001
    assert 0.1 < together < 0.3


@given(supplies, st.integers(0, 3_000))
def test_a_chance_lies_between_0_and_1_and_grows_with_what_is_wanted(supply: Supply, wanted: int) -> None:
    """More wanted is never safer."""
    chance = shortfall_chance(supply, wanted, DEFAULT)
    assert 0 <= chance <= shortfall_chance(supply, wanted + 1, DEFAULT) <= 1


@given(supplies)
def test_what_is_certain_is_said_so(supply: Supply) -> None:
    """Nothing wanted is always had; more than there are URLs never."""
    assert shortfall_chance(supply, 0, DEFAULT) == 0
    assert shortfall_chance(supply, supply.urls + 1, DEFAULT) == 1


@pytest.mark.parametrize(("wanted", "chance"), [(10, 0.0), (11, 1.0)])
def test_rates_of_all_or_nothing_leave_no_doubt(wanted: int, chance: float) -> None:
    """Every Flickr URL lives and every other is dead: exactly ten images."""
    assert shortfall_chance(Supply(10, 50), wanted, rates(1.0, 0.0)) == chance


@given(supplies, st.integers(1, 3_000))
def test_requests_end_with_the_quota_or_with_the_urls(supply: Supply, wanted: int) -> None:
    """The expected requests bring exactly what is wanted, unless the class runs dry first."""
    cost = effort(supply, wanted, DEFAULT)
    brought = cost.flickr_requests * DEFAULT.flickr.success + cost.other_requests * DEFAULT.other.success
    assert cost.flickr_requests <= supply.flickr
    assert cost.other_requests <= supply.other
    assert brought == pytest.approx(min(wanted, expected_images(supply, DEFAULT)))


def test_the_more_productive_hosts_are_asked_first() -> None:
    """82 images are there for 100 requests to Flickr; elsewhere the same would take 261."""
    assert effort(Supply(1_000, 1_000), 82, DEFAULT).requests == pytest.approx(99.7, abs=0.1)
    assert effort(Supply(1_000, 1_000), 82, DEFAULT).other_requests == 0
    assert effort(Supply(1_000, 1_000), 80, rates(0.1, 0.8)).flickr_requests == 0


def test_without_an_upper_end_every_url_is_asked() -> None:
    """`--images 500:` takes all there are."""
    assert effort(Supply(30, 12), None, DEFAULT).requests == 42


def test_a_kind_of_host_that_never_answers_costs_all_its_urls() -> None:
    """A rate of nothing is no division by nothing."""
    assert effort(Supply(0, 50), 10, rates(0.8, 0.0)).requests == 50


def test_a_thousand_flickr_images_take_about_as_long_as_they_did() -> None:
    """The first tool measured about 0.02 s an image with 24 workers on Flickr alone."""
    lasting_s = elapsed_s([effort(Supply(1_500, 0), 1_000, DEFAULT)], DEFAULT)
    assert lasting_s / 1_000 == pytest.approx(0.02, abs=0.003)


def test_disk_counts_both_copies() -> None:
    """Bodies as collected and the packed dataset: twice 95 kB an image, less where they are made smaller."""
    assert bytes_on_disk(1_000, None) == 190e6
    assert bytes_on_disk(1_000, 187) == pytest.approx(190e6 / 4, rel=0.01)
    assert bytes_on_disk(1_000, 2_000) == 190e6


@pytest.mark.material
def test_the_default_rates_are_those_of_the_crawl_of_2019(material: Path) -> None:
    """Success, time a try and correlation, computed again from the published table."""
    with (material / "lists" / "first_tool_crawl_stats.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    for kind, rate in (("is_flickr", DEFAULT.flickr), ("not_flickr", DEFAULT.other)):
        tried = np.array([0] + [int(row[f"{kind}_tried"]) for row in table])
        success = np.array([0] + [int(row[f"{kind}_success"]) for row in table])
        p = success[-1] / tried[-1]
        n, k = np.diff(tried), np.diff(success)
        alike = (((k - n * p) ** 2).sum() / (p * (1 - p)) - n.sum()) / (n * (n - 1)).sum()
        assert rate.success == pytest.approx(p, abs=1e-12)
        assert rate.seconds == pytest.approx(float(table[-1][f"{kind}_time_spent"]) / tried[-1], abs=0.01)
        assert rate.alike == pytest.approx(alike, abs=0.0006)
