"""Tencent ML-Images: ``url<TAB>class:score<TAB>class:score ..``, and the dictionary that names the classes.

Source: github.com/Tencent/tencent-ml-images. Its README shows blanks between the fields, its files have tabs.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import ListError
from ..terms.synset import Synset
from .base import Reading
from .labels import depths_in
from .lines import BOM, Lines
from .opening import ListFile
from .rows import TableSource
from .settings import read_settings

DICTIONARY = "dictionary_and_semantic_hierarchy.txt"
_SCORED = r"\d{1,9}:(?:\d{1,17}(?:\.\d+)?|\.\d+)"
_ROW = rf"^(?P<url>\S+)[ \t]+(?P<scores>{_SCORED}(?:[ \t]+{_SCORED})*)[ \t]*$"
_SCORE = r"^(?P<label>\d+):(?P<score>[\d.]+)$"


class TencentImages(TableSource):
    """Several scored classes an image. With the dictionary the labels are wnids, else its class numbers."""

    def __init__(self, file: ListFile, reading: Reading) -> None:
        super().__init__(file, "tencent", {"url": "url", "label": "label", "score": "score"}, None)
        said = read_settings("tencent", reading.settings)["dictionary"]
        path = Path(said) if said else next(filter(Path.is_file, _places(file.path)), None)
        self.rule = reading.labels
        self._dictionary = b"" if path is None else _read(path)
        self._ids, self.synsets = _classes(self._dictionary, str(path))
        if self.synsets:
            self.depths = depths_in({one.id: one.parents for one in self.synsets})

    @property
    def reading(self) -> str:
        dictionary = hashlib.sha256(self._dictionary).hexdigest()[:16] if self._dictionary else "none"
        return f"tencent dictionary={dictionary} {self.rule or ''}".rstrip()

    def _read(self) -> Iterator[dict[str, pa.Array]]:
        n_lines = 0
        for chunk in self._file.chunks():
            lines = Lines.of(chunk if n_lines else chunk.removeprefix(BOM))
            text = lines.strings(lines.starts, lines.ends)
            fields = pc.extract_regex(text, _ROW)
            is_blank = np.asarray(pc.equal(pc.utf8_trim_whitespace(text), ""))
            is_row = np.asarray(pc.is_valid(fields))
            for index in np.flatnonzero(~is_row & ~is_blank).tolist():
                self._odd.add(n_lines + index + 1, lines.line(index))
            n_lines += len(lines)
            rows = fields.filter(pa.array(is_row))
            yield {"url": rows.field("url")} | self._scored(rows.field("scores"))

    def _scored(self, scores: pa.StringArray) -> dict[str, pa.Array]:
        lists = pc.split_pattern_regex(scores, r"[ \t]+")
        pairs = pc.extract_regex(lists.flatten(), _SCORE)
        numbers = pc.struct_field(pairs, "label")
        labels = self._labels(numbers) if len(self._ids) else numbers
        values = pc.struct_field(pairs, "score").cast(pa.float64())
        return {
            "label": pa.ListArray.from_arrays(lists.offsets, labels),
            "score": pa.ListArray.from_arrays(lists.offsets, values),
        }

    def _labels(self, numbers: pa.StringArray) -> pa.Array:
        """Class numbers as ids; null for numbers beyond the dictionary."""
        places = np.asarray(numbers.cast(pa.int64()))
        return self._ids.take(pa.array(places, mask=places >= len(self._ids)))


def _places(list_path: Path) -> tuple[Path, ...]:
    """Where the dictionary may lie: beside the list, or where the repository has it."""
    folder = list_path.absolute().parent
    return folder / DICTIONARY, folder / "data" / DICTIONARY, folder.parent / "data" / DICTIONARY


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ListError(
            f"{path}: the dictionary cannot be read ({error.strerror}). Check the path."
        ) from error


def _classes(text: bytes, name: str) -> tuple[pa.StringArray, tuple[Synset, ...]]:
    """Ids by class number, and what is known of each: ``index<TAB>id<TAB>parent's index<TAB>names``."""
    rows = [line.split("\t") for line in text.decode("utf-8", "replace").splitlines()[1:]]
    ids = {row[0]: row[1] for row in rows if len(row) == 4 and row[1]}
    if text and [*ids] != [str(number) for number in range(len(ids))]:
        raise ListError(
            f"{name}: no dictionary of Tencent ML-Images. It has a header and, counted from 0, "
            "category_index, category_id, index_of_parent_category and category name. Download it again."
        )
    synsets = (
        Synset(row[1], tuple(row[3].split(", ")), "", tuple(ids[up] for up in (row[2],) if up in ids))
        for row in rows
        if len(row) == 4
    )
    return pa.array(list(ids.values()), pa.string()), tuple(synsets)
