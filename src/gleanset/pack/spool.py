"""The rows of a pack on disk, given back in any order with flat memory."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import StorageError, storage_errors
from ..urls import safe_name
from .job import PackRow
from .manifest import MANIFEST, Table, utc
from .splits import Splits, hash_of

_LATER = ("path", "class_index")
_SCHEMA = pa.schema(
    [
        *(field for field in MANIFEST if field.name not in _LATER),
        ("kept", pa.string()),
        ("segment", pa.string()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("folder", pa.string()),
        ("place", pa.uint64()),
    ]
)
_EARLIER = pa.schema([("key", pa.string()), ("path", pa.string()), ("stored_sha256", pa.string())])
_MEMORY = "256MB"
_BATCH = 4096
_ROWS = """
SELECT s.* REPLACE (coalesce(s.split, $default) AS split), e.path AS earlier
FROM spool s LEFT JOIN earlier e ON e.key = s.key AND e.stored_sha256 = s.stored_sha256
ORDER BY {order}
"""
_ORDERS = {False: "split, folder, key", True: "split, place, key"}


class Spool:
    """Takes rows in any order, tells their counts, gives them back sorted. Lives in a folder of its own."""

    def __init__(self, folder: Path, folders: Mapping[str, str], splits: Splits | None, seed: int) -> None:
        self._folder = folder
        self._path = folder / "rows.parquet"
        self._folders = folders
        self._splits = splits
        self._seed = str(seed)
        self._table = Table(self._path, _SCHEMA)
        self._by_split: Counter[str | None] = Counter()
        self.accepted: Counter[str] = Counter()
        self.formats: set[str] = set()
        self.revived: Counter[str] = Counter()
        self.n_bytes = 0

    def add(self, row: PackRow) -> None:
        """Keep one row. A split of its own becomes a folder's name like any foreign word."""
        stored = row.inspection.stored
        if stored is None:
            raise ValueError(f"{row.key} was accepted without a picture: that is a fault of ours")
        split = safe_name(row.split) if row.split else (self._splits.of(row.key) if self._splits else None)
        self.accepted[row.label] += 1
        self.n_bytes += stored.n_bytes
        self._by_split[split] += 1
        self.formats.add(stored.format)
        if row.revived is not None:
            self.revived[row.revived] += 1
        self._table.add(
            {
                "key": row.key,
                "label": row.label,
                "split": split,
                "url": row.url,
                "final_url": row.final_url or row.url,
                "revived": row.revived,
                "rotation": row.rotation or None,
                "host": row.host,
                "sha256": row.inspection.sha256.hex(),
                "phash": None if row.inspection.phash is None else f"{row.inspection.phash:016x}",
                "width": stored.width_px,
                "height": stored.height_px,
                "format": row.inspection.format,
                "stored_as": stored.how,
                "bytes": stored.n_bytes,
                "status": row.status,
                "fetched_at": utc(row.at_s),
                "licence": row.licence,
                "author": row.author,
                "caption": row.caption,
                "kept": row.kept,
                "stored_format": stored.format,
                "stored_sha256": stored.sha256.hex(),
                "segment": row.blob.segment,
                "offset": row.blob.offset,
                "length": row.blob.length,
                "folder": self._folders[row.label],
                "place": hash_of("place", self._seed, row.key),
            }
        )

    @property
    def n_rows(self) -> int:
        return self.accepted.total()

    def splits(self) -> list[tuple[str | None, int]]:
        """(name, images) in the order of the names; (None, n) alone where there are no splits."""
        merged: Counter[str | None] = Counter()
        for name, n in self._by_split.items():
            merged[name or self._default] += n
        return sorted(merged.items(), key=lambda item: item[0] or "")

    @property
    def _default(self) -> str | None:
        """The split of rows that have none, where others have one."""
        return "train" if any(self._by_split) else None

    @contextmanager
    def sorted_rows(self, shuffled: bool, earlier: Path | None) -> Iterator[Iterator[dict[str, Any]]]:
        """The manifest's rows without ``path`` and ``class_index``, and with where the body lies.

        Sorted by split, folder and key, or shuffled inside each split by the seed. Where one row has a split
        all have: ``train``. ``earlier``, a manifest, adds the path that held the same stored bytes.
        """
        query = _ROWS.format(order=_ORDERS[shuffled])
        with self._open(earlier) as database:
            batches = database.sql(query, params={"default": self._default}).to_arrow_reader(_BATCH)
            yield (row for batch in batches for row in batch.to_pylist())

    @contextmanager
    def identities(self) -> Iterator[Iterator[tuple[str, str, str | None, str]]]:
        """(key, label, split, sha256) of all rows, sorted by key."""
        query = "SELECT key, label, coalesce(split, $default) AS split, sha256 FROM spool ORDER BY key"
        with self._open(None) as database:
            batches = database.sql(query, params={"default": self._default}).to_arrow_reader(_BATCH)
            yield (tuple(row.values()) for batch in batches for row in batch.to_pylist())

    def close(self) -> None:
        """No more rows: from now on they can be read."""
        self._table.close()

    @contextmanager
    def _open(self, earlier: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
        database = duckdb.connect(
            config={"threads": 1, "memory_limit": _MEMORY, "temp_directory": str(self._folder / "sorting")}
        )
        try:
            database.register("spool", _reader(self._path, _SCHEMA))
            database.register("earlier", _reader(earlier, _EARLIER) if earlier else _EARLIER.empty_table())
            yield database
        except duckdb.Error as error:
            raise StorageError(f"sorting the rows in {self._folder}: {error}. Is the disk full?") from error
        finally:
            database.close()


def _reader(path: Path, schema: pa.Schema) -> pa.RecordBatchReader:
    """A Parquet file, batch by batch. DuckDB's own reader takes a ``*`` in a folder's name for a pattern."""
    with storage_errors("reading", path):
        batches = pq.ParquetFile(path).iter_batches(_BATCH, columns=schema.names)
        return pa.RecordBatchReader.from_batches(schema, (batch.select(schema.names) for batch in batches))
