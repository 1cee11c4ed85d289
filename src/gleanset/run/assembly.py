"""Puts a collection together: minds from the plan and the journal, hands from the settings."""

import os
import resource
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace

import numpy as np

from ..clock import Clock, SystemClock
from ..fetch.base import FetchSettings
from ..fetch.revive import USUAL_DATE
from ..frontier import Frontier, Limits
from ..judge.exclusions import Exclusions
from ..judge.judge import Judge, Policy
from ..judge.placeholders import Signatures
from ..store.journal import Journal
from ..store.journal_rows import Note
from ..store.pool import Pool
from ..store.workdir import Workdir
from ..terms.inspection import Treatment
from ..terms.knowledge import HostRecord
from ..terms.plan import Plan
from ..terms.tally import Tally
from ..terms.verdict import Finding, Settlement
from ..urls import Ceilings
from .atlas import PoolAtlas
from .check_words import CheckWords
from .checking import Checking
from .codec_note import LONGEST_CHECK_S
from .crew import Crew
from .engine import Ending, Engine
from .local_crew import LocalCrew
from .notes import PARDON, REPLACED
from .overload import Overload
from .patience import Patience
from .permits import Permits
from .probes import Probes
from .replay import Replay
from .revival import Reviver
from .screening import SCREENED, Screen, Screening
from .statistics import Statistics
from .vitals import FLOOR

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
        notes = list(journal.notes())
        self._policy = _policy(settings, notes)
        self.judge = Judge(Signatures.parse(settings.signatures), self._policy)
        n_urls = np.bincount(pool.host, minlength=len(pool.hosts))
        self.probes = Probes(lambda group: int(n_urls[group]) if group < len(n_urls) else 0, plan.seed)
        self.n_runs = sum(note.kind == "run" for note in notes)
        earlier_s = sum(float(note.payload["elapsed_s"]) for note in notes if note.kind == "run-ended")
        flickr = [bool(value) for value in pool.flickr]
        self.statistics = Statistics(plan, pool.n, flickr, clock.now_s(), earlier_s)
        begins = FLOOR * self._n_workers if settings.check else None
        self._overload = Overload(workdir.blobs, self._concurrency, clock.now_s(), begins=begins)
        self._n_requests = 0
        self._check_words = CheckWords()
        self._large = len(plan.classes) > LARGE
        self._replay(notes)

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

    def _replay(self, notes: list[Note]) -> None:
        """Stand where the journal ends; verdicts that today's wishes change are amended."""
        replay = Replay(
            str(self._workdir.journal),
            self._pool,
            self.atlas,
            self.frontier,
            self.judge,
            self.probes,
            self.reviver,
            self.statistics,
            self._clock,
            self._settings.known,
            revives=bool(self._settings.revive),
            check_words=self._check_words,
            screen=self._screen(notes),
        )
        replay.notes(notes)
        n_replaced = len(self.frontier.book.replacements)
        amended, learned = replay.rows(self._journal)
        new = self.frontier.book.replacements[n_replaced:]
        replaced = [Note(REPLACED, {"class": old, "by": by}) for old, by in new]
        screened = [Note(SCREENED, {"digest": self._settings.screening.digest})] if replay.screen else []
        self._journal.write(amended, [*learned, *replaced, *screened])

    def _screen(self, notes: list[Note]) -> Screen | None:
        """Where more is excluded than in earlier runs, or more placeholders are known."""
        settings = self._settings
        if not settings.screening.is_due(notes):
            return None
        signatures = Signatures.parse(settings.signatures)
        pardons = sorted(self._policy.pardons)
        return Screen(settings.screening, self._pool, settings.exclusions, signatures, pardons)

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
                probes=self.probes,
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

    def _heard(self, finding: Finding | None, settled: list[Settlement]) -> None:
        self._n_requests += 1
        if finding is not None:
            self.statistics.heard(finding, settled, self._clock.now_s())
        else:
            self.statistics.amended(settled, self._clock.now_s())

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
            all_digests=self._settings.exclusions.wants_all_digests or self._pool.has_md5s,
        )

    def _checking(self) -> Checking | None:
        settings, words, pool = self._settings, self._check_words, self._pool
        if not settings.check:
            return None
        return Checking(settings.check, settings.check_folder, lambda i: about(pool, i), words)


def about(pool: Pool, i: int) -> dict[str, str]:
    """What the user's check is told of a candidate: its URL, its class, and what the list has beside them."""
    return {"url": pool.url(i), "label": pool.labels[pool.label[i]], **pool.extra(i)}


def _policy(settings: CollectSettings, notes: list[Note]) -> Policy:
    pardoned = {str(note.payload["picture"]) for note in notes if note.kind == PARDON}
    return Policy(
        keep_near_duplicates=settings.near_duplicates == "keep",
        keep_label_conflicts=settings.label_conflicts == "keep",
        pardons=frozenset({*settings.pardons, *pardoned}),
        exclusions=settings.exclusions,
    )


def make_frontier(
    plan: Plan, pool: Pool, atlas: PoolAtlas, settings: CollectSettings, concurrency: int
) -> Frontier:
    """The frontier of a plan, before any replay."""
    planned = (*plan.classes, *plan.reserves)
    check_s = FLOOR * LONGEST_CHECK_S if settings.check else 0.0
    limits = Limits(in_flight=concurrency, lease_s=2 * settings.fetch.timeout_s + 30.0 + check_s)
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
