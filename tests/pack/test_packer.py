"""A pack is exact, repeatable, and all or nothing."""

import json
import random
import resource
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image

from gleanset.errors import StorageError, UsageError, WorkdirError
from gleanset.pack.packer import pack

Tree = Callable[[Path], dict[str, bytes]]
FORMS = ("imagefolder", "webdataset")
HALVES = (("train", 0.5), ("val", 0.5))
EXTENSIONS = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP"}


def manifest(out: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(out / "manifest.parquet").to_pylist()
    return rows


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_the_folders_are_the_classes(a_collection: Any, job_for: Any, out: Path) -> None:
    """Sorted folders are the class indexes; every file is a picture in the format that its name says."""
    pack(job_for(a_collection))
    folders = sorted(path for path in (out / "data").iterdir())
    index_of = {row["label"]: row["class_index"] for row in manifest(out)}
    assert sorted(index_of.values()) == list(range(len(folders))) == [0, 1, 2]
    for row in manifest(out):
        assert (out / row["path"]).parent == folders[row["class_index"]]
    for folder in folders:
        assert len(list(folder.iterdir())) == 8
        for file in folder.iterdir():
            with Image.open(file) as image:
                image.load()
                assert image.format == EXTENSIONS[file.suffix]


def test_a_split_lies_above_the_classes(a_collection: Any, job_for: Any, out: Path) -> None:
    """data/train/<class>/.. and data/val/<class>/.., nothing beside them."""
    pack(job_for(a_collection, split=HALVES))
    assert sorted(path.name for path in (out / "data").iterdir()) == ["train", "val"]
    assert {row["path"].split("/")[1] for row in manifest(out) if row["split"] == "val"} == {"val"}


def test_an_image_never_changes_its_split(a_collection: Any, job_for: Any, out: Path) -> None:
    """Whatever else is in the set, however it is stored, and whatever the seed."""
    pack(job_for(a_collection, split=HALVES))
    before = {row["key"]: row["split"] for row in manifest(out)}
    pack(job_for(a_collection, split=HALVES, rows=a_collection.rows[5:17], form="webdataset", seed=9))
    after = {row["key"]: row["split"] for row in manifest(out)}
    assert len(after) == 12
    assert after.items() <= before.items()


def test_a_rows_own_split_wins(an_empty_collection: Any, job_for: Any, out: Path) -> None:
    """A rebuilt manifest keeps its splits; rows without one are for training."""
    for i in range(20):
        an_empty_collection.add("n02084071", split="test" if i < 3 else None)
    pack(job_for(an_empty_collection))
    assert Counter(row["split"] for row in manifest(out)) == {"test": 3, "train": 17}
    pack(job_for(an_empty_collection, split=HALVES))
    counts = Counter(row["split"] for row in manifest(out))
    assert counts["test"] == 3
    assert set(counts) == {"test", "train", "val"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("split", ["../../up", "/abs", "a/b", "..", "val\n", "x" * 200])
def test_a_lists_own_split_is_attacker_text(
    an_empty_collection: Any, job_for: Any, tree: Tree, tmp_path: Path, split: str, form: str
) -> None:
    """Nothing lies outside ``data``, whatever a list calls its splits."""
    an_empty_collection.add("n02084071", split=split)
    before = set(tree(tmp_path))
    pack(job_for(an_empty_collection, form=form))
    new = set(tree(tmp_path)) - before
    tables = {f"out/{name}" for name in ("README.md", "classes.csv", "manifest.parquet", "outcomes.parquet")}
    assert tables < new
    assert all(name.startswith("out/data/") for name in new - tables)
    assert len(list((tmp_path / "out" / "data").iterdir())) == (1 if form == "imagefolder" else 2)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("split", [(), HALVES], ids=["whole", "split"])
def test_the_same_journal_packs_to_the_same_bytes(
    a_collection: Any, job_for: Any, tree: Tree, tmp_path: Path, form: str, split: Any
) -> None:
    """In whatever order the rows come, into whatever folder, onto an old dataset or into nothing."""
    shuffled = random.Random(1).sample(a_collection.rows, len(a_collection.rows))
    facts = {"form": form, "split": split, "shard_bytes": 30_000}
    pack(job_for(a_collection, out=tmp_path / "one", **facts))
    pack(job_for(a_collection, out=tmp_path / "other" / "two", rows=shuffled, **facts))
    first = tree(tmp_path / "one")
    assert first == tree(tmp_path / "other" / "two")
    pack(job_for(a_collection, out=tmp_path / "one", **facts))
    assert tree(tmp_path / "one") == first


PROMISED = """
key path label class_index split url final_url host sha256 phash width height format stored_as bytes status
fetched_at licence author
"""


def test_the_manifest_says_where_each_image_lies_and_what_it_is(
    a_collection: Any, job_for: Any, out: Path
) -> None:
    """Columns in the promised order; paths and sums are those of the files."""
    pack(job_for(a_collection))
    rows = manifest(out)
    assert list(rows[0])[:19] == PROMISED.split()
    for row in rows:
        body = (out / row["path"]).read_bytes()
        assert (row["bytes"], row["sha256"]) == (len(body), sha256(body).hexdigest())
        assert row["sha256"] == row["stored_sha256"]
    by_key = {row["key"]: row for row in rows}
    row = by_key[a_collection.rows[0].key]
    assert row["phash"] == "8000000000000000"
    assert row["fetched_at"] == datetime(2023, 11, 14, 22, 13, 20, 250_000, tzinfo=UTC)
    assert (row["final_url"], row["licence"], row["split"]) == (row["url"], None, None)
    assert len(by_key) == 24


def test_what_the_list_says_of_rights_is_kept(an_empty_collection: Any, job_for: Any, out: Path) -> None:
    """Licence, author and caption travel with the image."""
    an_empty_collection.add("n02084071", licence="cc-by", author="Ä. N.", caption="a dog")
    pack(job_for(an_empty_collection))
    (row,) = manifest(out)
    assert (row["licence"], row["author"], row["caption"]) == ("cc-by", "Ä. N.", "a dog")


def test_every_fate_is_in_the_outcomes(a_collection: Any, job_for: Any, out: Path) -> None:
    """In the order given, with nulls where nothing was asked."""
    pack(job_for(a_collection))
    rows = pq.read_table(out / "outcomes.parquet").to_pylist()
    assert list(rows[0]) == [
        "url",
        "label",
        "host",
        "verdict",
        "reason",
        "attempts",
        "status",
        "elapsed_s",
        "at",
        "revived",
        "evidence",
    ]
    assert len(rows) == 25
    assert rows[-1] == {
        "url": "http://gone.example/x.jpg",
        "label": "n02084071",
        "host": "gone.example",
        "verdict": "rejected",
        "reason": "not-found",
        "attempts": 1,
        "status": 404,
        "elapsed_s": None,
        "at": None,
        "revived": None,
        "evidence": None,
    }
    assert "25 URLs were asked" in (out / "README.md").read_text()


def test_revived_pictures_are_named_in_manifest_card_and_outcomes(
    an_empty_collection: Any, job_for: Any, out: Path
) -> None:
    """Who trains on them has to know that they are not from where the list says."""
    copy = "https://web.archive.org/web/20110704000000id_/http://www.site.example/a.jpg"
    row = an_empty_collection.add("n02084071", final_url=copy, revived="wayback")
    an_empty_collection.add("n02121808")
    an_empty_collection.outcomes[0] = replace(an_empty_collection.outcomes[0], revived="wayback")
    result = pack(job_for(an_empty_collection))
    assert result.revived == (("wayback", 1),)
    told = {one["key"]: (one["revived"], one["final_url"]) for one in manifest(out)}
    assert told.pop(row.key) == ("wayback", copy)
    assert [revived for revived, _ in told.values()] == [None]
    outcomes = pq.read_table(out / "outcomes.parquet").to_pylist()
    assert [one["revived"] for one in outcomes] == ["wayback", None]
    assert "elsewhere: 1 as copies of the Internet Archive (`wayback`)" in (out / "README.md").read_text()


def test_the_digest_can_be_computed_from_the_manifest(a_collection: Any, job_for: Any, out: Path) -> None:
    """By anyone, as its description says; the form of the dataset does not matter."""
    digest = pack(job_for(a_collection, split=HALVES)).digest
    lines = sorted((row["key"], row["label"], row["split"], row["sha256"]) for row in manifest(out))
    said = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    assert sha256(said.encode()).hexdigest() == digest
    assert pack(job_for(a_collection, split=HALVES, form="webdataset")).digest == digest
    assert pack(job_for(a_collection)).digest != digest


def test_shards_are_shuffled_over_the_whole_set(an_empty_collection: Any, job_for: Any, out: Path) -> None:
    """Readers shuffle within a buffer only; another seed gives another order of the same samples."""
    for i in range(60):
        an_empty_collection.add(("n02084071", "n02121808")[i // 30])
    orders = []
    for seed in (0, 1):
        pack(job_for(an_empty_collection, form="webdataset", seed=seed, shard_bytes=20_480))
        orders.append([row["key"] for row in manifest(out)])
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1])
    labels = [row["label"] for row in manifest(out)]
    assert 15 < sum(a != b for a, b in pairwise(labels)) < 45


def test_a_shard_holds_what_the_manifest_says(a_collection: Any, job_for: Any, out: Path) -> None:
    """Picture, class and facts, under the key."""
    pack(job_for(a_collection, form="webdataset", shard_bytes=30_000))
    for row in manifest(out):
        with tarfile.open(out / row["path"]) as shard:
            members = {name: shard.extractfile(name).read() for name in shard.getnames()}  # type: ignore[union-attr]
        facts = json.loads(members[f"{row['key']}.json"])
        assert facts["url"] == row["url"]
        assert list(facts) == [name for name in row if name != "path"]
        assert int(members[f"{row['key']}.cls"]) == row["class_index"]


def test_changing_the_form_replaces_the_dataset(
    a_collection: Any, job_for: Any, tree: Tree, out: Path
) -> None:
    """Nothing of the tree is left among the shards, nor the other way round; what others put there stays."""
    pack(job_for(a_collection))
    whole = tree(out)
    (out / "report.html").write_text("mine")
    pack(job_for(a_collection, form="webdataset"))
    assert sorted(path.suffix for path in (out / "data").iterdir()) == [".json", ".tar"]
    pack(job_for(a_collection))
    assert tree(out) == {**whole, "report.html": b"mine"}
    assert not (out / ".gleanset" / "packing").exists()


def test_unchanged_images_are_taken_over(a_collection: Any, job_for: Any, out: Path) -> None:
    """After a revocation a pack is a difference: the other files are the very same inodes."""
    assert pack(job_for(a_collection)).n_kept == 0
    inodes = {path.name: path.stat().st_ino for path in (out / "data").rglob("*.*") if path.is_file()}
    result = pack(job_for(a_collection, rows=a_collection.rows[1:], split=HALVES))
    assert result.n_kept == result.n_images == 23
    for path in (out / "data").rglob("*.*"):
        if path.is_file():
            assert inodes[path.name] == path.stat().st_ino
            assert path.stat().st_nlink == 1


def test_an_image_that_changed_is_written_anew(a_collection: Any, job_for: Any, out: Path) -> None:
    """A key that now means other bytes, and files that somebody cut, removed or turned into links."""
    pack(job_for(a_collection))
    cut, removed, linked = (out / row["path"] for row in manifest(out)[:3])
    cut.write_bytes(b"")
    removed.unlink()
    linked.unlink()
    linked.symlink_to("/etc/hostname")
    a, b = a_collection.rows[10], a_collection.rows[13]
    rows = [
        *a_collection.rows[:10],
        replace(a, blob=b.blob, inspection=b.inspection),
        *a_collection.rows[11:],
    ]
    assert pack(job_for(a_collection, rows=rows)).n_kept == 20
    for row in manifest(out):
        assert sha256((out / row["path"]).read_bytes()).hexdigest() == row["stored_sha256"]
        assert not (out / row["path"]).is_symlink()


@pytest.mark.parametrize("path", ["../../secret", "data/../../secret", "/etc/hostname", "report.html"])
def test_a_doctored_manifest_brings_nothing_in(
    an_empty_collection: Any, job_for: Any, out: Path, tmp_path: Path, path: str
) -> None:
    """Only what lies below ``data`` is ever taken over."""
    an_empty_collection.add("n02084071")
    pack(job_for(an_empty_collection))
    size = an_empty_collection.rows[0].blob.length
    (tmp_path / "secret").write_bytes(b"s" * size)
    (out / "report.html").write_bytes(b"s" * size)
    table = pq.read_table(out / "manifest.parquet")
    pq.write_table(table.set_column(1, "path", [[path]]), out / "manifest.parquet")
    assert pack(job_for(an_empty_collection)).n_kept == 0


@pytest.mark.parametrize("damage", [b"", b"PAR1 no more", None])
def test_a_damaged_old_manifest_costs_only_time(
    a_collection: Any, job_for: Any, tree: Tree, out: Path, damage: Any
) -> None:
    """The pack is made from the journal alone."""
    pack(job_for(a_collection))
    whole = tree(out)
    path = out / "manifest.parquet"
    path.write_bytes(
        bytearray(b ^ (i % 97 == 5) for i, b in enumerate(path.read_bytes())) if damage is None else damage
    )
    pack(job_for(a_collection))
    assert tree(out) == whole


def test_nothing_collected_is_a_dataset_of_nothing(an_empty_collection: Any, job_for: Any, out: Path) -> None:
    """Tables with their columns and no rows, and no class folder."""
    for form in FORMS:
        result = pack(job_for(an_empty_collection, form=form))
        assert (result.n_images, result.digest) == (0, sha256(b"").hexdigest())
        assert manifest(out) == []
        assert not [path for path in (out / "data").iterdir() if path.suffix != ".json"]


def test_progress_counts_every_image(a_collection: Any, job_for: Any) -> None:
    """From one to all."""
    seen: list[tuple[int, int]] = []
    pack(job_for(a_collection), lambda done, total: seen.append((done, total)))
    assert seen == [(i, 24) for i in range(1, 25)]


class StoppedError(Exception):
    """What a callback may raise."""


def stop_at(n: int) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        if done == n:
            raise StoppedError

    return progress


@pytest.mark.parametrize("form", FORMS)
def test_a_pack_that_is_stopped_changes_nothing(
    a_collection: Any, job_for: Any, tree: Tree, out: Path, form: str
) -> None:
    """Ctrl-C in the middle leaves the old dataset and no litter."""
    pack(job_for(a_collection, rows=a_collection.rows[:9]))
    before = tree(out)
    with pytest.raises(StoppedError):
        pack(job_for(a_collection, form=form), stop_at(12))
    assert tree(out) == before
    assert not (out / ".gleanset" / "packing").exists()


def damaged_blob(collection: Any) -> None:
    segment = collection.blobs / collection.rows[4].blob.segment
    body = bytearray(segment.read_bytes())
    body[collection.rows[4].blob.offset + 30] ^= 1
    segment.write_bytes(body)


def test_a_damaged_body_is_named_and_nothing_is_packed(
    a_collection: Any, job_for: Any, tree: Tree, out: Path
) -> None:
    """A dataset with a broken picture in it is worse than none."""
    damaged_blob(a_collection)
    with pytest.raises(StorageError, match=rf"{a_collection.rows[4].blob.segment}.*offset"):
        pack(job_for(a_collection))
    assert tree(out) == {}


def test_a_body_that_is_another_picture_is_found(a_collection: Any, job_for: Any) -> None:
    """Blobs of one build with the journal of another."""
    a, b = a_collection.rows[:2]
    with pytest.raises(StorageError, match=f"not the picture {a.key}"):
        pack(job_for(a_collection, rows=[replace(a, blob=b.blob), b]))


@pytest.mark.parametrize("key", ["../x", "a/b", "", "a.b", "x" * 65, "é", "a\n"])
def test_a_key_that_is_no_file_name_is_refused(
    an_empty_collection: Any, job_for: Any, tree: Tree, out: Path, key: str
) -> None:
    """A damaged pool must not write files where it likes."""
    an_empty_collection.add("n02084071", key=key)
    with pytest.raises(WorkdirError, match="no key"):
        pack(job_for(an_empty_collection))
    assert tree(out) == {}


def test_a_form_or_split_that_cannot_be_is_refused_before_anything(
    a_collection: Any, job_for: Any, tree: Tree, out: Path
) -> None:
    """The old dataset is as it was."""
    pack(job_for(a_collection))
    before = tree(out)
    with pytest.raises(UsageError):
        pack(job_for(a_collection, form="mds"))
    with pytest.raises(UsageError):
        pack(job_for(a_collection, split=(("train", 2.0),)))
    assert tree(out) == before


@contextmanager
def no_file_longer_than(n_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("limit", [0, 500, 700, 4_000, 9_000])
def test_a_full_disk_leaves_the_old_dataset(
    a_collection: Any, job_for: Any, tree: Tree, out: Path, form: str, limit: int
) -> None:
    """Wherever the disk fills up; and with space again the same pack succeeds."""
    pack(job_for(a_collection, rows=a_collection.rows[:9]))
    before = tree(out)
    with no_file_longer_than(limit), pytest.raises(StorageError):
        pack(job_for(a_collection, form=form))
    assert tree(out) == before
    assert not (out / ".gleanset" / "packing").exists()
    assert pack(job_for(a_collection, form=form)).n_images == 24


@pytest.mark.parametrize("name", ["data", "README.md", "classes.csv"])
def test_other_peoples_files_are_not_replaced(
    a_collection: Any, job_for: Any, tree: Tree, out: Path, name: str
) -> None:
    """`pack -o` into a folder that is somebody's own is refused, and nothing changes."""
    out.mkdir()
    (out / name).write_text("mine")
    job = replace(job_for(a_collection), staging=out / ".packing")
    with pytest.raises(WorkdirError, match=f"{name} is not from a pack"):
        pack(job)
    assert [(path.name, path.read_text()) for path in out.iterdir()] == [(name, "mine")]


def test_what_lies_where_a_pack_is_prepared_is_not_swept_away(
    a_collection: Any, job_for: Any, tree: Tree, out: Path
) -> None:
    """A folder of that name may be somebody's own: nothing in it is touched."""
    (out / ".packing" / "new").mkdir(parents=True)
    (out / ".packing" / "notes.txt").write_text("mine")
    job = replace(job_for(a_collection), staging=out / ".packing")
    before = tree(out)
    with pytest.raises(WorkdirError, match=r"notes\.txt is not from a pack"):
        pack(job)
    assert tree(out) == before


def test_a_refused_folder_keeps_even_a_prepared_pack(
    a_collection: Any, job_for: Any, tree: Tree, out: Path
) -> None:
    """Whether a folder is ours is asked before anything in it is removed."""
    (out / ".packing" / "new").mkdir(parents=True)
    (out / ".packing" / "new" / "README.md").write_text("prepared")
    (out / "data").write_text("mine")
    job = replace(job_for(a_collection), staging=out / ".packing")
    before = tree(out)
    with pytest.raises(WorkdirError, match="data is not from a pack"):
        pack(job)
    assert tree(out) == before


def test_a_first_pack_that_was_killed_among_its_moves_is_finished(
    a_collection: Any, job_for: Any, out: Path
) -> None:
    """``data`` is in its place, the manifest is not yet: it is ours all the same."""
    pack(replace(job_for(a_collection), staging=out / ".packing"))
    new = out / ".packing" / "new"
    new.mkdir(parents=True)
    (out / "manifest.parquet").rename(new / "manifest.parquet")
    (out / ".packing" / "moves.json").write_text('["data", "manifest.parquet"]')
    again = replace(job_for(a_collection), staging=out / ".packing")
    assert pack(again).n_kept == 24
