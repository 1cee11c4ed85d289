"""YFCC100M by tag: each tag that a Flickr user gave a photo is a label.

The published table is parted by tabs and has no header (23 columns; 25 in the edition with line numbers and
hashes); copies as CSV name their columns. Texts are percent-encoded, tags are parted by commas.

Source: the data set's README, and the header of mehdidc/yfcc15m.
"""

from collections.abc import Iterator, Sequence
from urllib.parse import unquote_plus

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .base import Reading
from .delimited import Fields, read_fields
from .opening import ListFile
from .rows import TableSource

NAMES_23: Sequence[str] = """
photoid uid unickname datetaken dateuploaded capturedevice title description usertags machinetags longitude
latitude accuracy pageurl downloadurl licensename licenseurl serverid farmid secret secretoriginal ext marker
""".split()  # noqa: SIM905 - as a list it takes 23 lines
NAMES_25 = ["line", "photoid", "hash", *NAMES_23[1:]]
_WANTED = {
    "url": "downloadurl",
    "tags": "usertags",
    "origin": "photoid",
    "licence": "licensename",
    "author": "unickname",
    "caption": "title",
    "marker": "marker",
}
_FILM = "1"


def names_of(fields: Sequence[str]) -> Sequence[str] | None:
    """The columns of a table whose first line has these fields; None: it is none of YFCC's."""
    if {"photoid", "downloadurl", "usertags"} <= set(fields):
        return fields
    for names in (NAMES_23, NAMES_25):
        if len(fields) == len(names) and fields[-1] in ("0", "1"):
            address = fields[names.index("downloadurl")]
            return names if address.startswith(("http://", "https://")) else None
    return None


class YfccByTag(TableSource):
    """A row for each photo and tag, unless ``--labels`` says otherwise; films and bare photos give none."""

    def __init__(
        self, file: ListFile, delimiter: str, first: Sequence[str], names: Sequence[str], reading: Reading
    ) -> None:
        super().__init__(file, "yfcc", {"url": "downloadurl", "label": "usertags"}, None)
        self.rule = reading.labels or "each"
        indices = {ours: names.index(theirs) for ours, theirs in _WANTED.items() if theirs in names}
        self._fields = Fields(delimiter, len(names), indices, list(first) == list(names), frozenset({"url"}))

    def _read(self) -> Iterator[dict[str, pa.Array]]:
        for columns in read_fields(self._file, self._fields, self._odd):
            kept = pc.not_equal(columns["tags"], "")
            if "marker" in columns:
                kept = pc.and_(kept, pc.not_equal(columns["marker"], _FILM))
            rows = {name: values.filter(kept) for name, values in columns.items()}
            texts = {name: _decoded(rows[name]) for name in ("author", "caption") if name in rows}
            tags = pc.split_pattern(rows["tags"], ",")
            labels = pa.ListArray.from_arrays(tags.offsets, _decoded(tags.flatten()))
            given = {name: rows[name] for name in ("url", "origin", "licence") if name in rows}
            yield given | texts | {"label": labels}


def _decoded(texts: pa.StringArray) -> pa.Array:
    """Percent-encoded texts as they were written; each different one is decoded once."""
    encoded = texts.dictionary_encode()
    words = [unquote_plus(word).strip() for word in encoded.dictionary.to_pylist()]
    return pa.array(words, pa.string()).take(pa.array(np.asarray(encoded.indices)))
