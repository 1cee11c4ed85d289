"""All other pictures by Pillow, one plugin at a time, with its warnings taken as errors."""

import io
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from PIL import (  # plugins register themselves; no other is ever asked, and none of these starts a program
    AvifImagePlugin,  # noqa: F401
    BmpImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

from gleanset.terms.inspection import Flaw, Treatment

from .colour import Conversion, conversion, strips
from .heif import need_heif
from .orientation import exif_orientation, swaps_sides
from .picture import Facts, Unfit, admit, most_pixels

_PNG_DEPTH_AT: Final = 24


class _PillowIsStrict:
    """Pillow's warnings are errors while any of our threads is inside, and the caller's affair otherwise.

    ``warnings.catch_warnings`` swaps one global list for another, so two threads would restore each other's.
    Here one rule is put in front by the first thread that enters and taken out by the last that leaves.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._rule = ("error", None, Warning, re.compile(r"PIL\."), 0)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            self._inside += 1
            if self._rule not in warnings.filters:
                warnings.filterwarnings("error", category=Warning, module=r"PIL\.")
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside and self._rule in warnings.filters:
                    warnings.filters.remove(self._rule)  # type: ignore[attr-defined]


pillow_is_strict: Final = _PillowIsStrict()


class Still:
    """A picture decoded in full; of several frames the first, of several resolutions the largest."""

    def __init__(self, body: bytes, kind: str, treatment: Treatment) -> None:
        most = most_pixels(kind)
        if kind == "webp":  # its reader allocates the canvas before it tells the size
            admit(*_webp_canvas(body), treatment, most)
        if kind == "heif":
            need_heif()
        with pillow_is_strict():
            image: Image.Image = Image.open(io.BytesIO(body), formats=(kind.upper(),))
            admit(*image.size, treatment, most)
            if kind == "png":  # Pillow skips the check sums of the pixels, other trainers' readers do not
                _check_sums(memoryview(body))
            mode = image.mode
            frames = 2 if getattr(image, "is_animated", False) else 1
            image.load()
            orientation = exif_orientation(_exif_block(image)) if kind != "tiff" else 1
        self._conversion = conversion(image.info.get("icc_profile"), _colours_of(image))
        profiled = self._conversion is not None
        simple = mode in {"L", "RGB"} and not image.has_transparency_data and _is_8_bit(body, kind)
        self._image = image
        width, height = image.size
        if swaps_sides(orientation):
            width, height = height, width
        self.facts = Facts(width, height, mode, frames, orientation, simple and not profiled, profiled)

    def grey(self) -> NDArray[np.uint8]:
        return self._pixels("L")

    def rgb(self, target: tuple[int, int] | None) -> NDArray[np.uint8]:  # noqa: ARG002
        return self._pixels("RGB")

    def _pixels(self, mode: str) -> NDArray[np.uint8]:
        """In strips: a picture of 30 Mpx is not held twice."""
        width, height = self._image.size
        out = np.empty((height, width, 3) if mode == "RGB" else (height, width), np.uint8)
        for rows in strips(height):
            strip = self._image
            if rows != slice(0, height):
                strip = strip.crop((0, rows.start, width, rows.stop))
            out[rows] = np.asarray(_as_mode(_flatten(strip, self._conversion), mode))
        return out


def _colours_of(image: Image.Image) -> str:
    """The mode in which the samples are brought before a profile: ``RGB``, ``L`` or ``CMYK``."""
    if image.mode == "CMYK":
        return "CMYK"
    return "L" if image.mode in {"1", "L", "LA", "La"} or image.mode.startswith("I") else "RGB"


def _flatten(image: Image.Image, to_srgb: Conversion | None) -> Image.Image:
    """``L`` or ``RGB`` of sRGB, alpha on white."""
    if image.mode == "F":
        raise Unfit(Flaw.UNDECODABLE, "samples of floating point, whose white nobody tells")
    colours = _colours_of(image)
    if image.mode.startswith("I"):
        image = Image.fromarray(_high_bytes(np.asarray(image)))
    layer = None
    if image.has_transparency_data:
        image = _as_mode(image, "RGBA")
        layer = image.getchannel("A")
    image = _as_mode(image, colours if to_srgb is not None or colours == "L" else "RGB")
    if to_srgb is not None:
        image = to_srgb.image(image)
    if layer is None:
        return image
    opaque = Image.new("RGB", image.size, "white")
    opaque.paste(_as_mode(image, "RGB"), mask=layer)
    return opaque


def _exif_block(image: Image.Image) -> bytes:
    """As its own chunk, or in the hexadecimal text that ImageMagick writes into PNG."""
    text = image.info.get("Raw profile type exif")
    if not isinstance(text, str):
        return bytes(image.info.get("exif") or b"")
    try:
        return bytes.fromhex("".join(text.split("\n")[3:]))
    except ValueError:
        return b""


def _as_mode(image: Image.Image, mode: str) -> Image.Image:
    """Converted, without the copy that Pillow makes of what is in this mode already."""
    return image if image.mode == mode else image.convert(mode)


def _high_bytes(samples: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Grey of 16 bits, as Pillow itself reads colour of 16 bits; its own road to ``L`` clips."""
    if samples.min() < 0 or samples.max() > 0xFFFF:
        raise Unfit(Flaw.UNDECODABLE, "samples of 32 bits, whose white nobody tells")
    return (samples.astype(np.uint16) >> 8).astype(np.uint8)


def _is_8_bit(body: bytes, kind: str) -> bool:
    return kind != "png" or body[_PNG_DEPTH_AT] == 8


def _check_sums(body: memoryview) -> None:
    """Raise ``Unfit`` for a critical chunk that is damaged (PNG, third edition, 5.3 and 5.4)."""
    at = 8
    while at + 12 <= len(body):
        end = at + 8 + int.from_bytes(body[at : at + 4], "big")
        kind = bytes(body[at + 4 : at + 8])
        if kind[:1].isupper() and crc32(body[at + 4 : end]) != int.from_bytes(body[end : end + 4], "big"):
            flaw = Flaw.UNDECODABLE if end + 4 <= len(body) else Flaw.TRUNCATED
            raise Unfit(flaw, "a chunk's check sum is wrong")
        if kind == b"IEND":
            return
        at = end + 4


def _webp_canvas(body: bytes) -> tuple[int, int]:
    """Width and height as the container's first chunk says (RFC 9649, 2.5 to 2.7)."""
    chunk, head = body[12:16], body[20:30].ljust(10, b"\0")
    if chunk == b"VP8X":
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if chunk == b"VP8L":
        sides = int.from_bytes(head[1:5], "little")
        return (sides & 0x3FFF) + 1, (sides >> 14 & 0x3FFF) + 1
    return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF
