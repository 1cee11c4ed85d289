"""Forty ways of saying that a picture is gone, as sites send them and as tables know them."""

import io
from collections import Counter, defaultdict
from dataclasses import replace
from random import Random

import pytest
from PIL import Image

from gleanset.errors import UsageError
from gleanset.fetch.base import Arrival, Order
from gleanset.inspection.inspector import inspect_image
from gleanset.judge.placeholders import Signatures
from gleanset.rotten.designs import DESIGNS, KNOWN, UNKNOWN, Change, Serving, Version
from gleanset.rotten.fates import Fate, Mix
from gleanset.rotten.fetcher import VirtualFetcher
from gleanset.rotten.rehearsal import imagine
from gleanset.rotten.responses import Notice, Picture
from gleanset.rotten.settings import Look, PlaceholderShares, WorldSettings
from gleanset.rotten.signatures import signature_table
from gleanset.rotten.sites import Character, Site
from gleanset.rotten.truths import UrlTruth, url_truths
from gleanset.rotten.world import World
from gleanset.terms.outcome import Failed, Failure, Fetched, Moved
from gleanset.terms.verdict import Finding
from gleanset.urls import host_of, politeness_group

SETTINGS = WorldSettings(
    seed=4,
    urls_per_class=300,
    flickr_share=0.1,
    flickr=Mix({"moved-placeholder": 0.3}),
    other=Mix({"placeholder": 0.3, "gone": 0.02, "html": 0.02}),
    hosts=120,
    host_spread=0.2,
    busy_share=0.0,
    time_scale=0.01,
    look=Look(64, 48),
    placeholders=PlaceholderShares(designed_share=1.0),
)


@pytest.fixture(scope="module")
def designed_world() -> World:
    """6,000 URLs, 30 % of them gone, at sites that all have a design of their own."""
    return World(SETTINGS)


@pytest.fixture(scope="module")
def designed_truths(designed_world: World) -> list[UrlTruth]:
    return list(url_truths(designed_world))


@pytest.fixture(scope="module")
def fetcher(designed_world: World) -> VirtualFetcher:
    return VirtualFetcher(designed_world)


def asked(fetcher: VirtualFetcher, url: str, now_s: float = 0.0) -> tuple[Arrival, str]:
    """What a client that follows redirects gets, and the address where it ended."""
    for hops in range(3):
        arrival = fetcher.answer(Order(1, url, politeness_group(host_of(url)), hops), now_s)
        if not isinstance(arrival.result, Moved):
            break
        url = arrival.result.url
    final = arrival.result.final_url if isinstance(arrival.result, Fetched) else url
    return arrival, final


def finding_at(fetcher: VirtualFetcher, url: str) -> Finding | None:
    """What a worker would send home; None: no picture came."""
    arrival, final_url = asked(fetcher, url)
    if not isinstance(arrival.result, Fetched):
        return None
    seen = inspect_image(arrival.result.body)
    headers = arrival.result.headers
    return Finding(0, 1, 0, 0.1, 1.8e9, inspection=seen, final_url=final_url, headers=headers)


def test_there_are_twenty_known_and_twenty_unknown_designs() -> None:
    """The numbers that were promised, and every way of serving and of changing among both."""
    assert len(KNOWN) == len(UNKNOWN) == 20
    assert len({design.word for design in DESIGNS}) == 40
    for half in (KNOWN, UNKNOWN):
        assert {design.serving for design in half} == set(Serving)
        assert set().union(*(design.changes for design in half)) == set(Change)
        assert any(design.backdrop == "photograph" for design in half)


def test_every_design_is_a_sound_picture_unlike_all_others(designed_world: World) -> None:
    """No flaw gives one away, and knowing one is not knowing another."""
    looks: list[int] = []
    for number, design in enumerate(DESIGNS):
        seen = inspect_image(designed_world.placards.draw(Notice("host003.example", number)))
        assert seen.flaw is None, design.word
        assert seen.phash is not None
        looks.append(seen.phash)
    nearest = min((a ^ b).bit_count() for i, a in enumerate(looks) for b in looks[:i])
    assert nearest > 6


