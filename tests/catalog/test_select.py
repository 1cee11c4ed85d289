"""Which classes are meant by --class, --under, --not-under, --leaves and --class-table."""

from typing import Any

import pytest

from gleanset.catalog.graph import Graph
from gleanset.catalog.select import Choice, Selection, select
from gleanset.errors import UsageError
from gleanset.terms.class_row import ClassRow
from gleanset.terms.plan import Quota
from gleanset.terms.synset import Synset

ANIMAL, DOG, PUG, CAT, TABBY, ANDIRON, BANK = "n01", "n02", "n03", "n04", "n05", "n06", "n07"
TEDDY, PLANT, FACTORY = "n08", "n09", "n10"
URLS = {ANIMAL: 50, DOG: 1603, PUG: 900, CAT: 700, TABBY: 1525, ANDIRON: 656, FACTORY: 12, PLANT: 30}

GRAPH = Graph(
    [
        Synset(ANIMAL, ("animal",), "a living organism", (), (1,)),
        Synset(
            DOG, ("dog", "domestic dog"), 'a member of the genus Canis; "the dog barked"', (ANIMAL,), (1, 1)
        ),
        Synset(PUG, ("pug",), "small compact smooth-coated breed", (DOG,), (1,)),
        Synset(CAT, ("cat",), "feline mammal", (ANIMAL,), (1,)),
        Synset(TABBY, ("tabby",), "a cat with a grey coat", (CAT,), (1,)),
        Synset(ANDIRON, ("andiron", "dog"), "metal supports for logs", (), (1, 7)),
        Synset(BANK, ("bank",), "sloping land", (), (1,)),
        Synset(TEDDY, ("teddy", "teddy bear"), "plaything", (), (1, 1)),
        Synset(PLANT, ("plant", "flora"), "botany", (), (2, 1)),
        Synset(FACTORY, ("plant", "works"), "buildings for industrial labor", (), (1, 1)),
    ]
)


def choose(labels: dict[str, int] | None = None, **choice: Any) -> Selection:
    counts = URLS if labels is None else labels
    return select(tuple(counts), tuple(counts.values()), GRAPH, Choice(**choice))


def refusal(labels: dict[str, int] | None = None, **choice: Any) -> str:
    with pytest.raises(UsageError) as caught:
        choose(labels, **choice)
    return str(caught.value)


def rows(*cells: str) -> tuple[ClassRow, ...]:
    """Rows of a table, each written `from,class,images,split`."""

    def one(line: int, text: str) -> ClassRow:
        source, target, images, split = [*text.split(","), "", "", ""][:4]
        return ClassRow(
            line, source, target or None, Quota.parse(images) if images else None, split or None, "t.csv"
        )

    return tuple(one(line, text) for line, text in enumerate(cells, start=1))


class TestAtLarge:
    def test_without_a_choice_every_class_is_taken(self) -> None:
        """Neither --classes nor a choice: all classes, none of them by name."""
        chosen = choose()
        assert chosen.labels == tuple(sorted(URLS))
        assert chosen.explicit == frozenset()
        assert chosen.names[DOG] == "dog"

    def test_the_order_of_the_list_does_not_matter(self) -> None:
        """Equal sets of classes give equal selections."""
        assert choose(dict(reversed(URLS.items()))) == choose()

    def test_an_empty_list_is_refused(self) -> None:
        """There is nothing to choose from, and the message says so."""
        assert "no class" in refusal({})


