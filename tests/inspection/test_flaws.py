"""Why a body is refused, and that it is refused cheaply."""

import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from gleanset.inspection.inspector import inspect, inspect_image
from gleanset.inspection.jpeg import END_MISSING
from gleanset.terms.inspection import Flaw, Treatment

TRUNCATED_OR_WORSE = {Flaw.TRUNCATED, Flaw.UNDECODABLE}


def flaw_of(body, **treatment):
    inspection, stored = inspect(body, Treatment(**treatment))
    assert (inspection.stored is None) == (inspection.flaw is not None)
    assert (stored is None) == (inspection.flaw is not None)
    return inspection.flaw


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_claims(width, height):
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + png_chunk(b"IDAT", zlib.compress(bytes(1000)))
        + png_chunk(b"IEND", b"")
    )


def jpeg_that_claims(body, width, height):
    at = body.index(b"\xff\xc0") + 5
    return body[:at] + struct.pack(">HH", height, width) + body[at + 4 :]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("JPEG", {"quality": 90}),
        ("JPEG", {"quality": 90, "progressive": True}),
        ("PNG", {}),
        ("GIF", {}),
        ("WEBP", {"quality": 90}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {}),
    ],
)
def test_a_body_cut_short_is_refused(photograph, file_of, form, options, share):
    """Half a picture is worse than none: it trains on grey."""
    body = file_of(photograph(), form, **options)
    assert flaw_of(body) is None
    assert flaw_of(body[: int(len(body) * share)]) in TRUNCATED_OR_WORSE


@pytest.mark.parametrize("size", [None, 100])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_without_its_end_marker_is_counted_apart(photograph, file_of, progressive, size):
    """Two bytes missing are the sign of a broken transfer, though all pixels may be there."""
    body = file_of(photograph(), "JPEG", progressive=progressive)
    assert body.endswith(b"\xff\xd9")
    for missing, apart in ((1, True), (2, True), (60, False)):
        seen, stored = inspect(body[:-missing], Treatment(size_px=size))
        assert (seen.flaw, stored) == (Flaw.TRUNCATED, None)
        assert (seen.detail == END_MISSING) == apart


def test_zeros_within_the_entropy_data_are_damage(photograph, file_of):
    """Pillow alone would show the picture with a grey half."""
    body = file_of(photograph(400, 300), "JPEG", quality=90, restart_marker_blocks=8)
    middle = len(body) // 2
    assert flaw_of(body[:middle] + bytes(400) + body[middle + 400 :]) is Flaw.UNDECODABLE


def test_a_png_with_a_wrong_check_sum_is_damage(photograph, file_of):
    """Pillow opens it, libpng and so torchvision do not: it must not be kept as it is."""
    body = bytearray(file_of(photograph(), "PNG"))
    at = body.index(b"IDAT")
    length = struct.unpack_from(">I", body, at - 4)[0]
    body[at + 4 + length] ^= 1
    assert flaw_of(bytes(body)) is Flaw.UNDECODABLE


def test_what_follows_the_end_of_a_jpeg_does_not_matter(photograph, file_of):
    """Every decoder stops at the end marker; web servers append pages and counters."""
    assert flaw_of(file_of(photograph(), "JPEG") + b"<html></html>") is None


@pytest.mark.parametrize(
    ("width", "height"), [(20_000, 20_000), (7_100, 7_100), (1, 4_000_000), (20_001, 600), (65_500, 65_500)]
)
def test_a_bomb_is_refused_before_its_pixels_are_allocated(photograph, file_of, width, height):
    """A few kilobytes may promise gigabytes."""
    bodies = [png_that_claims(width, height)]
    if max(width, height) <= 65_500:
        bodies.append(jpeg_that_claims(file_of(photograph(), "JPEG"), width, height))
    for body in bodies:
        tracemalloc.start()
        assert flaw_of(body, min_side_px=1) is Flaw.TOO_MANY_PIXELS
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
        tracemalloc.stop()


