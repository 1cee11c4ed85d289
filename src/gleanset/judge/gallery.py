"""Every distinct picture that a build has seen, and which of them look alike. The search is exact."""

from typing import Final, NamedTuple

import numpy as np

MAX_BITS: Final = 10
"""Perceptual hashes within this distance make two pictures candidates for being the same one."""

_FIRST_SIZE: Final = 1024


class Similar(NamedTuple):
    """A picture of the gallery that looks like the one asked for."""

    place: int
    bits: int
    """How many of the 64 bits of the perceptual hashes differ."""
    same: bool
    """Whether the thumbnails confirm that both show the same picture, encoded, scaled or trimmed."""


class Gallery:
    """Append-only: a picture's place, 0 .. n-1, never changes.

    A picture is a perceptual hash of 64 bits and a thumbnail of 16x16 grey levels; equal pairs are one.
    """

    def __init__(self) -> None:
        self._hashes = np.empty(_FIRST_SIZE, np.uint64)
        self._thumbnails: list[bytes] = []

    def __len__(self) -> int:
        return len(self._thumbnails)

    def similar(self, phash: int, thumbnail: bytes) -> list[Similar]:
        """All pictures within ``MAX_BITS`` of this one, the nearest first, equals by place."""
        bits = np.bitwise_count(self._hashes[: len(self)] ^ np.uint64(phash))
        places = np.flatnonzero(bits <= MAX_BITS)
        found = [
            Similar(p, int(bits[p]), _shows_the_same(thumbnail, self._thumbnails[p])) for p in places.tolist()
        ]
        return sorted(found, key=lambda one: (one.bits, one.place))

    def add(self, phash: int, thumbnail: bytes) -> int:
        """Its place; a picture that is there already keeps the one it has."""
        for place in np.flatnonzero(self._hashes[: len(self)] == np.uint64(phash)).tolist():
            if self._thumbnails[place] == thumbnail:
                return int(place)
        if len(self) == len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.empty_like(self._hashes)])
        self._hashes[len(self)] = phash
        self._thumbnails.append(thumbnail)
        return len(self) - 1

    def phash(self, place: int) -> int:
        return int(self._hashes[place])

    def thumbnail(self, place: int) -> bytes:
        return self._thumbnails[place]


def _shows_the_same(a: bytes, b: bytes) -> bool:
    """Mean difference of grey levels, after brightness is taken out."""
    one, other = np.frombuffer(a, np.uint8).astype(float), np.frombuffer(b, np.uint8).astype(float)
    return bool(np.abs(one - one.mean() - other + other.mean()).mean() < 4)
