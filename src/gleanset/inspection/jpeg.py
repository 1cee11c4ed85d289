"""JPEG by libjpeg-turbo: the strict, fast road that nine in ten pictures take."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from gleanset.terms.inspection import Flaw, Treatment

from .colour import conversion
from .orientation import swaps_sides
from .picture import MIN_LOOK_PX, Facts, Unfit, admit
from .scratch import scratch
from .segments import Segments, read_segments

_SHRINKS: Final = ((8, 2.25), (4, 1.5), (2, 1.5))
"""Factor, and how much larger than the target the shrunken picture stays at least, for 45 dB of the full one.
Only these factors have a fast inverse DCT; libjpeg's other scales are slower than no scaling at all."""
_MAX_SCANS: Final = 100
"""libjpeg writes 10 for a progressive picture. Each scan costs a pass over all blocks."""

END_MISSING: Final = "only the end marker is missing"
_END: Final = b"\xff\xd9"

_MODES: Final = {"YCbCr": "RGB", "RGB": "RGB", "Gray": "L"}


_HARMLESS: Final = 10**12
"""Bytes times pixels below which scans are not counted: an empty scan takes 80 bytes, the visit of a block
3 ns, so that all scans that fit cost under a second."""
_ODD: Final = ("Could not determine subsampling", "bad ICC marker")
"""What TurboJPEG says of samplings beyond its list (and of bodies that are no JPEG), and of a damaged
colour profile, which hurts no pixel."""


@dataclass(frozen=True, slots=True)
class Header:
    """As stored, before any turn."""

    width_px: int
    height_px: int
    mode: str


def read_header(body: bytes) -> Header | None:
    """None for a picture that this road cannot take, such as CMYK. Raises ``Unfit`` for damage."""
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(body)
    except ValueError as error:
        if any(words in str(error) for words in _ODD):
            return None
        raise _unfit(error) from error
    return Header(width, height, _MODES[colours]) if colours in _MODES else None


class Jpeg:
    """A grey or colour JPEG with 8 bits a sample."""

    def __init__(self, body: bytes, header: Header, treatment: Treatment) -> None:
        self._body = body
        self._width, self._height = header.width_px, header.height_px
        segments = read_segments(body)
        self._conversion = conversion(segments.profile, header.mode)
        self._colours = "RGB" if self._conversion is None or header.mode == "RGB" else "GRAY"
        self.facts = self._facts(segments, header.mode)
        admit(self.facts.width_px, self.facts.height_px, treatment)
        check_scans(body, segments, self._width * self._height)

    def _facts(self, segments: Segments, mode: str) -> Facts:
        width, height = self._width, self._height
        if swaps_sides(segments.orientation):
            width, height = height, width
        profiled = self._conversion is not None
        return Facts(
            width, height, mode, segments.pictures, segments.orientation, not profiled, profiled=profiled
        )

    def grey(self) -> NDArray[np.uint8]:
        enough = (k for k, _ in _SHRINKS if min(self._width, self._height) >= k * MIN_LOOK_PX)
        return self._decode("GRAY", next(enough, 1))[:, :, 0]

    def rgb(self, target: tuple[int, int] | None) -> NDArray[np.uint8]:
        factor = 1
        if target is not None:
            times = min(self._width / target[0], self._height / target[1])
            factor = next((k for k, margin in _SHRINKS if times >= k * margin), 1)
        pixels = self._decode(self._colours, factor)
        if self._conversion is None:
            return pixels
        return self._conversion.pixels(pixels if self._colours == "RGB" else pixels[:, :, 0])

    def _decode(self, colours: str, factor: int) -> NDArray[np.uint8]:
        width, height = -(-self._width // factor), -(-self._height // factor)
        buffer = scratch.bytes("decoded", width * height * (1 if colours == "GRAY" else 3))
        try:
            pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(
                self._body, colours, min_height=height, min_width=width, buffer=buffer, strict=True
            )
        except ValueError as error:
            raise self._wholeness(_unfit(error)) from error
        return pixels

    def _wholeness(self, unfit: Unfit) -> Unfit:
        """All pixels may be there and the end marker alone missing: counted apart by its detail."""
        if unfit.flaw is Flaw.TRUNCATED:
            try:
                simplejpeg.decode_jpeg(self._body + _END, "GRAY", min_height=1, min_width=1, strict=True)
                unfit.detail = END_MISSING
            except ValueError:
                pass
        return unfit


def check_entropy(body: bytes) -> None:
    """Raise ``Unfit`` unless all scans read without a warning, whatever the colours."""
    try:
        simplejpeg.decode_jpeg(body, "GRAY", min_height=1, min_width=1, strict=True)
    except ValueError as error:
        raise _unfit(error) from error


def check_scans(body: bytes, segments: Segments, n_pixels: int) -> None:
    """Raise ``Unfit`` for a picture of thousands of scans, which would keep a core busy for minutes."""
    if not segments.progressive or len(body) * n_pixels < _HARMLESS:
        return
    if body.count(b"\xff\xda") > _MAX_SCANS:
        raise Unfit(Flaw.UNDECODABLE, f"more than {_MAX_SCANS} scans")


def _unfit(error: ValueError) -> Unfit:
    """libjpeg's words for data that ends too early, all else being damage."""
    message = str(error)
    return Unfit(Flaw.TRUNCATED if "Premature end of JPEG" in message else Flaw.UNDECODABLE, message)
