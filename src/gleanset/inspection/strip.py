"""What surrounds a picture is bounded: a body that carries more of it is kept without it, pixel for pixel.

Trainers read none of it, a dataset should not hand on what nobody looked at, and archives hide behind
pictures.
Nothing is unpacked here: blocks are counted and cut out as they are.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from .segments import read_segments

MAX_EXTRA_BYTES: Final = 128 * 1024
"""An EXIF block at its largest (64 kB), and as much again for a profile and captions."""

_SOI, _EOI, _SOS, _APP0, _APP14, _APP15, _COM, _TEM = 0xD8, 0xD9, 0xDA, 0xE0, 0xEE, 0xEF, 0xFE, 0x01
_NEXT_MARKER: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""Behind a scan: neither a stuffed byte nor a restart."""
_PNG_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_PNG_SIGNATURE_BYTES: Final = 8
_PICTURES_OF_WEBP: Final = frozenset({b"VP8 ", b"VP8L"})


def without_extras(body: bytes, kind: str) -> bytes:
    """The same picture without metadata and without what follows its end, where that is more than
    ``MAX_EXTRA_BYTES``; else the very same object.

    ``kind`` is ``jpeg``, ``png`` or ``webp``, and the body one that decodes without a warning.
    """
    if len(body) <= MAX_EXTRA_BYTES or (kind == "jpeg" and _most_extras_of_jpeg(body) <= MAX_EXTRA_BYTES):
        return body
    parts = list(_PARTS[kind](memoryview(body)))
    bare = b"".join(parts)
    if kind == "webp":
        bare = b"RIFF" + (len(bare) + 4).to_bytes(4, "little") + b"WEBP" + bare
    return bare if len(body) - len(bare) > MAX_EXTRA_BYTES else body


def _most_extras_of_jpeg(body: bytes) -> int:
    """An upper bound, ten times as fast as the walk: all before the first scan and behind the first end."""
    scan_at = read_segments(body).scan_at
    data = np.frombuffer(body, np.uint8, offset=scan_at)
    prefixes = np.flatnonzero(data[:-1] == 0xFF)
    ends = prefixes[data[prefixes + 1] == _EOI]
    return len(body) - (int(ends[0]) + 2 if len(ends) else 0)


def _parts_of_jpeg(body: memoryview) -> Iterator[memoryview]:
    """All but application data and comments (ITU T.81, annex B); JFIF and Adobe say what the colours mean."""
    at = 0
    while at + 2 <= len(body):
        marker = body[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        end = at + 2
        if marker not in {_SOI, _EOI, _TEM}:
            end += int.from_bytes(body[end : end + 2], "big")
        if marker == _SOS:
            following = _NEXT_MARKER.search(body, end)
            end = following.start() if following else len(body)
        if marker in {_APP0, _APP14} or not (_APP0 <= marker <= _APP15 or marker == _COM):
            yield body[at:end]
        if marker == _EOI:
            return
        at = end


def _parts_of_png(body: memoryview) -> Iterator[memoryview]:
    """The signature and the chunks that make the pixels (PNG, third edition, 5.6)."""
    yield body[:_PNG_SIGNATURE_BYTES]
    at = _PNG_SIGNATURE_BYTES
    while at + 12 <= len(body):
        end = at + 12 + int.from_bytes(body[at : at + 4], "big")
        kind = bytes(body[at + 4 : at + 8])
        if kind in _PNG_KEPT:
            yield body[at:end]
        if kind == b"IEND":
            return
        at = end


def _parts_of_webp(body: memoryview) -> Iterator[memoryview]:
    """The one chunk of pixels: the simple form of the container (RFC 9649, 2.5 and 2.6)."""
    at = 12
    while at + 8 <= len(body):
        length = int.from_bytes(body[at + 4 : at + 8], "little")
        end = at + 8 + length + length % 2
        if bytes(body[at : at + 4]) in _PICTURES_OF_WEBP:
            yield body[at:end]
            return
        at = end


_PARTS: Final[dict[str, Callable[[memoryview], Iterator[memoryview]]]] = {
    "jpeg": _parts_of_jpeg,
    "png": _parts_of_png,
    "webp": _parts_of_webp,
}
