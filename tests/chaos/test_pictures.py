"""Rows 50 to 55 of the chaos matrix: pictures made to hurt, and what each costs a process of its own."""

import io
import random
import struct
import sys
import zlib

import pytest
import simplejpeg
from alone import inspect_bodies
from PIL import Image

from gleanset.inspection.inspector import inspect
from gleanset.terms.inspection import Flaw, Treatment

REFUSED = {"undecodable", "truncated", "too-many-pixels"}
LONGEST_CPU_S = 5.0
RASTER_FORMATS = {"JPEG", "MPO", "PNG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "AVIF", "HEIF", "PPM"}
"""PPM comes with Pillow's five basic plugins, DIB with BMP's; nobody ever asks for them."""


def picture(width: int = 320, height: int = 240, seed: int = 0) -> Image.Image:
    noise = Image.effect_noise((width // 8, height // 8), 90 + seed).resize((width, height))
    ramp = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (noise, ramp, ramp.transpose(Image.Transpose.ROTATE_180)))


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes, *before: bytes) -> bytes:
    """8 bit grey; ``before``: chunks between the header and the pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(before) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def zeros(n_bytes: int) -> bytes:
    """So many, deflated, without ever holding them."""
    deflate = zlib.compressobj(9)
    return b"".join(deflate.compress(bytes(1 << 20)) for _ in range(n_bytes >> 20)) + deflate.flush()


def test_random_bytes_among_the_pixels_are_damage_wherever_the_library_warns():
    """Row 50. Pillow opens nearly all of these without a word. A part cannot be told from a picture."""
    sound = saved(picture(640, 480), "JPEG", quality=90)
    chance = random.Random(4)
    refused = 0
    for _ in range(60):
        at = chance.randrange(len(sound) // 4, 3 * len(sound) // 4)
        body = sound[:at] + chance.randbytes(64) + sound[at + 64 :]
        try:
            simplejpeg.decode_jpeg(body, "RGB", strict=True)
            library_warns = False
        except ValueError:
            library_warns = True
        seen, _ = inspect(body, Treatment())
        assert (seen.flaw in {Flaw.UNDECODABLE, Flaw.TRUNCATED}) == library_warns
        refused += library_warns
    assert 60 // 2 <= refused < 60


def lying_jpeg(width: int, height: int) -> bytes:
    body = saved(picture(), "JPEG")
    at = body.index(b"\xff\xc0") + 5
    return body[:at] + struct.pack(">HH", height, width) + body[at + 4 :]


def lying_avif() -> bytes:
    body = saved(picture(), "AVIF")
    at = body.index(b"ispe") + 8
    return body[:at] + struct.pack(">II", 60_000, 60_000) + body[at + 8 :]


def lying_webp() -> bytes:
    vp8x = b"VP8X" + struct.pack("<I", 10) + bytes(4) + (2**24 - 1).to_bytes(3, "little") * 2
    return b"RIFF" + struct.pack("<I", 4 + len(vp8x)) + b"WEBP" + vp8x


def lying_tiff() -> bytes:
    body = saved(picture(), "TIFF")
    return body.replace(
        struct.pack("<HHII", 256, 4, 1, 320), struct.pack("<HHII", 256, 4, 1, 60_000)
    ).replace(struct.pack("<HHII", 257, 4, 1, 240), struct.pack("<HHII", 257, 4, 1, 60_000))


def test_pixel_bombs_are_refused_before_memory_is_taken(tmp_path):
    """Row 51: from 400 Mpx to what a header of 45 bytes may promise; less than 100 MB for any."""
    gif = saved(picture(), "GIF")
    bmp = saved(picture(), "BMP")
    bombs = {
        "400 Mpx, all there": png(20_000, 20_000, zeros(400 << 20)),
        "3.6 Gpx": png(60_000, 60_000, zeros(64 << 20)),
        "header alone": png(2**31 - 1, 2**31 - 1, b""),
        "jpeg": lying_jpeg(65_500, 65_500),
        "jpeg within the sides": lying_jpeg(19_000, 19_000),
        "gif": gif[:6] + struct.pack("<HH", 65_535, 65_535) + gif[10:],
        "webp": lying_webp(),
        "bmp": bmp[:18] + struct.pack("<ii", 60_000, 60_000) + bmp[26:],
        "tiff": lying_tiff(),
        "avif": lying_avif(),
    }
    alone = inspect_bodies(tmp_path, bombs)
    for name, cost in alone.costs.items():
        assert cost.flaw in REFUSED, name
        assert cost.grown_bytes < 100_000_000, name
    said = [name for name, cost in alone.costs.items() if cost.flaw != "too-many-pixels"]
    assert set(said) <= {"avif", "tiff"}


def test_metadata_that_unpacks_to_64_megabytes_is_not_unpacked(tmp_path):
    """Row 52: refused, or kept without it; less than 150 MB either way."""
    rows = zlib.compress(b"".join(b"\0" + bytes(range(240)) for _ in range(180)))
    packed = zeros(64 << 20)
    bombs = {
        "zTXt": png(240, 180, rows, chunk(b"zTXt", b"Comment\0\0" + packed)),
        "iTXt": png(240, 180, rows, chunk(b"iTXt", b"Comment\0\1\0\0\0" + packed)),
        "iCCP": png(240, 180, rows, chunk(b"iCCP", b"profile\0\0" + packed)),
        "many zTXt": png(240, 180, rows, *[chunk(b"zTXt", b"C\0\0" + zeros(1 << 20))] * 100),
    }
    alone = inspect_bodies(tmp_path, bombs)
    for name, cost in alone.costs.items():
        assert cost.flaw in {None, "undecodable"}, name
        assert cost.grown_bytes < 150_000_000, name


def gif_of(n_frames: int) -> bytes:
    """The frames behind the first are all the same."""
    two = saved(picture(64, 64), "GIF", save_all=True, append_images=[picture(64, 64, 9)], duration=40)
    at = two.rindex(b"\x21\xf9\x04")
    return two[:at] + two[at:-1] * (n_frames - 1) + b";"


def apng_of(n_frames: int) -> bytes:
    body = saved(picture(64, 64), "PNG", save_all=True, append_images=[picture(64, 64, 9)])
    at, end = body.rindex(b"fcTL") - 4, body.rindex(b"IEND") - 4
    return body[:at] + body[at:end] * (n_frames - 1) + body[end:]


def jpeg_of(n_scans: int) -> bytes:
    body = saved(picture(3000, 2000), "JPEG", progressive=True, quality=60)
    last = body.rindex(b"\xff\xda")
    return body[:-2] + body[last:-2] * n_scans + body[-2:]


def test_no_picture_takes_more_than_five_seconds(tmp_path):
    """Row 53: endless frames, scans and chunks; processor time, so that a busy machine does not matter."""
    rows = zlib.compress(b"".join(b"\0" + bytes(range(240)) for _ in range(180)))
    sound = saved(picture(), "JPEG")
    endless = {
        "gif of 50,000 frames": gif_of(50_000),
        "png of 50,000 frames": apng_of(50_000),
        "jpeg of 2,000 scans": jpeg_of(2_000),
        "png of 100,000 chunks": png(240, 180, rows, chunk(b"prVt", b"") * 100_000),
        "png of 100,000 texts": png(240, 180, rows, chunk(b"tEXt", b"a\0b") * 100_000),
        "jpeg of 100,000 comments": sound[:2] + b"\xff\xfe\0\2" * 100_000 + sound[2:],
        "jpeg of 100,000 profiles": sound[:2] + b"\xff\xe2\0\x10ICC_PROFILE\0\1\1" * 100_000 + sound[2:],
        "jpeg of a million fill bytes": sound[:2] + b"\xff" * 1_000_000 + sound[2:],
        "webp of 100,000 chunks": webp_of(100_000),
    }
    alone = inspect_bodies(tmp_path, endless)
    assert {name: cost.cpu_s for name, cost in alone.costs.items() if cost.cpu_s > LONGEST_CPU_S} == {}
    assert all(cost.flaw in {None, "undecodable"} for cost in alone.costs.values())


def webp_of(n_chunks: int) -> bytes:
    body = saved(picture(), "WEBP", xmp=b"<x/>") + (b"JUNK" + struct.pack("<I", 2) + b"ab") * n_chunks
    return body[:4] + struct.pack("<I", len(body) - 8) + body[8:]


OTHERS = {
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n%%EndComments\nshowpage\n%%EOF\n",
    "eps behind dos": b"\xc5\xd0\xd3\xc6"
    + struct.pack("<II", 32, 90)
    + bytes(20)
    + b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "pdf": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n",
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
    "zip": b"PK\x03\x04" + bytes(200),
    "elf": b"\x7fELF\x02\x01\x01" + bytes(200),
    "script": b"#!/bin/sh\ntouch executed\n",
    "wmf": b"\xd7\xcd\xc6\x9a" + bytes(200),
    "ico": b"\0\0\1\0\1\0" + bytes(200),
    "psd": b"8BPS\0\1" + bytes(200),
    "ppm": b"P6\n64 64\n255\n" + bytes(64 * 64 * 3),
    "fits": b"SIMPLE  =                    T" + bytes(2850),
}


def test_what_is_no_raster_picture_starts_nothing(tmp_path):
    """Row 55: Pillow with all its plugins would have Ghostscript run some of these. Here those are never
    loaded, whatever is inspected.
    """
    sound = {form: saved(picture(), form) for form in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")}
    sound["MPO"] = saved(picture(), "MPO", save_all=True, append_images=[picture(seed=5)])
    sound["CMYK"] = saved(picture().convert("CMYK"), "JPEG")
    broken = {f"half a {name}": body[: len(body) // 2] for name, body in sound.items() if name != "MPO"}
    alone = inspect_bodies(tmp_path, {**OTHERS, **sound, **broken})
    assert {alone.costs[name].flaw for name in OTHERS} == {"not-an-image"}
    assert {alone.costs[name].flaw for name in sound} == {None}
    assert None not in {alone.costs[name].flaw for name in broken}
    assert alone.started == []
    assert alone.formats <= RASTER_FORMATS
    assert not any(name[:3] in {"Eps", "Pdf", "Wmf", "Fit", "Ico", "Psd"} for name in alone.plugins)


@pytest.mark.skipif(sys.platform != "linux", reason="peaks can be forgotten on Linux alone")
def test_costs_are_told_of_each_picture_alone(tmp_path):
    """A measure that never grows would pass every test of this file."""
    large = saved(Image.linear_gradient("L").resize((5000, 5000)).convert("RGB"), "PNG")
    small = saved(picture(), "PNG")
    alone = inspect_bodies(tmp_path, {"small": small, "large": large, "small again": small})
    assert alone.costs["large"].grown_bytes > 80_000_000
    assert alone.costs["large"].cpu_s > 0.05
    assert alone.costs["small again"].grown_bytes < 20_000_000
