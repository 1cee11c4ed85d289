"""What is kept byte for byte carries its metadata along, within bounds."""

import io
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from gleanset.inspection.inspector import inspect
from gleanset.inspection.strip import MAX_EXTRA_BYTES
from gleanset.terms.inspection import Treatment

LARGE = (900, 700)


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def in_jpeg(body, marker, n_bytes):
    """Segments of this many bytes in all, behind the first two."""
    while n_bytes > 0:
        size = min(n_bytes, 65_000)
        body = (
            body[:2]
            + bytes([0xFF, marker])
            + (size + 2).to_bytes(2, "big")
            + b"\xff\xd9" * (size // 2)
            + body[2:]
        )
        n_bytes -= size
    return body


def in_png(body, n_bytes):
    return body[:33] + png_chunk(b"prVt", bytes(n_bytes)) + body[33:]


def in_webp(image, n_bytes):
    out = io.BytesIO()
    image.save(out, "WEBP", quality=80, xmp=bytes(n_bytes))
    return out.getvalue()


def pixels(body):
    with Image.open(io.BytesIO(body)) as image:
        image.load()
        assert not {"exif", "icc_profile", "xmp", "comment"} & set(image.info)
        return np.asarray(image)


@pytest.fixture(scope="module")
def burdened(photograph, file_of):
    """Makes a sound picture with this many bytes of something else in it."""
    image = photograph(*LARGE, grain=9)
    jpeg = file_of(image, "JPEG", quality=90)
    progressive = file_of(image, "JPEG", quality=90, progressive=True)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a", bytes(range(256)) * 2000)
    return {
        "application data": lambda n: in_jpeg(jpeg, 0xE1, n),
        "captions": lambda n: in_jpeg(progressive, 0xED, n),
        "comments": lambda n: in_jpeg(jpeg, 0xFE, n),
        "behind the end": lambda n: jpeg + bytes(n),
        "archive": lambda n: progressive + archive.getvalue()[:n],
        "second jpeg": lambda n: jpeg + (jpeg * 4)[:n],
        "png": lambda n: in_png(file_of(image, "PNG"), n),
        "behind png": lambda n: file_of(image, "PNG") + bytes(n),
        "webp": lambda n: in_webp(image, n),
    }


CASES = (
    "application data",
    "captions",
    "comments",
    "behind the end",
    "archive",
    "second jpeg",
    "png",
    "behind png",
    "webp",
)


@pytest.mark.parametrize("case", CASES)
def test_a_picture_with_little_beside_it_is_kept_as_it_came(burdened, case):
    """A camera's notes, a profile and a caption hurt nobody."""
    body = burdened[case](60_000)
    assert inspect(body, Treatment())[1] is body


@pytest.mark.parametrize("case", CASES)
def test_a_picture_with_much_beside_it_is_kept_without_that(burdened, case):
    """Pixel for pixel the same: nothing is encoded again."""
    n_bytes = MAX_EXTRA_BYTES + 20_000
    body, bare = burdened[case](n_bytes), burdened[case](0)
    inspection, stored = inspect(body, Treatment())
    assert (inspection.flaw, inspection.stored.how) == (None, "stripped")
    assert len(stored) <= len(body) - n_bytes
    with Image.open(io.BytesIO(bare)) as image:
        assert (pixels(stored) == np.asarray(image)).all()


def test_a_large_picture_without_anything_beside_it_is_kept(photograph, file_of):
    for form, options in (
        ("JPEG", {"quality": 97, "progressive": True}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
    ):
        body = file_of(photograph(*LARGE, grain=20), form, **options)
        assert len(body) > 2 * MAX_EXTRA_BYTES
        assert inspect(body, Treatment())[1] is body
