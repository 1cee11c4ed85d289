"""The real classes of the Fall 2011 list, held to figures that others have counted."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from gleanset.catalog.graph import Graph
from gleanset.catalog.select import Choice, Selection, select
from gleanset.errors import UsageError
from gleanset.sources.wordnet import load_wordnet

pytestmark = pytest.mark.material


@pytest.fixture(scope="module")
def graph() -> Graph:
    return Graph(load_wordnet())


@pytest.fixture(scope="module")
def urls(material: Path) -> dict[str, int]:
    """wnid to number of URLs, 21,841 of them."""
    with (material / "lists" / "imagenet_fall11_class_counts.csv").open(newline="") as file:
        return {row["synid"]: int(row["urls"]) for row in csv.DictReader(file)}


def choose(urls: dict[str, int], graph: Graph, choice: Choice) -> Selection:
    return select(tuple(urls), tuple(urls.values()), graph, choice)


def test_every_wnid_of_the_list_is_a_synset(graph: Graph, urls: dict[str, int]) -> None:
    """So every class has a name and a place."""
    assert len(urls) == 21_841
    assert all(wnid in graph for wnid in urls)


def test_the_closure_has_one_root_and_is_no_tree(graph: Graph, urls: dict[str, int]) -> None:
    """498 synsets hang in two places: whoever counts them twice counts wrongly."""
    closure = graph.closure(urls)
    assert len(closure) == 23_546
    assert [id_ for id_ in closure if not graph.parents(id_)] == [graph.find("entity")[0].id]
    assert sum(len(graph.parents(id_)) > 1 for id_ in closure) == 498


@pytest.mark.parametrize(
    ("choice", "n_classes"),
    [
        (Choice(), 21_841),
        (Choice(under=("animal",)), 3_822),
        (Choice(under=("artifact",)), 7_895),
        (Choice(under=("plant.n.02",)), 3_776),
        (Choice(under=("dog",)), 190),
        (Choice(under=("domestic cat",)), 19),
        (Choice(under=("animal",), not_under=("dog",)), 3_632),
        (Choice(under=("animal", "plant.n.02", "dog")), 3_822 + 3_776),
        (Choice(leaves=True), 17_253),
    ],
    ids=str,
)
def test_subtrees_have_the_known_sizes(
    graph: Graph, urls: dict[str, int], choice: Choice, n_classes: int
) -> None:
    """Counted by others from WordNet's own files; roots that are classes are included."""
    assert len(choose(urls, graph, choice).labels) == n_classes


@pytest.mark.parametrize(
    ("name", "ids"), [("dog", ("n02084071", "n02710044")), ("tabby", ("n02123045", "n02122878"))]
)
def test_dog_and_tabby_name_two_classes_each(
    graph: Graph, urls: dict[str, int], name: str, ids: tuple[str, str]
) -> None:
    """The pet and the andiron; the striped cat and the female one. Both are shown with their URLs."""
    with pytest.raises(UsageError) as caught:
        choose(urls, graph, Choice(class_=(name,)))
    for id_ in ids:
        assert f"--class {id_}" in str(caught.value)
        assert f"{urls[id_]:,} URLs" in str(caught.value)


@pytest.mark.parametrize("words", ["tabby cat", "Tabby_Cat", "tabby-cat", "n02123045", "tabby.n.01"])
def test_the_striped_cat_is_found_by_all_its_names(graph: Graph, urls: dict[str, int], words: str) -> None:
    """As people write it."""
    chosen = choose(urls, graph, Choice(class_=(words,)))
    assert chosen.labels == ("n02123045",)
    assert chosen.names == {"n02123045": "tabby"}


def test_a_bare_plant_is_a_factory_and_that_is_said(graph: Graph, urls: dict[str, int]) -> None:
    """WordNet's first sense is the factory, which the list has: the note names the other's id."""
    chosen = choose(urls, graph, Choice(under=("plant",)))
    assert len(chosen.labels) == 34
    assert "n00017222 (plant, flora, plant life:" in chosen.notes[0]
    assert "3,776 classes" in chosen.notes[0]


def test_names_repeat_which_is_why_labels_are_ids(graph: Graph, urls: dict[str, int]) -> None:
    """1,444 first names stand for 3,186 synsets: folders named after them would run together."""
    names = Counter(choose(urls, graph, Choice()).names.values())
    shared = [n for n in names.values() if n > 1]
    assert (len(shared), sum(shared)) == (1_444, 3_186)
