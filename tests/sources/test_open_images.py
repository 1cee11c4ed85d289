"""Open Images: what is joined, what is verified, where from."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from gleanset.errors import ListError, UsageError
from gleanset.sources.base import Columns, LabelRule, Source
from gleanset.sources.registry import open_sources

HEAD = (
    "ImageID,Subset,OriginalURL,OriginalLandingURL,License,AuthorProfileURL,Author,Title,OriginalSize,"
    "OriginalMD5,Thumbnail300KURL,Rotation"
)
LABELS = "ImageID,Source,LabelName,Confidence"
TRAIN, OTHER, VALID = "4fa8054781a4c382", "b37f763ae67d0888", "fe600639ac5f36c1"
FARM = "https://farm3.staticflickr.com/5310/5898076654_51085e157c_o.jpg"
C1 = "https://c1.staticflickr.com/1/67/197493648_628a7cb2ee_o.jpg"
MD5 = hashlib.md5(b"the original").digest()
IMAGES = [
    HEAD,
    f'{TRAIN},train,{FARM},p,https://l/,a,"Beat, M.",Kerze,4405052,{base64.b64encode(MD5).decode()},t,90.0',
    f"{OTHER},train,{C1},p,https://l/,a,Karen,Boys,x,not-base64,https://c3.example/z.jpg,",
    f"{VALID},validation,https://farm2.example/3.jpg,p,,a,,,242145,,,0.0",
]
HUMAN = [
    LABELS,
    f"{TRAIN},verification,/m/014j1m,0",
    f"{TRAIN},verification,/m/014sv8,1",
    f"{TRAIN},verification,/m/01599,1",
    f"{OTHER},crowdsource-verification,/m/01599,1",
    f"{VALID},verification,/m/014sv8,1",
]
MACHINE = [
    LABELS,
    f"{TRAIN},machine,/m/015p6,0.5",
    f"{TRAIN},machine,/m/01599,0.9",
    f"{OTHER},machine,/m/1,0.7",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images and people's labels."""
    put(tmp_path, "oidv6-train-images-with-labels-with-rotation.csv", IMAGES)
    put(tmp_path, "oidv7-train-annotations-human-imagelabels.csv", HUMAN)
    return tmp_path


def put(folder: Path, name: str, lines: list[str]) -> None:
    (folder / name).write_text("".join(f"{line}\n" for line in lines))


def opened(folder: Path, settings: str = "", rule: LabelRule | None = None) -> Source:
    (source,) = open_sources([str(folder)], Columns(), f"open-images:{settings}", None, rule)
    return source


def rows(source: Source) -> list[dict[str, Any]]:
    return [row for batch in source.batches() for row in batch.to_pylist()]


def test_licence_author_and_what_the_original_was_are_kept(folder: Path) -> None:
    """Size and MD5 verify the download for nothing; the MD5 is published in base64."""
    train, other, _ = rows(opened(folder))
    assert train == {
        "url": FARM,
        "label": "/m/014sv8",
        "origin": TRAIN,
        "licence": "https://l/",
        "author": "Beat, M.",
        "split": "train",
        "caption": "Kerze",
        "md5": MD5,
        "n_bytes": 4405052,
        "rotation": 90,
    }
    assert (other["md5"], other["n_bytes"], other["rotation"]) == (None, None, None)


def test_a_folder_is_recognised_by_its_tables(folder: Path) -> None:
    """Nobody has to name the format."""
    (source,) = open_sources([str(folder)], Columns(), None)
    assert source.format == "open-images"
    names = sorted(str(path) for path in folder.iterdir())
    (by_files,) = open_sources(names, Columns(), "open-images")
    assert rows(by_files) == rows(source)


