"""Fingerprints: of the bytes, and of what the eye sees."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from math import isqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .orientation import MIRRORED, UPSIDE_DOWN, swaps_sides, turn_upright

PLACEHOLDER_MAX_BYTES: Final = 20_000
"""Known placeholder bodies are smaller (the largest published one has 14,396 bytes); larger bodies are spared
md5 and sha1, which together would cost five times the sha256."""

_GRID: Final = 32
_ENOUGH_PX: Final = 256
"""Shorter side to which larger grey levels are averaged. Drawings with fine lines want more of it than the 64
that photographs are content with (``picture.MIN_LOOK_PX``)."""
_LOW: Final = 8
_SIGNS: Final = np.array([1, -1] * (_LOW // 2), np.float32)


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


def look(grey: NDArray[np.uint8], of: tuple[int, int] | None = None, orientation: int = 1) -> Look:
    """Squash ``(height, width)`` grey levels to 32x32 and fingerprint that, upright.

    ``of``: height and width of the picture of which these are the means of equal squares (None: they are the
    picture). Squares at its right and lower edge may be incomplete; so a decode shrunk to an eighth lies
    where it belongs: with 43 squares a side the hash is at most 2 bits off, the thumbnail 1.5 levels.

    Scaling (Pillow's LANCZOS without its rounding) and cosines are one matrix a side: a third of the time of
    the steps one by one. Coefficients are rounded to a hundredth of a grey level (they reach 261,120), so
    that ties of symmetric pictures fall the same way on every processor.
    """
    height, width = of or grey.shape
    if min(grey.shape) >= 2 * _ENOUGH_PX:
        grey = np.asarray(_reduce(Image.fromarray(grey), _ENOUGH_PX))
    down, across = _projections(height, grey.shape[0]), _projections(width, grey.shape[1])
    both = down @ grey.astype(np.float32) @ across.T
    low = _turn_waves(both[:_LOW, :_LOW].round(2), orientation)
    means = turn_upright((both[_LOW:, _LOW:] + 0.5).clip(0, 255).astype(np.uint8), orientation)
    return Look(_above_median(low.ravel()), means.tobytes())


def _turn_waves(low: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """The coefficients of the upright picture: waves of odd order change their sign when mirrored."""
    if swaps_sides(orientation):
        low = low.T
    if orientation in UPSIDE_DOWN:
        low = low * _SIGNS[:, None]
    if orientation in MIRRORED:
        low = low * _SIGNS
    return low


def _above_median(low: NDArray[np.floating]) -> int:
    """64 coefficients as bits, the first one the highest."""
    ordered = sorted(low.tolist())
    median = (ordered[31] + ordered[32]) / 2
    return int.from_bytes(np.packbits(low > median).tobytes(), "big")


def _reduce(image: Image.Image, enough_px: int) -> Image.Image:
    """To means of squares, with no more pixels in their sides than squares in the picture's: so the sizes
    before and after tell how large the squares are.
    """
    side = min(image.size)
    factor = min(side // enough_px, isqrt(side))
    return image.reduce(factor) if factor > 1 else image


@lru_cache(maxsize=1024)
def _projections(n: int, n_squares: int) -> NDArray[np.float32]:
    """``(24, n_squares)``, what one side of ``n`` pixels is multiplied with after scaling: eight waves
    ``cos(pi k (2 j + 1) / 64)``, the unnormalised 32-point DCT-II, and sixteen means of two.
    """
    scaling = _lanczos(n)
    square = -(-n // n_squares)
    if square > 1:
        whole = np.pad(scaling, ((0, 0), (0, square * n_squares - n)))
        scaling = whole.reshape(_GRID, n_squares, square).sum(axis=2)
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
