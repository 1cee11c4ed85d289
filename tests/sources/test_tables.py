"""CSV, TSV, JSON lines, Parquet and bare URLs: whatever people keep labelled URLs in."""

import csv
import gzip
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.errors import ListError
from gleanset.sources import opening
from gleanset.sources.base import Columns, Source
from gleanset.sources.registry import open_sources

A, B = "http://a.example/1.jpg", "http://b.example/2.jpg"


def opened(path: Path, columns: Columns | None = None, fmt: str | None = None) -> Source:
    (source,) = open_sources([str(path)], columns or Columns(), fmt)
    return source


def rows(source: Source) -> list[tuple[str, str]]:
    return [(row["url"], row["label"]) for batch in source.batches() for row in batch.to_pylist()]


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", f"url,label\n{A},cat\n{B},dog\n"),
        ("a.csv", f"label,id,image_url\r\ncat,1,{A}\r\ndog,2,{B}\r\n"),
        ("a.csv", f'"URL";"Class Name"\n"{A}";"cat"\n{B};dog\n'),
        ("a.csv", f"{A},cat\n{B},dog\n"),
        ("a.tsv", f"wnid\turl\ncat\t{A}\ndog\t{B}"),
        ("a.txt", f"url\tlabel\n{A}\tcat\n{B}\tdog\n"),
        ("a.txt", f"{A}\tcat\n{B}\tdog\n"),
        ("a.txt", f"cat\t{A}\ndog\t{B}\n"),
        ("a.csv", f"\ufeffurl,label\n\n{A}, cat \n\n{B},dog"),
        ("a.jsonl", f'{{"url": "{A}", "label": "cat"}}\n\n{{"label": "dog", "more": [1], "url": "{B}"}}'),
        ("a", f'{{"img_url": "{A}", "category": "cat"}}\n{{"img_url": "{B}", "category": "dog"}}\n'),
    ],
)
def test_usual_columns_are_found_by_name(tmp_path: Path, name: str, text: str) -> None:
    """Most people never need to name a column or a format."""
    source = opened(written(tmp_path, name, text))
    assert rows(source) == [(A, "cat"), (B, "dog")]
    assert source.odd_lines == 0


def test_columns_can_be_named(tmp_path: Path) -> None:
    """``--url-col`` and its kin go before any guess."""
    path = written(tmp_path, "a.csv", f"url,pic,x,who,right,part\nno,{A},cat,Ann,cc0,val\nno,{B},dog,,,\n")
    columns = Columns(url="pic", label="x", author="who", licence="right", split="part")
    batches = list(opened(path, columns).batches())
    assert [row for batch in batches for row in batch.to_pylist()] == [
        *({"url": A, "label": "cat", "origin": None, "licence": "cc0", "author": "Ann", "split": "val"},),
        *({"url": B, "label": "dog", "origin": None, "licence": None, "author": None, "split": None},),
    ]


def test_quotes_may_hold_commas_line_breaks_and_quotes(tmp_path: Path) -> None:
    """As RFC 4180 has it; line numbers count lines, not rows."""
    text = f'url,label,text\n"{A}?a,b",cat,"one\ntwo ""three"", four"\nodd\n{B},"big dog",x\n'
    source = opened(written(tmp_path, "a.csv", text))
    assert rows(source) == [(A + "?a,b", "cat"), (B, "big dog")]
    assert [number for _, number, _ in source.odd_examples] == [4]


def test_a_quote_that_is_never_closed_costs_its_own_line(tmp_path: Path) -> None:
    """Other readers swallow the rest of the file."""
    text = f'url,label\n{A},"cat\n' + f"{B},dog\n" * 200
    source = opened(written(tmp_path, "a.csv", text))
    assert rows(source) == [(B, "dog")] * 200
    assert [number for _, number, _ in source.odd_examples] == [2]


FIELDS = st.text(st.sampled_from('ab ,;"\n\r\té|'), max_size=6)


