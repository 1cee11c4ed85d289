"""What kind of picture the first bytes claim to be. Names and headers of the sender are never asked."""

import struct

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
_AVIF_BRANDS = frozenset({b"avif", b"avis"})


def sniff(body: bytes) -> str | None:
    """``jpeg``, ``png``, ``webp``, ``gif``, ``bmp``, ``tiff`` or ``avif``; None: no picture that we open."""
    for signature, name in _SIGNATURES:
        if body.startswith(signature):
            return name
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "webp"
    if _is_bitmap(body):
        return "bmp"
    if _is_avif(body):
        return "avif"
    return None


def _is_bitmap(body: bytes) -> bool:
    return body[:2] == b"BM" and len(body) >= 18 and struct.unpack_from("<I", body, 14)[0] in _BITMAP_HEADERS


def _is_avif(body: bytes) -> bool:
    """An ISO media file whose ``ftyp`` box names AVIF as major or as compatible brand."""
    if body[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(body[:4], "big"), 256)
    brands = {body[8:12], *(body[at : at + 4] for at in range(16, end, 4))}
    return not _AVIF_BRANDS.isdisjoint(brands)
