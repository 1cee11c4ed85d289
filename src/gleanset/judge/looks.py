"""Placeholders by their looks: which of those that are known does a picture show?"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from gleanset.terms.placeholder import LearnedPlaceholder

from .gallery import LOOK_ALIKE_BITS
from .lookalikes import agreement
from .sightings import size_key

LOOK_AGREEMENT: Final = 0.985
"""Thumbnails that agree so far show one placeholder (``lookalikes.agreement``). Copies with another date are
at 0.992 and above, with another caption mostly at 0.987, scaled ones at 0.987; of 1,296 photographs and
12,000 drawn pictures no two are above 0.962 (decision 32)."""
ICON_MAX_PX: Final = 64
"""Icons have so few shapes that honest ones look alike: up to this longer side the size must be equal too."""
_FIRST_ROOM: Final = 16


class Looks:
    """Some placeholders, compared with pictures by hash first and by thumbnail then. Adding one costs the
    same however many there are.
    """

    def __init__(self, placeholders: Iterable[LearnedPlaceholder] = ()) -> None:
        self._all: list[LearnedPlaceholder] = []
        self._hashes = np.empty(_FIRST_ROOM, np.uint64)
        """The first ``len(self._all)`` are set."""
        for placeholder in placeholders:
            self.add(placeholder)

    def add(self, placeholder: LearnedPlaceholder) -> None:
        """One more."""
        if len(self._all) == len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.empty_like(self._hashes)])
        self._hashes[len(self._all)] = placeholder.phash
        self._all.append(placeholder)

    def match(self, phash: int, thumbnail: bytes, size: int) -> LearnedPlaceholder | None:
        """The one that agrees best, whatever the order in which they became known."""
        bits = np.bitwise_count(self._hashes[: len(self._all)] ^ np.uint64(phash))
        near = [self._all[n] for n in np.flatnonzero(bits <= LOOK_ALIKE_BITS).tolist()]
        near = [one for one in near if may_be_compared(size_key(one.width_px, one.height_px), size)]
        if not near:
            return None
        near.sort(key=lambda one: one.sha256)
        agreements = agreement(thumbnail, [one.thumbnail for one in near])
        best = int(np.argmax(agreements))
        return near[best] if agreements[best] >= LOOK_AGREEMENT else None


def may_be_compared(known: int, size: int) -> bool:
    """Whether sizes (``size_key``) allow that a picture is the known one."""
    return known == size or max(known >> 16, known & 0xFFFF) > ICON_MAX_PX