def test_the_table_of_images_finds_the_labels_beside_it(folder: Path) -> None:
    """Of several such tables only the one that was named counts."""
    table = folder / "oidv6-train-images-with-labels-with-rotation.csv"
    put(folder, "validation-images-with-rotation.csv", [HEAD, IMAGES[3]])
    put(folder, table.name, IMAGES[:3])
    (source,) = open_sources([str(table)], Columns(), None)
    assert [row["origin"] for row in rows(source)] == [TRAIN, OTHER]
    assert source.name == str(table)


def test_verified_absent_labels_are_none(folder: Path) -> None:
    """Confidence 0 says that somebody looked, and it is not there."""
    found = [(row["origin"], row["label"]) for row in rows(opened(folder, rule="each"))]
    assert found == [(TRAIN, "/m/014sv8"), (TRAIN, "/m/01599"), (OTHER, "/m/01599"), (VALID, "/m/014sv8")]


def test_boxed_images_come_from_the_mirror(folder: Path) -> None:
    """It has no rate limit; what lies there is another file, so the original's MD5 does not bind it."""
    mirror = "https://open-images-dataset.s3.amazonaws.com"
    assert [row["url"] for row in rows(opened(folder))] == [FARM, C1, f"{mirror}/validation/{VALID}.jpg"]
    put(folder, "oidv6-train-annotations-bbox.csv", [f"{LABELS},XMin", f"{TRAIN},xclick,/m/014sv8,1,0.1"])
    train, _, _ = rows(opened(folder))
    assert train["url"] == f"{mirror}/train/{TRAIN}.jpg"
    assert (train["md5"], train["n_bytes"], train["rotation"]) == (None, None, 90)
    originals = rows(opened(folder, "images=original"))
    assert [row["url"] for row in originals] == [FARM, C1, "https://farm2.example/3.jpg"]
    assert originals[0]["md5"] == MD5


def test_a_table_of_boxable_images_has_boxes_throughout(folder: Path) -> None:
    """Its name says so; the labels' tables need not be there."""
    path = folder / "oidv6-train-images-with-labels-with-rotation.csv"
    path.rename(folder / "train-images-boxable-with-rotation.csv")
    assert all("s3.amazonaws.com" in row["url"] for row in rows(opened(folder)))


def test_a_missing_thumbnail_is_replaced_by_the_original(folder: Path) -> None:
    """2.47 % of the rows have none."""
    urls = [row["url"] for row in rows(opened(folder, "images=thumbnail"))]
    assert urls == ["t", "https://c3.example/z.jpg", "https://farm2.example/3.jpg"]


def test_thumbnails_stand_upright_already_and_have_no_known_size(folder: Path) -> None:
    """Flickr turned them when it made them; what it was given lies as it lay."""
    train, _, valid = rows(opened(folder, "images=thumbnail"))
    assert (train["url"], train["md5"], train["n_bytes"], train["rotation"]) == ("t", None, None, None)
    assert (valid["url"], valid["n_bytes"]) == ("https://farm2.example/3.jpg", 242145), "its original"


def test_verification_can_be_left_out(folder: Path) -> None:
    """Should a host have encoded all of its files anew, a list of theirs would be worth nothing."""
    train, _, _ = rows(opened(folder, "verify=no"))
    assert (train["url"], train["md5"], train["n_bytes"], train["rotation"]) == (FARM, None, None, 90)


def test_machines_are_asked_where_people_said_nothing(folder: Path) -> None:
    """Or where they are wanted; the surest label counts, and the threshold can be raised."""
    put(folder, "oidv7-train-annotations-machine-imagelabels.csv", MACHINE)
    assert rows(opened(folder))[0]["label"] == "/m/014sv8"
    by_machine = rows(opened(folder, "judged=machine"))
    assert [(row["origin"], row["label"]) for row in by_machine] == [(TRAIN, "/m/01599"), (OTHER, "/m/1")]
    surer = rows(opened(folder, "judged=machine,confidence=0.8"))
    assert [row["origin"] for row in surer] == [TRAIN]
    (folder / "oidv7-train-annotations-human-imagelabels.csv").unlink()
    assert rows(opened(folder)) == by_machine


