"""Puts a collection together: minds from the plan and the journal, hands from the settings."""

import os
import resource
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace

from ..clock import Clock, SystemClock
from ..errors import WorkdirError
from ..fetch.base import FetchSettings
from ..fetch.revive import USUAL_DATE
from ..frontier import Elsewhere, Frontier, Limits
from ..judge.exclusions import Exclusions
from ..judge.judge import Judge
from ..judge.placeholders import Signatures
from ..store.journal import Journal
from ..store.journal_rows import JournalRow, Note
from ..store.pool import Pool
from ..store.workdir import Workdir
from ..terms.inspection import Treatment
from ..terms.knowledge import HostRecord
from ..terms.plan import Plan
from ..terms.tally import Tally
from ..terms.verdict import CHECK, Finding, Settlement, Verdict
from ..urls import Ceilings
from .atlas import PoolAtlas
from .check_words import CheckWords
from .checking import Checking
from .crew import Crew
from .due import due
from .engine import REST, Ending, Engine, Patience
from .local_crew import LocalCrew
from .overload import Overload
from .permits import Permits
from .revival import Reviver
from .screening import SCREENED, Screen, Screening
from .statistics import Statistics, spare_reason

MOST_IN_FLIGHT = 2000
SPARE_DESCRIPTORS = 64
"""Files that a worker holds beside its sockets: segments, logs, pipes, certificates."""
VIEW_EVERY_S = 0.125
VIEW_EVERY_LARGE_S = 1.0
LARGE = 500
"""Classes from which on a snapshot is too dear to be taken eight times a second."""


@dataclass(frozen=True, slots=True)
class CollectSettings:
    """How to collect. What to collect is in the plan and the pool."""

    fetch: FetchSettings
    treatment: Treatment = field(default_factory=Treatment)
    patience: Patience = field(default_factory=Patience)
    concurrency: int | None = None
    """None: from the limit of open files, at most 2,000."""
    per_host: Ceilings = field(default_factory=Ceilings)
    workers: int | None = None
    """None: as many as cores."""
    known: Mapping[str, HostRecord] = field(default_factory=dict)
    """What earlier runs learned of hosts, by politeness group."""
    revive: tuple[str, ...] = ()
    """Ways to look for what is gone: ``fetch.revive``."""
    near: str = USUAL_DATE
    """The date near which the archive is asked, ``YYYYMMDDhhmmss``."""
    signatures: str = ""
    """Known placeholders, as the text of their table."""
    near_duplicates: str = "drop"
    """``drop`` or ``keep``."""
    label_conflicts: str = "drop"
    """``drop`` or ``keep``."""
    check: str = ""
    """``MODULE:FUNCTION``, called in the workers; empty: nothing is."""
    check_folder: str = ""
    """Where its module is looked for before the installed packages."""
    exclusions: Exclusions = field(default_factory=Exclusions)
    """Pictures that must not get in."""
    screening: Screening = field(default_factory=Screening)
    """What a build is held against that has collected something before."""
    pardons: tuple[str, ...] = ()
    """What is no placeholder: ids of learned ones (16 hex digits), or SHA-256 of bodies (64)."""


@dataclass(frozen=True, slots=True)
class Collected:
    """How a collection ended."""

    ending: Ending
    n_requests: int
    """Findings of this run, so that "no request was made" can be told."""


