"""Whole crawls on virtual time: sites' rules come first, and what is dead is looked for elsewhere."""

from collections import Counter
from collections.abc import Callable

from gleanset.fetch.base import FetchSettings
from gleanset.rotten.fates import Mix
from gleanset.rotten.settings import Afterlife, Look, WishShares, WorldSettings
from gleanset.rotten.world import World
from gleanset.run.patience import Patience
from gleanset.terms.outcome import Errand, Failure
from gleanset.terms.plan import Quota
from gleanset.terms.verdict import Verdict
from gleanset.urls import site_of

from .conftest import Crawl

SMALL = Look(64, 48, mean_bytes=3_000, twin_share=0.0, cross_share=0.0, near_share=0.0)
ALL = Quota(0, None)
RESPECTFUL = FetchSettings(robots=True, opt_outs=True)


def a_web_with_wishes(seed: int = 12) -> World:
    """Eighty sites of which most want something; some redirect to others."""
    return World(
        WorldSettings(
            seed=seed,
            classes=("a", "b"),
            urls_per_class=150,
            flickr_share=0.2,
            flickr=Mix({}),
            other=Mix({"moved": 0.2, "not-found": 0.2}),
            hosts=80,
            busy_share=0.0,
            time_scale=0.2,
            look=SMALL,
            wishes=WishShares(*[0.08] * 10, opts_out=0.15),
        )
    )


def test_no_site_is_asked_for_a_picture_before_its_rules(crawl: Callable[..., Crawl]) -> None:
    """robots.txt is each site's first request, and it is asked for once where it can be had."""
    done = crawl(a_web_with_wishes(), ALL, fetch=RESPECTFUL)
    seen: set[str] = set()
    asked: Counter[str] = Counter()
    for task in done.crew.sent:
        site = site_of(task.url)
        if task.errand == Errand.ROBOTS.value and task.url.endswith("/robots.txt"):
            seen.add(site)
            asked[site] += 1
        elif task.errand == Errand.IMAGE.value:
            assert site in seen, f"{task.url} was asked before the rules of {site}"
    assert Counter(asked.values())[1] > 0.8 * len(asked)


def test_what_a_site_forbids_is_not_taken_and_the_rest_is(crawl: Callable[..., Crawl]) -> None:
    """Every URL ends as its site wants, with a reason."""
    world = a_web_with_wishes()
    done = crawl(world, ALL, fetch=RESPECTFUL)
    refused = [row for row in done.ledger.rows.values() if row.reason == Failure.OPTED_OUT.word]
    assert len(refused) > 20
    assert all(unwelcome(world, done.url(row)) for row in refused)
    accepted = [row for row in done.ledger.rows.values() if row.verdict is Verdict.ACCEPTED]
    assert not [row for row in accepted if unwelcome(world, done.url(row))]


def unwelcome(world: World, url: str) -> bool:
    asked = world.look_up(url)
    assert asked is not None
    return world.unwelcome(asked.label, asked.serial)


def test_where_rules_are_ignored_none_are_asked_for(crawl: Callable[..., Crawl]) -> None:
    """``--ignore-robots`` costs no request."""
    done = crawl(a_web_with_wishes(), ALL)
    assert {task.errand for task in done.crew.sent} == {Errand.IMAGE.value, Errand.PROBE.value}


def a_web_that_lives_on(archive: float) -> World:
    """Four in five are dead; the archive has copies of some."""
    return World(
        WorldSettings(
            classes=("a", "b"),
            urls_per_class=120,
            flickr_share=0.3,
            flickr=Mix({"not-found": 0.8}),
            other=Mix({"unresolvable": 0.3, "blackhole": 0.2, "not-found": 0.3}),
            hosts=40,
            busy_share=0.0,
            time_scale=0.1,
            look=SMALL,
            afterlife=Afterlife(archive_share=archive, live_share=0.0),
        )
    )


def test_the_archive_brings_back_what_has_a_copy(crawl: Callable[..., Crawl]) -> None:
    """Also of names that are gone and of hosts that swallow requests; each says where it came from."""
    world = a_web_that_lives_on(1.0)
    without = crawl(world, ALL)
    revived = crawl(world, ALL, revive=("wayback",), patience=Patience(parked_s=600.0))
    living = sum(len(without.accepted(c)) for c in (0, 1))
    found = [row for c in (0, 1) for row in revived.accepted(c)]
    assert len(found) > 0.95 * world.n > 2 * living
    ways = Counter(row.finding.revived for row in found if row.finding is not None)
    assert ways[""] == living
    assert ways["wayback"] == len(found) - living
    assert all(
        (row.finding.final_url or "").startswith("https://web.archive.org/web/")
        for row in found
        if row.finding is not None and row.finding.revived
    )


def test_what_has_no_copy_ends_as_it_died(crawl: Callable[..., Crawl]) -> None:
    """Looking elsewhere in vain changes no verdict to a better one, and the crawl ends."""
    world = a_web_that_lives_on(0.0)
    done = crawl(world, ALL, revive=("rewrites", "wayback"))
    plain = crawl(world, ALL)
    assert [len(done.accepted(c)) for c in (0, 1)] == [len(plain.accepted(c)) for c in (0, 1)]
