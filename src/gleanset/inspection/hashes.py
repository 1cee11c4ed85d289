"""Fingerprints: of the bytes, and of what the eye sees."""

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PLACEHOLDER_MAX_BYTES: Final = 20_000
"""Known placeholder bodies are smaller (the largest published one has 14,396 bytes); larger bodies are spared
md5 and sha1, which together would cost five times the sha256."""

_GRID: Final = 32
_LOW: Final = 8
_THUMBNAIL: Final = 16


@dataclass(frozen=True, slots=True)
class Digests:
    """Cryptographic hashes of a body as it came."""

    sha256: bytes
    md5: bytes | None
    sha1: bytes | None


def digest_body(body: bytes) -> Digests:
    """SHA-256 always; MD5 and SHA-1 where the body is small enough to be a known placeholder."""
    sha256 = hashlib.sha256(body).digest()
    if len(body) > PLACEHOLDER_MAX_BYTES:
        return Digests(sha256, None, None)
    md5 = hashlib.md5(body, usedforsecurity=False).digest()
    sha1 = hashlib.sha1(body, usedforsecurity=False).digest()
    return Digests(sha256, md5, sha1)


def _cosines() -> NDArray[np.float64]:
    """The first 8 rows of the unnormalised 32-point DCT-II: ``cos(pi k (2n + 1) / 64)``."""
    k, n = np.ogrid[:_LOW, :_GRID]
    cosines: NDArray[np.float64] = np.cos(np.pi * k * (2 * n + 1) / (2 * _GRID))
    return cosines


_DCT = _cosines()


def luma(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """ITU-R 601-2 luma of ``(height, width, 3)``, as in a JPEG and in Pillow's ``convert("L")``.

    Large pictures come smaller by an integer factor, the shorter side no less than 64.
    """
    factor = min(pixels.shape[:2]) // 64
    grey = Image.fromarray(pixels).convert("L")
    return np.asarray(grey.reduce(factor) if factor > 1 else grey)


def look(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture squashed to 32x32 grey levels: all that the two fingerprints below need."""
    small = Image.fromarray(grey).resize((_GRID, _GRID), Image.Resampling.LANCZOS)
    return np.asarray(small)


def phash(grid: NDArray[np.uint8]) -> int:
    """The 64-bit DCT hash of a 32x32 grey picture; ``f"{phash:016x}"`` is what imagehash.phash prints.

    Coefficients are rounded to a millionth of a grey level, so that ties of symmetric pictures fall the same
    way on every processor.
    """
    low = np.round(_DCT @ grid @ _DCT.T, 6).ravel()
    ordered = np.sort(low)
    median = (ordered[31] + ordered[32]) / 2
    return int.from_bytes(np.packbits(low > median).tobytes(), "big")


def thumbnail(grid: NDArray[np.uint8]) -> bytes:
    """16x16 grey levels, 256 bytes, row by row: means of 2x2 of the 32x32 picture."""
    pairs = grid.reshape(_THUMBNAIL, 2, _THUMBNAIL, 2).sum(axis=(1, 3), dtype=np.uint16)
    levels: NDArray[np.uint8] = ((pairs + 2) >> 2).astype(np.uint8)
    return levels.tobytes()


def distance(a: int, b: int) -> int:
    """How many of the 64 bits differ."""
    return (a ^ b).bit_count()