class Collection:
    """A collection about to run: the journal replayed, nobody asked yet."""

    def __init__(
        self,
        workdir: Workdir,
        plan: Plan,
        pool: Pool,
        journal: Journal,
        settings: CollectSettings,
        clock: Clock | None = None,
    ) -> None:
        """``clock``: None for the machine's."""
        clock = clock or SystemClock()
        self._workdir = workdir
        self._pool = pool
        self._journal = journal
        self._settings = settings
        self._clock = clock
        self._n_workers = settings.workers or os.cpu_count() or 1
        self._concurrency = settings.concurrency or default_concurrency(self._n_workers)
        self.atlas = PoolAtlas(pool, settings.per_host, settings.known)
        self.frontier = make_frontier(plan, pool, self.atlas, settings, self._concurrency)
        self.reviver = Reviver(settings.revive, settings.near)
        self.judge = Judge(Signatures.parse(settings.signatures))
        notes = [(note.kind, note.payload) for note in journal.notes()]
        self.n_runs = sum(kind == "run" for kind, _ in notes)
        earlier_s = sum(float(payload["elapsed_s"]) for kind, payload in notes if kind == "run-ended")
        flickr = [bool(value) for value in pool.flickr]
        self.statistics = Statistics(plan, pool.n, flickr, clock.now_s(), earlier_s)
        self._overload = Overload(workdir.blobs, self._concurrency, clock.now_s())
        self._n_requests = 0
        self._check_words = CheckWords()
        self._large = len(plan.classes) > LARGE
        self._replay(notes, pool)

    @property
    def complete(self) -> bool:
        """Whether nothing is wanted any more."""
        return self.frontier.done

    def rates_per_s(self) -> dict[str, float]:
        """Requests a second that hosts were found to bear, by group: those that answered 429."""
        hosts = self.frontier.hosts()
        return {
            self.atlas.group_name(host.id): host.pace.good_per_s
            for host in hosts
            if host.pace.good_per_s is not None
        }

    def _replay(self, notes: list[tuple[str, dict[str, int]]], pool: Pool) -> None:
        """Stand where the journal ends; verdicts that today's quotas change are amended."""
        for kind, payload in notes:
            if kind == "class-replaced":
                self.frontier.book.substitute(payload["class"], payload["by"])
            elif kind == REST:
                self._replay_rest(str(payload["group"]), float(payload["until_s"]))
        n_replaced = len(self.frontier.book.replacements)
        self._screen = self._new_screen(pool) if self._settings.screening.is_due(notes) else None
        amended = [
            *self._replay_rows(pool, lambda row: row.verdict is not Verdict.SPARE),
            *self._replay_rows(pool, lambda row: row.verdict is Verdict.SPARE),
            *self._never_asked(),
            *self.frontier.review(),
        ]
        for settlement in amended:
            self.statistics.settled(settlement.candidate, settlement.verdict, settlement.reason)
        new = self.frontier.book.replacements[n_replaced:]
        said = [Note("class-replaced", {"class": old, "by": by}) for old, by in new]
        if self._screen is not None:
            said.append(Note(SCREENED, {"digest": self._settings.screening.digest}))
        self._journal.write(amended, said)

    def _new_screen(self, pool: Pool) -> Screen:
        settings = self._settings
        signatures = Signatures.parse(settings.signatures)
        return Screen(settings.screening, pool, settings.exclusions, signatures, settings.pardons)

    def _never_asked(self) -> Iterator[Settlement]:
        """Candidates without a row that are excluded by now."""
        for settlement in self._screen.never_asked() if self._screen is not None else ():
            self.frontier.restore(settlement.candidate, settlement.verdict)
            yield settlement

    def _replay_rest(self, group: str, until_s: float) -> None:
        """A host that asked to be left alone is left alone by this run too."""
        left_s = until_s - self._clock.wall_s()
        host = self.atlas.number_of(group)
        if left_s > 0 and host is not None:
            self.frontier.rest(host, self._clock.now_s() + left_s, self._clock.now_s())

    def _replay_rows(self, pool: Pool, chosen: Callable[[JournalRow], bool]) -> Iterator[Settlement]:
        """Replay some rows in order of writing; what today's quotas make another verdict of."""
        wall_s, now_s = self._clock.wall_s(), self._clock.now_s()
        for row in filter(chosen, self._journal.rows()):
            if row.candidate >= pool.n:
                raise WorkdirError(
                    f"{self._workdir.journal} names candidate {row.candidate}, but the pool has {pool.n}. "
                    "Pool and journal are of different builds: restore the folder, or begin a new one."
                )
            self.statistics.settled(row.candidate, row.verdict, row.reason)
            self._check_words.recall(row.reason)
            out = self._screen.look(row) if self._screen is not None else None
            if out is not None:
                self._restore(replace(row, verdict=out.verdict, reason=out.reason), pool)
                yield out
                continue
            if self._is_looked_for(row, pool, wall_s, now_s):
                continue
            if due(row, wall_s):
                continue
            if row.verdict is Verdict.DEFERRED and row.due_at_s is not None:
                self.frontier.postpone(row.candidate, now_s + row.due_at_s - wall_s)
                continue
            verdict = self._restore(row, pool)
            if verdict is not row.verdict:
                c = int(pool.label[row.candidate])
                reason = spare_reason(verdict, self.frontier.book.state[c])
                yield Settlement(row.candidate, verdict, reason, row.attempts)

    def _is_looked_for(self, row: JournalRow, pool: Pool, wall_s: float, now_s: float) -> bool:
        """Let a dead candidate wait where its revival left off; whether there is such a place."""
        again = due(row, wall_s)
        if not self._settings.revive or not (again or row.verdict is Verdict.REJECTED):
            return False
        url = pool.candidate(row.candidate).url
        found = self.reviver.resume(row.candidate, url, row.reason, row.revived, again=again)
        if found is not None:
            group = self.atlas.find_group(found.url)
            self.frontier.send(row.candidate, Elsewhere(found.url, 0, group, found.way), now_s)
        return found is not None

    def _restore(self, row: JournalRow, pool: Pool) -> Verdict:
        seen = row.inspection
        wanted = row.verdict in {Verdict.ACCEPTED, Verdict.SPARE}
        verdict = self.frontier.restore(row.candidate, row.verdict)
        if row.host is not None and row.host < len(pool.hosts) and row.elapsed_s is not None:
            self._remember(row.host, wanted, row.elapsed_s)
        if seen is not None and seen.flaw is None and not row.reason.startswith(CHECK):
            self.judge.restore(row.candidate, int(pool.label[row.candidate]), row.verdict, row.reason, seen)
        return verdict

    def _remember(self, host: int, success: bool, elapsed_s: float) -> None:
        """Learn from a row of an earlier run, unless what is known of the host counts it already."""
        if self.atlas.group_name(host) not in self._settings.known:
            self.frontier.remember(host, success, elapsed_s)

    def run(
        self,
        *,
        progress: Callable[[Tally], None],
        stopping: Callable[[], bool],
        crew: Crew | None = None,
    ) -> Collected:
        """Collect. ``crew``: instead of worker processes of our own."""
        started_s, fetch = self._clock.now_s(), self._settings.fetch
        self._journal.note("run", {"number": self.n_runs + 1, "at": self._clock.wall_s()})
        with closing(crew or self._local_crew()) as hands:
            engine = Engine(
                self.frontier,
                self.judge,
                hands,
                self._journal,
                self.atlas,
                self._clock,
                self._settings.patience,
                permits=Permits(fetch.robots, fetch.user_agent, signals=fetch.opt_outs),
                reviver=self.reviver,
                overload=self._overload,
                watch=self._heard,
                turn=self._show(progress),
                stopping=stopping,
            )
            ending = engine.run()
        elapsed_s = self._clock.now_s() - started_s
        self._journal.note("run-ended", {"elapsed_s": elapsed_s, "ending": ending.value})
        return Collected(ending, self._n_requests)

    def _heard(self, finding: Finding, settled: list[Settlement]) -> None:
        self._n_requests += 1
        self.statistics.heard(finding, settled, self._clock.now_s())

    def _show(self, progress: Callable[[Tally], None]) -> Callable[[], None]:
        """The view is drawn a few times a second, not at every turn."""
        every_s = VIEW_EVERY_LARGE_S if self._large else VIEW_EVERY_S
        last_s = float("-inf")

        def turn() -> None:
            nonlocal last_s
            now_s = self._clock.now_s()
            if now_s - last_s >= every_s:
                last_s = now_s
                tally = self.statistics.tally("collecting", self.frontier, now_s)
                progress(replace(tally, note=self._note(now_s)))

        return turn

    def _note(self, now_s: float) -> str:
        """What slows the collection down and is no host's fault; empty: nothing does."""
        down_since_s = self.frontier.down_since_s
        if down_since_s is not None:
            return (
                f"no host answers for {now_s - down_since_s:,.0f} s: is the network down? Nothing is charged"
            )
        return f"short of {self._overload.why}" if self._overload.why else ""

    def _local_crew(self) -> LocalCrew:
        return LocalCrew(
            self._workdir.state / "workers",
            self._workdir.blobs,
            f"r{self.n_runs + 1}",
            self._settings.fetch,
            self._settings.treatment,
            self._n_workers,
            self._checking(),
            all_digests=self._settings.exclusions.wants_all_digests,
        )

    def _checking(self) -> Checking | None:
        settings, words, pool = self._settings, self._check_words, self._pool
        if not settings.check:
            return None
        return Checking(settings.check, settings.check_folder, lambda i: about(pool, i), words)


