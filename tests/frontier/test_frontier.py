"""Who may be fetched now, and why not. All on virtual time."""

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from gleanset.frontier import HostPrior, Limits
from gleanset.terms.outcome import Failed, Failure, Lease, Moved
from gleanset.terms.plan import Quota
from gleanset.terms.verdict import Revoked, Ruling, Verdict

from .conftest import Answer, Desk, exactly

Desks = Callable[..., Desk]


def good(_: Lease) -> Answer:
    return 0.1, None


def one_class(n: int, hosts: int = 1) -> list[tuple[int, int]]:
    return [(0, i % hosts) for i in range(n)]


@pytest.mark.parametrize("in_flight", [1, 7, 64, 2000])
def test_ten_asked_give_ten_whatever_the_concurrency(desk: Desks, in_flight: int) -> None:
    """The first tool, asked for ten with 24 workers, left 33 files."""
    one = desk(one_class(200, 50), [exactly(10)], limits=Limits(in_flight=in_flight))
    one.crawl(good)
    assert one.accepted() == [10]
    assert Counter(one.fates().values())[Verdict.ACCEPTED] == 10


def test_no_more_is_in_flight_than_could_be_of_use(desk: Desks) -> None:
    """The sum of the chances of what is in flight stays near what the class needs."""
    one = desk(one_class(5000, 1000), [exactly(10)])
    assert len(one.lease()) < 60


def test_requests_that_are_no_longer_wanted_are_named(desk: Desks) -> None:
    """So that they can be called back when a class is full."""
    one = desk(one_class(100, 50), [exactly(1)])
    leases = one.lease()
    one.settle(leases[0])
    assert sorted(one.frontier.unwanted()) == sorted(lease.candidate for lease in leases[1:])


def test_a_released_candidate_is_as_new(desk: Desks) -> None:
    """A lost worker costs its leases and charges nobody."""
    one = desk(one_class(1), [exactly(1)])
    (lease,) = one.lease()
    assert one.lease() == []
    one.frontier.release(lease.candidate, 0.0)
    (again,) = one.lease()
    assert (again.candidate, again.attempt) == (lease.candidate, 1)


def test_the_last_place_does_not_wait_for_an_answer_that_is_late(desk: Desks) -> None:
    """On a rotten web a class short by one waited ten seconds for hosts that swallow requests."""
    one = desk(one_class(100, 100), [exactly(1)], limits=Limits(late_s=2.0))
    first = one.lease()
    one.now_s = 1.9
    assert one.lease() == []
    one.now_s = 2.0
    second = one.lease()
    assert 0 < len(second) <= len(first)
    assert one.lease() == []
    one.settle(second[0])
    assert one.frontier.done


def test_an_answer_that_comes_late_is_as_welcome(desk: Desks) -> None:
    """Doubted is not forbidden: what comes after all fills the place, and the books balance."""
    one = desk(one_class(100, 100), [exactly(1)], limits=Limits(late_s=2.0))
    first = one.lease()
    one.now_s = 5.0
    second = one.lease()
    one.settle(first[0])
    assert one.accepted() == [1]
    for lease in (*first[1:], *second):
        one.frontier.release(lease.candidate, one.now_s)
    assert one.frontier.book.expected == [0.0]


def test_leases_that_nobody_settles_are_taken_back(desk: Desks) -> None:
    """Each of them, not the first alone: a worker that says nothing loses nothing."""
    one = desk(one_class(2, 2), [exactly(2)], limits=Limits(lease_s=90.0))
    lost = one.lease()
    one.now_s = 91.0
    assert sorted(one.frontier.overdue(91.0)) == sorted(lease.serial for lease in lost)
    for lease in lost:
        one.frontier.release(lease.candidate, 91.0)
    again = one.lease()
    assert {lease.candidate for lease in again} == {lease.candidate for lease in lost}
    assert not {lease.serial for lease in again} & {lease.serial for lease in lost}


def test_a_ghosts_finding_changes_nothing(desk: Desks) -> None:
    """An answer to a lease that was taken back is not counted, and the refused action leaves no trace."""
    one = desk(one_class(3), [exactly(3)])
    (lease,) = one.lease()
    one.frontier.release(lease.candidate, 0.0)
    one.lease()
    before = (one.frontier.in_flight, list(one.accepted()))
    assert one.settle(lease) == []
    assert (one.frontier.in_flight, list(one.accepted())) == before


def test_a_lease_that_nobody_settles_runs_out(desk: Desks) -> None:
    """The candidate goes to someone else."""
    one = desk(one_class(1), [exactly(1)], limits=Limits(lease_s=90.0))
    (lease,) = one.lease()
    assert one.frontier.wake_at(0.0) == 90.0
    assert one.frontier.overdue(89.9) == []
    assert one.frontier.overdue(90.0) == [lease.serial]
    one.now_s = 90.0
    one.frontier.release(lease.candidate, 90.0)
    (again,) = one.lease()
    assert again.candidate == lease.candidate
    assert again.serial != lease.serial


