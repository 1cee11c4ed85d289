"""Options about columns are refused where a list has none, and broken companions of a list are named."""

import json
from pathlib import Path

import pytest

from gleanset.errors import ListError, UsageError
from gleanset.sources.base import Columns
from gleanset.sources.registry import open_sources

ROWS = "".join(f"n02084071_{n}\thttp://a.example/{n}.jpg\n" for n in range(9))


@pytest.mark.parametrize(
    ("columns", "option"),
    [
        (Columns(label="nope"), "--label-col"),
        (Columns(split="nope"), "--split-col"),
        (Columns(keep=("nope",)), "--keep-cols"),
    ],
)
def test_a_list_without_columns_has_none_to_name(tmp_path: Path, columns: Columns, option: str) -> None:
    """An option that is accepted and ignored would be believed."""
    path = tmp_path / "fall11_urls.txt"
    path.write_text(ROWS)
    with pytest.raises(UsageError, match=f"{option}: .* no columns"):
        open_sources([str(path)], columns, None)


def test_a_rule_for_labels_needs_several(tmp_path: Path) -> None:
    path = tmp_path / "fall11_urls.txt"
    path.write_text(ROWS)
    with pytest.raises(UsageError, match=r"--labels: .* one label a row"):
        open_sources([str(path)], Columns(), None, labels="specific")


def test_scores_that_are_no_numbers_cost_their_rows(tmp_path: Path) -> None:
    """One bad line of eleven million must not end anything."""
    path = tmp_path / "train_urls_tiny.txt"
    bad = ["1:...", "1:0.1.2", "2:.", f"{'9' * 23}:0.5"]
    rows = [f"http://a.example/{n}.jpg\t{n}:0.9\t7:.5" for n in range(9)]
    rows += [f"http://b.example/{n}.jpg\t{score}" for n, score in enumerate(bad)]
    path.write_text("\n".join(rows) + "\n")
    (source,) = open_sources([str(path)], Columns(), "tencent")
    assert sum(batch.num_rows for batch in source.batches()) == 9
    assert source.odd_lines == len(bad)


@pytest.mark.parametrize(
    "tree",
    [[], {"Subcategory": []}, {"LabelName": ["/m/a"]}, {"LabelName": "/m/a", "Subcategory": {"/m/b": 1}}],
)
def test_a_tree_of_another_shape_is_named(tmp_path: Path, tree: object) -> None:
    images = "ImageID,Subset,OriginalURL,OriginalLandingURL,License,Rotation\n"
    (tmp_path / "train-images-with-rotation.csv").write_text(
        images + "".join(f"{n:016x},train,http://a.example/{n}.jpg,,,\n" for n in range(9))
    )
    labels = "ImageID,Source,LabelName,Confidence\n"
    (tmp_path / "train-human-imagelabels.csv").write_text(
        labels + "".join(f"{n:016x},verification,/m/a,1\n" for n in range(9))
    )
    (tmp_path / "bbox_labels_600_hierarchy.json").write_text(json.dumps(tree))
    with pytest.raises(ListError, match="no hierarchy of Open Images"):
        for source in open_sources([str(tmp_path)], Columns(), None):
            list(source.batches())
