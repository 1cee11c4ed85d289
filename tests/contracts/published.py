"""Labelled URLs written in the layouts in which lists are published, with the broken rows that they have."""

import bz2
import gzip
import json
import lzma
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

Rows = Sequence[tuple[str, str]]
"""(URL, label)."""


@dataclass(frozen=True)
class Published:
    """A list on disk and what is to be read from it."""

    word: str
    """The LIST of the command line."""
    rows: list[tuple[str, str]]
    odd: list[int]
    """The line numbers of the broken rows."""
    fmt: str | None = None


def _lines(path: Path, *lines: str | bytes) -> Path:
    encoded = [line.encode() if isinstance(line, str) else line for line in lines]
    path.write_bytes(b"".join(line + b"\n" for line in encoded))
    return path


def imagenet(folder: Path, rows: Rows) -> Published:
    """Fall 2011; the label of the real one is a wnid."""
    lines = [f"{label}_{at}\t{url}" for at, (url, label) in enumerate(rows)]
    path = _lines(folder / "fall11_urls.txt", *lines, "n02084071_x", "n02084071_1\thttp://a\tb", "\t")
    return Published(str(path), list(rows), [len(rows) + 1, len(rows) + 2, len(rows) + 3])


def winter(folder: Path, rows: Rows) -> Published:
    """Winter 2011: blanks where Fall has tabs."""
    lines = [f"{label}_{at} {url}" for at, (url, label) in enumerate(rows)]
    path = _lines(folder / "winter11_urls.txt", *lines, "n02084071_x")
    return Published(str(path), list(rows), [len(rows) + 1])


def table(folder: Path, rows: Rows) -> Published:
    """CSV with quotes, and a row too short."""
    lines = [f'"{url}",{label},"a, b"' for url, label in rows]
    path = _lines(folder / "list.csv", "url,label,caption", *lines, "http://a.example/only")
    return Published(str(path), list(rows), [len(rows) + 2])


def squeezed(ending: str, squeeze: Callable[[bytes], bytes]) -> Callable[[Path, Rows], Published]:
    def write(folder: Path, rows: Rows) -> Published:
        text = "".join(["label\turl\n", *(f"{label}\t{url}\n" for url, label in rows), "broken\n"])
        (folder / f"list.tsv.{ending}").write_bytes(squeeze(text.encode()))
        return Published(str(folder / f"list.tsv.{ending}"), list(rows), [len(rows) + 2])

    return write


def zstd(body: bytes) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as stream:
        stream.write(body)
    return out.getvalue().to_pybytes()


def json_lines(folder: Path, rows: Rows) -> Published:
    """One object a line; two broken ones."""
    lines = [json.dumps({"url": url, "label": label}) for url, label in rows]
    path = _lines(folder / "list.jsonl", *lines, "{", '{"label": "x"}')
    return Published(str(path), list(rows), [len(rows) + 1, len(rows) + 2])


def parquet(folder: Path, rows: Rows) -> Published:
    """A null is a broken row."""
    urls = pa.array([*(url for url, _ in rows), None])
    pq.write_table(
        pa.table({"url": urls, "label": [*(label for _, label in rows), "x"]}), folder / "l.parquet"
    )
    return Published(str(folder / "l.parquet"), list(rows), [len(rows) + 1])


def several(folder: Path, rows: Rows) -> Published:
    """Conceptual Captions with labels, as on Hugging Face: lists and scores; the best label is the second."""
    fields = {
        "image_url": [url for url, _ in rows],
        "caption": ["a photo"] * len(rows),
        "labels": [["thing", label] for _, label in rows],
        "MIDs": [["/m/1", "/m/2"]] * len(rows),
        "confidence_scores": [[0.5, 0.9]] * len(rows),
    }
    pq.write_table(pa.table(fields), folder / "labeled.parquet")
    return Published(str(folder / "labeled.parquet"), list(rows), [])


