"""The rows of the list as arithmetic: their numbers, their chance, and which picture each shows."""

import struct
from bisect import bisect_right
from hashlib import blake2b
from itertools import accumulate

from .responses import Picture
from .settings import WorldSettings
from .sites import FULL, uniform

PHOTO_IDS = 9_999_999_967
"""The largest prime of ten digits: rows are scattered over the numbers below it, and found again."""

Draws = tuple[int, int, int, int, int, int, int, int]
"""A row's chance, 32 bits each: side, site, fate, time, folder, secret, dress, pair."""

_EIGHT = struct.Struct("<8I")
_PAIR = struct.Struct("<II")


class Rows:
    """A row is (class index, serial from 0); a photo number names it in its URL."""

    def __init__(self, settings: WorldSettings) -> None:
        self.counts = settings.counts()
        self._ends = list(accumulate(self.counts))
        self.n = self._ends[-1]
        self._look = settings.look
        self._key = settings.seed.to_bytes(16, "little", signed=True)
        self._factor = 1 + int(uniform(settings.seed, "factor") * (PHOTO_IDS - 2))
        self._back = pow(self._factor, -1, PHOTO_IDS)
        self._shift = int(uniform(settings.seed, "shift") * PHOTO_IDS)

    def draws(self, label: int, serial: int) -> Draws:
        """The row's chance."""
        digest = blake2b(_PAIR.pack(label, serial), digest_size=32, key=self._key).digest()
        return _EIGHT.unpack(digest)

    def photo(self, label: int, serial: int) -> int:
        """The row's photo number."""
        row = self._ends[label] - self.counts[label] + serial
        return (row * self._factor + self._shift) % PHOTO_IDS

    def find(self, photo: int) -> tuple[int, int] | None:
        """The row of a photo number; None: it names none."""
        row = (photo - self._shift) * self._back % PHOTO_IDS
        if photo >= PHOTO_IDS or row >= self.n:
            return None
        label = bisect_right(self._ends, row)
        return label, row - self._ends[label] + self.counts[label]

    def picture(self, label: int, serial: int) -> Picture:
        """Which picture a row shows, if it shows one.

        Rows stand in pairs. The odd one of a pair may show the even one's picture (the same bytes, or nearly
        the same picture), or that of the even row in the neighbouring class; so no picture is shown by more
        than two rows.
        """
        own = Picture(label, serial)
        if not serial % 2:
            return own
        if self._is_crossing(label, serial):
            return Picture(label - 1, serial - 1) if label % 2 else own
        chance = self.draws(label, serial)[7] / FULL
        if chance < 2 * self._look.twin_share:
            return Picture(label, serial - 1)
        if chance < 2 * (self._look.twin_share + self._look.near_share):
            return Picture(label, serial - 1, near=True)
        return own

    def _is_crossing(self, label: int, serial: int) -> bool:
        """Whether this pair, in this class and its neighbour, is one that classes share a picture by."""
        even = label & ~1
        if even + 1 >= len(self.counts) or serial >= min(self.counts[even], self.counts[even + 1]):
            return False
        return self.draws(even, serial)[5] < 4 * self._look.cross_share * FULL
