"""Slow zones keep their own lane: names that are answered promptly never wait behind them."""

import pytest

from gleanset.fetch.lanes import MOST_AT_ONCE, MOST_TARRYING, Lanes


@pytest.fixture
def lanes() -> Lanes:
    """Nobody has been slow yet."""
    return Lanes()


def take(lanes: Lanes) -> list[str]:
    """All that may be asked for now."""
    taken = []
    while (name := lanes.next()) is not None:
        taken.append(name)
    return taken


def fill(lanes: Lanes, n: int, stem: str = "h") -> list[str]:
    names = [f"www.{stem}{number}.example" for number in range(n)]
    for name in names:
        lanes.put(name)
    return names


def test_so_many_names_are_asked_for_at_once(lanes: Lanes) -> None:
    """In the order in which they came; an answer makes room for one more."""
    names = fill(lanes, MOST_AT_ONCE + 2)
    assert take(lanes) == names[:MOST_AT_ONCE]
    assert (lanes.on_wire, lanes.waiting) == (MOST_AT_ONCE, 2)
    lanes.leave(names[0], promptly=True)
    assert take(lanes) == [names[MOST_AT_ONCE]]


def test_a_name_that_tarries_leaves_its_place(lanes: Lanes) -> None:
    """It is still waited for, on the side."""
    names = fill(lanes, 2 * MOST_AT_ONCE)
    take(lanes)
    for name in names[:MOST_AT_ONCE]:
        lanes.tarries(name)
    assert take(lanes) == names[MOST_AT_ONCE:]
    assert lanes.on_wire == 2 * MOST_AT_ONCE


def test_a_zone_that_was_slow_begins_on_the_side(lanes: Lanes) -> None:
    """All places of the prompt lane are left to others; once it is prompt it is one of them again."""
    lanes.put("a.slow.example")
    take(lanes)
    lanes.tarries("a.slow.example")
    lanes.leave("a.slow.example", promptly=False)
    lanes.put("b.slow.example")
    names = fill(lanes, MOST_AT_ONCE)
    assert take(lanes) == [*names, "b.slow.example"]
    lanes.leave("b.slow.example", promptly=True)
    lanes.put("c.slow.example")
    assert take(lanes) == []


def test_the_slow_lane_has_an_end_too(lanes: Lanes) -> None:
    """Half of it is for zones known to be slow; when it is full nobody moves over."""
    slow = fill(lanes, MOST_TARRYING)
    while taken := take(lanes):
        for name in taken:
            lanes.tarries(name)
    for name in slow[: MOST_TARRYING // 2]:
        lanes.leave(name, promptly=False)
    again = fill(lanes, MOST_TARRYING)
    assert take(lanes) == []
    lanes.leave(slow[-1], promptly=False)
    assert take(lanes) == again[:1]
    rest = fill(lanes, 2 * MOST_TARRYING, "x")
    while taken := take(lanes):
        for name in taken:
            lanes.tarries(name)
    assert lanes.on_wire == MOST_TARRYING + MOST_AT_ONCE
    assert lanes.waiting > len(rest) - MOST_TARRYING - MOST_AT_ONCE
