"""Figures as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.figures import compact, count, duration, share, size


@pytest.mark.parametrize(
    ("seconds_s", "text"),
    [
        (0, "0 s"), (-3, "0 s"), (0.00002, "0 s"), (0.434, "0.43 s"), (4.62, "4.6 s"), (9.96, "10 s"),
        (59.4, "59 s"), (59.9, "1 min 00 s"), (192, "3 min 12 s"), (3600, "1 h 00 min"), (7500, "2 h 05 min"),
        (367_200, "4 d 6 h"),
    ],
)  # fmt: skip
def test_durations_have_two_units_at_most(seconds_s: float, text: str) -> None:
    """Nobody needs the seconds of four days."""
    assert duration(seconds_s) == text


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (108_400, "108 kB"), (999_600, "1 MB"), (1.65e9, "1.65 GB")],
)
def test_sizes_have_three_figures(n_bytes: float, text: str) -> None:
    """Decimal, as disks are sold."""
    assert size(n_bytes) == text


@pytest.mark.parametrize(
    ("n", "text"),
    [(0, "0"), (950, "950"), (999, "999"), (12_345, "12.3k"), (1_500_000, "1.5M"), (0.25, "0.25")],
)
def test_compact_counts_fit_under_a_tick(n: float, text: str) -> None:
    """An axis has room for four letters."""
    assert compact(n) == text


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_only_nothing_is_0_and_only_everything_is_100_percent(part: int, whole: int) -> None:
    """ "100 %" of a dataset that lacks one image would be a lie."""
    part = min(part, whole)
    assert (share(part, whole) == "0 %") is (part == 0)
    assert (share(part, whole) == "100 %") is (part == whole)


def test_a_share_of_nothing_is_a_dash() -> None:
    """Not zero: nobody knows."""
    assert share(0, 0) == "–"
    assert count(14_197_114) == "14,197,114"
