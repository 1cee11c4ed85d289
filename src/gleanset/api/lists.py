"""From lists to a plan: read, survey, choose, forecast."""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from ..catalog.graph import Graph, nearest
from ..catalog.select import Choice, Selection, select
from ..errors import ListError, UsageError
from ..plan.beliefs import Beliefs
from ..plan.forecast import Pace
from ..plan.planner import make_plan
from ..recipe import Recipe
from ..sources.base import Columns, Source
from ..sources.class_lists import CLASS_LISTS, class_list_name, read_class_list, unsafe_synsets
from ..sources.class_table import read_class_table
from ..sources.hierarchy import read_hierarchy
from ..sources.registry import open_sources
from ..sources.wordnet import load_wordnet
from ..store.excluded import Excluded
from ..store.groups import count_groups
from ..store.index import index_lists
from ..store.rows import LabelledRows
from ..store.survey import survey_lists
from ..terms.class_row import ClassRow
from ..terms.plan import Census, GroupCensus, Plan, PlannedClass, Quota, Survey
from .excluding import read_exclusions
from .reaching import is_api, open_api, places_of
from .renaming import InSplit, Keeping, OfHosts, OfLicences, Watched, Without
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


def open_lists(recipe: Recipe, check: Callable[[], None] = lambda: None) -> tuple[LabelledRows, ...]:
    """The recipe's lists, fetched if they lie elsewhere, and opened, each as is said of it.

    ``check`` is called while something is fetched, and may raise. Raises ListError where one cannot be read.
    """
    alone = [word for word in recipe.lists if recipe.describes(word)]
    together = tuple(word for word in recipe.lists if word not in alone)
    found: list[LabelledRows] = list(_open(recipe, together, check)) if together else []
    for word in alone:
        split = recipe.split_of(word)
        opened = _open(recipe.for_list(word), (word,), check)
        found += opened if split is None else [InSplit(source, split) for source in opened]
    return tuple(map(Keeping, found)) if recipe.keep_cols else tuple(found)


def _open(recipe: Recipe, words: Sequence[str], check: Callable[[], None]) -> tuple[Source, ...]:
    columns = Columns(
        url=recipe.url_col,
        label=recipe.label_col,
        licence=recipe.licence_col,
        author=recipe.author_col,
        split=recipe.split_col,
        caption=recipe.caption_col,
        keep=recipe.keep_cols,
    )
    places = places_of(recipe, home(), check)
    here = [word for word in words if not is_api(word, recipe)]
    asked = [open_api(word, recipe, home(), check) for word in words if is_api(word, recipe)]
    if not here:
        return tuple(asked)
    opened = open_sources(here, columns, recipe.source, home() / "digests", recipe.labels, places)
    return (*opened, *asked)


def look(
    recipe: Recipe,
    stop: StopSignal | None = None,
    excluded: Excluded | None = None,
    *,
    for_plan: bool = True,
) -> Surveyed:
    """Open and count the lists; the second time the counts come from the cache.

    ``excluded``: what the build keeps; None: what the recipe names is read. ``for_plan``: count by site as
    well, in the same pass, for ``groups_of`` is to follow.

    Raises:
        UsageError: a list, or something that is to be excluded, cannot be read.
        StoppedError: ``stop`` asked for an end, now or when the lists are read once more.
    """
    check = (stop or StopSignal()).check
    if excluded is None:
        excluded = read_exclusions(recipe.exclude)
    sources = tuple(Watched(source, check) for source in licensed(recipe, open_lists(recipe, check)))
    if for_plan and not (recipe.hosts or recipe.exclude_hosts or len(excluded.urls)):
        index_lists(sources, home() / "surveys")
    survey = survey_lists(sources, home() / "surveys")
    check()
    if recipe.licence and not survey.urls:
        raise ListError(
            f"--licence {','.join(recipe.licence)}: no row has such a licence. `gleanset survey` counts "
            "those that there are; --licence-col names the column, and `unknown` takes rows without any."
        )
    return Surveyed(sources, survey, excluded)


def licensed(recipe: Recipe, sources: Sequence[LabelledRows]) -> Sequence[LabelledRows]:
    """The lists, or the rows of them that ``--licence`` lets through."""
    return [OfLicences(source, recipe.licence) for source in sources] if recipe.licence else sources


def licence_note(survey: Survey, members: Iterable[str]) -> tuple[str, ...]:
    """The licences of the URLs of these labels, as a sentence; empty where the lists give none."""
    places = {label: place for place, label in enumerate(survey.per_class.labels)}
    chosen = [places[label] for label in members if label in places]
    counts = ((name, sum(by_class[place] for place in chosen)) for name, by_class in survey.licences)
    found = [f"{name} {n:,}" for name, n in counts if n]
    return (f"Licences of their URLs: {', '.join(found)}.",) if found else ()


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


def choose(recipe: Recipe, census: Census, sources: Sequence[LabelledRows] = ()) -> Selection:
    """Which classes of the census are meant. ``sources``: the lists, which may know their own classes."""
    table = class_table_of(recipe.class_table) if recipe.class_table else ()
    choice = Choice(
        classes=recipe.classes,
        class_=recipe.class_,
        under=recipe.under,
        not_under=recipe.not_under,
        leaves=recipe.leaves,
        table=tuple(table),
        merge=recipe.merge,
        nested=recipe.nested,
        keep_unsafe=recipe.keep_unsafe,
        offensive=unsafe_synsets(),
    )
    return select(census.labels, census.urls, graph_for(census.labels, recipe, sources), choice)


def class_table_of(word: str) -> tuple[ClassRow, ...]:
    """The table in this file, or the class list of this name where there is no such file."""
    name = None if Path(word).exists() else class_list_name(word)
    if name is not None:
        return read_class_list(name)
    if not Path(word).exists() and Path(word).suffix not in {".csv", ".tsv", ".txt"}:
        known = ", ".join(CLASS_LISTS)
        raise UsageError(
            f"--class-table {word}: there is no such file, and no class list of this name.{_near(word)} "
            f"Lists by name: {known}."
        )
    return read_class_table(Path(word))


def _near(word: str) -> str:
    found = nearest(word, CLASS_LISTS, 1)
    return f" Did you mean {found[0]}?" if found else ""


def graph_for(labels: Sequence[str], recipe: Recipe, sources: Sequence[LabelledRows] = ()) -> Graph:
    """The recipe's hierarchy, else what the lists say of their classes, else WordNet.

    Without synsets where WordNet could say nothing: no label is one of its own, and no subtree is asked for.
    """
    if recipe.hierarchy:
        return _hierarchy(recipe.hierarchy)
    if own := [synset for source in sources for synset in getattr(source, "synsets", ())]:
        return Graph(own, "the list")
    asked = recipe.under or recipe.not_under or recipe.leaves or recipe.merge
    return wordnet() if asked or any(map(_WNID.fullmatch, labels)) else Graph(())


@cache
def _hierarchy(path: str) -> Graph:
    return Graph(read_hierarchy(path), Path(path).name)


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
    labels: Sequence[str], recipe: Recipe, sources: Sequence[LabelledRows] = ()
) -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    """All names and the hypernyms of those labels that are WordNet's."""
    graph = graph_for(labels, recipe, sources)
    known = {label: synset for label in labels if (synset := graph.get(label)) is not None}
    return (
        {label: synset.names for label, synset in known.items()},
        {label: synset.parents for label, synset in known.items()},
    )
