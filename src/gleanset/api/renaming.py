"""A list as a class table sees it: labels under their new names, splits where the table demands them."""

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from ..catalog.select import Selection
from ..sources.base import Source
from ..store.rows import LabelledRows


class Renamed:
    """The rows of a list whose labels were chosen, each with the label of its class in the dataset."""

    def __init__(self, source: Source, class_of: Mapping[str, str], splits: Mapping[str, str]) -> None:
        self._source = source
        self._raw = pa.array(list(class_of), pa.string())
        self._new = pa.array(list(class_of.values()), pa.string())
        self._splits = pa.array([splits.get(raw) for raw in class_of], pa.string())
        self._has_splits = bool(splits)

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

    def digest(self) -> str:
        return self._source.digest()

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


def as_chosen(source: Source, selection: Selection) -> LabelledRows:
    """The list itself where every chosen label keeps its name, else the list renamed."""
    if not selection.merges and not selection.splits:
        return source
    return Renamed(source, selection.class_of, selection.splits)
