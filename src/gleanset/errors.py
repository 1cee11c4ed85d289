"""What stops a run. What happens to one URL is a value, never one of these.

GleansetError                 exit 1: the message says what was found, where, and what to do now
├── UsageError                exit 2: wrong options; nothing was written
│   └── ListError             exit 2: a list that cannot be read
├── WorkdirError              exit 1: the build's folder is damaged, foreign or on a wrong file system
│   └── LockedError           exit 1: another run holds the folder
└── StorageError              exit 1: the disk is full, read-only or failing
"""


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
