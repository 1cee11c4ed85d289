"""A worker: fetches, inspects and stashes, and sends home findings. A program of its own.

Started as ``python -P -m gleanset.run.worker`` with frames on its standard streams; ``-P``, so that no file
of the folder in which the caller stands is taken for a library. One thread drives the network; another
decodes, since decoding releases the interpreter. It lives as long as its input.

Messages in: ``["hello", settings]`` first, then ``["work", tasks]``, ``["cancel", serials]``, ``["flush"]``.
Messages out: ``["findings", findings]``, ``["durable", segment, offset]``, ``["vitals", vitals]``.
"""

import gc
import hashlib
import os
import sys
import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, NoReturn

from ..errors import StorageError
from ..fetch.base import Arrival, FetchSettings, Order
from ..fetch.disk import DiskFetcher
from ..fetch.http import CurlFetcher
from ..fetch.robots import decode, excerpt, product_tokens
from ..inspection.inspector import inspect
from ..inspection.trial import stand_trial
from ..store.blobs import BlobWriter
from ..terms.inspection import Inspection, Treatment
from ..terms.outcome import Errand, Failed, Failure, Fetched, Located, Moved
from ..terms.verdict import Finding
from ..urls import politeness_group
from . import wire
from .check import Checker, CheckTroubleError, load_check
from .codec_note import LONGEST_CHECK_S, LONGEST_FIRST_CHECK_S, CodecNote
from .gate import ADMIT_EVERY_S, BEHIND_BYTES, Gate
from .pulse import Pulse
from .vitals import MOST_CHECK_MS
from .watch import LOOK_EVERY_S, Watch, bound_memory, cpu_s_of_thread, lift_bound
from .wire import Task

FLUSH_EVERY_S = 2.0
FLUSH_EVERY_BYTES = 64 * 2**20
MOST_QUEUED_BYTES = 48 * 2**20
"""Above this the transfers under way have to wait too, for memory's sake."""
BREATH_S = 0.01
"""How long the network then waits before it looks again."""
WAKE_AT = 8
"""Inspected bodies that wake the network's thread; fewer wait for its next turn, or for the last body."""
MEAN_OF = 4
"""Pictures, about, over which the time of a check is averaged."""
MAX_STATUS = 999
"""HTTP knows three digits; servers write what they like."""
EXIT_HUNG = 70
"""The decoder never came back; its picture is the culprit."""
EXIT_STORAGE = 74
EXIT_CHECK = 78
"""The user's check cannot be used; the last line of the log says why."""
POLL_S = 0.5
BATCH_S = 0.02
BATCH = 64
"""Findings go home in batches: at this size, this long after the first, or when there is nothing to do."""
SEALED = 2**62
"""As an offset: the whole segment is durable, since a new one was begun."""
_OUR_FAULT = {
    Failure.NAME_TIMEOUT,
    Failure.CONNECT_TIMEOUT,
    Failure.RESET,
    Failure.TIMEOUT,
    Failure.TOO_SLOW,
}
"""How it looks from here when nobody reads."""


