"""A known placeholder is known in another size, quality and brightness; an honest picture is not."""

import io
import zlib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from gleanset.inspection.inspector import inspect_image
from gleanset.judge.known_looks import KnownLook, correlation
from gleanset.judge.placeholders import Signatures
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.world import World
from gleanset.terms.inspection import Inspection
from gleanset.terms.verdict import Finding

QUALITIES = (30, 45, 60, 75, 85, 95)
SCALES = (0.6, 0.75, 1.0, 1.25, 1.5, 2.0)
URL = "http://anywhere.example/dog.jpg"


def icon(side: int, words: str, paper: int, ink: int) -> Image.Image:
    """A small "no image" icon, as shops and forums have them."""
    image = Image.new("RGB", (side, side), (paper, paper, paper))
    draw = ImageDraw.Draw(image)
    draw.rectangle((1, 1, side - 2, side - 2), outline=(ink, ink, ink))
    font = ImageFont.load_default(side // 4)
    middle = (side / 2, side / 2)
    draw.multiline_text(middle, words, fill=(ink, ink, ink), font=font, anchor="mm", align="center")
    return image


ICONS = (icon(60, "404", 255, 200), icon(80, "not\nfound", 238, 60), icon(100, "image\ngone", 90, 250))


def variants(image: Image.Image) -> Iterator[Inspection]:
    """Six qualities, six sizes: 36 copies as hosts make them."""
    for scale in SCALES:
        size = (round(image.width * scale), round(image.height * scale))
        smaller = image.resize(size, Image.Resampling.LANCZOS)
        for quality in QUALITIES:
            out = io.BytesIO()
            smaller.save(out, "JPEG", quality=quality)
            yield inspect_image(out.getvalue())


def look_of(image: Image.Image) -> KnownLook:
    out = io.BytesIO()
    image.save(out, "PNG")
    seen = inspect_image(out.getvalue())
    assert seen.phash is not None
    return KnownLook(seen.phash, image.size, seen.thumbnail)


@pytest.mark.parametrize("image", ICONS, ids=["60px", "80px", "100px"])
def test_every_variant_of_a_small_icon_is_known_by_its_thumbnail(image: Image.Image) -> None:
    """The perceptual hash alone would miss some: small drawings drift."""
    look = look_of(image)
    assert all(look.fits(seen) for seen in variants(image))


def test_the_hash_alone_misses_some_of_the_smallest() -> None:
    """Which is why there are thumbnails."""
    look = KnownLook(look_of(ICONS[0]).phash)
    assert not all(look.fits(seen) for seen in variants(ICONS[0]))


def test_drawn_pictures_are_none_of_them(signatures: Signatures) -> None:
    """A thousand scenes of all kinds, the icons' looks and the shipped ones."""
    looks = [look_of(image) for image in ICONS]
    world = World(WorldSettings(urls_per_class=50, look=Look(96, 72, 4_000)))
    for label in range(20):
        for serial in range(50):
            picture = world.picture(label, serial)
            seen = inspect_image(world.artist.paint(picture, world.dress(picture)))
            assert not any(look.fits(seen) for look in looks)
            assert signatures.match(Finding(0, 1, 0, 0.1, 1.8e9, inspection=seen), URL) is None


def test_nothing_of_the_corpora_and_no_photograph_is_one(signatures: Signatures, material: Path) -> None:
    """Honest small pictures are the ones most like an icon."""
    looks = [look_of(image) for image in ICONS]
    folders = [f for f in (material / "corpora").iterdir() if f.is_dir() and "placeholders" not in f.name]
    paths = [*(material / "photos").glob("*/*.jpg"), *(p for f in folders for p in f.iterdir())]
    n_seen = 0
    for path in sorted(paths):
        seen = inspect_image(path.read_bytes())
        n_seen += seen.phash is not None
        assert not any(look.fits(seen) for look in looks), path
        assert signatures.match(Finding(0, 1, 0, 0.1, 1.8e9, inspection=seen), URL) is None, path
    assert n_seen > 1_800


def test_the_real_placeholders_are_known_in_every_variant(signatures: Signatures, material: Path) -> None:
    """Four pictures of real sites, in 36 qualities and sizes each."""
    folder = material / "corpora" / "placeholders-kmather73"
    if not folder.is_dir():
        pytest.skip(f"the material folder is absent: {folder}")
    paths = sorted(folder.iterdir())
    pictures = [path for path in paths if inspect_image(path.read_bytes()).phash is not None]
    assert len(pictures) == 4
    for path in pictures:
        with Image.open(path) as image:
            for seen in variants(image.convert("RGB")):
                found = Finding(0, 1, 0, 0.1, 1.8e9, inspection=seen)
                assert signatures.match(found, URL) is not None, (path.name, seen.width_px)


@pytest.mark.parametrize(
    ("confirmed", "bits", "size", "agrees", "fits"),
    [
        (False, 6, (100, 20), False, True),
        (False, 7, (100, 20), True, False),
        (False, 10, (40, 40), False, True),
        (False, 13, (40, 40), True, False),
        (True, 6, (60, 60), False, False),
        (True, 7, (40, 40), False, False),
        (True, 16, (100, 20), True, True),
        (True, 17, (40, 40), True, False),
    ],
)
def test_how_far_a_look_reaches(
    confirmed: bool, bits: int, size: tuple[int, int], agrees: bool, fits: bool
) -> None:
    """Alone, in the same shape, with a thumbnail that agrees; a thumbnail says more than a shape."""
    grey = bytes(range(256))
    look = KnownLook(0, (60, 60), grey if confirmed else None)
    thumbnail = grey if agrees else grey[::-1]
    seen = Inspection(1, bytes(32), None, phash=(1 << bits) - 1, thumbnail=thumbnail)
    seen = Inspection(1, bytes(32), None, "", "png", *size, phash=seen.phash, thumbnail=thumbnail)
    assert look.fits(seen) is fits


def test_brightness_and_contrast_change_no_agreement() -> None:
    """Hosts that colour their placeholders change nothing else."""
    grey = np.arange(256, dtype=np.uint8)
    assert correlation(grey.tobytes(), (grey // 2 + 90).tobytes()) > 0.99
    assert correlation(grey.tobytes(), bytes(256)) == 0


def test_a_table_may_carry_thumbnails() -> None:
    """Older tables have no such column and mean what they meant."""
    grey = zlib.compress(bytes(1000)).ljust(256, b"\7")
    head = "site,kind,value,bytes,size,note,thumbnail\n"
    table = Signatures.parse(f"{head}ours,phash,00000000000000ff,,,,{grey.hex()}\n")
    seen = Inspection(1, bytes(32), None, phash=0x00FF_00FF, thumbnail=grey)
    found = Finding(0, 1, 0, 0.1, 1.8e9, inspection=seen)
    assert table.match(found, URL) == "ours:phash"
    assert Signatures.parse(f"{head[:-11]}\nours,phash,00000000000000ff,,,\n").match(found, URL) is None


def test_a_thumbnail_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="thumbnail of 2 bytes"):
        Signatures.parse("site,kind,value,bytes,size,note,thumbnail\nours,phash,ff,,,,abcd\n")


def test_the_shipped_icons_have_a_size_each() -> None:
    """It is what lets them drift."""
    text = files("gleanset").joinpath("data/placeholders.csv").read_text(encoding="utf-8")
    icons = [line for line in text.splitlines() if line.startswith("icon,phash,")]
    assert len(icons) == 3
    assert all("x" in line.split(",")[4] for line in icons)
