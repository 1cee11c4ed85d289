"""iNaturalist's open data: photos joined with observations, taxa and observers.

All tables are parted by tabs and know no quotes. The pictures lie on one fast host that asks for no account.

Source: s3://inaturalist-open-data and github.com/inaturalist/inaturalist-open-data (README, SQL example).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import ListError
from .base import Reading
from .delimited import read_fields
from .index import UUID, Codes, KeyIndex, build_index, number_keys, uuid_keys
from .joined import WHOLE, JoinedList, fields_of, header_of
from .opening import ListFile
from .settings import read_settings

HOST = "https://inaturalist-open-data.s3.amazonaws.com/photos"
_PHOTOS = {
    "observation": "observation_uuid",
    "observer": "observer_id",
    "id": "photo_id",
    "extension": "extension",
    "licence": "license",
}
_OBSERVATIONS = {"uuid": "observation_uuid", "taxon": "taxon_id", "grade": "quality_grade"}
_TAXA = {"id": "taxon_id", "ancestry": "ancestry", "rank": "rank", "name": "name"}
_OBSERVERS = {"id": "observer_id", "login": "login", "name": "name"}
_BETWEEN_ANCESTORS = re.compile(r"[/\\]")
"""The README says a backslash, its example and the files have a slash."""
_NO_CLASS = -1


def role_of(file: ListFile) -> str | None:
    """What a file is among the tables: ``photos``, ``observations``, ``taxa``, ``observers``; None: none."""
    names = set(header_of(file, "\t"))
    if {"photo_id", "observation_uuid", "extension"} <= names:
        return "photos"
    if {"observation_uuid", "taxon_id", "quality_grade"} <= names:
        return "observations"
    if {"taxon_id", "ancestry", "rank"} <= names:
        return "taxa"
    return "observers" if {"observer_id", "login"} <= names else None


class INaturalist(JoinedList):
    """One row a photo of an observation that counts and whose taxon has an ancestor of the wanted rank."""

    format = "inaturalist"

    def __init__(self, name: str, tables: Mapping[str, Sequence[ListFile]], reading: Reading) -> None:
        missing = [role for role in ("observations", "taxa") if not tables.get(role)]
        if missing:
            raise ListError(
                f"{name}: photos of iNaturalist without {' and '.join(missing)}. "
                f"Put {missing[0]}.csv.gz beside them, from s3://inaturalist-open-data."
            )
        others = [*tables["taxa"], *tables.get("observers", ()), *tables["observations"]]
        super().__init__(name, tables["photos"], others, reading)
        self._said = read_settings(self.format, reading.settings)
        self._taxa, self._observations = tables["taxa"], tables["observations"]
        self._observers = tables.get("observers", ())

    def _load(self) -> None:
        classes = Codes()
        class_of = self._classes(classes)
        self._words = classes.words()
        batches = (batch for file in self._observations for batch in self._identified(file, class_of))
        types = {"key": np.uint64, "check": np.uint64, "code": np.int32}
        self._index = build_index(batches, types, self._reading.cache_dir)
        self._people = self._authors()

    def _classes(self, classes: Codes) -> KeyIndex:
        """Taxon to class. Where two taxa of the rank share a name (``Oenanthe``) their ids part them."""
        rank = self._said["rank"]
        taxa: dict[str, tuple[str, str, str]] = {}
        for file in self._taxa:
            wanted = fields_of(file, "\t", _TAXA, ["name", "rank"], {"id": WHOLE})
            for columns in read_fields(file, wanted, self.odd_of(file)):
                rows = zip(*(columns[name].to_pylist() for name in _TAXA), strict=True)
                taxa.update((id_, (ancestry, of_rank, name)) for id_, ancestry, of_rank, name in rows)
        at_rank = {id_ for id_, (_, of_rank, _) in taxa.items() if rank in ("taxon", of_rank)}
        n_named: dict[str, int] = {}
        for id_ in at_rank:
            name = taxa[id_][2]
            n_named[name] = n_named.get(name, 0) + 1
        found: dict[str, str] = {}
        for id_, (ancestry, _, _) in taxa.items():
            line = (id_, *reversed(_BETWEEN_ANCESTORS.split(ancestry)))
            above = next((one for one in line if one in at_rank), None)
            if above is not None:
                name = taxa[above][2]
                found[id_] = name if n_named[name] == 1 else f"{name} ({above})"
        keys = number_keys(pa.array(list(found), pa.string()))
        codes = classes.of(pa.array(list(found.values()), pa.string()))
        types = {"key": np.uint64, "code": np.int32}
        return build_index([{"key": keys, "code": codes}], types, self._reading.cache_dir)

    def _identified(self, file: ListFile, class_of: KeyIndex) -> Iterator[dict[str, Any]]:
        grade = self._said["grade"]
        wanted = fields_of(file, "\t", _OBSERVATIONS, (), {"uuid": UUID, "taxon": rf"(?:{WHOLE})?"})
        for columns in read_fields(file, wanted, self.odd_of(file)):
            kept = pc.not_equal(columns["taxon"], "")
            if grade != "any":
                kept = pc.and_(kept, pc.equal(columns["grade"], grade))
            keys, check = uuid_keys(columns["uuid"].filter(kept))
            codes = _codes(class_of, columns["taxon"].filter(kept))
            has_class = codes != _NO_CLASS
            yield {"key": keys[has_class], "check": check[has_class], "code": codes[has_class]}

    def _authors(self) -> tuple[KeyIndex, pa.StringArray] | None:
        if not self._observers:
            return None
        people = Codes()
        batches = (batch for file in self._observers for batch in self._named(file, people))
        types = {"key": np.uint64, "code": np.int32}
        return build_index(batches, types, self._reading.cache_dir), people.words()

    def _named(self, file: ListFile, people: Codes) -> Iterator[dict[str, Any]]:
        wanted = fields_of(file, "\t", _OBSERVERS, (), {"id": WHOLE})
        for columns in read_fields(file, wanted, self.odd_of(file)):
            names = pc.if_else(pc.equal(columns["name"], ""), columns["login"], columns["name"])
            yield {"key": number_keys(columns["id"]), "code": people.of(names)}

    def _rows(self, file: ListFile) -> Iterator[dict[str, pa.Array]]:
        patterns = {"observation": UUID, "id": WHOLE, "extension": "[A-Za-z0-9]{1,5}", "observer": WHOLE}
        wanted = fields_of(file, "\t", _PHOTOS, (), patterns)
        for columns in read_fields(file, wanted, self.odd_of(file)):
            keys, check = uuid_keys(columns["observation"])
            places = self._index.find(keys, check=check)
            kept = places >= 0
            rows = {name: values.filter(pa.array(kept)) for name, values in columns.items()}
            label = self._words.take(pa.array(self._index.values("code", places[kept])))
            photo = pc.binary_join_element_wise(HOST, rows["id"], self._said["size"], "/")
            yield {
                "url": pc.binary_join_element_wise(photo, rows["extension"], "."),
                "label": label,
                "origin": rows["id"],
                "licence": rows["licence"],
                "author": self._author(rows["observer"]),
            }

    def _author(self, observers: pa.StringArray) -> pa.Array:
        if self._people is None:
            return pa.nulls(len(observers), pa.string())
        index, names = self._people
        codes = _codes(index, observers)
        return names.take(pa.array(codes, mask=codes == _NO_CLASS))

    def _nothing(self) -> str:
        return (
            f"no photo belongs to an observation of grade {self._said['grade']} with a {self._said['rank']}. "
            "Check that the tables are of one day, or choose another grade= or rank="
        )


def _codes(index: KeyIndex, ids: pa.StringArray) -> "np.ndarray[Any, np.dtype[np.int32]]":
    """The code that an index has for each id; -1: it does not know it."""
    places = index.find(number_keys(ids))
    codes = np.full(len(places), _NO_CLASS, np.int32)
    codes[places >= 0] = index.values("code", places[places >= 0])
    return codes