def test_labels_need_not_be_sorted_by_image(folder: Path) -> None:
    """They are, today; a table that was shuffled gives the same rows."""
    before = rows(opened(folder, rule="each"))
    swapped = [HUMAN[0], HUMAN[5], HUMAN[4], *HUMAN[1:4]]
    put(folder, "oidv7-train-annotations-human-imagelabels.csv", swapped)
    assert rows(opened(folder, rule="each")) == before


def test_the_hierarchy_makes_labels_specific(folder: Path) -> None:
    """And names the classes together with the descriptions."""
    with pytest.raises(ListError, match="needs bbox_labels_600_hierarchy"):
        rows(opened(folder, rule="specific"))
    inner = '{"LabelName": "/m/014sv8", "Subcategory": [{"LabelName": "/m/01599"}]}'
    (folder / "bbox_labels_600_hierarchy.json").write_text(
        f'{{"LabelName": "/m/0bl9f", "Subcategory": [{inner}]}}'
    )
    put(folder, "oidv7-class-descriptions.csv", ["LabelName,DisplayName", '/m/01599,"Lemon, lime"'])
    source = opened(folder, rule="specific")
    assert rows(source)[0]["label"] == "/m/01599"
    known = {one.id: (one.name, one.parents) for one in source.synsets}  # type: ignore[attr-defined]
    assert known == {
        "/m/0bl9f": ("/m/0bl9f", ()),
        "/m/014sv8": ("/m/014sv8", ("/m/0bl9f",)),
        "/m/01599": ("Lemon, lime", ("/m/014sv8",)),
    }


def test_classes_may_be_called_by_their_names(folder: Path) -> None:
    """``--class Lemon`` is easier to say than ``--class /m/09k_b``; two of one name stay two."""
    with pytest.raises(ListError, match="needs oidv7-class-descriptions"):
        rows(opened(folder, "names=yes"))
    names = ["LabelName,DisplayName", "/m/014sv8,Eye", "/m/01599,Beer", "/m/x,Beer"]
    put(folder, "oidv7-class-descriptions.csv", names)
    labels = [row["label"] for row in rows(opened(folder, "names=yes", "each"))]
    assert labels == ["Eye", "Beer (/m/01599)", "Beer (/m/01599)", "Eye"]
    names[1] = "/m/other,Eye"
    put(folder, "oidv7-class-descriptions.csv", names)
    assert rows(opened(folder, "names=yes"))[0]["label"] == "/m/014sv8"


def test_images_without_a_table_of_labels_are_refused(folder: Path) -> None:
    """With the name of the file and where it is."""
    (folder / "oidv7-train-annotations-human-imagelabels.csv").unlink()
    with pytest.raises(ListError, match=r"storage\.googleapis\.com/openimages/v7/"):
        opened(folder)


def test_settings_that_are_none_are_refused(folder: Path) -> None:
    """With those that there are."""
    for settings, message in [
        ("judge=human", "Did you mean judged"),
        ("images=big", "mirror, original, thumbnail"),
        ("confidence=x", "a number of at least 0"),
        ("human", "'human' is no setting"),
    ]:
        with pytest.raises(UsageError, match=message):
            opened(folder, settings)


@pytest.mark.material
def test_real_rows_are_joined(material: Path, tmp_path: Path) -> None:
    """The published rows, word for word, under ids that both samples have."""
    images = (material / "lists/samples/open_images_images_with_rotation.csv").read_bytes()
    labels = (material / "lists/samples/open_images_human_imagelabels.csv").read_bytes()
    (tmp_path / "images.csv").write_bytes(images)
    (tmp_path / "labels.csv").write_bytes(labels.replace(b"000002b66c9c498e", b"4fa8054781a4c382"))
    (row,) = rows(opened(tmp_path))
    assert (row["label"], row["author"], row["n_bytes"]) == ("/m/014sv8", "Michael Beat", 4405052)
    assert row["md5"].hex() == "285ba4be2be908ce505e5e52a8a7b8d6"
