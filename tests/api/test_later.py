"""What is left to ask: of which classes, of whom, and from when on."""

from collections import Counter

import pytest

from gleanset.api.later import Later
from gleanset.api.results import Again
from gleanset.api.standing import wishes
from gleanset.run.due import NAMES_ARE_DUE_AFTER_S, due, due_at
from gleanset.store.journal_rows import JournalRow
from gleanset.terms.verdict import Verdict

NOW_S = 1_800_000_000.0


def row(verdict: Verdict, reason: str, due_at_s: float | None = None) -> JournalRow:
    return JournalRow(0, verdict, reason, 1, due_at_s, at_s=NOW_S)


@pytest.mark.parametrize(
    ("verdict", "reason", "due_at_s", "moment_s"),
    [
        (Verdict.DEFERRED, "rate-limited", NOW_S + 9, NOW_S + 9),
        (Verdict.DEFERRED, "timeout", None, 0.0),
        (Verdict.REJECTED, "reset", NOW_S + 5, NOW_S + 5),
        (Verdict.REJECTED, "timeout", None, 0.0),
        (Verdict.REJECTED, "name-not-found", None, NOW_S + NAMES_ARE_DUE_AFTER_S),
        (Verdict.REJECTED, "not-found", None, None),
        (Verdict.REJECTED, "placeholder", None, None),
        (Verdict.SPARE, "class-full", None, None),
        (Verdict.ACCEPTED, "", None, None),
    ],
)
def test_what_may_pass_is_asked_again(
    verdict: Verdict, reason: str, due_at_s: float | None, moment_s: float | None
) -> None:
    """Later is not dead, and 404 is not later."""
    one = row(verdict, reason, due_at_s)
    assert due_at(one) == moment_s
    assert due(one, NOW_S) is (moment_s is not None and moment_s <= NOW_S)


def test_only_classes_that_lack_images_are_asked_for() -> None:
    later = Later()
    later.add(row(Verdict.DEFERRED, "rate-limited", NOW_S + 60), 0, "flickr.com")
    later.add(row(Verdict.DEFERRED, "rate-limited", NOW_S + 30), 0, "flickr.com")
    later.add(row(Verdict.REJECTED, "reset", NOW_S - 1), 0, "flickr.com")
    later.add(row(Verdict.REJECTED, "not-found"), 0, "flickr.com")
    later.add(row(Verdict.DEFERRED, "timeout", NOW_S + 5), 1, "full.example")
    assert later.again({0}, new=7, now_s=NOW_S) == Again(7, 1, 2, NOW_S + 30)
    ((name, host),) = later.hosts({0})
    assert (name, host.urls, host.first_s, host.last_s) == ("flickr.com", 3, NOW_S - 1, NOW_S + 60)
    assert host.reasons == Counter({"rate-limited": 2, "reset": 1})


@pytest.mark.parametrize(
    ("again", "sentence"),
    [
        (Again(0, 0, 12, 5.0), "From 5 on the same command asks 12 URLs again."),
        (Again(0, 1, 0), "The same command asks 1 URL once more."),
        (Again(1200, 0, 0), "The same command asks 1,200 URLs for the first time."),
        (
            Again(3, 2, 1, 5.0),
            "The same command asks 3 URLs for the first time and 2 URLs once more; 1 more from 5 on.",
        ),
        (Again(0, 0, 0), "Every URL of the classes that are short was asked; none is left."),
    ],
)
def test_it_is_told_in_a_sentence(again: Again, sentence: str) -> None:
    """After exit code 3 a person asks: again, and when?"""
    assert again.told(lambda at_s: f"{at_s:g}") == sentence


def test_who_asked_to_be_left_alone_is_counted_by_where_they_say_so() -> None:
    (said,) = wishes(Counter({"robots.txt": 1200, "X-Robots-Tag": 3}))
    assert said.startswith("1,203 URLs were left alone")
    assert said.endswith("robots.txt 1,200, X-Robots-Tag 3.")
    assert wishes(Counter()) == ()
