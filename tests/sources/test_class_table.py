"""Class tables: what people really write into them, and what is said of broken rows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gleanset.errors import UsageError
from gleanset.sources.class_table import read_class_table
from gleanset.terms.class_row import ClassRow
from gleanset.terms.plan import Quota

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Puts text into ``table.csv``."""

    def into(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return into


def row(
    line: int, source: str, target: str | None = None, images: str = "", split: str | None = None
) -> ClassRow:
    return ClassRow(line, source, target, Quota.parse(images) if images else None, split, "table.csv")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("n02123045\nn02084071\n", [row(1, "n02123045"), row(2, "n02084071")]),
        ("from,class,images,split\nn1,cat,800,train\n", [row(2, "n1", "cat", "800", "train")]),
        ("n1,cat,500:800\nn2,cat\n", [row(1, "n1", "cat", "500:800"), row(2, "n2", "cat")]),
        ("n1,,800:\n", [row(1, "n1", None, "800:")]),
        ("images,from\n7,dog\n", [row(2, "dog", None, "7")]),
        ("wnid\tclass\nn1\tcat, tabby\n", [row(2, "n1", "cat, tabby")]),
        ("from;class\nn1;cat\n", [row(2, "n1", "cat")]),
        ('"dog, domestic dog",pet\n', [row(1, "dog, domestic dog", "pet")]),
        ("# ours\n\n  n1 , cat \n\nn2\n", [row(3, "n1", "cat"), row(5, "n2")]),
        ("id,name,urls,flickr_urls\nn1,dog,1603,800\n", [row(2, "n1")]),
        ("label\ncat\n", [row(1, "label"), row(2, "cat")]),
        ("n1,cat\nn1,cat\n", [row(1, "n1", "cat")]),
        ("n1,cat,,,\n", [row(1, "n1", "cat")]),
        ("n1,cat\r\nn2,dog\r\n", [row(1, "n1", "cat"), row(2, "n2", "dog")]),
        ("\ufefffrom,class\nn1,cat\n", [row(2, "n1", "cat")]),
        ("gr\u00fcn,\u7dd1\n", [row(1, "gr\u00fcn", "\u7dd1")]),
    ],
)
def test_tables_are_read_as_they_are_meant(write: Write, text: str, rows: list[ClassRow]) -> None:
    """One column is enough, a header may be there, and spreadsheets write what they like."""
    assert list(read_class_table(write(text))) == rows


def test_a_cell_over_two_lines_keeps_the_count_of_lines(write: Write) -> None:
    """The line in a message is the one an editor shows."""
    assert [one.line for one in read_class_table(write('n1,"a\nb"\nn2\n'))] == [1, 3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("n1,cat,many\n", "line 1: 'many' is no number of images"),
        ("n1,cat,0\n", "line 1: '0' lets no image in"),
        ("n1,cat,9:5\n", "line 1: '9:5' lets no image in"),
        ("from,class\nn1,cat\n,dog\n", "line 3: no class in the column `from`"),
        ("n1,a,1,train,x\n", "line 1: 5 cells for 4 columns"),
        ("from\ntench, Tinca tinca\n", "line 2: 2 cells for 1 columns"),
    ],
)
def test_a_broken_row_is_explained_with_its_line(write: Write, text: str, said: str) -> None:
    """Nobody searches a table of a thousand rows by eye."""
    with pytest.raises(UsageError) as caught:
        read_class_table(write(text))
    assert said in str(caught.value)
    assert "table.csv" in str(caught.value)


def test_many_broken_rows_are_counted_and_five_are_shown(write: Write) -> None:
    """A wrong file does not fill the screen."""
    with pytest.raises(UsageError, match="40 of 41 rows are broken") as caught:
        read_class_table(write("good\n" + "bad,x,y\n" * 40))
    assert str(caught.value).count("\n  line ") == 5
    assert "and 35 more" in str(caught.value)


@pytest.mark.parametrize("content", ["", "\n\n", "# nothing\n", "from,class\n"])
def test_a_table_without_rows_is_refused(write: Write, content: str) -> None:
    """An empty table would silently mean every class, or none."""
    with pytest.raises(UsageError, match="no row"):
        read_class_table(write(content))


@pytest.mark.parametrize("content", [b"\xff\xfen\x001\x00", b"caf\xe9,cat\n"])
def test_a_table_in_another_encoding_is_refused_with_the_remedy(write: Write, content: bytes) -> None:
    """Guessing an encoding would give classes with wrong names."""
    with pytest.raises(UsageError, match="UTF-8"):
        read_class_table(write(content))


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_an_absent_file_and_a_folder_are_refused_by_name(tmp_path: Path, name: str) -> None:
    """The message holds the path that was tried."""
    with pytest.raises(UsageError, match=r"class table cannot be read"):
        read_class_table(tmp_path / name)


@pytest.mark.parametrize("content", [b"a\x00b,c\n", b'"' + b"x" * 200_000 + b'"\n', b'"never closed\n' * 3])
def test_binary_rubbish_ends_in_a_sentence_or_in_rows(write: Write, content: bytes) -> None:
    """No foreign exception leaves the reader, whatever the bytes are."""
    try:
        assert read_class_table(write(content))
    except UsageError as error:
        assert "table.csv" in str(error)
