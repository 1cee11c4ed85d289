"""Copies are recognised however they were encoded, scaled and trimmed; other pictures are not."""

import io
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gleanset.inspection.inspector import inspect_image
from gleanset.judge.gallery import Gallery, Similar
from gleanset.judge.near import Holder, Near, shows_the_same
from gleanset.rotten.pictures import Artist
from gleanset.rotten.responses import Picture
from gleanset.rotten.settings import Look, WorldSettings

Seen = tuple[int, bytes]

DOG, CAT = 0, 1
TRIMMED = 0.03
"""Of a side's length, off each of the four sides: the hardest reading of "slightly cropped"."""


def seen(body: bytes) -> Seen:
    inspection = inspect_image(body)
    assert inspection.phash is not None
    assert inspection.thumbnail is not None
    return inspection.phash, inspection.thumbnail


def encoded(image: Image.Image, form: str, quality: int = 90) -> bytes:
    out = io.BytesIO()
    image.save(out, form, quality=quality, compress_level=1, method=2)
    return out.getvalue()


def scaled(image: Image.Image, by: float) -> Image.Image:
    return image.resize((round(image.width * by), round(image.height * by)), Image.Resampling.BICUBIC)


def trimmed(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = image.size
    return image.crop(
        (
            round(left * width),
            round(top * height),
            width - round(right * width),
            height - round(bottom * height),
        )
    )


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "JPEG of quality 30": lambda image: encoded(image, "JPEG", 30),
    "JPEG of quality 95": lambda image: encoded(image, "JPEG", 95),
    "WebP of quality 30": lambda image: encoded(image, "WEBP", 30),
    "PNG": lambda image: encoded(image, "PNG"),
    "half the size": lambda image: encoded(scaled(image, 0.5), "JPEG"),
    "twice the size": lambda image: encoded(scaled(image, 2), "JPEG"),
    "trimmed at each side": lambda image: encoded(trimmed(image, *[TRIMMED] * 4), "JPEG"),
    "trimmed at two sides": lambda image: encoded(trimmed(image, TRIMMED, TRIMMED, 0, 0), "JPEG"),
    "all of it": lambda image: encoded(scaled(trimmed(image, *[TRIMMED] * 4), 0.5), "WEBP", 30),
}


@pytest.fixture(scope="module")
def photographs(material: Path) -> list[Path]:
    """All of the real ones: shelves of a shop, many of them shot twice."""
    return sorted((material / "photos").rglob("*.jpg"))


@pytest.fixture(scope="module")
def looks(photographs: list[Path]) -> list[Seen]:
    return [seen(path.read_bytes()) for path in photographs]


@pytest.mark.parametrize("kind", COPIES)
def test_copies_of_photographs_are_found(photographs: list[Path], looks: list[Seen], kind: str) -> None:
    """At least 99 %, of every 13th photograph: not one of a hundred may be missed here."""
    sample = list(zip(photographs, looks, strict=True))[::13]
    missed = []
    for path, original in sample:
        with Image.open(path) as image:
            copy = seen(COPIES[kind](image.convert("RGB")))
        if not shows_the_same(*original, *copy):
            missed.append(path.name)
    assert len(missed) <= len(sample) // 100


def test_different_photographs_are_not_merged(looks: list[Seen]) -> None:
    """At most 1 of 1,000 real photographs may be lost to another one, however alike two shots are."""
    assert len(lost(looks)) <= len(looks) // 1000


def test_odd_files_are_not_merged_unless_they_show_the_same(material: Path) -> None:
    """Icons and test patterns are flat, and flat pictures look alike by being flat."""
    odd = (material / "corpora" / "pngsuite").rglob("s??i3p0[24].png")
    kept = [seen(path.read_bytes()) for path in sorted(odd) if inspect_image(path.read_bytes()).flaw is None]
    assert lost(kept) == []


