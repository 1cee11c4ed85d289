"""Where an image goes depends on nothing but itself."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.errors import UsageError
from gleanset.pack.splits import Splits

KEYS = [f"n02084071_{i}" for i in range(20_000)]


def test_shares_come_out_on_average() -> None:
    """Within five standard deviations of a fair draw."""
    counts = Counter(map(Splits((("train", 0.8), ("val", 0.15), ("test", 0.05))).of, KEYS))
    for name, share in (("train", 0.8), ("val", 0.15), ("test", 0.05)):
        assert abs(counts[name] - share * 20_000) < 5 * (20_000 * share * (1 - share)) ** 0.5


def test_the_same_keys_go_the_same_way_for_ever() -> None:
    """Published splits must not move with a new version: these were written down once."""
    splits = Splits((("train", 0.5), ("val", 0.5)))
    assert "".join(splits.of(f"k{i}")[0] for i in range(12)) == "tttvtvvvvttv"


@given(key=st.text("abc019_-", min_size=1), share=st.floats(0.01, 0.99))
def test_a_larger_share_only_gains(key: str, share: float) -> None:
    """Growing train takes images from val and gives none back."""
    smaller = Splits((("train", share / 2), ("val", 1 - share / 2)))
    larger = Splits((("train", share), ("val", 1 - share)))
    assert larger.of(key) == "train" or smaller.of(key) == "val"


def test_one_split_takes_all() -> None:
    """``--split train=1`` is allowed."""
    assert set(map(Splits((("all", 1.0),)).of, KEYS)) == {"all"}


@pytest.mark.parametrize(
    ("shares", "word"),
    [
        ((("train", 0.9), ("val", 0.2)), "1.1"),
        ((("train", 0.9),), "0.9"),
        ((("train", 1.0), ("val", 0.0)), "not above 0"),
        ((("train", float("nan")),), "not above 0"),
        ((("train", 1.5), ("val", -0.5)), "not above 0"),
        ((("a", 0.5), ("A", 0.5)), "twice"),
        ((("../up", 1.0),), "no name"),
        (((".hidden", 1.0),), "no name"),
        ((("", 1.0),), "no name"),
    ],
)
def test_what_is_no_split_is_refused(shares: tuple[tuple[str, float], ...], word: str) -> None:
    """With the reason."""
    with pytest.raises(UsageError, match=word):
        Splits(shares)
