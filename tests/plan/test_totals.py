"""A total over classes: exact, and as even as supply permits."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gleanset.plan.totals import Room, spread


@st.composite
def rooms(draw: st.DrawFn) -> Room:
    least, likely, most = sorted(draw(st.lists(st.integers(0, 60), min_size=3, max_size=3)))
    return Room(least, likely, most)


@st.composite
def a_total_and_its_rooms(draw: st.DrawFn) -> tuple[int, list[Room]]:
    chosen = draw(st.lists(rooms(), min_size=1, max_size=30))
    least, most = sum(room.least for room in chosen), sum(room.most for room in chosen)
    return draw(st.integers(least, most)), chosen


@pytest.mark.parametrize(
    ("total", "likely", "shares"),
    [
        (30, [100, 100, 100], [10, 10, 10]),
        (32, [100, 100, 100], [11, 11, 10]),
        (100, [10, 100, 100], [10, 45, 45]),
        (12, [1, 2, 100], [1, 2, 9]),
        (0, [5, 5], [0, 0]),
    ],
)
def test_water_fills_to_one_level(total: int, likely: list[int], shares: list[int]) -> None:
    """Small classes give all they have; the others share the rest alike."""
    assert spread(total, [Room(0, n, n) for n in likely]) == shares


def test_a_lower_end_is_kept() -> None:
    """A class that must have 50 has 50, and the others stand lower."""
    assert spread(100, [Room(50, 90, 90), Room(0, 90, 90), Room(0, 90, 90)]) == [50, 25, 25]


def test_above_the_forecast_the_rest_follows_the_room() -> None:
    """Ten more than is likely: dealt out by how many URLs are left beside the forecast."""
    assert spread(70, [Room(0, 20, 40), Room(0, 40, 120), Room(0, 0, 0)]) == [22, 48, 0]


@given(a_total_and_its_rooms())
def test_shares_add_up_and_keep_within_their_rooms(case: tuple[int, list[Room]]) -> None:
    """The law of --total: the sum of all quotas is the total."""
    total, chosen = case
    shares = spread(total, chosen)
    assert sum(shares) == total
    assert all(room.least <= share <= room.most for share, room in zip(shares, chosen, strict=True))


@given(a_total_and_its_rooms())
def test_nobody_has_more_while_another_could_have_it(case: tuple[int, list[Room]]) -> None:
    """Up to the forecast two shares differ by more than one only where a room forces them apart."""
    total, chosen = case
    assume(total <= sum(room.likely for room in chosen))
    shares = spread(total, chosen)
    could_give = [share for share, room in zip(shares, chosen, strict=True) if share > room.least]
    could_take = [share for share, room in zip(shares, chosen, strict=True) if share < room.likely]
    if could_give and could_take:
        assert max(could_give) - min(could_take) <= 1


@given(a_total_and_its_rooms())
def test_a_larger_total_takes_nothing_from_anyone(case: tuple[int, list[Room]]) -> None:
    """One image more goes to one class, below the forecast."""
    total, chosen = case
    assume(total < sum(room.likely for room in chosen))
    before, after = spread(total, chosen), spread(total + 1, chosen)
    assert sorted(new - old for old, new in zip(before, after, strict=True)) == [0] * (len(chosen) - 1) + [1]


@pytest.mark.parametrize("total", [4, 31])
def test_a_total_that_does_not_fit_is_refused(total: int) -> None:
    """The planner says it in words; here it is a mistake of the caller."""
    with pytest.raises(ValueError, match=str(total)):
        spread(total, [Room(5, 10, 30)])
