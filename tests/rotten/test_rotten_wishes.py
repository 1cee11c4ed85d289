"""Sites that ask something of crawlers: both doors play them, and the truth knows whom to leave alone."""

from contextlib import closing
from dataclasses import replace

import pytest

from gleanset.fetch.base import Arrival, FetchSettings, Order
from gleanset.fetch.http import CurlFetcher
from gleanset.fetch.robots import Open, Ruled, Rules, Unreachable, access, decode, product_tokens
from gleanset.rotten.fates import Fate, Mix
from gleanset.rotten.fetcher import VirtualFetcher
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WishShares, WorldSettings
from gleanset.rotten.sites import Character, Site
from gleanset.rotten.truths import truths
from gleanset.rotten.wishes import Robots
from gleanset.rotten.world import World
from gleanset.terms.outcome import Failed, Failure, Fetched, Moved
from gleanset.urls import host_of, politeness_group

US = product_tokens("gleanset/1.0")
SOFT = Mix({"moved": 0.2, "not-found": 0.1, "flaky": 0.1, "placeholder": 0.1})
SETTINGS = WorldSettings(
    seed=3,
    classes=("a", "b", "c"),
    urls_per_class=60,
    flickr_share=0.2,
    flickr=Mix({}),
    other=SOFT,
    hosts=60,
    busy_share=0.0,
    slow_share=0.0,
    time_scale=0.0,
    look=Look(64, 48, mean_bytes=3_000),
    wishes=WishShares(*[0.09] * 10, opts_out=0.2),
)
RESPECTING = FetchSettings(robots=True, opt_outs=True)


@pytest.fixture(scope="module")
def wishing_world() -> World:
    """Every kind of robots.txt at a tenth of the sites, and a fifth of the pictures opted out."""
    return World(SETTINGS)


def site_with(world: World, kind: Robots) -> Site:
    assert world.wishes is not None
    return next(site for site in world.sites.values() if world.wishes.robots(site) is kind)


def rules_url(site: Site) -> str:
    return f"http://{site.name}/robots.txt"


def order(url: str, hops: int = 0, *, robots: bool = False, ticket: int = 1) -> Order:
    return Order(ticket, url, politeness_group(host_of(url)), hops, robots=robots)


def meaning(arrival: Arrival) -> Open | Ruled | Unreachable:
    match arrival.result:
        case Fetched() as fetched:
            return access(decode(fetched.body), US)
        case Failed() as failed:
            return access(failed, US)
        case Moved():
            raise AssertionError(arrival)


def expected(world: World, kind: Robots) -> Open | Ruled | Unreachable:
    assert world.wishes is not None
    folder = world.wishes.folder(site_with(world, kind))
    everyone = "User-agent: *\n"
    meanings: dict[Robots, Open | Ruled | Unreachable] = {
        Robots.ALLOWS: Ruled(f"{everyone}Disallow: /cgi-bin/"),
        Robots.FORBIDS_ALL: Ruled(f"{everyone}Disallow: /"),
        Robots.FORBIDS_US: Ruled("User-agent: gleanset\nDisallow: /"),
        Robots.FORBIDS_FOLDER: Ruled(f"{everyone}Allow: /\nDisallow: {folder}"),
        Robots.SIGNALS: Ruled(f"{everyone}Content-Signal: ai-train=no\nAllow: /"),
        Robots.HUGE: Ruled(f"{everyone}Disallow: {folder}"),
        Robots.HTML: Open("HTML in the place of rules"),
        Robots.FORBIDDEN: Open(),
        Robots.UNAVAILABLE: Unreachable("server-error"),
        Robots.LOOP: Unreachable("too-many-redirects"),
    }
    return meanings[kind]


def test_every_kind_of_robots_txt_is_played_in_virtual_time(wishing_world: World) -> None:
    """And means what RFC 9309 says."""
    fetcher = VirtualFetcher(wishing_world, RESPECTING)
    for kind in Robots:
        url = rules_url(site_with(wishing_world, kind))
        assert meaning(fetcher.answer(order(url, robots=True), 0.0)) == expected(wishing_world, kind), kind


