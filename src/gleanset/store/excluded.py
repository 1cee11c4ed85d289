"""What a build must not contain, as it keeps it: read once, there for every later run."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..errors import StorageError
from .addresses import normalised
from .durable import open_atomically

SCHEMA = pa.schema(
    [
        ("url", pa.string()),
        ("digest", pa.binary()),
        ("phash", pa.uint64()),
        ("thumbnail", pa.binary()),
        ("source", pa.string()),
    ]
)
"""One row a URL in normal form, or a hash, or a picture. ``source``: where it was named."""
_META = b"gleanset.excluded"


@dataclass(frozen=True, slots=True)
class Part:
    """What one word of ``--exclude`` named when it was read."""

    path: str
    """Whole."""
    stamp: str
    """Changes when the file, or anything in the folder, does."""
    sha256: str
    """Hex, of the file; of a folder, of the names and digests of its files."""
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class Excluded:
    """Everything that must not get in."""

    parts: tuple[Part, ...] = ()
    n_first: int = 0
    """How many of them the build began with: its pool has none of their URLs."""

    @property
    def first(self) -> "Excluded":
        """What the build began with."""
        return Excluded(self.parts[: self.n_first], self.n_first)

    @property
    def urls(self) -> pa.StringArray:
        """In normal form, each once."""
        return pc.unique(self._rows.column("url")).drop_null()

    @property
    def digest(self) -> str:
        """Of all that is excluded, in hex; empty: nothing is."""
        told = "".join(f"{part.sha256}\n" for part in self.parts)
        return hashlib.sha256(told.encode()).hexdigest() if told else ""

    def pictures(self) -> Iterator[tuple[str, bytes | None, int | None, bytes | None]]:
        """(source, digest, perceptual hash, thumbnail) of every row that is no URL."""
        rows = self._rows.filter(pc.is_null(self._rows.column("url")))
        for batch in rows.select(["source", "digest", "phash", "thumbnail"]).to_batches():
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    @property
    def _rows(self) -> pa.Table:
        return pa.concat_tables([SCHEMA.empty_table(), *(part.rows for part in self.parts)])


def rows_of(
    source: str,
    urls: pa.StringArray | None = None,
    digests: Sequence[bytes] = (),
    phashes: Sequence[int] = (),
) -> pa.Table:
    """The rows of one file. URLs without a normal form, which can be in no pool, are left out."""
    fit = pa.array([], pa.string()) if urls is None else pc.unique(normalised(urls)).drop_null()
    n = len(fit) + len(digests) + len(phashes)
    columns = {
        "url": pa.concat_arrays([fit, pa.nulls(n - len(fit), pa.string())]),
        "digest": pa.array([*[None] * len(fit), *digests, *[None] * len(phashes)], pa.binary()),
        "phash": pa.array([*[None] * (n - len(phashes)), *phashes], pa.uint64()),
        "thumbnail": pa.nulls(n, pa.binary()),
        "source": pa.array([source] * n, pa.string()),
    }
    return pa.table(columns, schema=SCHEMA)


def write_excluded(path: Path, excluded: Excluded) -> None:
    """Keep it, whole or not at all."""
    parts = [[part.path, part.stamp, part.sha256, part.rows.num_rows] for part in excluded.parts]
    facts = {"parts": parts, "n_first": excluded.n_first}
    schema = SCHEMA.with_metadata({_META: json.dumps(facts)})
    with open_atomically(path) as file, pa.ipc.new_file(file, schema) as writer:
        for part in excluded.parts:
            writer.write_table(part.rows.cast(schema))


def read_excluded(path: Path) -> Excluded:
    """What was kept; nothing where there is no file. StorageError: it is damaged."""
    if not path.exists():
        return Excluded()
    try:
        with pa.OSFile(str(path)) as file:
            table = pa.ipc.open_file(file).read_all()
        facts = json.loads(table.schema.metadata[_META])
        parts, at = [], 0
        for whole, stamp, sha256, n in facts["parts"]:
            parts.append(Part(whole, stamp, sha256, table.slice(at, n).replace_schema_metadata()))
            at += n
        return Excluded(tuple(parts), facts["n_first"])
    except (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
        raise StorageError(
            f"{path}: what the build excludes cannot be read ({error}). Delete the file and name all of it "
            "again with --exclude, or restore it from a copy."
        ) from error
