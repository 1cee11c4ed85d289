"""Plans: who is drawn, who stands by, what is refused, and with which numbers."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.catalog.graph import Graph
from gleanset.catalog.select import Choice, select
from gleanset.errors import UsageError
from gleanset.plan.beliefs import Beliefs
from gleanset.plan.kinds import IN_2019, Kind
from gleanset.plan.planner import make_plan
from gleanset.terms.class_row import ClassRow
from gleanset.terms.knowledge import HostRecord
from gleanset.terms.plan import Plan, Quota

from .census import by_kind

MEASURED = replace(Beliefs.of(), source="measured yesterday", measured=True)
FLICKR, OTHER = IN_2019[Kind.FLICKR].success, IN_2019[Kind.OTHER].success
TEN = Quota(10, 10)

Sizes = dict[str, tuple[int, int]]
"""Label to (URLs, of which Flickr)."""


def plan(sizes: Sizes, choice: Choice = Choice(), **asked: Any) -> Plan:
    census = by_kind(sizes)
    urls = [sizes[label][0] for label in census.labels]
    selection = select(census.labels, urls, Graph(()), choice)
    return make_plan(census, selection, draw=choice.classes, **asked)


def refusal(sizes: Sizes, choice: Choice = Choice(), **asked: Any) -> str:
    with pytest.raises(UsageError) as caught:
        plan(sizes, choice, **asked)
    return str(caught.value)


def labels(planned: Plan) -> list[str]:
    return [one.label for one in planned.classes]


def reserves(planned: Plan) -> list[str]:
    return [one.label for one in planned.reserves]


@pytest.fixture
def fifty_rich() -> Sizes:
    """Fifty classes that are all sure of ten images."""
    return {f"rich{i:02}": (40, 30) for i in range(50)}


@pytest.fixture
def mixed() -> Sizes:
    """Three classes ready for ten images, three forecast to bring 9.4, 6.3 and 3.8, two with too few URLs."""
    ready = {f"ready{i}": (30, 20) for i in range(3)}
    possible = {"possible20": (20, 0), "possible30": (30, 0), "possible12": (12, 0)}
    return {**ready, **possible, "poor9": (9, 9), "poor1": (1, 1)}


class TestTheDraw:
    def test_a_seed_repeats_its_draw_and_another_differs(self, fifty_rich: Sizes) -> None:
        """Same seed, same classes; the draw is random all the same."""
        first, again, other = (
            plan(fifty_rich, Choice(classes=10), quota=TEN, seed=seed) for seed in (1, 1, 2)
        )
        assert first == again
        assert labels(first) != labels(other)
        assert len(set(labels(first))) == 10

    @given(st.integers(0, 2**40), st.integers(1, 20))
    def test_classes_and_reserves_part_what_qualifies(self, seed: int, n: int) -> None:
        """Nobody is both, nobody is lost, and the poor are neither."""
        sizes = {**{f"c{i}": (40, 30) for i in range(20)}, "poor": (9, 9)}
        drawn = plan(sizes, Choice(classes=n), quota=TEN, seed=seed)
        assert len(drawn.classes) == n
        assert sorted(labels(drawn) + reserves(drawn)) == sorted(set(sizes) - {"poor"})

    @given(st.integers(0, 2**40), st.integers(0, 19))
    def test_a_class_that_goes_moves_no_other(self, seed: int, gone: int) -> None:
        """A list that lost one undrawn class gives the same draw."""
        sizes = {f"c{i}": (40, 30) for i in range(20)}
        drawn = plan(sizes, Choice(classes=8), quota=TEN, seed=seed)
        fewer = {label: size for label, size in sizes.items() if label != f"c{gone}"}
        again = plan(fewer, Choice(classes=8), quota=TEN, seed=seed)
        if f"c{gone}" in labels(drawn):
            assert set(labels(drawn)) - {f"c{gone}"} < set(labels(again))
            assert set(labels(again)) - set(labels(drawn)) == {reserves(drawn)[0]}
        else:
            assert labels(again) == labels(drawn)

    def test_every_class_has_the_same_chance(self) -> None:
        """2,000 seeds draw 5 of 20: each class about 500 times (within five standard deviations, 97)."""
        sizes = {f"c{i}": (40, 30) for i in range(20)}
        counts = dict.fromkeys(sizes, 0)
        for seed in range(2_000):
            for label in labels(plan(sizes, Choice(classes=5), quota=TEN, seed=seed)):
                counts[label] += 1
        assert all(403 < n < 597 for n in counts.values()), counts

    def test_the_ready_are_drawn_before_the_merely_possible(self, mixed: Sizes) -> None:
        """Then by forecast, the best first; reserves go on in that order."""
        drawn = plan(mixed, Choice(classes=4), quota=TEN, seed=3)
        assert labels(drawn) == ["possible30", "ready0", "ready1", "ready2"]
        assert reserves(drawn) == ["possible20", "possible12"]
        assert drawn.drawn
        assert any("3 of the 4 drawn classes are forecast" in note for note in drawn.notes)

    def test_among_the_ready_chance_decides(self, mixed: Sizes) -> None:
        """The richest has no advantage once it is ready."""
        drawn = {tuple(labels(plan(mixed, Choice(classes=1), quota=TEN, seed=seed))) for seed in range(30)}
        assert drawn == {("ready0",), ("ready1",), ("ready2",)}

    def test_without_a_quota_one_url_qualifies(self) -> None:
        """--classes 2 alone draws any classes that have something."""
        sizes = {"a": (1, 0), "b": (2, 0), "none": (0, 0)}
        assert labels(plan(sizes, Choice(classes=2))) == ["a", "b"]
        assert "only 2 of 3 have the URLs for an image" in refusal(sizes, Choice(classes=3))


class TestKnowledge:
    def test_a_little_knowledge_moves_no_draw(self, mixed: Sizes) -> None:
        """Fifty tries change the forecasts, not who is drawn nor the shares of a total."""
        records = [HostRecord("ready0-0.example", 50, 0, 50.0, True, None, 0.0)]
        little = Beliefs.of(records, now_s=0.0)
        for asked in ({"quota": TEN}, {"total": 45}):
            before, after = (
                plan(mixed, Choice(classes=4), seed=3, beliefs=beliefs, **asked) for beliefs in (None, little)
            )
            assert [(one.label, one.quota) for one in after.classes] == [
                (one.label, one.quota) for one in before.classes
            ]
            assert reserves(after) == reserves(before)
            assert after.classes[0].forecast != before.classes[0].forecast

    def test_a_measurement_decides_who_is_ready(self, mixed: Sizes) -> None:
        """Every site beside Flickr turned out dead: only Flickr's URLs count."""
        records = [
            HostRecord(f"{label}-{i}.example", 5, 0, 25.0, False, None, 0.0)
            for label, (urls, flickr) in mixed.items()
            for i in range(urls - flickr)
        ]
        measured = Beliefs.of(records, now_s=0.0)
        assert measured.measured
        said = refusal(mixed, Choice(classes=4), quota=TEN, beliefs=measured)
        assert "only 3 of 8 are forecast to bring 10 images" in said


