"""The class lists that ship with us: counts that others have published, and what each holds of the other."""

import pytest

from gleanset.api.lists import class_table_of
from gleanset.catalog.graph import Graph
from gleanset.errors import UsageError
from gleanset.sources.class_lists import CLASS_LISTS, class_list_name, read_class_list
from gleanset.sources.wordnet import load_wordnet


def ids(name: str) -> set[str]:
    return {row.source for row in read_class_list(name)}


@pytest.mark.parametrize("name", CLASS_LISTS)
def test_a_list_has_its_number_of_synsets(name: str) -> None:
    """Each wnid once, each a noun of WordNet 3.0."""
    rows = read_class_list(name)
    graph = Graph(load_wordnet())
    assert len(rows) == len(ids(name)) == CLASS_LISTS[name]
    assert all(row.source in graph for row in rows)


@pytest.mark.parametrize(
    "name", ["imagenet-100", "imagenet-a", "imagenet-r", "imagenette", "mini-imagenet", "tiny-imagenet"]
)
def test_subsets_of_the_thousand_are_subsets(name: str) -> None:
    """They were chosen from it."""
    assert ids(name) <= ids("imagenet-1k")


def test_the_thousand_are_in_the_large_list_but_one() -> None:
    """The teddy of 2012 is no class of Fall 2011."""
    assert ids("imagenet-1k") - ids("imagenet-21k") == {"n04399382"}
    assert ids("imagenet-w21-p") < ids("imagenet-21k-p") < ids("imagenet-21k")


def test_winter_2021_withdrew_classes_of_people_alone() -> None:
    """771 of those with 500 images, all of them below `person`."""
    gone = ids("imagenet-21k-p") - ids("imagenet-w21-p")
    graph = Graph(load_wordnet())
    assert len(gone) == 771
    assert gone <= graph.descendants("n00007846")


@pytest.mark.parametrize("words", ["imagenet-1k", "ImageNet1K", "imagenet_1k", "ILSVRC2012"])
def test_a_list_is_found_however_it_is_spelt(words: str) -> None:
    """As people write it."""
    assert class_list_name(words) == "imagenet-1k"


def test_a_misspelt_list_is_answered_with_the_nearest() -> None:
    """And with all there are."""
    with pytest.raises(UsageError, match=r"Did you mean tiny-imagenet\? .*imagenet-1k, imagenet-12k"):
        class_table_of("tinny-imagenet")


def test_a_file_of_the_same_name_goes_before(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """What a person has in the folder is what the person means."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "imagenette").write_text("n00000001,mine\n")
    assert [row.source for row in class_table_of("imagenette")] == ["n00000001"]


@pytest.mark.material
def test_the_large_list_is_that_of_the_urls(material) -> None:  # type: ignore[no-untyped-def]
    """The classes of the Fall 2011 URL list, one for one."""
    lines = (material / "lists/imagenet_fall11_class_counts.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert ids("imagenet-21k") == {line.partition(",")[0] for line in lines}
