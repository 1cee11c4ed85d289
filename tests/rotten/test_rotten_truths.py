"""The ground truth agrees with what the web sends, byte by byte."""

import hashlib
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from gleanset.inspection.inspector import inspect_image
from gleanset.rotten.fetcher import VirtualFetcher
from gleanset.rotten.rehearsal import imagine
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.truths import endings, truths
from gleanset.rotten.world import World
from gleanset.urls import host_of

SETTINGS = WorldSettings(
    seed=8,
    classes=("a", "b", "c", "d", "e"),
    urls_per_class=(120, 80, 100, 120, 60),
    look=Look(64, 48, twin_share=0.1, cross_share=0.05, near_share=0.1),
)


@pytest.fixture(scope="module")
def copied_world() -> World:
    """Every fourth picture has been seen elsewhere."""
    return World(SETTINGS)


@pytest.fixture(scope="module")
def bodies(copied_world: World) -> dict[str, list[bytes]]:
    """What every good URL brings, drawn and hashed, by class."""
    found: dict[str, list[bytes]] = defaultdict(list)
    for row in copied_world.rows():
        truth = copied_world.truth(row.url)
        assert truth is not None
        if truth.picture is not None:
            body = copied_world.artist.paint(truth.picture, copied_world.dress(truth.picture))
            found[row.label].append(hashlib.sha256(body).digest())
    return found


def test_truth_counts_what_is_sent(copied_world: World, bodies: dict[str, list[bytes]]) -> None:
    """Good URLs, distinct bodies, conflicts and what remains: recounted from the bytes."""
    everywhere = Counter(body for found in bodies.values() for body in set(found))
    for truth in truths(copied_world):
        own = set(bodies[truth.label])
        conflicts = {body for body in own if everywhere[body] > 1}
        assert truth.good == len(bodies[truth.label])
        assert truth.bodies == len(own)
        assert truth.conflicts == len(conflicts)
        assert truth.acceptable == len(own - conflicts)
        assert truth.apart < truth.acceptable
    assert sum(truth.conflicts for truth in truths(copied_world)) > 0


def test_no_picture_is_shown_more_than_twice(copied_world: World) -> None:
    """Real pictures must not look like placeholders, which many URLs share."""
    shown = Counter(
        copied_world.picture(label, serial)
        for label, count in enumerate(SETTINGS.counts())
        for serial in range(count)
    )
    assert max(shown.values()) == 2


@pytest.mark.parametrize("kind", ["twin_share", "cross_share", "near_share"])
def test_copies_have_their_shares(kind: str) -> None:
    """3 % of the URLs, each kind by itself."""
    none = Look(twin_share=0, cross_share=0, near_share=0)
    settings = WorldSettings(urls_per_class=1000, look=replace(none, **{kind: 0.03}))
    world = World(settings)
    copies = sum(
        world.picture(label, serial) != (label, serial, False)
        for label in range(20)
        for serial in range(1000)
    )
    assert copies / 20_000 == pytest.approx(0.03, abs=0.004)


def test_without_copies_every_good_url_counts() -> None:
    world = World(replace(SETTINGS, look=Look(twin_share=0, cross_share=0, near_share=0)))
    for truth in truths(world):
        assert truth.good == truth.bodies == truth.acceptable == truth.apart


def test_endings_count_every_url(copied_world: World) -> None:
    assert endings(copied_world).total() == copied_world.n


def test_imagined_inspections_are_equal_where_bodies_are(copied_world: World) -> None:
    """So a rehearsal without pixels comes to the same judgements."""
    fetcher = VirtualFetcher(copied_world)
    imagined: dict[bytes, set[bytes]] = defaultdict(set)
    for row in copied_world.rows():
        truth = copied_world.truth(row.url)
        assert truth is not None
        outcome = fetcher.outcome(row.url, host_of(row.url), 0.0)
        seen = imagine(outcome, SETTINGS.look)
        if truth.picture is None or seen is None or seen.flaw is not None:
            continue
        drawn = copied_world.artist.paint(truth.picture, copied_world.dress(truth.picture))
        imagined[seen.sha256].add(hashlib.sha256(drawn).digest())
    assert len(imagined) > 100
    assert all(len(real) == 1 for real in imagined.values())
    assert len(set().union(*imagined.values())) == len(imagined)


def test_near_duplicates_are_imagined_with_one_look(copied_world: World) -> None:
    near = [
        (copied_world.url(c, s), copied_world.url(c, s - 1))
        for c, count in enumerate(SETTINGS.counts())
        for s in range(1, count, 2)
        if copied_world.picture(c, s).near
        and copied_world.fate(c, s).good
        and copied_world.fate(c, s - 1).good
    ]
    assert near
    for pair in near:
        fetcher = VirtualFetcher(copied_world)
        first, second = (imagine(_patient(fetcher, url), SETTINGS.look) for url in pair)
        assert first is not None
        assert second is not None
        assert (first.phash, first.thumbnail) == (second.phash, second.thumbnail)
        assert first.sha256 != second.sha256


def _patient(fetcher: VirtualFetcher, url: str):  # type: ignore[no-untyped-def]
    """The outcome once the host lets us in and has made up its mind."""
    outcomes = (fetcher.outcome(url, host_of(url), 1000.0 * n) for n in range(5))
    return next(outcome for outcome in outcomes if outcome.shown is not None)


def test_a_drawn_picture_is_sound(copied_world: World) -> None:
    """What truth calls good, the inspector keeps."""
    for row in list(copied_world.rows())[:120]:
        truth = copied_world.truth(row.url)
        if truth is not None and truth.picture is not None:
            body = copied_world.artist.paint(truth.picture, copied_world.dress(truth.picture))
            assert inspect_image(body).flaw is None
