"""What a form of dataset has to be able to do. A sink knows samples and a folder, nothing else."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..terms.sample import Sample


@dataclass(frozen=True, slots=True)
class SinkSettings:
    """Where and how a sink writes."""

    folder: Path
    """The dataset's ``data``: there and empty. Nobody reads it before the sink was closed."""
    shard_bytes: int = 256_000_000
    """No shard grows beyond this, but for one that holds a single larger sample."""


class Sink(Protocol):
    """Writes samples; the same samples in the same order give the same bytes.

    Raises from every method:
        StorageError: the disk is full, read-only or failing. The folder is of no use then.
    """

    shuffled: bool
    """Whether samples have to come in random order over the whole set; else by split, class and key."""

    def write(self, sample: Sample) -> str:
        """Add one sample: the file that holds it, relative to the folder, with slashes."""
        ...

    def adopt(self, sample: Sample, earlier: Path) -> str | None:
        """As `write`, by a hard link to ``earlier``, which holds the sample's body already.

        ``sample.body`` is not read. None: this form or this file system cannot; nothing was added.
        """
        ...

    def close(self) -> None:
        """Finish what is open. Called once: after the last sample, or when something was raised."""
        ...