class Decoder:
    """One thread that inspects bodies, in the order in which they came."""

    def __init__(
        self, treatment: Treatment, note: CodecNote, wake: Any, checker: Checker | None, *, all_digests: bool
    ) -> None:
        self._treatment = treatment
        self._checker = checker
        self._all_digests = all_digests
        self._note = note
        self._wake = wake
        self._jobs: SimpleQueue[tuple[Task, Arrival, Fetched]] = SimpleQueue()
        self.done: deque[tuple[Task, Arrival, Fetched, Inspection, bytes | None]] = deque()
        self.queued_bytes = 0
        self.pending = 0
        self._mean_s = 0.0
        """What a picture takes, where the user has a check."""
        self._picture: tuple[int, float] | None = None
        """Which is being decoded, since when."""
        self._watch = Watch()
        self._look_at_s = 0.0
        self._thread = Thread(target=self._run, name="decoder", daemon=True)
        self._thread.start()

    def put(self, task: Task, arrival: Arrival, fetched: Fetched) -> None:
        self.queued_bytes += len(fetched.body)
        self.pending += 1
        self._jobs.put((task, arrival, fetched))

    @property
    def backlog_s(self) -> float:
        """Work that waits, where the user's check may be slow; else 0: decoding is counted in bytes."""
        return self.pending * self._mean_s

    @property
    def load_bytes(self) -> int:
        """What waits, for the gate: a few seconds' work of a check weighs as much as a full queue."""
        return max(self.queued_bytes, round(BEHIND_BYTES * 1000 * self.backlog_s / MOST_CHECK_MS))

    def take(self) -> list[tuple[Task, Arrival, Fetched, Inspection, bytes | None]]:
        """What is finished. Called by the thread that calls ``put``."""
        finished = [self.done.popleft() for _ in range(len(self.done))]
        for _, _, fetched, _, _ in finished:
            self.queued_bytes -= len(fetched.body)
        self.pending -= len(finished)
        return finished

    @property
    def hangs(self) -> bool:
        """Whether it will never be done with its picture, or the user's check with it. Called by the other
        thread, at every turn.
        """
        if self._note.check_overdue:
            return True
        now_s = time.monotonic()
        if now_s < self._look_at_s:
            return False
        self._look_at_s = now_s + LOOK_EVERY_S
        return self._watch.look(self._picture, cpu_s_of_thread(self._thread))

    def _run(self) -> None:
        while True:
            task, arrival, fetched = self._jobs.get()
            self._note.set(task.serial)
            self._picture = (task.serial, time.monotonic())
            seen, body = inspect(fetched.body, self._treatment, turn=task.rotation)
            self._picture = None
            if self._all_digests and seen.md5 is None:
                seen = _with_digests(seen, fetched.body)
            if self._checker is not None and body is not None:
                seen, body = self._checked(self._checker, task, fetched, seen, body)
            self._note.clear()
            self.done.append((task, arrival, fetched, seen, body))
            if len(self.done) == WAKE_AT or self._jobs.empty():
                self._wake()

    def _checked(
        self, checker: Checker, task: Task, fetched: Fetched, seen: Inspection, body: bytes
    ) -> tuple[Inspection, bytes | None]:
        """Ask the user's check; a picture that it refuses is not kept. Its failure ends the worker."""
        is_new, started_s = checker.is_new, time.monotonic()
        self._note.set(task.serial, LONGEST_FIRST_CHECK_S if is_new else LONGEST_CHECK_S)
        lift_bound()  # a model may take what it wants; what it keeps is not the next picture's
        try:
            seen = checker.look(seen, body, dict(task.about), fetched.final_url)
        except CheckTroubleError as error:
            give_up(error)
        bound_memory()
        if not is_new:  # that one may have loaded a model
            self._mean_s += (time.monotonic() - started_s - self._mean_s) / MEAN_OF
        return seen, None if seen.refused else body


