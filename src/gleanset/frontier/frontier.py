"""The frontier: which URLs may be fetched now. Integers in, leases and settlements out; time is given.

Three verbs: ``lease`` (who may go), ``settle`` (what became of one), ``wake_at`` (when to ask again).

How the next URL is found
    Hosts that have a free slot stand in a heap by expected images per second. The best one serves the
    most urgent class among those it has candidates for. A class whose need is covered by what is in
    flight puts the host's cell aside; a failure in that class brings the best cells back. So nothing
    is scanned: a lease and its settlement cost a few heap operations each.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import inf
from random import Random

import numpy as np
from numpy.typing import NDArray

from ..terms.outcome import Failed, Failure, Lease
from ..terms.plan import Quota
from ..terms.verdict import Finding, Judgement, Ruling, Settlement, Verdict
from .host import HORIZON_S, Host, HostPrior
from .queues import BACKOFF, DONE, LEASED, WAITING, Cells
from .quota import ClassState, QuotaBook
from .yields import KindYield

FLICKR_2019 = (0.822, 0.43)
OTHERS_2019 = (0.314, 1.45)
"""(success rate, seconds a try) of the 2019 crawl of 26,899 URLs."""


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


@dataclass(slots=True)
class _Granted:
    """What is remembered of a lease."""

    lease: Lease
    cell: int
    chance: float


@dataclass(slots=True)
class _Tried:
    """What is remembered of a candidate that failed and may be tried again."""

    attempts: int = 0
    throttled: int = 0
    last: Failure = Failure.TIMEOUT


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
        self._kinds = (KindYield(*OTHERS_2019), KindYield(*FLICKR_2019))
        self._priors = list(hosts)
        self._hosts: dict[int, Host] = {}
        self._untouched = self._first_order(host)
        self._ready: list[tuple[float, int]] = []
        self._aside: list[list[tuple[float, int]]] = [[] for _ in quotas]
        """Per class: heap of (-score, cell) that were put aside while the class was covered or closed."""
        self._thirsty: set[int] = set()
        self._timers: list[tuple[float, int, int]] = []
        """Heap of (moment, host or -1, candidate or -1): a parking ends, or a candidate's backoff."""
        self._leases: dict[int, _Granted] = {}
        self._expiries: list[tuple[float, int, int]] = []
        self._on_time: deque[tuple[float, int, int]] = deque()
        """(moment from which it is late, candidate, serial) of leases, in the order of granting."""
        self._serial = 0
        self._tried: dict[int, _Tried] = {}
        self._redirects: dict[int, tuple[str, int]] = {}

    def _first_order(self, host: NDArray[np.int32]) -> list[int]:
        """Hosts nobody has asked yet, the best last: Flickr, then those with most candidates, ties seeded."""
        counts = np.bincount(host, minlength=len(self._priors)).tolist()
        hosts = [h for h, n in enumerate(counts) if n]
        self._random.shuffle(hosts)
        hosts.sort(key=lambda h: (self._priors[h].flickr, counts[h]))
        return hosts

    # -- who may go ------------------------------------------------------------------------------

    def lease(self, now_s: float, limit: int = 1_000_000) -> list[Lease]:
        """Leave for up to ``limit`` requests to start at ``now_s``, the most useful first."""
        self._ring(now_s)
        self._expire(now_s)
        self._doubt(now_s)
        for c in tuple(self._thirsty):
            self._wake(c, now_s)
        granted: list[Lease] = []
        room = min(limit, self._limits.in_flight - len(self._leases))
        while len(granted) < room:
            host = self._next_host(now_s)
            if host is None:
                if not self._wake_any(now_s):
                    break
                continue
            lease = self._serve(host, now_s)
            if lease is not None:
                granted.append(lease)
            self._offer(host, now_s)
        return granted

    def _next_host(self, now_s: float) -> Host | None:
        """The best host with a free slot, taken out of the queue."""
        ready = self._ready
        while True:
            best_known = -ready[0][0] if ready else -inf
            if self._untouched and self._first_score(self._untouched[-1]) > best_known:
                host = self._touch(self._untouched.pop())
            elif ready:
                host = self._hosts[heappop(ready)[1]]
            else:
                return None
            host.offered = False
            if host.cells and host.free_slots(now_s) > 0:
                return host

    def _first_score(self, host_id: int) -> float:
        kind = self._kinds[self._priors[host_id].flickr]
        return (kind.chance + 0.3) / max(kind.try_s, 0.001)

    def _touch(self, host_id: int) -> Host:
        """The host's record, made at its first use."""
        host = self._hosts.get(host_id)
        if host is None:
            prior = self._priors[host_id]
            host = Host(host_id, prior.ceiling, self._kinds[prior.flickr])
            host.cells = [
                (-self.book.urgency(self._cells.label[cell]), cell) for cell in self._cells.at_host(host_id)
            ]
            heapify(host.cells)
            self._hosts[host_id] = host
        return host

    def _serve(self, host: Host, now_s: float) -> Lease | None:
        """A lease for the most urgent class that the host can serve; cells of covered classes go aside."""
        while host.cells:
            _, cell = heappop(host.cells)
            candidate = self._cells.peek(cell)
            if candidate is None:
                continue
            c = self._cells.label[cell]
            if self.book.budget(c) <= 0:
                heappush(self._aside[c], (-host.yields.score, cell))
                continue
            lease = self._grant(host, cell, candidate, now_s)
            heappush(host.cells, (-self.book.urgency(c), cell))
            return lease
        return None

    def _grant(self, host: Host, cell: int, candidate: int, now_s: float) -> Lease:
        chance = host.yields.chance
        host.in_flight += 1
        self._cells.state[candidate] = LEASED
        self.book.expected[self._cells.label[cell]] += chance
        url, hops = self._redirects.get(candidate, (None, 0))
        tried = self._tried.get(candidate)
        attempt = 1 if tried is None else tried.attempts + 1
        expires_at_s = now_s + self._limits.lease_s
        self._serial += 1
        lease = Lease(candidate, attempt, host.id, now_s, expires_at_s, url, hops, self._serial)
        self._leases[candidate] = _Granted(lease, cell, chance)
        heappush(self._expiries, (expires_at_s, candidate, self._serial))
        self._on_time.append((now_s + self._limits.late_s, candidate, self._serial))
        return lease

    def _offer(self, host: Host, now_s: float) -> None:
        """Stand in the queue of ready hosts, if there is anything to serve and a slot to serve it."""
        if not host.offered and host.cells and host.free_slots(now_s) > 0:
            host.offered = True
            heappush(self._ready, (-host.yields.score, host.id))

    def _wake(self, c: int, now_s: float) -> None:
        """Bring back as many cells of a class that needs images as could cover its need."""
        need = self.book.budget(c)
        aside = self._aside[c]
        while need > 0 and aside:
            host = self._bring_back(aside, now_s)
            need -= host.yields.chance
        if not aside or self.book.budget(c) <= 0:
            self._thirsty.discard(c)

    def _wake_any(self, now_s: float) -> bool:
        """Nothing is ready: bring back one more cell of each class in need; whether a host got ready."""
        for c in tuple(self._thirsty):
            aside = self._aside[c]
            if self.book.budget(c) > 0:
                while aside:
                    if self._bring_back(aside, now_s).offered:
                        return True
            self._thirsty.discard(c)
        return False

    def _bring_back(self, aside: list[tuple[float, int]], now_s: float) -> Host:
        _, cell = heappop(aside)
        host = self._touch(self._cells.host[cell])
        heappush(host.cells, (-self.book.urgency(self._cells.label[cell]), cell))
        self._offer(host, now_s)
        return host

    # -- what became of one ----------------------------------------------------------------------

    def settle(
        self, finding: Finding, ruling: Ruling, now_s: float, moved_to: int | None = None
    ) -> list[Settlement]:
        """Take a finding and the judge's word on it; what the journal has to know, in order.

        ``moved_to``: the politeness group that a redirect leads to (see ``add_host``). A finding whose
        lease is not out (any more) changes nothing and returns an empty list. Empty as well for what
        is not decided yet: a retry, a redirect.
        """
        granted = self._leases.get(finding.candidate)
        if granted is None or granted.lease.serial != finding.serial:
            return []
        self._free(finding.candidate, now_s, lambda host: self._learn(host, finding, ruling, now_s))
        c = int(self._label[finding.candidate])
        settled = self._decide(finding, ruling, c, now_s, moved_to)
        for candidate, reason in ruling.revoked:
            settled += self._revoke(candidate, reason)
        return settled + self._mind(c)

    def release(self, candidate: int, now_s: float) -> None:
        """Give a lease back unused and uncharged (its worker is gone, or nobody needs it any more)."""
        if candidate in self._leases:
            self._free(candidate, now_s, lambda _: None)
            self._requeue(candidate, now_s)

    def _free(self, candidate: int, now_s: float, learn: Callable[[Host], None]) -> None:
        """A lease is over: the slot and the expected image are given back."""
        granted = self._leases.pop(candidate)
        c = self._cells.label[granted.cell]
        host = self._hosts[granted.lease.host]
        host.in_flight -= 1
        self.book.expected[c] = max(0.0, self.book.expected[c] - granted.chance)
        learn(host)
        if host.breaker.parked(now_s):
            heappush(self._timers, (host.breaker.parked_until_s, host.id, -1))
        self._offer(host, now_s)
        self._note_need(c)

    def _learn(self, host: Host, finding: Finding, ruling: Ruling, now_s: float) -> None:
        failed = finding.failed
        if failed is None:
            host.answered()
        else:
            host.failed(failed.failure, failed.retry_after_s, now_s, self._random)
        throttled = failed is not None and failed.failure is Failure.RATE_LIMITED
        if finding.moved is None and not throttled:
            sound = finding.inspection is not None and finding.inspection.flaw is None
            host.yields.learn(sound and ruling.reason is None, finding.elapsed_s)

    def _decide(
        self, finding: Finding, ruling: Ruling, c: int, now_s: float, moved_to: int | None
    ) -> list[Settlement]:
        if finding.moved is not None and moved_to is not None:
            self._follow(finding, c, moved_to, now_s)
            return []
        if finding.failed is not None:
            return self._failed(finding, finding.failed, c, now_s)
        inspection = finding.inspection
        flaw = inspection.flaw if inspection is not None else None
        reason = flaw.word if flaw is not None else ruling.reason
        if reason is not None:
            return [self._close(finding, c, Verdict.REJECTED, reason)]
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
        tried = self._tried.setdefault(candidate, _Tried())
        tried.last = failure
        if failure is Failure.RATE_LIMITED:
            tried.throttled += 1
            if tried.throttled >= self._limits.throttled_attempts:
                return [self._close(finding, c, Verdict.DEFERRED, failure.word, finding.at_s)]
            self._requeue(candidate, now_s)
            return []
        tried.attempts = finding.attempt
        if finding.attempt >= self._limits.attempts:
            return [self._close(finding, c, Verdict.REJECTED, failure.word, finding.at_s)]
        pause_s = self._limits.retry_s * 2.0 ** (finding.attempt - 1) * self._random.uniform(0.5, 1.5)
        self._cells.state[candidate] = BACKOFF
        heappush(self._timers, (now_s + pause_s, -1, candidate))
        return []

    def _follow(self, finding: Finding, c: int, moved_to: int, now_s: float) -> None:
        """A redirect to another group: the candidate waits for a lease there."""
        moved = finding.moved
        assert moved is not None
        self._redirects[finding.candidate] = (moved.url, moved.hops)
        cell = self._cells.move(finding.candidate, c, moved_to)
        self._bring_in(cell, now_s)

    def _close(
        self, finding: Finding, c: int, verdict: Verdict, reason: str, due_at_s: float | None = None
    ) -> Settlement:
        self._take_out(finding.candidate, c)
        return Settlement(finding.candidate, verdict, reason, finding.attempt, finding, due_at_s)

    def _take_out(self, candidate: int, c: int) -> None:
        """The candidate's fate is decided: it waits no more."""
        self._cells.state[candidate] = DONE
        self.book.left[c] -= 1
        self._tried.pop(candidate, None)
        self._redirects.pop(candidate, None)

    def _requeue(self, candidate: int, now_s: float) -> None:
        self._bring_in(self._cells.give_back(candidate), now_s)

    def _bring_in(self, cell: int, now_s: float) -> None:
        """A cell has something new: its host may serve it (twice in a host's heap does no harm)."""
        host = self._touch(self._cells.host[cell])
        heappush(host.cells, (-self.book.urgency(self._cells.label[cell]), cell))
        self._offer(host, now_s)

    def _revoke(self, candidate: int, reason: str) -> list[Settlement]:
        """An image admitted earlier is out; a spare steps in, or the class opens again."""
        c = int(self._label[candidate])
        settled = [Settlement(candidate, Verdict.REVOKED, reason, 0)]
        spare = self.book.revoke(c, candidate)
        if spare is not None:
            settled.append(_promoted(spare))
        return settled + self._mind(c)

    # -- classes ---------------------------------------------------------------------------------

    def _note_need(self, c: int) -> None:
        if self._aside[c] and self.book.budget(c) > 0:
            self._thirsty.add(c)

    def _mind(self, c: int) -> list[Settlement]:
        """After a change in a class: is it short for certain, does a reserve step in, who needs more?

        Spares that are accepted by that are returned.
        """
        settled: list[Settlement] = []
        if self.book.hopeless(c):
            reserve = self.book.replace(c)
            if reserve is not None:
                self._note_need(reserve)
        for grown in self.book.share_out(c):
            while (spare := self.book.promote(grown)) is not None:
                settled.append(_promoted(spare))
            self._note_need(grown)
        self._note_need(c)
        return settled

    # -- time ------------------------------------------------------------------------------------

    def _ring(self, now_s: float) -> None:
        """Hosts whose parking is over and candidates whose backoff is over come back."""
        while self._timers and self._timers[0][0] <= now_s:
            _, host_id, candidate = heappop(self._timers)
            if candidate < 0:
                self._offer(self._hosts[host_id], now_s)
            elif self._cells.state[candidate] == BACKOFF:
                self._requeue(candidate, now_s)

    def _expire(self, now_s: float) -> None:
        """Leases that nobody settled in time are given back."""
        while self._expiries and self._expiries[0][0] <= now_s:
            _, candidate, serial = heappop(self._expiries)
            granted = self._leases.get(candidate)
            if granted is not None and granted.lease.serial == serial:
                self.release(candidate, now_s)

    def _doubt(self, now_s: float) -> None:
        """What is late is not expected any more, so that others may go for its class."""
        while self._on_time and self._on_time[0][0] <= now_s:
            _, candidate, serial = self._on_time.popleft()
            granted = self._leases.get(candidate)
            if granted is not None and granted.lease.serial == serial:
                c = self._cells.label[granted.cell]
                self.book.expected[c] = max(0.0, self.book.expected[c] - granted.chance)
                granted.chance = 0.0
                self._note_need(c)

    def wake_at(self, now_s: float) -> float | None:
        """When ``lease`` may have something new although nothing was settled; None: never.

        Hosts that never answered are not waited for: when only they are left, the build ends.
        """
        moments = [expiry for expiry, candidate, _ in self._expiries[:1] if candidate in self._leases]
        moments += [
            moment for moment, host_id, candidate in self._timers if self._worth(host_id, candidate, now_s)
        ]
        return min(moments, default=None)

    def _worth(self, host_id: int, candidate: int, now_s: float) -> bool:
        if candidate >= 0:
            if self._cells.state[candidate] != BACKOFF or not self._wanted(candidate):
                return False
            host = self._hosts[self._cells.host[self._cells.of(candidate)]]
            return host.breaker.answered or not host.breaker.parked(now_s)
        host = self._hosts[host_id]
        return host.breaker.answered and any(
            self.book.budget(self._cells.label[cell]) > 0 and self._cells.peek(cell) is not None
            for _, cell in host.cells
        )

    def _wanted(self, candidate: int) -> bool:
        return self.book.state[int(self._label[candidate])] is ClassState.OPEN

    # -- the end ---------------------------------------------------------------------------------

    @property
    def in_flight(self) -> int:
        return len(self._leases)

    @property
    def done(self) -> bool:
        """Whether no class needs anything more, so that what is in flight can be called back."""
        return self.book.open_classes == 0

    def unwanted(self) -> list[int]:
        """Leased candidates of classes that need nothing more."""
        return [candidate for candidate in self._leases if not self._wanted(candidate)]

    def defer_rest(self, wall_s: float, now_s: float) -> list[Settlement]:
        """The build ends although some candidates would be tried again: those that were asked before
        are deferred; those nobody asked stay as they are.
        """
        settled = []
        for candidate, tried in sorted(self._tried.items()):
            if self._cells.state[candidate] not in {WAITING, BACKOFF}:
                continue
            host = self._hosts[self._cells.host[self._cells.of(candidate)]]
            pause_s = min(max(0.0, host.breaker.parked_until_s - now_s), HORIZON_S)
            self._take_out(candidate, int(self._label[candidate]))
            settled.append(
                Settlement(
                    candidate, Verdict.DEFERRED, tried.last.word, tried.attempts, None, wall_s + pause_s
                )
            )
        return settled

    # -- before the first lease ------------------------------------------------------------------

    def add_host(self, prior: HostPrior) -> int:
        """Number a politeness group that the list did not have (a redirect led there)."""
        self._priors.append(prior)
        return len(self._priors) - 1

    def restore(self, candidate: int, verdict: Verdict) -> Verdict:
        """Replay one line of the journal; what the candidate is under today's quotas."""
        c = int(self._label[candidate])
        self._take_out(candidate, c)
        if verdict in {Verdict.ACCEPTED, Verdict.SPARE}:
            return self.book.admit(c, candidate)
        return verdict

    def remember(self, host: int, success: bool, elapsed_s: float) -> None:
        """Learn from a try of an earlier run."""
        self._touch(host).yields.learn(success, elapsed_s)

    # -- for people and tests --------------------------------------------------------------------

    def hosts(self) -> Iterator[Host]:
        """The hosts that were considered so far."""
        return iter(self._hosts.values())

    def parked_hosts(self, now_s: float) -> int:
        return sum(host.breaker.parked(now_s) for host in self._hosts.values())

    def check(self) -> None:
        """Raise AssertionError where an invariant is broken."""
        book, state = self.book, self._cells.state
        for c in range(len(book.most)):
            assert book.accepted[c] <= book.most[c], f"class {c} has more images than its quota"
            assert book.left[c] >= 0, f"class {c} has a negative supply"
            assert book.accepted[c] >= 0, f"class {c} has a negative count"
        open_states = sum(s is ClassState.OPEN for s in book.state)
        assert open_states == book.open_classes, "open classes are miscounted"
        leased = sum(s == LEASED for s in state)
        assert leased == len(self._leases), "a candidate is leased that has no lease"
        undecided = np.bincount(
            self._label[np.frombuffer(bytes(state), dtype=np.uint8) != DONE], minlength=len(book.most)
        )
        assert undecided.tolist() == book.left, "supply is miscounted"
        in_flight: dict[int, int] = {}
        for granted in self._leases.values():
            in_flight[granted.lease.host] = in_flight.get(granted.lease.host, 0) + 1
        for host in self._hosts.values():
            assert host.in_flight == in_flight.get(host.id, 0), f"host {host.id} miscounts its requests"
            assert host.in_flight <= max(1, host.ceiling), f"host {host.id} is over its ceiling"
        assert len(self._leases) <= self._limits.in_flight, "too many in flight"


def _promoted(spare: int) -> Settlement:
    """A spare that got a place; the facts of its first settlement stay."""
    return Settlement(spare, Verdict.ACCEPTED, "", 0)