def test_a_transient_failure_is_tried_three_times_with_growing_pauses(desk: Desks) -> None:
    """1 s and 2 s, give or take half."""
    one = desk(one_class(1), [exactly(1)])
    one.frontier._roster.get(0).breaker.answered = True
    one.crawl(lambda _: (0.0, Failed(Failure.RESET)))
    moments = [moment for moment, _ in one.requests]
    assert [lease.attempt for _, lease in one.requests] == [1, 2, 3]
    assert 0.5 <= moments[1] - moments[0] <= 1.5
    assert 1.0 <= moments[2] - moments[1] <= 3.0
    assert one.fates() == {0: Verdict.REJECTED}


def test_a_permanent_failure_is_asked_once(desk: Desks) -> None:
    """404 stays 404."""
    one = desk(one_class(1), [exactly(1)])
    one.crawl(lambda _: (0.1, Failed(Failure.NOT_FOUND, 404)))
    assert len(one.requests) == 1
    assert one.log[0].reason == "not-found"


def test_nothing_is_asked_of_a_throttling_host_before_its_time(desk: Desks) -> None:
    """Retry-After is obeyed in full, others go on, and no attempt is charged."""
    one = desk([(0, 0)] * 5 + [(0, 1)] * 5, [exactly(10)])
    first = True

    def answer(lease: Lease) -> Answer:
        nonlocal first
        if lease.host == 0 and first:
            first = False
            return 0.1, Failed(Failure.RATE_LIMITED, 429, retry_after_s=7.0)
        return 0.1, None

    one.crawl(answer)
    throttled_at = min(moment for moment, lease in one.requests if lease.host == 0) + 0.1
    later = sorted(moment for moment, lease in one.requests if lease.host == 0)[1:]
    assert min(later) >= throttled_at + 7.0
    assert max(moment for moment, lease in one.requests if lease.host == 1) < 7.0
    assert all(lease.attempt == 1 for _, lease in one.requests)
    assert one.accepted() == [10]


def test_a_retry_after_beyond_the_horizon_defers(desk: Desks) -> None:
    """Tomorrow is not waited for; the settlement says when."""
    one = desk(one_class(1), [exactly(1)])
    (lease,) = one.lease()
    (settlement,) = one.settle(lease, Failed(Failure.SERVER_ERROR, 503, retry_after_s=86_400.0))
    assert settlement.verdict is Verdict.DEFERRED
    assert settlement.due_at_s == pytest.approx(86_400.0)


def test_a_dead_host_costs_three_requests_and_holds_up_nobody(desk: Desks) -> None:
    """Its other URLs stay untouched, for another day."""
    one = desk([(0, 0)] * 50 + [(0, 1)] * 50, [exactly(50)])
    one.crawl(
        lambda lease: (5.0, Failed(Failure.CONNECT_TIMEOUT)) if lease.host == 0 else (0.1, None), 1000.0
    )
    assert sum(lease.host == 0 for _, lease in one.requests) <= 4
    assert one.accepted() == [50]


def test_when_only_hosts_that_never_answered_are_left_nothing_will_come(desk: Desks) -> None:
    """They are not waited for: the build ends, short."""
    one = desk(one_class(50), [exactly(10)])
    one.crawl(lambda _: (5.0, Failed(Failure.CONNECT_TIMEOUT)))
    assert one.frontier.wake_at(one.now_s) is None
    assert one.now_s < 60.0


def test_a_host_that_has_answered_is_worth_waiting_for(desk: Desks) -> None:
    """The frontier says when it can be probed again."""
    one = desk(one_class(50), [exactly(50)])
    served = 0

    def answer(_: Lease) -> Answer:
        nonlocal served
        served += 1
        return 0.1, None if served <= 10 else Failed(Failure.TIMEOUT)

    one.crawl(answer, until_s=30.0)
    wake_at_s = one.frontier.wake_at(one.now_s)
    assert wake_at_s is not None
    assert wake_at_s >= 30.0


def test_what_was_tried_and_not_decided_is_deferred_at_the_end(desk: Desks) -> None:
    """Every candidate that was asked ends in one state; the others stay as they are."""
    one = desk(one_class(5), [exactly(5)], limits=Limits(retry_s=1000.0))
    for lease in one.lease():
        one.settle(lease, Failed(Failure.RESET))
    settled = one.frontier.defer_rest(wall_s=1e9, now_s=one.now_s)
    assert [settlement.verdict for settlement in settled] == [Verdict.DEFERRED]
    assert settled[0].reason == "reset"
    assert settled[0].due_at_s is not None
    assert one.frontier.book.left == [4]


