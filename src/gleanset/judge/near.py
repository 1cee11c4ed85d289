"""Who holds which picture by its look."""

from typing import NamedTuple

from .gallery import Similar


class Holder(NamedTuple):
    """A candidate that is accepted or spare, and its label."""

    candidate: int
    label: int


class Near:
    """Holders by the place of their picture in the gallery; nearly every place has one."""

    def __init__(self) -> None:
        self._holders: dict[int, tuple[Holder, ...]] = {}

    def hold(self, place: int, candidate: int, label: int) -> None:
        """This candidate has the picture, beside whoever has it already."""
        holder = Holder(candidate, label)
        held = self._holders.get(place, ())
        if holder not in held:
            self._holders[place] = (*held, holder)

    def release(self, place: int, candidate: int) -> None:
        """This candidate has it no more."""
        held = tuple(one for one in self._holders.get(place, ()) if one.candidate != candidate)
        if held:
            self._holders[place] = held
        else:
            self._holders.pop(place, None)

    def holders(self, similar: list[Similar]) -> list[Holder]:
        """Who has a picture that shows the same, the nearest first."""
        return [holder for one in similar if one.same for holder in self._holders.get(one.place, ())]
