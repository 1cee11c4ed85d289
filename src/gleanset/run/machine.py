"""What this machine has left: memory and disk."""

import os
import resource
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from ..errors import storage_errors

_STATM = Path("/proc/self/statm")
_CGROUPS = (
    ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    (
        "memory/memory.limit_in_bytes",
        "memory/memory.usage_in_bytes",
        "memory/memory.stat",
        "total_inactive_file",
    ),
)
"""Of the container in which we run, as it sees itself, versions 2 and 1: limit, use, and what of the use is
page cache that is given back when somebody needs it."""


def free_memory_bytes(root: Path = Path("/")) -> int | None:
    """What can still be had before the machine, or our container, is out of memory; None: nobody tells."""
    return min(_free_memories(root), default=None)


def _free_memories(root: Path) -> Iterator[int]:
    available = _fields(root / "proc/meminfo").get("MemAvailable:")
    if available is not None:
        yield available * 1024
    for limit_name, use_name, stat_name, cache_word in _CGROUPS:
        folder = root / "sys/fs/cgroup"
        limit, use = (next(iter(_lines(folder / name)), "") for name in (limit_name, use_name))
        if limit.isdigit() and use.isdigit():
            cache = _fields(folder / stat_name).get(cache_word, 0)
            yield max(0, int(limit) - int(use) + cache)


def held_memory_bytes() -> int:
    """What this process holds (RSS); elsewhere than on Linux the most that it ever held."""
    lines = _lines(_STATM)
    if lines:
        return int(lines[0].split()[1]) * os.sysconf("SC_PAGE_SIZE")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def free_disk_bytes(folder: Path) -> int:
    """What we may still write where ``folder`` is. Raises ``StorageError``."""
    with storage_errors("looking at", folder):
        return shutil.disk_usage(folder).free


def _fields(path: Path) -> dict[str, int]:
    """A table of ``name number`` lines."""
    rows = [line.split() for line in _lines(path)]
    return {row[0]: int(row[1]) for row in rows if len(row) > 1 and row[1].isdigit()}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except (OSError, ValueError):
        return []
