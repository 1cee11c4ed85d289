"""The engine: carries leases to the crew and findings to the minds, and writes down what was decided.

It decides nothing itself. One turn: ask the frontier, send, receive, judge, settle, commit.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from ..clock import Clock
from ..errors import GleansetError, StorageError
from ..frontier import Frontier
from ..judge.judge import Judge
from ..terms.candidate import Candidate
from ..terms.inspection import Flaw, Inspection
from ..terms.outcome import Failed, Failure, Lease
from ..terms.verdict import Finding, Ruling, Settlement
from .crew import Crew, Durable, Lost
from .pen import Ledger, Pen
from .wire import Task

TURN_S = 0.25
"""The longest wait in one turn, so that a stop is noticed and the view stays alive."""
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


class Atlas(Protocol):
    """What the engine has to know of candidates: the pool."""

    def candidate(self, number: int) -> Candidate: ...
    def group_name(self, host: int) -> str: ...
    def find_group(self, url: str) -> int: ...
    def name_of(self, url: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """When to stop waiting."""

    parked_s: float = 300.0
    """How long parked hosts are waited for when nothing else is left."""
    limit_s: float | None = None
    """``--time-limit``, from the start of this run."""


class Engine:
    """Drives one collection to its end. ``watch`` hears of every settlement and every finding."""

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
        watch: Callable[[Finding, list[Settlement]], None],
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
        self._tasks: dict[int, Lease] = {}
        """Leases that are out, by serial number."""
        self._started_s = clock.now_s()
        self._quiet_since_s: float | None = None
        self._wake_at_s: float | None = None
        """When the frontier said that something may come; asked once a quiet spell, for it is dear."""
        self._dead_names: set[str] = set()
        self._noted = len(frontier.book.replacements)

    def run(self) -> Ending:
        """Collect until every class has its quota, nothing can be asked any more, or a stop is asked for."""
        self._turn()
        try:
            ending = self._collect()
            self._call_back(list(self._tasks))
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
        if self._tasks:
            self._quiet_since_s = None
            return TURN_S
        if self._quiet_since_s is None:
            self._quiet_since_s, self._wake_at_s = now_s, None
        if self._wake_at_s is None or self._wake_at_s <= now_s:
            self._wake_at_s = self._frontier.wake_at(now_s)
        if self._wake_at_s is None or self._wake_at_s - self._quiet_since_s > self._patience.parked_s:
            return None
        return max(0.0, self._wake_at_s - now_s)

    def _give_up_waiting(self) -> bool:
        """Nobody can be asked (soon): let reserves and other classes step in; whether one could."""
        changed, settled = self._frontier.give_up_waiting()
        self._pen.add(settled)
        self._note_replacements()
        self._quiet_since_s = None
        return changed

    # Out

    def _send(self, leases: Sequence[Lease]) -> bool:
        """Hand leases to the crew; whether there were URLs of dead names, which are settled at once."""
        tasks, dead = [], []
        for lease in leases:
            url = lease.url or self._atlas.candidate(lease.candidate).url
            if self._dead_names and self._atlas.name_of(url) in self._dead_names:
                dead.append(lease)
                continue
            group = self._atlas.group_name(lease.host)
            tasks.append(
                Task(lease.candidate, lease.attempt, lease.host, lease.serial, url, group, lease.hops)
            )
            self._tasks[lease.serial] = lease
        if tasks:
            self._crew.send(tasks)
        for lease in dead:
            failed = Failed(Failure.NAME_NOT_FOUND, detail="this name did not exist a moment ago")
            self._settle(self._about(lease, failed=failed), lease)
        return bool(dead)

    def _take_back(self, serials: Sequence[int]) -> None:
        """Leases that nobody answered: a worker hangs, or what it said was lost."""
        self._crew.cancel(serials)
        for serial in serials:
            lease = self._tasks.pop(serial, None)
            if lease is not None:
                failed = Failed(Failure.TIMEOUT, detail="no worker answered for this request")
                self._settle(self._about(lease, failed=failed), lease)

    def _call_back(self, serials: list[int]) -> None:
        """Cancel requests and give their leases back."""
        self._crew.cancel(serials)
        for serial in serials:
            lease = self._tasks.pop(serial, None)
            if lease is not None:
                self._frontier.release(lease.candidate, self._clock.now_s())

    def _call_back_unwanted(self) -> None:
        """Requests for classes that are full would only bring spares."""
        unwanted = set(self._frontier.unwanted())
        if unwanted:
            self._call_back([serial for serial, lease in self._tasks.items() if lease.candidate in unwanted])

    # In

    def _receive(self, timeout_s: float) -> None:
        closed_before = self._frontier.book.n_closed
        for report in self._crew.receive(timeout_s):
            match report:
                case Finding():
                    lease = self._tasks.pop(report.serial, None)
                    if lease is not None:
                        self._settle(report, lease)
                case Durable():
                    self._pen.durable(report)
                case Lost():
                    self._lost(report)
        if self._frontier.book.n_closed != closed_before:
            self._call_back_unwanted()

    def _settle(self, finding: Finding, lease: Lease) -> None:
        """Judge a finding and write down what follows."""
        ruling, moved_to = WANTED, None
        seen = finding.inspection
        if seen is not None and seen.flaw is None:
            candidate = self._atlas.candidate(finding.candidate)
            ruling = self._judge.rule(finding, candidate.label, candidate.url, candidate.expected)
        elif finding.moved is not None:
            moved_to = self._atlas.find_group(finding.moved.url)
        elif _found_no_name(finding, lease):
            self._dead_names.add(self._atlas.name_of(lease.url or self._atlas.candidate(lease.candidate).url))
        settled = self._frontier.settle(finding, ruling, self._clock.now_s(), moved_to)
        self._watch(finding, settled)
        self._pen.add(settled)
        self._note_replacements()

    def _note_replacements(self) -> None:
        """Write down which reserves stepped in: the dataset's classes are not what the plan said."""
        replaced = self._frontier.book.replacements
        for old, new in replaced[self._noted :]:
            self._pen.note("class-replaced", {"class": old, "by": new})
        self._noted = len(replaced)

    def _lost(self, lost: Lost) -> None:
        """A worker is gone: its leases go back, uncharged; the picture that killed it is settled."""
        for serial in lost.serials:
            lease = self._tasks.pop(serial, None)
            if lease is None:
                continue
            if serial == lost.culprit:
                seen = Inspection(0, bytes(32), Flaw.DECODER_CRASH, lost.why)
                self._settle(self._about(lease, inspection=seen), lease)
            else:
                self._frontier.release(lease.candidate, self._clock.now_s())

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
        )

    def _drain(self) -> None:
        """Let what is in flight come home for a moment, without asking anything new."""
        deadline_s = self._clock.now_s() + DRAIN_S
        while self._tasks and self._clock.now_s() < deadline_s:
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
