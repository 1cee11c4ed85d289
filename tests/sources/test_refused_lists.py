"""What is no list is refused in a sentence: what was found, where, what to do."""

import bz2
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.errors import ListError, UsageError
from gleanset.sources.base import Columns
from gleanset.sources.registry import FORMATS, open_sources

A = "http://a.example/1.jpg"


@pytest.mark.parametrize(
    ("name", "body", "found", "advice"),
    [
        ("a.txt", b"", "the file is empty", "Download it again"),
        ("a.txt", b"\n \r\n", "the file is empty", "Download it again"),
        ("a.txt", b"\xef\xbb\xbf", "the file is empty", "Download it again"),
        ("a.txt", b"\n<!DOCTYPE html><html><body>404", "a web page", "another copy"),
        ("a.csv", b"<HTML>\n<body>http://a.example/1.jpg,cat", "a web page", "another copy"),
        ("a.txt", b"PK\x03\x04" + bytes(99), "a zip archive", "Unpack"),
        ("a.csv", b"\xff\xd8\xff\xe0" + bytes(99), "a JPEG picture", "name another file"),
        ("a.tsv", bytes(range(256)) * 9, "binary data", "name another file"),
        ("a.txt", f"{A}\n".encode("utf-16"), "UTF-16", "iconv"),
        ("a.txt", b"hello\nworld\n", "'hello'", "--source"),
        ("a.txt", b"a.example/1.jpg\n", "'a.example/1.jpg'", "http:// or https://"),
        ("a.csv", b"picture,label\nx,y\n", "'picture', 'label'", "--url-col"),
        ("a.csv", f"url,what\n{A},cat\n".encode(), "'url', 'what'", "--label-col"),
        ("a.csv", b"url,label\nx.jpg,cat\n", "'x.jpg'", "--url-col"),
        ("a.jsonl", b'{"a": 1}\n', "'a'", "--url-col"),
        ("a.jsonl", b"{a\n", "no JSON objects", "--source"),
        ("a.json", b'[{"url": 1}]', "one JSON array", "jq"),
        ("a.csv", bytes(4096), "binary data", "name another file"),
        ("a.csv", b"picture,label\rx,y\r", "'picture', 'label'", "--url-col"),
        ("a.parquet", b"PAR1 but not really PAR1", "no readable Parquet", "Write it again"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, name: str, body: bytes, found: str, advice: str) -> None:
    """The 2019 tool read a dead server's page as a list, fetched nothing and ended well."""
    path = tmp_path / name
    path.write_bytes(body)
    with pytest.raises(ListError) as refusal:
        open_sources([str(path)], Columns(), None)
    message = str(refusal.value)
    assert message.startswith(str(path))
    assert found in message
    assert advice in message
    assert [left.name for left in tmp_path.iterdir()] == [name]


@pytest.mark.material
def test_tencents_list_is_refused_in_another_format(material: Path) -> None:
    """Its scores would become parts of addresses, its file's name the only class."""
    for fmt in ("urls", "tsv"):
        with pytest.raises(ListError, match="leave --source out, or say --source tencent"):
            open_sources([str(material / "lists/tencent_ml_images_train_urls_tiny.txt")], Columns(), fmt)


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    """A typing mistake is the commonest of all."""
    with pytest.raises(ListError, match="no such file"):
        open_sources([str(tmp_path / "absent.txt")], Columns(), None)
    with pytest.raises(ListError, match=r"an address, not a file\. Download the list first"):
        open_sources(["http://a.example/list.txt"], Columns(), None)
    with pytest.raises(ListError, match="a folder without tables"):
        open_sources([str(tmp_path)], Columns(), None)


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    """So that the next try succeeds."""
    path = tmp_path / "a.csv"
    path.write_text(f"url,label\n{A},cat\n")
    with pytest.raises(ListError, match=r"--url-col 'link' names no column.*'url', 'label'"):
        open_sources([str(path)], Columns(url="link"), None)


def test_a_format_that_is_none_is_refused_with_those_there_are(tmp_path: Path) -> None:
    """Before any file is looked at."""
    with pytest.raises(UsageError, match=r"--source 'xml'.*imagenet, csv"):
        open_sources([str(tmp_path / "absent")], Columns(), "xml")


def test_a_table_of_broken_rows_is_refused(tmp_path: Path) -> None:
    """Some broken rows are life; nothing but broken rows is the wrong file or the wrong columns."""
    path = tmp_path / "a.csv"
    path.write_text(f"url,label\n{A}\n,cat\n{A},\n")
    (source,) = open_sources([str(path)], Columns(), None)
    with pytest.raises(ListError, match=r"no row has both a URL and a label \(3 broken\)"):
        list(source.batches())


SNIPPETS = st.sampled_from(
    [
        *(
            b"url,label\n",
            b"url\tlabel\n",
            b"n02084071_1\t",
            b"http://a.example/1",
            b"\n",
            b"\r",
            b'"',
            b",",
            b"\t",
        ),
        *(b'{"url": "http://a.example/", "label": "x"}\n', b"[", b"PAR1", b"\x1f\x8b\x08", b"\x00", b"\xff"),
        *(b"BZh9", b"\xfd7zXZ\x00", bytes(257) + b"ustar\x0000", b"\xef\xbb\xbf", "é".encode()),
    ]
)
BODIES = st.one_of(st.binary(max_size=600), st.lists(SNIPPETS, max_size=30).map(b"".join))


@given(
    body=BODIES,
    ending=st.sampled_from(["txt", "csv", "tsv", "jsonl", "parquet", "tgz"]),
    squeeze=st.sampled_from([bytes, gzip.compress, bz2.compress, lambda body: gzip.compress(body)[:-9]]),
    fmt=st.sampled_from([None, None, *FORMATS]),
)
def test_any_file_is_read_or_refused(body, ending, squeeze, fmt, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    """Whatever lies in a file, it ends in rows or in a sentence, and every row has a URL and a label."""
    path = tmp_path_factory.mktemp("any") / f"list.{ending}"
    path.write_bytes(squeeze(body))
    try:
        (source,) = open_sources([str(path)], Columns(), fmt)
        batches = list(source.batches())
    except ListError as refusal:
        assert str(path) in str(refusal)
    else:
        rows = [row for batch in batches for row in batch.to_pylist()]
        assert rows
        assert all(row["url"] and row["label"] for row in rows)