class Worker:
    """Tasks in, findings out."""

    def __init__(self, settings: dict[str, Any], fd_in: int, fd_out: int) -> None:
        fetch = FetchSettings.from_json(settings["fetch"])
        self._fetcher = _open_fetcher(fetch)
        self._names = product_tokens(fetch.user_agent)
        self._note = CodecNote(Path(settings["note"]))
        checker = _checker(settings["check"]) if settings.get("check") else None
        self._decoder = Decoder(
            Treatment(**settings["treatment"]),
            self._note,
            self._fetcher.wake,
            checker,
            all_digests=settings["all_digests"],
        )
        self._blobs = BlobWriter(Path(settings["blobs"]), settings["prefix"])
        self._tasks: dict[int, Task] = {}
        self._gate = Gate()
        self._pulse = Pulse(self._fetcher)
        self._frames = wire.Frames()
        self._fd_in = fd_in
        self._fd_out = fd_out
        self._findings: list[Any] = []
        self._first_finding_s = 0.0
        self._segment = ""
        self._unflushed_bytes = 0
        self._first_unflushed_s = 0.0
        self._flush_asked = False
        self._over = False
        self._fetcher.watch(fd_in, self._read)

    def run(self) -> None:
        """Work until the input ends."""
        while not self._over:
            patience_s = self._patience_s()
            if self._decoder.queued_bytes < MOST_QUEUED_BYTES:
                for arrival in self._fetcher.poll(patience_s):
                    self._arrived(arrival)
            else:
                self._gate.hold_up(BREATH_S)
            for finished in self._decoder.take():
                self._inspected(*finished)
            for serial in self._gate.admit(self._decoder.load_bytes):
                self._begin(self._tasks[serial])
            self._send_findings()
            self._flush_if_due()
            if self._pulse.beat(patience_s) and not self._idle:
                self._send(
                    [
                        "vitals",
                        wire.vitals_out(
                            self._pulse.take(self._decoder.queued_bytes, self._decoder.backlog_s)
                        ),
                    ]
                )
            if self._decoder.hangs:
                os._exit(EXIT_HUNG)

    def _patience_s(self) -> float:
        if self._decoder.done or (self._idle and self._unflushed_bytes):
            return 0.0
        return BATCH_S if self._findings else ADMIT_EVERY_S if self._gate.waiting else POLL_S

    @property
    def _idle(self) -> bool:
        return not self._tasks and not self._decoder.pending

    def _read(self) -> None:
        chunk = os.read(self._fd_in, 1 << 20)
        if not chunk:
            self._over = True
            return
        for kind, *content in self._frames.feed(chunk):
            match kind:
                case "work":
                    for fields in content[0]:
                        self._start(wire.task_in(fields))
                case "cancel":
                    for serial in content[0]:
                        if self._tasks.pop(serial, None) is not None:
                            self._gate.forget(serial)
                            self._fetcher.cancel(serial)
                case "flush":
                    self._flush_asked = True

    def _start(self, task: Task) -> None:
        self._tasks[task.serial] = task
        if self._gate.lets_in(task.serial, self._decoder.load_bytes):
            self._begin(task)

    def _begin(self, task: Task) -> None:
        robots = task.errand == Errand.ROBOTS.value
        self._fetcher.start(
            Order(task.serial, task.url, task.group, task.hops, robots=robots, address=task.address)
        )

    def _arrived(self, arrival: Arrival) -> None:
        task = self._tasks.get(arrival.ticket)
        if task is None or self._goes_again(task, arrival):
            return
        del self._tasks[task.serial]
        match arrival.result:
            case Fetched() as fetched if task.errand == Errand.ROBOTS.value:
                rules = excerpt(decode(fetched.body), self._names)
                self._report(task, arrival, rules=rules, status=fetched.status, final_url=fetched.final_url)
            case Fetched() as fetched:
                self._gate.came(len(fetched.body))
                self._decoder.put(task, arrival, fetched)
            case Failed() as failed:
                if failed.status is not None and failed.status > MAX_STATUS:
                    failed = replace(failed, status=None)
                self._report(task, arrival, failed=failed, status=failed.status, final_url=_elsewhere(task))
            case Moved() as moved:
                self._report(task, arrival, moved=moved, status=arrival.status, final_url=_elsewhere(task))
            case Located(address=address):
                self._report(task, arrival, located=address, final_url=_elsewhere(task))

    def _goes_again(self, task: Task, arrival: Arrival) -> bool:
        """Whether it failed since we did not read: it is asked again, and its host is not blamed."""
        held_up = self._gate.leaves(task.serial)
        failed = arrival.result.failure if isinstance(arrival.result, Failed) else None
        if not held_up or failed not in _OUR_FAULT:
            return False
        self._gate.wait(task.serial)
        return True

    def _inspected(
        self, task: Task, arrival: Arrival, fetched: Fetched, seen: Inspection, body: bytes | None
    ) -> None:
        blob = None
        if task.errand == Errand.PROBE.value:
            seen, body = replace(seen, stored=None), None
        if body is not None:
            blob = self._blobs.append(body, task.candidate)
            if self._segment and blob.segment != self._segment:
                self._send(["durable", self._segment, SEALED])
            self._segment = blob.segment
            if not self._unflushed_bytes:
                self._first_unflushed_s = time.monotonic()
            self._unflushed_bytes += len(body)
        final_url = None if fetched.final_url == task.url and not task.hops else fetched.final_url
        headers = fetched.headers if fetched.certificate_ok else (*fetched.headers, ("certificate", "bad"))
        self._report(
            task,
            arrival,
            inspection=seen,
            blob=blob,
            status=fetched.status,
            final_url=final_url,
            headers=headers,
        )

    def _report(self, task: Task, arrival: Arrival, **what: Any) -> None:
        finding = Finding(
            task.candidate,
            task.attempt,
            task.host,
            round(arrival.elapsed_s, 4),
            round(time.time(), 3),
            address=arrival.address,
            hops=arrival.hops,
            serial=task.serial,
            **what,
        )
        if not self._findings:
            self._first_finding_s = time.monotonic()
        self._findings.append(wire.finding_out(finding))

    def _send_findings(self) -> None:
        if not self._findings:
            return
        late = time.monotonic() - self._first_finding_s >= BATCH_S
        if late or self._idle or len(self._findings) >= BATCH:
            self._send(["findings", self._findings])
            self._findings = []

    def _flush_if_due(self) -> None:
        """Flush every 2 s or 64 MB, at once when there is nothing else to do or when asked."""
        if not self._unflushed_bytes:
            self._flush_asked = False
            return
        waited_s = time.monotonic() - self._first_unflushed_s
        due = waited_s >= FLUSH_EVERY_S or self._unflushed_bytes >= FLUSH_EVERY_BYTES
        if (due or self._flush_asked or self._idle) and not self._findings:
            segment, offset = self._blobs.flush()
            self._unflushed_bytes = 0
            self._flush_asked = False
            self._send(["durable", segment, offset])

    def _send(self, message: list[Any]) -> None:
        data = memoryview(wire.frame(message))
        while data:
            data = data[os.write(self._fd_out, data) :]


