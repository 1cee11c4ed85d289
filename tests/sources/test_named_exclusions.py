"""What people name that must not get in: lines, tables and lists."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gleanset.errors import UsageError
from gleanset.sources.exclusions import Named, read_named

SHA256, SHA1, MD5, PHASH = "ab" * 32, "cd" * 20, "ef" * 16, "0123456789abcdef"


def read(folder: Path, text: str, name: str = "out.txt") -> Named:
    (folder / name).write_text(text, encoding="utf-8")
    return read_named(folder / name, name)


def test_a_line_is_a_hash_or_a_url(tmp_path: Path) -> None:
    """As ``sha256sum`` and ``md5sum`` write it, with comments, in any case."""
    named = read(
        tmp_path,
        f"# mine\n{SHA256}  a b.jpg\n{SHA1.upper()}\n\n{MD5} *c.jpg\n{PHASH}\nhttp://a.example/x y.jpg\n",
    )
    assert named.digests == (bytes.fromhex(SHA256), bytes.fromhex(SHA1), bytes.fromhex(MD5))
    assert named.phashes == (int(PHASH, 16),)
    assert named.urls.to_pylist() == ["http://a.example/x y.jpg"]


@pytest.mark.parametrize("line", ["abcdef", "a.example/b.jpg", "ab" * 31, "ftp://a.example/b.jpg"])
def test_a_line_that_is_neither_is_named(tmp_path: Path, line: str) -> None:
    """A slip of the pen must not let a picture in."""
    with pytest.raises(UsageError, match=r"--exclude out.txt: line 3 is .*A line is a URL, or a hash"):
        read(tmp_path, f"{SHA256}\n\n{line}\n")


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_table_has_columns_of_hashes_and_urls(tmp_path: Path, delimiter: str) -> None:
    rows = [
        ["url", "label", "sha256", "phash"],
        ["http://a.example/1.jpg", "cat", SHA256, PHASH],
        ["", "x", "", ""],
    ]
    named = read(tmp_path, "\n".join(delimiter.join(row) for row in rows), "t.csv")
    assert (named.urls.to_pylist(), named.digests) == (["http://a.example/1.jpg"], (bytes.fromhex(SHA256),))
    assert named.phashes == (int(PHASH, 16),)


def test_a_wrong_hash_in_a_table_is_named_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"line 3 is 'abc'"):
        read(tmp_path, f"md5,note\n{MD5},a\nabc,b\n", "t.csv")


def test_a_manifest_names_urls_bodies_and_looks(tmp_path: Path) -> None:
    """Where a picture was found counts like where it was looked for."""
    table = {
        "url": ["http://a.example/1.jpg"],
        "final_url": ["http://b.example/1.jpg"],
        "sha256": [SHA256],
        "stored_sha256": ["12" * 32],
        "phash": [PHASH],
        "label": ["cat"],
    }
    pq.write_table(pa.table(table), tmp_path / "manifest.parquet")
    named = read_named(tmp_path / "manifest.parquet", "manifest.parquet")
    assert named.urls.to_pylist() == ["http://a.example/1.jpg", "http://b.example/1.jpg"]
    assert set(named.digests) == {bytes.fromhex(SHA256), bytes.fromhex("12" * 32)}
    assert named.phashes == (int(PHASH, 16),)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("l.txt", "n01_1\thttp://a.example/1.jpg\nn01_2\thttp://a.example/2.jpg\n"),
        ("l.csv", "url,label\nhttp://a.example/1.jpg,cat\nhttp://a.example/2.jpg,dog\n"),
        ("l.txt", "http://a.example/1.jpg\nhttp://a.example/2.jpg\n"),
        ("l.jsonl", '{"url": "http://a.example/1.jpg"}\n{"url": "http://a.example/2.jpg"}\n'),
        ("l.txt", "http://a.example/1.jpg\tcat\nhttp://a.example/2.jpg\tdog\n"),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_any_list_that_can_be_built_from_names_its_urls(
    tmp_path: Path, name: str, text: str, zipped: bool
) -> None:
    path = tmp_path / (f"{name}.gz" if zipped else name)
    path.write_bytes(gzip.compress(text.encode()) if zipped else text.encode())
    assert read_named(path, name).urls.to_pylist() == ["http://a.example/1.jpg", "http://a.example/2.jpg"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "--exclude x: the file is empty"),
        (b"\x00\x01" * 400, "binary data"),
        (b"PAR1 and no more", "the table is damaged"),
        (b"one\ntwo\nthree\n", "--exclude x"),
        (b"# nothing\n", "--exclude x"),
        (b"<html><body>404</body></html>", "--exclude x"),
    ],
)
def test_what_names_nothing_is_refused_in_a_sentence(tmp_path: Path, data: bytes, sentence: str) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(UsageError, match=sentence):
        read_named(tmp_path / "x", "x")


def test_a_table_without_anything_of_the_kind_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"name": ["a"]}), tmp_path / "t.parquet")
    with pytest.raises(UsageError, match="a table without URLs and without any of sha256"):
        read_named(tmp_path / "t.parquet", "t.parquet")
