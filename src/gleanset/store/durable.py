"""Files that are there whole or not at all, whatever happens while they are written."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..errors import storage_errors


def sync_folder(folder: Path) -> None:
    """Make the names inside ``folder`` survive a power cut (POSIX: a rename is durable only then)."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextmanager
def open_atomically(path: Path) -> Iterator[BinaryIO]:
    """A binary file that appears under ``path`` when the block ends well, and not otherwise.

    One writer a path: what a killed writer left under the temporary name is overwritten.

    Raises:
        StorageError: the disk is full, read-only or failing; an older ``path`` is untouched then.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    with storage_errors("writing", path):
        try:
            with temporary.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def write_atomically(path: Path, data: bytes | str) -> None:
    """Replace ``path`` by ``data`` (text as UTF-8) in one step that survives kill -9 and power loss."""
    with open_atomically(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)


def sync_file_system(folder: Path) -> None:
    """Make everything on the file system of ``folder`` durable: one call for a million files.

    Linux tells what could not be written (syncfs(2), since 5.8); elsewhere sync(2) has to do.

    Raises:
        OSError: the disk is failing.
    """
    flush = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if flush is None:
        os.sync()
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        if flush(fd):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(folder))
    finally:
        os.close(fd)
