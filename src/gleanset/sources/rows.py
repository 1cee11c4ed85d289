"""From a table's own columns to a batch in our schema, and the reading that all tables share."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from ..errors import ListError
from .base import SCHEMA_TYPES, LabelRule, OddLines
from .guess import KEPT
from .labels import Depths, spread
from .manifest import as_degrees, as_phash, as_sha256, living_url
from .opening import ListFile


class TableSource(ABC):
    """What CSV, TSV, JSON lines, Parquet and bare URLs have in common."""

    def __init__(self, file: ListFile, format_: str, columns: Mapping[str, str], label: str | None) -> None:
        self._file = file
        self.format = format_
        self._columns = columns
        """Our name to the table's."""
        self._label = label
        """The class of every row, where the list has no labels."""
        self.rule: LabelRule | None = None
        self.depths: Depths | None = None
        """Both for rows with several labels alone."""
        self._odd = OddLines(file.name)

    @property
    def name(self) -> str:
        return self._file.name

    @property
    def reading(self) -> str:
        rule = f" {self.rule}" if self.rule else ""
        return f"{self.format} {sorted(self._columns.items())} {self._label}{rule}"

    @property
    def known_digest(self) -> str | None:
        return self._file.known_digest

    @property
    def is_manifest(self) -> bool:
        return "phash" in self._columns

    @property
    def odd_lines(self) -> int:
        return self._odd.count

    @property
    def odd_examples(self) -> list[tuple[str, int, str]]:
        return self._odd.examples

    def digest(self) -> str:
        return self._file.digest()

    def batches(self) -> Iterator[pa.RecordBatch]:
        self._odd.clear()
        n_rows = 0
        for columns in self._read():
            if "label" in columns:
                columns = spread(columns, self.rule, self.depths, self.name)  # noqa: PLW2901
            batch = to_schema(columns, self._label)
            n_rows += batch.num_rows
            yield batch
        if not n_rows:
            raise ListError(
                f"{self.name}: read as {self.format}, but no row has both a URL and a label "
                f"({self.odd_lines:,} broken). "
                "Check --url-col and --label-col, or name its format with --source."
            )

    @abstractmethod
    def _read(self) -> Iterator[dict[str, pa.Array]]:
        """The columns asked for, by our names, odd rows left out and counted.

        ``label`` may be a list for each row; then ``score`` may be there, a list of numbers for each row.
        """


def to_schema(columns: dict[str, pa.Array], label: str | None) -> pa.RecordBatch:
    """Columns by our names as a batch in the schema of ``base``; ``label`` fills in for a missing column."""
    n_rows = len(columns["url"])
    if "revived" in columns:
        columns = {**columns, "url": living_url(_as_strings(columns, "url", "final_url", "revived"))}
    if "label" not in columns:
        columns = {**columns, "label": pa.repeat(pa.scalar(label, pa.string()), n_rows)}
    if "origin" not in columns:
        columns = {**columns, "origin": pa.nulls(n_rows, pa.string())}
    if kept := {name.removeprefix(KEPT): values for name, values in columns.items() if name.startswith(KEPT)}:
        columns = {**columns, "kept": _as_json(kept)}
    return pa.RecordBatch.from_arrays(
        [_typed(name, columns[name]) for name in SCHEMA_TYPES if name in columns],
        names=[name for name in SCHEMA_TYPES if name in columns],
    )


def _as_json(kept: dict[str, pa.Array]) -> pa.Array:
    """Each row of some columns as one JSON object of texts; null where all are empty."""
    texts = [values.cast(pa.string()).to_pylist() for values in kept.values()]
    rows = (
        {name: text for name, text in zip(kept, row, strict=True) if text} for row in zip(*texts, strict=True)
    )
    return pa.array([json.dumps(row, ensure_ascii=False) if row else None for row in rows], pa.string())


def _as_strings(columns: dict[str, pa.Array], *names: str) -> dict[str, pa.Array]:
    """A column that is null throughout may have no type of its own."""
    return {name: columns[name].cast(pa.string()) for name in names}


def _typed(name: str, values: pa.Array) -> pa.Array:
    match name:
        case "sha256":
            return as_sha256(values)
        case "phash":
            return as_phash(values)
        case "rotation":
            return as_degrees(values)
        case "url" | "label" | "md5" | "n_bytes":
            return values
        case _:
            return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
