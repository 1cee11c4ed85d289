"""What lies before the first scan of a JPEG: orientation, profile, further pictures, the kind of coding.

Read by hand (ITU T.81, annex B) because opening the file with a full reader costs ten times as much, and
because nothing of the metadata is to be trusted: what is damaged is skipped.
"""

from dataclasses import dataclass
from typing import Final

from .orientation import exif_orientation, first_directory

_MAX_SEGMENTS: Final = 2_000
_SOF_PROGRESSIVE: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_NUMBER_OF_IMAGES: Final = 0xB001
"""MPF directory, CIPA DC-007, 5.2.3.2."""
_APP1, _APP2, _SOS, _EOI = 0xE1, 0xE2, 0xDA, 0xD9
_EXIF, _MPF, _ICC = b"Exif\x00\x00", b"MPF\x00", b"ICC_PROFILE\x00"
_GAIN_MAP = b'hdrgm:Version="'


@dataclass(frozen=True, slots=True)
class Segments:
    """What a JPEG says of itself before its first scan."""

    orientation: int = 1
    pictures: int = 1
    progressive: bool = False
    profile: bytes | None = None
    """Of colours (ICC.1:2022, B.4), its parts joined."""
    scan_at: int = 0
    """Where the first scan begins, or what makes no sense."""


def read_segments(body: bytes) -> Segments:
    """Walk the segments up to the first scan. Never raises; what makes no sense counts as absent."""
    orientation, pictures, progressive = None, 1, False
    profile: dict[int, bytes] = {}
    at = 2
    for _ in range(_MAX_SEGMENTS):
        if at + 4 > len(body) or body[at] != 0xFF:
            break
        marker = body[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker in {_SOS, _EOI}:
            break
        length = (body[at + 2] << 8) | body[at + 3]
        if marker == _APP1 and orientation is None and body.startswith(_EXIF, at + 4):
            orientation = exif_orientation(body[at + 4 : at + 2 + length])
        elif marker == _APP2 and body.startswith(_MPF, at + 4):
            pictures = _count_pictures(body[at + 8 : at + 2 + length], body[:at])
        elif marker == _APP2 and body.startswith(_ICC, at + 4) and at + 18 <= len(body):
            profile.setdefault(body[at + 16], body[at + 18 : at + 2 + length])
        elif marker in _SOF_PROGRESSIVE:
            progressive = True
        at += 2 + length
    joined = b"".join(profile[part] for part in sorted(profile)) if profile else None
    return Segments(orientation or 1, pictures, progressive, joined, at)


def _count_pictures(directory: bytes, before: bytes) -> int:
    """1 or 2. The second picture of an Ultra HDR photograph is a gain map: trainers see one picture."""
    several = first_directory(directory).get(_NUMBER_OF_IMAGES, 1) > 1
    return 2 if several and _GAIN_MAP not in before else 1
