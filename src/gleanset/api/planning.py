"""The dry run of a build."""

from ..recipe import Recipe
from ..terms.plan import Plan
from .knowing import believed
from .lists import census_of, choose, groups_of, look, plan_of


def plan_lists(recipe: Recipe) -> Plan:
    """What ``build`` would do with this recipe. No image is fetched."""
    surveyed = look(recipe)
    selection = choose(recipe, census_of(recipe, surveyed))
    return plan_of(recipe, groups_of(recipe, surveyed), selection, believed(recipe))
