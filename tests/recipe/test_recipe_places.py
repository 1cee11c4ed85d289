"""A recipe repeats from any folder: the files that it names are found again."""

import tomllib
from pathlib import Path

import pytest

from gleanset.recipe import Recipe, load, read_recipe


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder one works in, with a list, a class table and a certificate."""
    folder = tmp_path / "desk"
    (folder / "parts").mkdir(parents=True)
    for name in ("st.csv", "pets.csv", "ca.pem"):
        (folder / name).write_text("x\n")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Another folder."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def test_a_written_recipe_names_whole_paths(desk: Path) -> None:
    """What is no file stays as it was said."""
    words = ("st.csv", "parts", "-", "http://a.example/l.csv", "imagenet-fall11", "/dev/fd/99")
    recipe = Recipe.of(lists=words, class_table="pets.csv", cacert="ca.pem")
    digests = {"st.csv": "ab" * 32, "standard input": "cd" * 32}
    written = tomllib.loads(recipe.to_toml({"list-sha256": digests}))
    assert written["lists"] == [f"{desk}/st.csv", f"{desk}/parts", *words[2:]]
    assert (written["class-table"], written["cacert"]) == (f"{desk}/pets.csv", f"{desk}/ca.pem")
    assert list(written["list-sha256"]) == [f"{desk}/st.csv", "standard input"]


def test_it_is_the_same_recipe_in_another_folder(
    desk: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list that was read then is read now."""
    path = elsewhere / "recipe.toml"
    path.write_text(Recipe.of(lists=("st.csv",), class_table="pets.csv").to_toml())
    monkeypatch.chdir(elsewhere)
    assert read_recipe(path).lists == (f"{desk}/st.csv",)
    assert read_recipe(path).class_table == f"{desk}/pets.csv"


def test_files_beside_the_recipe_are_found(
    desk: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recipe travels with its list."""
    (desk / "mine.toml").write_text(
        "lists = ['st.csv', 'gone.csv']\nclass-table = 'pets.csv'\ncacert = 'ca.pem'\n"
    )
    monkeypatch.chdir(elsewhere)
    recipe, _ = load({}, {}, "../desk/mine.toml")
    assert [Path(word).exists() for word in recipe.lists] == [True, False]
    assert Path(recipe.class_table or "").samefile(desk / "pets.csv")
    assert Path(recipe.cacert or "").samefile(desk / "ca.pem")


def test_what_lies_here_goes_first(desk: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a word on the command line does."""
    (elsewhere / "st.csv").write_text("here\n")
    (desk / "mine.toml").write_text("lists = 'st.csv'\n")
    monkeypatch.chdir(elsewhere)
    assert load({}, {}, str(desk / "mine.toml"))[0].lists == ("st.csv",)


def test_a_class_table_named_in_two_ways_is_no_change(desk: Path) -> None:
    """The recipe of a build has its whole path, the command that goes on the short one."""
    path = desk / "recipe.toml"
    path.write_text(Recipe.of(class_table="pets.csv").to_toml())
    assert Recipe.of(class_table="pets.csv").changes(read_recipe(path)) == ()
    assert Recipe.of(class_table="st.csv").changes(read_recipe(path))
    assert Recipe.of().changes(read_recipe(path))