class TestRefusal:
    def test_old_rates_refuse_only_the_impossible(self, mixed: Sizes) -> None:
        """Rates of 2019 are no reason to refuse; too few URLs are."""
        assert len(plan(mixed, Choice(classes=6), quota=TEN).classes) == 6
        said = refusal(mixed, Choice(classes=7), quota=TEN)
        assert "7 classes are to be drawn, but only 6 of 8 have the URLs for 10 images" in said
        assert "What would fit: --classes 6 or --images 9." in said

    def test_measured_rates_refuse_on_the_forecast(self, mixed: Sizes) -> None:
        """What was measured of these hosts is believed."""
        assert len(plan(mixed, Choice(classes=3), quota=TEN, beliefs=MEASURED).classes) == 3
        said = refusal(mixed, Choice(classes=4), quota=TEN, beliefs=MEASURED)
        assert "only 3 of 8 are forecast to bring 10 images" in said
        assert "What would fit: --classes 3 or --images 9." in said

    @pytest.mark.parametrize(
        ("quota", "fits"),
        [(Quota(10, 10), "--images 9."), (Quota(10, 20), "--images 9:20."), (Quota(10), "--images 9:.")],
    )
    def test_what_would_fit_does_fit(self, mixed: Sizes, quota: Quota, fits: str) -> None:
        """Both suggestions, taken at their word, give a plan."""
        assert fits in refusal(mixed, Choice(classes=7), quota=quota)
        assert len(plan(mixed, Choice(classes=6), quota=quota).classes) == 6
        lowered = Quota.parse(fits.removeprefix("--images ").removesuffix("."))
        assert len(plan(mixed, Choice(classes=7), quota=lowered).classes) == 7

    def test_more_than_there_are_is_refused_with_what_there_is(self) -> None:
        """No lower quota would help here, so none is offered."""
        said = refusal({"a": (50, 50)}, Choice(classes=3), quota=TEN)
        assert said.endswith("only 1 of 1 have the URLs for 10 images. What would fit: --classes 1.")

    @pytest.mark.parametrize("n", [0, -1, 1])
    def test_a_draw_holds_at_least_what_is_named(self, n: int) -> None:
        """--class twice and --classes 1 contradict each other."""
        sizes = {"a": (50, 50), "b": (50, 50)}
        assert "2 classes are named" in refusal(sizes, Choice(classes=n, class_=("a", "b")), quota=TEN)


class TestNamedClasses:
    def test_a_named_class_is_kept_however_poor(self, mixed: Sizes) -> None:
        """Never refused by a forecast; the plan says that it will be short."""
        kept = plan(mixed, Choice(class_=("poor1",)), quota=TEN)
        assert labels(kept) == ["poor1"]
        assert kept.classes[0].shortfall_chance == 1
        assert kept.notes == ("1 class, poor1, has fewer URLs than images wanted and will be short.",)
        assert not kept.drawn

    def test_named_classes_count_in_a_draw(self, mixed: Sizes) -> None:
        """--class poor1 --classes 3: two are drawn beside it, and it is no reserve."""
        drawn = plan(mixed, Choice(class_=("poor1",), classes=3), quota=TEN)
        assert labels(drawn)[0] == "poor1"
        assert len(drawn.classes) == 3
        assert "poor1" not in reserves(drawn)

    def test_a_draw_filled_by_names_has_no_reserves(self, mixed: Sizes) -> None:
        """Nobody steps in for a class that a person named."""
        assert reserves(plan(mixed, Choice(class_=("poor1",), classes=1), quota=TEN)) == []


