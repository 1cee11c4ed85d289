"""The tables of a dataset: what is in it, what became of every URL. Parquet, the same bytes every time."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from json import dumps
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import storage_errors

_TIME = pa.timestamp("us", tz="UTC")

MANIFEST = pa.schema(
    [
        ("key", pa.string()),
        ("path", pa.string()),
        ("label", pa.string()),
        ("class_index", pa.int32()),
        ("split", pa.string()),
        ("url", pa.string()),
        ("final_url", pa.string()),
        ("host", pa.string()),
        ("sha256", pa.string()),
        ("phash", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("format", pa.string()),
        ("stored_as", pa.string()),
        ("bytes", pa.int64()),
        ("status", pa.int32()),
        ("fetched_at", _TIME),
        ("licence", pa.string()),
        ("author", pa.string()),
        ("caption", pa.string()),
        ("stored_format", pa.string()),
        ("stored_sha256", pa.string()),
        ("revived", pa.string()),
        ("rotation", pa.int32()),
    ]
)
"""One row an image, in the order of the files (image folder) or of the shards.

``sha256`` is of the body as it was fetched, ``format`` what that was; ``width``, ``height``, ``bytes``,
``stored_format`` and ``stored_sha256`` are of the file in ``data``, and ``stored_as`` says how it was made
(``original``: byte for byte). ``rotation``: degrees counter-clockwise by which the list had it turned after
the EXIF turn; null for none. ``sha256`` and ``phash`` are lower-case hex of 64 and 16 digits: they survive
CSV and JSON, and ``bit_count(xor(('0x' || a)::UBIGINT, ('0x' || b)::UBIGINT))`` is their distance in DuckDB.
"""


def manifest_with(kept: Sequence[str]) -> pa.Schema:
    """The manifest's columns and those that are kept of the list."""
    return pa.schema([*MANIFEST, *((kept_name(name), pa.string()) for name in kept)])


def kept_name(name: str) -> str:
    """What a kept column is called: as in the list, unless the manifest has something of this name."""
    return f"list_{name}" if name in MANIFEST.names else name


OUTCOMES = pa.schema(
    [
        ("url", pa.string()),
        ("label", pa.string()),
        ("host", pa.string()),
        ("verdict", pa.string()),
        ("reason", pa.string()),
        ("attempts", pa.int32()),
        ("status", pa.int32()),
        ("elapsed_s", pa.float64()),
        ("at", _TIME),
        ("revived", pa.string()),
        ("evidence", pa.string()),
    ]
)
_ROWS_A_BATCH = 2_048
_BATCHES_A_GROUP = 32


class Table:
    """A Parquet file that grows by row groups of 65,536 rows; memory holds one of them, as columns.

    Raises:
        StorageError: the disk is full, read-only or failing.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._schema = schema
        self._rows: list[Mapping[str, Any]] = []
        self._batches: list[pa.RecordBatch] = []
        with storage_errors("writing", path):
            self._writer = pq.ParquetWriter(path, schema, compression="zstd")

    def add(self, row: Mapping[str, Any]) -> None:
        """Keep the columns of the schema; what else is in ``row`` is left out."""
        self._rows.append(row)
        if len(self._rows) == _ROWS_A_BATCH:
            self._fold()
            if len(self._batches) == _BATCHES_A_GROUP:
                self._write()

    def close(self) -> None:
        """Write what is left and the footer."""
        with storage_errors("writing", self._path), closing(self._writer):
            self._fold()
            self._write()

    def _fold(self) -> None:
        if self._rows:
            self._batches.append(pa.RecordBatch.from_pylist(self._rows, self._schema))
            self._rows = []

    def _write(self) -> None:
        if self._batches:
            with storage_errors("writing", self._path):
                self._writer.write_table(pa.Table.from_batches(self._batches))
            self._batches = []


def utc(at_s: float | None) -> datetime | None:
    """Seconds since 1970 as a time, to the microsecond."""
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC)


def digest_of(rows: Iterable[tuple[str, str, str | None, str]]) -> str:
    """The dataset's identity: SHA-256 in hex over rows (key, label, split, sha256 in hex), sorted by key.

    Hashed is one line an image, the four as compact JSON in UTF-8, ``null`` where there is no split::

        ["n02084071_1234","n02084071","train","9f86d0..."]\\n

    So it depends on neither the form of the dataset nor on how its pictures were stored.
    """
    total = sha256()
    for row in rows:
        total.update(dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return total.hexdigest()
