"""Fingerprints: of the bytes, and of what the eye sees."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PLACEHOLDER_MAX_BYTES: Final = 20_000
"""Known placeholder bodies are smaller (the largest published one has 14,396 bytes); larger bodies are spared
md5 and sha1, which together would cost five times the sha256."""

_GRID: Final = 32
_ENOUGH_PX: Final = 256
"""Shorter side to which larger grey levels are averaged. Drawings with fine lines want more of it than the 64
that photographs are content with (``picture.MIN_LOOK_PX``)."""
_LOW: Final = 8


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


def luma(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """ITU-R 601-2 luma of ``(height, width, 3)``, as in a JPEG and in Pillow's ``convert("L")``.

    It comes smaller by an integer factor, the shorter side no less than 64.
    """
    return np.asarray(_reduce(Image.fromarray(pixels), 64).convert("L"))


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture looks like, in 8 and in 256 bytes."""

    phash: int
    """The 64-bit DCT hash; ``f"{phash:016x}"`` is what imagehash.phash prints."""
    thumbnail: bytes
    """16x16 grey levels, row by row."""


def look(grey: NDArray[np.uint8]) -> Look:
    """Squash ``(height, width)`` grey levels to 32x32 and fingerprint that.

    Scaling (Pillow's LANCZOS without its rounding) and cosines are one matrix a side: a third of the time of
    the steps one by one. Coefficients are rounded to a hundredth of a grey level (they reach 261,120), so
    that ties of symmetric pictures fall the same way on every processor.
    """
    if min(grey.shape) >= 2 * _ENOUGH_PX:
        grey = np.asarray(_reduce(Image.fromarray(grey), _ENOUGH_PX))
    levels = grey.astype(np.float32)
    down, across = _projections(grey.shape[0]), _projections(grey.shape[1])
    both = down @ levels @ across.T
    low = both[:_LOW, :_LOW].round(2).ravel()
    means = both[_LOW:, _LOW:] + 0.5
    return Look(_above_median(low), means.clip(0, 255).astype(np.uint8).tobytes())


def _above_median(low: NDArray[np.floating]) -> int:
    """64 coefficients as bits, the first one the highest."""
    ordered = sorted(low.tolist())
    median = (ordered[31] + ordered[32]) / 2
    return int.from_bytes(np.packbits(low > median).tobytes(), "big")


def _reduce(image: Image.Image, enough_px: int) -> Image.Image:
    factor = min(image.size) // enough_px
    return image.reduce(factor) if factor > 1 else image


@lru_cache(maxsize=1024)
def _projections(n: int) -> NDArray[np.float32]:
    """``(24, n)``, what one side of a picture is multiplied with after scaling: eight waves
    ``cos(pi k (2 j + 1) / 64)``, the unnormalised 32-point DCT-II, and sixteen means of two.
    """
    scaling = _lanczos(n)
    k, j = np.ogrid[:_LOW, :_GRID]
    waves = np.cos(np.pi * k * (2 * j + 1) / (2 * _GRID)) @ scaling
    means = (scaling[0::2] + scaling[1::2]) / 2
    return np.concatenate([waves, means]).astype(np.float32)


def _lanczos(n: int) -> NDArray[np.float64]:
    """``(32, n)``: the weights with which Pillow resamples ``n`` pixels to 32 (Resample.c, support 3)."""
    scale = n / _GRID
    centres = (np.arange(_GRID)[:, None] + 0.5) * scale
    distances = (np.arange(n)[None, :] + 0.5 - centres) / max(scale, 1.0)
    weights = np.where(np.abs(distances) < 3, np.sinc(distances) * np.sinc(distances / 3), 0)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def distance(a: int, b: int) -> int:
    """How many of the 64 bits differ."""
    return (a ^ b).bit_count()
