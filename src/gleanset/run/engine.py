"""The engine: carries leases to the crew and findings to the minds, and writes down what was decided.

It decides nothing itself. One turn: ask the frontier, send, receive, judge, settle, commit.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from ..clock import Clock
from ..errors import GleansetError, StorageError
from ..frontier import Frontier
from ..judge.judge import Judge
from ..terms.candidate import Candidate
from ..terms.inspection import Flaw, Inspection
from ..terms.outcome import Failed, Failure, Lease
from ..terms.verdict import BlobRef, Finding, Ruling, Settlement
from .crew import Crew, Durable, Lost
from .wire import Task

TURN_S = 0.25
"""The longest wait in one turn, so that a stop is noticed and the view stays alive."""
COMMIT_EVERY_S = 0.5
COMMIT_EVERY = 500
DRAIN_S = 3.0
"""How long a stop waits for what is in flight before it is called back."""
WANTED = Ruling()


class Ending(Enum):
    """Why the engine stopped."""

    SETTLED = "settled"
    """Nothing is left to ask that could be asked now."""
    STOPPED = "stopped"
    TIME_LIMIT = "time-limit"


class Ledger(Protocol):
    """Where settlements are written: the journal."""

    def write(self, settlements: Sequence[Settlement]) -> None: ...
    def note(self, kind: str, payload: Mapping[str, Any]) -> None: ...


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
        self._ledger = ledger
        self._atlas = atlas
        self._clock = clock
        self._patience = patience
        self._watch = watch
        self._turn = turn
        self._stopping = stopping
        self._tasks: dict[int, Lease] = {}
        """Leases that are out, by serial number."""
        self._unwritten: deque[Settlement] = deque()
        self._durable: dict[str, int] = {}
        self._last_commit_s = clock.now_s()
        self._started_s = clock.now_s()
        self._quiet_since_s: float | None = None
        self._dead_names: set[str] = set()
        self._noted = len(frontier.book.replacements)

    def run(self) -> Ending:
        """Collect until every class has its quota, nothing can be asked any more, or a stop is asked for."""
        try:
            ending = self._collect()
            self._call_back(list(self._tasks))
            self._write(self._frontier.defer_rest(self._clock.wall_s(), self._clock.now_s()))
            self._commit_all()
        except GleansetError:
            with suppress(StorageError):
                self._commit()
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
        self._send(self._frontier.lease(now_s))
        wait_s = self._wait_s(now_s)
        if wait_s is None:
            return Ending.SETTLED
        self._receive(min(wait_s, TURN_S))
        self._commit_if_due()
        self._turn()
        return None

    def _wait_s(self, now_s: float) -> float | None:
        """How long nothing can happen; None: nothing will."""
        if self._tasks:
            self._quiet_since_s = None
            return TURN_S
        if self._quiet_since_s is None:
            self._quiet_since_s = now_s
        wake_at_s = self._frontier.wake_at(now_s)
        if wake_at_s is None or wake_at_s - self._quiet_since_s > self._patience.parked_s:
            return None
        return max(0.0, wake_at_s - now_s)

    # -- out -------------------------------------------------------------------------------------

    def _send(self, leases: Sequence[Lease]) -> None:
        """Hand leases to the crew. URLs of names that do not exist are settled at once instead."""
        while leases:
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
            self._crew.send(tasks)
            for lease in dead:
                failed = Failed(Failure.NAME_NOT_FOUND, detail="this name did not exist a moment ago")
                self._settle(self._about(lease, failed=failed))
            leases = self._frontier.lease(self._clock.now_s()) if dead else ()

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

    # -- in --------------------------------------------------------------------------------------

    def _receive(self, timeout_s: float) -> None:
        open_before = self._frontier.book.open_classes
        for report in self._crew.receive(timeout_s):
            match report:
                case Finding():
                    if self._tasks.pop(report.serial, None) is not None:
                        self._settle(report)
                case Durable(segment, offset):
                    self._durable[segment] = max(offset, self._durable.get(segment, 0))
                case Lost():
                    self._lost(report)
        if self._frontier.book.open_classes != open_before:
            self._call_back_unwanted()

    def _settle(self, finding: Finding) -> None:
        """Judge a finding and write down what follows."""
        ruling, moved_to = WANTED, None
        seen = finding.inspection
        if seen is not None and seen.flaw is None:
            candidate = self._atlas.candidate(finding.candidate)
            ruling = self._judge.rule(finding, candidate.label, candidate.url, candidate.expected)
        elif finding.moved is not None:
            moved_to = self._atlas.find_group(finding.moved.url)
        elif finding.failed is not None and finding.failed.failure is Failure.NAME_NOT_FOUND:
            self._dead_names.add(self._atlas.name_of(self._asked(finding)))
        settled = self._frontier.settle(finding, ruling, self._clock.now_s(), moved_to)
        self._watch(finding, settled)
        self._write(settled)
        self._note_replacements()

    def _note_replacements(self) -> None:
        """Write down which reserves stepped in: the dataset's classes are not what the plan said."""
        replaced = self._frontier.book.replacements
        for old, new in replaced[self._noted :]:
            self._ledger.note("class-replaced", {"class": old, "by": new})
        self._noted = len(replaced)

    def _asked(self, finding: Finding) -> str:
        return finding.final_url or self._atlas.candidate(finding.candidate).url

    def _lost(self, lost: Lost) -> None:
        """A worker is gone: its leases go back, uncharged; the picture that killed it is settled."""
        for serial in lost.serials:
            lease = self._tasks.pop(serial, None)
            if lease is None:
                continue
            if serial == lost.culprit:
                seen = Inspection(0, bytes(32), Flaw.DECODER_CRASH, lost.why)
                self._settle(self._about(lease, inspection=seen))
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
            self._commit_if_due()
            self._turn()

    # -- down ------------------------------------------------------------------------------------

    def _write(self, settled: list[Settlement]) -> None:
        self._unwritten.extend(settled)

    def _commit_if_due(self) -> None:
        now_s = self._clock.now_s()
        if len(self._unwritten) >= COMMIT_EVERY or now_s - self._last_commit_s >= COMMIT_EVERY_S:
            self._last_commit_s = now_s
            self._commit()

    def _commit(self) -> None:
        """Write all settlements, in order, up to the first whose body is not on the disk yet."""
        ready = []
        while self._unwritten and self._on_disk(self._unwritten[0]):
            ready.append(self._unwritten.popleft())
        if ready:
            self._ledger.write(ready)

    def _on_disk(self, settlement: Settlement) -> bool:
        blob: BlobRef | None = settlement.finding.blob if settlement.finding is not None else None
        return blob is None or self._durable.get(blob.segment, 0) >= blob.offset + blob.length

    def _commit_all(self) -> None:
        """Wait until every body is on the disk and every settlement in the journal."""
        self._commit()
        deadline_s = self._clock.now_s() + 60.0
        while self._unwritten and self._clock.now_s() < deadline_s:
            self._crew.flush()
            self._receive(TURN_S)
            self._commit()
