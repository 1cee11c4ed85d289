"""The bytes of a list's file: decompressed, in whole lines, with the file's digest from the same pass.

What a file is follows from its content, never from its name alone.
"""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import tarfile
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from ..errors import ListError

CHUNK_BYTES = 16 << 20
HEAD_BYTES = 256 << 10
LONGEST_LINE_BYTES = 256 << 20


class _Lent:
    """A file to read from, and not to close: Arrow's streams close what they were given."""

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self.read = file.read

    def close(self) -> None:
        self.closed = True


def _open_zstd(file: IO[bytes], _: str) -> Any:
    return pa.CompressedInputStream(pa.PythonFile(_Lent(file), mode="r"), "zstd")


_COMPRESSIONS: tuple[tuple[bytes, Any], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\x00", lzma.open),
    (b"\x28\xb5\x2f\xfd", _open_zstd),
)
_FOREIGN_ERRORS = (
    EOFError,
    zlib.error,
    lzma.LZMAError,
    tarfile.TarError,
    gzip.BadGzipFile,
    OSError,
    pa.ArrowException,
)
_SETTLED_S = 2.0
"""A file changed this recently may change again within its time stamp: its digest is not remembered."""


class _Hashed(io.RawIOBase):
    """A file that is hashed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        n_bytes: int = self._file.readinto(buffer)  # type: ignore[attr-defined]
        self.sha256.update(memoryview(buffer)[:n_bytes])
        return n_bytes


class ListFile:
    """One file of a list."""

    def __init__(
        self, path: Path, name: str, cache_dir: Path | None = None, file_name: str | None = None
    ) -> None:
        self.path = path
        self.name = name
        """As the user wrote it."""
        self.file_name = path.name if file_name is None else file_name
        """Its endings may tell the format, the rest is the class of bare URLs. Empty: it has none."""
        self._cache_dir = cache_dir
        self._digest: str | None = None

    def head(self) -> bytes:
        """The first bytes after decompression, at most ``HEAD_BYTES``."""
        with self._translated(), self.path.open("rb") as file:
            return next(_with_newlines(_blocks(file, HEAD_BYTES)), b"")

    def chunks(self) -> Iterator[bytes]:
        """The text in pieces of whole lines, each ended by a newline, read ahead by a thread."""
        yield from _read_ahead(self._chunks())

    @property
    def known_digest(self) -> str | None:
        """The digest, if the file was read to its end or is remembered unchanged."""
        if self._digest is None:
            self._digest = self._remembered()
        return self._digest

    def digest(self) -> str:
        """SHA-256 of the file as it lies on disk."""
        return self.known_digest or self._read_digest()

    def _chunks(self) -> Iterator[bytes]:
        with self._translated(), self.path.open("rb", buffering=0) as file:
            raw = _Hashed(file)
            with io.BufferedReader(raw, 1 << 20) as buffered:
                yield from _whole_lines(_with_newlines(_blocks(buffered, CHUNK_BYTES)), self.name)
                while buffered.read(CHUNK_BYTES):
                    pass  # what a decompressor left over belongs to the digest
        self._remember(raw.sha256.hexdigest())

    def _read_digest(self) -> str:
        with self._translated(), self.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._remember(digest)
        return digest

    def _memory(self) -> Path | None:
        if self._cache_dir is None:
            return None
        stat = self.path.stat()
        identity = f"{self.path.resolve()}|{stat.st_ino}|{stat.st_size}|{stat.st_mtime_ns}"
        return self._cache_dir / "digests" / hashlib.sha256(os.fsencode(identity)).hexdigest()

    def _remembered(self) -> str | None:
        memory = self._memory()
        try:
            text = memory.read_text("ascii") if memory else ""
        except (OSError, UnicodeDecodeError):
            return None
        return text if len(text) == 64 else None

    def _remember(self, digest: str) -> None:
        self._digest = digest
        memory = self._memory()
        if memory is None or time.time() - self.path.stat().st_mtime < _SETTLED_S:
            return
        memory.parent.mkdir(parents=True, exist_ok=True)
        draft = memory.with_name(f"{memory.name}.{os.getpid()}")
        draft.write_text(digest, "ascii")
        draft.replace(memory)

    def _translated(self) -> "_Translated":
        return _Translated(self.name)


class _Translated:
    """The one door where errors of files and decompressors become ListError."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, _FOREIGN_ERRORS):
            raise ListError(_explain(self._name, error)) from error


def _explain(name: str, error: BaseException) -> str:
    match error:
        case FileNotFoundError():
            if "://" in name:
                return f"{name}: an address, not a file. Download the list first, and name the file."
            return f"{name}: no such file. Check the path."
        case PermissionError():
            return f"{name}: may not be read by this user. Change its permissions, or copy it."
        case EOFError():
            return f"{name}: the compressed file ends too early. Download it again, it is incomplete."
        case _:
            return f"{name}: reading failed ({error}). Download it again, or unpack it by hand."


def _blocks(file: "io.BufferedReader[Any]", n_bytes: int) -> Iterator[bytes]:
    """Decompressed blocks of the file; of an archive, its regular members one after another."""
    stream = file
    for magic, opener in _COMPRESSIONS:
        if file.peek(8).startswith(magic):
            stream = io.BufferedReader(opener(file, "rb"), 1 << 20)
    if stream.peek(512)[257:262] == b"ustar":
        yield from _members(stream, n_bytes)
        return
    while block := stream.read(n_bytes):
        yield block


def _members(stream: IO[bytes], n_bytes: int) -> Iterator[bytes]:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            name = member.name.rpartition("/")[2]
            if member.isfile() and not name.startswith((".", "README")):
                file = archive.extractfile(member)
                while file is not None and (block := file.read(n_bytes)):
                    yield block
                yield b"\n"


def _with_newlines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same blocks; those of a file that ends its lines by carriage returns alone with newlines instead.

    Excel calls it "CSV (Macintosh)". Where there is a newline, a lone return is part of a line.
    """
    first = next(blocks, b"")
    head = first[:HEAD_BYTES]
    if b"\r" in head and b"\n" not in head:
        yield first.replace(b"\r", b"\n")
        yield from (block.replace(b"\r", b"\n") for block in blocks)
    elif first:
        yield first
        yield from blocks


def _whole_lines(blocks: Iterator[bytes], name: str) -> Iterator[bytes]:
    carry = b""
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if cut:
            yield carry + block[:cut]
            carry = block[cut:]
        else:
            carry += block
        if len(carry) > LONGEST_LINE_BYTES:
            raise ListError(
                f"{name}: a line of more than {LONGEST_LINE_BYTES >> 20} MiB. "
                "That is no list of URLs: check the file."
            )
    if carry.endswith(b"\0"):
        carry = b"\0"  # a crash lost the end of the file: what is left of the line is no row
    if carry:
        yield carry + b"\n"


def _read_ahead(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks, the next one being read while this one is worked on."""
    with ThreadPoolExecutor(1) as reader:
        ahead = reader.submit(next, chunks, None)
        while (chunk := ahead.result()) is not None:
            ahead = reader.submit(next, chunks, None)
            yield chunk