def test_a_redirect_waits_for_a_lease_of_the_other_host(desk: Desks) -> None:
    """A worker never visits a host that it has no leave for."""
    one = desk([(0, 0), (0, 1)], [exactly(2)])
    leases = {lease.host: lease for lease in one.lease()}
    there = one.frontier.add_host(HostPrior())
    assert one.settle(leases[0], Moved("http://cdn.example/x.jpg", 1), moved_to=there) == []
    (second,) = one.lease()
    assert (second.candidate, second.host, second.url, second.hops) == (
        leases[0].candidate,
        there,
        "http://cdn.example/x.jpg",
        1,
    )
    one.settle(second)
    one.settle(leases[1])
    assert one.accepted() == [2]


def test_a_revoked_image_is_refilled(desk: Desks) -> None:
    """A placeholder recognised late costs one more request, and the quota stays exact."""
    one = desk(one_class(20, 5), [exactly(3)])
    one.crawl(good)
    victim = next(c for c, verdict in one.fates().items() if verdict is Verdict.ACCEPTED)
    asked = {lease.candidate for _, lease in one.requests}
    spares = Counter(one.fates().values())[Verdict.SPARE]
    settled = one.frontier.revoke([Revoked(victim, "placeholder")])
    one.log += settled
    assert settled[0].verdict is Verdict.REVOKED
    if not spares:
        one.crawl(good)
        assert {lease.candidate for _, lease in one.requests} - asked
    assert one.accepted() == [3]
    assert one.fates()[victim] is Verdict.REVOKED


def test_a_ruling_can_revoke_what_another_class_holds(desk: Desks) -> None:
    """The same picture under two labels: both go."""
    one = desk([(0, 0), (1, 1)], [exactly(1), exactly(1)])
    leases = {lease.host: lease for lease in one.lease()}
    one.settle(leases[0])
    ruling = Ruling("label-conflict", (Revoked(leases[0].candidate, "label-conflict"),))
    settled = one.settle(leases[1], ruling=ruling)
    assert [(s.candidate, s.verdict) for s in settled] == [(1, Verdict.REJECTED), (0, Verdict.REVOKED)]
    assert one.accepted() == [0, 0]


def test_the_class_in_need_is_served_before_the_one_with_plenty(desk: Desks) -> None:
    """A class that needs ten of ten goes before one that needs ten of a hundred."""
    one = desk([(0, 0)] * 100 + [(1, 0)] * 10, [exactly(10), exactly(10)])
    (first,) = one.lease()
    assert first.candidate >= 100


def test_a_drawn_class_that_cannot_make_it_is_replaced_at_once(desk: Desks) -> None:
    """As soon as it is certain, not after its last candidate."""
    pairs = [(0, 0)] * 10 + [(1, 0)] * 10
    one = desk(pairs, [exactly(8), exactly(8)], n_planned=1)
    one.crawl(lambda lease: (0.1, Failed(Failure.NOT_FOUND, 404) if lease.candidate < 10 else None))
    assert one.frontier.book.replacements == [(0, 1)]
    assert one.accepted()[1] == 8
    assert sum(lease.candidate < 10 for _, lease in one.requests) <= 5


def test_a_class_that_stays_short_is_collected_to_the_end(desk: Desks) -> None:
    """Without a reserve, what there is counts."""
    one = desk(one_class(10), [exactly(8)])
    one.crawl(lambda lease: (0.1, Failed(Failure.NOT_FOUND, 404) if lease.candidate % 2 else None))
    assert one.accepted() == [5]
    assert one.frontier.book.short(0)


def test_a_total_is_reached_although_a_class_runs_dry(desk: Desks) -> None:
    """What one leaves, the others take."""
    pairs = [(0, 0)] * 10 + [(1, 1)] * 40
    one = desk(pairs, [Quota(0, 10), Quota(0, 10)], total=20)
    one.crawl(lambda lease: (0.1, Failed(Failure.NOT_FOUND, 404) if lease.candidate < 7 else None))
    assert sum(one.accepted()) == 20
    assert one.frontier.book.missing_total == 0


def test_the_journal_puts_the_frontier_where_it_stood(desk: Desks) -> None:
    """What was accepted counts, and is never asked again."""
    one = desk(one_class(20, 4), [exactly(5)])
    for candidate in range(3):
        assert one.frontier.restore(candidate, Verdict.ACCEPTED) is Verdict.ACCEPTED
    one.frontier.restore(3, Verdict.REJECTED)
    one.crawl(good)
    assert one.accepted() == [5]
    assert all(lease.candidate > 3 for _, lease in one.requests)