@pytest.mark.sockets
def test_both_doors_answer_alike(wishing_world: World) -> None:
    """The same robots.txt, the same headers, the same opt-outs, over sockets and without."""
    virtual = VirtualFetcher(wishing_world, RESPECTING)
    urls = [rules_url(site_with(wishing_world, kind)) for kind in Robots]
    urls += [row.url for row in wishing_world.rows()][::3]
    orders = [order(url, robots=url.endswith("/robots.txt"), ticket=n) for n, url in enumerate(urls)]
    with RottenServer(SETTINGS) as server:
        settings = replace(RESPECTING, resolve=server.resolve_rules())
        with closing(CurlFetcher(settings, politeness_group)) as fetcher:
            for one in orders:
                fetcher.start(one)
            found: dict[int, Arrival] = {}
            for _ in range(300):
                found |= {arrival.ticket: arrival for arrival in fetcher.poll(0.1)}
                if not fetcher.in_flight:
                    break
    assert len(found) == len(orders)
    n_opted_out = 0
    for one in orders:
        here, there = found[one.ticket].result, virtual.answer(one, 0.0).result
        if one.robots:
            assert meaning(found[one.ticket]) == meaning(virtual.answer(one, 0.0)), one.url
        elif isinstance(there, Fetched):
            assert isinstance(here, Fetched)
            assert here.body == there.body
            assert here.headers == there.headers
        else:
            assert here == there, one.url
            n_opted_out += isinstance(here, Failed) and here.failure is Failure.OPTED_OUT
    assert n_opted_out > 5


def test_a_row_is_unwelcome_exactly_where_a_respectful_crawler_ends_without_it(wishing_world: World) -> None:
    """The truth, retold from robots.txt files and answers."""
    world, fetcher = wishing_world, VirtualFetcher(wishing_world, RESPECTING)
    counted = [0, 0]
    for label, count in enumerate(SETTINGS.counts()):
        for serial in range(count):
            if world.fate(label, serial).good:
                taken = _is_taken(fetcher, world.url(label, serial))
                assert taken is not world.unwelcome(label, serial), world.url(label, serial)
                counted[taken] += 1
    assert min(counted) > 10
    assert sum(truth.good for truth in truths(world)) == counted[True]


def _is_taken(fetcher: VirtualFetcher, url: str, hops: int = 0) -> bool:
    robots = fetcher.answer(order(f"http://{host_of(url)}/robots.txt", robots=True), 0.0)
    match meaning(robots):
        case Unreachable():
            return False
        case Ruled(text) if Rules(text).refusal(url) is not None:
            return False
    arrival = fetcher.answer(order(url, hops), 0.0)
    match arrival.result:
        case Moved(target, n_hops):
            return _is_taken(fetcher, target, n_hops)
        case Failed(Failure.SERVER_ERROR):
            return _is_taken(fetcher, url, hops)
        case Failed():
            return False
        case _:
            return True


def test_an_outcome_without_pixels_respects_headers_too(wishing_world: World) -> None:
    drawing, rehearsing = (VirtualFetcher(wishing_world, RESPECTING) for _ in range(2))
    for label, count in enumerate(SETTINGS.counts()):
        for serial in range(count):
            url = wishing_world.url(label, serial)
            if wishing_world.fate(label, serial) in {Fate.MOVED, Fate.FLAKY}:
                continue
            result = drawing.answer(order(url), 0.0).result
            outcome = rehearsing.outcome(url, host_of(url), 0.0).result
            opted_out = isinstance(result, Failed) and result.failure is Failure.OPTED_OUT
            assert (outcome is Failure.OPTED_OUT) is opted_out


def test_whoever_respects_nothing_gets_everything(wishing_world: World) -> None:
    """The wishes are words: nothing on the wire enforces them."""
    rude = VirtualFetcher(wishing_world, FetchSettings())
    for label, count in enumerate(SETTINGS.counts()):
        for serial in range(count):
            if wishing_world.fate(label, serial) is Fate.GOOD:
                assert isinstance(rude.answer(order(wishing_world.url(label, serial)), 0.0).result, Fetched)


def test_without_wishes_a_world_is_what_it_was(wishing_world: World) -> None:
    """The rows, their fates and their sites do not depend on what sites ask for."""
    plain = World(replace(SETTINGS, wishes=WishShares()))
    assert plain.wishes is None
    assert list(plain.rows()) == list(wishing_world.rows())
    for label, count in enumerate(SETTINGS.counts()):
        assert not any(plain.unwelcome(label, serial) for serial in range(count))
    some = next(site for site in plain.sites.values() if site.character is Character.ALIVE)
    assert plain.respond(rules_url(some), 0.0).status == 404


def test_wishes_travel_with_the_settings() -> None:
    assert WorldSettings.from_json(SETTINGS.to_json()) == SETTINGS
