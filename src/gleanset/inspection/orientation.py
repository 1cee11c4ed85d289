"""EXIF's orientation: read without trusting a byte of it, and undone.

Only tag 0x0112 of the first directory is read (TIFF 6.0, section 2; EXIF 2.32, 4.6.4); everything else of the
block stays shut. A block that makes no sense says "upright", as viewers and trainers take it.
"""

import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

_ORIENTATION_TAG = 0x0112
_SHORT = 3
_ENTRY_BYTES = 12
_MAX_ENTRIES = 1000
UPSIDE_DOWN: Final = frozenset({3, 4, 7, 8})
"""Orientations whose rows, once sides are swapped where they have to be, come in reverse order."""
MIRRORED: Final = frozenset({2, 3, 6, 7})
"""The same of columns."""
_A_QUARTER_LEFT: Final = {1: 8, 8: 3, 3: 6, 6: 1, 2: 5, 5: 4, 4: 7, 7: 2}
"""What an orientation becomes where the upright picture is turned by 90 degrees counter-clockwise."""


def exif_orientation(block: bytes) -> int:
    """1 to 8 from an EXIF block, with or without its ``Exif`` prefix; 1 where nothing sensible is said."""
    tiff = block.removeprefix(b"Exif\x00\x00")
    value = first_directory(tiff).get(_ORIENTATION_TAG, 1)
    return value if 1 <= value <= 8 else 1


def first_directory(tiff: bytes) -> dict[int, int]:
    """The tags of a TIFF block's first directory that hold one inline integer; empty where it is broken."""
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return {}
    try:
        start = struct.unpack_from(order + "I", tiff, 4)[0]
        n_entries = struct.unpack_from(order + "H", tiff, start)[0]
        entries = (start + 2 + _ENTRY_BYTES * i for i in range(min(n_entries, _MAX_ENTRIES)))
        return dict(_entry(tiff, at, order) for at in entries)
    except struct.error:
        return {}


def _entry(tiff: bytes, at: int, order: str) -> tuple[int, int]:
    tag, kind = struct.unpack_from(order + "HH", tiff, at)
    value = struct.unpack_from(order + ("H" if kind == _SHORT else "I"), tiff, at + 8)[0]
    return tag, value


def swaps_sides(orientation: int) -> bool:
    """Whether a picture stored like this is displayed with width and height exchanged."""
    return orientation >= 5


def then_turned(orientation: int, degrees: int) -> int:
    """The orientation that does both: its own turn, then ``degrees`` (0, 90, 180, 270) counter-clockwise."""
    for _ in range(degrees // 90):
        orientation = _A_QUARTER_LEFT[orientation]
    return orientation


def turn_upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """A view of ``(height, width[, channels])`` as it is meant to be seen."""
    if swaps_sides(orientation):
        pixels = pixels.swapaxes(0, 1)
    if orientation in UPSIDE_DOWN:
        pixels = pixels[::-1]
    if orientation in MIRRORED:
        pixels = pixels[:, ::-1]
    return pixels
