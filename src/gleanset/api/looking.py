"""The commands that read a list or a finished build: class table, pack, report."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..catalog.tree import TreeLine, tree_of
from ..errors import UsageError, storage_errors
from ..pack.packer import pack
from ..pack.staging import is_moving
from ..plan.forecast import Forecast
from ..recipe import Recipe
from ..report.data import Reach
from ..store.journal import Journal, JournalReader
from ..store.pool import Pool
from ..store.workdir import STATE_NAME, Workdir, held
from . import saved
from .finishing import PACKING, finish, pack_job, result_of, write_report
from .going_on import write_recipe
from .knowing import believed
from .lists import census_of, choose, graph_for, groups_of, look, names_and_parents
from .presence import stored_recipe
from .results import ClassLine, ListForecast, Report, Status, StopSignal, silent
from .standing import Standing


def list_forecast(recipe: Recipe) -> ListForecast:
    """Every chosen class with its numbers, and where the rates come from."""
    surveyed = look(recipe)
    census = census_of(recipe, surveyed)
    selection = choose(recipe, census, surveyed.sources)
    members = [selection.members_of(label) for label in selection.labels]
    groups = groups_of(recipe, surveyed)
    beliefs = believed(recipe, groups)
    forecast = Forecast(groups, members, beliefs)
    surely = forecast.surely()
    numbers = {
        label: (urls, flickr)
        for label, urls, flickr in zip(census.labels, census.urls, census.flickr_urls, strict=True)
    }

    named = names_and_parents(selection.labels, recipe, surveyed.sources)[0]

    def line(number: int, label: str) -> ClassLine:
        taken = [numbers.get(member, (0, 0)) for member in members[number]]
        urls, flickr = sum(urls for urls, _ in taken), sum(flickr for _, flickr in taken)
        names = named.get(label, ())
        images = forecast.images[number]
        return ClassLine(label, selection.names[label], urls, flickr, images, names, surely[number])

    lines = tuple(line(number, label) for number, label in enumerate(selection.labels))
    return ListForecast(lines, beliefs.source)


def reach_of(forecast: ListForecast) -> Reach:
    """The same by column, for the page."""
    lines = forecast.classes
    return Reach(
        urls=tuple(one.urls for one in lines),
        forecast=tuple(one.forecast for one in lines),
        surely=tuple(one.surely for one in lines),
        rates_from=forecast.rates_from,
    )


def class_tree(lines: Sequence[ClassLine], recipe: Recipe) -> tuple[TreeLine, ...]:
    """The tree over these classes: numbers are URLs, Flickr URLs and the forecast."""
    graph = graph_for([one.id for one in lines], recipe)
    given = {one.id: one.name for one in lines}

    def name(id_: str) -> str:
        synset = graph.get(id_)
        return given.get(id_) or (synset.name if synset else id_)

    return tree_of(graph, {one.id: (one.urls, one.flickr_urls, one.forecast) for one in lines}, name)


def _known(out: Path) -> tuple[Workdir, saved.Saved, Recipe]:
    workdir = Workdir.at(out)
    return workdir, saved.read_planned(workdir), stored_recipe(workdir)


def pack_again(out: Path, to: Path | None, options: dict[str, Any]) -> Report:
    """Pack a build in another form; into its own folder only while nobody else is at work there."""
    workdir, known, recipe = _known(out)
    recipe = Recipe.of(**options).over(recipe)
    if to is None or to.resolve() == workdir.root:
        with Workdir.open(out) as own:
            return _pack_in_place(own, known, recipe)
    _refuse_target(to)
    with storage_errors("making the folder", to):
        to.mkdir(parents=True, exist_ok=True)
    with held(to):
        return _pack(workdir, known, recipe, to)


def _refuse_target(to: Path) -> None:
    """Only an absent or empty folder, an earlier pack, or what a kill left of one may be packed into."""
    if not to.is_dir():
        if os.path.lexists(to):
            raise UsageError(f"{to} is no folder. Choose a new or an empty one.")
        return
    names = {entry.name for entry in to.iterdir()}
    if STATE_NAME in names:
        raise UsageError(f"{to} holds a build of its own. Choose a new or an empty folder.")
    if names - {PACKING} and "manifest.parquet" not in names and not is_moving(to / PACKING):
        raise UsageError(f"{to} holds something that is no pack of ours. Choose a new or an empty folder.")


def _pack_in_place(workdir: Workdir, known: saved.Saved, recipe: Recipe) -> Report:
    """The build's own dataset in its new form, in which the next `build` leaves it."""
    with Journal(workdir.journal) as journal:
        write_recipe(workdir, recipe, known)
        pool = Pool.open(workdir.pool)
        standing = Standing(known.plan, pool, journal)
        return finish(workdir, recipe, known, pool, journal, standing, silent, StopSignal())


def _pack(workdir: Workdir, known: saved.Saved, recipe: Recipe, to: Path) -> Report:
    pool = Pool.open(workdir.pool)
    with JournalReader(workdir.journal).hold() as journal:
        standing = Standing(known.plan, pool, journal)
        result = pack(pack_job(workdir, recipe, known, pool, standing, to))
        return result_of(standing, result, to)


def report_again(out: Path) -> Path:
    """Draw the report of a build as it stands."""
    workdir, known, recipe = _known(out)
    pool = Pool.open(workdir.pool)
    with JournalReader(workdir.journal) as journal:
        standing = Standing(known.plan, pool, journal)
        status: Status = "short" if standing.short else "complete"
        if standing.finished is None:
            status = "running"
        return write_report(workdir, recipe, known, pool, standing, status, standing.finished or "")
