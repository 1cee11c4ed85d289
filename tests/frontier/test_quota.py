"""Quotas are exact: reserve, admit, spare, revoke, refill."""

import pytest

from gleanset.frontier import ClassState, QuotaBook
from gleanset.terms.plan import Quota
from gleanset.terms.verdict import Verdict


@pytest.fixture
def two_of_five() -> QuotaBook:
    """One class that wants exactly two of its five candidates."""
    return QuotaBook([Quota(2, 2)], [5], 1)


def test_a_full_class_takes_nothing_more(two_of_five: QuotaBook) -> None:
    """The third good image is a spare, whoever brings it."""
    verdicts = [two_of_five.admit(0, candidate) for candidate in range(3)]
    assert verdicts == [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.SPARE]
    assert two_of_five.accepted == [2]


def test_a_revocation_promotes_the_oldest_spare(two_of_five: QuotaBook) -> None:
    """What was good and in hand refills the quota without a request."""
    for candidate in range(4):
        two_of_five.admit(0, candidate)
    assert two_of_five.revoke(0, 0) == 2
    assert two_of_five.accepted == [2]
    assert list(two_of_five.spares[0]) == [3]


def test_a_revocation_without_a_spare_opens_the_class(two_of_five: QuotaBook) -> None:
    """The class asks for one more."""
    two_of_five.admit(0, 0)
    two_of_five.admit(0, 1)
    assert two_of_five.state[0] is ClassState.FULL
    assert two_of_five.revoke(0, 1) is None
    assert two_of_five.state[0] is ClassState.OPEN
    assert two_of_five.budget(0) == 1
    assert two_of_five.open_classes == 1


def test_revoking_a_spare_costs_the_class_nothing(two_of_five: QuotaBook) -> None:
    """A spare that is found out just goes."""
    for candidate in range(3):
        two_of_five.admit(0, candidate)
    assert two_of_five.revoke(0, 2) is None
    assert two_of_five.accepted == [2]
    assert two_of_five.state[0] is ClassState.FULL


@pytest.mark.parametrize(
    ("quota", "full_at"),
    [(Quota(0, 0), 0), (Quota(1, 1), 1), (Quota(1, 3), 3), (Quota(2, None), None), (Quota(), None)],
)
def test_a_class_is_full_at_its_upper_bound(quota: Quota, full_at: int | None) -> None:
    """M, K:M, K: and all; nought is a quota as well."""
    book = QuotaBook([quota], [9], 1)
    taken = 0
    while book.state[0] is ClassState.OPEN and taken < 9:
        book.admit(0, taken)
        taken += 1
    assert taken == (9 if full_at is None else full_at)


def test_an_open_class_is_short_below_its_lower_bound() -> None:
    """``K:`` asks for K at least, and ``all`` is never short."""
    book = QuotaBook([Quota(2, None), Quota()], [3, 3], 2)
    assert (book.short(0), book.short(1)) == (True, False)
    book.admit(0, 0)
    book.admit(0, 1)
    assert not book.short(0)


def test_a_class_that_cannot_make_it_is_replaced_by_the_next_reserve_that_can() -> None:
    """A reserve that is itself too small is passed over."""
    book = QuotaBook([Quota(3, 3)] * 3, [2, 1, 5], 1)
    assert book.hopeless(0)
    assert book.replace(0) == 2
    assert book.state == [ClassState.REPLACED, ClassState.RESERVE, ClassState.OPEN]
    assert book.replacements == [(0, 2)]
    assert book.replace(2) is None


def test_a_replaced_class_keeps_its_images_as_spares_only() -> None:
    """Nothing of it enters the dataset any more."""
    book = QuotaBook([Quota(3, 3), Quota(3, 3)], [3, 5], 1)
    book.admit(0, 0)
    book.replace(0)
    assert book.admit(0, 1) is Verdict.SPARE
    assert book.revoke(0, 0) is None
    assert not book.in_dataset(0)


def test_places_of_an_exhausted_class_go_to_the_smallest_that_can_fill_them() -> None:
    """With a total, ten images are ten images, as evenly as the supply permits."""
    book = QuotaBook([Quota(0, 4), Quota(0, 3), Quota(0, 3)], [4, 9, 9], 3, total=10)
    book.admit(0, 0)
    book.left[0] = 0
    assert set(book.share_out(0)) == {1, 2}
    assert book.most in ([1, 5, 4], [1, 4, 5])
    assert book.share_out(0) == (), "it gives only once"
    assert sum(book.most) == 10
    assert book.missing_total == 9


def test_a_class_that_is_kept_gives_way_to_no_reserve() -> None:
    """Somebody named it: it stays short, and the reserve waits for another."""
    book = QuotaBook([Quota(5, 5)] * 3, [3, 3, 9], 2, kept={0})
    assert book.hopeless(0)
    assert book.replace(0) is None
    assert book.replace(1) == 2
    assert book.replacements == [(1, 2)]
