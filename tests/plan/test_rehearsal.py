"""Whole builds on virtual time, before a web that may well be so."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from gleanset.catalog.graph import Graph
from gleanset.catalog.select import Choice, select
from gleanset.frontier import Frontier
from gleanset.plan.beliefs import Beliefs
from gleanset.plan.forecast import Forecast, Pace
from gleanset.plan.planner import make_plan
from gleanset.plan.rehearsal import Manners, rehearse
from gleanset.terms.knowledge import HostRecord
from gleanset.terms.plan import Plan, Quota, Rehearsal
from gleanset.urls import Ceilings

from .census import a_census

NOW_S = 1_700_000_000.0


def record(
    name: str, tries: float, good: float, mean_s: float = 0.5, rate_per_s: float | None = None
) -> HostRecord:
    return HostRecord(name, tries, good, tries * mean_s, good > 0, rate_per_s, NOW_S)


def played(
    cells: Mapping[str, Mapping[str, int]],
    quota: Quota,
    records: Sequence[HostRecord] = (),
    choice: Choice = Choice(),
    manners: Manners = Manners(),
    seed: int = 0,
    **asked: Any,
) -> Plan:
    """A plan and its rehearsals; every frontier's invariants are checked at its end."""
    census = a_census(cells)
    beliefs = Beliefs.of(records, now_s=NOW_S)
    urls = [sum(cells[label].values()) for label in census.labels]
    selection = select(census.labels, urls, Graph(()), choice)
    plan = make_plan(census, selection, draw=choice.classes, quota=quota, seed=seed, beliefs=beliefs, **asked)
    planned = (*plan.classes, *plan.reserves)
    forecast = Forecast(census, [selection.members_of(one.label) for one in planned], beliefs)
    ended: list[Frontier] = []
    plan = rehearse(plan, forecast, range(len(planned)), beliefs, manners, ended.append)
    for frontier in ended:
        frontier.check()
    return plan


def once(*args: Any, **asked: Any) -> Rehearsal:
    return played(*args, **asked).rehearsals[0]


@pytest.fixture
def a_list() -> dict[str, dict[str, int]]:
    """Five classes with 100 Flickr URLs and 100 elsewhere each."""
    return {
        f"c{i}": {"flickr.com": 100, **{f"s{(i + j) % 40}.example": 5 for j in range(20)}} for i in range(5)
    }


def test_a_rich_list_fills_every_class_exactly(a_list: dict[str, dict[str, int]]) -> None:
    """Five times, each with luck of its own; nobody gets more than the quota."""
    plan = played(a_list, Quota(60, 60))
    assert [run.accepted for run in plan.rehearsals] == [300] * 5
    assert all(run.short == () for run in plan.rehearsals)
    assert len({run.elapsed_s for run in plan.rehearsals}) == 5
    assert all(300 <= run.requests <= 1_000 for run in plan.rehearsals)


def test_a_seed_repeats_its_rehearsals(a_list: dict[str, dict[str, int]]) -> None:
    """Same list, same knowledge, same seed: the same figures; another seed, others."""
    first, again, other = (played(a_list, Quota(60, 60), seed=seed).rehearsals for seed in (1, 1, 9))
    assert first == again
    assert first[0].elapsed_s != other[0].elapsed_s


def test_who_falls_short_is_named_with_what_is_missing() -> None:
    """Twenty URLs for fifty images."""
    run = once({"a": {"flickr.com": 200}, "b": {"flickr.com": 20}}, Quota(50, 50))
    assert [label for label, _ in run.short] == ["b"]
    assert 30 <= run.short[0][1] <= 40


def test_a_reserve_steps_in_for_a_drawn_class_whose_site_is_dead() -> None:
    """Which it is in three webs of ten; a class that was named stays and is short."""
    cells = {"risky": {"unsure.example": 200}, "safe": {"flickr.com": 200}}
    runs = [
        run
        for seed in range(10)
        for plan in [played(cells, Quota(10, 10), choice=Choice(classes=1), seed=seed)]
        if plan.classes[0].label == "risky"
        for run in plan.rehearsals
    ]
    replaced = [run for run in runs if run.replaced]
    assert 0 < len(replaced) < 0.6 * len(runs)
    assert all(run.replaced == (("risky", "safe"),) and run.short == () for run in replaced)
    known_dead = [record("unsure.example", 90, 0, mean_s=5.0)]
    kept = once(cells, Quota(10, 10), known_dead, Choice(class_=("risky",)))
    assert (kept.short, kept.replaced) == ((("risky", 10),), ())


@pytest.mark.parametrize(("site", "ceiling"), [("flickr.com", 24), ("one.example", 3)])
def test_no_site_is_asked_beyond_its_ceiling(site: str, ceiling: int) -> None:
    """Flickr's own, and the recipe's for others."""
    run = once(
        {"a": {site: 400}},
        Quota(),
        [record(site, 50, 40)],
        manners=Manners(Pace(concurrency=500, per_host=Ceilings(3))),
    )
    assert (run.busiest, run.most_at_busiest) == (site, ceiling)
    assert run.most_at_once == ceiling


def test_all_requests_stay_within_the_concurrency(a_list: dict[str, dict[str, int]]) -> None:
    """Ten at once, whatever there is to ask."""
    assert once(a_list, Quota(60, 60), manners=Manners(Pace(concurrency=10))).most_at_once == 10


def test_a_dead_site_costs_a_few_requests_and_little_time() -> None:
    """Ten sites that swallow requests, a hundred URLs each, beside one that lives."""
    dead = {f"dead{i}.example": 100 for i in range(10)}
    records = [record("alive.example", 50, 45), *(record(name, 30, 0, mean_s=5.0) for name in dead)]
    run = once({"a": {"alive.example": 100, **dead}}, Quota(), records)
    assert run.accepted > 70
    assert run.requests < 100 + 10 * 6


def test_a_site_with_a_limit_sets_the_pace() -> None:
    """Two requests a second and four hundred URLs: more than two and a half minutes, few answers 429."""
    run = once({"a": {"busy.example": 400}}, Quota(), [record("busy.example", 50, 50, 0.1, rate_per_s=2.0)])
    assert run.elapsed_s > 150
    assert run.throttled < 0.2 * run.requests


def test_the_time_limit_ends_a_rehearsal() -> None:
    """What is missing then is short."""
    slow = [record("slow.example", 50, 50, mean_s=10.0)]
    run = once({"a": {"slow.example": 500}}, Quota(400, 400), slow, manners=Manners(time_limit_s=60.0))
    assert 60 <= run.elapsed_s < 90
    assert run.short == (("a", 400 - run.accepted),)


def test_a_total_is_kept() -> None:
    """Shares as in a build."""
    run = once({"a": {"flickr.com": 100}, "b": {"flickr.com": 100}}, Quota(), total=90)
    assert run.accepted == 90


def test_how_often_classes_fall_short_is_what_was_forecast() -> None:
    """Forty classes, five rehearsals: forecast and play tell the same of the same sites."""
    cells = {f"c{i:02}": {f"c{i:02}s{j}.example": 1 + j % 7 for j in range(60)} for i in range(40)}
    plan = played(cells, Quota(70, 70))
    expected = sum(one.shortfall_chance for one in plan.classes)
    played_short = sum(len(run.short) for run in plan.rehearsals) / len(plan.rehearsals)
    assert 10 < expected < 30
    assert played_short == pytest.approx(expected, abs=8)
