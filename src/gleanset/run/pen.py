"""Writes settlements down in order, and none before its body is on the disk."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ..clock import Clock
from ..store.journal_rows import Note
from ..terms.verdict import Settlement
from .crew import Durable

COMMIT_EVERY_S = 0.5
COMMIT_EVERY = 500
STUCK_AFTER_S = 10.0
"""A body that is not durable by then has a worker that hangs; the crew is asked to flush it from outside."""


class Ledger(Protocol):
    """Where settlements are written: the journal."""

    def write(self, settlements: Sequence[Settlement], notes: Sequence[Note] = ()) -> None:
        """Keep all of these in one transaction, in order, notes last."""
        ...


class Pen:
    """A queue before the ledger. What comes later is never written before what came earlier, so that the
    ledger always tells a story that has happened.
    """

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._queue: deque[Settlement | Note] = deque()
        self._durable: dict[str, int] = {}
        """Segment to the offset up to which it is on the disk."""
        self._last_commit_s = clock.now_s()
        self._head_since_s = clock.now_s()

    def add(self, settlements: Sequence[Settlement]) -> None:
        """These are to be written."""
        if not self._queue:
            self._head_since_s = self._clock.now_s()
        self._queue.extend(settlements)

    def note(self, kind: str, payload: Mapping[str, Any]) -> None:
        """A note is to be written, after everything that was added before it."""
        self._queue.append(Note(kind, dict(payload)))

    def durable(self, report: Durable) -> None:
        """Bodies are on the disk."""
        self._durable[report.segment] = max(report.offset, self._durable.get(report.segment, 0))

    @property
    def n_waiting(self) -> int:
        return len(self._queue)

    def commit_if_due(self) -> None:
        """Commit twice a second, or when much has come together."""
        now_s = self._clock.now_s()
        if len(self._queue) >= COMMIT_EVERY or now_s - self._last_commit_s >= COMMIT_EVERY_S:
            self._last_commit_s = now_s
            self.commit()

    def commit(self) -> None:
        """Write everything up to the first settlement whose body is not on the disk yet."""
        settlements: list[Settlement] = []
        while self._queue and self._blocking_segment() is None:
            match self._queue.popleft():
                case Settlement() as settlement:
                    settlements.append(settlement)
                case Note() as note:
                    self._ledger.write(settlements, (note,))
                    settlements = []
            self._head_since_s = self._clock.now_s()
        if settlements:
            self._ledger.write(settlements)

    def stuck_segment(self) -> str | None:
        """The segment whose flush has been waited for too long; None: nothing is stuck."""
        if self._queue and self._clock.now_s() - self._head_since_s >= STUCK_AFTER_S:
            return self._blocking_segment()
        return None

    def _blocking_segment(self) -> str | None:
        """The segment that the head of the queue waits for; None: it can be written."""
        head = self._queue[0]
        finding = head.finding if isinstance(head, Settlement) else None
        blob = finding.blob if finding is not None else None
        if blob is None or self._durable.get(blob.segment, 0) >= blob.offset + blob.length:
            return None
        return blob.segment
