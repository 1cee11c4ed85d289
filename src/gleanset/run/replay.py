"""Reading the journal again: the minds stand afterwards where they stood when it was written.

What is wanted may have changed meanwhile (quotas, exclusions, pardons): verdicts that follow from today's
wishes are amended, from the facts that were written down, without a request.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

from ..clock import Clock
from ..errors import WorkdirError
from ..frontier import Elsewhere, Frontier
from ..judge.judge import Judge
from ..store.journal import JournalReader
from ..store.journal_rows import JournalRow, Note
from ..store.pool import Pool
from ..terms.placeholder import LearnedPlaceholder
from ..terms.verdict import CHECK, Settlement, Verdict
from .atlas import PoolAtlas
from .check_words import CheckWords
from .due import due
from .notes import PLACEHOLDER, PROBED, REPLACED, REST
from .probes import Probes
from .revival import Reviver
from .screening import Screen
from .statistics import Statistics, spare_reason

_KEPT = {Verdict.ACCEPTED, Verdict.SPARE}


@dataclass(frozen=True, slots=True)
class Replay:
    """The minds that a journal is read to, and what it is read with."""

    path: str
    """Of the journal, for messages."""
    pool: Pool
    atlas: PoolAtlas
    frontier: Frontier
    judge: Judge
    probes: Probes
    reviver: Reviver
    statistics: Statistics
    clock: Clock
    known: Collection[str]
    """Politeness groups of which earlier runs learned already what this journal says of them."""
    revives: bool
    check_words: CheckWords
    screen: Screen | None
    """None: nothing speaks against what is there that did not speak against it before."""

    def notes(self, notes: list[Note]) -> None:
        """What happened beside the candidates."""
        for note in notes:
            payload = note.payload
            match note.kind:
                case kind if kind == REPLACED:
                    self.frontier.book.substitute(payload["class"], payload["by"])
                case kind if kind == REST:
                    self._rest(str(payload["group"]), float(payload["until_s"]))
                case kind if kind == PLACEHOLDER:
                    self.judge.learn(LearnedPlaceholder.from_json(payload))
                case kind if kind == PROBED:
                    self.probes.known(str(payload["site"]))
                    if payload.get("leads_to"):
                        self.judge.leads_nowhere(str(payload["leads_to"]))

    def rows(self, journal: JournalReader) -> tuple[list[Settlement], list[Note]]:
        """Replay all rows; what today's wishes make another verdict of, and what was learned by that."""
        new_notes: list[Note] = []
        amended = [
            *self._rows(journal, lambda row: row.verdict is not Verdict.SPARE and not self._comes_back(row)),
            *self._rows(journal, lambda row: row.verdict is Verdict.SPARE),
            *self._never_asked(),
        ]
        for row in filter(self._comes_back, journal.rows() if self.judge.is_lenient else ()):
            amended += self._judge_again(row, new_notes)
        return [*amended, *self.frontier.review()], new_notes

    def _rest(self, group: str, until_s: float) -> None:
        """A host that asked to be left alone is left alone by this run too."""
        left_s = until_s - self.clock.wall_s()
        host = self.atlas.number_of(group)
        if left_s > 0 and host is not None:
            self.frontier.rest(host, self.clock.now_s() + left_s, self.clock.now_s())

    def _rows(self, journal: JournalReader, chosen: Callable[[JournalRow], bool]) -> Iterator[Settlement]:
        """Replay some rows in order of writing."""
        wall_s, now_s = self.clock.wall_s(), self.clock.now_s()
        for row in filter(chosen, journal.rows()):
            if row.candidate >= self.pool.n:
                raise WorkdirError(
                    f"{self.path} names candidate {row.candidate}, but the pool has {self.pool.n}. "
                    "Pool and journal are of different builds: restore the folder, or begin a new one."
                )
            self.statistics.settled(row.candidate, row.verdict, row.reason)
            self.check_words.recall(row.reason)
            out = self.screen.look(row) if self.screen is not None else None
            if out is not None:
                yield from self._thrown_out(row, out)
                continue
            if self._is_looked_for(row, wall_s, now_s):
                self._recall(row, row.reason)
                continue
            if due(row, wall_s):
                continue
            if row.verdict is Verdict.DEFERRED and row.due_at_s is not None:
                self.frontier.postpone(row.candidate, now_s + row.due_at_s - wall_s)
                continue
            yield from self._restore(row)

    def _thrown_out(self, row: JournalRow, out: Settlement) -> Iterator[Settlement]:
        """Take over a row with the last word that is spoken on it today."""
        for _ in self._restore(replace(row, verdict=out.verdict, reason=out.reason, evidence=out.evidence)):
            """What was thrown out is not amended once more."""
        yield self._amended(out)

    def _never_asked(self) -> Iterator[Settlement]:
        """Candidates without a row whose URL is excluded by now."""
        for out in self.screen.never_asked() if self.screen is not None else ():
            self.frontier.restore(out.candidate, out.verdict)
            yield self._amended(out)

    def _is_looked_for(self, row: JournalRow, wall_s: float, now_s: float) -> bool:
        """Let a dead candidate wait where its revival left off; whether there is such a place."""
        again = due(row, wall_s)
        if not self.revives or not (again or row.verdict is Verdict.REJECTED):
            return False
        url = self.pool.candidate(row.candidate).url
        found = self.reviver.resume(row.candidate, url, row.reason, row.revived, again=again)
        if found is not None:
            group = self.atlas.find_group(found.url)
            self.frontier.send(row.candidate, Elsewhere(found.url, 0, group, found.way), now_s)
        return found is not None

    def _restore(self, row: JournalRow) -> Iterator[Settlement]:
        """Take over one row; the settlement that replaces it, if today's wishes say so."""
        verdict, reason = self.frontier.restore(row.candidate, row.verdict), row.reason
        if row.host is not None and row.host < len(self.pool.hosts) and row.elapsed_s is not None:
            self._remember(row.host, row.verdict in _KEPT, row.elapsed_s)
        self._recall(row, reason)
        if verdict is not row.verdict:
            if verdict is not Verdict.REVOKED:
                reason = spare_reason(verdict, self.frontier.book.state[int(self.pool.label[row.candidate])])
            yield self._amended(Settlement(row.candidate, verdict, reason, row.attempts))

    def _recall(self, row: JournalRow, reason: str) -> None:
        """Let the judge know what a candidate showed."""
        seen = row.inspection
        if seen is None or seen.flaw is not None or row.reason.startswith(CHECK):
            return
        label, url = int(self.pool.label[row.candidate]), self.pool.url(row.candidate)
        host, evidence = self._host_of(row), row.evidence
        self.judge.restore(row.candidate, label, row.verdict, reason, seen, host, url, evidence)

    def _host_of(self, row: JournalRow) -> int:
        """The group that sent a picture, as this run numbers it: those that redirects led to are numbered by
        each run in the order in which it meets them.
        """
        if row.host is not None and row.host < len(self.pool.hosts):
            return row.host
        return self.atlas.find_group(row.final_url) if row.final_url else int(self.pool.host[row.candidate])

    def _remember(self, host: int, success: bool, elapsed_s: float) -> None:
        """Learn from a row of an earlier run, unless what is known of the host counts it already."""
        if self.atlas.group_name(host) not in self.known:
            self.frontier.remember(host, success, elapsed_s)

    # What comes back without a request

    def _comes_back(self, row: JournalRow) -> bool:
        """Whether a picture that was refused, and whose body is here, may be wanted today."""
        seen = row.inspection
        if not self.judge.is_lenient or row.verdict in _KEPT or row.blob is None or seen is None:
            return False
        if self.screen is not None and self.screen.excludes(row.candidate):
            return False
        return self.judge.reconsiders(row.reason, row.evidence, seen)

    def _judge_again(self, row: JournalRow, new_notes: list[Note]) -> Iterator[Settlement]:
        """Judge a refused picture, whose body lies in quarantine, as if it had just come."""
        candidate = self.pool.candidate(row.candidate)
        finding = replace(row.finding, host=self._host_of(row))
        ruling = self.judge.rule(finding, candidate.label, candidate.url, candidate.expected)
        new_notes += [Note(PLACEHOLDER, learned.to_json()) for learned in ruling.learned]
        yield from map(self._amended, self.frontier.revoke(ruling.revoked))
        if ruling.reason is None:
            verdict = self.frontier.restore(row.candidate, Verdict.SPARE)
            reason = spare_reason(verdict, self.frontier.book.state[candidate.label])
        else:
            verdict, reason = self.frontier.restore(row.candidate, Verdict.REJECTED), ruling.reason
        yield self._amended(
            Settlement(row.candidate, verdict, reason, row.attempts, evidence=ruling.evidence)
        )

    def _amended(self, settlement: Settlement) -> Settlement:
        self.statistics.settled(settlement.candidate, settlement.verdict, settlement.reason)
        return settlement
