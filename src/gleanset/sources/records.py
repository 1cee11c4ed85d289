"""Tables of records: JSON, one object a line, and Parquet."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..errors import ListError
from .lines import BOM, percent_encode_strays
from .opening import ListFile
from .rows import TableSource

BATCH_ROWS = 1 << 16


class JsonLines(TableSource):
    """One JSON object a line; keys may differ from line to line."""

    def __init__(self, file: ListFile, columns: Mapping[str, str], label: str | None) -> None:
        super().__init__(file, "jsonl", columns, label)

    def _read(self) -> Iterator[dict[str, pa.Array]]:
        n_lines = 0
        for chunk in self._file.chunks():
            rows = []
            for line in chunk.split(b"\n")[:-1]:
                n_lines += 1
                row = self._row(line.removeprefix(BOM) if n_lines == 1 else line)
                if row is None:
                    self._odd.add(n_lines, line)
                elif row:
                    rows.append(row)
            yield {name: _column(name, [row[name] for row in rows]) for name in self._columns}

    def _row(self, line: bytes) -> dict[str, Any] | None:
        """Our columns of one line, ``{}`` for a blank one, None for an odd one."""
        if not line.strip():
            return {}
        try:
            record = json.loads(percent_encode_strays(line))
        except (ValueError, RecursionError):
            return None
        if not isinstance(record, dict):
            return None
        row = {ours: _cell(ours, record.get(theirs)) for ours, theirs in self._columns.items()}
        return row if row["url"] and row.get("label", self._label) else None


def _cell(ours: str, value: object) -> Any:
    """A JSON value as text; where a row may have several, a list as the texts or numbers in it."""
    if isinstance(value, list) and ours == "label":
        return [word for one in value if (word := _word(one))]
    if isinstance(value, list) and ours == "score":
        return [_number(one) for one in value]
    return _word(value)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and abs(value) < 1e300 else 0.0


def _column(ours: str, cells: list[Any]) -> pa.Array:
    """Cells as one column: of lists where one of the cells is a list."""
    if ours not in ("label", "score") or not any(isinstance(cell, list) for cell in cells):
        return pa.array(cells, pa.string())
    lists = [cell if isinstance(cell, list) else [cell] if ours == "label" else [] for cell in cells]
    return pa.array(lists, pa.list_(pa.string() if ours == "label" else pa.float64()))


def _word(value: object) -> str | None:
    """A JSON value as text; None for null, lists and objects."""
    match value:
        case bool() | int() | float():
            return str(value)
        case str():
            return value.strip().encode("utf-8", "replace").decode()
        case _:
            return None


class ParquetTable(TableSource):
    """One Parquet file."""

    def __init__(self, file: ListFile, columns: Mapping[str, str], label: str | None) -> None:
        format_ = "manifest" if "phash" in columns else "parquet"
        super().__init__(file, format_, columns, label)

    def _read(self) -> Iterator[dict[str, pa.Array]]:
        n_rows = 0
        for batch in self._batches():
            columns = {ours: _as_read(ours, batch.column(theirs)) for ours, theirs in self._columns.items()}
            full = pc.not_equal(columns["url"], "")
            if "label" in columns:
                full = pc.and_kleene(full, _is_labelled(columns["label"]))
            full = pc.fill_null(full, False)
            for index in pc.indices_nonzero(pc.invert(full)).to_pylist():
                self._odd.add(n_rows + index + 1, str(batch.slice(index, 1).to_pylist()[0]).encode())
            n_rows += batch.num_rows
            yield {name: values.filter(full) for name, values in columns.items()}

    def _batches(self) -> Iterator[pa.RecordBatch]:
        wanted = sorted(set(self._columns.values()))
        try:
            with pq.ParquetFile(self._file.path, memory_map=False) as table:
                yield from table.iter_batches(BATCH_ROWS, columns=wanted, use_threads=False)
        except (pa.ArrowInvalid, OSError) as error:
            raise ListError(
                f"{self.name}: the Parquet file is damaged ({error}). Download or write it again."
            ) from error


def parquet_names(file: ListFile) -> list[str]:
    """The names of a Parquet file's columns."""
    names: list[str] = _schema(file).names
    return names


def list_columns(file: ListFile) -> frozenset[str]:
    """The columns of a Parquet file that hold lists."""
    return frozenset(field.name for field in _schema(file) if _is_list(field.type))


def _schema(file: ListFile) -> pa.Schema:
    try:
        return pq.read_schema(file.path)
    except (pa.ArrowInvalid, OSError) as error:
        raise ListError(f"{file.name}: no readable Parquet file ({error}). Write it again.") from error


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _as_read(ours: str, values: pa.Array) -> pa.Array:
    """One column as `rows` wants it."""
    if ours in ("sha256", "phash"):
        return values
    is_list = _is_list(values.type)
    if ours == "label" and is_list and not pa.types.is_nested(values.type.value_type):
        return values.cast(pa.list_(pa.string()))
    if ours == "score" and is_list and _is_number(values.type.value_type):
        return values.cast(pa.list_(pa.float64()))
    return _text(values)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _is_labelled(labels: pa.Array) -> pa.Array:
    if pa.types.is_list(labels.type):
        return pc.greater(pc.list_value_length(labels), 0)
    return pc.not_equal(labels, "")


def _text(values: pa.Array) -> pa.Array:
    """Any plain column as strings without surrounding blanks; lists and structs as nulls."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_nested(values.type):
        return pa.nulls(len(values), pa.string())
    if pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type):
        return pa.array([_decoded(value) for value in values.to_pylist()], pa.string())
    return pc.utf8_trim_whitespace(values.cast(pa.string()))


def _decoded(value: Any) -> str | None:
    return None if value is None else percent_encode_strays(value).decode().strip()
