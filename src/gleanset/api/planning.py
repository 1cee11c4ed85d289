"""The dry run of a build."""

from dataclasses import replace

from ..catalog.select import Selection
from ..plan.beliefs import Beliefs
from ..plan.forecast import Forecast
from ..plan.rehearsal import Manners, rehearse
from ..recipe import Recipe
from ..terms.plan import GroupCensus, Plan
from .building import check_judgement, collect_settings
from .knowing import believed
from .lists import census_of, choose, groups_of, licence_note, look, plan_of
from .local_first import check_local


def plan_lists(recipe: Recipe) -> Plan:
    """What ``build`` would do with this recipe. No image is fetched."""
    return _planned(recipe)[0]


def rehearsed(recipe: Recipe) -> Plan:
    """The same, and how the whole build goes on virtual time."""
    plan, groups, selection, beliefs = _planned(recipe)
    planned = (*plan.classes, *plan.reserves)
    selection = selection.settled([one.label for one in planned])
    forecast = Forecast(groups, [selection.members_of(one.label) for one in planned], beliefs)
    return rehearse(plan, forecast, range(len(planned)), beliefs, _manners(recipe))


def _planned(recipe: Recipe) -> tuple[Plan, GroupCensus, Selection, Beliefs]:
    check_local(recipe.local)
    check_judgement(recipe)
    surveyed = look(recipe)
    selection = choose(recipe, census_of(recipe, surveyed), surveyed.sources)
    groups = groups_of(recipe, surveyed)
    beliefs = believed(recipe, groups)
    plan = plan_of(recipe, groups, selection, beliefs)
    settled = selection.settled([one.label for one in plan.classes])
    said = licence_note(surveyed.survey, settled.class_of)
    return replace(plan, notes=(*plan.notes, *said)), groups, selection, beliefs


def _manners(recipe: Recipe) -> Manners:
    settings = collect_settings(recipe)
    usual = Manners()
    return Manners(
        replace(
            usual.pace,
            concurrency=settings.concurrency or usual.pace.concurrency,
            per_host=settings.per_host,
        ),
        settings.fetch,
        settings.patience.parked_s,
        settings.patience.limit_s,
    )