def about(pool: Pool, i: int) -> dict[str, str]:
    """What the user's check is told of a candidate: its URL, its class, and what the list has beside them."""
    return {"url": pool.url(i), "label": pool.labels[pool.label[i]], **pool.extra(i)}


def make_frontier(
    plan: Plan, pool: Pool, atlas: PoolAtlas, settings: CollectSettings, concurrency: int
) -> Frontier:
    """The frontier of a plan, before any replay."""
    planned = (*plan.classes, *plan.reserves)
    limits = Limits(in_flight=concurrency, lease_s=2 * settings.fetch.timeout_s + 30.0)
    frontier = Frontier(
        pool.label,
        pool.host,
        atlas.priors(),
        [one.quota for one in planned],
        n_planned=len(plan.classes),
        kept=[c for c, one in enumerate(planned) if one.named],
        total=plan.total,
        limits=limits,
        seed=plan.seed,
    )
    atlas.report_to(frontier.add_host)
    return frontier


def default_concurrency(n_workers: int) -> int:
    """As many requests as open files allow, at most 2,000. Raises our soft limit to the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        wish = hard if hard != resource.RLIM_INFINITY else max(soft, 65_536)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wish, hard))
            soft = wish
        except (OSError, ValueError):
            pass
    return max(8, min(MOST_IN_FLIGHT, n_workers * (soft - SPARE_DESCRIPTORS)))