@given(table=st.lists(st.tuples(FIELDS, st.sampled_from(["cat", "big dog", 'a "b"', "x,y"])), max_size=30))
def test_what_a_csv_writer_wrote_is_read(table, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    """Whatever the chunks are, rows and line numbers are those of the writer."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([("url", "caption", "label"), ("http://first.example/", "", "cat")])
    lines = [(f"http://a.example/{at}", caption, label) for at, (caption, label) in enumerate(table)]
    writer.writerows(lines)
    path = written(tmp_path_factory.mktemp("csv"), "a.csv", text.getvalue())
    with pytest.MonkeyPatch.context() as patch:
        for chunk_bytes in (1 << 20, 37):
            patch.setattr(opening, "CHUNK_BYTES", chunk_bytes)
            source = opened(path)
            expected = [("http://first.example/", "cat"), *((url, label) for url, _, label in lines)]
            assert rows(source) == expected
            assert source.odd_lines == 0


def test_rows_without_url_or_label_are_odd(tmp_path: Path) -> None:
    """They are counted with their line number, and the others are read."""
    text = f"url,label\n{A},cat\n,dog\n{B},\n{B}\n{B},dog,more\nnot a url,dog\n"
    source = opened(written(tmp_path, "a.csv", text))
    assert rows(source) == [(A, "cat"), ("not a url", "dog")]
    assert [number for _, number, _ in source.odd_examples] == [3, 4, 5, 6]


def test_json_that_is_no_row_is_odd(tmp_path: Path) -> None:
    """Broken JSON, other types and missing keys end nothing."""
    good = json.dumps({"url": A, "label": 3})
    bad = [
        "{",
        "[1]",
        "7",
        '{"url": null, "label": "cat"}',
        '{"label": "cat"}',
        '{"url": ["x"], "label": "cat"}',
    ]
    source = opened(written(tmp_path, "a.jsonl", "\n".join([good, *bad, "[" * 100_000, good])))
    assert rows(source) == [(A, "3"), (A, "3")]
    assert [number for _, number, _ in source.odd_examples] == list(range(2, 9))


def test_parquet_columns_of_any_plain_type(tmp_path: Path) -> None:
    """Labels are often numbers or dictionaries; nulls are odd rows."""
    urls = pa.array([A, B, None, B], pa.large_string())
    table = pa.table({"url": urls, "label": pa.array([1, 2, 3, None]), "wnid": ["n1"] * 4})
    pq.write_table(table, tmp_path / "a.parquet")
    source = opened(tmp_path / "a.parquet")
    assert rows(source) == [(A, "1"), (B, "2")]
    assert (source.odd_lines, [number for _, number, _ in source.odd_examples]) == (2, [3, 4])
    labels = pa.array(["cat", "dog", "cat", "dog"]).dictionary_encode()
    pq.write_table(pa.table({"url": urls, "label": labels}), tmp_path / "b.parquet")
    assert rows(opened(tmp_path / "b.parquet")) == [(A, "cat"), (B, "dog"), (B, "dog")]


def test_bare_urls_are_one_class_named_after_the_file(tmp_path: Path) -> None:
    """A comma, a quote or a blank belongs to the URL."""
    text = f'{A},x\n\n# a comment\n{B}?a="b" c\nHTTPS://c.example/\n'
    source = opened(written(tmp_path, "garden clocks.txt", text))
    assert rows(source) == [
        (url, "garden clocks") for url in (f"{A},x", f'{B}?a="b" c', "HTTPS://c.example/")
    ]
    assert [number for _, number, _ in source.odd_examples] == [3]


def test_one_column_of_urls_may_have_a_name(tmp_path: Path) -> None:
    """A CSV of nothing but URLs is a list of bare URLs."""
    source = opened(written(tmp_path, "clocks.csv", f"url\n{A},1\n{B}\n"))
    assert rows(source) == [(A + ",1", "clocks"), (B, "clocks")]
    assert source.odd_lines == 0


def test_several_lists_are_several_sources(tmp_path: Path) -> None:
    """In the order of the words, each with its own format."""
    first = written(tmp_path, "a.csv", f"url,label\n{A},cat\n")
    second = written(tmp_path, "b.txt", f"{B}\n")
    sources = open_sources([str(first), str(second)], Columns(), None)
    assert [source.format for source in sources] == ["csv", "urls"]
    assert [row for source in sources for row in rows(source)] == [(A, "cat"), (B, "b")]


def test_a_folder_gives_its_tables(tmp_path: Path) -> None:
    """Big tables come in parts; markers and hidden files are none."""
    for name in ("part-1.parquet", "part-0.parquet", "_SUCCESS.parquet", ".hidden.parquet"):
        pq.write_table(pa.table({"url": [f"http://a.example/{name}"], "label": ["cat"]}), tmp_path / name)
    sources = open_sources([str(tmp_path)], Columns(), None)
    assert [Path(source.name).name for source in sources] == ["part-0.parquet", "part-1.parquet"]


def test_standard_input_is_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked into and read twice like any other."""

    class Stdin:
        buffer = io.BytesIO(f"n02084071_7\t{A}\n".encode())

    monkeypatch.setattr("sys.stdin", Stdin)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    source = opened(Path("-"))
    assert source.name == "standard input"
    assert rows(source) == rows(source) == [(A, "n02084071")]


def test_stray_bytes_do_not_spoil_a_table(tmp_path: Path) -> None:
    """Latin-1 in one row leaves the others alone; NUL and a lone return are data."""
    body = b"label\turl\nc\xe9t\thttp://a.example/\xe9\ncat\thttp://a.example/\x00\rb\n"
    assert rows(opened(written(tmp_path, "a.tsv", body))) == [
        ("http://a.example/%E9", "c%E9t"),
        ("http://a.example/\x00\rb", "cat"),
    ]


def test_lines_may_end_with_returns_alone(tmp_path: Path) -> None:
    """Excel's "CSV (Macintosh)"; compressed as well."""
    body = f'url,label\r{A},cat\r"{A}",dog\r'.encode()
    for name, squeezed in (("a.csv", body), ("b.csv.gz", gzip.compress(body))):
        assert rows(opened(written(tmp_path, name, squeezed))) == [(A, "cat"), (A, "dog")]


@pytest.mark.parametrize("torn", ["", "http://a.example/2.jpg,do"])
def test_zeros_at_the_end_are_one_odd_line(tmp_path: Path, torn: str) -> None:
    """A crash or a broken copy leaves them; the rows before are sound, a torn one is none."""
    body = f"url,label\n{A},cat\n{A},dog\n{torn}".encode() + bytes(4096)
    source = opened(written(tmp_path, "a.csv", body))
    assert rows(source) == [(A, "cat"), (A, "dog")]
    assert source.odd_lines == 1


def test_darwin_core_calls_an_address_identifier(tmp_path: Path) -> None:
    """GBIF's multimedia.txt, joined with the species of its occurrences."""
    head = "gbifID\ttype\tformat\tidentifier\treferences\tcreator\tlicense\tspecies\n"
    row = f"1\tStillImage\timage/jpeg\t{A}\thttp://a.example/page\tMarc\tCC0\tParus major\n"
    source = opened(written(tmp_path, "multimedia.txt", (head + row).encode()))
    assert rows(source) == [(A, "Parus major")]


def test_a_tab_is_no_part_of_a_bare_url(tmp_path: Path) -> None:
    """URL parsers drop it, and what follows would become a part of the address."""
    source = opened(written(tmp_path, "cats.txt", f"{A}\n{A}\tcat\n{A}?2\n".encode()))
    assert rows(source) == [(A, "cats"), (f"{A}?2", "cats")]
    assert source.odd_lines == 1


@pytest.mark.material
def test_real_lists_are_read_whole(material: Path) -> None:
    """Rows of other projects' lists, with the columns that their authors chose."""
    clocks = opened(material / "lists/imagenet_synset_clock_urls.txt")
    assert (len(rows(clocks)), clocks.odd_lines) == (1076, 0)
    table = opened(material / "lists/img2dataset_test_10000.parquet", Columns(label="TEXT"))
    assert len(rows(table)) + table.odd_lines == 10_000
    boxable = material / "lists/samples/open_images_images_with_rotation.csv"
    images = opened(boxable, Columns(label="Subset"))
    (first, *_) = [row for batch in images.batches() for row in batch.to_pylist()]
    assert first["url"] == "https://farm3.staticflickr.com/5310/5898076654_51085e157c_o.jpg"
    assert (first["origin"], first["author"]) == ("4fa8054781a4c382", "Michael Beat")
    assert first["licence"] == "https://creativecommons.org/licenses/by/2.0/"


@pytest.mark.material
def test_a_list_without_schemes_is_refused_with_advice(material: Path) -> None:
    """Guessing a scheme for 1,393 addresses is the user's call."""
    with pytest.raises(ListError, match="begin with http:// or https://"):
        opened(material / "lists/flickr_urls_without_scheme.txt")