def test_a_lowered_quota_turns_the_last_into_spares(desk: Desks) -> None:
    """Nothing is thrown away, and nothing is over."""
    one = desk(one_class(20, 4), [exactly(2)])
    verdicts = [one.frontier.restore(candidate, Verdict.ACCEPTED) for candidate in range(3)]
    assert verdicts == [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.SPARE]
    assert one.frontier.done


def test_flickr_takes_no_more_than_its_ceiling_at_once(desk: Desks) -> None:
    """24, what it bore in 2019 without complaint."""
    one = desk(one_class(500), [exactly(400)], priors=[HostPrior(True, 24)])
    most = 0

    def answer(_: Lease) -> Answer:
        nonlocal most
        most = max(most, one.frontier.in_flight)
        return 0.5, None

    one.crawl(answer)
    assert most == 24


def test_the_same_seed_leases_in_the_same_order(desk: Desks, dice: Random) -> None:
    """Replay and rehearsal depend on it."""
    pairs = sorted((dice.randrange(5), dice.randrange(30)) for _ in range(300))
    runs = []
    for _ in range(2):
        one = desk(pairs, [exactly(20)] * 5, seed=3)
        one.crawl(good)
        runs.append([lease.candidate for _, lease in one.requests])
    assert runs[0] == runs[1]


def test_reserves_step_in_for_a_class_that_hangs_on_dead_hosts(desk: Desks) -> None:
    """Candidates that nobody can ask keep no class alive."""
    pairs = [(0, 0)] * 8 + [(0, 1)] * 5 + [(1, 2)] * 20
    one = desk(pairs, [exactly(10), exactly(10)], n_planned=1)

    def answer(lease: Lease) -> Answer:
        return (5.0, Failed(Failure.CONNECT_TIMEOUT)) if lease.host == 1 else (0.1, None)

    one.crawl(answer)
    assert one.accepted()[1] == 0
    changed, _ = one.frontier.give_up_waiting()
    assert changed
    assert one.frontier.book.replacements == [(0, 1)]
    one.crawl(answer)
    assert one.accepted()[1] == 10
    assert one.frontier.done


def test_a_total_is_filled_by_others_when_a_class_hangs_on_dead_hosts(desk: Desks) -> None:
    """Nine good candidates that nobody asks would be a pity."""
    pairs = [(0, 0)] * 8 + [(0, 1)] * 5 + [(1, 2)] * 21
    one = desk(pairs, [Quota(10, 10), Quota(10, 10)], total=20)

    def answer(lease: Lease) -> Answer:
        return (5.0, Failed(Failure.CONNECT_TIMEOUT)) if lease.host == 1 else (0.1, None)

    one.crawl(answer)
    while one.frontier.give_up_waiting()[0]:
        one.crawl(answer)
    assert sum(one.accepted()) == 20
    assert one.frontier.give_up_waiting() == (False, [])


def test_a_class_without_candidates_is_replaced_before_anything_is_asked(desk: Desks) -> None:
    """Its URLs were twins or conflicts; no settlement would ever speak of it."""
    one = desk([(1, 0)] * 5, [exactly(3), exactly(3)], n_planned=1)
    one.frontier.review()
    assert one.frontier.book.replacements == [(0, 1)]
    one.crawl(good)
    assert one.accepted() == [0, 3]


def test_a_replay_keeps_what_was_shared_out(desk: Desks) -> None:
    """Class 1 had grown by what class 0 could not fill: its images stay accepted."""
    pairs = [(0, 0)] * 6 + [(1, 1)] * 20
    one = desk(pairs, [Quota(10, 10), Quota(10, 10)], total=20)
    verdicts = [one.frontier.restore(candidate, Verdict.ACCEPTED) for candidate in (*range(6), *range(6, 18))]
    assert set(verdicts) == {Verdict.ACCEPTED}
    one.frontier.review()
    one.crawl(good)
    assert one.accepted() == [6, 14]


def test_what_is_not_due_yet_comes_back_in_its_time(desk: Desks) -> None:
    """A build that goes on waits for it instead of giving it up."""
    one = desk(one_class(1), [exactly(1)])
    one.frontier._roster.get(0).breaker.answered = True
    one.frontier.postpone(0, 55.0)
    assert one.lease() == []
    assert one.frontier.wake_at(0.0) == 55.0
    one.crawl(good)
    assert one.accepted() == [1]
    assert one.now_s >= 55.0


def test_classes_that_take_all_there_is_grow_together(desk: Callable[..., Desk]) -> None:
    """Whoever stops the crawl in the middle has some of each, not all of the first."""
    crowd = desk([(c, h) for c in range(3) for h in range(4) for _ in range(50)], [Quota(0, None)] * 3)
    crowd.crawl(lambda _: (0.2, None), until_s=2.5)
    least, most = min(crowd.accepted()), max(crowd.accepted())
    assert 0.8 * most < least < 200
