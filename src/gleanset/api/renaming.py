"""A list as the recipe sees it: rows of the wanted hosts, labels under the names that a table gives them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..catalog.select import Selection
from ..errors import ListError
from ..store.addresses import HostClaims, Hosts, normalised
from ..store.ingest import host_wanted
from ..store.rows import LabelledRows
from ..terms.licence import UNKNOWN, canonical, matches
from ..terms.synset import Synset


class _Seen:
    """A list through glasses: everything is the list's own but the rows."""

    def __init__(self, source: LabelledRows) -> None:
        self._source = source

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def reading(self) -> str:
        return self._source.reading

    @property
    def known_digest(self) -> str | None:
        return self._source.known_digest

    @property
    def odd_lines(self) -> int:
        return self._source.odd_lines

    @property
    def odd_examples(self) -> list[tuple[str, int, str]]:
        return self._source.odd_examples

    @property
    def synsets(self) -> tuple[Synset, ...]:
        """What the list itself says of its classes: names, and what lies above; empty for most."""
        return tuple(getattr(self._source, "synsets", ()))

    def digest(self) -> str:
        return self._source.digest()


class Watched(_Seen):
    """The list itself; ``check`` is called between batches, and may raise."""

    def __init__(self, source: LabelledRows, check: Callable[[], None]) -> None:
        super().__init__(source)
        self._check = check

    def batches(self) -> Iterator[pa.RecordBatch]:
        for batch in self._source.batches():
            self._check()
            yield batch


class OfHosts(_Seen):
    """The rows whose host matches a pattern of ``hosts`` (none: all) and none of ``exclude_hosts``."""

    def __init__(self, source: LabelledRows, hosts: Sequence[str], exclude_hosts: Sequence[str]) -> None:
        super().__init__(source)
        self._hosts = Hosts()
        self._wanted = HostClaims(self._hosts, lambda name, _: host_wanted(name, hosts, exclude_hosts))

    def batches(self) -> Iterator[pa.RecordBatch]:
        for batch in self._source.batches():
            numbers = self._hosts.of(batch.column("url"))
            yield batch.filter(pa.array(self._wanted.of(numbers)))


class OfLicences(_Seen):
    """The rows under one of these licences. What is counted of them is kept apart from the whole list's."""

    def __init__(self, source: LabelledRows, licences: Sequence[str]) -> None:
        super().__init__(source)
        self._wanted = tuple(licences)

    @property
    def reading(self) -> str:
        return f"{self._source.reading} licence {sorted(self._wanted)}"

    def batches(self) -> Iterator[pa.RecordBatch]:
        for batch in self._source.batches():
            if "licence" in batch.schema.names:
                column = batch.column("licence").dictionary_encode(null_encoding="encode")
                good = [matches(canonical(text), self._wanted) for text in column.dictionary.to_pylist()]
                yield batch.filter(pa.array(np.array([*good, False], bool)[np.asarray(column.indices)]))
            else:
                yield batch if matches(UNKNOWN, self._wanted) else batch.slice(0, 0)


class InSplit(_Seen):
    """A list whose images all go to one split, whatever its rows say."""

    def __init__(self, source: LabelledRows, split: str) -> None:
        super().__init__(source)
        self._split = split

    @property
    def reading(self) -> str:
        return f"{self._source.reading} split {self._split}"

    def batches(self) -> Iterator[pa.RecordBatch]:
        for batch in self._source.batches():
            column = pa.repeat(pa.scalar(self._split, pa.string()), batch.num_rows)
            at = batch.schema.get_field_index("split")
            if at < 0:
                yield batch.append_column("split", column)
            else:
                yield batch.set_column(at, "split", column)


class Keeping(_Seen):
    """A list of which further columns are to be kept; ListError where its format has none to keep."""

    def batches(self) -> Iterator[pa.RecordBatch]:
        for batch in self._source.batches():
            if "kept" not in batch.schema.names:
                raise ListError(
                    f"{self.name}: --keep-cols. Lists of this format have no further columns. Leave it out."
                )
            yield batch


class Without(_Seen):
    """The rows whose URL, in normal form, is none of these."""

    def __init__(self, source: LabelledRows, urls: pa.StringArray, digest: str) -> None:
        """``digest``: of what is left out."""
        super().__init__(source)
        self._urls = urls
        self._left_out = digest

    def batches(self) -> Iterator[pa.RecordBatch]:
        for batch in self._source.batches():
            yield batch.filter(pc.invert(pc.is_in(normalised(batch.column("url")), self._urls)))

    def digest(self) -> str:
        """Of another list."""
        return sha256(f"{self._source.digest()} without {self._left_out}".encode()).hexdigest()


class Picked(_Seen):
    """Some rows of a list by their numbers, counted from ``first``; they need not be this list's own."""

    def __init__(self, source: LabelledRows, rows: npt.NDArray[np.int64], first: int = 0) -> None:
        """``rows``: ascending."""
        super().__init__(source)
        self._rows = rows
        self._first = first

    def batches(self) -> Iterator[pa.RecordBatch]:
        passed = self._first
        for batch in self._source.batches():
            start, end = np.searchsorted(self._rows, (passed, passed + batch.num_rows))
            if end > start:
                yield batch.take(pa.array(self._rows[start:end] - passed))
            passed += batch.num_rows


class Renamed(_Seen):
    """The rows of a list whose labels were chosen, each with the label of its class in the dataset."""

    def __init__(self, source: LabelledRows, class_of: Mapping[str, str], splits: Mapping[str, str]) -> None:
        super().__init__(source)
        self._raw = pa.array(list(class_of), pa.string())
        self._new = pa.array(list(class_of.values()), pa.string())
        self._splits = pa.array([splits.get(raw) for raw in class_of], pa.string())
        self._has_splits = bool(splits)

    def batches(self) -> Iterator[pa.RecordBatch]:
        for batch in self._source.batches():
            places = pc.index_in(batch.column("label"), self._raw)
            chosen = pc.is_valid(places)
            rows = batch.filter(chosen)
            if rows.num_rows:
                yield self._named(rows, places.filter(chosen))

    def _named(self, batch: pa.RecordBatch, places: pa.Array) -> pa.RecordBatch:
        at = batch.schema.get_field_index("label")
        named = batch.set_column(at, "label", self._new.take(places))
        if not self._has_splits:
            return named
        demanded = self._splits.take(places)
        at = named.schema.get_field_index("split")
        if at < 0:
            return named.append_column("split", demanded)
        return named.set_column(at, "split", pc.coalesce(demanded, named.column("split")))


def as_chosen(source: LabelledRows, selection: Selection) -> LabelledRows:
    """The list itself where every chosen label keeps its name, else the list renamed."""
    if not selection.merges and not selection.splits:
        return source
    return Renamed(source, selection.class_of, selection.splits)
