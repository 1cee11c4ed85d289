"""From lists to a plan: read, survey, choose, forecast."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from ..catalog.graph import Graph
from ..catalog.select import Choice, Selection, select
from ..errors import UsageError
from ..plan.beliefs import Beliefs
from ..plan.forecast import Pace
from ..plan.planner import make_plan
from ..recipe import Recipe
from ..sources.base import Columns, Source
from ..sources.class_table import read_class_table
from ..sources.registry import open_sources
from ..sources.wordnet import load_wordnet
from ..store.excluded import Excluded
from ..store.groups import count_groups
from ..store.rows import LabelledRows
from ..store.survey import survey_lists
from ..terms.plan import Census, GroupCensus, Plan, PlannedClass, Quota, Survey
from .excluding import read_exclusions
from .reaching import is_api, open_api, places_of
from .renaming import OfHosts, Watched, Without
from .results import StopSignal

_WNID = re.compile(r"n\d{8}")


@dataclass(frozen=True, slots=True)
class Surveyed:
    """Lists that were opened and counted."""

    sources: tuple[LabelledRows, ...]
    survey: Survey
    excluded: Excluded = field(default_factory=Excluded)

    @property
    def wanted(self) -> tuple[LabelledRows, ...]:
        """The lists without the URLs that are excluded."""
        return without(self.sources, self.excluded)

    @property
    def digests(self) -> tuple[tuple[str, str], ...]:
        return tuple((source.name, source.digest()) for source in self.sources)


def without(sources: Sequence[LabelledRows], excluded: Excluded) -> tuple[LabelledRows, ...]:
    """Lists without the URLs that are excluded; the lists themselves where no URL is."""
    urls = excluded.urls
    if not len(urls):
        return tuple(sources)
    return tuple(Without(source, urls, excluded.digest) for source in sources)


def home() -> Path:
    """Where censuses and digests are kept: GLEANSET_HOME, else the user's cache folder."""
    named = os.environ.get("GLEANSET_HOME")
    if named:
        return Path(named)
    cache_home = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache_home) if cache_home else Path.home() / ".cache") / "gleanset"


def open_lists(recipe: Recipe, check: Callable[[], None] = lambda: None) -> tuple[Source, ...]:
    """The recipe's lists, fetched if they lie elsewhere, and opened.

    ``check`` is called while something is fetched, and may raise. Raises ListError where one cannot be read.
    """
    columns = Columns(
        url=recipe.url_col,
        label=recipe.label_col,
        licence=recipe.licence_col,
        author=recipe.author_col,
        split=recipe.split_col,
        caption=recipe.caption_col,
    )
    places = places_of(recipe, home(), check)
    here = [word for word in recipe.lists if not is_api(word, recipe)]
    asked = [open_api(word, recipe, home(), check) for word in recipe.lists if is_api(word, recipe)]
    if not here:
        return tuple(asked)
    opened = open_sources(here, columns, recipe.source, home() / "digests", recipe.labels, places)
    return (*opened, *asked)


def look(recipe: Recipe, stop: StopSignal | None = None, excluded: Excluded | None = None) -> Surveyed:
    """Open and count the lists; the second time the counts come from the cache.

    ``excluded``: what the build keeps; None: what the recipe names is read.

    Raises:
        UsageError: a list, or something that is to be excluded, cannot be read.
        StoppedError: ``stop`` asked for an end, now or when the lists are read once more.
    """
    check = (stop or StopSignal()).check
    if excluded is None:
        excluded = read_exclusions(recipe.exclude)
    sources = tuple(Watched(source, check) for source in open_lists(recipe, check))
    survey = survey_lists(sources, home() / "surveys")
    check()
    return Surveyed(sources, survey, excluded)


def census_of(recipe: Recipe, surveyed: Surveyed) -> Census:
    """The classes and URLs that ``--hosts``, ``--exclude-hosts`` and ``--exclude`` leave.

    Without them, and for Flickr alone, the survey has the numbers; anything else costs a pass.
    """
    census = surveyed.survey.per_class
    if len(surveyed.excluded.urls):
        return survey_lists(_of_hosts(recipe, surveyed), None).per_class
    match recipe.hosts, recipe.exclude_hosts:
        case (), ():
            return census
        case ("flickr",), ():
            return replace(census, urls=census.flickr_urls)
        case (), ("flickr",):
            other = tuple(a - b for a, b in zip(census.urls, census.flickr_urls, strict=True))
            return Census(census.labels, other, (0,) * len(other))
    return survey_lists(_of_hosts(recipe, surveyed), None).per_class


def groups_of(recipe: Recipe, surveyed: Surveyed) -> GroupCensus:
    """The same by politeness group. It costs a pass, the second time only where hosts or URLs are chosen."""
    if not recipe.hosts and not recipe.exclude_hosts and not len(surveyed.excluded.urls):
        return count_groups(surveyed.sources, home() / "surveys")
    return count_groups(_of_hosts(recipe, surveyed), None)


