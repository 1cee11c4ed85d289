"""A rotten web is a pure function of its settings, and its rates are those that were asked for."""

import hashlib
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.errors import UsageError
from gleanset.rotten.fates import FLICKR_MIX, HOST_FATES, HOSTILE_MIX, OTHER_MIX, Fate, Mix, dead_mix
from gleanset.rotten.responses import ANSWERS, Door
from gleanset.rotten.settings import CLASSES, Look, WorldSettings
from gleanset.rotten.sites import Character
from gleanset.rotten.world import UNAVAILABLE_URL, World
from gleanset.urls import host_of, is_flickr, normalise, politeness_group

SMALL = WorldSettings(seed=3, urls_per_class=20, look=Look(96, 72, 3_000))
SMALL_WORLD = World(SMALL)
DIGEST = """
import hashlib, sys
from gleanset.rotten.settings import WorldSettings
from gleanset.rotten.world import World
world = World(WorldSettings.from_json(sys.argv[1]))
seen = hashlib.sha256()
for row in world.rows():
    response = world.respond(row.url, 12.5, 2)
    seen.update(repr((row, response)).encode())
    seen.update(world.render(response))
print(seen.hexdigest())
"""


def digest_of(settings: WorldSettings, hash_seed: str) -> str:
    """Everything that a world says, drawn pictures included, as another process sees it."""
    done = subprocess.run(
        [sys.executable, "-c", DIGEST, settings.to_json()],
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


def test_the_same_question_has_the_same_answer_in_every_process() -> None:
    """Nothing hangs on the process: not its hash seed, not what was asked before."""
    settings = replace(SMALL, classes=SMALL.classes[:6])
    assert digest_of(settings, "1") == digest_of(settings, "2")


def test_the_list_of_a_world_is_the_same_for_ever() -> None:
    """A golden value: a change of the arithmetic would silently change every benchmark."""
    lines = "".join(World(SMALL).lines())
    assert hashlib.sha256(lines.encode()).hexdigest()[:16] == "165a968d7831974f"


def test_another_seed_is_another_web() -> None:
    ours, others = (set(World(replace(SMALL, seed=seed)).lines()) for seed in (3, 4))
    assert not ours & others


def test_asking_leaves_no_trace() -> None:
    """Equal questions, equal answers, in any order and with anything between them."""
    world = World(SMALL)
    urls = [row.url for row in world.rows()]
    before = [world.respond(url, 5.0) for url in urls]
    for url in reversed(urls):
        world.respond(url, 1e6, 9)
    assert [world.respond(url, 5.0) for url in urls] == before


def test_rows_are_those_of_the_2011_list(measured_world: World) -> None:
    """Real wnids with well-known names; ids count from 0; no URL twice; every URL is its own normal form."""
    rows = list(measured_world.rows())
    assert len(rows) == measured_world.n == 20_000
    assert {row.label for row in rows} == set(CLASSES)
    assert [row.origin for row in rows[:2]] == [f"{rows[0].label}_0", f"{rows[0].label}_1"]
    assert len({row.url for row in rows}) == len(rows)
    assert all(normalise(row.url) == row.url for row in rows)
    assert next(measured_world.lines()) == f"{rows[0].origin}\t{rows[0].url}\n"


def test_sites_are_politeness_groups_of_their_own(measured_world: World) -> None:
    """One dead host must not stand for all of its kind; Flickr's ten names are one."""
    groups = Counter(politeness_group(name) for name in measured_world.sites)
    assert groups.pop("flickr.com") == 10
    assert max(groups.values()) == 1


@pytest.mark.parametrize(("flickr", "mix"), [(True, FLICKR_MIX), (False, OTHER_MIX)])
def test_default_rates_are_the_measured_ones(measured_world: World, flickr: bool, mix: Mix) -> None:
    """82.2 % of Flickr and 31.4 % of the rest can be had, and every way to die has its share."""
    fates = Counter(
        measured_world.fate(label, serial)
        for label in range(20)
        for serial in range(1000)
        if is_flickr(host_of(measured_world.url(label, serial))) == flickr
    )
    n = fates.total()
    assert n == pytest.approx(10_000, rel=0.04)
    good = sum(count for fate, count in fates.items() if fate.good) / n
    assert good == pytest.approx(0.822 if flickr else 0.314, abs=0.01)
    for fate, share in mix.items():
        tolerance = 5 * (share * (1 - share) / n) ** 0.5 + 0.1 * share
        assert fates[fate] / n == pytest.approx(share, abs=tolerance), fate.word
    assert set(fates) == {fate for fate, _ in mix.items()}


def test_a_benchmark_sets_its_own_mix() -> None:
    """Half of the URLs dead, and of those the asked share of each kind."""
    world = World(WorldSettings(urls_per_class=1000, flickr_share=0.0, other=HOSTILE_MIX))
    fates = Counter(world.fate(label, serial) for label in range(20) for serial in range(1000))
    assert fates[Fate.GOOD] / 20_000 == pytest.approx(0.5, abs=0.015)
    assert fates[Fate.BLACKHOLE] / 20_000 == pytest.approx(0.15, abs=0.015)
    assert fates[Fate.DRIP] / 20_000 == pytest.approx(0.05, abs=0.01)
    assert fates[Fate.NOT_FOUND] / 20_000 == pytest.approx(0.10, abs=0.012)
    assert sum(fates.values()) == 20_000
    assert len(fates) == 7


def test_a_host_fate_befalls_whole_hosts_and_no_other(measured_world: World) -> None:
    """A collector can learn from a host's first URLs what the rest will do."""
    for site in measured_world.sites.values():
        if site.character is Character.FLICKR:
            continue
        fates = set(site.fates)
        assert len(fates) == 1 or not fates & set(HOST_FATES)


def test_answering_hosts_differ_in_how_good_they_are(measured_world: World) -> None:
    """Otherwise there would be nothing to learn about hosts."""
    shares = []
    for site in measured_world.sites.values():
        if site.character is Character.ALIVE:
            bounds = dict(zip(site.fates, site.cumulated, strict=True))
            shares.append(bounds[Fate.GOOD] / (1 << 32))
    assert min(shares) < 0.3
    assert max(shares) > 0.6


def test_a_host_that_hides_missing_pages_does_so_for_every_address(measured_world: World) -> None:
    """What makes the question for an address that cannot exist worth asking."""
    hiding = [site for site in measured_world.sites.values() if site.hides_missing]
    assert hiding
    for site in hiding:
        asked = measured_world.look_up(f"http://{site.name}/images/qwxzqwxzqwxzqwxz.jpg")
        assert asked is not None
        assert asked.fate is Fate.PLACEHOLDER
        assert Fate.NOT_FOUND not in site.fates


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("http://farm3.static.flickr.com/2222/1234567890_abcdefabcd.jpg", 302),
        (UNAVAILABLE_URL, 200),
        ("http://s.yimg.com/anything.png", 404),
        ("http://farm3.static.flickr.com/robots.txt", 404),
        ("http://static0.example/o/1234567890.jpg", 404),
        ("http://parked000.example/whatever", 200),
    ],
)
def test_addresses_outside_the_list_are_answered_in_character(
    measured_world: World, url: str, status: int
) -> None:
    assert measured_world.respond(url, 0.0).status == status
    assert measured_world.truth(url) is None


