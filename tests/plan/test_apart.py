"""No drawn class lies above another."""

import pytest

from gleanset.catalog.graph import Graph
from gleanset.catalog.select import Choice, select
from gleanset.errors import UsageError
from gleanset.plan.planner import make_plan
from gleanset.terms.plan import Plan, Quota
from gleanset.terms.synset import Synset

from .census import by_kind

TREE = {
    "animal": (),
    "dog": ("animal",),
    "pug": ("dog",),
    "husky": ("dog",),
    "cat": ("animal",),
    "tabby": ("cat",),
}
GRAPH = Graph([Synset(name, (name,), "", above) for name, above in TREE.items()])
RICH = dict.fromkeys((*TREE, "car", "bus"), (60, 50))


def plan(choice: Choice, urls: dict[str, tuple[int, int]] = RICH, images: int = 10) -> Plan:
    census = by_kind(urls)
    selection = select(census.labels, [urls[label][0] for label in census.labels], GRAPH, choice)
    return make_plan(census, selection, draw=choice.classes, quota=Quota(images, images))


def drawn(made: Plan) -> set[str]:
    return {one.label for one in made.classes}


def test_only_the_lowest_classes_that_qualify_are_drawn() -> None:
    """A pug would otherwise be trained as a dog and as a pug. Reserves are no exception."""
    made = plan(Choice(classes=3))
    assert drawn(made) | {one.label for one in made.reserves} == {"pug", "husky", "tabby", "car", "bus"}


def test_a_class_is_drawn_where_nothing_below_it_qualifies() -> None:
    """Breeds with too few URLs do not keep their dog out."""
    made = plan(Choice(classes=4), RICH | {"pug": (5, 5), "husky": (5, 5)})
    assert drawn(made) == {"dog", "tabby", "car", "bus"}


def test_relatives_of_a_named_class_are_not_drawn() -> None:
    """Who named the dog gets no pug beside it, and no animal."""
    made = plan(Choice(class_=("dog",), classes=4))
    assert drawn(made) == {"dog", "tabby", "car", "bus"}


def test_both_are_had_by_naming_them() -> None:
    """No class above another unless asked."""
    assert drawn(plan(Choice(class_=("dog", "pug")))) == {"dog", "pug"}


def test_nested_draws_from_all_of_them() -> None:
    """The option brings all eight back."""
    assert drawn(plan(Choice(classes=8, nested=True))) == set(RICH)


def test_a_refusal_tells_the_two_numbers_apart() -> None:
    """How many qualify, how many of these may stand together, and what would fit."""
    with pytest.raises(UsageError) as caught:
        plan(Choice(classes=6))
    assert "of the 8 that have the URLs for 10 images only 5 lie neither above nor below" in str(caught.value)
    assert str(caught.value).endswith("What would fit: --classes 5 or --nested.")


def test_a_lower_quota_is_offered_where_it_would_fit() -> None:
    """Taken at its word it gives a plan: below 20 images the pug and the husky come in."""
    urls = RICH | {"pug": (20, 20), "husky": (20, 20), "dog": (30, 30)}
    with pytest.raises(UsageError, match=r"What would fit: --classes 4 or --nested or --images 20\.$"):
        plan(Choice(classes=5), urls, images=25)
    assert len(plan(Choice(classes=5), urls, images=20).classes) == 5


def test_a_pooled_class_is_drawn_with_what_it_pools() -> None:
    """With --merge the breeds that are too poor alone make a class of dogs."""
    poor = RICH | {"pug": (8, 8), "husky": (8, 8), "dog": (1, 1)}
    made = plan(Choice(classes=4, merge=True), poor)
    assert drawn(made) == {"dog", "tabby", "car", "bus"}
    assert next(one.candidates for one in made.classes if one.label == "dog") == 17
