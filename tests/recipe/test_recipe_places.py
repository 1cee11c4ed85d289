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


def test_several_files_of_one_option_are_written_and_found_like_one(desk: Path, elsewhere: Path) -> None:
    """What is no file, such as an id to pardon, stays as it was said."""
    recipe = Recipe.of(exclude=("st.csv", "parts"), pardon="0123456789abcdef,pets.csv")
    written = tomllib.loads(recipe.to_toml())
    assert written["exclude"] == [f"{desk}/st.csv", f"{desk}/parts"]
    assert written["pardon"] == ["0123456789abcdef", f"{desk}/pets.csv"]
    (desk / "mine.toml").write_text("exclude = ['st.csv', 'gone.csv']\nplaceholders = 'pets.csv'\n")
    found, _ = load({}, {}, str(desk / "mine.toml"))
    assert (found.exclude, found.placeholders) == (("st.csv", "gone.csv"), ("pets.csv",))


def test_what_is_excluded_anew_comes_on_top(desk: Path) -> None:
    """A build does not forget what it was told; the same file named in two ways counts once."""
    path = desk / "recipe.toml"
    path.write_text(Recipe.of(exclude=("st.csv",), placeholders=("pets.csv",)).to_toml())
    merged = Recipe.of(exclude=("parts", "st.csv")).over(read_recipe(path))
    assert merged.exclude == (f"{desk}/st.csv", "parts")
    assert merged.placeholders == (f"{desk}/pets.csv",)
    assert Recipe.of(exclude=("parts",)).changes(read_recipe(path)) == ()


@pytest.mark.parametrize(
    "said", [{"near_duplicates": "keep"}, {"label_conflicts": "keep"}, {"check": "mychecks:f"}]
)
def test_what_chose_the_pictures_may_not_change(said: dict[str, str]) -> None:
    """What is there was chosen by the first one."""
    (change,) = Recipe.of(**said).changes(Recipe.of())
    assert change.endswith(f"is now {next(iter(said.values()))}")
