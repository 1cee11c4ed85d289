"""`--merge`: a class takes what lies below it, each image once."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.catalog.graph import Graph
from gleanset.catalog.select import Choice, Selection, select
from gleanset.errors import UsageError
from gleanset.terms.class_row import ClassRow
from gleanset.terms.synset import Synset

ANIMAL, PET, DOG, PUG, CAT, TABBY, CAR = "n1", "n2", "n3", "n4", "n5", "n6", "n7"
PARENTS = {
    ANIMAL: (),
    PET: (ANIMAL,),
    DOG: (ANIMAL, PET),
    PUG: (DOG,),
    CAT: (ANIMAL, PET),
    TABBY: (CAT,),
    CAR: (),
}
NAMES = dict(zip(PARENTS, ("animal", "pet", "dog", "pug", "cat", "tabby", "car"), strict=True))
GRAPH = Graph([Synset(id_, (NAMES[id_],), "", above) for id_, above in PARENTS.items()])
LISTED = (DOG, PUG, CAT, TABBY, CAR)
"""Neither animal nor pet has URLs of its own."""


def choose(labels: tuple[str, ...] = LISTED, **choice: Any) -> Selection:
    return select(labels, tuple(range(10, 10 + len(labels))), GRAPH, Choice(merge=True, **choice))


def test_a_class_takes_its_hyponyms() -> None:
    """All dogs are dogs."""
    assert choose(class_=("dog",)).members_of(DOG) == (DOG, PUG)


def test_a_synset_without_urls_of_its_own_can_be_a_class() -> None:
    """`animal` has no line in the list, but what lies below it has."""
    chosen = choose(class_=("animal",))
    assert chosen.labels == (ANIMAL,)
    assert chosen.names[ANIMAL] == "animal"
    assert chosen.members_of(ANIMAL) == (DOG, PUG, CAT, TABBY)


def test_without_merge_the_refusal_says_how_it_could_be() -> None:
    """The same word without the option."""
    with pytest.raises(UsageError, match=r"classes below it \(--merge pools them\)"):
        select(LISTED, (1,) * 5, GRAPH, Choice(class_=("animal",)))


def test_of_two_nested_classes_the_lower_one_takes() -> None:
    """A pug is a pug before it is a dog or an animal."""
    chosen = choose(class_=("animal", "dog", "pug"))
    assert [chosen.members_of(label) for label in chosen.labels] == [(CAT, TABBY), (DOG,), (PUG,)]


def test_a_label_with_two_parents_goes_to_one_of_them() -> None:
    """`dog` lies below `pet`, which lies below `animal`: the nearest has it, and once."""
    chosen = choose(class_=("animal", "pet"))
    assert chosen.members_of(PET) == (DOG, PUG, CAT, TABBY)
    assert chosen.members_of(ANIMAL) == ()


def test_a_table_pools_what_its_rows_name() -> None:
    """Two subtrees become one class under a new name; a row of its own stays apart."""
    rows = tuple(
        ClassRow(n, *row) for n, row in enumerate([("dog", "pet"), ("cat", "pet"), ("tabby", "tiger")], 1)
    )
    chosen = choose(table=rows)
    assert chosen.members == {"pet": (DOG, PUG, CAT), "tiger": (TABBY,)}
    assert chosen.splits == {}


def test_what_not_under_bars_is_not_pooled() -> None:
    """The bound holds for what was not named."""
    assert choose(class_=("animal",), not_under=("cat",)).members_of(ANIMAL) == (DOG, PUG)


def test_classes_to_be_drawn_from_are_settled_once_they_are_drawn() -> None:
    """Before the draw pools overlap, for each may be the one that is drawn."""
    open_ = choose(classes=1)
    assert open_.members_of(DOG) == (DOG, PUG)
    assert open_.members_of(PUG) == (PUG,)
    assert open_.settled([PUG, DOG]).members_of(DOG) == (DOG,)
    assert open_.settled([DOG]).members_of(DOG) == (DOG, PUG)
    assert open_.settled([DOG]).labels == (DOG,)


@given(st.data())
def test_whatever_is_chosen_no_label_goes_into_two_classes(data: st.DataObject) -> None:
    """Over random hierarchies with several parents: all that lies below a chosen class is taken, once."""
    ids = [f"n{i:02}" for i in range(data.draw(st.integers(2, 14)))]
    graph = Graph(
        Synset(
            id_,
            (id_,),
            "",
            tuple(data.draw(st.lists(st.sampled_from(ids[:i]), max_size=3, unique=True))) if i else (),
        )
        for i, id_ in enumerate(ids)
    )
    named = tuple(data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=5, unique=True)))
    chosen = select(tuple(ids), (1,) * len(ids), graph, Choice(class_=named, merge=True))
    members = [chosen.members_of(label) for label in named]
    assert all(set(a).isdisjoint(b) for n, a in enumerate(members) for b in members[n + 1 :])
    assert {m for some in members for m in some} == set().union(*(graph.descendants(one) for one in named))
    for above, below in pairwise(sorted(named)):
        assert below in chosen.members_of(below), (above, below)
