"""The engine carries and writes down; what it is told, in which order, and what a crash may cost."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gleanset.clock import ManualClock
from gleanset.errors import StorageError
from gleanset.frontier import Frontier, HostPrior
from gleanset.judge.judge import Judge
from gleanset.judge.placeholders import Signatures
from gleanset.run.crew import Durable, Lost, Report
from gleanset.run.engine import Ending, Engine
from gleanset.run.overload import Overload
from gleanset.run.patience import Patience
from gleanset.run.pen import Pen
from gleanset.run.permits import Permits
from gleanset.run.probes import Probes
from gleanset.run.revival import Reviver
from gleanset.run.wire import Task
from gleanset.store.journal_rows import Note
from gleanset.terms.candidate import Candidate
from gleanset.terms.inspection import Flaw, Inspection, Stored
from gleanset.terms.outcome import Errand, Failed, Failure
from gleanset.terms.plan import Quota
from gleanset.terms.verdict import BlobRef, Finding, Settlement, Verdict

HOSTS = 4


class Atlas:
    """Forty candidates of one class on four hosts."""

    def candidate(self, number: int) -> Candidate:
        return Candidate(
            number, f"http://h{number % HOSTS}.example/{number}.jpg", f"k{number}", 0, number % HOSTS
        )

    def group_name(self, host: int) -> str:
        return f"h{host}.example"

    def find_group(self, url: str) -> int:
        return int(self.name_of(url)[1])

    def name_of(self, url: str) -> str:
        return url.split("/")[2]


class ScriptedCrew:
    """Answers each task at once by a rule of the test; time moves on with every receive."""

    def __init__(self, clock: ManualClock, rule: Callable[[Task], Sequence[Report]]) -> None:
        self._clock = clock
        self._rule = rule
        self._reports: list[Report] = []
        self.sent: list[Task] = []

    def send(self, tasks: Sequence[Task]) -> None:
        for task in tasks:
            self.sent.append(task)
            self._reports += self._rule(task)

    def cancel(self, serials: Sequence[int]) -> None:
        gone = set(serials)
        self._reports = [
            one for one in self._reports if not (isinstance(one, Finding) and one.serial in gone)
        ]

    def receive(self, timeout_s: float) -> list[Report]:
        self._clock.advance(min(timeout_s, 0.1))
        reports, self._reports = self._reports, []
        return reports

    def flush(self) -> None:
        """Everything that is durable was said."""

    def rescue(self, segment: str) -> Durable | None:
        """Nothing hangs here."""
        return None

    def close(self) -> None:
        """Nothing to end."""


class Ledger:
    """Remembers each write as it came."""

    def __init__(self) -> None:
        self.lines: list[Settlement] = []

    def write(self, settlements: Sequence[Settlement], notes: Sequence[Note] = ()) -> None:
        self.lines += settlements


def finding(task: Task, **what: Any) -> Finding:
    return Finding(task.candidate, task.attempt, task.host, 0.1, 1e9, serial=task.serial, **what)


def picture(task: Task, offset: int | None = None) -> Finding:
    """A sound picture, unlike any other; with an offset its body lies in a segment."""
    sha256 = task.candidate.to_bytes(32, "big")
    stored = Stored("jpeg", 100, 100, 10, sha256, "original")
    look = hashlib.sha256(sha256).digest()
    seen = Inspection(
        10,
        sha256,
        None,
        format="jpeg",
        width_px=100,
        height_px=100,
        phash=int.from_bytes(look[:8], "big"),
        thumbnail=look * 8,
        stored=stored,
    )
    return finding(
        task, inspection=seen, blob=None if offset is None else BlobRef("a-000001.seg", offset, 10)
    )


class Room:
    """An engine and everything around it."""

    def __init__(
        self, rule: Callable[[Task], Sequence[Report]], quota: Quota, n: int = 40, n_urls: int = 0
    ) -> None:
        """``n_urls``: what the book of probes believes of each site; 0: none is probed."""
        self.clock = ManualClock()
        label = np.zeros(n, dtype=np.int32)
        host = np.arange(n, dtype=np.int32) % HOSTS
        self.frontier = Frontier(label, host, [HostPrior()] * HOSTS, [quota])
        self.crew = ScriptedCrew(self.clock, rule)
        self.ledger = Ledger()
        self.engine = Engine(
            self.frontier,
            Judge(Signatures.parse("")),
            self.crew,
            self.ledger,
            Atlas(),
            self.clock,
            Patience(parked_s=10.0),
            permits=Permits(False, "gleanset"),
            probes=Probes(lambda _: n_urls, 0),
            reviver=Reviver(),
            overload=Overload(Path("/"), 2000, 0.0, free_disk=lambda _: 2**40),
            watch=lambda *_: self.frontier.check(),
            turn=lambda: None,
            stopping=lambda: False,
        )

    def fates(self) -> dict[int, Settlement]:
        return {line.candidate: line for line in self.ledger.lines}


def test_a_picture_that_kills_its_decoder_costs_itself_alone() -> None:
    """The culprit is settled as decoder-crash; what else the worker held is asked again, uncharged."""
    killed: list[int] = []

    def rule(task: Task) -> Sequence[Report]:
        if task.candidate == 5 and not killed:
            killed.append(task.serial)
            return [Lost((task.serial,), task.serial, "signal SIGSEGV")]
        return [picture(task)]

    room = Room(rule, Quota())
    assert room.engine.run() is Ending.SETTLED
    fates = room.fates()
    assert fates[5].verdict is Verdict.REJECTED
    assert fates[5].reason == Flaw.DECODER_CRASH.word
    assert sum(fate.verdict is Verdict.ACCEPTED for fate in fates.values()) == 39
    assert len(fates) == 40


def test_leases_of_a_lost_worker_are_asked_again_and_charged_to_nobody() -> None:
    """All forty come home although the first five tries were lost."""
    lost: list[int] = []

    def rule(task: Task) -> Sequence[Report]:
        if len(lost) < 5:
            lost.append(task.serial)
            return [Lost((task.serial,), None, "signal SIGKILL")]
        return [picture(task)]

    room = Room(rule, Quota())
    room.engine.run()
    assert len(room.fates()) == 40
    assert {fate.attempts for fate in room.fates().values()} == {1}


def test_a_probe_that_nobody_answers_is_charged_to_no_candidate() -> None:
    """They were not asked for yet; the site is left alone after that, and all its URLs come."""

    def rule(task: Task) -> Sequence[Report]:
        return [] if task.errand == Errand.PROBE.value else [picture(task)]

    room = Room(rule, Quota(), n_urls=100)
    assert room.engine.run() is Ending.SETTLED
    assert {(fate.verdict, fate.attempts) for fate in room.fates().values()} == {(Verdict.ACCEPTED, 1)}
    assert len(room.fates()) == 40
    asked = [task for task in room.crew.sent if task.errand == Errand.PROBE.value]
    assert len(asked) == HOSTS


def test_no_row_is_written_before_its_body_is_on_the_disk() -> None:
    """And the journal keeps the order of settling: what follows waits as well."""
    durable_to = 0
    written_at: dict[int, int] = {}

    def rule(task: Task) -> Sequence[Report]:
        nonlocal durable_to
        offset = 10 * len(room.crew.sent)
        reports: list[Report] = [picture(task, offset)]
        if len(room.crew.sent) % 7 == 0:
            durable_to = offset + 10
            reports.append(Durable("a-000001.seg", durable_to))
        return reports

    class Watched(Ledger):
        def write(self, settlements: Sequence[Settlement], notes: Sequence[Note] = ()) -> None:
            for one in settlements:
                assert one.finding is not None
                assert one.finding.blob is not None
                end = one.finding.blob.offset + one.finding.blob.length
                assert end <= durable_to, "a row names a body that may be lost"
                written_at[one.candidate] = durable_to
            super().write(settlements, notes)

    room = Room(rule, Quota(), n=35)
    room.ledger = Watched()
    room.engine._pen = Pen(room.ledger, room.clock)
    room.engine.run()
    assert len(written_at) == 35


def test_a_name_that_does_not_exist_settles_all_its_urls_by_one_request() -> None:
    """Ten URLs of a dead name: one look-up, ten fates."""

    def rule(task: Task) -> Sequence[Report]:
        if task.host == 2:
            return [finding(task, failed=Failed(Failure.NAME_NOT_FOUND))]
        return [picture(task)]

    room = Room(rule, Quota())
    room.engine.run()
    dead = [fate for fate in room.fates().values() if fate.candidate % HOSTS == 2]
    assert {fate.reason for fate in dead} == {"name-not-found"}
    assert len(dead) == 10
    assert sum(task.host == 2 for task in room.crew.sent) == 1


def test_a_full_disk_stops_the_run_and_keeps_what_is_durable() -> None:
    """The error comes through, and every settlement whose body is safe is in the journal."""

    def rule(task: Task) -> Sequence[Report]:
        if len(room.crew.sent) == 20:
            raise StorageError("the disk is full")
        return [picture(task)]

    room = Room(rule, Quota())
    with pytest.raises(StorageError, match="the disk is full"):
        room.engine.run()
    assert len(room.ledger.lines) == len({line.candidate for line in room.ledger.lines}) > 0


def test_parked_hosts_that_have_answered_are_waited_for_as_long_as_patience_goes() -> None:
    """Then what was tried is deferred with a time, and the run ends."""

    def rule(task: Task) -> Sequence[Report]:
        if len(room.crew.sent) <= 8:
            return [picture(task)]
        return [finding(task, failed=Failed(Failure.RATE_LIMITED, 429, retry_after_s=3600.0))]

    room = Room(rule, Quota())
    assert room.engine.run() is Ending.SETTLED
    deferred = [fate for fate in room.fates().values() if fate.verdict is Verdict.DEFERRED]
    assert deferred
    assert all(fate.due_at_s is not None and fate.reason == "rate-limited" for fate in deferred)
    assert room.clock.now_s() < 60.0
