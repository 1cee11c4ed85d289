"""The waist between the engine and whoever does the work: processes here, a cluster, a simulation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..terms.verdict import Finding
from .vitals import Vitals
from .wire import Task


@dataclass(frozen=True, slots=True)
class Durable:
    """A worker's blobs are on the disk: everything in ``segment`` before ``offset``."""

    segment: str
    offset: int


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker is gone, and with it the answers to these leases."""

    serials: tuple[int, ...]
    culprit: int | None
    """The lease whose picture it was decoding when it died, if any."""
    why: str


Report = Finding | Durable | Lost | Vitals
"""``Vitals`` come about once a second from every worker that has something to do; who ignores them loses
nothing.
"""


class Crew(Protocol):
    """Does what leases allow and reports. Driven by one thread."""

    def send(self, tasks: Sequence[Task]) -> None:
        """Start these at once. Never blocks."""
        ...

    def cancel(self, serials: Sequence[int]) -> None:
        """Drop these where they still run; a report may cross the order and is the caller's to ignore."""
        ...

    def receive(self, timeout_s: float) -> list[Report]:
        """What has come in; waits up to ``timeout_s`` for a first report. In order for each worker:
        a finding with a blob comes before the ``Durable`` that covers it.
        """
        ...

    def flush(self) -> None:
        """Ask for everything to be made durable now; the ``Durable`` reports follow."""
        ...

    def rescue(self, segment: str) -> Durable | None:
        """Make durable what lies in ``segment`` now, without its worker, which may be slow or hang.

        Every body whose finding was received is in it. None: no worker has ever written such a segment.
        """
        ...

    def close(self) -> None:
        """End all workers. What they had not reported is lost, like a lease."""
        ...
