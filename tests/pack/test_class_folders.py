"""Class folders and classes.csv."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import csv as arrow_csv

from gleanset.pack.classes import class_folders, class_indexes, classes_csv, quota_text
from gleanset.pack.job import PackClass
from gleanset.terms.plan import Quota

DOGS = (
    PackClass("n02084071", "dog"),
    PackClass("n10114209", "Dog"),
    PackClass("n02085374", "toy dog"),
)


def test_a_class_is_called_by_its_id() -> None:
    """Wnids are what ImageNet's users know."""
    assert class_folders(DOGS, "id") == {one.label: one.label for one in DOGS}


def test_equal_names_get_their_ids() -> None:
    """Also where they differ in case alone, which macOS takes for equal."""
    assert class_folders(DOGS, "name") == {
        "n02084071": "dog-n02084071",
        "n10114209": "Dog-n10114209",
        "n02085374": "toy_dog",
    }


def test_ids_that_differ_in_case_alone_are_told_apart() -> None:
    """Else two classes would share a folder on macOS, and one of them would be gone."""
    folders = class_folders((PackClass("cat", ""), PackClass("CAT", ""), PackClass("dog", "")), "id")
    assert folders["dog"] == "dog"
    assert len({folder.lower() for folder in folders.values()}) == 3


HOSTILE = [
    "..",
    ".",
    "../../etc",
    "/abs",
    "a/b",
    "a\\b",
    "con",
    "nul.txt",
    "a\0b",
    "x" * 300,
    "",
    " ",
    "-rf",
    "~",
    "ﬁ",
    "\u00e9",
    "e\u0301",
]


@pytest.mark.parametrize("by", ["id", "name"])
def test_no_label_leads_out_of_data(by: str) -> None:
    """Labels are attacker text: each becomes one plain folder name, and no two the same."""
    classes = tuple(PackClass(label, label) for label in HOSTILE)
    folders = class_folders(classes, by)  # type: ignore[arg-type]
    assert len({folder.casefold() for folder in folders.values()}) == len(HOSTILE)
    for folder in folders.values():
        assert folder.isascii() and folder.isprintable()
        assert not set(folder) & set('/\\:*?"<>|')
        assert 0 < len(folder.encode()) <= 120
        assert not folder.startswith(".")


@given(
    labels=st.lists(st.text(max_size=80).filter(lambda text: text.isprintable()), unique=True, max_size=12)
)
def test_folders_are_told_apart_whatever_the_labels(labels: list[str]) -> None:
    """By id and by name."""
    classes = tuple(PackClass(label, label[:3]) for label in labels)
    for by in ("id", "name"):
        folders = class_folders(classes, by)  # type: ignore[arg-type]
        assert len({folder.casefold() for folder in folders.values()}) == len(labels)


def test_an_index_follows_the_sorted_folders_that_are_there() -> None:
    """What `ImageFolder` counts, `manifest.parquet` and WebDataset's .cls have to agree with."""
    folders = {"z": "a", "a": "b", "m": "c"}
    assert class_indexes(folders, {"z": 5, "m": 1}) == {"z": 0, "m": 1}


def test_the_table_lists_all_classes_and_numbers_those_with_images() -> None:
    """A class without an image has no folder and no index."""
    classes = (
        PackClass("n2", "cat", ("cat", "true cat"), ("n9", "n8"), 40, Quota(8, 8)),
        PackClass("n1", "dog", (), (), 30, Quota(2, None)),
    )
    rows = list(csv.DictReader(io.StringIO(classes_csv(classes, {"n2": 0}, {"n2": 8}))))
    assert [list(row.values()) for row in rows] == [
        ["0", "n2", "cat", "cat; true cat", "n9; n8", "40", "8", "8"],
        ["", "n1", "dog", "dog", "", "30", "2:", "0"],
    ]


def table(*classes: PackClass) -> list[dict[str, str]]:
    """``classes.csv`` as a reader of RFC 4180 sees it."""
    return list(csv.DictReader(io.StringIO(classes_csv(classes, {}, {}), newline="")))


@pytest.mark.parametrize("word", ['=HYPERLINK("http://evil")', "+1+1", "-2+3", "@SUM(A1)", " =1", "\t=1"])
def test_no_free_text_is_a_formula(word: str) -> None:
    """A spreadsheet must not run what a list says. Ids are keys, and stay."""
    (row,) = table(PackClass("n1", word, ("dog", word), (word,)))
    assert row["name"] == row["parents"] == "'" + word.replace("\t", r"\t")
    (row,) = table(PackClass(word, word))
    assert row["id"] == word
    assert row["name"] == row["all_names"] == "'" + word.replace("\t", r"\t")


AWKWARD = (
    "-rf",
    "'-rf",
    "a b",
    "a\tb",
    "a\nb",
    "a\r\nb",
    "a\rb",
    "a\0b",
    'q"q',
    "a,b",
    " a",
    "=1",
    "é\x1b[0m",
)


def test_every_id_is_the_label_of_the_manifest() -> None:
    """Or a join loses classes, or takes two for one."""
    rows = table(*(PackClass(label, label) for label in AWKWARD))
    assert sorted(row["id"] for row in rows) == sorted(AWKWARD)


@given(
    labels=st.lists(
        st.text(max_size=9).filter(lambda text: text.isprintable() or text.isascii()), unique=True
    )
)
def test_ids_are_the_labels_whatever_they_hold(labels: list[str]) -> None:
    """Each on its own row, and names without control characters."""
    rows = table(*(PackClass(label, label) for label in labels))
    assert sorted(row["id"] for row in rows) == sorted(labels)
    assert not any(ord(character) < 32 for row in rows for character in row["name"])


def test_other_readers_find_the_same_ids() -> None:
    """Arrow's is stricter than Python's."""
    text = classes_csv([PackClass(label, "x") for label in AWKWARD], {}, {})
    options = arrow_csv.ParseOptions(newlines_in_values=True)
    read = arrow_csv.read_csv(io.BytesIO(text.encode()), parse_options=options)
    assert sorted(read.column("id").to_pylist()) == sorted(AWKWARD)


def test_control_characters_in_names_are_spelled_out() -> None:
    """Escape codes would reach a terminal, line breaks would break rows."""
    text = classes_csv((PackClass("x", "a\r\nb\0c\x1b"),), {}, {})
    assert text.splitlines()[1] == r",x,a\r\nb\x00c\x1b,a\r\nb\x00c\x1b,,0,,0"


@pytest.mark.parametrize("word", ["-1", "+5", "-0.5", "7"])
def test_numbers_stay_numbers(word: str) -> None:
    """A list may well call its classes -1 and 1."""
    (row,) = csv.DictReader(io.StringIO(classes_csv((PackClass(word, word),), {}, {})))
    assert row["id"] == word


@pytest.mark.parametrize(
    ("quota", "text"),
    [(Quota(8, 8), "8"), (Quota(3, 8), "3:8"), (Quota(3), "3:"), (Quota(), ""), (Quota(0, 8), ":8")],
)
def test_a_quota_is_written_as_it_is_asked_for(quota: Quota, text: str) -> None:
    """`Quota.parse` reads it back."""
    assert quota_text(quota) == text
    assert not text or Quota.parse(text) == quota
