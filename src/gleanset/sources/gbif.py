"""GBIF's downloads: the pictures of ``multimedia.txt`` joined with the species of ``occurrence.txt``.

Both are parted by tabs, without quotes. The picture's address is called ``identifier``.

Source: Darwin Core archives of api.gbif.org and two projects that read them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import ListError
from .base import Reading
from .delimited import read_fields
from .index import Codes, build_index, number_keys
from .joined import WHOLE, JoinedList, fields_of, header_of
from .opening import ListFile
from .settings import read_settings

_MULTIMEDIA = {
    "id": "gbifID",
    "kind": "type",
    "url": "identifier",
    "caption": "title",
    "creator": "creator",
    "licence": "license",
    "holder": "rightsHolder",
}


def role_of(file: ListFile) -> str | None:
    """What a file is in the archive: ``multimedia``, ``occurrence``; None: none of them."""
    names = set(header_of(file, "\t"))
    if {"gbifID", "identifier", "type"} <= names and "basisOfRecord" not in names:
        return "multimedia"
    return "occurrence" if "gbifID" in names and {"species", "taxonKey"} & names else None


class Gbif(JoinedList):
    """One row a picture. Sounds and films are left out, and so is what was not identified to the rank."""

    format = "gbif"

    def __init__(self, name: str, tables: Mapping[str, Sequence[ListFile]], reading: Reading) -> None:
        if not tables.get("occurrence"):
            raise ListError(
                f"{name}: GBIF's multimedia.txt without occurrence.txt, which has the species. "
                "Unpack it from the same archive into the same folder."
            )
        super().__init__(name, tables["multimedia"], tables["occurrence"], reading)
        self._rank = read_settings(self.format, reading.settings)["rank"]
        self._occurrences = tables["occurrence"]

    def _load(self) -> None:
        classes = Codes()
        batches = (batch for file in self._occurrences for batch in self._identified(file, classes))
        types = {"key": np.uint64, "code": np.int32}
        self._index = build_index(batches, types, self._reading.cache_dir)
        self._words = classes.words()

    def _identified(self, file: ListFile, classes: Codes) -> Iterator[dict[str, Any]]:
        wanted = fields_of(file, "\t", {"id": "gbifID", "class": self._rank}, (), {"id": WHOLE})
        for columns in read_fields(file, wanted, self.odd_of(file)):
            names = pc.utf8_trim_whitespace(columns["class"])
            kept = pc.not_equal(names, "")
            yield {
                "key": number_keys(columns["id"].filter(kept)),
                "code": classes.of(names.filter(kept)),
            }

    def _rows(self, file: ListFile) -> Iterator[dict[str, pa.Array]]:
        wanted = fields_of(file, "\t", _MULTIMEDIA, ["url"], {"id": WHOLE})
        for columns in read_fields(file, wanted, self.odd_of(file)):
            places = self._index.find(number_keys(columns["id"]))
            is_picture = np.asarray(pc.is_in(columns["kind"], pa.array(["StillImage", "Image", ""])))
            kept = is_picture & (places >= 0)
            rows = {name: values.filter(pa.array(kept)) for name, values in columns.items()}
            yield {
                "url": rows["url"],
                "label": self._words.take(pa.array(self._index.values("code", places[kept]))),
                "licence": rows["licence"],
                "author": pc.if_else(pc.equal(rows["creator"], ""), rows["holder"], rows["creator"]),
                "caption": rows["caption"],
            }

    def _nothing(self) -> str:
        return (
            f"no picture belongs to an occurrence with a {self._rank}. "
            "Check that both files come from one archive, or choose another rank="
        )
