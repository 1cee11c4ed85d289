"""Worker processes on this machine, driven over pipes."""

import errno
import os
import selectors
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import GleansetError, StorageError, storage_errors
from ..fetch.base import FetchSettings
from ..store.blobs import HEADER_BYTES
from ..store.durable import sync_folder
from ..terms.inspection import Treatment
from ..terms.verdict import Finding
from . import wire
from .check_words import ERROR
from .checking import Checking
from .codec_note import CodecNote
from .crew import Durable, Lost, Report
from .decoder import EXIT_CHECK
from .hand import Hand, ending, last_line
from .watch import cpu_s_of_process
from .wire import Task
from .worker import EXIT_STORAGE, SEALED

MOST_DEATHS_WITHOUT_WORK = 3
"""Lives of one worker that end before it has found anything: something is wrong with the machine."""
MOST_CRASHES_IN_A_ROW = 50
"""Pictures that end their workers while nobody inspects a single one to its end: it is not the pictures."""
LONGEST_UNSEEN_S = 60.0
"""For one picture, where the system does not tell what a process uses. A worker that hangs ends itself long
before, unless its decoder does not let it."""
GRACE_S = 5.0
"""What a worker whose check hangs is given to end itself."""
LOOK_EVERY_S = 1.0
SPILL = 1.5
"""A worker with this many times its fair share of tasks passes on what would come to it by host."""


_REMEDIES = {
    errno.EAGAIN: "You may not have more processes: raise `ulimit -u`, or lower --workers.",
    errno.ENOMEM: "Memory is short: close other programs, or lower --workers.",
    errno.EMFILE: "Too many files are open: raise `ulimit -n`, or lower --workers.",
    errno.ENFILE: "The machine has too many open files: close other programs, or lower --workers.",
}


