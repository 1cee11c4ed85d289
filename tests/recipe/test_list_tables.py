"""`[[list]]`: columns, format and split of one list alone."""

from pathlib import Path

import pytest

from gleanset.api.lists import open_lists
from gleanset.errors import UsageError
from gleanset.recipe import Recipe, load, read_recipe

TWO = """
images = 5
label-col = "label"

[[list]]
path = "train.csv"
label-col = "species"
split = "train"

[[list]]
path = "val.csv"
url_col = "address"
split = "val"
"""


def recipe_of(folder: Path, text: str) -> Recipe:
    (folder / "r.toml").write_text(text, encoding="utf-8")
    return load({}, {}, str(folder / "r.toml"))[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two lists of unlike columns, beside the recipe."""
    (tmp_path / "train.csv").write_text("url,species,label\nhttp://a.example/1.jpg,cat,x\n")
    (tmp_path / "val.csv").write_text("address,label,split\nhttp://a.example/2.jpg,dog,train\n")
    return tmp_path


def test_each_list_is_read_in_its_own_way(folder: Path) -> None:
    """What is said of all holds where nothing is said of one; a split goes before the list's own column."""
    recipe = recipe_of(folder, TWO)
    assert recipe.lists == (str(folder / "train.csv"), str(folder / "val.csv"))
    rows = [row for source in open_lists(recipe) for batch in source.batches() for row in batch.to_pylist()]
    assert [(row["label"], row["split"]) for row in rows] == [("cat", "train"), ("dog", "val")]


def test_a_written_recipe_keeps_them(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Read again from another folder, it is the same."""
    recipe = recipe_of(folder, TWO)
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "recipe.toml"
    elsewhere.write_text(recipe.to_toml(), encoding="utf-8")
    again = read_recipe(elsewhere)
    assert again.list_tables == recipe.list_tables
    assert again.lists == recipe.lists
    assert again.collection_digest() == recipe.collection_digest()


def test_they_decide_what_is_collected(folder: Path) -> None:
    """Another column is another build."""
    one, other = recipe_of(folder, TWO), recipe_of(folder, TWO.replace("species", "label"))
    assert one.collection_digest(["a", "b"]) != other.collection_digest(["a", "b"])
    assert other.changes(one) == ("what [[list]] says is another",)
    assert one.changes(one) == ()


def test_lists_on_the_command_line_go_before(folder: Path) -> None:
    """And are read as is said of them, where something is."""
    config = folder / "r.toml"
    config.write_text(TWO, encoding="utf-8")
    recipe, _ = load({}, {}, str(config), [str(folder / "val.csv")])
    assert recipe.lists == (str(folder / "val.csv"),)
    assert recipe.split_of(recipe.lists[0]) == "val"
    assert recipe.for_list(recipe.lists[0]).url_col == "address"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[list]]\nurl-col = 'u'\n", "names no list"),
        ("[[list]]\npath = 'a.csv'\nurlcol = 'u'\n", "There is no such key. Did you mean url-col"),
        ("[[list]]\npath = 'a.csv'\nimages = 3\n", "There is no such key"),
        ("[[list]]\npath = 'a.csv'\nsource = 'xls'\n", "It is one of"),
        ("[[list]]\npath = 'a.csv'\nsplit = 'a/b'\n", "A split is a name"),
        ("[[list]]\npath = 'a.csv'\n[[list]]\npath = 'a.csv'\n", "twice"),
        ("list = 'a.csv'\n", "written as tables"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    """With the number of the table."""
    with pytest.raises(UsageError, match=said.replace("[", r"\[")):
        recipe_of(tmp_path, text)