def test_a_host_that_does_not_exist_has_no_name(measured_world: World) -> None:
    assert measured_world.respond("http://elsewhere.example/a.jpg", 0.0).door is Door.NO_NAME


def test_a_url_is_known_by_all_of_it(measured_world: World) -> None:
    """The right number at the wrong host, or with another secret, is no row."""
    url = next(row.url for row in measured_world.rows() if "flickr" in row.url)
    assert measured_world.truth(url) is not None
    assert measured_world.truth(url.replace(".jpg", "0.jpg")) is None
    assert measured_world.truth(url.replace(host_of(url), "host000.example")) is None


@given(st.text(max_size=60) | st.from_regex(r"http://host000\.example/[0-9٠-٩a-z/?]{0,30}", fullmatch=True))
def test_any_text_gets_an_answer(url: str) -> None:
    """A client may ask for anything; the web never breaks."""
    response = SMALL_WORLD.respond(url, 0.0)
    assert response.status in {0, 200, 404}


def test_every_fate_has_an_answer_and_an_end() -> None:
    assert set(ANSWERS) == set(Fate)
    assert {fate for fate in Fate if fate.good} == {Fate.GOOD, Fate.MOVED, Fate.FLAKY, Fate.UNTYPED}


def test_a_flaky_url_is_good_from_the_second_time_on(measured_world: World) -> None:
    url = next(row.url for row in measured_world.rows() if _fate(measured_world, row.url) is Fate.FLAKY)
    assert [measured_world.respond(url, 0.0, attempt).status for attempt in (1, 2, 3)] == [500, 200, 200]


def test_an_ailing_site_comes_and_goes_with_time() -> None:
    """A third of each period it answers 503 to all, so that waiting pays."""
    world = World(
        WorldSettings(urls_per_class=50, flickr_share=0.0, ailing_share=1.0, slow_share=0, busy_share=0)
    )
    url = next(row.url for row in world.rows() if _fate(world, row.url) is Fate.GOOD)
    statuses = [world.respond(url, float(second)).status for second in range(1800)]
    assert statuses.count(503) == 600
    assert statuses.count(200) == 1200


def _fate(world: World, url: str) -> Fate:
    asked = world.look_up(url)
    assert asked is not None
    return asked.fate


def test_settings_travel_as_json() -> None:
    settings = WorldSettings(
        classes=("a", "b"), urls_per_class=(3, 4), other=HOSTILE_MIX, look=Look(64, 48), retry_after="soon"
    )
    assert WorldSettings.from_json(settings.to_json()) == settings
    assert World(settings).n == 7


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"classes": ()}, "classes"),
        ({"classes": ("a", "a")}, "twice"),
        ({"urls_per_class": (1, 2)}, "urls_per_class"),
        ({"flickr": Mix({"refused": 0.1})}, "Flickr"),
        ({"flickr_share": 1.5}, "flickr_share"),
        ({"hosts": 0}, "hosts"),
        ({"look": Look(4, 4)}, "pixels"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object], word: str) -> None:
    """The message names what is wrong."""
    with pytest.raises(UsageError, match=word):
        WorldSettings(**wrong)  # type: ignore[arg-type]


def test_a_mix_is_checked() -> None:
    with pytest.raises(UsageError, match="no fate is called 'lost'"):
        Mix({"lost": 0.1})
    with pytest.raises(UsageError, match="at most 1"):
        Mix({"gone": 0.7, "html": 0.4})
    assert dead_mix(0.4, {"gone": 0.5, "html": 0.5}).share(Fate.GOOD) == pytest.approx(0.6)
