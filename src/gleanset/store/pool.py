"""The candidates on disk: one Arrow file, written once, mapped into memory, never changed.

Rows are sorted by (class, seeded hash of the URL), and a row's place is its number for good. Behind the
candidates lie the rows that never became any.
"""

import bisect
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import StorageError
from ..terms.candidate import Candidate, Expected
from ..urls import FLICKR
from .durable import open_atomically

EXTRAS = ("licence", "author", "caption")
POOL_SCHEMA = pa.schema(
    [
        pa.field("url", pa.string(), nullable=False),
        pa.field("label", pa.int32(), nullable=False),
        ("host", pa.int32()),
        ("key", pa.string()),
        ("split", pa.string()),
        ("sha256", pa.binary()),
        ("phash", pa.uint64()),
        *((name, pa.string()) for name in EXTRAS),
        ("reason", pa.string()),
    ]
)
"""``host`` to ``caption`` are null for rows that are no candidates, ``reason`` for those that are."""
ORIGINALS = pa.schema(
    [("md5", pa.binary()), ("n_bytes", pa.uint64()), ("rotation", pa.int32()), ("kept", pa.string())]
)
"""Further columns of a pool some of whose lists have them: most have not, and 16 bytes a row are many."""
_META = b"gleanset.pool"


@dataclass(frozen=True, slots=True)
class Original:
    """What a list says of the file at a candidate's URL; None where it says nothing."""

    md5: bytes | None = None
    n_bytes: int | None = None
    rotation: int | None = None
    """Degrees counter-clockwise by which the picture has to be turned to stand upright."""