def _open_fetcher(settings: FetchSettings) -> CurlFetcher | DiskFetcher:
    if settings.local is not None:
        return DiskFetcher(Path(settings.local), settings.max_body_bytes)
    return CurlFetcher(settings, politeness_group)


def _with_digests(seen: Inspection, body: bytes) -> Inspection:
    """The other names by which a body may be excluded; only small ones have them anyway."""
    md5 = hashlib.md5(body, usedforsecurity=False).digest()
    return replace(seen, md5=md5, sha1=hashlib.sha1(body, usedforsecurity=False).digest())


def _checker(order: dict[str, Any]) -> Checker:
    try:
        return Checker(load_check(order["name"], order["folder"]), proven=order["proven"])
    except CheckTroubleError as error:
        give_up(error)


def give_up(trouble: CheckTroubleError) -> NoReturn:
    """End the program, from whichever thread. The last line of the log is for the engine's message."""
    sys.stderr.write(f"{' '.join(str(trouble).split())}\n")
    sys.stderr.flush()
    os._exit(EXIT_CHECK)


def _elsewhere(task: Task) -> str | None:
    """The URL that was asked, where a redirect had led there."""
    return task.url if task.hops else None


def main() -> int:
    """Serve until standard input ends. Exit 74: the disk failed, the reason is on standard error."""
    gc.freeze()  # what was imported stays: nothing in it is worth looking at again
    fd_in, fd_out = os.dup(0), os.dup(1)
    os.dup2(2, 1)  # whatever a library prints must not get between the frames
    frames = wire.Frames()
    settings = None
    while settings is None:
        chunk = os.read(fd_in, 1)
        if not chunk:
            return 0
        for message in frames.feed(chunk):
            settings = message[1]
    stand_trial()
    if not settings.get("check"):  # which may load a model of gigabytes
        bound_memory()
    try:
        Worker(settings, fd_in, fd_out).run()
    except StorageError as error:
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        os._exit(EXIT_STORAGE)
    except BrokenPipeError:
        pass
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
