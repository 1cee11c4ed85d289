"""Watches over the machine while a collection runs: how much may be under way, whether to go on at all."""

from collections.abc import Callable
from pathlib import Path

from ..errors import StorageError
from .machine import free_disk_bytes, free_memory_bytes, held_memory_bytes
from .vitals import Shortage, Throttle, Vitals, memory_is_short, shortage_of

LOOK_EVERY_S = 1.0
LEAST_DISK_BYTES = 64 * 2**20
USUAL_BODY_BYTES = 100_000
"""What a request under way may bring."""


class Overload:
    """The engine's view of what is short. ``hear`` what workers report, ask for the ``limit`` every turn."""

    def __init__(
        self,
        blobs: Path,
        most: int,
        now_s: float,
        *,
        begins: int | None = None,
        free_disk: Callable[[Path], int] = free_disk_bytes,
        free_memory: Callable[[], int | None] = free_memory_bytes,
    ) -> None:
        """``blobs``: where bodies are written. ``most``: the concurrency that was chosen; ``begins``: see
        `Throttle`.
        """
        self._blobs = blobs
        self._throttle = Throttle(most, now_s, begins)
        self._free_disk = free_disk
        self._free_memory = free_memory
        self._held_bytes: dict[int, int] = {}
        """By worker."""
        self._look_at_s = now_s

    @property
    def why(self) -> str:
        """What keeps concurrency down, in a word or two; empty: nothing does."""
        return self._throttle.why

    def hear(self, vitals: Vitals, in_flight: int, now_s: float) -> None:
        """A worker tells how it fares."""
        self._held_bytes[vitals.worker] = vitals.rss_bytes
        shortage = shortage_of(vitals)
        if shortage is not None:
            self._throttle.complain(shortage, in_flight, now_s)

    def limit(self, in_flight: int, now_s: float) -> int:
        """How many requests may be under way.

        Raises:
            StorageError: what is under way may not fit on the disk; nothing is lost yet.
        """
        if now_s >= self._look_at_s:
            self._look_at_s = now_s + LOOK_EVERY_S
            self._look(in_flight, now_s)
        return self._throttle.limit(now_s)

    def _look(self, in_flight: int, now_s: float) -> None:
        free_bytes = self._free_disk(self._blobs)
        if free_bytes < max(LEAST_DISK_BYTES, in_flight * USUAL_BODY_BYTES):
            raise StorageError(
                f"{self._blobs}: only {free_bytes / 1e6:,.0f} MB are left on this disk, and {in_flight:,} "
                "requests are under way. Free some space, then run the same command again: it goes on from "
                "here."
            )
        held_bytes = held_memory_bytes() + sum(self._held_bytes.values())
        if memory_is_short(held_bytes, self._free_memory()):
            self._throttle.complain(Shortage.MEMORY, in_flight, now_s)