@pytest.mark.parametrize("chunk", [b"VP8X", b"VP8L", b"VP8 "])
def test_a_webp_canvas_is_measured_before_its_reader_allocates_it(chunk):
    """Pillow's reader makes two canvases of the size that the header names."""
    head = {
        b"VP8X": bytes(4) + (2**24 - 1).to_bytes(3, "little") * 2,
        b"VP8L": b"\x2f" + (0x0FFFFFFF).to_bytes(4, "little") + bytes(5),
        b"VP8 ": bytes(3) + b"\x9d\x01\x2a" + b"\xff\x3f\xff\x3f",
    }[chunk]
    body = b"RIFF" + struct.pack("<I", 22) + b"WEBP" + chunk + struct.pack("<I", 10) + head
    assert flaw_of(body) is Flaw.TOO_MANY_PIXELS


def test_a_compressed_text_of_megabytes_refuses_the_png(photograph, file_of):
    """Every trainer that uses Pillow would fail on it."""
    body = file_of(photograph(), "PNG")
    bomb = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(64_000_000)))
    assert flaw_of(body[:33] + bomb + body[33:]) is Flaw.UNDECODABLE


def test_a_jpeg_of_thousands_of_scans_is_refused_unread(photograph, file_of):
    """Each scan is a pass over all blocks: 2,000 of them would hold a core for minutes."""
    body = file_of(photograph(3000, 2000), "JPEG", progressive=True, quality=60)
    last = body.rindex(b"\xff\xda")
    scan = body[last:-2]
    assert flaw_of(body[:-2] + scan * 2000 + b"\xff\xd9") is Flaw.UNDECODABLE
    assert flaw_of(body) is None


@pytest.mark.parametrize(
    ("size", "flaw"), [((33, 33), None), ((32, 33), Flaw.TOO_SMALL), ((1, 1), Flaw.TOO_SMALL)]
)
def test_pictures_are_larger_than_32_by_32(photograph, file_of, size, flaw):
    """Thumbnails, icons and tracking pixels are no training images."""
    body = file_of(photograph().resize(size), "PNG")
    assert inspect_image(body).flaw is flaw


def test_a_side_of_our_own_choice_may_be_demanded(photograph, file_of):
    body = file_of(photograph(200, 150), "JPEG")
    assert flaw_of(body, min_side_px=150) is None
    assert flaw_of(body, min_side_px=151) is Flaw.TOO_SMALL


@pytest.mark.parametrize(
    ("size", "max_aspect", "flaw"),
    [
        ((2000, 40), None, None),
        ((2040, 40), None, Flaw.BAD_SHAPE),
        ((40, 2040), 100.0, Flaw.BAD_SHAPE),
        ((300, 100), 3.0, None),
        ((301, 100), 3.0, Flaw.BAD_SHAPE),
    ],
)
def test_banners_have_a_bad_shape(photograph, file_of, size, max_aspect, flaw):
    """50 to 1 is where decoders suffer, whatever is asked for; less may be demanded."""
    assert flaw_of(file_of(photograph(*size), "JPEG"), max_aspect=max_aspect) is flaw


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_one_shade_all_over_is_blank(file_of, form):
    """Such a picture shows nothing, whatever its label says."""
    assert flaw_of(file_of(Image.new("RGB", (80, 80), (200, 30, 30)), form)) is Flaw.BLANK


def test_a_picture_on_transparent_ground_is_seen_on_white(file_of):
    """White on nothing is blank, black on nothing is a picture."""
    alpha = Image.fromarray(np.eye(80, dtype=np.uint8) * 255)
    for shade, flaw in ((255, Flaw.BLANK), (0, None)):
        image = Image.new("RGBA", (80, 80), (shade, shade, shade, 0))
        image.putalpha(alpha)
        assert flaw_of(file_of(image, "PNG")) is flaw


def test_a_page_is_named_by_its_first_words():
    """The log shows what came in place of the picture, and shows it harmlessly."""
    inspection = inspect_image(b"<html>\x1b[31m\r\n<title>404</title>" + b"\xff" * 100)
    assert (inspection.flaw, inspection.format) == (Flaw.NOT_AN_IMAGE, None)
    assert inspection.detail == "<html>[31m<title>404</title>"


def test_postscript_named_jpg_starts_nothing():
    """Pillow with all its plugins would run Ghostscript on it."""
    assert flaw_of(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n%%EndComments\n") is Flaw.NOT_AN_IMAGE
