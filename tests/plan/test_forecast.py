"""Forecasts: means, the chance of falling short, and the price."""

import csv
import math
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.plan.beliefs import FRESH_S, Beliefs
from gleanset.plan.cells import cells_of
from gleanset.plan.forecast import Forecast, Pace, bytes_on_disk
from gleanset.plan.kinds import FLICKR_SUCCESS, IN_2019, OTHER_SUCCESS, Kind, kind_of
from gleanset.plan.learning import learned, log_gamma
from gleanset.plan.shortfall import mixture
from gleanset.terms.knowledge import HostRecord
from gleanset.urls import Ceilings

from .census import a_census, by_kind

NOW_S = 1_700_000_000.0
sites = st.dictionaries(
    st.sampled_from(["flickr.com", "x.cloudfront.net", *(f"s{i}.example" for i in range(12))]),
    st.integers(1, 400),
    max_size=8,
)


def knowing(**records: tuple[float, float]) -> Beliefs:
    """Site (``_`` for the dot) to (tries, successes), a second each, all an hour old."""
    return Beliefs.of(
        [
            HostRecord(name.replace("_", "."), tries, good, tries, good > 0, None, NOW_S - 3600)
            for name, (tries, good) in records.items()
        ],
        now_s=NOW_S,
    )


def one_class(sites: Mapping[str, int], beliefs: Beliefs | None = None) -> Forecast:
    return Forecast(a_census({"a": sites}), [("a",)], beliefs or Beliefs.of())


def chance(sites: Mapping[str, int], wanted: int, beliefs: Beliefs | None = None) -> float:
    return one_class(sites, beliefs).shortfall_chances([0], [wanted])[0]


class TestChances:
    @given(sites, st.integers(0, 3_000))
    def test_a_chance_lies_between_0_and_1_and_grows_with_what_is_wanted(
        self, sites: dict[str, int], wanted: int
    ) -> None:
        """More wanted is never safer."""
        one, more = chance(sites, wanted), chance(sites, wanted + 1)
        assert 0 <= one <= more + 1e-6 <= 1 + 1e-6

    @given(sites)
    def test_what_is_certain_is_said_so(self, sites: dict[str, int]) -> None:
        """Nothing wanted is always had; more than there are URLs never."""
        assert chance(sites, 0) == 0
        assert chance(sites, sum(sites.values()) + 1) == 1

    def test_a_few_sites_are_reckoned_exactly(self) -> None:
        """Against the sum over everything that can become of three sites."""
        other = IN_2019[Kind.OTHER]
        a, b = other.living * other.strength, (1 - other.living) * other.strength
        sizes = (30, 12, 5)
        pmfs = [mixture(n, other.dead, a, b) for n in sizes]
        below = sum(
            math.prod(pmf[k] for pmf, k in zip(pmfs, ks, strict=True))
            for ks in product(*(range(n + 1) for n in sizes))
            if sum(ks) < 15
        )
        said = chance({f"s{n}.example": n for n in sizes}, 15)
        assert said == pytest.approx(below, abs=1e-3)

    def test_a_class_that_hangs_on_one_site_is_all_or_nothing(self) -> None:
        """Three in ten sites are dead with all their URLs; the same URLs at many sites are safer."""
        assert chance({"one.example": 300}, 20) == pytest.approx(IN_2019[Kind.OTHER].dead, abs=0.01)
        assert chance({f"s{i}.example": 1 for i in range(300)}, 70) < 0.01

    def test_a_mixture_adds_up(self) -> None:
        """Mean and total of a site's distribution."""
        pmf = mixture(50, 0.2, 3.0, 1.0)
        assert pmf.sum() == pytest.approx(1)
        assert pmf @ np.arange(51) == pytest.approx(50 * 0.8 * 0.75)

    def test_doubt_about_the_rates_is_in_the_chance(self) -> None:
        """The same share of successes from few tries and from many: the first is a guess."""
        few, many = (knowing(**{f"s{i}_example": (1, i % 2) for i in range(n)}) for n in (6, 600))
        unseen = {f"t{i}.example": 1 for i in range(400)}
        assert chance(unseen, 170, few) > 0.2
        assert chance(unseen, 170, many) < 0.1