@pytest.mark.parametrize("number", range(40), ids=[design.word for design in DESIGNS])
def test_a_design_changes_as_its_table_says(designed_world: World, number: int) -> None:
    """Bodies differ by host, address and second exactly where the design says so."""
    design = DESIGNS[number]
    site = next(s for s in designed_world.sites.values() if s.habit.design == number)
    other = replace(site, name="host999.example")

    def bodies(sites: tuple[Site, ...], urls: tuple[str, ...], times_s: tuple[float, ...]) -> int:
        placards = designed_world.placards
        return len({placards.draw(placards.notice(s, u, t)) for s in sites for u in urls for t in times_s})

    urls = tuple(f"http://{site.name}/media/{n:010d}.jpg" for n in range(12))
    by_host = {Change.COLOURED, Change.NAMED} & design.changes
    by_url = {Change.QUOTED, Change.RECODED, Change.SIZED} & design.changes
    by_time = {Change.DATED, Change.RECODED} & design.changes
    assert (bodies((site, other), urls[:1], (5.0,)) > 1) == bool(by_host)
    assert (bodies((site,), urls, (5.0,)) > 1) == bool(by_url)
    assert (bodies((site,), urls[:1], (5.0, 7.0, 11.0, 90.0)) > 1) == bool(by_time)


def test_three_in_ten_answers_are_placeholders_of_all_designs(designed_truths: list[UrlTruth]) -> None:
    """Each is met at least ten times, at small sites and at large ones."""
    met = Counter(truth.placeholder for truth in designed_truths if truth.placeholder)
    assert set(met) == {"flickr", *(design.word for design in DESIGNS)}
    assert min(met.values()) >= 10
    assert met.total() / len(designed_truths) == pytest.approx(0.3, abs=0.01)
    by_host = Counter((t.placeholder, host_of(t.url)) for t in designed_truths if t.placeholder)
    assert sum(count >= 10 for count in by_host.values()) >= 30
    assert sum(count < 10 for count in by_host.values()) >= 30


def test_truth_says_what_is_sent(fetcher: VirtualFetcher, designed_truths: list[UrlTruth]) -> None:
    """Every fifth URL asked for: its own picture, a placeholder of the design that is told, or neither."""
    pictures: dict[str, set[bytes]] = defaultdict(set)
    for truth in designed_truths[::5]:
        arrival, _ = asked(fetcher, truth.url)
        came = arrival.result
        if truth.picture is not None:
            assert isinstance(came, Fetched)
            assert inspect_image(came.body).flaw is None
        elif truth.placeholder in {"memo", "face", "void"}:
            assert came == Failed(Failure.NOT_FOUND, 404)
        elif truth.placeholder:
            assert isinstance(came, Fetched)
            pictures[truth.placeholder].add(came.body)
        else:
            assert isinstance(came, Failed) or inspect_image(came.body).flaw is not None  # type: ignore[union-attr]
    for design in DESIGNS:
        if not design.changes and design.serving is not Serving.NOT_FOUND:
            assert len(pictures[design.word]) == 1, design.word


def test_the_table_knows_the_known_designs_and_nothing_else(
    designed_world: World, fetcher: VirtualFetcher, designed_truths: list[UrlTruth]
) -> None:
    """All their copies, whatever changes from one to the next; no unknown design and no drawn picture."""
    signatures = Signatures.parse(signature_table(designed_world))
    known = {design.word for design in KNOWN}
    told: dict[str, list[str | None]] = defaultdict(list)
    for truth in designed_truths[::5]:
        found = finding_at(fetcher, truth.url)
        if found is not None and truth.placeholder != "flickr":
            told[truth.placeholder].append(signatures.match(found, truth.url))
    assert all(told[word] for word in known - {"memo", "face"})
    for word, evidence in told.items():
        if word in known:
            assert all(one is not None and one.startswith(f"{word}:") for one in evidence), word
        else:
            assert not any(evidence), word