def _of_hosts(recipe: Recipe, surveyed: Surveyed) -> list[LabelledRows]:
    if not recipe.hosts and not recipe.exclude_hosts:
        return list(surveyed.wanted)
    return [OfHosts(source, recipe.hosts, recipe.exclude_hosts) for source in surveyed.wanted]


@cache
def wordnet() -> Graph:
    """WordNet's nouns, read at their first use."""
    return Graph(load_wordnet())


def choose(recipe: Recipe, census: Census) -> Selection:
    """Which classes of the census are meant."""
    table = read_class_table(Path(recipe.class_table)) if recipe.class_table else ()
    choice = Choice(
        classes=recipe.classes,
        class_=recipe.class_,
        under=recipe.under,
        not_under=recipe.not_under,
        leaves=recipe.leaves,
        table=tuple(table),
    )
    return select(census.labels, census.urls, _graph_for(census.labels, recipe), choice)


def _graph_for(labels: Sequence[str], recipe: Recipe) -> Graph:
    """WordNet, unless it could say nothing: no label is a synset, and no subtree is asked for."""
    asked = recipe.under or recipe.not_under or recipe.leaves
    return wordnet() if asked or any(map(_WNID.fullmatch, labels)) else Graph(())


def plan_of(
    recipe: Recipe, census: GroupCensus, selection: Selection, beliefs: Beliefs | None = None
) -> Plan:
    """What the recipe makes of the chosen classes. A draw that the recipe records is not drawn again."""
    if recipe.drawn:
        return _drawn_before(recipe, census, selection, beliefs)
    return _plan(recipe, census, selection, recipe.classes, beliefs)


def _plan(
    recipe: Recipe, census: GroupCensus, selection: Selection, draw: int | None, beliefs: Beliefs | None
) -> Plan:
    return make_plan(
        census,
        selection,
        draw=draw,
        quota=recipe.images or Quota(),
        total=recipe.total,
        seed=recipe.seed,
        beliefs=beliefs,
        pace=pace_of(recipe),
        size_px=recipe.size,
    )


def pace_of(recipe: Recipe) -> Pace:
    """How many requests the recipe permits at once."""
    usual = Pace(per_host=recipe.per_host)
    return usual if recipe.concurrency is None else replace(usual, concurrency=recipe.concurrency)


def _drawn_before(recipe: Recipe, census: GroupCensus, selection: Selection, beliefs: Beliefs | None) -> Plan:
    """The classes and reserves that the recipe names, in their order.

    Raises:
        UsageError: the list does not have one of the classes (any more).
    """
    missing = [label for label in recipe.drawn if label not in selection.labels]
    if missing:
        raise UsageError(
            f"recipe: drawn.classes names {missing[0]!r}, which is no class of the list. "
            "Use the list that the recipe was made for, or leave [drawn] out to draw anew."
        )
    plan = _plan(recipe, census, _only(selection, recipe.drawn), None, beliefs)
    reserves = tuple(label for label in recipe.reserves if label in selection.labels)
    if not reserves:
        return plan
    return replace(plan, reserves=_standing_by(recipe, census, _only(selection, reserves), beliefs))


def _standing_by(
    recipe: Recipe, census: GroupCensus, chosen: Selection, beliefs: Beliefs | None
) -> tuple[PlannedClass, ...]:
    """Recorded reserves, each with its even share where there is a total, as when they were drawn."""
    alone = recipe.model_copy(update={"total": None})
    reserves = _plan(alone, census, chosen, None, beliefs).classes
    if recipe.total is None:
        return reserves
    share = -(-recipe.total // len(recipe.drawn))
    shares = {one.label: _share(one, share) for one in reserves}
    return _plan(alone, census, replace(chosen, quotas=shares), None, beliefs).classes


def _share(one: PlannedClass, share: int) -> Quota:
    """Exactly ``share`` images, as far as the class has URLs and its own quota allows."""
    most = one.candidates if one.quota.at_most is None else min(one.candidates, one.quota.at_most)
    wanted = max(one.quota.at_least, min(share, most))
    return Quota(wanted, wanted)


def _only(selection: Selection, labels: Sequence[str]) -> Selection:
    return replace(
        selection, labels=tuple(labels), explicit=selection.explicit.intersection(labels), notes=()
    )


def names_and_parents(
    labels: Sequence[str],
) -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    """All names and the hypernyms of those labels that are WordNet's."""
    if not any(map(_WNID.fullmatch, labels)):
        return {}, {}
    graph = wordnet()
    known = {label: synset for label in labels if (synset := graph.get(label)) is not None}
    return (
        {label: synset.names for label, synset in known.items()},
        {label: synset.parents for label, synset in known.items()},
    )
