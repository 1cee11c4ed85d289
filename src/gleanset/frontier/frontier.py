"""The frontier: which URLs may be fetched now. Integers in, leases and settlements out; time is given.

Three verbs: ``lease`` (who may go), ``settle`` (what became of one), ``wake_at`` (when to ask again).
How the next URL is found is told in ``waiting``; how many a class needs, in ``quota``, and what follows from
that, in ``classes``; what a host bears, in ``host``.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from random import Random

import numpy as np
from numpy.typing import NDArray

from ..terms.outcome import Failed, Failure, Lease
from ..terms.plan import Quota
from ..terms.verdict import CHECK, Finding, Judgement, Revoked, Ruling, Settlement, Verdict
from .address import Address
from .blame import Blame
from .checking import check_book, check_requests
from .classes import Classes
from .host import HORIZON_S, Host, HostPrior
from .leases import Granted, Leases
from .queues import BACKOFF, LEASED, WAITING, Cells
from .quota import ClassState, QuotaBook
from .retries import Retries
from .roster import Roster
from .waiting import Waiting
from .ways import Elsewhere, Revive, Ways
from .yields import LEAST_CHANCE


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds the frontier as a whole."""

    in_flight: int = 2000
    attempts: int = 3
    """Tries of one candidate whose failures are transient."""
    throttled_attempts: int = 20
    """429 answers to one candidate, which are no tries, before it is deferred."""
    lease_s: float = 90.0
    """After which a lease that nobody settled is taken back."""
    late_s: float = 2.0
    """After which an answer that has not come is not counted on any more: most that come at all are there by
    then (2019: 1.45 s a try in the mean, those that hung included), and the last places of a class must not
    wait for hosts that swallow requests."""
    retry_s: float = 1.0
    """First pause before a candidate is tried again; doubles, with jitter."""


UNCHARGED_S = 5.0
"""The pause after a failure that is probably ours."""


