"""Conceptual Captions with labels, as its authors publish it: five columns, parted by tabs, no header.

``caption<TAB>url<TAB>label,label ..<TAB>/m/id,/m/id ..<TAB>score,score ..``. The copy on Hugging Face has the
same as lists in Parquet, which any table may have.

Source: ai.google.com/research/ConceptualCaptions, "Image Labels".
"""

import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from .base import Reading
from .delimited import Fields, read_fields
from .opening import ListFile
from .rows import TableSource

_SCORES = re.compile(r"\d*\.?\d+(?:,\d*\.?\d+)*")
_NUMBERS = r"(?:\d*\.?\d+(?:,\d*\.?\d+)*)?"


def is_labelled(fields: list[str]) -> bool:
    """Whether a line has the five fields."""
    return (
        len(fields) == 5
        and fields[1].startswith(("http://", "https://"))
        and fields[3].startswith("/")
        and bool(_SCORES.fullmatch(fields[4]))
    )


class LabelledCaptions(TableSource):
    """Several scored labels an image."""

    def __init__(self, file: ListFile, reading: Reading) -> None:
        super().__init__(file, "conceptual-captions", {"url": "url", "label": "label"}, None)
        self.rule = reading.labels
        indices = {"caption": 0, "url": 1, "label": 2, "score": 4}
        self._fields = Fields("\t", 5, indices, False, frozenset({"url", "label"}), {"score": _NUMBERS})

    def _read(self) -> Iterator[dict[str, pa.Array]]:
        for columns in read_fields(self._file, self._fields, self._odd):
            scores = pc.split_pattern(columns["score"], ",")
            numbers = pc.if_else(pc.equal(scores.flatten(), ""), "0", scores.flatten()).cast(pa.float64())
            yield {
                "url": columns["url"],
                "caption": columns["caption"],
                "label": pc.split_pattern(columns["label"], ","),
                "score": pa.ListArray.from_arrays(scores.offsets, numbers),
            }