class LocalCrew:
    """Implements ``Crew`` with ``n_workers`` programs. A worker that dies, or hangs in its decoder, costs its
    leases and is replaced; the picture that it was decoding is named.
    """

    def __init__(
        self,
        folder: Path,
        blobs: Path,
        prefix: str,
        fetch: FetchSettings,
        treatment: Treatment,
        n_workers: int,
        check: Checking | None = None,
        *,
        all_digests: bool = False,
    ) -> None:
        """``folder``: for logs and notes; ``prefix``: of the blob segments, new for each run; ``check``: the
        user's own; ``all_digests``: MD5 and SHA-1 are wanted of large bodies too.

        Raises:
            GleansetError: the machine cannot bear so many processes.
        """
        self._folder = folder
        self._settings = {
            "fetch": fetch.to_json(),
            "treatment": asdict(treatment),
            "blobs": str(blobs),
            "all_digests": all_digests,
        }
        self._check_of_user = check
        self._check_works = False
        self._blobs = blobs
        self._prefix = prefix
        self._selector = selectors.DefaultSelector()
        self._deaths: Counter[int] = Counter()
        """By worker, since its last finding. What others report says nothing about this one."""
        self._crashes_in_a_row = 0
        self._look_at_s = 0.0
        self._segments: set[str] = set()
        """All that findings have named."""
        self._at_work: dict[int, Hand] = {}
        for needed in (folder, blobs):
            with storage_errors("writing", needed):
                needed.mkdir(parents=True, exist_ok=True)
                sync_folder(needed.parent)
        self._hands: list[Hand] = []
        try:
            for number in range(n_workers):
                self._hands.append(self._hire(number, 0))
        except GleansetError:
            self.close()
            raise

    def _hire(self, number: int, life: int) -> Hand:
        """The note of an earlier life goes first: the serial in it may be somebody else's by now."""
        name = f"{self._prefix}-w{number}" + (f"-{life}" if life else "")
        note = self._folder / f"worker-{number}.now"
        settings = {**self._settings, "note": str(note), "prefix": name}
        if self._check_of_user is not None:
            settings["check"] = self._check_of_user.order(proven=self._check_works)
        command = [sys.executable, "-P", "-m", "gleanset.run.worker"]
        try:
            note.unlink(missing_ok=True)
            hand = Hand(number, life, command, settings, self._folder / f"worker-{number}.log")
        except OSError as error:
            raise GleansetError(
                f"Worker {number + 1} could not be started: {error.strerror or error}. {_remedy(error)} "
                "State is kept; the same command goes on."
            ) from error
        self._selector.register(hand.fd_from, selectors.EVENT_READ, hand)
        return hand

    def send(self, tasks: Sequence[Task]) -> None:
        batches: dict[int, list[Task]] = {}
        if self._check_of_user is not None:
            tasks = [self._check_of_user.told(task) for task in tasks]
        for task in tasks:
            hand = self._choose(task)
            hand.tasks[task.serial] = task
            self._at_work[task.serial] = hand
            batches.setdefault(hand.number, []).append(task)
        for number, batch in batches.items():
            self._hands[number].say(["work", [wire.task_out(task) for task in batch]])

    def _choose(self, task: Task) -> Hand:
        """A host prefers a worker, for keep-alive; when that one has far more than its share, the idlest."""
        preferred = self._hands[task.host % len(self._hands)]
        share = len(self._at_work) / len(self._hands)
        if len(preferred.tasks) <= share * SPILL + 4:
            return preferred
        return min(self._hands, key=lambda hand: len(hand.tasks))

    def cancel(self, serials: Sequence[int]) -> None:
        drop: dict[int, list[int]] = {}
        for serial in serials:
            hand = self._at_work.pop(serial, None)
            if hand is not None:
                hand.tasks.pop(serial, None)
                drop.setdefault(hand.number, []).append(serial)
        for number, batch in drop.items():
            self._hands[number].say(["cancel", batch])

    def flush(self) -> None:
        for hand in self._hands:
            hand.say(["flush"])

    def receive(self, timeout_s: float) -> list[Report]:
        reports: list[Report] = []
        self._kill_the_hung()
        for hand in self._hands:
            hand.push()
        wait_s = min(timeout_s, 0.05) if any(hand.backlog for hand in self._hands) else timeout_s
        for key, _ in self._selector.select(wait_s):
            reports += self._read(key.data)
        return reports

    def _read(self, hand: Hand) -> list[Report]:
        reports: list[Report] = []
        try:
            while chunk := os.read(hand.fd_from, 1 << 18):
                for message in hand.frames.feed(chunk):
                    reports += self._understand(hand, message)
        except BlockingIOError:
            return reports
        except (
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            RecursionError,
            FileNotFoundError,
        ) as error:
            hand.kill(f"it spoke nonsense: {_printable(error)}")
        return [*reports, *self._mourn(hand)]

    def _understand(self, hand: Hand, message: Any) -> list[Report]:
        """The door for all that workers say. They decode hostile pictures: nothing is believed unseen.

        Nothing changes where anything of the message is nonsense, so that no lease gets lost with it.
        """
        match message:
            case ["durable", str(segment), int(offset)] if 0 <= offset <= SEALED:
                hand.check_segment(segment)
                return [Durable(segment, offset)]
            case ["vitals", dict(fields)]:
                return [wire.vitals_in(hand.number, fields)]
            case ["findings", list(said)]:
                found = [wire.finding_in(fields) for fields in said]
                for finding in found:
                    self._check(hand, finding)
                del self._deaths[hand.number]
                if any(finding.inspection is not None for finding in found):
                    self._crashes_in_a_row = 0
                return [self._heard(finding) for finding in found if self._is_due(hand, finding)]
        raise ValueError("a message of no known kind")

    def _check(self, hand: Hand, finding: Finding) -> None:
        task = hand.tasks.get(finding.serial)
        asked = task and (task.candidate, task.attempt, task.host)
        if asked and asked != (finding.candidate, finding.attempt, finding.host):
            raise ValueError("an answer to another question")
        if finding.inspection is not None and finding.inspection.refused and self._check_of_user is None:
            raise ValueError("a word of a check that nobody asked for")
        if finding.blob is not None:
            hand.check_segment(finding.blob.segment)
            size = (self._blobs / finding.blob.segment).stat().st_size
            if finding.blob.offset + HEADER_BYTES + finding.blob.length > size:
                raise ValueError("a body beyond the end of its segment")

    def _is_due(self, hand: Hand, finding: Finding) -> bool:
        """Take the task off the list; an answer that crossed our word to stop is no answer."""
        if finding.blob is not None:
            hand.written = finding.blob.segment
            self._segments.add(hand.written)
        self._at_work.pop(finding.serial, None)
        return hand.tasks.pop(finding.serial, None) is not None

    def _heard(self, finding: Finding) -> Finding:
        """The finding; where a check has spoken, with a word that may stand in the journal."""
        seen = finding.inspection
        if self._check_of_user is None or seen is None or seen.flaw is not None:
            return finding
        self._check_works = self._check_works or seen.refused != ERROR
        return self._check_of_user.bounded(finding, seen)

    def _mourn(self, hand: Hand) -> list[Report]:
        """A worker is gone: save what it wrote, name its leases, hire another."""
        self._selector.unregister(hand.fd_from)
        hand.listening = False
        code = hand.end()
        if code == EXIT_STORAGE:
            raise StorageError(last_line(hand.log))
        if code == EXIT_CHECK and self._check_of_user is not None:
            raise self._check_of_user.trouble(last_line(hand.log), hand.log)
        why = hand.why or ending(code)
        busy = CodecNote.read(hand.note)
        culprit = busy.serial if busy.serial in hand.tasks else None
        checked = hand.tasks.get(busy.serial) if busy.check_s and busy.serial is not None else None
        if self._is_too_much(hand, None if checked is not None else culprit):
            if checked is not None and self._check_of_user is not None:
                what = f"it ended its worker {self._deaths[hand.number]} times running, at last by {why}."
                raise self._check_of_user.trouble(what, hand.log)
            raise GleansetError(
                f"Workers end as soon as they start, or with every picture (the last: {why}). "
                f"Their log {hand.log} says: {last_line(hand.log)}. "
                "State is kept; the same command goes on."
            )
        reports: list[Report] = []
        if (rescued := self.rescue(hand.written)) is not None:
            reports.append(rescued)
        for serial in hand.tasks:
            self._at_work.pop(serial, None)
        if checked is not None and self._check_of_user is not None:
            reports.append(self._check_of_user.died_of(hand.tasks.pop(checked.serial), why))
            culprit = None
        reports.append(Lost(tuple(hand.tasks), culprit, why))
        self._hands[hand.number] = self._hire(hand.number, hand.life + 1)
        return reports

    def _is_too_much(self, hand: Hand, culprit: int | None) -> bool:
        """Whether it is not for single pictures that workers die. Who has come to a picture has decoded
        others before (``inspection.trial``), so that a list full of hostile ones ends no run.
        """
        if culprit is None:
            self._deaths[hand.number] += 1
        else:
            self._crashes_in_a_row += 1
        return (
            self._deaths[hand.number] >= MOST_DEATHS_WITHOUT_WORK
            or self._crashes_in_a_row >= MOST_CRASHES_IN_A_ROW
        )

    def rescue(self, segment: str) -> Durable | None:
        """Bodies are in the page cache before their findings are sent, so anyone can make them durable."""
        if segment not in self._segments:
            return None
        path = self._blobs / segment
        with storage_errors("writing", path), path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size  # first: what is written meanwhile is not covered
            os.fsync(file.fileno())
            sync_folder(self._blobs)
        return Durable(segment, size)

    def _kill_the_hung(self) -> None:
        """A decoder may hold the interpreter, a worker may be stopped: it cannot look after itself then."""
        now_s = time.monotonic()
        if now_s < self._look_at_s:
            return
        self._look_at_s = now_s + LOOK_EVERY_S
        for hand in self._hands:
            busy = CodecNote.read(hand.note)
            if busy.check_s:
                longest_s = busy.check_s + GRACE_S
                if 0.0 < busy.since_s < now_s - longest_s:
                    hand.kill(f"checking one picture took more than {longest_s:.0f} s")
                continue
            picture = (busy.serial, busy.since_s) if busy.serial is not None and busy.since_s else None
            cpu_s = cpu_s_of_process(hand.process.pid)
            if cpu_s is None:
                hangs = picture is not None and now_s - busy.since_s > LONGEST_UNSEEN_S
            else:
                hangs = hand.watch.look(picture, cpu_s)
            if hangs:
                hand.kill("decoding one picture came to no end")

    def close(self) -> None:
        for hand in self._hands:
            if hand.listening:
                self._selector.unregister(hand.fd_from)
            assert hand.process.stdin is not None
            hand.process.stdin.close()
        deadline_s = time.monotonic() + 1.0
        for hand in self._hands:
            try:
                hand.process.wait(timeout=max(0.0, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                hand.process.kill()
            hand.end()
            hand.note.unlink(missing_ok=True)
        self._selector.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """The workers' process numbers."""
        return tuple(hand.process.pid for hand in self._hands)


def _printable(error: Exception) -> str:
    """What may stand in a log: the words may be those of a hostile picture."""
    return ascii(str(error)[:80])


def _remedy(error: OSError) -> str:
    return _REMEDIES.get(error.errno or 0, "Put that right, or lower --workers.")
