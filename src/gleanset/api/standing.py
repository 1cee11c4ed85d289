"""Where a build stands, read from its journal alone: what reports, cards and tables are made of."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import median

import numpy as np

from ..clock import SystemClock
from ..figures import count
from ..review.placeholders import Placeholders
from ..store.journal import JournalReader
from ..store.journal_rows import JournalRow
from ..store.pool import Pool
from ..terms.licence import canonical
from ..terms.outcome import Failure
from ..terms.plan import Plan, PlannedClass
from ..terms.verdict import Judgement, Verdict
from ..urls import host_of, is_flickr, politeness_group
from .later import HostLater, Later
from .results import Again, ClassResult, Report, Status
from .traces import Traces

ROBOTS = "robots.txt"
TIMINGS_A_HOST = 200
"""Times kept for a host's median; more would not move it."""


@dataclass(slots=True)
class HostFacts:
    """What became of the requests to one politeness group."""

    tried: int = 0
    accepted: int = 0
    seconds_s: float = 0.0
    times_s: list[float] = field(default_factory=list)

    def add(self, row: JournalRow) -> None:
        self.tried += 1
        self.accepted += row.verdict is Verdict.ACCEPTED
        elapsed_s = row.elapsed_s or 0.0
        self.seconds_s += elapsed_s
        if len(self.times_s) < TIMINGS_A_HOST:
            self.times_s.append(elapsed_s)

    @property
    def median_s(self) -> float | None:
        return median(self.times_s) if self.times_s else None


@dataclass(slots=True)
class Run:
    """One time that somebody collected."""

    at_s: float
    """Wall clock at its beginning."""
    elapsed_s: float | None = None
    """None: it was killed; how long it lasted is told by its last finding."""
    last_s: float = 0.0


