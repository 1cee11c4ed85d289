"""Dead candidates get their alternatives one after the other, and nothing is remembered for longer."""

import pytest

from gleanset.fetch.revive import FALL_2011, WAYS
from gleanset.run.revival import Reviver, attributed
from gleanset.terms.outcome import Failed, Failure, Lease
from gleanset.terms.verdict import Finding

FARM = "http://farm4.static.flickr.com/3253/2951149311_c0840a2e55.jpg"
LIVE = "https://live.staticflickr.com/3253/2951149311_c0840a2e55.jpg"
COPY = f"https://web.archive.org/web/20111001000000id_/{FARM}"
SITE = "http://www.site.example/a.jpg"


@pytest.fixture
def reviver() -> Reviver:
    """Everything is permitted, and the list is ImageNet's."""
    return Reviver(WAYS, FALL_2011)


def ask(reviver: Reviver, url: str, reason: str, candidate: int = 7) -> str | None:
    found = reviver.after(candidate, url, reason)
    return None if found is None else found.url


def test_alternatives_come_one_after_the_other_and_end(reviver: Reviver) -> None:
    assert [ask(reviver, FARM, "gone") for _ in range(3)] == [LIVE, COPY, None]


def test_what_has_ended_is_forgotten(reviver: Reviver) -> None:
    """Memory holds those that are being revived, not a whole list."""
    for candidate in range(100):
        while reviver.after(candidate, FARM, "gone") is not None:
            pass
    assert reviver.n_remembered == 0


def test_what_came_back_to_life_is_forgotten(reviver: Reviver) -> None:
    reviver.after(7, FARM, "gone")
    assert reviver.n_remembered == 1
    reviver.forget(7)
    assert reviver.n_remembered == 0
    reviver.forget(7)


def test_candidates_do_not_mix(reviver: Reviver) -> None:
    assert ask(reviver, FARM, "gone", candidate=1) == LIVE
    assert ask(reviver, FARM, "gone", candidate=2) == LIVE
    assert ask(reviver, FARM, "not-found", candidate=1) == COPY


def test_an_alternative_that_cannot_help_is_passed_over(reviver: Reviver) -> None:
    """https is no help against a name that is gone; the archive is."""
    assert ask(reviver, SITE, "name-not-found") == f"https://web.archive.org/web/20111001000000id_/{SITE}"
    assert ask(reviver, SITE, "not-found") is None


def test_a_refusal_on_the_way_ends_the_revival(reviver: Reviver) -> None:
    """Whoever forbids a copy is not circumvented by the next one."""
    assert ask(reviver, FARM, "gone") == LIVE
    assert ask(reviver, FARM, "opted-out") is None
    assert reviver.n_remembered == 0


@pytest.mark.parametrize("reason", ["opted-out", "forbidden", "duplicate", "too-small", "check:blurred"])
def test_what_is_not_dead_is_not_revived(reviver: Reviver, reason: str) -> None:
    assert ask(reviver, FARM, reason) is None
    assert reviver.n_remembered == 0


def test_without_the_option_nobody_is_asked() -> None:
    reviver = Reviver()
    assert ask(reviver, FARM, "gone") is None
    assert reviver.resume(7, FARM, "gone", None) is None


def resume(reviver: Reviver, url: str, reason: str, last: str | None, *, again: bool = False) -> str | None:
    found = reviver.resume(7, url, reason, last, again=again)
    return None if found is None else found.url


@pytest.mark.parametrize(
    ("reason", "last", "expected"),
    [
        ("gone", None, LIVE),
        ("gone", "rewrite:flickr-farm", COPY),
        ("gone", "wayback", None),
        ("forbidden", None, None),
    ],
)
def test_a_build_that_fell_short_may_be_revived_later(
    reviver: Reviver, reason: str, last: str | None, expected: str | None
) -> None:
    """The journal says which way was tried last; the dead URL itself is not asked again."""
    assert resume(reviver, FARM, reason, last) == expected


def test_what_resumes_goes_on_from_there(reviver: Reviver) -> None:
    assert resume(reviver, FARM, "gone", None) == LIVE
    assert ask(reviver, FARM, "not-found") == COPY
    assert ask(reviver, FARM, "not-found") is None


@pytest.mark.parametrize(
    ("last", "expected"), [("wayback", COPY), ("rewrite:flickr-farm", LIVE), (None, None)]
)
def test_a_failure_that_may_have_passed_is_asked_again_where_it_was(
    reviver: Reviver, last: str | None, expected: str | None
) -> None:
    """None: at the candidate's own URL, as without revival. Even a reason that is no ground for revival."""
    assert resume(reviver, FARM, "rate-limited", last, again=True) == expected


def test_rewrites_are_not_tried_behind_the_archive() -> None:
    """The archive comes last: who was asked there has been through all that was permitted then."""
    assert resume(Reviver(["rewrites"]), FARM, "gone", "wayback") is None
    assert resume(Reviver(["rewrites"]), FARM, "gone", "rewrite:flickr-farm") is None
    assert resume(Reviver(["wayback"], FALL_2011), FARM, "gone", "rewrite:flickr-farm") == COPY


def finding(final_url: str | None) -> Finding:
    return Finding(7, 1, 3, 0.1, 1.7e9, failed=Failed(Failure.NOT_FOUND, 404), final_url=final_url)


def test_a_finding_says_by_which_way_it_came() -> None:
    """The picture's address is the lease's, or where that led."""
    lease = Lease(7, 1, 3, 0.0, 9.0, url=COPY, revived="wayback")
    assert attributed(finding(None), lease).final_url == COPY
    found = attributed(finding("https://web.archive.org/web/20110704id_/x"), lease)
    assert (found.revived, found.final_url) == ("wayback", "https://web.archive.org/web/20110704id_/x")


def test_a_finding_of_the_lists_own_url_stays_as_it_is() -> None:
    own = finding(None)
    assert attributed(own, Lease(7, 1, 3, 0.0, 9.0)) is own
