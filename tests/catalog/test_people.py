"""Classes of people are drawn by nobody who did not ask for them."""

from typing import Any

import pytest

from gleanset.catalog.graph import Graph
from gleanset.catalog.select import Choice, Selection, select
from gleanset.errors import UsageError
from gleanset.sources.class_lists import unsafe_synsets
from gleanset.sources.wordnet import load_wordnet
from gleanset.terms.class_row import ClassRow
from gleanset.terms.synset import Synset

PERSON, NURSE, SLUR, DOG, PUG = "n1", "n2", "n3", "n4", "n5"
GRAPH = Graph(
    [
        Synset(PERSON, ("person",), "a human being", ()),
        Synset(NURSE, ("nurse",), "cares for the sick", (PERSON,)),
        Synset(SLUR, ("slur",), "an offensive word", (PERSON,)),
        Synset(DOG, ("dog",), "barks", ()),
        Synset(PUG, ("pug",), "a small dog", (DOG,)),
    ]
)
LABELS = (PERSON, NURSE, SLUR, DOG, PUG)


def choose(**choice: Any) -> Selection:
    return select(LABELS, (10,) * 5, GRAPH, Choice(offensive=frozenset({SLUR}), **choice))


def test_a_draw_leaves_people_out_and_says_who_says_so() -> None:
    """ImageNet itself withdrew them: with the number, the reason, the list and the way to have them."""
    chosen = choose(classes=1)
    assert set(chosen.labels) == {DOG, PUG}
    (note,) = chosen.notes
    assert "3 classes of people are not drawn, 1 of them offensive" in note
    assert "Yang et al." in note
    assert "--keep-unsafe" in note


def test_people_are_drawn_when_that_is_wished() -> None:
    """The option means what it says, and nothing is left to be said."""
    chosen = choose(classes=1, keep_unsafe=True)
    assert set(chosen.labels) == set(LABELS)
    assert chosen.notes == ()


def test_below_people_the_offensive_alone_are_left_out() -> None:
    """Whoever draws under `person` asked for people, not for slurs."""
    chosen = choose(classes=1, under=("nurse", "person"))
    assert set(chosen.labels) == {PERSON, NURSE}
    assert "1 class of people, offensive or sensitive, is not drawn" in chosen.notes[-1]


def test_a_named_class_is_kept_and_that_is_said() -> None:
    """Asked for is asked for; the offensive one is named in the note."""
    chosen = choose(class_=("slur", "nurse"), classes=3)
    assert chosen.explicit == {SLUR, NURSE}
    assert any(
        "2 chosen classes are of people, 1 of them offensive or sensitive (slur)" in n for n in chosen.notes
    )


def test_without_a_draw_nobody_is_left_out() -> None:
    """Only draws decide for the person."""
    assert set(choose().labels) == set(LABELS)
    assert any("3 chosen classes are of people" in note for note in choose().notes)


def test_a_draw_from_a_table_leaves_them_out_as_well() -> None:
    """A table's rows are no names once they are drawn from."""
    rows = tuple(ClassRow(line, label) for line, label in enumerate((NURSE, PUG), start=1))
    assert choose(table=rows, classes=1).labels == (PUG,)
    assert set(choose(table=rows).labels) == {NURSE, PUG}


def test_a_list_of_people_alone_cannot_be_drawn_from() -> None:
    """The refusal names the option that would."""
    with pytest.raises(UsageError, match="--keep-unsafe"):
        select((NURSE,), (10,), GRAPH, Choice(classes=1))


def test_merging_people_leaves_the_offensive_out_of_a_draw() -> None:
    """Pooled hyponyms were not named by anyone."""
    chosen = choose(class_=("person",), classes=1, merge=True)
    assert chosen.members_of(PERSON) == (PERSON, NURSE)


def test_the_list_of_offensive_synsets_is_what_its_authors_counted() -> None:
    """1,593 of the 2,832 they looked at; all of them people in WordNet."""
    graph = Graph(load_wordnet())
    assert len(unsafe_synsets()) == 1_593
    assert unsafe_synsets() <= graph.descendants(graph.find("person")[0].id)
