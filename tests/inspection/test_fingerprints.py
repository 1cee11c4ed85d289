"""Hashes of the bytes and of what the eye sees."""

import hashlib
import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from gleanset.inspection.hashes import PLACEHOLDER_MAX_BYTES, look
from gleanset.inspection.inspector import inspect, inspect_image
from gleanset.inspection.orientation import turn_upright
from gleanset.terms.inspection import Treatment


def phash_by_the_book(image):
    """imagehash.phash, written out: LANCZOS to 32x32, DCT-II along both axes, 8x8, above the median."""
    grey = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.LANCZOS), float)
    n = np.arange(32)
    dct = 2 * np.cos(np.pi * n[:, None] * (2 * n[None, :] + 1) / 64)
    low = (dct @ grey @ dct.T)[:8, :8]
    bits = "".join("1" if bit else "0" for bit in (low > np.median(low)).ravel())
    return int(bits, 2)


def bits_apart(a, b):
    return (a ^ b).bit_count()


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    ("form", "options"), [("PNG", {}), ("JPEG", {"quality": 90}), ("WEBP", {"quality": 90})]
)
@pytest.mark.parametrize("size", [(500, 375), (375, 500), (1200, 900), (90, 80), (700, 65)])
def test_the_hash_is_the_published_one(photograph, file_of, form, options, size, seed):
    """Signatures of placeholders are exchanged in this form; a JPEG is hashed from a shrunken decode."""
    body = file_of(photograph(*size, seed=seed), form, **options)
    assert bits_apart(inspect_image(body).phash, phash_by_the_book(Image.open(io.BytesIO(body)))) <= 4


def test_a_shrunken_picture_looks_like_the_whole_one(photograph):
    """Means of squares lie where their pixels were, those at the edges as well, however it is turned."""
    for seed in range(20):
        whole = np.asarray(photograph(347 + seed, 391 - 2 * seed, seed=seed).convert("L"))
        for factor in (2, 4, 8):
            small = np.asarray(Image.fromarray(whole).reduce(factor))
            for orientation in range(1, 9):
                seen = look(small, whole.shape, orientation)
                upright = look(np.ascontiguousarray(turn_upright(whole, orientation)))
                assert bits_apart(seen.phash, upright.phash) <= 2
                a, b = (np.frombuffer(each.thumbnail, np.uint8).astype(int) for each in (seen, upright))
                assert np.abs(a - b).mean() < 1


def test_a_drawing_has_the_published_hash_as_well(file_of):
    """Known values were computed from drawings: flat ground, hard edges."""
    image = Image.new("RGB", (500, 374), "white")
    draw = ImageDraw.Draw(image)
    draw.line((180, 100, 320, 240), fill="grey", width=20)
    draw.line((300, 90, 190, 260), fill="grey", width=12)
    draw.text((120, 300), "no longer available", fill="black")
    for size in ((500, 374), (240, 180), (1024, 766)):
        for form in ("PNG", "JPEG", "GIF"):
            body = file_of(image.resize(size), form)
            assert bits_apart(inspect_image(body).phash, phash_by_the_book(image)) <= 4


CROP = Treatment(size_px=200, resize="crop")


@pytest.mark.parametrize("treatment", [Treatment(size_px=256), Treatment(size_px=48), CROP])
def test_the_hash_is_of_the_whole_picture_whatever_is_stored(photograph, file_of, treatment):
    """A manifest of resized pictures and one of originals speak of the same hashes."""
    for seed in range(10):
        body = file_of(photograph(500, 375, seed=seed), "JPEG", quality=90)
        assert bits_apart(inspect(body, treatment)[0].phash, inspect_image(body).phash) <= 4


def test_recompressed_and_resized_copies_stay_near_and_others_far(photograph, file_of):
    """The distances that placeholders (6) and drifted pictures (10) rely on."""
    for seed in range(8):
        picture = photograph(500, 375, seed=seed)
        original = inspect_image(file_of(picture, "PNG")).phash
        for quality, size in ((30, (500, 375)), (75, (240, 180)), (60, (640, 480))):
            copy = file_of(picture.resize(size), "JPEG", quality=quality)
            assert bits_apart(inspect_image(copy).phash, original) <= 6
        other = inspect_image(file_of(photograph(500, 375, seed=100 + seed), "PNG")).phash
        assert bits_apart(other, original) > 12


def test_symmetric_pictures_do_not_hash_their_rounding_errors():
    """Half of their coefficients are zero; which of them lie above the median is no matter of the machine."""
    ramp = np.abs(np.arange(-64, 65)).astype(np.uint8)
    pyramid = np.maximum(ramp[:, None], ramp[None, :]) * 2 - 1
    assert look(pyramid) == look(np.ascontiguousarray(pyramid.T)) == look(np.ascontiguousarray(pyramid[::-1]))


def test_the_thumbnail_is_the_picture_in_16_by_16_greys(photograph, file_of):
    """256 bytes, row by row, upright: enough to tell near duplicates without pixels."""
    picture = photograph(480, 320)
    thumbnail = inspect_image(file_of(picture, "JPEG", quality=95)).thumbnail
    reference = np.asarray(picture.convert("L").resize((16, 16), Image.Resampling.BOX), int)
    assert len(thumbnail) == 256
    assert np.abs(np.frombuffer(thumbnail, np.uint8).reshape(16, 16) - reference).mean() < 4


def test_overshoot_does_not_wrap_around(file_of):
    """Lanczos swings beyond black and white at hard edges."""
    stripes = np.zeros((96, 96), np.uint8)
    stripes[:, 40:] = 255
    thumbnail = np.frombuffer(inspect_image(file_of(Image.fromarray(stripes), "PNG")).thumbnail, np.uint8)
    rows = thumbnail.reshape(16, 16)
    assert (rows[:, :5] < 30).all()
    assert (rows[:, 8:] > 225).all()


def test_small_bodies_have_the_hashes_that_placeholders_are_known_by(photograph, file_of):
    """Larger ones are spared MD5 and SHA-1; SHA-256 is everyone's."""
    limit = PLACEHOLDER_MAX_BYTES
    for body in (b"", b"x" * limit, b"x" * (limit + 1), file_of(photograph(), "JPEG")):
        inspection = inspect_image(body)
        small = len(body) <= limit
        assert inspection.n_bytes == len(body)
        assert inspection.sha256 == hashlib.sha256(body).digest()
        assert inspection.md5 == (hashlib.md5(body).digest() if small else None)
        assert inspection.sha1 == (hashlib.sha1(body).digest() if small else None)