class TestBeliefs:
    def test_nothing_known_is_the_crawl_of_2019(self) -> None:
        """And it says so."""
        forecast = one_class({"flickr.com": 100, "s.example": 100})
        assert forecast.images[0] == pytest.approx(100 * FLICKR_SUCCESS + 100 * OTHER_SUCCESS)
        assert Beliefs.of().source.endswith("Nothing newer was measured for these hosts.")
        assert not Beliefs.of().measured

    def test_the_source_names_origin_and_age(self) -> None:
        """Tries, sites, age, and the rate of each kind."""
        said = knowing(flickr_com=(400, 300), a_example=(20, 5), b_example=(10, 1)).source
        assert said == (
            "Success rates were learned from 430 tries at 3 sites, the newest 1 h old, 1 h in "
            "the mean: Flickr 75.0 % of 400; other hosts 20.0 % of 30."
        )

    def test_what_was_not_asked_is_said_to_be_old(self) -> None:
        """Half of the list may be Flickr's."""
        said = knowing(a_example=(200, 5)).source
        assert said.endswith("Of Flickr nothing newer than 2019 is known.")

    @pytest.mark.parametrize(
        ("tries", "age_s", "measured"), [(99, 0, False), (100, 0, True), (100, FRESH_S + 1, False)]
    )
    def test_enough_and_of_late_is_a_measurement(self, tries: float, age_s: float, measured: bool) -> None:
        """Only then may a forecast refuse a draw."""
        record = HostRecord("a.example", tries, 10, 10.0, True, None, NOW_S - age_s)
        assert Beliefs.of([record], now_s=NOW_S).measured is measured

    def test_what_is_known_of_other_lists_is_a_hint_and_no_measurement(self) -> None:
        """It moves the forecast of a site's kind, and refuses nobody."""
        records = [HostRecord(f"s{i}.example", 10, 9, 10.0, True, None, NOW_S) for i in range(40)]
        elsewhere = Beliefs.of(records, now_s=NOW_S, among=("t.example", "s0.example"))
        assert not elsewhere.measured
        assert "at 40 sites (1 of this list), the newest" in elsewhere.source
        assert one_class({"t.example": 100}, elsewhere).images[0] > 75
        own = Beliefs.of(records, now_s=NOW_S, among=[one.name for one in records])
        assert own.measured
        assert "this list" not in own.source

    def test_a_kind_learns_from_its_own_sites(self) -> None:
        """Forty living sites make a stranger likelier to live; a bucket learns nothing from them."""
        beliefs = knowing(**{f"s{i}_example": (5, 5) for i in range(40)})
        assert one_class({"stranger.example": 100}, beliefs).images[0] > 85
        bucket = one_class({"x.cloudfront.net": 100}, beliefs).images[0]
        assert bucket == pytest.approx(100 * OTHER_SUCCESS)

    def test_flickr_asked_again_is_believed(self) -> None:
        """A hundred tries of today outweigh the thousands of 2019."""
        assert one_class({"flickr.com": 100}, knowing(flickr_com=(100, 20))).images[0] == pytest.approx(
            100 * (20 + 4 * FLICKR_SUCCESS) / 104
        )

    def test_kinds_are_told_by_the_group(self) -> None:
        """As politeness sees them."""
        assert kind_of("flickr.com") is Kind.FLICKR
        assert kind_of("farm1.s3.amazonaws.com") is Kind.CDN
        assert kind_of("flickr.com.example") is Kind.OTHER

    def test_a_kind_is_learned_from_many_sites(self) -> None:
        """Half of 2,000 sites dead, the living at 0.6: the posterior finds both."""
        dice = np.random.default_rng(4)
        p = np.where(dice.random(2_000) < 0.5, 0.0, dice.beta(3, 2, 2_000))
        good = dice.binomial(6, p)
        found = learned(good.astype(float), (6 - good).astype(float))
        assert found.dead.mean() == pytest.approx(0.5, abs=0.04)
        assert (found.a / (found.a + found.b)).mean() == pytest.approx(0.6, abs=0.04)

    def test_log_gamma_is_the_librarys(self) -> None:
        """Which has none for arrays."""
        x = np.array([0.01, 0.5, 1, 3.7, 100, 14_000])
        assert log_gamma(x) == pytest.approx([math.lgamma(value) for value in x], abs=1e-8)


