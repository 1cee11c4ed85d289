"""Lists that give an image several labels, and the rules that choose among them."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.errors import ListError
from gleanset.sources.base import LABEL_RULES, Columns, LabelRule
from gleanset.sources.labels import depths_in, picked
from gleanset.sources.registry import open_sources

A, B = "http://a.example/1.jpg", "http://b.example/2.jpg"
ANIMAL, DOG, CAT, TABBY = "n00015388", "n02084071", "n02121808", "n02123045"
RECORDS = [
    {"url": A, "labels": [ANIMAL, TABBY, CAT], "scores": [0.4, 0.5, 0.9]},
    {"url": B, "labels": [DOG], "scores": [1]},
    {"url": B, "labels": [], "scores": []},
]


def rows(path: Path, rule: LabelRule | None) -> list[tuple[str, str]]:
    (source,) = open_sources([str(path)], Columns(), None, None, rule)
    return [(row["url"], row["label"]) for batch in source.batches() for row in batch.to_pylist()]


def written(folder: Path, form: str, records: list[dict[str, object]]) -> Path:
    path = folder / f"list.{form}"
    if form == "jsonl":
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
    else:
        pq.write_table(pa.Table.from_pylist(records), path)
    return path


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (None, [(A, CAT), (B, DOG)]),
        ("first", [(A, ANIMAL), (B, DOG)]),
        ("most-confident", [(A, CAT), (B, DOG)]),
        ("specific", [(A, TABBY), (B, DOG)]),
        ("each", [(A, ANIMAL), (A, TABBY), (A, CAT), (B, DOG)]),
    ],
)
def test_a_rule_chooses_among_labels(
    form: str, rule: LabelRule | None, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    """A row without a label is odd; the most specific of wnids is the deepest in WordNet."""
    assert rows(written(tmp_path, form, RECORDS), rule) == expected


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_without_scores_the_first_label_counts(form: str, tmp_path: Path) -> None:
    """And nobody can be the most confident."""
    path = written(tmp_path, form, [{"url": A, "label": ["cat", "dog"]}])
    assert rows(path, None) == [(A, "cat")]
    with pytest.raises(ListError, match="most-confident, but its labels have no scores"):
        rows(path, "most-confident")
    with pytest.raises(ListError, match="needs a hierarchy, and none is known of labels like 'cat'"):
        rows(path, "specific")


@pytest.mark.parametrize("rule", LABEL_RULES)
def test_lists_with_one_label_know_no_rule(rule: LabelRule, tmp_path: Path) -> None:
    """One label is the first, the surest and every one."""
    path = tmp_path / "list.csv"
    path.write_text(f"url,label\n{A},cat\n")
    assert rows(path, rule) == [(A, "cat")]


def test_scores_that_do_not_match_the_labels_count_nothing(tmp_path: Path) -> None:
    """One row's missing score does not shift those of the next."""
    records = [
        {"url": A, "labels": ["cat", "dog"], "scores": [0.9]},
        {"url": B, "labels": ["cat", "dog"], "scores": [0.1, 0.8]},
    ]
    assert rows(written(tmp_path, "parquet", records), "most-confident") == [(A, "cat"), (B, "dog")]


def test_a_reading_says_by_which_rule(tmp_path: Path) -> None:
    """So that a survey kept for one rule is not taken for another's."""
    path = written(tmp_path, "parquet", RECORDS)
    readings = {open_sources([str(path)], Columns(), None, None, rule)[0].reading for rule in LABEL_RULES}
    assert len(readings) == len(LABEL_RULES)


@given(
    counts=st.lists(st.integers(0, 4), min_size=1, max_size=20),
    ranks=st.lists(st.integers(0, 3), min_size=80, max_size=80),
)
def test_the_best_of_each_row_is_picked_once(counts: list[int], ranks: list[int]) -> None:
    """The first of equals, as ``max`` has it."""
    parents = np.repeat(np.arange(len(counts)), counts)
    rank = np.array(ranks[: len(parents)], float)
    expected, start = [], 0
    for n in counts:
        expected += [max(range(start, start + n), key=lambda at: rank[at])] if n else []
        start += n
    assert picked(parents, rank).tolist() == expected


def test_a_label_lies_deeper_than_all_that_is_above_it() -> None:
    """By its longest way up; circles and strangers are borne."""
    parents = {
        "root": (),
        "a": ("root",),
        "b": ("a", "root"),
        "c": ("b", "a"),
        "x": ("y",),
        "y": ("x", "gone"),
    }
    depths = depths_in(parents)(pa.array(["root", "a", "b", "c", "unknown"]))
    assert depths[:4].tolist() == [1, 2, 3, 4]
    assert np.isnan(depths[4])
    assert np.isfinite(depths_in(parents)(pa.array(["x", "y"]))).all()
