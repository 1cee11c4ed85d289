"""A draw that a recipe records is taken again as it was, reserves included."""

from array import array

from gleanset.api.lists import plan_of
from gleanset.catalog.select import Selection
from gleanset.recipe import Recipe
from gleanset.terms.plan import GroupCensus, Quota

LABELS = tuple(f"class{n}" for n in range(8))
URLS = (400, 60, 300, 500, 350, 420, 380, 90)
CENSUS = GroupCensus(
    LABELS,
    ("flickr.com", "other.example"),
    array("q", range(0, 17, 2)),
    array("i", [0, 1] * 8),
    array("i", [n // 2 for n in URLS for _ in range(2)]),
)
"""Half of each class on Flickr."""


def a_selection() -> Selection:
    """Every class, none by name."""
    return Selection(LABELS, frozenset(), {label: label for label in LABELS})


def test_the_reserves_of_a_recorded_total_have_the_share_that_they_had() -> None:
    """Without one a class that steps in would take every image of the total that is still open."""
    drawing = Recipe.of(classes=3, total=100, seed=4)
    drawn = plan_of(drawing, CENSUS, a_selection())
    recorded = drawing.model_copy(
        update={
            "drawn": tuple(one.label for one in drawn.classes),
            "reserves": tuple(one.label for one in drawn.reserves),
        }
    )
    again = plan_of(recorded, CENSUS, a_selection())
    assert again.classes == drawn.classes
    assert again.reserves == drawn.reserves
    assert {one.quota for one in again.reserves} == {Quota(34, 34)}


def test_a_recorded_reserve_is_never_asked_for_more_than_it_has() -> None:
    drawing = Recipe.of(classes=2, total=150, seed=4)
    recorded = drawing.model_copy(update={"drawn": ("class0", "class2"), "reserves": ("class1", "class3")})
    again = plan_of(recorded, CENSUS, a_selection())
    assert [one.quota for one in again.reserves] == [Quota(60, 60), Quota(75, 75)]
