"""The hierarchy: who is below whom, and what a word may mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.catalog.graph import Graph, nearest
from gleanset.terms.synset import Synset


def synset(id_: str, names: str, *parents: str, senses: tuple[int, ...] = ()) -> Synset:
    return Synset(id_, tuple(names.split(", ")), f"gloss of {id_}", parents, senses)


@pytest.fixture
def pets() -> Graph:
    """A dog is both a canine and a domestic animal; `dog` has a second sense, and `dogsled` is one word."""
    return Graph(
        [
            synset("n00000001", "animal, animate being"),
            synset("n00000002", "canine", "n00000001"),
            synset("n00000003", "domestic animal", "n00000001"),
            synset("n00000004", "dog, domestic dog", "n00000002", "n00000003", senses=(1, 1)),
            synset("n00000005", "golden retriever", "n00000004"),
            synset("n00000006", "andiron, dog", senses=(1, 7)),
            synset("n00000007", "dogsled", "n00009999"),
            synset("n00000008", "tabby, tabby cat", "n00000003", senses=(1, 1)),
        ]
    )


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("n00000004", ["n00000004"]),
        (" N00000004 ", ["n00000004"]),
        ("dog", ["n00000004", "n00000006"]),
        ("DOG", ["n00000004", "n00000006"]),
        ("dog.n.01", ["n00000004"]),
        ("dog.n.7", ["n00000006"]),
        ("dog.n.02", []),
        ("Domestic_Dog.N.01", ["n00000004"]),
        ("golden retriever", ["n00000005"]),
        ("Golden_Retriever", ["n00000005"]),
        ("golden-retriever", ["n00000005"]),
        ("goldenretriever", ["n00000005"]),
        ("dog sled", ["n00000007"]),
        ("tabby cat", ["n00000008"]),
        ("unicorn", []),
        ("", []),
        ("n99999999", []),
    ],
)
def test_a_word_finds_its_synsets_first_sense_first(pets: Graph, words: str, ids: list[str]) -> None:
    """People paste ids, type names in any spelling, or know WordNet's own notation."""
    assert [found.id for found in pets.find(words)] == ids


def test_a_subtree_holds_its_root_and_counts_a_node_with_two_parents_once(pets: Graph) -> None:
    """A dog reached by two ways is still one class."""
    below = pets.descendants("n00000001")
    assert below == {f"n0000000{i}" for i in (1, 2, 3, 4, 5, 8)}
    assert pets.ancestors("n00000005") == {f"n0000000{i}" for i in (1, 2, 3, 4, 5)}


def test_ids_that_nobody_knows_have_no_relations(pets: Graph) -> None:
    """A list may hold wnids of another WordNet; they are classes like others, only without a place."""
    assert pets.get("n99999999") is None
    assert pets.descendants("n99999999") == frozenset()
    assert pets.ancestors("n99999999") == frozenset()
    assert pets.parents("n99999999") == pets.children("n99999999") == ()
    assert not pets.is_ancestor("n99999999", "n99999999")


def test_a_parent_outside_the_graph_is_no_parent(pets: Graph) -> None:
    """Any part of a hierarchy is a hierarchy."""
    assert pets.parents("n00000007") == ()


def test_nothing_is_its_own_ancestor(pets: Graph) -> None:
    """Above means strictly above."""
    assert pets.is_ancestor("n00000001", "n00000005")
    assert not pets.is_ancestor("n00000005", "n00000001")
    assert not pets.is_ancestor("n00000005", "n00000005")


def test_leaves_are_counted_among_the_given_classes(pets: Graph) -> None:
    """A dog is a leaf in a list that has no retriever, and unknown labels are leaves."""
    assert pets.leaves(["n00000001", "n00000004", "word"]) == {"n00000004", "word"}
    assert pets.leaves(["n00000001", "n00000005"]) == {"n00000005"}


@pytest.mark.parametrize(
    ("labels", "kept"),
    [
        (["n00000001", "n00000005", "n00000004"], "n00000005"),
        (["n00000004"], "n00000004"),
        (["n00000002", "n00000003"], None),
        (["n00000005", "n00000008"], None),
        (["n00000005", "word"], None),
        ([], None),
    ],
)
def test_of_a_chain_the_lowest_is_the_most_specific(pets: Graph, labels: list[str], kept: str | None) -> None:
    """The same URL under dog and retriever shows a retriever; under cat and dog it shows we know not what."""
    assert pets.most_specific(labels) == kept


def test_search_wants_all_words_in_one_name(pets: Graph) -> None:
    """`gleanset classes --search` looks inside names."""
    assert [found.id for found in pets.search("DOMESTIC an")] == ["n00000003"]
    assert [found.id for found in pets.search("dog")] == ["n00000004", "n00000006", "n00000007"]


def test_a_circle_in_a_hierarchy_ends_nowhere_else() -> None:
    """Users bring hierarchies of their own, and those have circles."""
    circle = Graph([synset("a", "a", "b"), synset("b", "b", "a")])
    assert circle.descendants("a") == circle.ancestors("a") == {"a", "b"}


@pytest.mark.parametrize(
    ("words", "first"), [("tabbby", "tabby"), ("golden retreiver", "Golden_Retriever"), ("xyzzy", None)]
)
def test_a_misspelt_name_has_its_nearest(words: str, first: str | None) -> None:
    """Suggestions keep the spelling that can be pasted."""
    assert next(iter(nearest(words, ["dog", "tabby", "Golden_Retriever"])), None) == first


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40))
def test_up_and_down_agree(edges: list[tuple[int, int]]) -> None:
    """x is below y exactly when y is above x, in any graph."""
    parents: dict[str, list[str]] = {str(i): [] for i in range(13)}
    for below, above in edges:
        parents[str(below)].append(str(above))
    graph = Graph([synset(id_, id_, *above) for id_, above in parents.items()])
    for one in parents:
        assert one in graph.descendants(one)
        for other in graph.descendants(one):
            assert one in graph.ancestors(other)
        assert sum(one in graph.ancestors(other) for other in parents) == len(graph.descendants(one))
