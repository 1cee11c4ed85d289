"""Lists that come in several tables: one passes by, the others are looked up."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from ..errors import ListError
from .base import OddLines, Reading
from .delimited import Fields
from .lines import BOM, percent_encode_strays
from .opening import ListFile
from .rows import to_schema

NUMBER = r"\d*\.?\d+(?:[eE][-+]?\d+)?"
WHOLE = r"\d{1,18}"


class JoinedList(ABC):
    """A list of images in ``main`` tables; what is said of them stands in the ``others``."""

    format: str
    is_manifest = False

    def __init__(
        self, name: str, main: Sequence[ListFile], others: Sequence[ListFile], reading: Reading
    ) -> None:
        self._name = name
        self._main = main
        self._files = [*others, *main]
        self._reading = reading
        self._odd = {id(file): OddLines(file.name) for file in self._files}
        self._is_loaded = False

    @property
    def name(self) -> str:
        return self._name

    @property
    def reading(self) -> str:
        said = [self.format, *(f"{key}={value}" for key, value in sorted(self._reading.settings.items()))]
        return " ".join(said if self._reading.labels is None else [*said, self._reading.labels])

    @property
    def known_digest(self) -> str | None:
        known = [file.known_digest for file in self._files]
        return _digest_of(self._files, [one for one in known if one]) if all(known) else None

    def digest(self) -> str:
        """SHA-256 over the names and digests of all the tables."""
        return _digest_of(self._files, [file.digest() for file in self._files])

    @property
    def odd_lines(self) -> int:
        return sum(odd.count for odd in self._odd.values())

    @property
    def odd_examples(self) -> list[tuple[str, int, str]]:
        return [example for odd in self._odd.values() for example in odd.examples][:20]

    def batches(self) -> Iterator[pa.RecordBatch]:
        if not self._is_loaded:
            self._load()
            self._is_loaded = True
        n_rows = 0
        for file in self._main:
            self.odd_of(file).clear()
            for columns in self._rows(file):
                batch = to_schema(columns, None)
                n_rows += batch.num_rows
                yield batch
        if not n_rows:
            raise ListError(f"{self.name}: {self._nothing()} ({self.odd_lines:,} broken lines).")

    def odd_of(self, file: ListFile) -> OddLines:
        """Where the odd lines of one of the tables are counted."""
        return self._odd[id(file)]

    @abstractmethod
    def _load(self) -> None:
        """Read the other tables, once: what they say stays the same however often the rows are read."""

    @abstractmethod
    def _rows(self, file: ListFile) -> Iterator[dict[str, pa.Array]]:
        """The rows of a main table by our names, ``url`` and ``label`` among them."""

    @abstractmethod
    def _nothing(self) -> str:
        """Why there may be no row at all, and what to do, without the full stop."""


def _digest_of(files: Sequence[ListFile], digests: Sequence[str]) -> str:
    lines = [f"{Path(file.name).name} {digest}\n" for file, digest in zip(files, digests, strict=True)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def first_line(file: ListFile) -> str:
    """A text file's first line, without blanks around it."""
    line = file.head().removeprefix(BOM).partition(b"\n")[0]
    return percent_encode_strays(line[:65_536]).decode().strip()


def header_of(file: ListFile, delimiter: str) -> list[str]:
    """The names of the columns of a file whose header holds no delimiter in quotes."""
    return [name.strip().strip('"') for name in first_line(file).split(delimiter)]


def fields_of(
    file: ListFile,
    delimiter: str,
    wanted: Mapping[str, str],
    required: Sequence[str] = (),
    patterns: Mapping[str, str] | None = None,
) -> Fields:
    """The wanted columns (our name to the file's) of a table with a header.

    Raises ListError where one of them is not there.
    """
    names = header_of(file, delimiter)
    missing = [theirs for theirs in wanted.values() if theirs not in names]
    if missing:
        raise ListError(
            f"{file.name}: no column {missing[0]!r}. It has: {', '.join(map(repr, names[:30]))}. "
            "Download it again, or check that it is the table you meant."
        )
    indices = {ours: names.index(theirs) for ours, theirs in wanted.items()}
    return Fields(delimiter, len(names), indices, True, frozenset(required), patterns or {})