class TestByName:
    def test_a_name_that_one_class_has_is_that_class(self) -> None:
        """Names do, where they are clear."""
        assert choose(class_=("Tabby", "n03")).labels == (TABBY, PUG)
        assert choose(class_=("tabby", "pug")).explicit == {TABBY, PUG}

    def test_a_class_named_twice_is_one_class(self) -> None:
        """By id and by name, it is the same."""
        assert choose(class_=("pug", PUG)).labels == (PUG,)

    def test_an_ambiguous_name_is_refused_with_ids_and_urls(self) -> None:
        """The person pastes the id that is meant, and sees how much each has."""
        said = refusal(class_=("dog",))
        assert "2 classes" in said
        assert f"--class {DOG}" in said
        assert "1,603 URLs   dog, domestic dog: a member of the genus Canis\n" in said
        assert f"--class {ANDIRON}" in said
        assert "656 URLs   andiron, dog: metal supports" in said

    def test_a_numbered_sense_is_never_ambiguous(self) -> None:
        """WordNet's notation names one of them."""
        assert choose(class_=("dog.n.07",)).labels == (ANDIRON,)

    def test_a_misspelt_name_has_suggestions_with_ids(self) -> None:
        """The nearest names are those of this list."""
        assert "Did you mean tabby (n05)" in refusal(class_=("tabbby",))

    def test_a_name_of_nothing_is_refused_without_a_guess(self) -> None:
        """No suggestion is better than a silly one."""
        said = refusal(class_=("zzzzyx",))
        assert said == "--class zzzzyx: no class of the list has this id or name."

    def test_a_synset_that_the_list_lacks_points_below_itself(self) -> None:
        """WordNet knows it, the list does not: that is another thing than a misspelling."""
        assert "the list has no class teddy, teddy bear: plaything, and none below it" in refusal(
            class_=("teddy",)
        )
        without = {label: n for label, n in URLS.items() if label != ANIMAL}
        assert "--under n01   4 classes below animal" in refusal(without, class_=("animal",))

    def test_plain_labels_are_matched_exactly_then_in_any_case(self) -> None:
        """Lists of words have no WordNet; `Dog` and `dog` may even be two classes."""
        words = {"Dog": 1, "dog": 2, "Golden_Retriever": 3}
        assert choose(words, class_=("Dog",)).labels == ("Dog",)
        assert choose(words, class_=("golden retriever",)).labels == ("Golden_Retriever",)
        assert "2 classes" in refusal(words, class_=("DOG",))
        assert "Did you mean Golden_Retriever?" in refusal(words, class_=("golden retreiver",))
        assert choose(words).names["Dog"] == "Dog"


class TestSubtrees:
    def test_under_takes_the_subtree_with_its_root(self) -> None:
        """Animal is itself a class of the list."""
        assert choose(under=("animal",)).labels == (ANIMAL, DOG, PUG, CAT, TABBY)

    def test_the_first_sense_with_classes_is_taken_and_said(self) -> None:
        """A wrong sense is seen at once, with the id of the right one."""
        chosen = choose(under=("plant",))
        assert chosen.labels == (FACTORY,)
        assert "--under plant: taken as n10 (plant, works: buildings" in chosen.notes[0]
        assert "Other senses: n09 (plant, flora: botany; 1 class)" in chosen.notes[0]

    def test_an_earlier_sense_without_classes_is_passed_over(self) -> None:
        """The factory is not in this list, so plants are meant."""
        chosen = choose({PLANT: 5, DOG: 3}, under=("plant",))
        assert chosen.labels == (PLANT,)
        assert "taken as n09" in chosen.notes[0]

    def test_an_id_needs_no_note(self) -> None:
        """Nothing was guessed."""
        assert choose(under=(DOG,)).notes == ()

    def test_not_under_takes_away(self) -> None:
        """Animals, but no dogs."""
        assert choose(under=("animal",), not_under=(DOG,)).labels == (ANIMAL, CAT, TABBY)

    def test_several_subtrees_are_joined(self) -> None:
        """--under may be given again."""
        assert choose(under=(DOG, CAT)).labels == (DOG, PUG, CAT, TABBY)

    def test_leaves_have_no_class_of_the_list_below(self) -> None:
        """Dog is no leaf while pug is in the list."""
        assert choose(under=(ANIMAL,), leaves=True).labels == (PUG, TABBY)
        assert choose({DOG: 1, ANIMAL: 1}, leaves=True).labels == (DOG,)

    @pytest.mark.parametrize(
        ("choice", "said"),
        [
            ({"under": ("bank",)}, "no class below bank: sloping land"),
            ({"under": ("anmal",)}, "Did you mean animal (n01)"),
            ({"under": ("animal",), "not_under": ("animal",)}, "No class of the list is left"),
        ],
    )
    def test_what_leaves_nothing_is_refused(self, choice: dict[str, Any], said: str) -> None:
        """An empty dataset is nobody's wish."""
        assert said in refusal(**choice)

    def test_a_list_of_words_has_no_subtrees(self) -> None:
        """Labels that are no wnids have no place in WordNet; guessing one would be worse."""
        assert "no WordNet ids" in refusal({"dog": 3}, under=("animal",))

    def test_named_classes_stay_whatever_bounds_say(self) -> None:
        """What a person named outright is in."""
        chosen = choose(class_=("dog.n.01",), under=("cat",), not_under=(DOG,), leaves=True)
        assert chosen.labels == (DOG, TABBY)
        assert chosen.explicit == {DOG}


