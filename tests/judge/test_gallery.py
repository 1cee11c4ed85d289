"""The gallery finds every picture that looks alike."""

from hypothesis import given
from hypothesis import strategies as st

from gleanset.judge.gallery import MAX_BITS, Gallery

PHASHES = st.integers(0, 2**64 - 1)


@given(st.lists(PHASHES, max_size=30), PHASHES, st.lists(st.integers(0, 63), max_size=14))
def test_everything_within_ten_bits_is_found(phashes: list[int], asked: int, flips: list[int]) -> None:
    """The search is exact: what a loop over all hashes finds, nearest first."""
    twin = asked
    for bit in flips:
        twin ^= 1 << bit
    gallery = Gallery()
    for phash in (*phashes, twin):
        gallery.add(phash, bytes(256))
    known = [gallery.phash(place) for place in range(len(gallery))]
    near = [((h ^ asked).bit_count(), place) for place, h in enumerate(known)]
    expected = sorted(pair for pair in near if pair[0] <= MAX_BITS)
    assert [(one.bits, one.place) for one in gallery.similar(asked, bytes(256))] == expected


def test_the_same_picture_has_one_place() -> None:
    """A hash alone is not a picture: another thumbnail is another place."""
    gallery = Gallery()
    first = gallery.add(7, bytes(256))
    assert gallery.add(7, bytes([1] * 256)) == first + 1
    assert gallery.add(7, bytes(256)) == first
    assert len(gallery) == 2
    assert (gallery.phash(1), gallery.thumbnail(1)) == (7, bytes([1] * 256))
