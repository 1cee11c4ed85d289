"""What is dead on the rotten web can be found elsewhere, as far as the settings say, through both doors."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gleanset.errors import GleansetError, UsageError
from gleanset.fetch.base import Arrival, FetchSettings, Order
from gleanset.fetch.http import CurlFetcher
from gleanset.fetch.revive import WAYS, alternatives
from gleanset.rotten.afterlife import Afterlife
from gleanset.rotten.certificates import make_certificate
from gleanset.rotten.doors import Doorkeeper
from gleanset.rotten.fates import Fate
from gleanset.rotten.fetcher import VirtualFetcher
from gleanset.rotten.responses import Door
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.sites import FLICKR_NAMES
from gleanset.rotten.truths import way_back
from gleanset.rotten.world import World
from gleanset.run.revival import Reviver
from gleanset.terms.outcome import Failed, Failure, Fetched
from gleanset.urls import host_of, politeness_group

PLENTY = {"archive_per_s": 1e6, "archive_burst": 1000}
Row = tuple[int, int]


@pytest.fixture(scope="module")
def world() -> World:
    """Half of the dead Flickr pictures live on, a third of refusing sites speak https, 40 % have copies."""
    return World(
        WorldSettings(
            classes=("a", "b", "c"),
            urls_per_class=500,
            hosts=240,
            time_scale=0.001,
            look=Look(64, 48, 3_000),
            afterlife=Afterlife(live_share=0.5, https_share=0.35, archive_share=0.4, **PLENTY),
        )
    )


@pytest.fixture(scope="module")
def rows(world: World) -> list[Row]:
    return [(label, serial) for label in range(3) for serial in range(500)]


def ask(fetcher: VirtualFetcher, url: str, now_s: float = 0.0) -> Arrival:
    return fetcher.answer(Order(1, url, politeness_group(host_of(url)), 0), now_s)


def test_nothing_lives_on_unless_it_is_told_to(measured_world: World, rows: list[Row]) -> None:
    """Worlds of before keep their fates, and their archive has no name."""
    assert "web.archive.org" not in measured_world.sites
    assert {way_back(measured_world, *row, WAYS) for row in rows} == {None}


def test_the_lists_own_fates_do_not_depend_on_the_afterlife(world: World, rows: list[Row]) -> None:
    plain = World(replace(world.settings, afterlife=Afterlife()))
    assert [plain.fate(*row) for row in rows] == [world.fate(*row) for row in rows]
    assert [plain.url(*row) for row in rows] == [world.url(*row) for row in rows]


def test_settings_travel(world: World) -> None:
    assert WorldSettings.from_json(world.settings.to_json()) == world.settings


@pytest.mark.parametrize("wrong", [{"live_share": 1.1}, {"archive_share": -0.1}, {"archive_per_s": 0.0}])
def test_an_afterlife_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="afterlife"):
        WorldSettings(afterlife=Afterlife(**wrong))  # type: ignore[arg-type]


def test_the_shares_are_those_of_the_settings(world: World, rows: list[Row]) -> None:
    copies = sum(world.archive.has_copy(*row) for row in rows)
    assert copies / len(rows) == pytest.approx(0.4, abs=0.04)
    on_farms = [row for row in rows if host_of(world.url(*row)) in FLICKR_NAMES[:-1]]
    dead = [row for row in on_farms if not world.fate(*row).good]
    saved = sum(way_back(world, *row, ["rewrites"]) == "rewrite:flickr-farm" for row in dead)
    assert saved / len(dead) == pytest.approx(0.5, abs=0.12)


def test_the_archive_sends_to_the_nearest_moment_and_shows_the_same_picture(
    world: World, rows: list[Row]
) -> None:
    """302 inside the site, then the very bytes that the list's URL would have shown."""
    fetcher = VirtualFetcher(world)
    row = next(row for row in rows if world.archive.has_copy(*row) and not world.fate(*row).good)
    url = world.url(*row)
    (copy,) = alternatives(url, ["wayback"])
    first = world.respond(copy.url, 0.0)
    assert (first.status, dict(first.headers)["Location"]) == (302, world.archive.capture_url(url, *row))
    arrival = ask(fetcher, copy.url)
    assert isinstance(arrival.result, Fetched)
    assert arrival.result.final_url == world.archive.capture_url(url, *row)
    assert arrival.result.body == world.artist.paint(world.picture(*row), world.dress(world.picture(*row)))
    outcome = fetcher.outcome(copy.url, "web.archive.org", 0.0)
    assert (outcome.result, outcome.final_url) == (None, arrival.result.final_url)


@pytest.mark.parametrize(
    "path",
    [
        "web/20111001000000id_/http://no.example/1.jpg",
        "web/2011/http://no.example/1.jpg",
        "web/20111001000000id_/https://web.archive.org/web/20111001000000id_/http://no.example/1.jpg",
        "robots.txt",
        "",
    ],
)
def test_the_archive_says_404_to_what_it_does_not_have(world: World, path: str) -> None:
    assert world.respond(f"https://web.archive.org/{path}", 0.0).status == 404