def captions(folder: Path, rows: Rows) -> Published:
    """Conceptual Captions with labels, as its authors publish it."""
    lines = [f"a photo\t{url}\tthing,{label}\t/m/1,/m/2\t0.5,0.9" for url, label in rows]
    path = _lines(folder / "Image_Labels.tsv", *lines, "a photo\thttp://a.example/1\tthing\t/m/1\tx")
    return Published(str(path), list(rows), [len(rows) + 1])


def tencent(folder: Path, rows: Rows) -> Published:
    """Scores behind the address; the dictionary beside it names the classes."""
    names = sorted({label for _, label in rows})
    head = "category_index\tcategory_id\tindex_of_parent_category\tcategory name"
    entries = [f"{at}\t{name}\t{at - 1}\t{name}, the" for at, name in enumerate(names)]
    _lines(folder / "dictionary_and_semantic_hierarchy.txt", head, *entries)
    lines = [f"{url}\t0:0.1\t{names.index(label)}:0.9" for url, label in rows]
    path = _lines(folder / "train_urls.txt", *lines, "http://a.example/1", "nothing 3:1 of it")
    return Published(str(path), list(rows), [len(rows) + 1, len(rows) + 2])


def yfcc(folder: Path, rows: Rows) -> Published:
    """23 columns, texts percent-encoded; a film, a photo without tags, a row cut short."""

    def line(at: int, tags: str, url: str, marker: int) -> str:
        first = [str(at), "9@N00", "Ann+Lee", "2010-01-01", "1", "", "A+dog", "", tags, "", "", "", ""]
        last = [f"http://p.example/{at}", url, "CC BY", "http://l", "1", "1", "s", "s", "jpg", str(marker)]
        return "\t".join([*first, *last])

    lines = [line(at, label.replace(" ", "+"), url, 0) for at, (url, label) in enumerate(rows)]
    others = [line(97, "dog", "http://a.example/film", 1), line(98, "", "http://a.example/bare", 0)]
    path = _lines(folder / "yfcc100m_dataset", *lines, *others, "99\tcut")
    return Published(str(path), list(rows), [len(rows) + 3])


def open_images(folder: Path, rows: Rows) -> Published:
    """Image tables joined with people's labels; absent ones, a broken id, an image without a label."""
    head = (
        "ImageID,Subset,OriginalURL,OriginalLandingURL,License,AuthorProfileURL,Author,Title,OriginalSize,"
        "OriginalMD5,Thumbnail300KURL,Rotation"
    )
    images, labels = [head], ["ImageID,Source,LabelName,Confidence"]
    for at, (url, label) in enumerate(rows):
        licence = "https://creativecommons.org/licenses/by/2.0/"
        images.append(f'{at:016x},train,{url},http://p,{licence},http://a,"Lee, Ann",A dog,,,,0.0')
        labels += [
            f"{at:016x},verification,/m/none,0",
            f"{at:016x},verification,{label},1",
            f"{at:016x},crowdsource-verification,{label},1",
        ]
    no_label = f"{len(rows):016x},train,http://a.example/bare,,,,,,,,,"
    _lines(
        folder / "train-images-with-labels-with-rotation.csv", *images[:1], *images[:0:-1], no_label, "x,y"
    )
    _lines(folder / "oidv7-train-annotations-human-imagelabels.csv", *labels, "000000000000000,,/m/1,1")
    _lines(folder / "oidv7-class-descriptions.csv", "LabelName,DisplayName", '/m/1,"Lemon, lime"')
    return Published(str(folder), list(rows)[::-1], [len(labels) + 1, len(rows) + 3])


