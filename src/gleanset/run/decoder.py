"""The thread of a worker that decodes: bodies in, inspections out, in the order in which they came.

Decoding releases the interpreter, so that the other thread drives the network meanwhile.
"""

import hashlib
import os
import sys
import time
from collections import deque
from dataclasses import replace
from queue import SimpleQueue
from threading import Thread
from typing import Any, NoReturn

from ..fetch.base import Arrival
from ..inspection.inspector import inspect
from ..terms.inspection import Inspection, Treatment
from ..terms.outcome import Errand, Fetched
from .check import Checker, CheckTroubleError, load_check
from .codec_note import LONGEST_CHECK_S, LONGEST_FIRST_CHECK_S, CodecNote
from .gate import BEHIND_BYTES
from .vitals import MOST_CHECK_MS
from .watch import LOOK_EVERY_S, Watch, bound_memory, cpu_s_of_thread, lift_bound
from .wire import Task

EXIT_CHECK = 78
"""The user's check cannot be used; the last line of the log says why."""
WAKE_AT = 8
"""Inspected bodies that wake the network's thread; fewer wait for its next turn, or for the last body."""
MEAN_OF = 4
"""Pictures, about, over which the time of a check is averaged."""


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
            is_probe = task.errand == Errand.PROBE.value  # whose answer is nobody's picture
            if self._checker is not None and body is not None and not is_probe:
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


def _with_digests(seen: Inspection, body: bytes) -> Inspection:
    """The other names by which a body may be excluded; only small ones have them anyway."""
    md5 = hashlib.md5(body, usedforsecurity=False).digest()
    return replace(seen, md5=md5, sha1=hashlib.sha1(body, usedforsecurity=False).digest())


def checker_of(order: dict[str, Any]) -> Checker:
    """The check of a worker's settings; the program ends where it cannot be used."""
    try:
        return Checker(load_check(order["name"], order["folder"]), proven=order["proven"])
    except CheckTroubleError as error:
        give_up(error)


def give_up(trouble: CheckTroubleError) -> NoReturn:
    """End the program, from whichever thread. The last line of the log is for the engine's message."""
    sys.stderr.write(f"{' '.join(str(trouble).split())}\n")
    sys.stderr.flush()
    os._exit(EXIT_CHECK)
