"""Unfinished bodies: small ones always go on, large ones share a bounded room, and somebody always ends."""

import pytest

from gleanset.fetch.room import MOST_HELD_BYTES, SMALL_BYTES, Room

HALF = MOST_HELD_BYTES // 2


@pytest.fixture
def full() -> Room:
    """Two large bodies hold all there is."""
    room = Room()
    assert room.take("a", HALF)
    assert room.take("b", HALF)
    return room


def test_a_small_body_always_has_room(full: Room) -> None:
    """Whatever hostile servers send elsewhere, photographs come."""
    assert full.take("small", SMALL_BYTES)


def test_one_goes_on_though_the_room_is_full(full: Room) -> None:
    """The first that asks; otherwise all would wait for each other."""
    assert full.take("a", HALF + 1)
    assert not full.take("b", HALF + 1)
    assert full.take("a", 2 * HALF)
    assert not full.goes_on()


def test_who_waits_is_told_once_when_others_have_left(full: Room) -> None:
    """And then one of those is the one that always goes on."""
    assert full.take("a", HALF + 1)
    assert not full.take("b", HALF + 1)
    full.leave("a")
    assert full.goes_on()
    assert not full.goes_on()
    assert full.take("b", 2 * HALF)
    assert full.take("b", 2 * HALF + 1)


def test_asking_again_for_the_same_costs_nothing(full: Room) -> None:
    """A chunk that was refused for another reason is offered twice."""
    assert full.take("a", HALF)
    full.leave("b")
    assert full.take("c", HALF)


def test_leaving_without_anything_is_no_news(full: Room) -> None:
    """Nobody wakes for it."""
    assert not (full.take("a", HALF + 1) and full.take("c", HALF))
    full.leave("nobody")
    assert not full.goes_on()
