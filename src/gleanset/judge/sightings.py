"""Who showed which picture, under which label, from which host: numbers, one row for every picture."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from gleanset.terms.inspection import Inspection

from .sources import source_key

_NONE: Final = -1
_MAX_PX: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Sighting:
    """A sound picture that a candidate showed."""

    candidate: int
    host: int
    """The number of its politeness group."""
    label: int
    place: int
    """Of the picture in the gallery."""
    inspection: Inspection
    url: str
    """The candidate's own, whatever led from there to the picture."""


class Row(NamedTuple):
    """What is kept of a sighting."""

    candidate: int
    source: int
    """``source_key`` of its URL: what is counted."""
    host: int
    label: int
    body: int
    """``body_key`` of what was sent."""
    size: int
    """``size_key`` of the picture."""


class Sightings:
    """Rows by place, in arrays: 44 bytes a picture, plus what arrays keep in reserve (an eighth)."""

    def __init__(self) -> None:
        self._candidates = array("q")
        self._sources = array("Q")
        self._hosts = array("i")
        self._labels = array("i")
        self._bodies = array("Q")
        self._sizes = array("I")
        self._before = array("i")
        """The row of the same place that came before; -1: this was its first."""
        self._last = array("i")
        """By place: its newest row, or -1."""

    def __len__(self) -> int:
        return len(self._candidates)

    def add(self, sighting: Sighting) -> None:
        inspection = sighting.inspection
        if sighting.place >= len(self._last):
            self._last.extend([_NONE] * (sighting.place + 1 - len(self._last)))
        self._candidates.append(sighting.candidate)
        self._sources.append(source_key(sighting.url))
        self._hosts.append(sighting.host)
        self._labels.append(sighting.label)
        self._bodies.append(body_key(inspection.sha256))
        self._sizes.append(size_key(inspection.width_px, inspection.height_px))
        self._before.append(self._last[sighting.place])
        self._last[sighting.place] = len(self) - 1

    def at(self, place: int) -> Iterator[Row]:
        """Everyone who showed the picture at this place, the newest first."""
        row = self._last[place] if place < len(self._last) else _NONE
        while row != _NONE:
            yield Row(
                self._candidates[row],
                self._sources[row],
                self._hosts[row],
                self._labels[row],
                self._bodies[row],
                self._sizes[row],
            )
            row = self._before[row]


def body_key(sha256: bytes) -> int:
    """64 bits of it, compared only where the pictures are equal as well."""
    return int.from_bytes(sha256[:8], "big")


def size_key(width_px: int, height_px: int) -> int:
    """Both sides in one number of 32 bits, each cut off at 65,535."""
    return min(width_px, _MAX_PX) << 16 | min(height_px, _MAX_PX)