class TestWithADraw:
    def test_without_more_the_rest_of_the_list_is_drawn_from(self) -> None:
        """--class pug --classes 3: the pug is in, two others come from everywhere."""
        chosen = choose(class_=("pug",), classes=3)
        assert chosen.explicit == {PUG}
        assert set(chosen.labels) == set(URLS)
        assert chosen.labels[0] == PUG

    def test_within_a_subtree_only_that_is_drawn_from(self) -> None:
        """--class pug --under cat --classes 2."""
        assert choose(class_=("pug",), under=("cat",), classes=2).labels == (PUG, CAT, TABBY)

    def test_a_table_is_drawn_from(self) -> None:
        """Its rows are then an offer, not a demand."""
        chosen = choose(table=rows(PUG, TABBY, CAT), classes=2)
        assert chosen.labels == (PUG, CAT, TABBY)
        assert chosen.explicit == frozenset()


class TestTables:
    def test_a_table_chooses_renames_and_merges(self) -> None:
        """Two rows of one class are one class; its rows are taken as named."""
        chosen = choose(table=rows("pug,dogs", "n02,dogs", "cat"))
        assert chosen.labels == ("dogs", CAT)
        assert chosen.explicit == {"dogs", CAT}
        assert chosen.members_of("dogs") == (PUG, DOG)
        assert chosen.merges == {PUG: "dogs", DOG: "dogs"}
        assert chosen.class_of == {PUG: "dogs", DOG: "dogs", CAT: CAT}
        assert (chosen.names["dogs"], chosen.names[CAT]) == ("dogs", "cat")

    def test_quotas_and_splits_are_kept(self) -> None:
        """A quota is the whole class's, a split each row's."""
        chosen = choose(table=rows("pug,dogs,500:800,train", "n02,dogs,,val", "cat,,7"))
        assert chosen.quotas == {"dogs": Quota(500, 800), CAT: Quota(7, 7)}
        assert chosen.splits == {PUG: "train", DOG: "val"}

    @pytest.mark.parametrize(
        ("cells", "said"),
        [
            (("pug,a", "pug,b"), "t.csv line 2: pug takes n03 again: line 1 has it"),
            (("pug,a,5", "cat,a,6"), "t.csv line 2: cat: the class a has another quota above"),
            (("pug", "dog"), "t.csv line 2: dog: 2 classes of the list have this name"),
            (
                ("pug", "tabbby"),
                "t.csv line 2: tabbby: no class of the list has this id or name. Did you mean tabby",
            ),
            (("teddy",), "t.csv: the list has none of its 1 classes"),
        ],
    )
    def test_rows_that_make_no_sense_are_refused_by_line(self, cells: tuple[str, ...], said: str) -> None:
        """Each message begins where the person has to look."""
        assert said in refusal(table=rows(*cells))

    def test_a_known_class_that_the_list_lacks_is_only_noted(self) -> None:
        """999 of the 1,000 classes of 2012 are in the list of 2011; the other must not stop the build."""
        chosen = choose(table=rows("pug", "teddy"))
        assert chosen.labels == (PUG,)
        assert chosen.notes == ("t.csv: 1 of 2 classes are not in the list: teddy (line 2).",)

    def test_bounds_apply_to_rows(self) -> None:
        """--leaves with a table takes its leaves."""
        chosen = choose(table=rows("n02,pets", "pug,pets", "cat"), leaves=True)
        assert chosen.labels == ("pets",)
        assert chosen.members_of("pets") == (PUG,)
        assert "left" in refusal(table=rows("cat"), not_under=(ANIMAL,))

    def test_a_table_beside_a_subtree_adds_to_it(self) -> None:
        """No label goes into two classes, and rows keep what the table says of them."""
        chosen = choose(table=rows("pug,small"), under=(DOG,))
        assert chosen.labels == ("small", DOG)
        assert chosen.class_of == {PUG: "small", DOG: DOG}

    def test_a_class_named_after_another_label_does_not_swallow_it(self) -> None:
        """`pug` renamed to the label of the dog holds pugs alone, unless the dog is chosen too."""
        renamed = rows(f"pug,{DOG}")
        assert choose(table=renamed).class_of == {PUG: DOG}
        assert choose(table=renamed, class_=(DOG,)).class_of == {PUG: DOG, DOG: DOG}

    def test_a_row_of_a_named_class_passes_all_bounds(self) -> None:
        """--not-under dog takes no pug away that was named, whatever the table calls it."""
        chosen = choose(table=rows("pug,small", "n02", "cat"), class_=("pug",), not_under=(DOG,))
        assert chosen.class_of == {PUG: "small", CAT: CAT}

    def test_a_class_named_beside_its_row_is_the_class_of_the_row(self) -> None:
        """--class pug with a table that calls it small: one class, named."""
        chosen = choose(table=rows("pug,small", "cat"), class_=("pug",))
        assert chosen.labels == ("small", CAT)
