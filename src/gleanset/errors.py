"""What stops a run. What happens to one URL is a value, never one of these.

GleansetError                 exit 1: the message says what was found, where, and what to do now
├── UsageError                exit 2: wrong options; nothing was written
│   └── ListError             exit 2: a list that cannot be read
├── WorkdirError              exit 1: the build's folder is damaged, foreign or on a wrong file system
│   └── LockedError           exit 1: another run holds the folder
└── StorageError              exit 1: the disk is full, read-only or failing
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike


class GleansetError(Exception):
    """A run cannot go on. ``str(error)`` is the whole message for the user."""

    exit_code = 1


class UsageError(GleansetError):
    """The options contradict each other or name what does not exist."""

    exit_code = 2


class ListError(UsageError):
    """A list is absent, empty, or nothing in it can be read as labelled URLs."""


class WorkdirError(GleansetError):
    """The build's folder cannot be used as it is."""


class LockedError(WorkdirError):
    """Another run is at work in this folder."""


class StorageError(GleansetError):
    """Reading or writing the build's own files failed."""


_REMEDIES = {
    errno.ENOSPC: "The disk is full. Free some space, then run the same command again: it goes on from here.",
    errno.EDQUOT: "Your disk quota is used up. Free some space, then run the same command again.",
    errno.EROFS: "The file system is read-only. Mount it writable, or choose another folder.",
    errno.EACCES: "Permission is denied. Give yourself the right to write there, or choose another folder.",
    errno.EPERM: "Permission is denied. Give yourself the right to write there, or choose another folder.",
    errno.EMFILE: "Too many files are open. Raise `ulimit -n`, or lower --concurrency.",
    errno.ENFILE: "The machine has too many open files. Close other programs, then run the command again.",
    errno.EIO: "The disk reports a fault. Check it, copy the folder to a sound disk, then run again.",
    errno.EFBIG: "No file may grow that large here. Raise `ulimit -f`, or choose another file system.",
    errno.ENAMETOOLONG: "The path is too long. Choose a folder with a shorter path.",
}


def storage_error(error: OSError, doing: str, path: str | PathLike[str]) -> StorageError:
    """``error`` as a sentence: what was tried, where, what to do now. Raise it ``from error``."""
    remedy = _REMEDIES.get(error.errno or 0, "Put that right, then run the same command again.")
    return StorageError(f"{doing} {path}: {error.strerror or error}. {remedy}")


@contextmanager
def storage_errors(doing: str, path: str | PathLike[str]) -> Iterator[None]:
    """Every ``OSError`` of the block leaves it as a `StorageError`; ``doing`` is like ``writing``."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, doing, path) from error
