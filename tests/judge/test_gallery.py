"""The gallery finds every picture that looks alike, and no other."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gleanset.judge.gallery import Gallery
from gleanset.judge.quarters import MAX_BITS, MAX_QUARTER_BITS, Quarters, is_near, near

PHASHES = st.integers(0, 2**64 - 1)
FLIPS = st.sets(st.integers(0, 63), max_size=20)
THUMBNAIL = bytes(256)


def flipped(phash: int, bits: set[int]) -> int:
    return phash ^ sum(1 << bit for bit in bits)


def differs_little(a: int, b: int) -> bool:
    """The rule, word by word."""
    differing = a ^ b
    quarters = [(differing >> 16 * i & 0xFFFF).bit_count() for i in range(4)]
    return sum(quarters) <= MAX_BITS and min(quarters) <= MAX_QUARTER_BITS


@given(PHASHES, st.lists(FLIPS, min_size=1, max_size=40), st.lists(PHASHES, max_size=20))
@example(0, [{63}, set()], [2**64 - 1])
@example(2**64 - 1, [set(range(0, 64, 4)), set(range(0, 60, 4))], [0])
@example(5, [set(range(16)), {*range(4), *range(16, 20), *range(32, 36), *range(48, 52)}], [])
def test_both_searches_find_exactly_what_is_near(asked: int, flips: list[set[int]], far: list[int]) -> None:
    """Sorting is a matter of speed alone, wherever the bits lie that differ."""
    hashes = [*far, *(flipped(asked, bits) for bits in flips), *far]
    expected = [place for place, other in enumerate(hashes) if differs_little(asked, other)]
    table = np.array(hashes, np.uint64)
    assert near(table, asked).tolist() == expected
    assert Quarters(table).near(asked).tolist() == expected
    assert [place for place, other in enumerate(hashes) if is_near(asked, other)] == expected


@given(PHASHES, FLIPS)
def test_what_differs_in_fifteen_bits_is_always_found(asked: int, bits: set[int]) -> None:
    """By the pigeonhole principle one quarter has at most three of them."""
    assert is_near(asked, flipped(asked, set(sorted(bits)[:15])))


@pytest.mark.parametrize("n", [20_000, 600_000])
def test_the_search_is_exact_among_many(n: int) -> None:
    """With keys that hold many hashes, more than are read at once, and with keys that hold none."""
    dice = np.random.default_rng(n)
    table = dice.integers(0, 2**64, n, np.uint64)
    table[: n // 3] &= np.uint64(0xFFFF_F0F0_0F0F_FFFF)  # real hashes crowd as well
    queries = table[:: n // 25] ^ np.uint64(0b1000_0001_0001_0000_0001)
    sorted_in = Quarters(table)
    for asked in queries.tolist():
        assert sorted_in.near(asked).tolist() == near(table, asked).tolist() != []


def test_pictures_that_were_sorted_in_and_recent_ones_are_found_alike() -> None:
    """The gallery sorts at its own times, of which nobody notices anything but speed."""
    dice = np.random.default_rng(7)
    hashes = dice.integers(0, 2**64, 70_000, np.uint64)
    gallery = Gallery()
    for phash in hashes.tolist():
        gallery.add(phash, THUMBNAIL)
    for place in (0, 16_384, 16_385, 65_000, 69_999):
        asked = gallery.phash(place) ^ 0b1011
        expected = near(hashes, asked)
        bits = np.bitwise_count(hashes[expected] ^ np.uint64(asked)).tolist()
        found = [(one.bits, one.place) for one in gallery.similar(asked, THUMBNAIL)]
        assert found == sorted(zip(bits, expected.tolist(), strict=True))
        assert gallery.add(gallery.phash(place), THUMBNAIL) == place
    assert len(gallery) == len(set(hashes.tolist()))


def test_beyond_ten_bits_only_copies_are_told() -> None:
    """Among a million pictures a hundred hashes are within 16 bits by chance; within 10 there are none."""
    dice = np.random.default_rng(3)
    mine, other = (dice.integers(0, 256, 256, np.uint8).tobytes() for _ in range(2))
    gallery = Gallery()
    near_other, far_other, far_copy = 0b11_1111_1111, 0b111_1111_1111, 0b111_1111_1111 << 20
    gallery.add(far_copy, mine)
    gallery.add(far_other, other)
    gallery.add(near_other, other)
    assert gallery.similar(0, mine) == [(2, 10, False), (0, 11, True)]


def test_the_same_picture_has_one_place() -> None:
    """A hash alone is not a picture: another thumbnail is another place."""
    gallery = Gallery()
    first = gallery.add(7, THUMBNAIL)
    assert gallery.add(7, bytes([1] * 256)) == first + 1
    assert gallery.add(7, THUMBNAIL) == first
    assert len(gallery) == 2
    assert (gallery.phash(1), gallery.thumbnail(1)) == (7, bytes([1] * 256))


def test_an_empty_gallery_knows_nothing() -> None:
    """The first picture of a build is asked for like any other."""
    assert Gallery().similar(7, THUMBNAIL) == []
