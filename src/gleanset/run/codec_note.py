"""What a worker's decoder is busy with, where others can still read it when the worker is dead."""

import mmap
import os
import struct
import time
from pathlib import Path
from typing import NamedTuple

LONGEST_CHECK_S = 10.0
"""The user's own check of one picture that takes longer hangs; the worker ends itself."""
LONGEST_FIRST_CHECK_S = 120.0
"""The first call of a check may have to load a model."""
_NOTE = struct.Struct("<qdd")
"""Lease, since when, and for how long a check may last: 0 while decoding."""


class Busy(NamedTuple):
    """What a decoder is or was at."""

    serial: int | None
    """The lease whose picture it is; None: it is at none."""
    since_s: float
    """By ``time.monotonic``, which all processes of a machine share; 0.0: half written, or nothing."""
    check_s: float
    """How long the user's check may last, at which it is; 0.0: it decodes."""


NOTHING = Busy(None, 0.0, 0.0)


class CodecNote:
    """A few bytes shared with the engine: which lease is being decoded, since when. They outlive us."""

    def __init__(self, path: Path) -> None:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            os.ftruncate(fd, _NOTE.size)
            self._map = mmap.mmap(fd, _NOTE.size)
        finally:
            os.close(fd)
        self.clear()

    def set(self, serial: int, check_s: float = 0.0) -> None:
        """Begin with a picture; ``check_s``: it is the user's check that begins, and may last so long."""
        _NOTE.pack_into(self._map, 0, serial, time.monotonic(), check_s)

    def clear(self) -> None:
        _NOTE.pack_into(self._map, 0, -1, 0.0, 0.0)

    @property
    def check_overdue(self) -> bool:
        """Whether a check that goes on has lasted too long."""
        serial, since_s, check_s = _NOTE.unpack_from(self._map)
        return bool(serial >= 0 and check_s and time.monotonic() - since_s > check_s)

    @staticmethod
    def read(path: Path) -> Busy:
        """What a worker is or was at."""
        try:
            serial, since_s, check_s = _NOTE.unpack(path.read_bytes())
        except (OSError, struct.error):
            return NOTHING
        return Busy(int(serial), float(since_s), float(check_s)) if serial >= 0 else NOTHING
