"""What must not get in: pictures of a test set or another dataset, and bodies known by their hash."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gleanset.terms.inspection import Inspection

from .gallery import Gallery

BARE_MAX_BITS: Final = 6
"""Distance up to which a perceptual hash without a thumbnail is believed: copies of real pictures, encoded
anew and resized, stay within 6 bits, and the nearest of 7,421 other photographs was at 14 (November 2026)."""
_NO_THUMBNAIL: Final = bytes(256)
_Digests = tuple[NDArray[np.bytes_], NDArray[np.int64]]


class Exclusion(NamedTuple):
    """One picture, or one hash of one."""

    source: str
    """Where it was named: a file, or a picture in a folder."""
    digest: bytes | None = None
    """SHA-256, SHA-1 or MD5 of its bytes, told apart by their length."""
    phash: int | None = None
    thumbnail: bytes | None = None
    """16x16 grey; without it the perceptual hash has to be nearer."""


class Exclusions:
    """Pictures that the dataset must not contain. A digest costs 40 bytes, a look half a kilobyte."""

    def __init__(self, excluded: Iterable[Exclusion] = ()) -> None:
        self._sources: dict[str, int] = {}
        """Source to its number, in the order of numbers."""
        self._gallery = Gallery()
        self._of_place: list[tuple[int, bool]] = []
        """Of each picture in the gallery: number of its source, and whether it has no thumbnail."""
        by_length: dict[int, tuple[list[bytes], list[int]]] = {}
        for one in excluded:
            number = self._sources.setdefault(one.source, len(self._sources))
            if one.digest is not None:
                digests, numbers = by_length.setdefault(len(one.digest), ([], []))
                digests.append(one.digest)
                numbers.append(number)
            if one.phash is not None:
                self._show(one.phash, one.thumbnail, number)
        self._names = tuple(self._sources)
        self._digests = {length: _sorted(length, *pair) for length, pair in by_length.items()}

    def __bool__(self) -> bool:
        return bool(self._digests or self._of_place)

    @property
    def wants_all_digests(self) -> bool:
        """Whether MD5 or SHA-1 decide, which are not taken of every body otherwise."""
        return bool(self._digests.keys() - {32})

    def match(self, inspection: Inspection) -> str | None:
        """Where a picture was named that this is, or is a copy of; None: nowhere."""
        stored = inspection.stored.sha256 if inspection.stored is not None else None
        for digest in (inspection.sha256, stored, inspection.sha1, inspection.md5):
            if digest is not None and (source := self._by_digest(digest)) is not None:
                return source
        return self._by_look(inspection)

    def _by_digest(self, digest: bytes) -> str | None:
        if len(digest) not in self._digests:
            return None
        digests, numbers = self._digests[len(digest)]
        wanted = np.array([digest], digests.dtype)
        place = int(np.searchsorted(digests, wanted)[0])
        found = place < len(digests) and digests[place] == wanted[0]
        return self._names[numbers[place]] if found else None

    def _by_look(self, inspection: Inspection) -> str | None:
        if not self._of_place or inspection.phash is None or inspection.thumbnail is None:
            return None
        for near in self._gallery.similar(inspection.phash, inspection.thumbnail):
            number, is_bare = self._of_place[near.place]
            if near.bits <= BARE_MAX_BITS if is_bare else near.same:
                return self._names[number]
        return None

    def _show(self, phash: int, thumbnail: bytes | None, number: int) -> None:
        place = self._gallery.add(phash, thumbnail or _NO_THUMBNAIL)
        if place == len(self._of_place):
            self._of_place.append((number, thumbnail is None))


def _sorted(length: int, digests: list[bytes], numbers: list[int]) -> _Digests:
    """Equal lengths: that numpy drops trailing zeros changes neither order nor equality."""
    all_digests = np.array(digests, f"S{length}")
    order = np.argsort(all_digests, kind="stable")
    return all_digests[order], np.array(numbers, np.int64)[order]
