"""Copies that resemble one another only through a third."""

from gleanset.judge.claims import Claims
from gleanset.judge.gallery import Similar
from gleanset.terms.inspection import Inspection
from gleanset.terms.verdict import Revoked, Ruling

LEFT, RIGHT, WHOLE = 1, 2, 3


def trimmed(n: int) -> Inspection:
    return Inspection(10, bytes([n]) * 32, None, phash=n, thumbnail=bytes([n]) * 256)


def claims(*, keep: bool = False) -> Claims:
    """Two trimmed copies are held; each resembles the whole picture and not the other."""
    one = Claims(keep_near_duplicates=keep, keep_label_conflicts=False)
    for n in (LEFT, RIGHT):
        assert one.claim(n, 0, trimmed(n), n, [], rebuilt=False) == Ruling()
    return one


ALIKE = [Similar(LEFT, 3, True), Similar(RIGHT, 5, True)]


def test_of_two_copies_one_stays_when_their_original_comes() -> None:
    """Else the order of arrival would decide how often a photograph is in the dataset."""
    ruling = claims().claim(WHOLE, 0, trimmed(WHOLE), WHOLE, ALIKE, rebuilt=False)
    revoked = (Revoked(RIGHT, "near-duplicate", "of:1"),)
    assert ruling == Ruling("near-duplicate", revoked, "of:1")


def test_nobody_goes_where_copies_are_kept() -> None:
    assert claims(keep=True).claim(WHOLE, 0, trimmed(WHOLE), WHOLE, ALIKE, rebuilt=False) == Ruling()


def test_a_conflict_puts_out_every_copy() -> None:
    ruling = claims().claim(WHOLE, 1, trimmed(WHOLE), WHOLE, ALIKE, rebuilt=False)
    assert ruling.reason == "label-conflict"
    assert [out.candidate for out in ruling.revoked] == [LEFT, RIGHT]
