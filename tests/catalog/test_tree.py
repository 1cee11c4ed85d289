"""The tree above the chosen classes: every class once, every sum right, and no node that says nothing."""

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.catalog.graph import Graph
from gleanset.catalog.tree import TreeLine, tree_of
from gleanset.terms.synset import Synset

PARENTS = {
    "entity": (),
    "animal": ("entity",),
    "carnivore": ("animal",),
    "pet": ("animal",),
    "dog": ("carnivore", "pet"),
    "pug": ("dog",),
    "cat": ("carnivore", "pet"),
    "thing": ("entity",),
    "car": ("thing",),
}
GRAPH = Graph([Synset(name, (name,), "", above) for name, above in PARENTS.items()])


def tree(classes: Mapping[str, int], graph: Graph = GRAPH) -> tuple[TreeLine, ...]:
    return tree_of(graph, {name: (n,) for name, n in classes.items()}, str)


def drawn(lines: tuple[TreeLine, ...]) -> list[str]:
    return [f"{'-' * one.depth}{one.name} {one.total[0]:g}{' again' if one.again else ''}" for one in lines]


def test_inner_nodes_that_part_nothing_are_passed_over() -> None:
    """`thing` has one class below it, and `carnivore` and `pet` both hold what `animal` holds."""
    assert drawn(tree({"dog": 5, "pug": 3, "cat": 2, "car": 7})) == [
        "entity 17", "-animal 10", "--cat 2", "--dog 8", "---pug 3", "-car 7",
    ]  # fmt: skip


def test_a_node_with_two_parents_counts_once() -> None:
    """Without the cat `pet` and `carnivore` still part: the dog stands under both, and is summed once."""
    more = PARENTS | {"fish": ("pet",), "wolf": ("carnivore",)}
    graph = Graph([Synset(name, (name,), "", above) for name, above in more.items()])
    assert drawn(tree({"dog": 5, "fish": 1, "wolf": 2}, graph)) == [
        "animal 8", "-carnivore 7", "--dog 5", "--wolf 2", "-pet 6", "--dog 5 again", "--fish 1",
    ]  # fmt: skip


def test_own_numbers_stand_beside_the_sums() -> None:
    """A class above others has both."""
    (dog, _) = tree({"dog": 5, "pug": 3})
    assert (dog.own, dog.total, dog.n_classes, dog.is_class) == ((5,), (8,), 2, True)


def test_strangers_are_roots() -> None:
    """A label that the hierarchy does not know is a class all the same; nothing at all is no tree."""
    assert drawn(tree({"mug": 4, "dog": 5})) == ["dog 5", "mug 4"]
    assert tree({}) == ()


def test_a_circle_ends() -> None:
    """Each of its classes stands there."""
    graph = Graph([Synset("a", ("a",), "", ("b",)), Synset("b", ("b",), "", ("a",))])
    assert {one.id for one in tree({"a": 1, "b": 2}, graph)} == {"a", "b"}


@given(st.data())
def test_every_class_stands_there_once_and_every_sum_is_right(data: st.DataObject) -> None:
    """Over random hierarchies with several parents."""
    ids = [f"n{i:02}" for i in range(data.draw(st.integers(1, 12)))]
    parents = [
        data.draw(st.lists(st.sampled_from(ids[:i]), max_size=3, unique=True)) if i else []
        for i in range(len(ids))
    ]
    graph = Graph(Synset(id_, (id_,), "", tuple(above)) for id_, above in zip(ids, parents, strict=True))
    classes = data.draw(st.dictionaries(st.sampled_from(ids), st.integers(0, 9), min_size=1))
    lines = tree(classes, graph)
    assert sorted(one.id for one in lines if one.is_class and not one.again) == sorted(classes)
    for one in lines:
        below = graph.descendants(one.id) & classes.keys()
        assert one.total == (sum(classes[name] for name in below),)
        assert one.n_classes == len(below)
    for upper, lower in pairwise(lines):
        assert lower.depth <= upper.depth + 1


@pytest.mark.material
def test_the_whole_list_is_one_tree(material) -> None:  # type: ignore[no-untyped-def]
    """21,841 classes, each once, under `entity`."""
    from gleanset.sources.wordnet import load_wordnet

    text = (material / "lists/imagenet_fall11_class_counts.csv").read_text(encoding="utf-8")
    rows = [line.split(",") for line in text.splitlines()[1:]]
    classes = {row[0]: (float(row[-2]),) for row in rows}
    lines = tree_of(Graph(load_wordnet()), classes, str)
    assert sum(one.is_class and not one.again for one in lines) == 21_841
    assert (lines[0].id, lines[0].total) == ("n00001740", (14_197_114.0,))
    assert sum(not one.depth for one in lines) == 1
