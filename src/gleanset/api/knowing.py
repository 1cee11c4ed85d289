"""What the hall believes of sites before it asks them."""

import time

from ..plan.beliefs import Beliefs
from ..recipe import Recipe
from ..terms.plan import GroupCensus
from .learning import known_hosts


def believed(recipe: Recipe, census: GroupCensus) -> Beliefs:
    """Beliefs about a list's sites as of now, from what was learned under the recipe's ``--resolve`` rules.

    Knowledge that cannot be read is no reason to stop: then the rates of 2019 are believed, which the plan
    says.
    """
    records = known_hosts(recipe, None).hosts
    return Beliefs.of(tuple(records.values()), now_s=time.time(), among=census.groups)
