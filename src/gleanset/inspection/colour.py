"""Colour profiles (ICC.1:2022), undone: what is trained on is sRGB, since no trainer reads profiles.

A profile is hostile bytes like any other: it is bounded, parsed by Little CMS, and counts as absent where it
makes no sense or belongs to other colours than the picture's, which is how browsers take it.
"""

import io
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

MAX_PROFILE_BYTES: Final = 4_000_000
"""Profiles of printing presses, the largest in use, have up to 2.7 MB."""
STRIP: Final = 512
"""Rows that are converted at a time, so that a large picture is not held twice."""

_SPACES: Final = {"RGB": b"RGB ", "L": b"GRAY", "CMYK": b"CMYK"}
_SPACE_AT: Final = 16
_NEARLY: Final = 2.5
"""Grey levels, in the mean over all colours, by which a profile may differ from sRGB and still count as it.
The many makings of sRGB differ by 0.0 to 0.1, a plain gamma of 2.2 by 1.8 to 2.0, Adobe RGB, Display P3 and a
gamma of 1.8 by 10 to 13."""


class Conversion:
    """From one profile to sRGB: perceptual, the intent that browsers take."""

    def __init__(self, transform: ImageCms.ImageCmsTransform) -> None:
        self._transform = transform

    def image(self, image: Image.Image) -> Image.Image:
        """To ``RGB``; the mode is that for which the conversion was asked."""
        shown = ImageCms.applyTransform(image, self._transform)
        assert shown is not None
        return shown

    def pixels(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """``(height, width, 3)`` in place, or a new one from ``(height, width)`` of grey."""
        out = pixels if pixels.ndim == 3 else np.empty((*pixels.shape, 3), np.uint8)
        for rows in strips(len(pixels)):
            out[rows] = np.asarray(self.image(Image.fromarray(np.ascontiguousarray(pixels[rows]))))
        return out


def strips(height: int) -> Iterator[slice]:
    """Slices of at most ``STRIP`` rows."""
    return (slice(top, min(top + STRIP, height)) for top in range(0, height, STRIP))


def conversion(profile: bytes | None, mode: str) -> Conversion | None:
    """What makes sRGB of ``RGB``, ``L`` or ``CMYK`` samples; None: nothing is to be done."""
    if not profile or len(profile) > MAX_PROFILE_BYTES:
        return None
    if profile[_SPACE_AT : _SPACE_AT + 4] != _SPACES.get(mode):
        return None
    return _conversion(profile, mode)


@lru_cache(maxsize=8)
def _conversion(profile: bytes, mode: str) -> Conversion | None:
    """Kept: the pictures of a site share their profile, and building takes milliseconds."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        made = Conversion(ImageCms.buildTransform(source, target, mode, "RGB"))
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    return None if _is_nearly_srgb(made, mode) else made


def _is_nearly_srgb(made: Conversion, mode: str) -> bool:
    if mode == "CMYK":
        return False
    levels = np.arange(256, dtype=np.uint8)[None]
    if mode == "RGB":
        some = np.arange(0, 256, 17, dtype=np.uint8)
        levels = np.stack(np.meshgrid(some, some, some), -1).reshape(256, 16, 3)
    shown = np.asarray(made.image(Image.fromarray(levels)), np.int16)
    given = levels if mode == "RGB" else levels[:, :, None]
    return float(np.abs(shown - given).mean()) <= _NEARLY
