"""A worker's pulse: how it fares, taken once a second and sent home."""

import time

from ..fetch.descriptors import file_limit, n_open_files
from ..fetch.disk import DiskFetcher
from ..fetch.http import CurlFetcher
from .machine import held_memory_bytes
from .vitals import Vitals

PULSE_EVERY_S = 1.0


class Pulse:
    """Measures the worker's loop between two reports."""

    def __init__(self, fetcher: CurlFetcher | DiskFetcher) -> None:
        self._fetcher = fetcher
        self._n_starved = 0
        self._lag_s = 0.0
        self._due_at_s = time.monotonic() + PULSE_EVERY_S
        self._turned_at_s = time.monotonic()

    def beat(self, waited_s: float) -> bool:
        """Once in each turn of the loop, which may have waited up to ``waited_s`` for the network; whether
        a report is due.
        """
        now_s = time.monotonic()
        self._lag_s = max(self._lag_s, now_s - self._turned_at_s - waited_s)
        self._turned_at_s = now_s
        return now_s >= self._due_at_s

    def take(self, decoder_bytes: int, decoder_s: float) -> Vitals:
        """How we fared since the last time. The crew knows who we are: ``worker`` is 0."""
        self._due_at_s = time.monotonic() + PULSE_EVERY_S
        lag_s, self._lag_s = self._lag_s, 0.0
        n_starved = self._fetcher.n_starved - self._n_starved
        self._n_starved = self._fetcher.n_starved
        return Vitals(
            0,
            round(lag_s, 3),
            n_starved,
            n_open_files(),
            file_limit() or 0,
            held_memory_bytes(),
            self._fetcher.names_on_wire,
            self._fetcher.names_waiting,
            decoder_bytes,
            round(decoder_s * 1000),
        )
