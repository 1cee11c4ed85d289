"""Pictures are drawn from numbers: distinct, pleasant, and easy to tell apart by class."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gleanset.inspection.inspector import inspect_image
from gleanset.rotten.exam import accuracy
from gleanset.rotten.responses import Notice, Picture, Response
from gleanset.rotten.settings import CLASSES, Look, WorldSettings
from gleanset.rotten.world import UNAVAILABLE_URL, World
from gleanset.urls import host_of

JPEG = 0.5
"""A chance that gives an ordinary JPEG."""


@pytest.fixture(scope="module")
def small_pictures() -> World:
    return World(WorldSettings(look=Look(160, 120, 6_000)))


def test_the_same_picture_is_drawn_to_the_byte(small_pictures: World) -> None:
    """By another artist, after other pictures."""
    again = World(small_pictures.settings)
    again.artist.paint(Picture(7, 7), JPEG)
    for dress in (0.0, 0.04, 0.07, JPEG, 0.999):
        picture = Picture(3, 14)
        assert again.artist.paint(picture, dress) == small_pictures.artist.paint(picture, dress)


def test_no_two_pictures_are_alike(small_pictures: World) -> None:
    """16x16 grey levels of any two differ by more than 6 in the mean, those of a near-duplicate by less
    than 2: an eye for near-duplicates finds those, and no others."""
    artist = small_pictures.artist
    looks = np.stack([_grey(artist.paint(Picture(c, s), JPEG)) for c in range(20) for s in range(0, 20, 2)])
    nearest = [np.abs(looks[n + 1 :] - look).mean(axis=1).min() for n, look in enumerate(looks[:-1])]
    assert min(nearest) > 6
    near = np.stack([_grey(artist.paint(Picture(c, 0, near=True), JPEG)) for c in range(20)])
    assert np.abs(near - looks[::10]).mean(axis=1).max() < 2


def _grey(body: bytes) -> NDArray[np.float64]:
    image = Image.open(io.BytesIO(body)).convert("L").resize((16, 16), Image.Resampling.BOX)
    return np.asarray(image, dtype=np.float64).ravel()


def test_a_near_duplicate_has_other_bytes_other_pixels_and_the_same_hash(small_pictures: World) -> None:
    """Perceptual hashes within 4 of 64 bits."""
    for label in range(20):
        first = inspect_image(small_pictures.artist.paint(Picture(label, 4), JPEG))
        second = inspect_image(small_pictures.artist.paint(Picture(label, 4, near=True), JPEG))
        assert first.phash is not None
        assert second.phash is not None
        assert (first.width_px, second.width_px) == (160, 128)
        assert first.sha256 != second.sha256
        assert (first.phash ^ second.phash).bit_count() <= 4


def test_a_linear_classifier_tells_the_classes_apart(small_pictures: World) -> None:
    """Above 95 % on pictures that it has not seen: a dataset of this web can be learned from."""
    artist = small_pictures.artist
    train = ((artist.paint(Picture(c, s), JPEG), c) for c in range(20) for s in range(30))
    test = ((artist.paint(Picture(c, s), JPEG), c) for c in range(20) for s in range(500, 510))
    assert accuracy(train, test) > 0.95


@pytest.mark.parametrize(
    ("dress", "format_", "turned"),
    [
        (0.01, "png", False),
        (0.04, "webp", False),
        (0.07, "gif", False),
        (JPEG, "jpeg", False),
        (0.99, "jpeg", True),
    ],
)
def test_good_pictures_come_in_many_dresses(
    small_pictures: World, dress: float, format_: str, turned: bool
) -> None:
    """All are sound, and upright as people see them."""
    seen = inspect_image(small_pictures.artist.paint(Picture(1, 2), dress))
    assert (seen.flaw, seen.format, seen.width_px, seen.height_px) == (None, format_, 160, 120)
    assert small_pictures.artist.is_turned(Picture(1, 2), dress) is turned
    assert small_pictures.artist.media_type(Picture(1, 2), dress) == f"image/{format_}"


@pytest.mark.parametrize("mean_bytes", [30_000, 45_000, 90_000])
def test_pictures_are_as_large_as_asked(mean_bytes: int) -> None:
    """500x375 JPEGs of 30 to 90 kB in the mean."""
    artist = World(WorldSettings(look=Look(mean_bytes=mean_bytes))).artist
    sizes = [len(artist.paint(Picture(label, 6), JPEG)) for label in range(20)]
    assert np.mean(sizes) == pytest.approx(mean_bytes, rel=0.12)


def test_more_classes_than_looks_are_still_distinct() -> None:
    """The twenty looks come again; the pictures do not."""
    world = World(WorldSettings(classes=tuple(f"class {n}" for n in range(21)), look=Look(96, 72)))
    assert world.artist.paint(Picture(0, 0), JPEG) != world.artist.paint(Picture(20, 0), JPEG)


def test_every_host_has_a_placeholder_of_its_own(small_pictures: World) -> None:
    """A sound picture, the same for every URL of the host, unlike any other host's."""
    alive = [name for name in small_pictures.sites if name.startswith("host")]
    hosts = (*alive[:30], host_of(UNAVAILABLE_URL))
    bodies = {small_pictures.render(Response(content=Notice(host))) for host in hosts}
    assert len(bodies) == len(hosts)
    assert all(inspect_image(body).flaw is None for body in list(bodies)[:10])


def test_all_classes_have_names() -> None:
    assert len(CLASSES) == len(set(CLASSES.values())) == 20