def test_the_archive_turns_away_who_comes_too_often() -> None:
    """Its allowance is its own, and 429 says how long to stay away."""
    world = World(WorldSettings(afterlife=Afterlife(archive_share=1.0, archive_per_s=2.0, archive_burst=3)))
    keeper = Doorkeeper(world)
    url = "https://web.archive.org/web/20111001000000id_/http://no.example/1.jpg"
    statuses = [keeper.respond("web.archive.org", url, 0.0).status for _ in range(5)]
    assert statuses == [404, 404, 404, 429, 429]
    assert keeper.respond("web.archive.org", url, 1.0).status == 404


def test_a_site_that_refuses_http_may_speak_https(world: World, rows: list[Row]) -> None:
    found: Counter[int] = Counter()
    for row in rows:
        url = world.url(*row)
        if world.fate(*row) is Fate.REFUSED:
            assert world.respond(url, 0.0).door is Door.REFUSES
            found[world.respond(url.replace("http:", "https:"), 0.0).status] += 1
    assert found[200] > 0
    assert found[0] > 0


def test_a_reviver_finds_what_there_is_to_be_found(world: World, rows: list[Row]) -> None:
    """Asked one after the other to the end, the alternatives bring what the world says they can."""
    fetcher, reviver = VirtualFetcher(world), Reviver(WAYS)
    found: Counter[str | None] = Counter()
    for candidate, row in enumerate(rows[::3]):
        reason = world.fate(*row).reason
        if reason is None:
            continue
        way = None
        word = reason.word
        while way is None and (one := reviver.after(candidate, world.url(*row), word)) is not None:
            outcome = fetcher.outcome(one.url, host_of(one.url), 0.0)
            if outcome.result is not None:
                word = outcome.result.word
            elif outcome.final_url.startswith(("https://live", "https://web", one.url)):
                way = one.way
            else:
                word = "placeholder"
        assert way == way_back(world, *row, WAYS), world.url(*row)
        found[way] += 1
    assert found["wayback"] > 20
    assert found["rewrite:flickr-farm"] > 5
    assert found["rewrite:https"] > 0
    assert found[None] > 20


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return make_certificate(tmp_path_factory.mktemp("certificate"))
    except GleansetError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def secure_server(world: World, certificate: Path) -> Iterator[RottenServer]:
    """The world by http and https at one port."""
    with RottenServer(world.settings, certificate=certificate) as server:
        yield server


def fetch(server: RottenServer, certificate: Path, *urls: str) -> list[Arrival]:
    """What the real fetcher makes of these URLs."""
    fetcher = CurlFetcher(
        FetchSettings(resolve=server.resolve_rules(), cacert=str(certificate)), politeness_group
    )
    for ticket, url in enumerate(urls):
        fetcher.start(Order(ticket, url, politeness_group(host_of(url)), 0))
    arrivals: dict[int, Arrival] = {}
    for _ in range(400):
        arrivals |= {arrival.ticket: arrival for arrival in fetcher.poll(0.1)}
        if len(arrivals) == len(urls):
            break
    fetcher.close()
    return [arrivals[ticket] for ticket in range(len(urls))]


@pytest.mark.sockets
def test_the_afterlife_is_there_over_sockets(
    world: World, rows: list[Row], secure_server: RottenServer, certificate: Path
) -> None:
    """By https, with the guard, the redirects and the certificates of real life."""
    by_way: dict[str, list[tuple[Row, str]]] = {"rewrite:flickr-farm": [], "wayback": []}
    for row in rows:
        for one in alternatives(world.url(*row), WAYS):
            if one.way == way_back(world, *row, WAYS) and one.way in by_way:
                by_way[one.way].append((row, one.url))
    for way, chosen in by_way.items():
        arrivals = fetch(secure_server, certificate, *(url for _, url in chosen[:5]))
        for (row, url), arrival in zip(chosen[:5], arrivals, strict=True):
            assert isinstance(arrival.result, Fetched), (way, url, arrival)
            picture = world.picture(*row)
            assert arrival.result.body == world.artist.paint(picture, world.dress(picture))
            assert arrival.result.final_url.startswith("https://")


@pytest.mark.sockets
def test_one_port_speaks_http_as_well(
    world: World, rows: list[Row], secure_server: RottenServer, certificate: Path
) -> None:
    """The list's own URLs are of http."""
    row = next(row for row in rows if world.fate(*row) is Fate.GOOD)
    url = world.url(*row)
    plain, secure = fetch(secure_server, certificate, url, url.replace("http:", "https:"))
    assert isinstance(plain.result, Fetched)
    assert isinstance(secure.result, Fetched)
    assert plain.result.body == secure.result.body


@pytest.mark.sockets
def test_what_the_archive_lacks_is_not_found_over_sockets(
    secure_server: RottenServer, certificate: Path
) -> None:
    url = "https://web.archive.org/web/20111001000000id_/http://no.example/1.jpg"
    (arrival,) = fetch(secure_server, certificate, url)
    assert arrival.result == Failed(Failure.NOT_FOUND, 404)
