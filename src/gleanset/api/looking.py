"""The commands that read a list or a finished build: class table, pack, report."""

from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..pack.packer import pack
from ..plan.forecast import DEFAULT, Supply, expected_images
from ..recipe import Recipe, read_recipe
from ..store.journal import Journal, JournalReader
from ..store.pool import Pool
from ..store.workdir import Workdir
from . import saved
from .building import write_recipe
from .finishing import finish, pack_job, result_of, write_report
from .lists import census_of, choose, look
from .results import ClassLine, Report, Status, StopSignal, silent
from .standing import Standing


def class_lines(recipe: Recipe) -> tuple[ClassLine, ...]:
    """Every chosen class with its numbers."""
    census = census_of(recipe, look(recipe))
    selection = choose(recipe, census)
    numbers = {
        label: (urls, flickr)
        for label, urls, flickr in zip(census.labels, census.urls, census.flickr_urls, strict=True)
    }

    def line(label: str) -> ClassLine:
        members = [numbers.get(member, (0, 0)) for member in selection.members_of(label)]
        urls, flickr = sum(urls for urls, _ in members), sum(flickr for _, flickr in members)
        forecast = expected_images(Supply(flickr, urls - flickr), DEFAULT)
        return ClassLine(label, selection.names[label], urls, flickr, forecast)

    return tuple(line(label) for label in selection.labels)


def _known(out: Path) -> tuple[Workdir, saved.Saved, Recipe]:
    workdir = Workdir.at(out)
    return workdir, saved.read_planned(workdir), read_recipe(workdir.state / "recipe.toml")


def pack_again(out: Path, to: Path | None, options: dict[str, Any]) -> Report:
    """Pack a build in another form; into its own folder only while nobody else is at work there."""
    workdir, known, recipe = _known(out)
    recipe = Recipe.of(**options).over(recipe)
    if to is None:
        with Workdir.open(out) as held:
            return _pack_in_place(held, known, recipe)
    if to.exists() and any(to.iterdir()) and not (to / "manifest.parquet").exists():
        raise UsageError(f"{to} holds something that is no pack of ours. Choose a new or an empty folder.")
    to.mkdir(parents=True, exist_ok=True)
    return _pack(workdir, known, recipe, to)


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
