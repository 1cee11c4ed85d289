"""JPEG by libjpeg-turbo: the strict, fast road that nine in ten pictures take."""

from typing import Final

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from gleanset.terms.inspection import Flaw, Treatment

from .orientation import swaps_sides
from .picture import MIN_LOOK_PX, Facts, Unfit, admit
from .segments import Segments, read_segments

_SHRINKS: Final = (8, 4, 2)
"""Only these have a fast inverse DCT; libjpeg's other scales are slower than no scaling at all."""
_MARGIN: Final = 1.5
"""A shrunken decode stays this much larger than the target, which keeps it within 46 dB of the full one."""
_MAX_SCANS: Final = 100
"""libjpeg writes 10 for a progressive picture. Each scan costs a pass over all blocks."""

_MODES: Final = {"YCbCr": "RGB", "RGB": "RGB", "Gray": "L"}


def opens(body: bytes) -> bool:
    """Whether this road can take the picture: grey, YCbCr or RGB in a sampling that libjpeg-turbo knows."""
    try:
        return simplejpeg.decode_jpeg_header(body)[2] in _MODES
    except ValueError:
        return False


class Jpeg:
    """A grey or colour JPEG with 8 bits a sample."""

    def __init__(self, body: bytes, treatment: Treatment) -> None:
        self._body = body
        self._height, self._width, colours, _ = simplejpeg.decode_jpeg_header(body)
        segments = read_segments(body)
        self.facts = self._facts(segments, _MODES[colours])
        admit(self.facts.width_px, self.facts.height_px, treatment)
        check_scans(body, segments)

    def _facts(self, segments: Segments, mode: str) -> Facts:
        width, height = self._width, self._height
        if swaps_sides(segments.orientation):
            width, height = height, width
        return Facts(width, height, mode, segments.pictures, segments.orientation, plain=True)

    def grey(self) -> NDArray[np.uint8]:
        factor = self._shrink(MIN_LOOK_PX, MIN_LOOK_PX)
        return self._decode("GRAY", factor)[:, :, 0]

    def rgb(self, target: tuple[int, int] | None) -> NDArray[np.uint8]:
        if target is None:
            return self._decode("RGB", 1)
        return self._decode("RGB", self._shrink(target[0] * _MARGIN, target[1] * _MARGIN))

    def _shrink(self, min_width: float, min_height: float) -> int:
        """The largest factor that leaves at least this size, else 1."""
        fitting = (k for k in _SHRINKS if self._width >= k * min_width and self._height >= k * min_height)
        return next(fitting, 1)

    def _decode(self, colours: str, factor: int) -> NDArray[np.uint8]:
        width, height = -(-self._width // factor), -(-self._height // factor)
        try:
            pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(
                self._body, colours, min_height=height, min_width=width, strict=True
            )
        except ValueError as error:
            raise Unfit(_flaw(str(error)), str(error)) from error
        return pixels


def check_entropy(body: bytes) -> None:
    """Raise ``Unfit`` unless all scans read without a warning, whatever the colours."""
    try:
        simplejpeg.decode_jpeg(body, "GRAY", min_height=1, min_width=1, strict=True)
    except ValueError as error:
        raise Unfit(_flaw(str(error)), str(error)) from error


def check_scans(body: bytes, segments: Segments) -> None:
    """Raise ``Unfit`` for a picture of thousands of scans, which would keep a core busy for minutes."""
    if segments.progressive and body.count(b"\xff\xda") > _MAX_SCANS:
        raise Unfit(Flaw.UNDECODABLE, f"more than {_MAX_SCANS} scans")


def _flaw(message: str) -> Flaw:
    """libjpeg's two words for data that ends too early; all else is damage."""
    return Flaw.TRUNCATED if "remature end of JPEG" in message else Flaw.UNDECODABLE
