"""What the store asks of a list."""

from collections.abc import Iterator
from typing import Protocol

import pyarrow as pa


class LabelledRows(Protocol):
    """A list of labelled URLs, read batch by batch; the columns are those of ``sources.base``."""

    @property
    def name(self) -> str:
        """For messages."""
        ...

    @property
    def reading(self) -> str:
        """How its bytes are read: format and columns. The same bytes and reading give the same rows."""
        ...

    @property
    def known_digest(self) -> str | None:
        """SHA-256 of its bytes, where that costs nothing."""
        ...

    @property
    def odd_lines(self) -> int:
        """Complete once ``batches`` is exhausted."""
        ...

    @property
    def odd_examples(self) -> list[tuple[str, int, str]]:
        """(file, line number from 1, the line's beginning)."""
        ...

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, the same at every reading."""
        ...

    def digest(self) -> str:
        """SHA-256 of its bytes as 64 hex digits; may cost a pass."""
        ...
