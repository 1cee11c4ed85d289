"""Who holds which picture: near-duplicates, whatever their bytes are."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from .gallery import Similar
from .likeness import alike
from .quarters import is_near


class Holder(NamedTuple):
    """A candidate that is accepted or spare, and the label it counts for."""

    candidate: int
    label: int


def shows_the_same(a_phash: int, a_thumbnail: bytes, b_phash: int, b_thumbnail: bytes) -> bool:
    """Whether both show one picture, however encoded, scaled to half or double, trimmed by up to 3 % a side.

    Symmetric. A gallery says the same of its pictures by ``Similar.same``.
    """
    if not is_near(a_phash, b_phash):
        return False
    return bool(alike(a_thumbnail, np.frombuffer(b_thumbnail, np.uint8)[None])[0])


class Near:
    """Holders by the places of a gallery. A place has several only where near-duplicates are kept.

    Costs about 200 bytes for each holder, nothing for pictures that nobody holds.
    """

    def __init__(self) -> None:
        self._holders: dict[int, tuple[Holder, ...]] = {}
        """In the order in which they came; never an empty tuple."""

    def hold(self, place: int, candidate: int, label: int) -> None:
        """The candidate has this picture; a second word on it replaces the first."""
        self._holders[place] = (*self._others(place, candidate), Holder(candidate, label))

    def release(self, place: int, candidate: int) -> None:
        """The candidate has it no longer; whoever else holds it still does."""
        others = self._others(place, candidate)
        if others:
            self._holders[place] = others
        else:
            self._holders.pop(place, None)

    def at(self, place: int) -> tuple[Holder, ...]:
        """Who holds this very picture, the first one first."""
        return self._holders.get(place, ())

    def holders(self, similar: Iterable[Similar]) -> list[Holder]:
        """Who holds one of the pictures that are confirmed to be the same, in their order: nearest first."""
        return [holder for one in similar if one.same for holder in self.at(one.place)]

    def _others(self, place: int, candidate: int) -> tuple[Holder, ...]:
        return tuple(holder for holder in self.at(place) if holder.candidate != candidate)
