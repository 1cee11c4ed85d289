"""Open Images V7: image tables joined with human or machine labels.

Images with boxes lie on a mirror without a rate limit, at most 1,024 px large; all others are fetched from
where they were found, mostly Flickr. Size and MD5 are those of the original file, so they are handed on only
where the original is fetched. Rotation is what Flickr's users turned a picture by: the original and the
mirror's copy of it lack that turn, Flickr's own thumbnails have it already (flickr.photos.getInfo: rotation
is that "by which the smaller image sizes differ from the original image").

Source: storage.googleapis.com/openimages, its download page, and the readers of OIDv4_ToolKit (issue 30).
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import ListError
from ..terms.synset import Synset
from .base import Reading
from .delimited import read_fields
from .index import HEX_16, Codes, KeyIndex, build_index, hex_keys
from .joined import NUMBER, JoinedList, fields_of, first_line
from .labels import depths_in, places_of
from .manifest import as_degrees
from .opening import ListFile
from .settings import read_settings

MIRROR = "https://open-images-dataset.s3.amazonaws.com"
_IMAGES = {
    "id": "ImageID",
    "subset": "Subset",
    "url": "OriginalURL",
    "licence": "License",
    "author": "Author",
    "caption": "Title",
    "n_bytes": "OriginalSize",
    "md5": "OriginalMD5",
    "thumbnail": "Thumbnail300KURL",
    "rotation": "Rotation",
}
_LABELS = {"id": "ImageID", "source": "Source", "label": "LabelName", "confidence": "Confidence"}
_TYPES = {"key": np.uint64, "code": np.int32, "score": np.float32}
_BASE64 = np.full(256, 255, np.uint8)
_BASE64[np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", np.uint8)] = (
    np.arange(64)
)
_BASE64[ord("=")] = 0


def role_of(file: ListFile) -> str | None:
    """What a file is among the tables: ``images``, ``labels``, ``boxes``, ``names``, ``tree``; None: none."""
    if file.file_name.endswith("hierarchy.json"):
        return "tree"
    line = first_line(file)
    names = set(line.split(","))
    if {"ImageID", "OriginalURL", "Subset"} <= names:
        return "images"
    if "LabelName" in names and "ImageID" in names:
        return "boxes" if "XMin" in names else "labels" if "Confidence" in names else None
    return "names" if line.startswith(("LabelName,DisplayName", "/m/", "/g/", "/j/", "/t/")) else None


class OpenImages(JoinedList):
    """One row an image and label that counts. Verified absent labels (confidence 0) are none."""

    format = "open-images"

    def __init__(self, name: str, tables: Mapping[str, Sequence[ListFile]], reading: Reading) -> None:
        labels, boxes = tables.get("labels", ()), tables.get("boxes", ())
        if not labels:
            raise ListError(
                f"{name}: images of Open Images without a table of their labels. Put oidv7-*-annotations-"
                "human-imagelabels.csv (or -machine-) beside them, from "
                "storage.googleapis.com/openimages/v7/."
            )
        others = [*labels, *boxes, *tables.get("names", ()), *tables.get("tree", ())]
        super().__init__(name, tables["images"], others, reading)
        said = read_settings(self.format, reading.settings)
        self._labels, self._boxes = labels, boxes
        self._said = said
        self._names = tables.get("names", ())
        self._tree = tables.get("tree", ())

    @property
    def synsets(self) -> tuple[Synset, ...]:
        """The classes as the list describes them: display names and, with the hierarchy, what is above."""
        names = dict(row for file in self._names for row in _descriptions(file))
        parents = _parents(self._tree)
        known = {**dict.fromkeys(parents), **names}
        return tuple(
            Synset(mid, (names.get(mid) or mid,), "", tuple(parents.get(mid, ()))) for mid in sorted(known)
        )

    def _load(self) -> None:
        codes = Codes()
        by = self._said["judged"]
        if by == "":
            by = "human" if any(_has_human(file) for file in self._labels) else "machine"
        batches = (batch for file in self._labels for batch in self._judgements(file, by, codes))
        self._index = build_index(batches, _TYPES, self._reading.cache_dir)
        self._mids = codes.words()
        self._words = self._named(self._mids) if self._said["names"] == "yes" else self._mids
        self._depths = depths_in(_parents(self._tree)) if self._tree else None
        self._boxed = self._ids_of_boxes()

    def _named(self, mids: pa.StringArray) -> pa.StringArray:
        """Display names in the place of ids; with the id where a class shares its name, or has none."""
        names = dict(row for file in self._names for row in _descriptions(file))
        if not names:
            raise ListError(
                f"{self.name}: names=yes needs oidv7-class-descriptions.csv beside the tables, "
                "from storage.googleapis.com/openimages/v7/."
            )
        n_called = Counter(names.values())
        words = ((mid, names.get(mid, "")) for mid in mids.to_pylist())
        return pa.array(
            [mid if not name else name if n_called[name] == 1 else f"{name} ({mid})" for mid, name in words],
            pa.string(),
        )

    def _judgements(self, file: ListFile, by: str, codes: Codes) -> Iterator[dict[str, Any]]:
        least = float(self._said["confidence"])
        wanted = fields_of(file, ",", _LABELS, ["label"], {"id": HEX_16, "confidence": NUMBER})
        for columns in read_fields(file, wanted, self.odd_of(file)):
            scores = np.asarray(columns["confidence"].cast(pa.float32()))
            is_machine = np.asarray(pc.equal(columns["source"], "machine"))
            kept = (scores > 0) & (scores >= least) & (is_machine == (by == "machine"))
            rows = pa.array(kept)
            yield {
                "key": hex_keys(columns["id"].filter(rows)),
                "code": codes.of(columns["label"].filter(rows)),
                "score": scores[kept],
            }

    def _ids_of_boxes(self) -> KeyIndex | None:
        if not self._boxes:
            return None
        batches = (batch for file in self._boxes for batch in self._boxed_ids(file))
        return build_index(batches, {"key": np.uint64}, self._reading.cache_dir)

    def _boxed_ids(self, file: ListFile) -> Iterator[dict[str, Any]]:
        wanted = fields_of(file, ",", {"id": "ImageID"}, (), {"id": HEX_16})
        for columns in read_fields(file, wanted, self.odd_of(file)):
            yield {"key": np.unique(hex_keys(columns["id"]))}

    def _rows(self, file: ListFile) -> Iterator[dict[str, pa.Array]]:
        wanted = fields_of(file, ",", _IMAGES, ["url", "subset"], {"id": HEX_16})
        is_boxable = "boxable" in file.file_name
        for columns in read_fields(file, wanted, self.odd_of(file)):
            keys = hex_keys(columns["id"])
            starts, ends = self._index.ranges(keys)
            counts = ends - starts
            parents = np.repeat(np.arange(len(keys)), counts)
            places = np.arange(len(parents)) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
            chosen = self._chosen(parents, places)
            rows = pa.array(parents[chosen])
            labels = self._words.take(pa.array(self._index.values("code", places[chosen])))
            yield {
                name: values.take(rows) for name, values in self._as_read(columns, keys, is_boxable).items()
            } | {"label": labels}

    def _chosen(self, parents: npt.NDArray[np.int64], places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        codes = self._index.values("code", places).astype(np.int64)
        first = np.sort(np.unique(parents * len(self._words) + codes, return_index=True)[1])
        parents, places, codes = parents[first], places[first], codes[first]
        scores = self._index.values("score", places).astype(np.float64)
        picked = places_of(parents, self._reading.labels, scores, lambda: self._deep(codes), self.name)
        chosen: npt.NDArray[np.int64] = first[picked]
        return chosen

    def _deep(self, codes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        if self._depths is None:
            raise ListError(
                f"{self.name}: --labels specific needs bbox_labels_600_hierarchy.json beside the tables. "
                "Download it from storage.googleapis.com/openimages/2018_04/, or take another rule."
            )
        return np.nan_to_num(self._depths(self._mids)[codes])

    def _as_read(
        self, columns: Mapping[str, pa.Array], keys: npt.NDArray[np.uint64], is_boxable: bool
    ) -> dict[str, pa.Array]:
        """The columns of the images, whether or not they have a label."""
        subset, original, thumbnail = columns["subset"], columns["url"], columns["thumbnail"]
        mirrored = np.full(len(keys), is_boxable)
        mirrored |= np.asarray(pc.is_in(subset, pa.array(["validation", "test"])))
        if self._boxed is not None:
            mirrored |= self._boxed.find(keys) >= 0
        match self._said["images"]:
            case "thumbnail":
                url = pc.if_else(pc.equal(thumbnail, ""), original, thumbnail)
            case "original":
                url = original
            case _:
                copy = pc.binary_join_element_wise(
                    MIRROR, subset, pc.binary_join_element_wise(columns["id"], ".jpg", ""), "/"
                )
                url = pc.if_else(pa.array(mirrored), copy, original)
        is_original = pc.equal(url, original)
        is_verified = is_original if self._said["verify"] == "yes" else pa.scalar(False)
        is_thumbnail = pc.and_(pc.equal(url, thumbnail), pc.invert(is_original))
        return {
            "url": url,
            "origin": columns["id"],
            "licence": columns["licence"],
            "author": columns["author"],
            "caption": columns["caption"],
            "split": subset,
            "md5": pc.if_else(is_verified, _md5(columns["md5"]), pa.scalar(None, pa.binary())),
            "n_bytes": pc.if_else(is_verified, _whole(columns["n_bytes"]), pa.scalar(None, pa.uint64())),
            "rotation": pc.if_else(
                is_thumbnail, pa.scalar(None, pa.int32()), as_degrees(columns["rotation"])
            ),
        }

    def _nothing(self) -> str:
        return (
            "no image of its tables has a label in the tables of labels. Check that both are of one subset, "
            "and lower confidence= where it was set"
        )


def _has_human(file: ListFile) -> bool:
    """Whether the labels of a table are people's: one table has only one kind."""
    lines = file.head()[:65_536].split(b"\n")[1:]
    judged = [b",machine," not in line for line in lines if line.count(b",") >= 3]
    return bool(judged) and 2 * sum(judged) > len(judged)


