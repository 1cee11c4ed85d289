"""The engine: carries leases to the crew and findings to the minds, and writes down what was decided.

It decides nothing itself. One turn: ask the frontier, send, receive, judge, settle, commit.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import Enum

from ..clock import Clock
from ..errors import GleansetError, StorageError
from ..frontier import Elsewhere, Frontier
from ..judge.judge import Judge
from ..terms.inspection import Flaw, Inspection
from ..terms.outcome import Failed, Failure, Lease
from ..terms.verdict import Finding, Ruling, Settlement, Verdict
from ..urls import site_of
from .atlas import Atlas
from .crew import Crew, Durable, Lost
from .dispatch import Dispatch, Out
from .notes import Notes
from .overload import Overload
from .patience import TURN_S, Patience, Quiet
from .pen import Ledger, Pen
from .permits import Permits, befalls_all
from .probes import Probes
from .revival import Reviver, attributed
from .vitals import Vitals

LAST_FLUSH_S = 60.0
DRAIN_S = 3.0
"""How long a stop waits for what is in flight before it is called back."""
WANTED = Ruling()


class Ending(Enum):
    """Why the engine stopped."""

    SETTLED = "settled"
    """Nothing is left to ask that could be asked now."""
    STOPPED = "stopped"
    TIME_LIMIT = "time-limit"


class Engine:
    """Drives one collection to its end. ``watch`` hears of every settlement and every finding; of settlements
    that follow from a probe, which is none, with None in its place.
    """

    def __init__(
        self,
        frontier: Frontier,
        judge: Judge,
        crew: Crew,
        ledger: Ledger,
        atlas: Atlas,
        clock: Clock,
        patience: Patience,
        *,
        permits: Permits,
        probes: Probes,
        reviver: Reviver,
        overload: Overload,
        watch: Callable[[Finding | None, list[Settlement]], None],
        turn: Callable[[], None],
        stopping: Callable[[], bool],
    ) -> None:
        self._frontier = frontier
        self._judge = judge
        self._crew = crew
        self._pen = Pen(ledger, clock)
        self._atlas = atlas
        self._clock = clock
        self._patience = patience
        self._watch = watch
        self._turn = turn
        self._stopping = stopping
        self._probes = probes
        self._dispatch = Dispatch(frontier, atlas, permits, probes)
        self._reviver = reviver
        self._revive = self._elsewhere if reviver.is_asked_for else None
        self._overload = overload
        self._started_s = clock.now_s()
        self._quiet = Quiet(patience, frontier)
        self._notes = Notes(self._pen, atlas, clock, len(frontier.book.replacements))

    def run(self) -> Ending:
        """Collect until every class has its quota, nothing can be asked any more, or a stop is asked for."""
        self._turn()
        try:
            ending = self._collect()
            self._call_back(list(self._dispatch.out))
            self._finish(self._frontier.defer_rest(self._clock.wall_s(), self._clock.now_s()))
        except GleansetError:
            with suppress(StorageError):
                self._pen.commit()
            raise
        self._turn()
        return ending

    def _collect(self) -> Ending:
        ending = None
        while ending is None:
            ending = self._one_turn()
        if ending is not Ending.SETTLED:
            self._drain()
        return ending

    def _one_turn(self) -> Ending | None:
        now_s = self._clock.now_s()
        if self._stopping():
            return Ending.STOPPED
        if self._patience.limit_s is not None and now_s - self._started_s >= self._patience.limit_s:
            return Ending.TIME_LIMIT
        if self._frontier.done:
            return Ending.SETTLED
        self._take_back(self._frontier.overdue(now_s))
        self._frontier.limit(self._overload.limit(self._frontier.in_flight, now_s))
        decided_at_once = self._send(self._frontier.lease(now_s))
        wait_s = 0.0 if decided_at_once else self._wait_s(now_s)
        if wait_s is None:
            return None if self._give_up_waiting() else Ending.SETTLED
        self._receive(min(wait_s, TURN_S))
        self._write()
        self._turn()
        return None

    def _wait_s(self, now_s: float) -> float | None:
        """How long nothing can happen; None: nothing will, or not soon enough."""
        if self._dispatch.out:
            self._quiet.end()
            return max(0.0, min(TURN_S, self._frontier.next_moment_s - now_s))
        return self._quiet.wait_s(now_s)

    def _give_up_waiting(self) -> bool:
        """Nobody can be asked (soon): look for the stranded elsewhere, else let reserves and other classes
        step in; whether that brings anything.
        """
        if self._revive is not None and self._frontier.rescue(self._revive, self._clock.now_s()):
            self._quiet.end()
            return True
        changed, settled = self._frontier.give_up_waiting()
        self._pen.add(settled)
        self._notes.replacements(self._frontier.book.replacements)
        self._quiet.end()
        return changed

    # Out

    def _send(self, leases: Sequence[Lease]) -> bool:
        """Hand leases to the crew; whether there were some whose fate is known, which are settled at once."""
        sent = self._dispatch.send(leases, self._clock.now_s())
        if sent.tasks:
            self._crew.send(sent.tasks)
        for lease, failed in sent.decided:
            self._settle(replace(self._about(lease, failed=failed), attempt=lease.attempt - 1))
        return bool(sent.decided)

    def _take_back(self, serials: Sequence[int]) -> None:
        """Leases that nobody answered: a worker hangs, or what it said was lost."""
        self._crew.cancel(serials)
        for out in self._dispatch.drop(serials, self._clock.now_s()):
            failed = Failed(Failure.TIMEOUT, detail="no worker answered for this request")
            finding = self._about(out.lease, failed=failed)
            if out.is_probe:
                self._heard_of_probe(finding, out)
            else:
                self._settle(finding)

    def _call_back(self, serials: list[int]) -> None:
        """Cancel requests and give their leases back."""
        self._crew.cancel(serials)
        for out in self._dispatch.drop(serials, self._clock.now_s()):
            self._frontier.release(out.lease.candidate, self._clock.now_s())

    def _call_back_unwanted(self) -> None:
        """Requests for classes that are full would only bring spares."""
        unwanted = set(self._frontier.unwanted())
        if unwanted:
            out = self._dispatch.out.items()
            self._call_back([serial for serial, one in out if one.lease.candidate in unwanted])
        self._dispatch.drop_unwanted(self._clock.now_s())

    # In

    def _receive(self, timeout_s: float) -> None:
        closed_before = self._frontier.book.n_closed
        for report in self._crew.receive(timeout_s):
            match report:
                case Finding():
                    out = self._dispatch.pop(report.serial)
                    if out is not None:
                        self._heard(report, out)
                case Durable():
                    self._pen.durable(report)
                case Lost():
                    self._lost(report)
                case Vitals():
                    self._overload.hear(report, self._frontier.in_flight, self._clock.now_s())
        if self._frontier.book.n_closed != closed_before:
            self._call_back_unwanted()

    def _heard(self, finding: Finding, out: Out) -> None:
        """A worker has answered for a request: go on with it, or settle its candidate."""
        now_s = self._clock.now_s()
        if finding.failed is not None and finding.failed.retry_after_s is not None:
            self._notes.rest(finding.host, finding.at_s + finding.failed.retry_after_s)
        if finding.located is not None:
            again = self._dispatch.located(out, finding.located, now_s)
        elif out.is_probe:
            self._heard_of_probe(finding, out)
            return
        elif out.site is not None and (out.is_abroad or not _befalls_all(finding)):
            again = self._dispatch.heard_of(out, finding, now_s)
        else:
            self._dispatch.found_at(out, finding)
            self._dispatch.lost(out, now_s)
            if _found_no_name(finding, out.lease):
                self._dispatch.no_such_name(out)
            self._settle(attributed(finding, out.lease))
            return
        if again is not None:
            self._crew.send([again])

    def _heard_of_probe(self, finding: Finding, out: Out) -> None:
        """A site has answered for an address that cannot exist: what it sends is no picture of anything."""
        now_s = self._clock.now_s()
        self._frontier.settle_errand(finding, now_s)
        answers = self._probes.hear(out.task.url, finding)
        if answers is None:
            return
        self._notes.probed(site_of(out.task.url), answers)
        ruling = self._judge.probed(answers)
        self._notes.learned(ruling)
        settled = self._frontier.revoke(ruling.revoked)
        self._watch(None, settled)
        self._pen.add(settled)
        self._notes.replacements(self._frontier.book.replacements)

    def _settle(self, finding: Finding) -> None:
        """Judge a finding and write down what follows."""
        ruling, moved_to = WANTED, None
        seen = finding.inspection
        if seen is not None and seen.flaw is None and not seen.refused:
            candidate = self._atlas.candidate(finding.candidate)
            ruling = self._judge.rule(finding, candidate.label, candidate.url, candidate.expected)
            self._notes.learned(ruling)
            self._probes.saw_picture(candidate.url, candidate.host)
        elif finding.moved is not None:
            candidate = self._atlas.candidate(finding.candidate)
            ruling = self._judge.rule_move(finding.moved.url, candidate.url, candidate.expected)
            moved_to = self._atlas.find_group(finding.moved.url)
        settled = self._frontier.settle(finding, ruling, self._clock.now_s(), moved_to, self._revive)
        if settled and settled[0].verdict is not Verdict.REJECTED:
            self._reviver.forget(finding.candidate)
        self._watch(finding, settled)
        self._pen.add(settled)
        self._notes.replacements(self._frontier.book.replacements)

    def _elsewhere(self, candidate: int, reason: str) -> Elsewhere | None:
        """Where a candidate that would be rejected may still be."""
        found = self._reviver.after(candidate, self._atlas.candidate(candidate).url, reason)
        if found is None:
            return None
        return Elsewhere(found.url, 0, self._atlas.find_group(found.url), found.way)

    def _lost(self, lost: Lost) -> None:
        """A worker is gone: its leases go back, uncharged; the picture that killed it is settled."""
        for serial in lost.serials:
            for out in self._dispatch.drop([serial], self._clock.now_s(), lost.culprit):
                if serial == lost.culprit and not out.is_probe:
                    seen = Inspection(0, bytes(32), Flaw.DECODER_CRASH, lost.why)
                    self._settle(self._about(out.lease, inspection=seen))
                else:
                    self._frontier.release(out.lease.candidate, self._clock.now_s())

    def _about(
        self, lease: Lease, failed: Failed | None = None, inspection: Inspection | None = None
    ) -> Finding:
        """A finding that no worker made."""
        return Finding(
            lease.candidate,
            lease.attempt,
            lease.host,
            0.0,
            self._clock.wall_s(),
            failed=failed,
            inspection=inspection,
            final_url=lease.url,
            hops=lease.hops,
            serial=lease.serial,
            revived=lease.revived,
        )

    def _drain(self) -> None:
        """Let what is in flight come home for a moment, without asking anything new."""
        deadline_s = self._clock.now_s() + DRAIN_S
        while self._dispatch.out and self._clock.now_s() < deadline_s:
            self._receive(min(TURN_S, deadline_s - self._clock.now_s()))
            self._write()
            self._turn()

    # Down

    def _write(self) -> None:
        """Commit what is due; flush for a worker that does not."""
        self._pen.commit_if_due()
        segment = self._pen.stuck_segment()
        if segment is not None:
            flushed = self._crew.rescue(segment)
            if flushed is not None:
                self._pen.durable(flushed)

    def _finish(self, settled: list[Settlement]) -> None:
        """Wait until every body is on the disk and every settlement in the journal.

        Raises:
            StorageError: a body does not get there; what comes behind it was not written either.
        """
        self._pen.add(settled)
        deadline_s = self._clock.now_s() + LAST_FLUSH_S
        self._pen.commit()
        while self._pen.n_waiting:
            if self._clock.now_s() >= deadline_s:
                raise StorageError(
                    f"{self._pen.n_waiting} results wait for a body that does not get onto the disk. "
                    "Check the disk, then run the same command again: they are asked for anew."
                )
            self._crew.flush()
            self._receive(TURN_S)
            self._write()
            self._pen.commit()


def _found_no_name(finding: Finding, lease: Lease) -> bool:
    """Whether the leased URL's own name does not exist; a redirect within the site may have led elsewhere."""
    failed = finding.failed
    return failed is not None and failed.failure is Failure.NAME_NOT_FOUND and finding.hops == lease.hops


def _befalls_all(finding: Finding) -> bool:
    """Whether a robots.txt failed as the candidate itself would have."""
    return finding.failed is not None and befalls_all(finding.failed)
