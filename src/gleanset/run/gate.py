"""What a worker does with new tasks while its decoder is behind: they wait before they begin."""

import time
from itertools import islice

BEHIND_BYTES = 16 * 2**20
"""Bodies that wait for the decoder; from here on new tasks wait as well, before they begin. Some 200
photographs, a quarter of a second's work."""
ADMIT_EVERY_S = 0.25
"""How often tasks that wait are begun: as many as the decoder has room for, whose bodies are yet to come."""
USUAL_BODY_BYTES = 100_000
"""Until we know better."""
HELD_UP_S = 0.5
"""A transfer that we kept waiting for longer than this did not fail: we did."""


class Gate:
    """Keeps tasks back while the decoder is behind, so that their time does not run while nobody reads."""

    def __init__(self, held_up_s: float = HELD_UP_S) -> None:
        """``held_up_s``: from how long on a wait of ours counts."""
        self._counts_from_s = held_up_s
        self.waiting: dict[int, None] = {}
        """Serials that have not begun, in order."""
        self._admit_at_s = 0.0
        self._mean_bytes = float(USUAL_BODY_BYTES)
        self._held_up_s = 0.0
        """How long, in all, transfers under way were not read."""
        self._held_up_before_s: dict[int, float] = {}
        """The same, when each of those under way began."""

    def lets_in(self, serial: int, queued_bytes: int) -> bool:
        """Whether a new task begins at once; otherwise it waits."""
        if self.waiting or queued_bytes >= BEHIND_BYTES:
            self.wait(serial)
            return False
        self._held_up_before_s[serial] = self._held_up_s
        return True

    def wait(self, serial: int) -> None:
        self.waiting[serial] = None

    def admit(self, queued_bytes: int) -> list[int]:
        """Who of those that wait begins now."""
        now_s = time.monotonic()
        if not self.waiting or queued_bytes >= BEHIND_BYTES or now_s < self._admit_at_s:
            return []
        self._admit_at_s = now_s + ADMIT_EVERY_S
        room = 1 + int((BEHIND_BYTES - queued_bytes) / self._mean_bytes)
        admitted = list(islice(self.waiting, room))
        for serial in admitted:
            del self.waiting[serial]
            self._held_up_before_s[serial] = self._held_up_s
        return admitted

    def came(self, n_bytes: int) -> None:
        """A body came: the next ones are about as long."""
        self._mean_bytes += (n_bytes - self._mean_bytes) / 32

    def hold_up(self, seconds: float) -> None:
        """Let everything under way wait."""
        started_s = time.monotonic()
        time.sleep(seconds)
        self._held_up_s += time.monotonic() - started_s

    def leaves(self, serial: int) -> bool:
        """A transfer ended. Whether it was held up for long."""
        return self._held_up_s - self._held_up_before_s.pop(serial) > self._counts_from_s

    def forget(self, serial: int) -> None:
        """A task was cancelled."""
        self.waiting.pop(serial, None)
        self._held_up_before_s.pop(serial, None)