class TestWithoutADraw:
    def test_all_classes_with_a_url_are_built(self) -> None:
        """Those that a host filter left without any are left out and counted."""
        taken = plan({"a": (3, 1), "b": (0, 0)})
        assert labels(taken) == ["a"]
        assert taken.notes == ("Classes without any URL are left out: 1.",)

    def test_nothing_to_build_is_refused(self) -> None:
        """All classes lost their URLs to a host filter."""
        assert "None of the chosen classes has a URL" in refusal({"a": (0, 0)})

    def test_a_table_merges_supplies_and_sets_quotas(self) -> None:
        """A merged class has the URLs of all its members."""
        table = (ClassRow(1, "a", "ab", Quota(4, 4)), ClassRow(2, "b", "ab"), ClassRow(3, "c"))
        taken = plan({"a": (3, 1), "b": (5, 0), "c": (20, 20)}, Choice(table=table), quota=TEN)
        assert [(one.label, one.quota, one.candidates) for one in taken.classes] == [
            ("ab", Quota(4, 4), 8),
            ("c", TEN, 20),
        ]
        assert taken.classes[0].forecast == pytest.approx(FLICKR + 7 * OTHER)


class TestTotals:
    @given(
        st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 200), min_size=1, max_size=25),
        st.data(),
    )
    def test_quotas_add_up_to_the_total(self, urls: dict[str, int], data: st.DataObject) -> None:
        """Whatever the classes are, from one image each to every URL."""
        total = data.draw(st.integers(len(urls), sum(urls.values())))
        planned = plan({label: (n, n // 2) for label, n in urls.items()}, total=total)
        assert sum(one.quota.at_least for one in planned.classes) == total
        assert all(one.quota.at_most == one.quota.at_least for one in planned.classes)
        assert planned.total == total

    @pytest.mark.parametrize(
        ("total", "asked", "said"),
        [
            (0, {}, "at least one image"),
            (1, {}, "the 2 classes want 2 images at the least"),
            (19, {"quota": Quota(10)}, "the 2 classes want 20 images at the least"),
            (101, {}, "the 2 classes have 100 URLs to take within their quotas. --total 100 or less"),
            (31, {"quota": Quota(0, 15)}, "--total 30 or less"),
        ],
    )
    def test_a_total_that_cannot_be_is_refused(self, total: int, asked: dict[str, Any], said: str) -> None:
        """Each with the numbers that stand against it."""
        assert said in refusal({"a": (50, 20), "b": (50, 20)}, total=total, **asked)

    def test_a_draw_with_a_total_prefers_classes_that_bring_their_share(self, mixed: Sizes) -> None:
        """--classes 3 --total 45: fifteen each, which only the ready bring; reserves know their share too."""
        drawn = plan(mixed, Choice(classes=3), total=45)
        assert labels(drawn) == ["ready0", "ready1", "ready2"]
        assert [one.quota for one in drawn.classes] == [Quota(15, 15)] * 3
        assert {one.label: one.quota.at_least for one in drawn.reserves}["poor9"] == 9

    def test_a_class_with_a_poor_forecast_gets_a_smaller_share(self) -> None:
        """A hundred URLs on dead hosts are worth 31 images, so Flickr's hundred give the rest."""
        planned = plan({"elsewhere": (100, 0), "flickr": (100, 100)}, total=100)
        assert [one.quota.at_least for one in planned.classes] == [31, 69]

    def test_a_total_beyond_the_forecast_is_said(self) -> None:
        """It is tried, but nobody should be surprised."""
        planned = plan({"a": (100, 0)}, total=80)
        assert "The total is 80 images, but the forecast is only 31." in planned.notes


def test_a_plan_says_where_its_rates_come_from_and_what_it_costs() -> None:
    """Requests, time and disk of the whole build, both copies counted."""
    planned = plan({"a": (1_000, 1_000)}, quota=Quota(500, 500))
    assert "26,899 URLs of the Fall 2011 list in 2019" in planned.rates_from
    assert planned.expected_requests == pytest.approx(500 / FLICKR)
    assert planned.expected_s == pytest.approx(planned.expected_requests * 0.43 / 24)
    assert planned.expected_bytes == 500 * 95_000 * 2


def test_who_may_fall_short_is_said_as_a_forecast() -> None:
    """The note goes into the card of a set that turned out full."""
    planned = plan({"a": (100, 0)}, quota=Quota(40, 40))
    assert planned.notes == ("By the forecast, 1 class, a, has a chance over 50 % to fall short.",)
