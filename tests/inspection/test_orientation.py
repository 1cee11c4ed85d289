"""Pictures stand upright, however the camera was held."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from gleanset.inspection.inspector import inspect
from gleanset.inspection.orientation import exif_orientation, first_directory
from gleanset.terms.inspection import Treatment

FORMS = [
    ("JPEG", {"quality": 95}),
    ("PNG", {}),
    ("WEBP", {"lossless": True}),
    ("TIFF", {}),
    ("AVIF", {"quality": 95}),
]


def turned(picture, orientation, form, file_of, **options):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return file_of(picture, form, exif=exif, **options)


@pytest.mark.parametrize(
    "treatment", [Treatment(), Treatment(size_px=100), Treatment(size_px=64, resize="crop")]
)
@pytest.mark.parametrize(("form", "options"), FORMS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_orientations_come_out_as_pillow_turns_them(
    photograph, file_of, form, options, orientation, treatment
):
    """Trainers do not look at EXIF: what they see is what is stored."""
    body = turned(photograph(200, 150), orientation, form, file_of, **options)
    inspection, stored = inspect(body, treatment)
    assert inspection.flaw is None, inspection.detail
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(body))).convert("RGB")
    assert (inspection.width_px, inspection.height_px) == upright.size
    if treatment.resize == "crop":
        reference = ImageOps.fit(upright, (64, 64), Image.Resampling.HAMMING)
    elif treatment.size_px:
        reference = ImageOps.scale(upright, 100 / 150, Image.Resampling.HAMMING)
    else:
        reference = upright
    shown = Image.open(io.BytesIO(stored)).convert("RGB")
    assert shown.size == reference.size
    difference = np.abs(np.asarray(shown, np.int16) - np.asarray(reference, np.int16)).mean()
    assert difference < 7


@pytest.mark.parametrize("orientation", range(2, 9))
def test_the_fingerprint_is_that_of_the_upright_picture(photograph, file_of, orientation):
    """The same photograph, once turned by the camera and once by a person, is the same."""
    body = turned(photograph(300, 200), orientation, "JPEG", file_of, quality=92)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(body)))
    a, _ = inspect(body, Treatment())
    b, _ = inspect(file_of(upright, "PNG"), Treatment())
    assert (a.phash ^ b.phash).bit_count() <= 4
    thumbnails = (np.frombuffer(i.thumbnail, np.uint8).astype(int) for i in (a, b))
    assert np.abs(np.subtract(*thumbnails)).max() <= 8


@pytest.mark.parametrize("value", [0, 9, 99, 65535])
def test_an_orientation_out_of_range_means_upright(photograph, file_of, value):
    """Such a file is kept byte for byte: no viewer turns it either."""
    body = turned(photograph(), value, "JPEG", file_of)
    inspection, stored = inspect(body, Treatment())
    assert (inspection.stored.how, stored is body) == ("original", True)


def test_damaged_exif_does_not_cost_the_picture(photograph, file_of):
    """Metadata is the part that editors break most often."""
    body = file_of(photograph(), "JPEG")
    junk = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 60_000) + b"\xff" * 40
    broken = body[:2] + b"\xff\xe1" + struct.pack(">H", len(junk) + 2) + junk + body[2:]
    assert inspect(broken, Treatment())[1] is broken


def test_both_byte_orders_are_read():
    for order, magic in (("<", b"II*\0"), (">", b"MM\0*")):
        block = magic + struct.pack(order + "IHHHIHH", 8, 1, 0x0112, 3, 1, 6, 0)
        assert exif_orientation(block) == exif_orientation(b"Exif\0\0" + block) == 6


@given(st.binary(max_size=200), st.sampled_from([b"", b"II*\0", b"MM\0*", b"II*\0\x08\0\0\0\x01\0"]))
def test_no_bytes_upset_the_reader(junk, start):
    """A directory may point anywhere, at itself included."""
    assert 1 <= exif_orientation(start + junk) <= 8
    assert isinstance(first_directory(start + junk), dict)


@pytest.mark.parametrize("treatment", [Treatment(), Treatment(size_px=100)])
@pytest.mark.parametrize(("form", "options"), [("JPEG", {"quality": 95}), ("PNG", {})])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("turn", [90, 180, 270])
def test_the_lists_turn_comes_after_that_of_the_camera(
    photograph, file_of, form, options, orientation, turn, treatment
):
    """Pillow turns counter-clockwise as well, so it says what is right, for all that EXIF may have asked."""
    body = turned(photograph(200, 150), orientation, form, file_of, **options)
    inspection, stored = inspect(body, treatment, turn=turn)
    assert inspection.flaw is None, inspection.detail
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(body))).convert("RGB").rotate(turn, expand=True)
    assert (inspection.width_px, inspection.height_px) == upright.size
    assert "upright" in inspection.stored.how.split("+")
    shown = Image.open(io.BytesIO(stored))
    assert shown.getexif().get(0x0112, 1) == 1, "nobody turns it once more"
    reference = upright
    if treatment.size_px:
        reference = ImageOps.scale(upright, 100 / 150, Image.Resampling.HAMMING)
    shown = shown.convert("RGB")
    assert shown.size == (inspection.stored.width_px, inspection.stored.height_px) == reference.size
    difference = np.abs(np.asarray(shown, np.int16) - np.asarray(reference, np.int16)).mean()
    assert difference < 7


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_the_fingerprint_is_that_of_the_turned_picture_and_the_digest_that_of_the_body(
    photograph, file_of, turn
):
    """A copy that somebody stored upright is a near duplicate; the bytes are what came."""
    lying = photograph(300, 200)
    body = file_of(lying, "JPEG", quality=92)
    a, _ = inspect(body, Treatment(), turn=turn)
    b, _ = inspect(file_of(lying.rotate(turn, expand=True), "PNG"), Treatment())
    c, _ = inspect(body, Treatment())
    assert (a.phash ^ b.phash).bit_count() <= 4
    assert (a.sha256, a.n_bytes) == (c.sha256, c.n_bytes)
    assert (a.phash ^ c.phash).bit_count() > 10


def test_no_turn_keeps_the_file_byte_for_byte(photograph, file_of):
    """Rotation 0 is what nearly all rows say."""
    body = file_of(photograph(), "JPEG", quality=92)
    assert inspect(body, Treatment(), turn=0)[1] is body