def _descriptions(file: ListFile) -> Iterator[tuple[str, str]]:
    """(id, name) of the classes; the newer tables have a header, the older ones none."""
    text = b"".join(file.chunks()).decode("utf-8-sig", "replace")
    try:
        for row in csv.reader(io.StringIO(text)):
            if len(row) == 2 and row[0].startswith("/"):
                yield row[0], row[1]
    except csv.Error as error:
        raise ListError(f"{file.name}: no table of class names ({error}). Download it again.") from error


def _parents(trees: Sequence[ListFile]) -> dict[str, list[str]]:
    """Every class of the hierarchy and the classes right above it."""
    parents: dict[str, list[str]] = {}
    for file in trees:
        try:
            waiting = [json.loads(b"".join(file.chunks()))]
        except (ValueError, RecursionError) as error:
            raise ListError(f"{file.name}: no JSON ({error}). Download it again.") from error
        while waiting:
            node = waiting.pop()
            id_, children = _node(node, file.name)
            parents.setdefault(id_, [])
            for child in children:
                parents.setdefault(_node(child, file.name)[0], []).append(id_)
                waiting.append(child)
    return parents


def _node(node: object, name: str) -> tuple[str, list[object]]:
    """A class of the hierarchy and what lies below it."""
    if isinstance(node, dict):
        id_, children = node.get("LabelName"), node.get("Subcategory", [])
        if isinstance(id_, str) and isinstance(children, list):
            return id_, children
    raise ListError(
        f"{name}: no hierarchy of Open Images. A class has a LabelName, and a list as Subcategory. "
        "Download it again."
    )


