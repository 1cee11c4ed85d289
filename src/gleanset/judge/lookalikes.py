"""How well two pictures agree, told from their 16x16 grey thumbnails, whatever their colours and sizes."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

SIDE: Final = 16
FINE_WEIGHT: Final = 1 / 3
"""What a difference in detail counts beside one in shading. A caption or a date on a placeholder changes
detail three times as much as shading; the next bottle of a shop's shelf changes both alike (decision 32)."""
MIN_DETAIL_LEVELS: Final = 2.0
"""Root mean square of the detail below which there is nothing to compare: clear skies and slopes of grey stay
within 1.8, the plainest of sixty drawn placeholders has 2.7."""
PALE_MAX_LEVELS: Final = 3
"""By how much a cell of two pictures without detail may differ: a pale sign encoded at qualities 60 to 93,
with another date on it, stays within 3. None of 1,296 photographs is without detail."""
PALE_WEIGHT: Final = 0.01
"""What a grey level, in the mean, takes from the agreement of such pictures."""
PLAIN_LEVELS: Final = 4
"""Grey levels to either side that count as the same shade."""
SMOOTH_LEVELS: Final = 1
"""Detail up to which a cell counts as smooth."""

_rows, _columns = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
_plane = np.stack([np.ones(SIDE**2), _rows.ravel(), _columns.ravel()])
_SLOPES: Final = (_plane / np.linalg.norm(_plane, axis=1, keepdims=True)).astype(np.float32)
"""``(3, 256)``, orthonormal: one level all over, and the slopes down and across."""


def agreement(thumbnail: bytes, others: Sequence[bytes]) -> NDArray[np.float32]:
    """``(n,)``: 1.0 where another shows exactly the same, in whatever brightness and contrast; 0.0 or less
    where it has nothing to do with this one.

    The lower one of two correlations: of the shading, after an even slope is taken out, so that two evening
    skies have nothing in common; and of the detail, what a cell has beyond its eight neighbours, where misses
    count a third. Where neither picture has detail there is nothing to correlate: a pale sign is the same one
    if no cell differs by more than a few levels, brightness included.
    """
    levels = _levels([thumbnail, *others])
    shading = _unit(_without_slope(levels), 0.0)
    detail = _unit(_detail(levels), MIN_DETAIL_LEVELS)
    fine_misses = (1 - _dot(detail[1:], detail[0])) * FINE_WEIGHT
    agreed = 1 - np.maximum(1 - _dot(shading[1:], shading[0]), fine_misses)
    has_detail: NDArray[np.bool_] = np.any(detail, axis=1)
    both_pale = ~(has_detail[1:] | has_detail[0])
    return np.asarray(np.where(both_pale, np.maximum(agreed, _pale(levels)), agreed), np.float32)


def _pale(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """``(n,)``: how well rows agree with the first one, level by level."""
    misses = np.abs(levels[1:] - levels[0])
    few = misses.max(axis=1, initial=0) <= PALE_MAX_LEVELS
    return np.asarray(np.where(few, 1 - PALE_WEIGHT * misses.mean(axis=1), 0), np.float32)


def plain_share(thumbnail: bytes) -> float:
    """How much of the picture has one shade, or is smooth: the greater share, 0 to 1."""
    counts = np.bincount(np.frombuffer(thumbnail, np.uint8), minlength=256)
    window = np.ones(2 * PLAIN_LEVELS + 1)
    one_shade = np.convolve(counts, window, "same").max() / SIDE**2
    smooth = (np.abs(_detail(_levels([thumbnail]))) <= SMOOTH_LEVELS).mean()
    return float(max(one_shade, smooth))


def _levels(thumbnails: Sequence[bytes]) -> NDArray[np.float32]:
    """``(n, 256)``"""
    return np.frombuffer(b"".join(thumbnails), np.uint8).reshape(-1, SIDE**2).astype(np.float32)


def _without_slope(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    for slope in _SLOPES:
        levels = levels - _dot(levels, slope)[:, None] * slope
    return levels


def _dot(rows: NDArray[np.float32], one: NDArray[np.float32]) -> NDArray[np.float32]:
    """Row by row, so that a row's product does not hang on how many others are asked about (BLAS's does)."""
    return np.asarray((rows * one).sum(axis=1), np.float32)


def _detail(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """What each cell has beyond the mean of its 3x3 neighbourhood; beyond the edge the edge goes on."""
    cells = levels.reshape(-1, SIDE, SIDE)
    wide = np.pad(cells, ((0, 0), (1, 1), (1, 1)), "edge")
    tall = wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]
    means = (tall[:, :, :-2] + tall[:, :, 1:-1] + tall[:, :, 2:]) / 9
    return np.asarray((cells - means).reshape(levels.shape), np.float32)


def _unit(rows: NDArray[np.float32], least_levels: float) -> NDArray[np.float32]:
    """Each row with length 1, or 0 where its root mean square is below ``least_levels``."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    enough = (lengths >= least_levels * SIDE) & (lengths > 0.01)
    return np.asarray(np.where(enough, rows / np.maximum(lengths, 0.01), 0), np.float32)
