"""A build's recipe.toml repeats the build: --config reads what was written."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.recipe import OPTIONS, Recipe, load, read_recipe
from gleanset.terms.plan import Quota

SAID = {
    "classes": 2,
    "images": "300:800",
    "split": "train=0.9,val=0.1",
    "timeout": "45s",
    "hosts": ["flickr"],
    "class_": ['a "quoted" label', "tab\\path", "é'"],
    "shard_size": "64MB",
    "per_host": ["4", "flickr=12", "img*.example.com=2"],
}
DRAW = {"drawn": {"classes": ["n02", "n01"], "reserves": ["n03"]}, "list-sha256": {"a b.txt": "ab" * 32}}


def test_a_written_recipe_is_the_same_when_read(tmp_path: Path) -> None:
    recipe = Recipe.of(lists=("a b.txt",), **SAID)
    path = tmp_path / "recipe.toml"
    path.write_text(
        recipe.to_toml({**DRAW, "versions": {"gleanset": "1", "python": "3.11"}}), encoding="utf-8"
    )
    again = read_recipe(path)
    for field in (*OPTIONS, "lists"):
        assert getattr(again, field) == getattr(recipe, field), field
    assert (again.drawn, again.reserves) == (("n02", "n01"), ("n03",))
    assert again.list_sha256 == (("a b.txt", "ab" * 32),)
    assert read_recipe(_written(tmp_path, again.to_toml())) == again


def _written(folder: Path, text: str) -> Path:
    path = folder / "again.toml"
    path.write_text(text, encoding="utf-8")
    return path


@given(labels=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), unique=True))
def test_labels_of_any_kind_survive_toml(labels: list[str]) -> None:
    """Labels come from strangers' lists: quotes, newlines, control characters."""
    text = Recipe().to_toml({"drawn": {"classes": labels, "reserves": []}})
    assert tomllib.loads(text)["drawn"]["classes"] == labels


def test_a_proxys_password_is_not_written() -> None:
    text = Recipe.of(proxy="http://me:secret@proxy.example:3128").to_toml()
    assert "secret" not in text
    assert "http://proxy.example:3128" in text


@pytest.mark.parametrize(
    ("flags", "kept"),
    [
        ({}, True),
        ({"per_host": "2"}, True),
        ({"seed": "1"}, True),
        ({"seed": "2"}, False),
        ({"under": ("dog",)}, False),
    ],
)
def test_the_draw_is_repeated_unless_other_classes_are_chosen(
    tmp_path: Path, flags: dict[str, object], kept: bool
) -> None:
    path = _written(tmp_path, Recipe.of(classes=2, seed=1).to_toml(DRAW))
    recipe, _ = load(flags, {}, str(path))
    assert (recipe.drawn == ("n02", "n01")) is kept
    assert (recipe.reserves == ("n03",)) is kept


def test_a_resumed_build_keeps_what_was_said_before_and_takes_what_is_said_now() -> None:
    stored = Recipe.of(images=800, per_host=4, classes=3, drawn=("a", "b", "c"))
    now = Recipe.of(per_host=2).over(stored)
    assert (now.images, now.per_host.default, now.drawn) == (Quota(800, 800), 2, ("a", "b", "c"))
    assert Recipe.of(classes=4).over(stored).drawn == ()


def test_the_collection_digest_knows_what_changes_the_collection() -> None:
    one = Recipe.of(images=800, lists=("a",))
    assert (
        one.collection_digest()
        == Recipe.of(images="800", lists=("a",), per_host=2, format="webdataset").collection_digest()
    )
    for other in (
        {"images": 801},
        {"seed": 1},
        {"hosts": "flickr"},
        {"size": 224},
        {"class_": "dog"},
        {"lists": ("b",)},
    ):
        assert (
            Recipe.of(**{"images": 800, "lists": ("a",), **other}).collection_digest()
            != one.collection_digest()
        )
    assert one.collection_digest(["aa"]) != one.collection_digest(["bb"])


def test_the_collection_digest_is_pinned() -> None:
    """It is kept on disk between versions: a change of its making breaks resume and has to be meant."""
    assert len(Recipe().collection_digest()) == 64
    assert Recipe().collection_digest() == Recipe.of(seed=0, min_side=33).collection_digest()


def test_changes_are_named_with_both_values() -> None:
    stored, now = Recipe.of(images=800), Recipe.of(images="500:", hosts=["flickr"], workers=2)
    assert now.changes(stored) == (
        "images was 800, is now 500:",
        "hosts was left out, is now flickr",
    )


def test_the_agent_names_the_tool_and_whom_to_write_to() -> None:
    assert Recipe().agent().startswith("gleanset/")
    assert Recipe.of(contact="me@example.org").agent().endswith(" (+me@example.org)")
    assert (
        Recipe.of(user_agent="mine/1", contact="https://example.org").agent()
        == "mine/1 (+https://example.org)"
    )
