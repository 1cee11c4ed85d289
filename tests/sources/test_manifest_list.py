"""A build's manifest is itself a list: keys, splits and what the bodies were come with the rows."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from gleanset.sources.base import Columns
from gleanset.sources.registry import open_sources

ROW = {
    **{
        "key": "n02084071_7",
        "path": "data/n02084071/n02084071_7.jpg",
        "label": "n02084071",
        "class_index": 0,
    },
    **{"split": "val", "url": "http://a.example/1.jpg", "final_url": "http://b.example/1.jpg"},
    **{
        "status": 200,
        "sha256": "ab" * 32,
        "phash": "fedcba9876543210",
        "width": 640,
        "licence": "cc0",
        "author": None,
    },
}
READ = {
    **{
        "url": "http://a.example/1.jpg",
        "label": "n02084071",
        "origin": None,
        "licence": "cc0",
        "author": None,
    },
    **{"split": "val", "key": "n02084071_7", "sha256": b"\xab" * 32, "phash": 0xFEDCBA9876543210},
}


def read(path: Path) -> list[dict[str, object]]:
    (source,) = open_sources([str(path)], Columns(), None)
    assert source.is_manifest
    return [row for batch in source.batches() for row in batch.to_pylist()]


def test_a_manifest_is_known_by_its_columns(tmp_path: Path) -> None:
    """Whatever it is called by now."""
    pq.write_table(pa.Table.from_pylist([ROW]), tmp_path / "shared.parquet")
    assert read(tmp_path / "shared.parquet") == [READ]


@pytest.mark.parametrize(
    ("sha256", "phash"),
    [
        (pa.array([b"\xab" * 32]), pa.array([0xFEDCBA9876543210], pa.uint64())),
        (pa.array([b"\xab" * 32], pa.binary(32)), pa.array([0xFEDCBA9876543210 - 2**64], pa.int64())),
        (pa.array(["AB" * 32]), pa.array([str(0xFEDCBA9876543210)])),
    ],
)
def test_digests_are_read_in_every_common_form(tmp_path: Path, sha256: pa.Array, phash: pa.Array) -> None:
    """Tools that filter a manifest change types on the way."""
    table = pa.table({"key": ["k"], "label": ["cat"], "url": ["http://a.example/1.jpg"]})
    table = table.append_column("sha256", sha256).append_column("phash", phash)
    pq.write_table(table, tmp_path / "a.parquet")
    (row,) = read(tmp_path / "a.parquet")
    assert (row["sha256"], row["phash"]) == (READ["sha256"], READ["phash"])


def test_a_manifest_saved_as_csv_serves_as_well(tmp_path: Path) -> None:
    """People edit it in a spreadsheet."""
    pyarrow.csv.write_csv(pa.Table.from_pylist([ROW]), tmp_path / "a.csv")
    assert read(tmp_path / "a.csv") == [READ]


COPY = "https://web.archive.org/web/20110704000000id_/http://a.example/1.jpg"


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_a_revived_row_is_asked_for_where_it_was_found(tmp_path: Path, form: str) -> None:
    """The list's own URL was dead then; the others are asked where they were asked before."""
    rows = [
        {**ROW, "revived": "wayback", "final_url": COPY},
        {**ROW, "key": "n02084071_8", "revived": None},
    ]
    path = tmp_path / f"a.{form}"
    match form:
        case "parquet":
            pq.write_table(pa.Table.from_pylist(rows), path)
        case "csv":
            pyarrow.csv.write_csv(pa.Table.from_pylist(rows), path)
        case _:
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert [row["url"] for row in read(path)] == [COPY, "http://a.example/1.jpg"]
    assert read(path)[0] == {**READ, "url": COPY}


def test_a_manifest_in_which_nothing_was_revived_is_read_as_ever(tmp_path: Path) -> None:
    """The column has no type of its own then."""
    pq.write_table(pa.Table.from_pylist([{**ROW, "revived": None}]), tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet") == [READ]


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_picture_that_was_turned_is_turned_again(tmp_path: Path, form: str) -> None:
    """Else a rebuild would lie on its side."""
    rows = [{**ROW, "rotation": 90}, {**ROW, "key": "n02084071_8", "rotation": None}]
    path = tmp_path / f"a.{form}"
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        pyarrow.csv.write_csv(pa.Table.from_pylist(rows), path)
    assert read(path)[0] == {**READ, "rotation": 90}
    assert read(path)[1]["rotation"] is None


def test_the_users_word_on_the_url_column_goes_before(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist([{**ROW, "revived": "wayback", "final_url": COPY}]), path)
    (source,) = open_sources([str(path)], Columns(url="url"), None)
    (batch,) = source.batches()
    assert batch["url"].to_pylist() == ["http://a.example/1.jpg"]


def test_damaged_digests_are_unknown_not_wrong(tmp_path: Path) -> None:
    """The row is an ordinary one then."""
    rows = [{**ROW, "sha256": "xyz", "phash": "?"}, {**ROW, "sha256": None, "phash": None}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    assert [(row["sha256"], row["phash"]) for row in read(tmp_path / "a.parquet")] == [(None, None)] * 2


def test_a_finished_builds_folder_means_its_manifest(tmp_path: Path) -> None:
    """Not its outcomes, which lie beside it."""
    pq.write_table(pa.Table.from_pylist([ROW]), tmp_path / "manifest.parquet")
    pq.write_table(pa.table({"url": ["http://x.example/"], "label": ["x"]}), tmp_path / "outcomes.parquet")
    assert read(tmp_path) == [READ]


def test_a_manifest_in_parts_is_one_list(tmp_path: Path) -> None:
    """Above ten million rows it is a folder."""
    folder = tmp_path / "manifest.parquet"
    folder.mkdir()
    for part in range(2):
        pq.write_table(pa.Table.from_pylist([{**ROW, "key": str(part)}]), folder / f"part-{part}.parquet")
    sources = open_sources([str(tmp_path)], Columns(), None)
    keys = [row["key"] for source in sources for batch in source.batches() for row in batch.to_pylist()]
    assert keys == ["0", "1"]
    assert all(source.is_manifest for source in sources)
