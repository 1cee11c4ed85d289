"""What every reader of lists promises, on files of the published layouts with their broken rows."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gleanset.errors import ListError
from gleanset.sources import opening
from gleanset.sources.base import MOST_EXAMPLES, SCHEMA_TYPES, Columns, Source
from gleanset.sources.registry import open_sources

from .published import LAYOUTS, Published

ROWS = [(f"http://host-{at % 3}.example/{at}.jpg", ("n02084071", "n02123045")[at % 2]) for at in range(20)]


def opened(published: Published, cache_dir: Path | None = None) -> Source:
    (source,) = open_sources([published.word], Columns(), published.fmt, cache_dir)
    return source


def rows(source: Source) -> list[tuple[str, str]]:
    return [(row["url"], row["label"]) for batch in source.batches() for row in batch.to_pylist()]


@pytest.fixture(params=LAYOUTS)
def published(request: pytest.FixtureRequest, tmp_path: Path) -> Published:
    """The same twenty rows in each layout."""
    return LAYOUTS[request.param](tmp_path, ROWS)


def test_every_sound_row_is_read_and_nothing_else(published: Published) -> None:
    """Broken rows end nothing; what a list leaves out on purpose is no row either."""
    assert rows(opened(published)) == published.rows


def test_broken_rows_are_counted_and_shown_by_line(published: Published) -> None:
    """So that somebody can look them up in the file."""
    source = opened(published)
    rows(source)
    assert source.odd_lines == len(published.odd)
    assert [number for _, number, _ in source.odd_examples] == published.odd
    assert all(Path(name).exists() for name, _, _ in source.odd_examples)


def test_reading_twice_gives_the_same(published: Published) -> None:
    """A build reads its lists for the survey and again for the pool, and the numbers have to agree."""
    source = opened(published)
    first = [batch.to_pylist() for batch in source.batches()]
    assert [batch.to_pylist() for batch in source.batches()] == first
    assert [batch.to_pylist() for batch in opened(published).batches()] == first
    assert source.odd_lines == len(published.odd)


def test_batches_are_in_the_schema(published: Published) -> None:
    """Whoever takes rows knows the types; url and label are never null, and never empty."""
    for batch in opened(published).batches():
        assert {"url", "label", "origin"} <= set(batch.schema.names) <= set(SCHEMA_TYPES)
        assert all(field.type == SCHEMA_TYPES[field.name] for field in batch.schema)
        for name in ("url", "label"):
            assert batch.column(name).null_count == 0
            assert "" not in batch.column(name).to_pylist()


def test_the_digest_follows_the_bytes(published: Published, tmp_path: Path) -> None:
    """Another one as soon as a byte differs; what is known for nothing is the same."""
    source = opened(published)
    rows(source)
    assert source.known_digest in {None, source.digest()}
    assert source.digest() == opened(published).digest()
    assert len(source.digest()) == 64
    changed = next(path for path in tmp_path.iterdir() if "dictionary" not in path.name)
    changed.write_bytes(changed.read_bytes() + changed.read_bytes())
    assert opened(published).digest() != source.digest()


def test_a_digest_is_remembered_where_it_may_be(published: Published, tmp_path: Path) -> None:
    """Nothing but what we keep ourselves is written, and that only under the cache folder."""
    home = tmp_path.parent / f"{tmp_path.name}-home"
    before = _contents(tmp_path)
    source = opened(published, home)
    assert rows(source) == published.rows
    assert _contents(tmp_path) == before


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name not in {"parquet", "several"}])
def test_a_list_passes_by_in_pieces(layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory stays flat however long it is, and no row is lost or torn where one piece ends."""
    monkeypatch.setattr(opening, "CHUNK_BYTES", 211)
    many = [
        (f"http://host-{at % 3}.example/{at}.jpg", ("n02084071", "n02123045")[at % 2]) for at in range(60)
    ]
    published = LAYOUTS[layout](tmp_path, many)
    source = opened(published)
    sizes = [batch.num_rows for batch in source.batches()]
    assert rows(source) == published.rows
    assert [number for _, number, _ in source.odd_examples] == published.odd
    assert max(sizes) < 30


def test_two_lists_are_read_side_by_side(published: Published) -> None:
    """Readers share nothing: each has its own count of odd lines."""
    one, other = opened(published), opened(published)
    pairs: Iterator[object] = zip(one.batches(), other.batches(), strict=True)
    assert all(mine == theirs for mine, theirs in pairs)  # type: ignore[misc]
    assert one.odd_lines == other.odd_lines == len(published.odd)


TEXTS = [name for name in LAYOUTS if name not in {"parquet", "several", "inaturalist"} and "." not in name]


@pytest.mark.parametrize("layout", TEXTS)
@pytest.mark.parametrize(
    "junk",
    [b"\x00" * 50, b"caf\xe9", b"x" * 1_000_000, b"\r", b"\t" * 1000, b'"', b"\xef\xbb\xbf"],
    ids=["zeros", "latin-1", "a line of 1 MB", "a lone return", "tabs", "a quote", "a mark"],
)
def test_junk_between_rows_costs_no_row(layout: str, junk: bytes, tmp_path: Path) -> None:
    """Lists were glued together, edited in spreadsheets and cut by full disks."""
    published = LAYOUTS[layout](tmp_path, ROWS)
    for path in tmp_path.iterdir():
        if "hierarchy" not in path.name and "descriptions" not in path.name:
            lines = path.read_bytes().split(b"\n")
            path.write_bytes(b"\n".join([*lines[:5], junk, *lines[5:]]))
    source = opened(published)
    assert rows(source) == published.rows
    assert source.odd_lines <= len(published.odd) + 4
    assert all(len(text) <= 80 for _, _, text in source.odd_examples)


@pytest.mark.parametrize("layout", TEXTS)
@pytest.mark.parametrize("change", [b"\xef\xbb\xbf", b"\r\n"], ids=["a mark first", "returns"])
def test_marks_and_returns_of_windows_are_no_part_of_a_row(
    layout: str, change: bytes, tmp_path: Path
) -> None:
    """Half of all lists were saved by a spreadsheet once."""
    published = LAYOUTS[layout](tmp_path, ROWS)
    for path in tmp_path.iterdir():
        body = path.read_bytes()
        path.write_bytes(body.replace(b"\n", b"\r\n") if change == b"\r\n" else change + body)
    assert rows(opened(published)) == published.rows


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name not in {"several"}])
def test_nothing_but_broken_rows_is_refused(layout: str, tmp_path: Path) -> None:
    """Some broken rows are life; a list of nothing else is the wrong file."""
    published = LAYOUTS[layout](tmp_path, [])
    with pytest.raises(ListError) as refusal:
        rows(opened(published))
    assert str(tmp_path) in str(refusal.value)


def test_examples_of_broken_rows_are_few(tmp_path: Path) -> None:
    """A million of them are counted, not kept."""
    path = tmp_path / "list.csv"
    path.write_text("url,label\nhttp://a.example/1,cat\n" + "broken\n" * 50_000)
    (source,) = open_sources([str(path)], Columns(), None)
    assert rows(source) == [("http://a.example/1", "cat")]
    assert (source.odd_lines, len(source.odd_examples)) == (50_000, MOST_EXAMPLES)


def _contents(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
