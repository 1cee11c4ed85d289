"""How large a picture becomes, and how it is framed."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gleanset.terms.inspection import Treatment

Size = tuple[int, int]
"""Width, height."""

_PADDING: Final = 255
"""White, like the ground that alpha is put on."""


def wide_enough(width: int, height: int, treatment: Treatment) -> bool:
    """Whether nothing has to be enlarged."""
    if treatment.size_px is None:
        return True
    side = max if treatment.resize in {"longer", "pad"} else min
    return side(width, height) >= treatment.size_px


def scaled_size(width: int, height: int, treatment: Treatment) -> Size:
    """The size after scaling, before a crop or a padding."""
    size = treatment.size_px
    if size is None:
        return width, height
    if treatment.resize == "squash":
        return size, size
    side = max(width, height) if treatment.resize in {"longer", "pad"} else min(width, height)
    return _scaled(width, size, side), _scaled(height, size, side)


def _scaled(length: int, size: int, side: int) -> int:
    """``length * size / side``, rounded half up, at least 1."""
    return max(1, (2 * length * size + side) // (2 * side))


def final_size(width: int, height: int, treatment: Treatment) -> Size:
    """The size of what is stored."""
    if treatment.size_px is not None and treatment.resize in {"crop", "pad"}:
        return treatment.size_px, treatment.size_px
    return scaled_size(width, height, treatment)


def frame(pixels: NDArray[np.uint8], treatment: Treatment) -> NDArray[np.uint8]:
    """Cut the middle out (``crop``) or put white around (``pad``) a scaled ``(height, width, 3)`` picture."""
    size = treatment.size_px
    if size is None or treatment.resize not in {"crop", "pad"} or pixels.shape[:2] == (size, size):
        return pixels
    height, width = pixels.shape[:2]
    top, left = abs(height - size) // 2, abs(width - size) // 2
    if treatment.resize == "crop":
        return pixels[top : top + size, left : left + size]
    canvas = np.full((size, size, 3), _PADDING, np.uint8)
    canvas[top : top + height, left : left + width] = pixels
    return canvas
