"""What kind of picture the first bytes claim to be. Names and headers of the sender are never asked."""

import struct
from typing import Final

_SIGNATURES = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
)

# A bitmap's second header by size, OS/2 1.x (12) to Windows V5 (124): "BM" alone begins too many texts.
_BITMAP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_BRANDS: Final = (
    ("avif", frozenset({b"avif", b"avis"})),
    ("heif", frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})),
)
"""Of ISO media files (MIAF 7.2, HEIF 10, AV1 Image File Format 6). The first that is named counts: an AVIF
names ``mif1`` as well."""


def sniff(body: bytes) -> str | None:
    """``jpeg``, ``png``, ``webp``, ``gif``, ``bmp``, ``tiff``, ``avif``, ``heif``; None: no picture."""
    for signature, name in _SIGNATURES:
        if body.startswith(signature):
            return name
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "webp"
    if _is_bitmap(body):
        return "bmp"
    return _iso_media(body)


def _is_bitmap(body: bytes) -> bool:
    return body[:2] == b"BM" and len(body) >= 18 and struct.unpack_from("<I", body, 14)[0] in _BITMAP_HEADERS


def _iso_media(body: bytes) -> str | None:
    """What the ``ftyp`` box names as major or as compatible brand."""
    if body[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(body[:4], "big"), 256)
    named = {body[8:12], *(body[at : at + 4] for at in range(16, end, 4))}
    return next((kind for kind, brands in _BRANDS if not brands.isdisjoint(named)), None)
