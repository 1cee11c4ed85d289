"""What bytes turned out to be."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

StoredFormat = Literal["jpeg", "png", "webp"]
Resize = Literal["shorter", "longer", "crop", "squash", "pad"]


class Flaw(Enum):
    """Why a body is no picture for training, as a closed list."""

    NOT_AN_IMAGE = "not-an-image"
    UNDECODABLE = "undecodable"
    TRUNCATED = "truncated"
    TOO_SMALL = "too-small"
    BAD_SHAPE = "bad-shape"
    TOO_MANY_PIXELS = "too-many-pixels"
    BLANK = "blank"
    DECODER_CRASH = "decoder-crash"

    @property
    def word(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is wanted of a picture and how it is stored. Part of the recipe's identity."""

    min_side_px: int = 33
    max_aspect: float | None = None
    """Longer side over shorter side; None: no limit but the decoder's own (50)."""
    size_px: int | None = None
    resize: Resize = "shorter"
    encode: StoredFormat | None = None
    """None: JPEG where something has to be encoded at all."""
    quality: int = 95


@dataclass(frozen=True, slots=True)
class Stored:
    """The bytes that go into the dataset."""

    format: StoredFormat
    width_px: int
    height_px: int
    n_bytes: int
    sha256: bytes
    how: str
    """``original`` (byte for byte), or what was done: ``first-frame``, ``upright``, ``rgb``, ``srgb``,
    ``resized``, joined by ``+``; ``encoded`` where nothing but the format was changed, ``stripped`` where
    metadata was cut out."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """The verdict of the inspector on one body."""

    n_bytes: int
    sha256: bytes
    """Of the body as it came, 32 bytes."""
    flaw: Flaw | None
    detail: str = ""
    format: str | None = None
    """``jpeg``, ``png``, ``webp``, ``gif``, ``bmp``, ``tiff``, ``avif``, ``heif`` .., or None: not recognised."""
    width_px: int = 0
    """As displayed, after the EXIF turn."""
    height_px: int = 0
    mode: str = ""
    frames: int = 1
    """1, or 2 for "more than one": frames are never counted to the end."""
    phash: int | None = None
    """64-bit DCT hash of the first frame, upright; None where nothing was decoded."""
    thumbnail: bytes | None = None
    """16x16 grey, 256 bytes, row by row."""
    md5: bytes | None = None
    """Of bodies small enough to be a known placeholder, else None."""
    sha1: bytes | None = None
    stored: Stored | None = None
    """None where the picture is not kept."""
    refused: str = ""
    """The word with which the user's own check (``--check``) refused a picture without a flaw."""
