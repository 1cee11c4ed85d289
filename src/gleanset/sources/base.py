"""What every source of labelled URLs is: record batches in one schema, and a count of what could not be read.

Columns of a batch, all of them always present and without nulls unless said otherwise:

========  ========  =========================================================================
url       string    as the list has it; bytes that were not UTF-8 percent-encoded; not empty
label     string    the class as the list writes it; not empty
origin    string    the list's own image id; null where it has none
========  ========  =========================================================================

Where the list has them, nullable: ``licence``, ``author``, ``split``, ``caption`` (string); from a manifest
also ``key`` (string), ``sha256`` (binary, 32 bytes) and ``phash`` (uint64). Where the list says what the
file was that lies at the URL, ``md5`` (binary, 16 bytes) and ``n_bytes`` (uint64); and ``rotation`` (int32),
the degrees by which the picture has to be turned counter-clockwise to stand upright. ``kept``: what else the
user wants of the row, as a JSON object of texts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, get_args

import pyarrow as pa

SCHEMA_TYPES: dict[str, pa.DataType] = {
    "url": pa.string(),
    "label": pa.string(),
    "origin": pa.string(),
    "licence": pa.string(),
    "author": pa.string(),
    "split": pa.string(),
    "caption": pa.string(),
    "key": pa.string(),
    "sha256": pa.binary(),
    "phash": pa.uint64(),
    "md5": pa.binary(),
    "n_bytes": pa.uint64(),
    "rotation": pa.int32(),
    "kept": pa.string(),
}
LabelRule = Literal["first", "most-confident", "specific", "each"]
"""Which label an image has where the list gives it several; ``each``: a row for every one of them."""
LABEL_RULES: tuple[LabelRule, ...] = get_args(LabelRule)
MOST_EXAMPLES = 20
LONGEST_EXAMPLE = 80


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a table mean what, where the user says so. None: guessed from the names."""

    url: str | None = None
    label: str | None = None
    licence: str | None = None
    author: str | None = None
    split: str | None = None
    caption: str | None = None
    keep: tuple[str, ...] = ()
    """Columns that mean nothing to us, and are kept as they are."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the user wants lists to be read."""

    columns: Columns = Columns()
    labels: LabelRule | None = None
    """None: the most confident label where the list has scores, else the first."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What was said behind the format: ``--source inaturalist:rank=genus`` is ``{"rank": "genus"}``."""
    cache_dir: Path | None = None
    """A folder for what may be kept between runs, and for scratch files. None: nothing is kept."""


class Format(Protocol):
    """A kind of list that others add, under the entry points ``gleanset.sources``."""

    about: str
    """One line for ``gleanset sources``."""

    def open(self, path: Path, name: str, reading: Reading) -> "Source":
        """The list at ``path``, a file or a folder; ``name`` is how the user wrote it.

        Raises ListError, a sentence, where it is no such list.
        """
        ...


class Source(Protocol):
    """One list. Reading it twice gives the same batches; memory stays flat however long it is."""

    @property
    def name(self) -> str:
        """For messages and the recipe: the list as the user wrote it."""
        ...

    @property
    def format(self) -> str:
        """A word of ``registry.FORMATS``, or the name of an entry point."""
        ...

    @property
    def reading(self) -> str:
        """How the bytes are read: format and columns. The same bytes and reading give the same rows."""
        ...

    @property
    def known_digest(self) -> str | None:
        """``digest()`` where that costs nothing: the list was read before, or is remembered unchanged."""
        ...

    @property
    def is_manifest(self) -> bool:
        """Whether the rows say what their bodies were (``key``, ``sha256``, ``phash``)."""
        ...

    @property
    def odd_lines(self) -> int:
        """Lines that are no labelled URL. Complete once ``batches`` is exhausted."""
        ...

    @property
    def odd_examples(self) -> list[tuple[str, int, str]]:
        """(file, line number from 1, the line's first 80 characters), at most 20, in order."""
        ...

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Raises ListError where not one row can be read."""
        ...

    def digest(self) -> str:
        """SHA-256 of the list's bytes as they lie on disk, as 64 hex digits."""
        ...


@dataclass(slots=True)
class OddLines:
    """Counts what could not be read and keeps the first examples."""

    name: str
    count: int = 0
    examples: list[tuple[str, int, str]] = field(default_factory=list)

    def add(self, number: int, line: bytes) -> None:
        """``number`` counts from 1."""
        self.count += 1
        if len(self.examples) < MOST_EXAMPLES:
            text = line[: 4 * LONGEST_EXAMPLE].decode("utf-8", "replace").strip()
            self.examples.append((self.name, number, text[:LONGEST_EXAMPLE]))

    def clear(self) -> None:
        """Before the list is read again."""
        self.count = 0
        self.examples.clear()
