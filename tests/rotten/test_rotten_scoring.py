"""The account of a build tells what it kept and what it took for placeholders."""

import pytest

from gleanset.rotten.responses import Picture
from gleanset.rotten.scoring import KNOWN_NAMES, UNKNOWN_NAMES, Count, account, score
from gleanset.rotten.truths import UrlTruth
from gleanset.terms.verdict import Verdict

GOOD, REFUSED = (Verdict.ACCEPTED, ""), (Verdict.REJECTED, "placeholder")


def a_placeholder(n: int, word: str = "fern") -> UrlTruth:
    return UrlTruth(f"http://a.example/{n}.jpg", "dog", None, placeholder=word)


def a_picture(n: int) -> UrlTruth:
    return UrlTruth(f"http://a.example/{n}.jpg", "dog", Picture(0, n))


def test_recall_is_the_share_that_was_kept_out() -> None:
    """Whatever kept it out; a spare copy counts as kept, since it may come in tomorrow."""
    truths = [a_placeholder(n) for n in range(10)]
    fates = {truth.url: REFUSED for truth in truths[:6]}
    fates[truths[6].url] = (Verdict.REVOKED, "placeholder")
    fates[truths[7].url] = (Verdict.REJECTED, "duplicate")
    fates[truths[8].url] = GOOD
    fates[truths[9].url] = (Verdict.SPARE, "class-full")
    result = score(truths, fates)
    assert result.placeholders == {"fern": Count(10, 2)}
    assert result.recall(UNKNOWN_NAMES) == pytest.approx(0.8)
    assert result.recall(KNOWN_NAMES) == 1


def test_what_never_came_was_not_met() -> None:
    """Not asked, put off, refused by its status."""
    truths = [a_placeholder(n) for n in range(3)] + [a_picture(3)]
    fates = {
        truths[0].url: (Verdict.DEFERRED, "class-full"),
        truths[1].url: (Verdict.REJECTED, "not-found"),
        truths[3].url: (Verdict.REJECTED, "timeout"),
    }
    result = score(truths, fates)
    assert result.placeholders == {}
    assert result.good == 0


def test_rare_placeholders_can_be_left_out() -> None:
    rare, often = [a_placeholder(n) for n in range(4)], [a_placeholder(n, "snap") for n in range(4, 9)]
    fates = {t.url: GOOD for t in rare} | {t.url: REFUSED for t in often}
    result = score([*rare, *often], fates)
    assert result.recall(UNKNOWN_NAMES, met=5) == 1
    assert result.recall(UNKNOWN_NAMES) == pytest.approx(5 / 9)


def test_a_good_picture_taken_for_a_placeholder_is_a_false_alarm() -> None:
    """A duplicate is none."""
    truths = [a_picture(n) for n in range(4)]
    fates = dict.fromkeys((t.url for t in truths), GOOD)
    fates[truths[1].url] = (Verdict.REVOKED, "placeholder")
    fates[truths[2].url] = (Verdict.REJECTED, "duplicate")
    result = score(truths, fates)
    assert (result.good, result.false_alarms) == (4, (truths[1].url,))
    assert "1 of 4 good pictures" in account(result)
