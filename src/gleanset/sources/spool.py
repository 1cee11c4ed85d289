"""Lists that can be read only once, kept as files: standard input, pipes, process substitutions.

A list is looked into, hashed and read, some of it twice. What is gone once it was read is copied first, and
the copy is gone when the program ends.
"""

import atexit
import os
import select
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ..errors import ListError, storage_errors

CHUNK_BYTES = 1 << 20
PATIENCE_S = 5.0
"""How long a pipe may be without a writer. One that has a writer is waited for as long as it takes."""
_ONE_LOOK_MS = 200


def spool_stdin() -> Path:
    """Standard input as a file."""
    with _copy("standard input") as copy:
        while chunk := sys.stdin.buffer.read(CHUNK_BYTES):
            copy.write(chunk)
    return Path(copy.name)


def spool_pipe(path: Path, name: str, patience_s: float = PATIENCE_S) -> Path:
    """A pipe with a name (``mkfifo``, ``/dev/fd/63``) as a file; signals are heard while it is waited for.

    Raises:
        ListError: it is a device or a socket, or nobody opens it for writing within ``patience_s``.
    """
    if not stat.S_ISFIFO(path.stat().st_mode):
        raise ListError(f"{name}: a device or a socket, not a list. Name a file, a folder or a pipe.")
    try:
        pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise ListError(
            f"{name}: the pipe cannot be opened ({error.strerror}). Check its permissions."
        ) from error
    try:
        with _copy(name) as copy:
            for chunk in _chunks(pipe, name, patience_s):
                copy.write(chunk)
    finally:
        os.close(pipe)
    return Path(copy.name)


def is_read_once(path: Path) -> bool:
    """Whether the path is there, and neither a file nor a folder."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _chunks(pipe: int, name: str, patience_s: float) -> Iterator[bytes]:
    """Everything that is written into a pipe that does not block.

    A read is empty at the end, and also before the first writer comes; it is refused while a writer is there
    and says nothing. A pipe whose last writer has gone hangs up.
    """
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    deadline_s = time.monotonic() + patience_s
    has_writer = False
    while True:
        has_hung_up = any(event & select.POLLHUP for _, event in poll.poll(_ONE_LOOK_MS))
        try:
            chunk = os.read(pipe, CHUNK_BYTES)
        except BlockingIOError:
            has_writer = True
            continue
        if chunk:
            has_writer = True
            yield chunk
        elif has_writer or has_hung_up:
            return
        elif time.monotonic() > deadline_s:
            raise ListError(
                f"{name}: a pipe that nobody writes into. Start what writes into it, or name a file."
            )


@contextmanager
def _copy(name: str) -> Iterator[IO[bytes]]:
    """A new file that is deleted when the program ends."""
    with (
        storage_errors("copying", name),
        tempfile.NamedTemporaryFile("wb", prefix="gleanset-", delete=False) as file,
    ):
        atexit.register(Path(file.name).unlink, missing_ok=True)
        yield file
