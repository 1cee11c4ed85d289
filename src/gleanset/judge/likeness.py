"""Whether two thumbnails show one picture, trimmed a little, or two pictures that merely look alike.

A copy whose margins were trimmed is the picture itself, shifted and stretched by a fraction of a thumbnail's
pixel. So the shift and the stretch that explain the difference best are fitted (least squares on the
gradients: Lucas and Kanade 1981, at the mean of both, which makes it symmetric). What they leave
unexplained is compared with what no 16x16 thumbnail could explain: the detail that is too fine for
it. Two shots of one shelf differ in coarse things, which are left over whatever the shift.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

SIDE: Final = 16
MAX_MISFIT: Final = 0.09
"""Unexplained difference over fine detail. Photographs with up to 3 % off each side reach 0.084 (99.5 %),
two shots of the same shelf begin at 0.11 (measured November 2026, docs/decisions/0031)."""
MAX_SHIFT_PX: Final = 1.0
"""Of any edge, in pixels of a thumbnail: 3 % are 0.48, of which the fit makes up to 0.93."""
MAX_SLIP_PX: Final = 0.35
"""By how much at most an edge may shift outwards where another shifts inwards: a trimmed copy lies inside the
picture, while the next shot slips to a side. The fit makes up to 0.33 of a copy's none."""
MIN_CORRELATION: Final = 0.8
"""Of means over 2x2 pixels. Copies with 3 % off each side keep 0.84; unrelated photographs whose hashes are
near by chance stay below."""
_NOISE: Final = 3.0
"""Grey levels that are added to the fine detail: rounding and compression, where a picture has none."""
_RIDGE: Final = 1e-3
"""Keeps the fit of a flat picture solvable."""
_MARGIN: Final = 2
"""Pixels at each edge that are not compared: beyond a trimmed edge nobody knows what was there."""

Pixels = NDArray[np.floating]


def alike(thumbnail: bytes, others: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which of ``(n, 256)`` others show the same as this thumbnail: 0.02 ms, 0.1 ms more if one may."""
    one = np.frombuffer(thumbnail, np.uint8).astype(np.float32)
    other = others.astype(np.float32)
    same = _roughly(one, other)
    if same.any():
        same[same] = _closely(_Seen(one), _Seen(other[same]))
    return same


def _roughly(one: Pixels, other: Pixels) -> NDArray[np.bool_]:
    """A quick look at 6x6 means: whether a close one is worth it."""
    a, b = one @ _ROUGH, other @ _ROUGH
    a, b = a - a.mean(), b - b.mean(axis=1, keepdims=True)
    alike_by = b @ a - MIN_CORRELATION * np.sqrt((a @ a) * (b * b).sum(axis=1))
    slack = a.size  # a squared grey level for each: what rounding may do where all is flat
    is_enough: NDArray[np.bool_] = alike_by >= -slack
    return is_enough


def _closely(one: "_Seen", other: "_Seen") -> NDArray[np.bool_]:
    along = (one.along + other.along) / 2
    down = (one.down + other.down) / 2
    rest, shifts = _fit(other.coarse - one.coarse, along, down)
    fine = (one.fine_energy + other.fine_energy) / 2
    misfit = np.sqrt((rest * rest).mean(axis=1) / (fine + _NOISE**2))
    slip = np.minimum(shifts.max(axis=1), -shifts.min(axis=1))
    is_trimmed: NDArray[np.bool_] = (np.abs(shifts).max(axis=1) <= MAX_SHIFT_PX) & (slip <= MAX_SLIP_PX)
    is_explained: NDArray[np.bool_] = misfit <= MAX_MISFIT
    return is_trimmed & is_explained


class _Seen:
    """Thumbnails as the fit wants them; arrays are ``(n, 144) float32``, the inner 12x12 pixels."""

    def __init__(self, thumbnails: Pixels) -> None:
        pixels = thumbnails.reshape(-1, SIDE, SIDE)
        smooth_down: Pixels = _SMOOTH @ pixels
        self.coarse = _flat(smooth_down @ _SMOOTH.T)
        self.along = _flat(smooth_down @ _SLOPE.T)
        """How the coarse picture rises to the right, in grey levels a pixel."""
        self.down = _flat(_SLOPE @ pixels @ _SMOOTH.T)
        fine = _flat(pixels[:, _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]) - self.coarse
        self.fine_energy = (fine * fine).mean(axis=1)


def _fit(change: Pixels, along: Pixels, down: Pixels) -> tuple[Pixels, Pixels]:
    """What brightness, shift and stretch leave of a change, and the shifts of the four edges that they mean.

    Shifts are ``(n, 4)``: left, right, top, bottom, positive where the edge moves inwards.
    """
    columns = np.stack([np.ones_like(along), along, along * _X, down, down * _Y], axis=1)
    crossed = columns @ columns.transpose(0, 2, 1)
    crossed += np.eye(5, dtype=np.float32) * (_RIDGE * change.shape[1])
    weights = np.linalg.solve(crossed, columns @ change[:, :, None])
    rest = change - (weights.transpose(0, 2, 1) @ columns)[:, 0]
    _, right, wider, lower, taller = weights[:, :, 0].T
    shifts = np.stack([right - wider, -right - wider, lower - taller, -lower - taller], axis=1)
    return rest, shifts


def _flat(pixels: Pixels) -> Pixels:
    flat: Pixels = pixels.reshape(len(pixels), -1)
    return flat


def _inner_rows(kernel: Sequence[float]) -> Pixels:
    """``(12, 16)``: a kernel, applied to each inner pixel of a line whose ends go on for ever."""
    reach = len(kernel) // 2
    rows = np.zeros((SIDE - 2 * _MARGIN, SIDE))
    for row, line in enumerate(rows):
        for at, weight in enumerate(kernel, row + _MARGIN - reach):
            line[min(max(at, 0), SIDE - 1)] += weight
    return rows.astype(np.float32)


_BINOMIAL: Final = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)
_SMOOTH: Final = _inner_rows(_BINOMIAL)
_SLOPE: Final = _inner_rows(np.convolve(_BINOMIAL, (-0.5, 0, 0.5)).tolist())
_ACROSS: Final = ((np.arange(_MARGIN, SIDE - _MARGIN) - (SIDE - 1) / 2) / ((SIDE - 1) / 2)).astype(np.float32)
_X: Final = np.tile(_ACROSS, len(_ACROSS))
_Y: Final = np.repeat(_ACROSS, len(_ACROSS))


def _means() -> Pixels:
    """``(256, 36)``: means over 2x2 of the inner pixels."""
    inner = SIDE - 2 * _MARGIN
    pairs = np.zeros((SIDE, inner // 2))
    pairs[np.arange(_MARGIN, SIDE - _MARGIN), np.arange(inner) // 2] = 0.5
    return np.kron(pairs, pairs).astype(np.float32)


_ROUGH: Final = _means()
