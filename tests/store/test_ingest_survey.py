"""What a survey counts, and when it need not count again."""

import dataclasses
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gleanset.sources import opening
from gleanset.sources.base import Columns, Source
from gleanset.sources.registry import open_sources
from gleanset.store.ingest import survey_lists
from gleanset.terms.plan import Census, Survey

LIST = b"""n00000001_1\thttp://farm1.static.flickr.com/1/1_a.jpg
n00000001_2\thttp://farm2.static.flickr.com/1/2_a.jpg
n00000001_2\thttp://farm2.static.flickr.com/1/2_a.jpg
n00000001_4\thttp://a.example/flickr.jpg
odd
n00000002_1\thttp://flickr.evil.example/1.jpg
n00000002_2\tHTTP://User@FARM1.Static.Flickr.com:80/caf\xe9.jpg
n00000002_3\thttp://fl%69ckr.com/x
n00000003_1\tno address
"""


def listed(folder: Path, body: bytes = LIST, name: str = "list.txt") -> Path:
    path = folder / name
    path.write_bytes(body)
    return path


def sources(*paths: Path, cache_dir: Path | None = None) -> list[Source]:
    return open_sources([str(path) for path in paths], Columns(), None, cache_dir)


def survey(*paths: Path, cache_dir: Path | None = None) -> Survey:
    return survey_lists(sources(*paths, cache_dir=cache_dir), cache_dir)


def test_every_row_counts_as_it_stands(tmp_path: Path) -> None:
    """Twins are counted, odd lines are not; Flickr is a matter of the host, however it is written."""
    seen = survey(listed(tmp_path))
    assert (seen.classes, seen.urls, seen.flickr_urls, seen.odd_lines) == (3, 8, 5, 1)
    assert seen.per_class == Census(("n00000001", "n00000002", "n00000003"), (4, 3, 1), (3, 2, 0))
    assert seen.hosts == 5
    assert seen.top_hosts == (("flickr.com", 5), ("a.example", 1), ("evil.example", 1))
    assert seen.odd_examples == ((str(tmp_path / "list.txt"), 5, "odd"),)


def test_at_least_counts_classes_with_so_many_urls(tmp_path: Path) -> None:
    """The first tool's third chart, the most useful one for planning."""
    lines = [
        f"n{c:08}_{n}\thttp://a.example/{n}\n"
        for c, size in ((1, 99), (2, 100), (3, 300))
        for n in range(size)
    ]
    lines += [f"n00000003_x{n}\thttp://farm1.static.flickr.com/{n}\n" for n in range(200)]
    at_least = {
        images: counts for images, *counts in survey(listed(tmp_path, "".join(lines).encode())).at_least
    }
    assert at_least[100] == [2, 1]
    assert at_least[200] == [1, 1]
    assert at_least[500] == [1, 0]
    assert at_least[800] == [0, 0]
    assert {100, 200, 300, 500, 800, 1000, 1200, 1500} <= at_least.keys()


def test_lists_are_counted_together(tmp_path: Path) -> None:
    """A class may be spread over several files and formats."""
    pq.write_table(pa.table({"url": ["http://a.example/"], "label": ["n00000003"]}), tmp_path / "b.parquet")
    seen = survey(listed(tmp_path), tmp_path / "b.parquet")
    assert (seen.classes, seen.urls) == (3, 9)
    assert dict(zip(seen.per_class.labels, seen.per_class.urls, strict=True))["n00000003"] == 2


def test_batches_and_their_number_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums over many small batches are those of one."""
    path = listed(tmp_path)
    whole = survey(path)
    monkeypatch.setattr(opening, "CHUNK_BYTES", 100)
    monkeypatch.setattr("gleanset.store.survey._MOST_UNSUMMED", 2)
    assert survey(path) == whole


def test_the_second_time_comes_from_the_cache(tmp_path: Path) -> None:
    """Fourteen million lines are counted once; the same bytes give the same survey without being read."""
    path, cache = listed(tmp_path), tmp_path / "cache"
    first = survey(path, cache_dir=cache)
    (memory,) = (cache / "surveys").iterdir()
    memory.write_text(memory.read_text().replace('"urls": 8', '"urls": 88'))
    again = sources(path, cache_dir=cache)
    again[0].digest()
    assert survey_lists(again, cache) == dataclasses.replace(first, urls=88)


def test_a_changed_list_is_counted_again(tmp_path: Path) -> None:
    """The cache goes by the bytes, not by the name."""
    path, cache = listed(tmp_path), tmp_path / "cache"
    survey(path, cache_dir=cache)
    path.write_bytes(LIST + b"n00000009_1\thttp://a.example/\n")
    assert survey(path, cache_dir=cache).classes == 4


def test_other_columns_are_another_survey(tmp_path: Path) -> None:
    """The same bytes read otherwise are other rows."""
    path, cache = tmp_path / "a.csv", tmp_path / "cache"
    path.write_text("url,label,kind\nhttp://a.example/1,cat,x\nhttp://a.example/2,dog,x\n")
    for columns, n_classes in ((Columns(), 2), (Columns(label="kind"), 1), (Columns(), 2)):
        assert survey_lists(open_sources([str(path)], columns, None, cache), cache).classes == n_classes


@pytest.mark.parametrize("damage", [b"", b"{}", b"[]", b'{"per_class": 1}', b"\xff"])
def test_a_damaged_cache_is_no_cache(tmp_path: Path, damage: bytes) -> None:
    """It is written anew."""
    path, cache = listed(tmp_path), tmp_path / "cache"
    first = survey(path, cache_dir=cache)
    (memory,) = (cache / "surveys").iterdir()
    memory.write_bytes(damage)
    again = sources(path, cache_dir=cache)
    again[0].digest()
    assert survey_lists(again, cache) == first
    assert memory.read_bytes() != damage


def test_a_digest_is_remembered_only_for_a_settled_file(tmp_path: Path) -> None:
    """Size and time cannot tell two writes of one moment apart; an old file's digest costs no pass."""
    import os

    path, cache = listed(tmp_path), tmp_path / "cache"
    (fresh,) = sources(path, cache_dir=cache)
    digest = fresh.digest()
    (second,) = sources(path, cache_dir=cache)
    assert second.known_digest is None
    os.utime(path, (1_000_000_000, 1_000_000_000))
    (third,) = sources(path, cache_dir=cache)
    assert third.digest() == digest
    (fourth,) = sources(path, cache_dir=cache)
    assert fourth.known_digest == digest


@pytest.mark.material
def test_a_real_synset_is_two_fifths_flickr(material: Path) -> None:
    """Clock: 1,076 URLs on 471 hosts."""
    seen = survey(material / "lists/imagenet_synset_clock_urls.txt")
    assert (seen.urls, seen.hosts, round(100 * seen.flickr_urls / seen.urls, 1)) == (1076, 471, 40.6)