class Frontier:
    """Grants all leases of a build. Every candidate ends in one state; ``check()`` states the invariants."""

    def __init__(
        self,
        label: NDArray[np.int32],
        host: NDArray[np.int32],
        hosts: Sequence[HostPrior],
        quotas: Sequence[Quota],
        *,
        n_planned: int | None = None,
        kept: Collection[int] = (),
        total: int | None = None,
        limits: Limits | None = None,
        seed: int = 0,
    ) -> None:
        """``label``, ``host``: (n,) int32, class and politeness group of each candidate in seeded order;
        ``quotas``: one a class; classes from ``n_planned`` on are reserves,
        which replace any class but the ``kept`` ones.
        """
        supply = np.bincount(label, minlength=len(quotas))[: len(quotas)].tolist()
        planned = len(quotas) if n_planned is None else n_planned
        self.book = QuotaBook(quotas, supply, planned, total, kept)
        self._limits = limits or Limits()
        self._random = Random(seed)
        self._label = label
        self._cells = Cells(label, host, len(hosts))
        self._roster = Roster(host, hosts, self._random)
        self._waiting = Waiting(self._cells, self.book, self._roster, len(quotas))
        self._classes = Classes(self.book, self._waiting)
        self._most_in_flight = self._limits.in_flight
        self._leases = Leases()
        self._addresses: dict[str, Address] = {}
        self._retries = Retries()
        self._ways = Ways()
        self._blame = Blame(self._random, self._retries.forgive)
        self._leased_at_s = float("-inf")

    def lease(self, now_s: float, limit: int = 1_000_000) -> list[Lease]:
        """Leave for up to ``limit`` requests to start at ``now_s``, the most useful first."""
        self._leased_at_s = now_s
        self._fire_timers(now_s)
        self._doubt(now_s)
        room = min(limit, self._most_in_flight - len(self._leases))
        if self._blame.is_ours:
            room = min(room, self._blame.weather.probes(now_s))
        if room <= 0:
            return []
        self._waiting.cover_needs(now_s)
        granted: list[Lease] = []
        while len(granted) < room:
            found = self._waiting.next(now_s)
            if found is None:
                break
            host, cell, candidate = found
            granted.append(self._grant(host, cell, candidate, now_s))
            self._waiting.bring_in(cell, now_s)
        return granted

    def _grant(self, host: Host, cell: int, candidate: int, now_s: float) -> Lease:
        chance = host.chance
        host.started(now_s)
        self._cells.state[candidate] = LEASED
        self.book.expected[self._cells.label[cell]] += chance
        led = self._ways.of(candidate)
        lease = Lease(
            candidate,
            self._retries.attempts(candidate) + 1,
            host.id,
            now_s,
            now_s + self._limits.lease_s,
            led.url or None,
            led.hops,
            self._leases.next_serial(),
            led.revived,
        )
        self._leases.add(Granted(lease, cell, chance), now_s + self._limits.late_s)
        return lease

    # What becomes of a lease

    def locate(self, candidate: int, serial: int, address: str) -> bool:
        """The lease goes to this IP address; whether that has a place for it. If not, the lease is the
        caller's to release, and the host waits for a place there.
        """
        granted = self._leases.get(candidate, serial)
        if granted is None:
            return True
        place = self._addresses.get(address)
        if place is None:
            place = self._addresses[address] = Address()
        if granted.address is place:
            return True
        for called in self._leave_address(granted):
            self._waiting.offer(called, granted.lease.granted_at_s)
        if not place.admit(self._roster.get(granted.lease.host)):
            return False
        granted.address = place
        return True

    def _leave_address(self, granted: Granted) -> list[Host]:
        place, granted.address = granted.address, None
        return place.leave() if place is not None else []

    def settle(
        self,
        finding: Finding,
        ruling: Ruling,
        now_s: float,
        moved_to: int | None = None,
        revive: Revive | None = None,
    ) -> list[Settlement]:
        """Take a finding and the judge's word on it; what the journal has to know, in order.

        ``moved_to``: the politeness group that a redirect leads to (see ``add_host``). ``revive`` is asked
        when a candidate is rejected. A finding whose lease is not out (any more) changes nothing and
        returns an empty list. Empty as well for what is not decided yet: a retry, a redirect.
        """
        granted = self._leases.get(finding.candidate, finding.serial)
        if granted is None:
            return []
        was_ours = self._blame.is_ours
        self._free(
            granted, now_s, lambda host: self._learn(host, finding, ruling, now_s, granted.lease.granted_at_s)
        )
        c = int(self._label[finding.candidate])
        if finding.failed is not None and not self._blame.counts(finding.failed, was_ours):
            self._retries.of(finding.candidate, finding.failed.failure)
            self._wait(finding.candidate, now_s + UNCHARGED_S)
            return []
        settled = self._decide(finding, ruling, c, now_s, moved_to)
        if revive is not None and settled and settled[0].verdict is Verdict.REJECTED:
            elsewhere = revive(finding.candidate, settled[0].reason)
            if elsewhere is not None:
                self._bring_back_to_life(finding.candidate, c, elsewhere, now_s)
        return settled + self.revoke(ruling.revoked) + self._classes.review(c)

    def _bring_back_to_life(self, candidate: int, c: int, elsewhere: Elsewhere, now_s: float) -> None:
        """A candidate that was rejected is asked elsewhere: its rejection is written down all the same, so
        that a run that ends before the other answer loses nothing, and that answer has the last word.
        """
        self.book.left[c] += 1
        self._go_elsewhere(candidate, elsewhere, now_s)

    def settle_errand(self, finding: Finding, now_s: float) -> None:
        """The answer to what was asked on a candidate's behalf (``Errand.ROBOTS``): it tells about the host,
        not about the candidate, which waits again.
        """
        granted = self._leases.get(finding.candidate, finding.serial)
        if granted is None:
            return
        asked_at_s = granted.lease.granted_at_s
        self._free(granted, now_s, lambda host: self._hear(host, finding.failed, now_s, asked_at_s))
        self._come_home(finding.candidate, now_s)

    def detour(self, finding: Finding, url: str, hops: int, host: int, now_s: float) -> None:
        """What was asked on a candidate's behalf is at another host: the next lease goes there, and
        ``settle_errand`` brings the candidate back.
        """
        granted = self._leases.get(finding.candidate, finding.serial)
        if granted is None:
            return
        candidate, asked_at_s = finding.candidate, granted.lease.granted_at_s
        self._free(granted, now_s, lambda home: self._hear(home, None, now_s, asked_at_s))
        self._ways.leave(candidate, self._cells.of(candidate))
        self._go_elsewhere(candidate, Elsewhere(url, hops, host), now_s)

    def come_home(self, candidate: int, now_s: float) -> None:
        """A candidate that waits elsewhere for an errand (``detour``) waits at home again."""
        if self._cells.state[candidate] in {WAITING, BACKOFF}:
            self._come_home(candidate, now_s)

    def _come_home(self, candidate: int, now_s: float) -> None:
        home = self._ways.come_home(candidate)
        if home is not None:
            self._cells.put(candidate, home)
        self._requeue(candidate, now_s)

    def release(self, candidate: int, now_s: float) -> None:
        """Give a lease back unused and uncharged (its worker is gone, or nobody needs it any more)."""
        if candidate in self._leases:
            self._free(self._leases.of(candidate), now_s, _nothing)
            self._requeue(candidate, now_s)

    def hold(
        self, candidate: int, now_s: float, until_s: float | None = None, why: Failure | None = None
    ) -> None:
        """Give a lease back; the candidate waits until ``until_s``, or until ``resume``. ``why``: what it is
        deferred for if the build ends before.
        """
        if candidate not in self._leases:
            return
        if why is not None:
            self._retries.of(candidate, why)
        self._free(self._leases.of(candidate), now_s, _nothing)
        self._wait(candidate, inf if until_s is None else until_s)

    def resume(self, candidate: int, now_s: float) -> None:
        """A held candidate may be asked again."""
        if self._cells.state[candidate] == BACKOFF:
            self._requeue(candidate, now_s)

    def _wait(self, candidate: int, until_s: float) -> None:
        """The candidate waits for a moment; infinite: until it is called."""
        self._cells.state[candidate] = BACKOFF
        if until_s < inf:
            self._retries.at(candidate, until_s)

    def _free(self, granted: Granted, now_s: float, learn: Callable[[Host], None]) -> None:
        """A lease is over: its slot, its place at the address and the expected image are given back."""
        self._leases.pop(granted.lease.candidate)
        c = self._cells.label[granted.cell]
        host = self._roster.get(granted.lease.host)
        host.in_flight -= 1
        self.book.expected[c] = max(0.0, self.book.expected[c] - granted.chance)
        learn(host)
        for called in self._leave_address(granted):
            self._waiting.offer(called, now_s)
        self._waiting.offer(host, now_s)
        self._waiting.note_need(c)

    def _learn(self, host: Host, finding: Finding, ruling: Ruling, now_s: float, asked_at_s: float) -> None:
        failed = finding.failed
        self._hear(host, failed, now_s, asked_at_s)
        if self._blame.is_ours:
            return
        throttled = failed is not None and failed.failure is Failure.RATE_LIMITED
        is_last = finding.moved is None or ruling.reason is not None
        if is_last and not throttled:
            sound = finding.inspection is not None and finding.inspection.flaw is None
            host.yields.learn(sound and ruling.reason is None, finding.elapsed_s)

    def _hear(self, host: Host, failed: Failed | None, now_s: float, asked_at_s: float) -> None:
        """A host has answered, or failed."""
        for freed in self._blame.hear(host, failed, now_s, asked_at_s):
            self._waiting.offer(freed, now_s)

    def _decide(
        self, finding: Finding, ruling: Ruling, c: int, now_s: float, moved_to: int | None
    ) -> list[Settlement]:
        if finding.moved is not None and ruling.reason is not None:
            return [self._close(finding, c, Verdict.REJECTED, ruling.reason, evidence=ruling.evidence)]
        if finding.moved is not None:
            assert moved_to is not None, "a redirect has a group that it leads to"
            moved = Elsewhere(finding.moved.url, finding.moved.hops, moved_to, finding.revived)
            self._go_elsewhere(finding.candidate, moved, now_s)
            return []
        if finding.failed is not None:
            return self._failed(finding, finding.failed, c, now_s)
        assert finding.inspection is not None, "a finding says one of three things"
        flaw = finding.inspection.flaw
        refused = finding.inspection.refused and f"{CHECK}{finding.inspection.refused}"
        reason = flaw.word if flaw is not None else refused or ruling.reason
        if reason is not None:
            evidence = ruling.evidence if flaw is None else ""
            return [self._close(finding, c, Verdict.REJECTED, reason, evidence=evidence)]
        self._take_out(finding.candidate, c)
        verdict = self.book.admit(c, finding.candidate)
        why = "" if verdict is Verdict.ACCEPTED else Judgement.CLASS_FULL.word
        return [Settlement(finding.candidate, verdict, why, finding.attempt, finding)]

    def _failed(self, finding: Finding, failed: Failed, c: int, now_s: float) -> list[Settlement]:
        """Try again later, defer beyond the horizon, or give up."""
        candidate, failure = finding.candidate, failed.failure
        if not failure.transient:
            return [self._close(finding, c, Verdict.REJECTED, failure.word)]
        if failed.retry_after_s is not None and failed.retry_after_s > HORIZON_S:
            due_at_s = finding.at_s + failed.retry_after_s
            return [self._close(finding, c, Verdict.DEFERRED, failure.word, due_at_s)]
        tried = self._retries.of(candidate, failure)
        if failure is Failure.RATE_LIMITED:
            tried.throttled += 1
            if tried.throttled >= self._limits.throttled_attempts:
                return [self._close(finding, c, Verdict.DEFERRED, failure.word, finding.at_s)]
            self._requeue(candidate, now_s)
            return []
        tried.attempts = finding.attempt
        self._blame.charge(candidate, failure)
        if finding.attempt >= self._limits.attempts:
            return [self._close(finding, c, Verdict.REJECTED, failure.word, finding.at_s)]
        pause_s = self._limits.retry_s * 2.0 ** (finding.attempt - 1) * self._random.uniform(0.5, 1.5)
        self._wait(candidate, now_s + pause_s)
        return []

    def _go_elsewhere(self, candidate: int, elsewhere: Elsewhere, now_s: float) -> None:
        """A redirect to another group, or a URL that stands in: the candidate waits for a lease there."""
        self._ways.lead(candidate, elsewhere)
        c = int(self._label[candidate])
        self._waiting.bring_in(self._cells.move(candidate, c, elsewhere.host), now_s)

    def _close(
        self,
        finding: Finding,
        c: int,
        verdict: Verdict,
        reason: str,
        due_at_s: float | None = None,
        evidence: str = "",
    ) -> Settlement:
        self._take_out(finding.candidate, c)
        return Settlement(finding.candidate, verdict, reason, finding.attempt, finding, due_at_s, evidence)

    def _take_out(self, candidate: int, c: int) -> None:
        """The candidate's fate is decided: it waits no more."""
        self._cells.take_out(candidate)
        self.book.left[c] -= 1
        self._retries.forget(candidate)
        self._ways.forget(candidate)

    def _requeue(self, candidate: int, now_s: float) -> None:
        self._waiting.bring_in(self._cells.give_back(candidate), now_s)

    def revoke(self, outs: Sequence[Revoked]) -> list[Settlement]:
        """Images admitted earlier are out; spares step in, or their classes open again."""
        return [s for out in outs for s in self._classes.revoke(int(self._label[out.candidate]), out)]

    # Classes

    def review(self) -> list[Settlement]:
        """Look at every class once: after a replay, and for those that never get a settlement."""
        return self._classes.review_all()

    def give_up_waiting(self) -> tuple[bool, list[Settlement]]:
        """Nobody can be asked any more, or not soon enough: count what waits as out of reach, so that
        reserves and other classes step in. (Whether that changed anything, what was settled by it.)
        """
        return self._classes.give_up_waiting()

    def rescue(self, revive: Revive, now_s: float) -> int:
        """Nobody else can be asked: candidates of parked hosts that never answered go where they may still
        be, for each class no more than it could use; how many went.
        """
        n = 0
        for c, state in enumerate(self.book.state):
            if state is not ClassState.OPEN:
                continue
            wanted = self.book.budget(c) / LEAST_CHANCE
            for candidate in self._stranded(c, now_s):
                if wanted <= 0:
                    break
                elsewhere = revive(candidate, Failure.CONNECT_TIMEOUT.word)
                if elsewhere is not None:
                    wanted -= 1
                    n += 1
                    self._go_elsewhere(candidate, elsewhere, now_s)
        return n

    def _stranded(self, c: int, now_s: float) -> Iterator[int]:
        """Candidates of a class that wait at parked hosts which never answered; those on an errand wait for
        something else than their picture.
        """
        for candidate in np.flatnonzero(self._label == c).tolist():
            waits = self._cells.state[candidate] in {WAITING, BACKOFF}
            if waits and not self._ways.is_away(candidate):
                breaker = self._roster.get(self._cells.host[self._cells.of(candidate)]).breaker
                if breaker.parked(now_s) and not breaker.answered:
                    yield candidate

    # Time

    def _fire_timers(self, now_s: float) -> None:
        """Hosts whose parking is over and candidates whose backoff is over come back."""
        self._waiting.bring_home(now_s)
        for candidate in self._retries.due(now_s):
            self.resume(candidate, now_s)

    def _doubt(self, now_s: float) -> None:
        """What is late is not expected any more, so that others may go for its class."""
        for granted in self._leases.late(now_s):
            c = self._cells.label[granted.cell]
            self.book.expected[c] = max(0.0, self.book.expected[c] - granted.chance)
            granted.chance = 0.0
            self._roster.get(granted.lease.host).keeps_waiting(self._limits.late_s)
            self._waiting.note_need(c)

    def overdue(self, now_s: float) -> list[int]:
        """Serial numbers of leases that nobody settled in time. They stay out until released or settled."""
        return self._leases.overdue(now_s)

    @property
    def next_moment_s(self) -> float:
        """When ``lease`` may have something new by the passing of time alone, cheaply and never too late."""
        if self._blame.is_ours:
            return self._blame.weather.probe_at_s
        return min(self._waiting.next_return_s, self._retries.next_s, self._leases.next_late_s)

    def wake_at(self, now_s: float) -> float | None:
        """When ``lease`` may have something new although nothing was settled; None: never.

        Hosts that never answered are not waited for: when only they are left, the build ends.
        """
        if self._blame.is_ours:
            return self._blame.weather.probe_at_s
        moments = [moment for moment, host in self._waiting.returns() if self._worth_waiting_for(host)]
        moments += [
            moment for moment, candidate in self._retries.moments() if self._still_useful(candidate, now_s)
        ]
        expiry_s = self._leases.next_expiry_s
        return min(moments if expiry_s is None else [*moments, expiry_s], default=None)

    def _worth_waiting_for(self, host: Host) -> bool:
        return host.breaker.answered and self._waiting.can_serve(host)

    def _still_useful(self, candidate: int, now_s: float) -> bool:
        """Whether the end of a backoff would bring something that is worth waiting for."""
        if self._cells.state[candidate] != BACKOFF or not self.is_wanted(candidate):
            return False
        host = self._roster.get(self._cells.host[self._cells.of(candidate)])
        return host.breaker.answered or not host.breaker.parked(now_s)

    @property
    def down_since_s(self) -> float | None:
        """Since when our own network is down, by all that is seen; None: it is not."""
        return self._blame.weather.down_since_s

    def limit(self, in_flight: int) -> None:
        """From now on at most so many requests are under way; those that are go on."""
        self._most_in_flight = max(1, min(in_flight, self._limits.in_flight))

    def is_wanted(self, candidate: int) -> bool:
        """Whether its class needs anything more."""
        return self.book.state[int(self._label[candidate])] is ClassState.OPEN

    # The end

    @property
    def in_flight(self) -> int:
        return len(self._leases)

    @property
    def done(self) -> bool:
        """Whether no class needs anything more, so that what is in flight can be called back."""
        return self.book.open_classes == 0

    def unwanted(self) -> list[int]:
        """Leased candidates of classes that need nothing more."""
        return [candidate for candidate in self._leases if not self.is_wanted(candidate)]

    def defer_rest(self, wall_s: float, now_s: float) -> list[Settlement]:
        """The build ends although some candidates would be tried again: those that were asked before
        are deferred; those nobody asked stay as they are.
        """
        settled = []
        for candidate, tried in self._retries.failed():
            if self._cells.state[candidate] not in {WAITING, BACKOFF}:
                continue
            host = self._roster.get(self._cells.host[self._cells.of(candidate)])
            pause_s = max(0.0, host.breaker.parked_until_s - now_s)
            self._take_out(candidate, int(self._label[candidate]))
            settled.append(
                Settlement(
                    candidate, Verdict.DEFERRED, tried.last.word, tried.attempts, None, wall_s + pause_s
                )
            )
        return settled

    # Before the first lease

    def add_host(self, prior: HostPrior) -> int:
        """Number a politeness group that the list did not have (a redirect led there)."""
        return self._roster.add(prior)

    def restore(self, candidate: int, verdict: Verdict) -> Verdict:
        """Replay one line of the journal; what the candidate is under today's quotas.

        Accepted ones have to come before spares: those fill only what is left.
        """
        c = int(self._label[candidate])
        self._take_out(candidate, c)
        match verdict:
            case Verdict.ACCEPTED:
                return self.book.readmit(c, candidate)
            case Verdict.SPARE:
                return self.book.admit(c, candidate)
        return verdict

    def send(self, candidate: int, elsewhere: Elsewhere, now_s: float) -> None:
        """Replay a candidate that is looked for elsewhere: it waits there, and is not asked at home again."""
        self._go_elsewhere(candidate, elsewhere, now_s)

    def postpone(self, candidate: int, until_s: float) -> None:
        """Replay a candidate that is not due yet: it comes back at ``until_s``."""
        self._wait(candidate, until_s)

    def rest(self, host: int, until_s: float, now_s: float) -> None:
        """Replay a host's wish to be left alone until then."""
        resting = self._roster.get(host)
        resting.breaker.answered = True
        resting.breaker.park_until(until_s)
        self._waiting.offer(self._waiting.touch(resting), now_s)

    def remember(self, host: int, success: bool, elapsed_s: float) -> None:
        """Learn from a try of an earlier run."""
        self._roster.get(host).yields.learn(success, elapsed_s)

    # For people and tests

    def hosts(self) -> Iterator[Host]:
        """The hosts that were considered so far."""
        return iter(self._roster)

    @property
    def n_hosts(self) -> int:
        """How many hosts were considered so far."""
        return len(self._roster)

    def parked_hosts(self, now_s: float) -> int:
        """How many of them are parked. Looks at each."""
        return sum(host.breaker.parked(now_s) for host in self._roster)

    def check(self) -> None:
        """Raise AssertionError where an invariant is broken."""
        check_book(self.book, self._cells, self._label)
        check_requests(self._leases, self._roster, self._cells, self._addresses.values())
        assert len(self._leases) <= self._limits.in_flight, "too many in flight"
        self._waiting.check(self._leased_at_s)


def _nothing(_: Host) -> None:
    """Nothing is learned from a lease that was not used."""
