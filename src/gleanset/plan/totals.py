"""A total spread over classes."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Room:
    """What one class can take of a total: ``least <= likely <= most``."""

    least: int
    """It gets no fewer."""
    likely: int
    """It is forecast to bring so many."""
    most: int
    """It has no more URLs, or may have no more images."""


def spread(total: int, rooms: Sequence[Room]) -> list[int]:
    """Shares that add up to ``total``, as even as supply permits.

    Water filling: every class stands at one common level, but at its ``least`` where that is higher and at
    its ``likely`` where that is lower; what does not divide goes one by one to the first ones at the level.
    A total above all that is likely is dealt out to what lies between ``likely`` and ``most``, in proportion.
    ValueError: the total is under the sum of all ``least`` or over that of all ``most``.
    """
    if not sum(room.least for room in rooms) <= total <= sum(room.most for room in rooms):
        raise ValueError(f"{total} does not fit into these rooms")
    likely = sum(room.likely for room in rooms)
    if total >= likely:
        return _beyond(total - likely, rooms)
    level = _level(total, rooms)
    shares = [_at(level, room) for room in rooms]
    rising = [i for i, room in enumerate(rooms) if _at(level + 1, room) > shares[i]]
    for i in rising[: total - sum(shares)]:
        shares[i] += 1
    return shares


def _at(level: int, room: Room) -> int:
    return min(max(level, room.least), room.likely)


def _level(total: int, rooms: Sequence[Room]) -> int:
    """The highest level at which no more than ``total`` is given, by bisection."""
    low, high = 0, max(room.likely for room in rooms)
    while high - low > 1:
        middle = (low + high) // 2
        if sum(_at(middle, room) for room in rooms) <= total:
            low = middle
        else:
            high = middle
    return low


def _beyond(missing: int, rooms: Sequence[Room]) -> list[int]:
    """``likely`` each, and ``missing`` more in proportion to the room above; rounded to the exact sum."""
    above = [room.most - room.likely for room in rooms]
    n_above = sum(above)
    shares = []
    given = passed = 0
    for room, more in zip(rooms, above, strict=True):
        passed += more
        upto = missing * passed // n_above if n_above else 0
        shares.append(room.likely + upto - given)
        given = upto
    return shares
