"""Whole crawls of the rotten web on virtual time: exact, clean, and each URL with one fate."""

from collections import Counter
from collections.abc import Callable

import pytest

from gleanset.frontier import Limits
from gleanset.rotten.settings import WorldSettings
from gleanset.rotten.world import World
from gleanset.run.engine import Ending
from gleanset.terms.plan import Quota
from gleanset.terms.verdict import Verdict

from .conftest import Crawl

Crawls = Callable[..., Crawl]


@pytest.fixture(scope="module")
def small_world() -> World:
    """Four classes of 120 URLs at the rates of 2019."""
    return World(
        WorldSettings(
            classes=("n02084071", "n02121808", "n01503061", "n02958343"), urls_per_class=120, hosts=40
        )
    )


@pytest.mark.parametrize("in_flight", [1, 64, 2000])
def test_every_class_gets_exactly_its_quota(crawl: Crawls, small_world: World, in_flight: int) -> None:
    """Whatever the concurrency: the journal names 30 a class, no more and no fewer."""
    one = crawl(small_world, Quota(30, 30), limits=Limits(in_flight=in_flight))
    assert one.ending is Ending.SETTLED
    assert [len(one.accepted(c)) for c in range(4)] == [30] * 4


def test_everything_accepted_is_good_unique_and_rightly_labelled(crawl: Crawls, small_world: World) -> None:
    """No placeholder, no second copy, no picture that two classes claim."""
    one = crawl(small_world, Quota())
    pictures = Counter()
    for c, name in enumerate(small_world.settings.classes):
        for row in one.accepted(c):
            truth = small_world.truth(one.url(row))
            assert truth is not None
            assert truth.fate.good, f"{one.url(row)} was {truth.fate}"
            assert truth.label == name
            assert row.finding is not None
            assert row.finding.inspection is not None
            pictures[row.finding.inspection.sha256] += 1
    assert max(pictures.values()) == 1


def test_every_url_that_was_asked_has_one_fate(crawl: Crawls, small_world: World) -> None:
    """Asked = decided, whatever happened on the way; the rest was never sent."""
    one = crawl(small_world, Quota())
    asked = {task.candidate for task in one.crew.sent}
    decided = set(one.ledger.rows)
    assert asked <= decided
    assert all(one.ledger.rows[c].reason or one.ledger.rows[c].verdict is Verdict.ACCEPTED for c in decided)


def test_a_world_without_supply_ends_and_says_so(crawl: Crawls) -> None:
    """More is asked than there is: what there is, is kept, and the crawl ends."""
    world = World(WorldSettings(classes=("n02084071",), urls_per_class=60, hosts=10))
    one = crawl(world, Quota(60, 60))
    assert one.ending is Ending.SETTLED
    assert 0 < len(one.accepted(0)) < 60
    assert one.frontier.book.short(0)


def test_a_class_that_cannot_make_it_gives_way_to_a_reserve(crawl: Crawls) -> None:
    """The journal notes who stepped in."""
    world = World(
        WorldSettings(
            classes=("n02084071", "n02121808", "n01503061"), urls_per_class=(40, 200, 200), hosts=30
        )
    )
    one = crawl(world, Quota(40, 40), n_planned=2)
    assert [note.kind for note in one.ledger.notes if note.kind != "probed"] == ["class-replaced"]
    assert one.frontier.book.replacements == [(0, 2)]
    assert len(one.accepted(1)) == len(one.accepted(2)) == 40


def test_a_stop_drains_and_writes_everything_down(crawl: Crawls, small_world: World) -> None:
    """Nothing is leased any more, and what came home is in the journal."""
    one = crawl(small_world, Quota(100, 100), stop_at_s=2.0)
    assert one.ending is Ending.STOPPED
    assert one.frontier.in_flight == 0
    assert one.clock.now_s() <= 2.0 + 5.0
    assert len(one.ledger.rows) == sum(row.finding is not None for row in one.ledger.rows.values()) + sum(
        row.verdict is Verdict.DEFERRED for row in one.ledger.rows.values()
    )


def test_no_host_is_asked_for_more_than_its_ceiling_at_once(crawl: Crawls, small_world: World) -> None:
    """8 a site and 24 for Flickr, whatever is in flight in all."""
    one = crawl(small_world, Quota(), limits=Limits(in_flight=2000))
    for host in one.frontier.hosts():
        assert host.slots <= host.ceiling
