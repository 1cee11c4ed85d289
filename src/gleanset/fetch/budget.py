"""How fast a fetcher may read, all its transfers together."""

from .loop import now_s


class Budget:
    """Bytes that may be read now, for ``--limit-rate``: filled by time, drained by all transfers."""

    def __init__(self, bytes_per_s: int) -> None:
        self._bytes_per_s = bytes_per_s
        self._filled_at_s = now_s()
        self.bytes_left = 0.0
        self.paused = False
        """Some transfer waits for it."""

    def take(self, n_bytes: int) -> bool:
        """Whether a chunk may be read now; a chunk may overdraw, the next one pays."""
        if self.bytes_left <= 0:
            self.paused = True
            return False
        self.bytes_left -= n_bytes
        return True

    @property
    def ready_s(self) -> float:
        """When there will be something to read with."""
        return self._filled_at_s + max(0.0, 1 - self.bytes_left) / self._bytes_per_s

    def fill(self, at_s: float) -> bool:
        """Add what time has brought, at most a tenth of a second's worth. True: whoever waits may go on."""
        gain = (at_s - self._filled_at_s) * self._bytes_per_s
        self._filled_at_s = at_s
        self.bytes_left = min(self.bytes_left + gain, self._bytes_per_s / 10)
        goes_on = self.paused and self.bytes_left > 0
        self.paused = self.paused and not goes_on
        return goes_on
