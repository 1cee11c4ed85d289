"""Every distinct picture that a build has seen, and which of them look alike. The search is exact."""

from typing import Final, NamedTuple

import numpy as np

from .likeness import alike
from .quarters import Hashes, Places, Quarters, near

THUMBNAIL_BYTES: Final = 256
LOOK_ALIKE_BITS: Final = 10
"""Up to this distance pictures are told of that merely look alike; beyond, confirmed copies alone."""
_MIN_RECENT: Final = 16_384
_RECENT_SHARE: Final = 32
"""Pictures are sorted in when more than these, and than one in 32 of the sorted ones, have come since."""


class Similar(NamedTuple):
    """A picture of the gallery that looks like the one asked for."""

    place: int
    bits: int
    """How many of the 64 bits of the perceptual hashes differ."""
    same: bool
    """Whether the thumbnails confirm that both show the same picture, encoded, scaled or trimmed."""


class Gallery:
    """Append-only: a picture's place, 0 .. n-1, never changes.

    A picture is a perceptual hash of 64 bits and a thumbnail of 16x16 grey levels; equal pairs are one. An
    entry takes about 330 bytes. Asking and adding cost about 0.3 ms among a million.
    """

    def __init__(self) -> None:
        self._hashes: Hashes = np.empty(1024, np.uint64)
        """The first ``len(self)`` are set."""
        self._thumbnails = bytearray()
        self._sorted: Quarters | None = None
        self._n_sorted = 0
        self._recent: dict[int, list[int]] = {}
        """Places of what is not sorted yet, by hash."""

    def __len__(self) -> int:
        return len(self._thumbnails) // THUMBNAIL_BYTES

    def similar(self, phash: int, thumbnail: bytes) -> list[Similar]:
        """All copies of this picture, and all whose hash is within ``LOOK_ALIKE_BITS``, copies or not.

        The nearest comes first, equals by place. Judge by ``same``: what looks alike is a candidate, no more.
        """
        places = self._near(phash)
        if not len(places):
            return []
        bits = np.bitwise_count(self._hashes[places] ^ np.uint64(phash))
        same = alike(thumbnail, np.frombuffer(self._thumbnails, np.uint8).reshape(-1, len(thumbnail))[places])
        told = np.flatnonzero(same | (bits <= LOOK_ALIKE_BITS))
        told = told[np.argsort(bits[told], kind="stable")]
        return list(map(Similar, places[told].tolist(), bits[told].tolist(), same[told].tolist()))

    def add(self, phash: int, thumbnail: bytes) -> int:
        """Its place; a picture that is there already keeps the one it has."""
        for place in self._equal(phash):
            if self.thumbnail(place) == thumbnail:
                return place
        place = len(self)
        if place == len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.empty_like(self._hashes)])
        self._hashes[place] = phash
        self._thumbnails += thumbnail
        self._recent.setdefault(phash, []).append(place)
        if place - self._n_sorted >= max(_MIN_RECENT, self._n_sorted // _RECENT_SHARE):
            self._sort_in()
        return place

    def phash(self, place: int) -> int:
        return int(self._hashes[place])

    def thumbnail(self, place: int) -> bytes:
        return bytes(self._thumbnails[place * THUMBNAIL_BYTES : (place + 1) * THUMBNAIL_BYTES])

    def _near(self, phash: int) -> Places:
        recent = near(self._hashes[self._n_sorted : len(self)], phash) + self._n_sorted
        return np.concatenate([self._sorted.near(phash), recent]) if self._sorted else recent

    def _equal(self, phash: int) -> list[int]:
        known = self._sorted.equal(phash) if self._sorted else []
        return [*known, *self._recent.get(phash, ())]

    def _sort_in(self) -> None:
        self._n_sorted = len(self)
        self._sorted = Quarters(self._hashes[: self._n_sorted])
        self._recent = {}