class Pool:
    """Candidates by number. Opening costs no reading; memory stays flat."""

    def __init__(self, table: pa.Table) -> None:
        facts = json.loads(table.schema.metadata[_META])
        self.n: int = facts["n"]
        """Candidates: 0 to n - 1."""
        self.labels: tuple[str, ...] = tuple(facts["labels"])
        """In the order in which ``Candidate.label`` counts them; some may have no candidate."""
        self.hosts: tuple[str, ...] = tuple(facts["hosts"])
        """Politeness groups, in the order in which ``Candidate.host`` counts them."""
        self.seed: int = facts["seed"]
        batches = [batch for batch in table.to_batches() if batch.num_rows]
        self._starts = np.cumsum([0, *(batch.num_rows for batch in batches)]).tolist()
        self._columns = {
            name: [batch.column(name) for batch in batches]
            for name in table.schema.names
            if any(batch.column(name).null_count < batch.num_rows for batch in batches)
        }
        """Without those that say nothing: most lists have an address and a label, no more."""
        self._table = table

    @classmethod
    def open(cls, path: Path) -> "Pool":
        """Map the file that ``write_pool`` wrote. StorageError: absent, or not whole."""
        try:
            return cls(pa.ipc.open_file(pa.memory_map(str(path))).read_all())
        except (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
            raise StorageError(
                f"{path}: no readable candidate pool ({error}). "
                "Restore it from a copy, or begin in another folder."
            ) from error

    @cached_property
    def label(self) -> npt.NDArray[np.int32]:
        """(n,) the class of every candidate, ascending."""
        return self._numbers("label")

    @cached_property
    def host(self) -> npt.NDArray[np.int32]:
        """(n,) the politeness group of every candidate."""
        return self._numbers("host")

    @cached_property
    def flickr(self) -> npt.NDArray[np.bool_]:
        """(len(hosts),) which group is Flickr's: one at most."""
        return np.array([name == FLICKR for name in self.hosts], bool)

    @property
    def unfit(self) -> pa.Table:
        """The rows that never became candidates: ``url`` as the list has it, ``label``, ``reason``.

        Reasons are ``bad-url``, ``excluded`` and ``label-conflict``.
        """
        rest = self._table.slice(self.n)
        labels = pa.array(self.labels, pa.string()).take(rest.column("label").combine_chunks())
        return pa.table({"url": rest.column("url"), "label": labels, "reason": rest.column("reason")})

    def url(self, i: int) -> str:
        """As it goes on the wire."""
        return self._cell("url", i)  # type: ignore[no-any-return]

    def key(self, i: int) -> str:
        """The stem of the candidate's file."""
        return self._cell("key", i)  # type: ignore[no-any-return]

    def candidate(self, i: int) -> Candidate:
        """The whole row as a value."""
        return Candidate(
            id=i,
            url=self.url(i),
            key=self.key(i),
            label=self._cell("label", i),
            host=self._cell("host", i),
            expected=self._expected(i),
            split=self._cell("split", i),
            rotation=self.rotation(i),
        )

    def _expected(self, i: int) -> Expected | None:
        """A digest without the look, or the reverse, is no manifest's."""
        sha256, phash = self._cell("sha256", i), self._cell("phash", i)
        if sha256 is None or phash is None:
            sha256 = phash = None
        md5, n_bytes = self._cell("md5", i), self._cell("n_bytes", i)
        said = (sha256, phash, md5, n_bytes)
        return None if said == (None, None, None, None) else Expected(*said)

    def find(self, urls: Sequence[str]) -> dict[str, int]:
        """Which of these URLs are candidates, and their numbers; of one in several classes, the last."""
        return dict(self.find_all(pa.array(urls, pa.string())))

    def find_all(self, urls: pa.StringArray) -> Iterator[tuple[str, int]]:
        """(URL, candidate) of all candidates with one of these URLs. Reads the column of URLs once."""
        for batch, start in zip(self._columns.get("url", ()), self._starts, strict=False):
            for place in pc.indices_nonzero(pc.is_in(batch, urls)).to_pylist():
                if start + place < self.n:
                    yield batch[place].as_py(), start + place

    @property
    def has_licences(self) -> bool:
        """Whether any row says under which licence its picture is."""
        return "licence" in self._columns

    def extra(self, i: int) -> dict[str, str]:
        """``licence``, ``author`` and ``caption`` where the list has them."""
        return {name: value for name in EXTRAS if (value := self._cell(name, i)) is not None}

    def kept(self, i: int) -> str | None:
        """What else is to be kept of the candidate's row, as a JSON object of texts."""
        return self._cell("kept", i)  # type: ignore[no-any-return]

    @property
    def has_md5s(self) -> bool:
        """Whether any row says what the MD5 of its file is."""
        return "md5" in self._columns

    def rotation(self, i: int) -> int:
        """0, 90, 180 or 270: how far the candidate's picture has to be turned. Other angles count as 0."""
        degrees = self._cell("rotation", i) or 0
        return 0 if degrees % 90 else degrees % 360

    def original(self, i: int) -> Original:
        """What the list says of the candidate's file (Open Images: its MD5, size and rotation)."""
        return Original(*(self._cell(name, i) for name in ("md5", "n_bytes", "rotation")))

    def parts(self, *names: str) -> Iterator[tuple[int, dict[str, pa.Array]]]:
        """Columns of the candidates batch by batch: (the first one's number, column by name)."""
        batches = (batch for batch in self._table.to_batches() if batch.num_rows)
        for batch, start in zip(batches, self._starts, strict=False):
            n_rows = min(batch.num_rows, self.n - start)
            if n_rows > 0:
                yield start, {name: batch.column(name).slice(0, n_rows) for name in names}

    def _cell(self, column: str, i: int) -> Any:
        if not 0 <= i < self.n:
            raise IndexError(f"candidate {i} of a pool of {self.n}")
        if column not in self._columns:
            return None
        batch = bisect.bisect_right(self._starts, i) - 1
        return self._columns[column][batch][i - self._starts[batch]].as_py()

    def _numbers(self, column: str) -> npt.NDArray[np.int32]:
        numbers = self._table.column(column).slice(0, self.n)
        return np.asarray(numbers.cast(pa.int32()), np.int32)


def write_pool(
    path: Path,
    batches: Iterator[pa.RecordBatch],
    *,
    n: int,
    labels: Sequence[str],
    hosts: Sequence[str],
    seed: int,
    schema: pa.Schema = POOL_SCHEMA,
) -> None:
    """Write a pool whole or not at all: ``n`` candidates in their order, then the rows that are none.

    ``schema``: that of ``batches``, with or without ``ORIGINALS``.
    """
    facts = {"n": n, "labels": list(labels), "hosts": list(hosts), "seed": seed}
    schema = schema.with_metadata({_META: json.dumps(facts)})
    with open_atomically(path) as file, pa.ipc.new_file(file, schema) as writer:
        for batch in batches:
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
