"""Bytes for the dataset."""

import io
from typing import Final

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from gleanset.terms.inspection import Flaw, StoredFormat

from .picture import Unfit

_CHROMA: Final = "420"
"""Half the chroma resolution: what nearly all photographs of the web have, and 2 dB at a third less."""


_QUICKLY_ABOVE_PX: Final = 4_000_000
"""Film grain of 4 Mpx takes WebP 2.2 s and PNG 1.4 s (November 2026); above, speed goes before size."""
_MOST_PX: Final = 24_000_000
"""Of WebP and PNG: what is encoded within 5 s and 512 MB."""
_WEBP_MAX_SIDE_PX: Final = 16_383


def encode(pixels: NDArray[np.uint8], form: StoredFormat, quality: int) -> bytes:
    """A ``(height, width, 3)`` picture as a file without any metadata. PNG ignores the quality.

    Raises ``Unfit`` for a picture that the format has no room or no time for.
    """
    if form == "jpeg":
        body: bytes = simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), quality, "RGB", _CHROMA)
        return body
    height, width = pixels.shape[:2]
    if width * height > _MOST_PX or (form == "webp" and max(width, height) > _WEBP_MAX_SIDE_PX):
        raise Unfit(Flaw.TOO_MANY_PIXELS, f"{width}x{height}, to become {form}", width, height)
    quickly = width * height > _QUICKLY_ABOVE_PX
    out = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if form == "png":
        image.save(out, "PNG", compress_level=1 if quickly else 6)
    else:
        image.save(out, "WEBP", quality=quality, method=0 if quickly else 4)
    return out.getvalue()
