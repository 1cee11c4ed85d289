"""Banded matrices: how much each sample of a line counts in each sample of a shorter line."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

BLOCK: Final = 8
"""Output samples a block. Larger blocks hold more zeros, smaller ones cost more calls."""
_CUBIC_REACH: Final = 2


@dataclass(frozen=True, slots=True)
class Bands:
    """A banded matrix as equal dense blocks."""

    starts: NDArray[np.intp]
    """Where each block's window begins in the source."""
    weights: NDArray[np.float32]
    """``(blocks, BLOCK, window)``; rows past the end are zero."""


@lru_cache(maxsize=256)
def bands(n: int, m: int, interpolate: bool) -> Bands:
    """Means over ``m`` equal parts (``m <= n``) of a curve through ``n`` samples: of steps, or a cubic."""
    edges = np.arange(m + 1) * (n / m)
    n_blocks = -(-m // BLOCK)
    reach = _CUBIC_REACH if interpolate else 0
    ends = edges[np.minimum(np.arange(1, n_blocks + 1) * BLOCK, m)]
    first = np.maximum(np.floor(edges[:-1:BLOCK] + 1e-9).astype(np.intp) - reach, 0)
    last = np.minimum(np.ceil(ends - 1e-9).astype(np.intp) + reach, n)
    window = int((last - first).max())
    starts = np.minimum(first, n - window)
    centres = starts[:, None] + np.arange(window) + 0.5
    integral = _cubic_integral if interpolate else _step_integral
    weights = np.zeros((n_blocks * BLOCK, window))
    of_row = np.repeat(centres, BLOCK, axis=0)[:m]
    weights[:m] = integral(edges[1:, None] - of_row) - integral(edges[:-1, None] - of_row)
    weights[:m] /= weights[:m].sum(axis=1, keepdims=True)  # at the borders parts of the curve are missing
    return Bands(starts, weights.astype(np.float32).reshape(n_blocks, BLOCK, window))


@lru_cache(maxsize=64)
def channel_bands(n: int, m: int, interpolate: bool) -> Bands:
    """The same for interleaved RGB, transposed to stand on the right: ``(blocks, 3 window, 3 BLOCK)``."""
    single = bands(n, m, interpolate)
    spread = np.stack([np.kron(block, np.eye(3, dtype=np.float32)).T for block in single.weights])
    return Bands(single.starts * 3, np.ascontiguousarray(spread))


def _step_integral(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of a sample's box, from minus infinity to ``t`` samples right of its centre."""
    return (t + 0.5).clip(0, 1)


def _cubic_integral(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same for the cubic of Catmull and Rom (Keys 1981, a = -1/2), two samples to each side."""
    x = np.abs(t).clip(0, 2)
    inner = x - 5 / 6 * x**3 + 3 / 8 * x**4
    outer = 2 * x - 2 * x**2 + 5 / 6 * x**3 - x**4 / 8 - 1 / 6
    half: NDArray[np.float64] = np.sign(t) * np.where(x <= 1, inner, outer)
    return half + 0.5
