"""What the hall believes of sites before it asks them."""

import time

from ..errors import StorageError
from ..plan.beliefs import Beliefs
from ..recipe import Recipe
from ..store.knowledge import Knowledge, scope_of
from ..terms.plan import GroupCensus
from .lists import home


def believed(recipe: Recipe, census: GroupCensus) -> Beliefs:
    """Beliefs about a list's sites as of now, from what was learned under the recipe's ``--resolve`` rules.

    Knowledge that cannot be read is no reason to stop: then the rates of 2019 are believed, which the plan
    says.
    """
    now_s = time.time()
    try:
        with Knowledge.open(home()) as knowledge:
            records = knowledge.records(scope_of(recipe.resolve), None, now_s)
    except StorageError:
        records = {}
    return Beliefs.of(tuple(records.values()), now_s=now_s, among=census.groups)
