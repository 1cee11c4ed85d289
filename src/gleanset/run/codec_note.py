"""What a worker's decoder is busy with, where others can still read it when the worker is dead."""

import mmap
import os
import struct
import time
from pathlib import Path

_NOTE = struct.Struct("<qd")


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

    def set(self, serial: int) -> None:
        _NOTE.pack_into(self._map, 0, serial, time.monotonic())

    def clear(self) -> None:
        _NOTE.pack_into(self._map, 0, -1, 0.0)

    def decoding_for_s(self) -> float:
        serial, since_s = _NOTE.unpack_from(self._map)
        return time.monotonic() - since_s if serial >= 0 else 0.0

    @staticmethod
    def read(path: Path) -> tuple[int | None, float]:
        """The lease that a worker is or was decoding, since when; (None, 0.0): none.

        The time is that of ``time.monotonic``, which all processes of a machine share.
        """
        try:
            serial, since_s = _NOTE.unpack(path.read_bytes())
        except (OSError, struct.error):
            return None, 0.0
        return (int(serial), float(since_s)) if serial >= 0 else (None, 0.0)
