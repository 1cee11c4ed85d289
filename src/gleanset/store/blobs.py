"""Bodies in append-only segments: written once, never rewritten, found again by (segment, offset).

A record is a header of 24 bytes, little-endian, and the payload::

    magic 4s | candidate i64 | length u32 | crc32 of the payload u32 | crc32 of these 20 bytes u32

A process that dies leaves at worst a torn record at the end of its last segment. Nobody trusts it: the
journal never names what was not flushed, a reader checks both sums, and a new writer begins a new segment.
"""

import os
import re
import struct
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from ..errors import StorageError, storage_error, storage_errors
from ..terms.verdict import BlobRef
from .durable import sync_folder

MAGIC = b"GLB\x01"
HEADER_BYTES = 24
MAX_PAYLOAD = 2**32 - 1
_FACTS = struct.Struct("<4sqII")
_SUM = struct.Struct("<I")
_SEGMENT_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.seg")
_OPEN_SEGMENTS = 64
_WINDOW = 1 << 20


class BlobWriter:
    """One process's pen: segments ``<prefix>-000001.seg``, .. of its own, none shared, none reopened."""

    def __init__(self, folder: Path, prefix: str, segment_bytes: int = 256 * 2**20) -> None:
        self._folder = folder
        self._prefix = prefix
        self._segment_bytes = segment_bytes
        self._number = 0
        self._fd = -1
        self._segment = ""
        self._size = 0
        self._folder_is_synced = True

    def append(self, body: bytes, candidate: int) -> BlobRef:
        """Put ``body`` at the end. It is durable only after the next `flush`.

        Raises:
            StorageError: the disk is full or failing; the segment then ends where it did before.
        """
        if self._fd < 0 or self._size >= self._segment_bytes:
            self._begin_segment()
        offset = self._size
        record = (_header(body, candidate), body)
        try:
            _write_all(self._fd, record)
        except OSError as error:
            self._cut_back(offset)
            raise storage_error(error, "writing", self._folder / self._segment) from error
        self._size = offset + HEADER_BYTES + len(body)
        return BlobRef(self._segment, offset, len(body))

    def flush(self) -> tuple[str, int]:
        """Make everything appended so far durable: (the segment in use, its durable length in bytes).

        Earlier segments are durable to their last byte. ``("", 0)``: nothing was written yet.
        """
        if self._fd < 0:
            return self._segment, self._size
        with storage_errors("writing", self._folder / self._segment):
            _sync_data(self._fd)
            if not self._folder_is_synced:
                sync_folder(self._folder)
                self._folder_is_synced = True
        return self._segment, self._size

    def close(self) -> None:
        """Flush and let go; calling it twice is harmless."""
        if self._fd < 0:
            return
        try:
            self.flush()
        finally:
            os.close(self._fd)
            self._fd = -1

    def _begin_segment(self) -> None:
        self.close()
        with storage_errors("writing", self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            while True:
                self._number += 1
                name = f"{self._prefix}-{self._number:06d}.seg"
                try:
                    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
                    self._fd = os.open(self._folder / name, flags, 0o644)
                except FileExistsError:
                    continue
                break
        self._segment, self._size, self._folder_is_synced = name, 0, False

    def _cut_back(self, offset: int) -> None:
        """Take a half-written record away; where even that fails, write on behind it."""
        try:
            os.ftruncate(self._fd, offset)
        except OSError:
            self._size = os.fstat(self._fd).st_size


class BlobReader:
    """Reads bodies by reference, with the last 64 segments held open. One thread a reader."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fds: OrderedDict[str, int] = OrderedDict()

    def read(self, ref: BlobRef) -> bytes:
        """The body behind ``ref``, its checksums verified.

        Raises:
            StorageError: it is absent, torn or damaged; the message names the segment and the offset.
        """
        with storage_errors("reading", self._folder / ref.segment):
            record = _read_all(self._fd_of(ref.segment), HEADER_BYTES + ref.length, ref.offset)
        facts = _facts(record[:HEADER_BYTES])
        body = record[HEADER_BYTES:]
        if facts is None or facts.length != ref.length or len(body) != ref.length or crc32(body) != facts.crc:
            raise StorageError(_damaged(self._folder, ref))
        return body

    def payload(self, ref: BlobRef) -> bytes:
        """The bytes behind ``ref`` as they lie there: for callers that know their SHA-256 and compare.

        Raises:
            StorageError: they are absent or end too early.
        """
        with storage_errors("reading", self._folder / ref.segment):
            body = _read_all(self._fd_of(ref.segment), ref.length, ref.offset + HEADER_BYTES)
        if len(body) != ref.length:
            raise StorageError(_damaged(self._folder, ref))
        return body

    def close(self) -> None:
        """Close all segments; reading again opens them again."""
        while self._fds:
            os.close(self._fds.popitem()[1])

    def _fd_of(self, segment: str) -> int:
        fd = self._fds.get(segment)
        if fd is not None:
            self._fds.move_to_end(segment)
            return fd
        if not _SEGMENT_NAME.fullmatch(segment):
            raise StorageError(f"{segment!r} is no name of a blob segment. The journal is damaged.")
        fd = os.open(self._folder / segment, os.O_RDONLY)
        self._fds[segment] = fd
        if len(self._fds) > _OPEN_SEGMENTS:
            os.close(self._fds.popitem(last=False)[1])
        return fd


def _damaged(folder: Path, ref: BlobRef) -> str:
    return (
        f"{folder / ref.segment}: the record at offset {ref.offset} ({ref.length} bytes) "
        "is damaged. Check the disk, then restore the build's folder from a copy, or begin a new one."
    )


class Record(NamedTuple):
    """An intact record of a segment."""

    candidate: int
    ref: BlobRef


def scan(segment: Path) -> Iterator[Record]:
    """All intact records of a segment, in order; damaged stretches and a torn tail are passed over.

    Behind a damaged header the search goes on at the next magic, which may lie inside a payload: compare what
    comes with the journal before trusting it. Reads the file once.
    """
    with storage_errors("reading", segment), segment.open("rb") as file:
        offset = 0
        while True:
            file.seek(offset)
            facts = _facts(file.read(HEADER_BYTES))
            if facts is None:
                following = _next_magic(file.fileno(), offset + 1)
                if following is None:
                    return
                offset = following
                continue
            body = file.read(facts.length)
            if len(body) == facts.length and crc32(body) == facts.crc:
                yield Record(facts.candidate, BlobRef(segment.name, offset, facts.length))
            offset += HEADER_BYTES + facts.length


class _Facts(NamedTuple):
    candidate: int
    length: int
    crc: int


def _header(body: bytes, candidate: int) -> bytes:
    if len(body) > MAX_PAYLOAD:
        raise ValueError(f"a body of {len(body)} bytes is too long for a record")
    facts = _FACTS.pack(MAGIC, candidate, len(body), crc32(body))
    return facts + _SUM.pack(crc32(facts))


def _facts(header: bytes) -> _Facts | None:
    """What an intact header says; None: it is none."""
    if len(header) != HEADER_BYTES or _SUM.unpack_from(header, _FACTS.size)[0] != crc32(
        header[: _FACTS.size]
    ):
        return None
    magic, candidate, length, crc = _FACTS.unpack_from(header)
    return _Facts(candidate, length, crc) if magic == MAGIC else None


def _next_magic(fd: int, start: int) -> int | None:
    while window := os.pread(fd, _WINDOW, start):
        at = window.find(MAGIC)
        if at >= 0:
            return start + at
        if len(window) < len(MAGIC):
            return None
        start += len(window) - len(MAGIC) + 1
    return None


def _write_all(fd: int, parts: tuple[bytes, bytes]) -> None:
    rest = [memoryview(part) for part in parts]
    while rest:
        n = os.writev(fd, rest)
        while rest and n >= len(rest[0]):
            n -= len(rest.pop(0))
        if rest:
            rest[0] = rest[0][n:]


def _read_all(fd: int, n_bytes: int, offset: int) -> bytes:
    data = os.pread(fd, n_bytes, offset)
    while len(data) < n_bytes and (more := os.pread(fd, n_bytes - len(data), offset + len(data))):
        data += more
    return data


def _sync_data(fd: int) -> None:
    getattr(os, "fdatasync", os.fsync)(fd)