def _md5(texts: pa.StringArray) -> pa.Array:
    """Base64 of 16 bytes as bytes; null for anything else. Decoded all at once."""
    is_sound = pc.match_substring_regex(texts, "^[A-Za-z0-9+/]{22}==$")
    sound = texts.filter(is_sound)
    if not len(sound):
        return pa.nulls(len(texts), pa.binary())
    letters = np.frombuffer("".join(sound.to_pylist()).encode("ascii"), np.uint8).reshape(-1, 6, 4)
    a, b, c, d = (_BASE64[letters[:, :, at]] for at in range(4))
    triples = np.stack(((a << 2) | (b >> 4), (b << 4) | (c >> 2), (c << 6) | d), axis=2)
    body = np.ascontiguousarray(triples.reshape(len(sound), 18)[:, :16]).tobytes()
    digests = pa.Array.from_buffers(pa.binary(16), len(sound), [None, pa.py_buffer(body)]).cast(pa.binary())
    places = np.cumsum(np.asarray(is_sound)) - 1
    return digests.take(pa.array(places, mask=~np.asarray(is_sound)))


def _whole(texts: pa.StringArray) -> pa.Array:
    is_sound = pc.match_substring_regex(texts, r"^\d{1,18}$")
    return pc.if_else(is_sound, texts, pa.scalar(None, pa.string())).cast(pa.uint64())
