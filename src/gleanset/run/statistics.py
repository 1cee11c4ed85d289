"""Counts for whoever watches: they agree with the journal at every moment."""

from collections import Counter, deque

from ..frontier import ClassState, Frontier
from ..terms.plan import Plan
from ..terms.tally import ClassProgress, Phase, Tally
from ..terms.verdict import Finding, Judgement, Settlement, Verdict

WINDOW_S = 10.0
"""Over which the rates in the live view are taken."""
ETA_WINDOW_S = 60.0
HOSTS_A_S = 5e-5
"""Seconds between two counts for each host: 100,000 hosts cost 0.1 s, so they are counted every 5 s."""
PAUSE_S = 3.0
"""Shorter pauses in which nobody can be asked are no news."""
UNDECIDED, GOOD = 0, 1


class Rate:
    """A sum over the last ``window_s`` seconds."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._events: deque[tuple[float, float]] = deque()
        self._sum = 0.0
        self._since_s: float | None = None

    def add(self, now_s: float, amount: float) -> None:
        if self._since_s is None:
            self._since_s = now_s
        self._sum += amount
        if self._events and now_s - self._events[-1][0] < 0.1:
            when_s, before = self._events[-1]
            self._events[-1] = (when_s, before + amount)
        else:
            self._events.append((now_s, amount))

    def per_s(self, now_s: float) -> float:
        while self._events and self._events[0][0] < now_s - self._window_s:
            self._sum -= self._events.popleft()[1]
        if self._since_s is None:
            return 0.0
        return self._sum / max(1.0, min(self._window_s, now_s - self._since_s))


class Statistics:
    """Follows settlements and findings; draws tallies."""

    def __init__(
        self, plan: Plan, n_candidates: int, flickr: list[bool], started_s: float, earlier_s: float = 0.0
    ) -> None:
        """``flickr``: by politeness group of the pool; ``earlier_s``: time spent in earlier runs."""
        self._names = [planned.name for planned in (*plan.classes, *plan.reserves)]
        self._total = plan.total
        self._flickr = flickr
        self._started_s = started_s
        self._earlier_s = earlier_s
        self._fate = bytearray(n_candidates)
        """Of each candidate: UNDECIDED, GOOD, or the number of its reason in ``_words``."""
        self._words = ["", ""]
        self._numbers: dict[str, int] = {}
        self.tried = 0
        """Candidates whose fate was decided, earlier runs included."""
        self.reasons: Counter[str] = Counter()
        self.n_bytes = 0
        self._tries = [0, 0]
        self._hits = [0, 0]
        self._seconds_s = [0.0, 0.0]
        self._hosts_counted_s = float("-inf")
        self._hosts_active = 0
        self._hosts_parked = 0
        self._quiet_since_s: float | None = None
        self._wakes_at_s: float | None = None
        """When a pause ends in which nobody can be asked; None: there is none."""
        self._images = Rate(WINDOW_S)
        self._bytes = Rate(WINDOW_S)
        self._pace = Rate(ETA_WINDOW_S)

    def heard(self, finding: Finding, settled: list[Settlement], now_s: float) -> None:
        """A finding came in and led to these settlements."""
        flickr = finding.host < len(self._flickr) and self._flickr[finding.host]
        if finding.moved is None:
            self._tries[flickr] += 1
        self._seconds_s[flickr] += finding.elapsed_s
        if finding.inspection is not None:
            self.n_bytes += finding.inspection.n_bytes
            self._bytes.add(now_s, finding.inspection.n_bytes)
        self.amended(settled, now_s)
        kept = {Verdict.ACCEPTED, Verdict.SPARE}
        if any(one.finding is finding and one.verdict in kept for one in settled):
            self._hits[flickr] += 1

    def amended(self, settled: list[Settlement], now_s: float) -> None:
        """These settlements were made."""
        for settlement in settled:
            change = self.settled(settlement.candidate, settlement.verdict, settlement.reason)
            self._images.add(now_s, change)
            self._pace.add(now_s, change)

    def settled(self, candidate: int, verdict: Verdict, reason: str) -> int:
        """Count one settlement; by how much the number of accepted images changed."""
        earlier = self._fate[candidate]
        if earlier == UNDECIDED:
            self.tried += 1
        elif earlier != GOOD:
            self.reasons[self._words[earlier]] -= 1
        if verdict is Verdict.ACCEPTED:
            self._fate[candidate] = GOOD
            return int(earlier != GOOD)
        self._fate[candidate] = self._number(reason)
        self.reasons[reason] += 1
        return -int(earlier == GOOD)

    def _number(self, reason: str) -> int:
        number = self._numbers.get(reason)
        if number is None:
            number = self._numbers[reason] = len(self._words)
            self._words.append(reason)
        return number

    def tally(self, phase: Phase, frontier: Frontier, now_s: float) -> Tally:
        """The snapshot of this moment."""
        book = frontier.book
        self._look_at_hosts(frontier, now_s)
        inside = [c for c in range(len(book.state)) if book.in_dataset(c)]
        accepted = sum(book.accepted[c] for c in inside)
        wanted = self._wanted(frontier, inside)
        pace = self._pace.per_s(now_s)
        missing = None if wanted is None else max(0, wanted - accepted)
        return Tally(
            phase,
            self._earlier_s + now_s - self._started_s,
            classes_done=sum(book.state[c] is ClassState.FULL for c in inside),
            classes=len(inside),
            accepted=accepted,
            wanted=wanted,
            tried=self.tried,
            in_flight=frontier.in_flight,
            images_per_s=max(0.0, self._images.per_s(now_s)),
            bytes_per_s=self._bytes.per_s(now_s),
            bytes_total=self.n_bytes,
            hosts_active=self._hosts_active,
            hosts_parked=self._hosts_parked,
            next_in_s=self._next_in_s(frontier, now_s),
            reasons=tuple((word, n) for word, n in self.reasons.most_common() if n > 0),
            eta_s=missing / pace if missing is not None and pace > 0 else None,
            per_class=tuple(self._progress(frontier, c) for c in inside),
            groups=self._groups(),
        )

    def _look_at_hosts(self, frontier: Frontier, now_s: float) -> None:
        """Count hosts at work and parked; where they are many, only now and then: each is looked at."""
        if now_s < self._hosts_counted_s + HOSTS_A_S * frontier.n_hosts:
            return
        self._hosts_counted_s = now_s
        self._hosts_active = sum(host.in_flight > 0 for host in frontier.hosts())
        self._hosts_parked = frontier.parked_hosts(now_s)
        self._wakes_at_s = None
        if frontier.in_flight:
            self._quiet_since_s = None
            return
        if self._quiet_since_s is None:
            self._quiet_since_s = now_s
        wakes_at_s = frontier.wake_at(now_s)
        if wakes_at_s is not None and wakes_at_s - self._quiet_since_s >= PAUSE_S:
            self._wakes_at_s = wakes_at_s

    def _next_in_s(self, frontier: Frontier, now_s: float) -> float | None:
        if frontier.in_flight or self._wakes_at_s is None:
            return None
        return max(0.0, self._wakes_at_s - now_s)

    def _wanted(self, frontier: Frontier, inside: list[int]) -> int | None:
        if self._total is not None:
            return self._total
        most = sum(frontier.book.most[c] for c in inside)
        return None if most == float("inf") else int(most)

    def _progress(self, frontier: Frontier, c: int) -> ClassProgress:
        book = frontier.book
        most = book.most[c]
        wanted = None if most == float("inf") else int(most)
        full, short = book.state[c] is ClassState.FULL, book.hopeless(c)
        return ClassProgress(
            self._names[c],
            book.accepted[c],
            wanted,
            book.left[c],
            "full" if full else "short" if short else "open",
        )

    def _groups(self) -> tuple[tuple[str, int, int, float], ...]:
        """The first tool's running statistics (F12): Flickr, others, all."""
        rows = [
            (name, self._tries[i], self._hits[i], self._seconds_s[i])
            for name, i in (("flickr", 1), ("other", 0))
        ]
        total = ("all", sum(self._tries), sum(self._hits), sum(self._seconds_s))
        return (*rows, total)


def spare_reason(verdict: Verdict, state: ClassState) -> str:
    """The word that goes with a verdict that a replay may change."""
    if verdict is not Verdict.SPARE:
        return ""
    return (Judgement.CLASS_REPLACED if state is ClassState.REPLACED else Judgement.CLASS_FULL).word