def inaturalist(folder: Path, rows: Rows) -> Published:
    """Four tables, parted by tabs, with a stray quote; where the photos lie follows from their ids."""
    names = sorted({label for _, label in rows})
    taxa = ["taxon_id\tancestry\trank_level\trank\tname\tactive", "1\t48460\t70\tkingdom\tAnimalia\ttrue"]
    for at, name in enumerate(names):
        taxa.append(f"{10 + at}\t48460/1/{10 + at}\t10\tspecies\t{name}\ttrue")
        taxa.append(f"{1000 + at}\t48460/1/{10 + at}/{1000 + at}\t5\tsubspecies\t{name} minor\ttrue")
    observations = [
        "observation_uuid\tobserver_id\tlatitude\tlongitude\tpositional_accuracy\ttaxon_id\tquality_grade\t"
        "observed_on\tanomaly_score"
    ]
    photos = [
        "photo_uuid\tphoto_id\tobservation_uuid\tobserver_id\textension\tlicense\twidth\theight\tposition"
    ]
    expected = []
    for at, (_, label) in enumerate(rows):
        one, taxon = uuid.uuid5(uuid.NAMESPACE_URL, str(at)), names.index(label) + (10 if at % 2 else 1000)
        observations.append(f"{one}\t7\t1.0\t2.0\t\t{taxon}\tresearch\t2020-01-01\t")
        photos.append(f"{one}\t{at}\t{one}\t7\tjpg\tCC-BY-NC\t2048\t1536\t0")
        url = f"https://inaturalist-open-data.s3.amazonaws.com/photos/{at}/medium.jpg"
        expected.append((url, label))
    casual, kingdom = uuid.uuid5(uuid.NAMESPACE_URL, "casual"), uuid.uuid5(uuid.NAMESPACE_URL, "kingdom")
    observations += [f"{casual}\t7\t\t\t\t10\tcasual\t\t", f"{kingdom}\t7\t\t\t\t1\tresearch\t\t"]
    photos += [f"{one}\t900\t{one}\t7\tjpg\tCC0\t1\t1\t0" for one in (casual, kingdom)]
    for name, lines in (
        ("taxa", taxa),
        ("observations", [*observations, "not a uuid" + "\t" * 8]),
        ("observers", ["observer_id\tlogin\tname", '7\tann"lee\t']),
        ("photos", [*photos, "cut\tshort"]),
    ):
        body = "".join(f"{line}\n" for line in lines).encode()
        (folder / f"{name}.csv.gz").write_bytes(gzip.compress(body))
    return Published(str(folder), expected, [len(observations) + 1, len(photos) + 1])


def gbif(folder: Path, rows: Rows) -> Published:
    """multimedia.txt and occurrence.txt; a sound, an occurrence without species, no address."""
    head = (
        "gbifID\ttype\tformat\tidentifier\treferences\ttitle\tdescription\tsource\taudience\tcreated\tcreator\t"
        "contributor\tpublisher\tlicense\trightsHolder"
    )

    def line(at: int, kind: str, url: str) -> str:
        return "\t".join(
            [str(at), kind, "image/jpeg", url, *[""] * 6, "Ann Lee", "", "", "http://l/by/4.0/", "Lee"]
        )

    pictures = [line(at, "StillImage", url) for at, (url, _) in enumerate(rows)]
    sound, bare = line(0, "Sound", "http://a.example/song"), line(900, "StillImage", "http://a.example/bare")
    _lines(folder / "multimedia.txt", head, *pictures, sound, bare, line(1, "StillImage", ""))
    occurrences = [f"{at}\tHUMAN_OBSERVATION\t{label}\t{at}" for at, (_, label) in enumerate(rows)]
    top = "gbifID\tbasisOfRecord\tspecies\ttaxonKey"
    _lines(folder / "occurrence.txt", top, *occurrences, "900\tHUMAN_OBSERVATION\t\t1", "x\ty")
    return Published(str(folder), list(rows), [len(rows) + 3, len(rows) + 4])


LAYOUTS: dict[str, Callable[[Path, Rows], Published]] = {
    "imagenet": imagenet,
    "winter": winter,
    "csv": table,
    "tsv.gz": squeezed("gz", gzip.compress),
    "tsv.bz2": squeezed("bz2", bz2.compress),
    "tsv.xz": squeezed("xz", lzma.compress),
    "tsv.zst": squeezed("zst", zstd),
    "jsonl": json_lines,
    "parquet": parquet,
    "several": several,
    "captions": captions,
    "tencent": tencent,
    "yfcc": yfcc,
    "open-images": open_images,
    "inaturalist": inaturalist,
    "gbif": gbif,
}
