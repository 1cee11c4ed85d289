"""What every kind of picture must answer, and the limits that are checked before a pixel is allocated."""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from gleanset.terms.inspection import Flaw, Treatment

from .resize import wide_enough

# No list of photographs comes near these sides; a PNG of 1x4,000,000 costs a strict decoder seconds.
MAX_SIDE_PX: Final = 20_000
MAX_ASPECT: Final = 50.0
MAX_PIXELS: Final = 50_000_000
"""Of a JPEG by libjpeg-turbo, which needs up to 9 bytes a pixel: for a progressive one with colours as fine
as its grey, made over at its full size."""
MAX_PIXELS_OF: Final = {"webp": 24_000_000, "avif": 20_000_000, "heif": 20_000_000}
"""WebP with alpha needs 20 bytes a pixel, AVIF and HEIF of 12 bits as many and more; ink and others
need 8 to 12 (measured, November 2026, ``tests/inspection/test_limits.py``). So no picture needs 512 MB."""
MAX_PIXELS_ELSE: Final = 30_000_000

MIN_LOOK_PX: Final = 43
"""Shorter side below which a shrunken decode no longer gives the perceptual hash of the full one: at 43 to 46
it is at most 2 bits off on 600 photographs (``hashes.look``)."""


class Unfit(Exception):  # noqa: N818 (a verdict on its way home)
    """Found while reading one body; ``inspect`` turns it into a value, so it never leaves this wing."""

    def __init__(self, flaw: Flaw, detail: str, width_px: int = 0, height_px: int = 0) -> None:
        super().__init__(detail)
        self.flaw = flaw
        self.detail = detail
        self.width_px = width_px
        self.height_px = height_px


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a picture beside its pixels."""

    width_px: int
    """As displayed, after the EXIF turn; so is the height."""
    height_px: int
    mode: str
    """Pillow's word for the samples of the file: ``RGB``, ``L``, ``CMYK``, ``P``, ``I;16`` .."""
    frames: int
    """1, or 2 for more than one."""
    orientation: int
    """1 to 8, as EXIF counts."""
    plain: bool
    """8 bit, grey or RGB, without alpha or palette, colours of sRGB: what every trainer opens as it is."""
    profiled: bool = False
    """Whether the colours were made sRGB by the picture's own profile."""
    turned: bool = False
    """Whether the picture stands as the list says, and not as its file does."""

    @property
    def n_pixels(self) -> int:
        return self.width_px * self.height_px


class Picture(Protocol):
    """A body whose header was read. Decoding is strict: what a codec warns of is an error.

    Pixels may lie in memory that the thread uses again: they are valid until it decodes the next picture.
    """

    @property
    def facts(self) -> Facts: ...

    def grey(self) -> NDArray[np.uint8]:
        """``(height, width)`` grey levels as stored, shrunk as far as ``MIN_LOOK_PX`` allows.

        Reads all data.
        """
        ...

    def rgb(self, target: tuple[int, int] | None) -> NDArray[np.uint8]:
        """``(height, width, 3)`` as stored. Reads all data.

        With a target (width, height, as stored) it may come shrunk, but at least 1.5 times as large as that.
        """
        ...


def most_pixels(kind: str) -> int:
    """How many pixels of a ``kind`` of picture fit into 512 MB, all its decoding included."""
    return MAX_PIXELS_OF.get(kind, MAX_PIXELS_ELSE)


def admit(width_px: int, height_px: int, treatment: Treatment, most_pixels: int = MAX_PIXELS) -> None:
    """Raise ``Unfit`` for a size that is refused before anything is decoded."""
    longer, shorter = max(width_px, height_px), min(width_px, height_px)
    size = f"{width_px}x{height_px}"
    if shorter < 1:
        raise Unfit(Flaw.UNDECODABLE, f"{size}: no pixels")
    if longer > MAX_SIDE_PX or width_px * height_px > most_pixels:
        raise Unfit(Flaw.TOO_MANY_PIXELS, size, width_px, height_px)
    if shorter < treatment.min_side_px:
        raise Unfit(Flaw.TOO_SMALL, f"{size}, wanted {treatment.min_side_px}", width_px, height_px)
    if longer > shorter * min(treatment.max_aspect or MAX_ASPECT, MAX_ASPECT):
        raise Unfit(Flaw.BAD_SHAPE, size, width_px, height_px)
    if treatment.size_px is not None and not wide_enough(width_px, height_px, treatment):
        raise Unfit(Flaw.TOO_SMALL, f"{size}, to become {treatment.size_px}", width_px, height_px)