def stranger(site: Site, seed: int) -> str:
    """An address that no list names: sixteen letters in a folder of the site."""
    stem = "".join(Random(seed).choices("abcdefghijklmnopqrstuvwxyz", k=16))
    return f"http://{site.name}/media/{stem}.jpg"


def test_a_probe_gets_what_the_site_does_for_pictures_that_are_gone(
    designed_world: World, fetcher: VirtualFetcher
) -> None:
    """Except where the site is shy: there a plain 404; its placeholder is for removed pictures alone."""
    shy = 0
    for site in designed_world.sites.values():
        if not site.habit.has_design or site.character is Character.STATIC:
            continue
        design = DESIGNS[site.habit.design]
        arrival, final_url = asked(fetcher, stranger(site, 1))
        if site.habit.is_shy or design.serving is Serving.NOT_FOUND:
            assert arrival.result == Failed(Failure.NOT_FOUND, 404)
            shy += site.habit.is_shy
            assert not (site.habit.is_shy and design.is_known)
        else:
            assert isinstance(arrival.result, Fetched)
            assert (final_url != stranger(site, 1)) == design.serving.value.startswith("302")
            assert designed_world.look_up(final_url) is not None
    assert shy >= 10


def test_a_probe_of_flickr_is_sent_to_its_notice(fetcher: VirtualFetcher) -> None:
    _, final_url = asked(fetcher, "http://farm3.static.flickr.com/2101/abcdefghijklmnop.jpg")
    assert final_url.endswith("/photo_unavailable.png")


def test_sites_that_show_any_picture_prove_nothing() -> None:
    """Each address gets another picture, and that is one which the list has too."""
    world = World(replace(SETTINGS, placeholders=PlaceholderShares(random_share=1.0), urls_per_class=60))
    fetcher, site = VirtualFetcher(world), world.sites["host000.example"]
    bodies = []
    for seed in (1, 2):
        arrival, _ = asked(fetcher, stranger(site, seed))
        assert isinstance(arrival.result, Fetched)
        assert arrival.result.status == 200
        bodies.append(arrival.result.body)
    assert bodies[0] != bodies[1]
    listed = {asked(fetcher, row.url)[0].result.body for row in url_truths(world) if row.picture}  # type: ignore[union-attr]
    assert set(bodies) <= listed
    gone = [t.url for t in url_truths(world) if t.picture is None and host_of(t.url) == site.name]
    assert Failed(Failure.NOT_FOUND, 404) in [asked(fetcher, url)[0].result for url in gone]
    assert not any(t.placeholder for t in url_truths(world) if host_of(t.url) == site.name)


def test_without_a_share_no_site_has_a_design() -> None:
    """The web of 2019 is what it was."""
    assert not any(
        site.habit.has_design or site.habit.is_random for site in World(WorldSettings()).sites.values()
    )


@pytest.mark.parametrize("share", [-0.1, 1.1])
@pytest.mark.parametrize("name", ["designed_share", "shy_share", "random_share"])
def test_impossible_shares_are_refused(name: str, share: float) -> None:
    with pytest.raises(UsageError, match="shares of placeholders"):
        WorldSettings(placeholders=replace(PlaceholderShares(), **{name: share}))


def test_settings_with_designs_travel_as_json() -> None:
    assert WorldSettings.from_json(SETTINGS.to_json()) == SETTINGS