class Standing:
    """Sums over one reading of the journal. The dataset's classes are those of the plan without the
    replaced ones, and with the reserves that took their places.
    """

    def __init__(self, plan: Plan, pool: Pool, journal: JournalReader) -> None:
        self.plan = plan
        self.planned: tuple[PlannedClass, ...] = (*plan.classes, *plan.reserves)
        self._pool = pool
        self._journal = journal
        self.replaced: dict[int, int] = {}
        self.runs: list[Run] = []
        self.finished: str | None = None
        """The digest with which the last pack ended."""
        self.placeholders = Placeholders()
        for note in journal.notes():
            match note.kind:
                case "placeholder":
                    self.placeholders.learn(note.payload)
                case "pardon":
                    self.placeholders.pardon(str(note.payload["picture"]))
                case "class-replaced":
                    self.replaced[note.payload["class"]] = note.payload["by"]
                case "run":
                    self.runs.append(Run(float(note.payload["at"])))
                case "run-ended" if self.runs:
                    self.runs[-1].elapsed_s = float(note.payload["elapsed_s"])
                case "packed":
                    self.finished = note.payload["digest"]
        self._starts = [run.at_s for run in self.runs]
        stepped_in = set(self.replaced.values())
        self.inside = [
            c
            for c in range(len(self.planned))
            if c not in self.replaced and (c < len(plan.classes) or c in stepped_in)
        ]
        self._is_inside = set(self.inside)
        self._count()

    def _count(self) -> None:
        n = len(self.planned)
        self.accepted = [0] * n
        self.tried = [0] * n
        self.deferred = [0] * n
        self.reasons: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        """Like ``reasons``, without what is spare or deferred."""
        self.verdicts: Counter[Verdict] = Counter()
        self.revived: Counter[str] = Counter()
        """Accepted images that were found elsewhere than the list says, by the way."""
        self.licences: Counter[str] = Counter()
        """Accepted images by licence, as ``terms.licence`` names it; empty where the list gives none."""
        self.opted_out: Counter[str] = Counter()
        """URLs that were left alone by request, by where the site says so."""
        self._later = Later()
        self.n_bytes = 0
        self.hosts: dict[str, HostFacts] = {}
        self.traces = Traces(sorted(self.inside, key=lambda c: self.planned[c].label))
        flickr = self._pool.flickr
        for row in self.rows():
            c = int(self._pool.label[row.candidate])
            self.traces.add(row, c, bool(flickr[self._pool.host[row.candidate]]))
            self.tried[c] += 1
            self.deferred[c] += row.verdict is Verdict.DEFERRED
            self._date(row)
            self.verdicts[row.verdict] += 1
            self._later.add(row, c, self._own_group(row))
            if row.reason == Judgement.PLACEHOLDER.word:
                self.placeholders.add(row, c, self._group(row))
            if row.reason == Failure.OPTED_OUT.word:
                self.opted_out[_wish_of(row)] += 1
            if row.attempts or row.elapsed_s:
                self.hosts.setdefault(self._group(row), HostFacts()).add(row)
            if row.verdict is Verdict.ACCEPTED:
                self.accepted[c] += 1
                if self._pool.has_licences:
                    self.licences[canonical(self._pool.extra(row.candidate).get("licence"))] += 1
                if row.revived is not None:
                    self.revived[row.revived] += 1
                stored = row.inspection.stored if row.inspection is not None else None
                self.n_bytes += stored.n_bytes if stored is not None else 0
            else:
                self.reasons[row.reason] += 1
                if row.verdict not in {Verdict.SPARE, Verdict.DEFERRED}:
                    self.lost[row.reason] += 1
        for one in self._pool.unfit.column("reason").value_counts().to_pylist():
            self.reasons[one["values"]] += one["counts"]
            self.lost[one["values"]] += one["counts"]

    def _date(self, row: JournalRow) -> None:
        """Note that the run of that moment was still alive."""
        if row.at_s is None or not self.runs:
            return
        run = self.runs[max(0, bisect_right(self._starts, row.at_s) - 1)]
        run.last_s = max(run.last_s, row.at_s - run.at_s)

    @property
    def elapsed_s(self) -> float:
        """Spent collecting, all runs together."""
        return sum(run.last_s if run.elapsed_s is None else run.elapsed_s for run in self.runs)

    def _group(self, row: JournalRow) -> str:
        """The group that a row's request went to last (a redirect may have led elsewhere)."""
        if row.host is not None and row.host < len(self._pool.hosts):
            return str(self._pool.hosts[row.host])
        return politeness_group(host_of(row.final_url)) if row.final_url else "?"

    def _own_group(self, row: JournalRow) -> str:
        """The group that the list's URL belongs to."""
        return str(self._pool.hosts[self._pool.host[row.candidate]])

    def rows(self) -> Iterator[JournalRow]:
        """The journal as it counts today: what a replaced class had accepted is spare."""
        for row in self._journal.rows():
            if (
                row.verdict is Verdict.ACCEPTED
                and int(self._pool.label[row.candidate]) not in self._is_inside
            ):
                yield replace(row, verdict=Verdict.SPARE, reason=Judgement.CLASS_REPLACED.word)
            else:
                yield row

    @property
    def n_accepted(self) -> int:
        return sum(self.accepted[c] for c in self.inside)

    @property
    def n_tried(self) -> int:
        """Rows of outcomes.parquet: every URL whose fate was decided."""
        return self.n_accepted + sum(self.reasons.values())

    @cached_property
    def candidates(self) -> list[int]:
        """URLs of each class in the pool."""
        counts: list[int] = np.bincount(self._pool.label, minlength=len(self.planned)).tolist()
        return counts

    def classes(self) -> tuple[ClassResult, ...]:
        """The dataset's classes, in the plan's order."""
        return tuple(self._result(c) for c in self.inside)

    def _result(self, c: int) -> ClassResult:
        planned = self.planned[c]
        quota = planned.quota
        return ClassResult(
            planned.label,
            planned.name,
            quota.at_most if self.plan.total is None else max(quota.at_most or 0, self.accepted[c]),
            self.accepted[c],
            self.tried[c],
            self.candidates[c],
            quota.at_least,
            self.candidates[c] - self.tried[c] + self.deferred[c],
        )

    @property
    def short(self) -> bool:
        """Whether a class, or the total, has fewer images than was asked for."""
        if self.plan.total is not None:
            return self.n_accepted < self.plan.total
        return any(one.short for one in self.classes())

    @property
    def _lacking(self) -> set[int]:
        """Classes for which more is wanted."""
        short = [one.short or self.plan.total is not None for one in self.classes()]
        return {c for c, lacks in zip(self.inside, short, strict=True) if lacks}

    def again(self, now_s: float) -> Again | None:
        """What the same command would ask at that wall clock time; None where nothing is wanted any more."""
        if not self.short:
            return None
        lacking = self._lacking
        return self._later.again(lacking, sum(self.candidates[c] - self.tried[c] for c in lacking), now_s)

    def waiting_hosts(self) -> list[tuple[str, HostLater]]:
        """Where URLs wait for another try, most URLs first; empty where nothing is wanted any more."""
        return self._later.hosts(self._lacking) if self.short else []

    def groups(self) -> tuple[tuple[str, int, int, float], ...]:
        """The first tool's statistics (F12): (flickr, other, all; tried; accepted; seconds)."""
        sums = {True: [0, 0, 0.0], False: [0, 0, 0.0]}
        for name, facts in self.hosts.items():
            row = sums[is_flickr(name)]
            row[0] += facts.tried
            row[1] += facts.accepted
            row[2] += facts.seconds_s
        flickr, other = sums[True], sums[False]
        both = [a + b for a, b in zip(flickr, other, strict=True)]
        rows: Sequence[tuple[str, list[float]]] = (("flickr", flickr), ("other", other), ("all", both))
        return tuple((name, int(row[0]), int(row[1]), float(row[2])) for name, row in rows)

    def report(self, status: Status, out: str, digest: str = "", page: str = "") -> Report:
        """The value that ``build`` returns."""
        elapsed_s = self.elapsed_s
        return Report(
            status=status,
            out=out,
            digest=digest or self.finished or "",
            classes=self.classes(),
            tried=self.n_tried,
            accepted=self.n_accepted,
            rejected=dict(self.reasons.most_common()),
            bytes=self.n_bytes,
            elapsed_s=elapsed_s,
            images_per_s=self.n_accepted / elapsed_s if elapsed_s > 0 else 0.0,
            page=page,
            notes=(*self.plan.notes, *wishes(self.opted_out)),
            again=self.again(SystemClock().wall_s()) if status == "short" else None,
        )


def _wish_of(row: JournalRow) -> str:
    """Where a site says that it does not want this; its own words are not repeated."""
    if row.status is None:
        return ROBOTS
    return "TDM-Reservation" if row.detail.startswith("tdm-reservation") else "X-Robots-Tag"


def wishes(opted_out: Counter[str]) -> tuple[str, ...]:
    """A sentence on what was left alone by request; empty where nothing was."""
    if not opted_out:
        return ()
    ways = ", ".join(f"{way} {count(n)}" for way, n in opted_out.most_common())
    return (f"{count(opted_out.total())} URLs were left alone because their site asks for that: {ways}.",)


def replacements(standing: Standing) -> tuple[str, ...]:
    """A sentence for each class that gave way to a reserve."""
    labels = [planned.label for planned in standing.planned]
    return tuple(
        f"{labels[old]} could not fill its quota; {labels[new]} took its place."
        for old, new in standing.replaced.items()
    )