class TestEffort:
    @given(sites, st.integers(1, 3_000))
    def test_requests_end_with_the_quota_or_with_the_urls(self, sites: dict[str, int], wanted: int) -> None:
        """No more than there are URLs, and no fewer than images can come of."""
        forecast = one_class(sites)
        cost = forecast.effort([0], [wanted], Pace())
        assert cost.requests <= sum(sites.values()) + 1e-9
        assert cost.requests >= min(0.68 * wanted, 0.68 * forecast.images[0], 3) - 1e-9

    def test_the_more_productive_sites_are_asked_first(self) -> None:
        """82 images are there for 100 requests to Flickr; elsewhere the same would take 261."""
        forecast = Forecast(by_kind({"a": (2_000, 1_000)}), [("a",)], Beliefs.of())
        assert forecast.effort([0], [82], Pace()).requests == pytest.approx(99.7, abs=0.1)

    def test_without_an_upper_end_every_url_is_asked(self) -> None:
        """`--images 500:` takes all there are."""
        assert one_class({"flickr.com": 42}).effort([0], [None], Pace()).requests == pytest.approx(42)

    def test_a_dead_site_costs_three_requests(self) -> None:
        """Then it is parked, however many URLs it has."""
        beliefs = knowing(dead_example=(500, 0), **{f"s{i}_example": (20, 15) for i in range(30)})
        cost = one_class({"dead.example": 1_000}, beliefs).effort([0], [None], Pace())
        assert cost.requests < 40

    def test_a_thousand_flickr_images_take_about_as_long_as_they_did(self) -> None:
        """The first tool measured about 0.02 s an image with 24 workers on Flickr alone."""
        lasting_s = one_class({"flickr.com": 1_500}).effort([0], [1_000], Pace()).elapsed_s
        assert lasting_s / 1_000 == pytest.approx(0.02, abs=0.003)

    def test_the_slowest_site_decides(self) -> None:
        """At its ceiling; a smaller ceiling takes longer."""
        forecast = one_class({"one.example": 400})
        eight, two = (forecast.effort([0], [None], Pace(per_host=Ceilings(n))).elapsed_s for n in (8, 2))
        assert two == pytest.approx(4 * eight)

    def test_disk_counts_both_copies(self) -> None:
        """Bodies as collected and the packed dataset: twice 95 kB, less where they are made smaller."""
        assert bytes_on_disk(1_000, None) == 190e6
        assert bytes_on_disk(1_000, 187) == pytest.approx(190e6 / 4, rel=0.01)
        assert bytes_on_disk(1_000, 2_000) == 190e6


def test_merged_classes_share_a_site() -> None:
    """A site that both members have is one site, not two."""
    census = a_census({"a": {"x.example": 3, "y.example": 1}, "b": {"x.example": 4}, "c": {}})
    cells = cells_of(census, [("b", "a"), ("c",), ("unknown",), ("a",)])
    assert cells.starts.tolist() == [0, 2, 2, 2, 4]
    assert [census.groups[i] for i in cells.group] == ["x.example", "y.example", "x.example", "y.example"]
    assert cells.n.tolist() == [7, 1, 3, 1]
    assert cells.urls.tolist() == [8, 0, 0, 4]


@pytest.mark.material
def test_the_default_rates_are_those_of_the_crawl_of_2019(material: Path) -> None:
    """Success and time a try, computed again from the published table."""
    with (material / "lists" / "first_tool_crawl_stats.csv").open(newline="") as file:
        last = list(csv.DictReader(file))[-1]
    for name, kind in (("is_flickr", Kind.FLICKR), ("not_flickr", Kind.OTHER)):
        tried, success = int(last[f"{name}_tried"]), int(last[f"{name}_success"])
        assert IN_2019[kind].success == pytest.approx(success / tried, abs=1e-12)
        assert IN_2019[kind].try_s == pytest.approx(float(last[f"{name}_time_spent"]) / tried, abs=0.01)
