"""How many files this process may open, and how many of them sockets may take."""

import errno
import socket
import sys
from pathlib import Path

NO_SOCKETS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""Errors of opening a socket that are this machine's, and pass."""
_SPARE = 64
"""Descriptors for everything that is no connection: segments, logs, pipes, look-ups, certificates."""


def most_connections(wish: int) -> int:
    """As many connections as wished, or as the limit of open files allows; a few files are always left."""
    limit = file_limit()
    return wish if limit is None else max(1, min(wish, limit - min(_SPARE, limit // 4)))


def file_limit() -> int | None:
    """The soft limit of open files; None: there is none that is known."""
    if sys.platform == "win32":
        return None
    import resource  # not on Windows

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def n_open_files() -> int:
    """How many files this process has open; 0 where nobody tells."""
    try:
        return sum(1 for _ in Path("/proc/self/fd" if sys.platform == "linux" else "/dev/fd").iterdir())
    except OSError:
        return 0


def has_sockets() -> bool:
    """Whether a socket can be opened now."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
    except OSError as error:
        return error.errno not in NO_SOCKETS
    return True