def test_rehearsed_placeholders_look_alike_without_being_drawn(
    designed_world: World, fetcher: VirtualFetcher
) -> None:
    """All of one design have one look, although their bodies differ."""
    looks: dict[str, set[int | None]] = defaultdict(set)
    bodies: dict[str, set[bytes]] = defaultdict(set)
    for truth in url_truths(designed_world):
        seen = imagine(fetcher.outcome(truth.url, host_of(truth.url), 3.0), SETTINGS.look)
        if truth.placeholder and seen is not None:
            looks[truth.placeholder].add(seen.phash)
            bodies[truth.placeholder].add(seen.sha256)
    assert all(len(found) == 1 for found in looks.values())
    assert len(bodies["hill"]) == 1
    assert len(bodies["zoom"]) > 10


def test_equal_settings_are_equal_placeholders() -> None:
    """In any process: nothing but the settings, the address and the time counts."""
    one, two = World(SETTINGS), World(SETTINGS)
    url = next(truth.url for truth in url_truths(one) if truth.placeholder == "date")
    assert one.render(one.respond(url, 7.0)) == two.render(two.respond(url, 7.0))
    assert one.render(one.respond(url, 7.0)) != two.render(two.respond(url, 8.0))


def a_photograph(shade: int) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").rotate(shade).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture(scope="module")
def photographs() -> list[tuple[str, bytes]]:
    """Forty of class ``a``, of which there are not enough URLs for all, and five of class ``b``."""
    return [("a", a_photograph(n)) for n in range(40)] + [("b", a_photograph(100 + n)) for n in range(5)]


PHOTO_SETTINGS = WorldSettings(
    seed=9,
    classes=("a", "b", "c"),
    urls_per_class=(60, 60, 20),
    hosts=10,
    look=Look(64, 48, twin_share=0.1, cross_share=0.0, near_share=0.1),
)


def test_given_photographs_are_served_among_drawn_pictures(photographs: list[tuple[str, bytes]]) -> None:
    """Each once as an original; copies of it are known as such, and the rest is drawn as ever."""
    world, plain = World(PHOTO_SETTINGS, photographs), World(PHOTO_SETTINGS)
    originals: Counter[int] = Counter()
    kinds: Counter[str] = Counter()
    for label in range(3):
        for serial in range(PHOTO_SETTINGS.counts()[label]):
            url, picture = world.url(label, serial), world.picture(label, serial)
            if not world.fate(label, serial).good or world.fate(label, serial) in {Fate.MOVED, Fate.FLAKY}:
                continue
            body = world.render(world.respond(url, 0.0, 2))
            index = world.photographs.index(picture)
            if index is None:
                kinds["drawn"] += 1
                assert body == plain.render(plain.respond(url, 0.0, 2))
            elif picture.near:
                kinds["near"] += 1
                assert body != photographs[index][1]
                assert inspect_image(body).flaw is None
            else:
                kinds["original" if picture == Picture(label, serial) else "twin"] += 1
                originals[index] += picture == Picture(label, serial)
                assert body == photographs[index][1]
                assert photographs[index][0] == PHOTO_SETTINGS.classes[label]
    assert min(kinds["drawn"], kinds["near"], kinds["original"], kinds["twin"]) > 0
    assert max(originals.values()) == 1
    assert len(world.photographs) < len(photographs)


def test_truth_names_the_photograph(photographs: list[tuple[str, bytes]]) -> None:
    told = {truth.photograph for truth in url_truths(World(PHOTO_SETTINGS, photographs))}
    assert {40, 41, 42, 43, 44} <= told
    assert len(told - {None}) == len(World(PHOTO_SETTINGS, photographs).photographs)


def test_a_photograph_of_no_class_is_refused(photographs: list[tuple[str, bytes]]) -> None:
    with pytest.raises(UsageError, match="'zebra'"):
        World(PHOTO_SETTINGS, [*photographs, ("zebra", b"")])


def test_a_version_is_nothing_but_numbers() -> None:
    """So that a notice can be a key of a cache and travel."""
    assert hash(Notice("", 3, Version(1, 2, 3, 4))) == hash(Notice("", 3, Version(1, 2, 3, 4)))
