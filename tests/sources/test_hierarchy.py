"""Hierarchies that people bring: tables of children and parents, and Open Images' JSON."""

from pathlib import Path

import pytest

from gleanset.catalog.graph import Graph
from gleanset.errors import UsageError
from gleanset.sources.hierarchy import read_hierarchy

OPEN_IMAGES = """{"LabelName": "/m/0bl9f", "Subcategory": [
  {"LabelName": "/m/0jbk", "Subcategory": [{"LabelName": "/m/0bt9lr"}, {"LabelName": "/m/01yrx"}]},
  {"LabelName": "/m/07yv9", "Part": [{"LabelName": "/m/083wq"}],
   "Subcategory": [{"LabelName": "/m/0bt9lr"}]}]}"""


def graph(folder: Path, text: str, name: str = "tree.csv") -> Graph:
    (folder / name).write_text(text, encoding="utf-8")
    return Graph(read_hierarchy(folder / name))


@pytest.mark.parametrize(
    "text",
    [
        "pug,dog\nhusky,dog\ndog,animal\npug,small\n",
        "child,parent\npug,dog\nhusky,dog\ndog,animal\npug,small\n",
        "Parent;Child\ndog;pug\ndog;husky\nanimal;dog\nsmall;pug\n",
        "\ufeffchild\tparent\r\npug\tdog\r\nhusky\tdog\r\n\r\ndog\tanimal\r\nanimal\t\r\npug\tsmall\r\n",
    ],
    ids=["bare", "header", "parent-first", "windows"],
)
def test_a_table_of_children_and_parents_is_a_graph(tmp_path: Path, text: str) -> None:
    """In the order given, or as a header says; a child may have several parents."""
    tree = graph(tmp_path, text)
    assert tree.descendants("dog") == {"dog", "pug", "husky"}
    assert tree.parents("pug") == ("dog", "small")
    assert tree.parents("animal") == ()


def test_names_are_found(tmp_path: Path) -> None:
    """An id may be anything; people use the name."""
    tree = graph(tmp_path, "id,parent,name\n/m/0bt9lr,/m/0jbk,Dog\n/m/0jbk,,Animal\n")
    assert [one.id for one in tree.find("dog")] == ["/m/0bt9lr"]
    assert tree.descendants("/m/0jbk") == {"/m/0jbk", "/m/0bt9lr"}


def test_the_dictionary_of_tencent_is_read(tmp_path: Path) -> None:
    """Its own header; -1 is no parent."""
    head = "category_index\tcategory_id\tindex_of_parent_category\tcategory name\n"
    tree = graph(tmp_path, f"{head}0\tn00002452\t-1\tthing\n1\tn00020827\t0\tmatter\n", "dictionary.txt")
    assert tree.find("matter")[0].parents == ("0",)


def test_open_images_json_is_read_and_parts_are_none(tmp_path: Path) -> None:
    """A wheel is part of a car, no kind of it. A class that hangs in two places is one."""
    tree = graph(tmp_path, OPEN_IMAGES, "hierarchy.json")
    assert len(tree) == 5
    assert tree.parents("/m/0bt9lr") == ("/m/0jbk", "/m/07yv9")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no row"),
        ("child,parent\n", "no row"),
        ("dog\n", "line 1: 'dog' names no parent"),
        ('{"a": 1}', "no tree"),
        ("{", "no JSON"),
    ],
)
def test_what_is_no_hierarchy_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """With the line, where there is one."""
    with pytest.raises(UsageError, match=said):
        graph(tmp_path, text)


def test_a_circle_ends(tmp_path: Path) -> None:
    """Somebody's table will have one."""
    tree = graph(tmp_path, "a,b\nb,c\nc,a\n")
    assert tree.descendants("a") == {"a", "b", "c"}
    assert tree.above(["a", "b"]) == {"a": {"b"}, "b": {"a"}}


@pytest.mark.material
def test_the_published_tree_by_names(material: Path) -> None:
    """Open Images' boxable classes as they are published for browsing."""
    tree = Graph(read_hierarchy(material / "lists/samples/open_images_boxable_hierarchy.json"))
    assert len(tree) > 500
    assert "Dog" in tree.descendants("Animal")