@pytest.mark.parametrize("label", range(0, 20, 3))
def test_drawn_pictures_of_one_motif_are_different_pictures(label: int) -> None:
    """The simulated web draws thousands of each; a crawl that merged them would starve."""
    artist = Artist(WorldSettings(look=Look(96, 72, 4_000)))
    drawn = [seen(artist.paint(Picture(label, serial), 0.5)) for serial in range(150)]
    assert lost(drawn) == []


def test_a_drawn_picture_made_smaller_is_the_same() -> None:
    """The simulated web's near-duplicates are near-duplicates."""
    artist = Artist(WorldSettings(look=Look(96, 72, 4_000)))
    for serial in range(30):
        one = seen(artist.paint(Picture(serial % 20, serial), 0.5))
        other = seen(artist.paint(Picture(serial % 20, serial, near=True), 0.5))
        assert shows_the_same(*one, *other)
        assert shows_the_same(*other, *one)


@given(st.binary(min_size=256, max_size=256), st.integers(0, 2**64 - 1))
def test_every_picture_shows_the_same_as_itself(thumbnail: bytes, phash: int) -> None:
    """Flat ones and noise included."""
    assert shows_the_same(phash, thumbnail, phash, thumbnail)


@given(st.binary(min_size=256, max_size=256), st.lists(st.integers(-3, 3), min_size=256, max_size=256))
def test_the_order_of_two_pictures_does_not_matter(thumbnail: bytes, steps: list[int]) -> None:
    """Who comes first is chance, and must not decide."""
    other = bytes(max(0, min(255, level + step)) for level, step in zip(thumbnail, steps, strict=True))
    assert shows_the_same(7, thumbnail, 7, other) == shows_the_same(7, other, 7, thumbnail)


def test_a_brighter_picture_of_the_same_place_elsewhere_is_another() -> None:
    """Equal hashes prove nothing: the thumbnail has to agree."""
    ramp = bytes(range(256))
    assert not shows_the_same(7, ramp, 7, ramp[::-1])


@pytest.fixture
def near() -> Near:
    return Near()


def test_holders_come_nearest_first_and_only_confirmed_ones(near: Near) -> None:
    """A look-alike that the thumbnail does not confirm is nobody's twin."""
    near.hold(3, 30, DOG)
    near.hold(5, 50, CAT)
    near.hold(8, 80, DOG)
    similar = [Similar(5, 0, True), Similar(8, 2, False), Similar(9, 4, True), Similar(3, 6, True)]
    assert near.holders(similar) == [Holder(50, CAT), Holder(30, DOG)]


def test_a_place_may_have_several_holders(near: Near) -> None:
    """Where near-duplicates are kept, each is released for itself."""
    near.hold(3, 30, DOG)
    near.hold(3, 31, CAT)
    near.hold(3, 30, DOG)
    assert set(near.at(3)) == {Holder(30, DOG), Holder(31, CAT)}
    near.release(3, 30)
    assert near.at(3) == (Holder(31, CAT),)
    near.release(3, 31)
    assert near.at(3) == ()


def test_releasing_what_is_not_held_changes_nothing(near: Near) -> None:
    """The journal may be read in any order."""
    near.hold(3, 30, DOG)
    near.release(3, 31)
    near.release(4, 30)
    assert near.at(3) == (Holder(30, DOG),)


def test_a_label_that_is_corrected_is_said_once(near: Near) -> None:
    """The last word on a candidate wins."""
    near.hold(3, 30, DOG)
    near.hold(3, 30, CAT)
    assert near.at(3) == (Holder(30, CAT),)


def lost(pictures: Iterable[Seen]) -> list[int]:
    """Which of the pictures a gallery takes for one that came before."""
    gallery, gone = Gallery(), []
    for number, picture in enumerate(pictures):
        if any(one.same for one in gallery.similar(*picture)):
            gone.append(number)
        gallery.add(*picture)
    return gone
