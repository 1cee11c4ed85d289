"""One command a verb: parse, ask the library, show. No verb knows more than its line of the help."""

import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import click

from ..recipe import OPTIONS, Recipe, Talk, load
from ..recipe.forms import whole
from . import tree_view, views
from .options import EPILOG, Verb, given, recipe_options, talk_options
from .output import Unbroken, emit, emit_json, say
from .probe_view import probe_text
from .review_view import placeholders_json, placeholders_text
from .stopping import INTERRUPTED, Interrupts

DONE, FAILED, USAGE, SHORT = 0, 1, 2, 3
LAST_PORT = 65_535

CHOICE = ("class_", "class_table", "under", "not_under", "leaves", "merge", "hierarchy")
NETWORK = tuple(field for field, option in OPTIONS.items() if option.group == "network")
READING = ("source", "url_col", "label_col", "labels", "licence", "licence_col", *NETWORK)
FILTERING = ("hosts", "exclude_hosts", "exclude", *READING)
ASKING = tuple(
    field for field, option in OPTIONS.items() if option.group in {"how", "manners", "which images"}
)
PROBING = tuple(field for field in (*CHOICE, "seed", *FILTERING, *ASKING) if field != "work")
PACKING = ("format", "split", "shard_size", "class_dirs")

LISTS = click.Argument(["lists"], nargs=-1, metavar="LIST...")
DIR = click.Argument(["out"], metavar="DIR")


def _resolved(values: dict[str, Any]) -> tuple[Recipe, Talk]:
    """All layers of options for one command; libraries that are heavy are loaded after this."""
    return load(given(values), os.environ, values.get("config"), values.get("lists", ()))


def _said(recipe: Recipe, fields: Collection[str]) -> dict[str, Any]:
    """What was said of these options, as keywords for the library."""
    wanted = {*fields, "list_tables"} if "source" in fields else set(fields)
    return {name: value for name, value in recipe.said().items() if name in wanted}


def _lists(recipe: Recipe) -> tuple[str, ...]:
    """The lists that were named, by flag or file; none is refused."""
    if not recipe.lists:
        raise click.UsageError("no LIST. Name a list of labelled URLs: a file, or - for stdin.")
    return recipe.lists


def build(out: str | None, **values: Any) -> int:
    """Collect the images and pack the dataset; the same command again goes on where it stopped."""
    recipe, talk = _resolved(values)
    if out is None:
        raise click.UsageError("no -o. Say in which folder the dataset shall be: -o DIR.")
    from .. import api

    told = recipe.said()
    report, signalled = _watched(
        talk, lambda watch, stop: api.build(recipe.lists, out, progress=watch, stop=stop, **told)
    )
    return _ended(report, talk, signalled)


def sources(**values: Any) -> int:
    """Show the lists that have a name and the formats: where files come from, what is in the cache."""
    talk = _resolved(values)[1]
    from .. import api
    from .sources_view import sources_json, sources_text

    found = api.sources()
    if talk.json_:
        emit_json(sources_json(found))
    else:
        emit(sources_text(found))
    return DONE


def demo(out: str, **values: Any) -> int:
    """Build a whole dataset from a simulated rotten web on this machine: no network, no list."""
    talk = _resolved(values)[1]
    from .. import api

    report, signalled = _watched(talk, lambda watch, stop: api.demo(out, progress=watch, stop=stop))
    return _ended(report, talk, signalled)


def _watched(talk: Talk, work: Callable[..., Any]) -> tuple[Any, int | None]:
    """Run ``work(watch, stop)`` under the live view with signals in hand: (its result, 130, 143 or None)."""
    from .. import api
    from .progress import LiveView

    stop = api.StopSignal()
    with Unbroken(LiveView(quiet=talk.quiet)) as view, Interrupts(stop, view.draining) as signals:
        found = work(view, stop)
    return found, signals.exit_code


def _ended(report: Any, talk: Talk, signalled: int | None) -> int:
    """Show the report of a build; its exit code."""
    _shown(report, talk)
    return ended(report.status, signalled)


def ended(status: str, signalled: int | None) -> int:
    """The exit code of a build: 0 every quota met, 1 failed, 3 short, 130 or 143 interrupted."""
    match status:
        case "complete":
            return DONE
        case "short":
            return SHORT
        case "interrupted":
            return signalled or INTERRUPTED
    return FAILED


def survey(page: str | None, **values: Any) -> int:
    """Show what is in a list: classes, URLs, hosts, the share of Flickr, odd lines, and three charts."""
    recipe, talk = _resolved(values)
    lists = _lists(recipe)
    from .. import api

    found = api.survey(lists, **_said(recipe, READING))
    if page is not None:
        forecast = api.list_forecast(lists, **_said(recipe, READING)) if found.classes else None
        title = ", ".join(Path(name).name for name in lists)
        api.survey_page(found, page, title=title, forecast=forecast)
    if talk.json_:
        emit_json(views.survey_json(found))
        return DONE
    emit(views.survey_text(found))
    if not talk.quiet:
        emit("\n" + api.survey_charts(found))
    return DONE


def probe(sample: str | None, page: str | None, **values: Any) -> int:
    """Sample a list, measure success and time by host, draw four charts, and keep what was learned."""
    recipe, talk = _resolved(values)
    lists = _lists(recipe)
    from .. import api

    size = api.SAMPLE if sample is None else _sample_size(sample)
    if page is not None and not Path(page).absolute().parent.is_dir():
        raise click.UsageError(f"-o {page}. There is no such folder.")
    if page is not None and Path(page).is_dir():
        raise click.UsageError(f"-o {page}. That is a folder; name the file that the page shall be.")
    said = _said(recipe, PROBING)
    found, signalled = _watched(
        talk, lambda watch, stop: api.probe(lists, sample=size, progress=watch, stop=stop, **said)
    )
    if page is not None and found.groups:
        api.probe_page(found, page, title=", ".join(Path(name).name for name in lists))
    if talk.json_:
        emit_json(found.to_json())
    else:
        emit(probe_text(found))
        if not talk.quiet and (charts := api.probe_charts(found)):
            emit("\n" + charts)
    return ended(found.status, signalled)


def _sample_size(text: str) -> int:
    try:
        return whole(text)
    except ValueError as error:
        raise click.UsageError(f"--sample {text}. {error}") from None


def classes(search: str | None, as_csv: bool, tree: bool, **values: Any) -> int:
    """Show the class table: id, name, URLs, Flickr URLs and forecast; or the tree above the classes."""
    recipe, talk = _resolved(values)
    lists = _lists(recipe)
    from .. import api

    lines = api.classes(lists, **_said(recipe, (*CHOICE, *FILTERING)))
    if search is not None:
        lines = tuple(one for one in lines if views.is_found(one, search))
    if tree:
        branches = api.class_tree(lines, hierarchy=recipe.hierarchy)
        if talk.json_:
            emit_json(tree_view.tree_json(branches))
        else:
            emit(tree_view.tree_csv(branches) if as_csv else tree_view.tree_text(branches))
    elif talk.json_:
        emit_json(views.classes_json(lines))
    else:
        emit(views.classes_csv(lines) if as_csv else views.classes_text(lines))
    return DONE


def plan(rehearse: bool, **values: Any) -> int:
    """A dry run of build: classes, forecast, chance of falling short, time and disk."""
    recipe, talk = _resolved(values)
    lists = _lists(recipe)
    from .. import api

    made = api.plan(lists, rehearse=rehearse, **recipe.said())
    if talk.json_:
        emit_json(views.plan_json(made))
    else:
        emit(views.plan_text(made))
    return DONE


def pack(out: str, to: str | None, **values: Any) -> int:
    """Write what was collected in another format or split, without a request."""
    recipe, talk = _resolved(values)
    from .. import api

    return _shown(api.pack(out, to=to, **_said(recipe, PACKING)), talk)


def status(out: str, **values: Any) -> int:
    """Show where a build stands, from another terminal."""
    talk = _resolved(values)[1]
    from .. import api

    return _shown(api.status(out), talk)


def report(out: str, **values: Any) -> int:
    """Write the HTML report of a build anew and name its file."""
    talk = _resolved(values)[1]
    from .. import api

    page = Path(api.report(out))
    if talk.json_:
        emit_json({"report": str(page)})
    else:
        emit(str(page))
    return DONE


def review(
    out: str, decisions: str | None, listing: bool, port: str | None, refill: bool, **values: Any
) -> int:
    """Look through the images on a local page: reject by click or key, pardon what is no placeholder."""
    recipe, talk = _resolved(values)
    from .. import api

    if listing:
        lines = api.placeholders(out)
        if talk.json_:
            emit_json(placeholders_json(lines))
        else:
            emit(placeholders_text(lines))
        return DONE
    at = 0 if port is None else _port(port)
    said = recipe.said() if refill else {}
    report, signalled = _watched(
        talk,
        lambda watch, stop: api.review(
            out,
            decisions=decisions,
            port=at,
            refill=refill,
            announce=_announce,
            progress=watch,
            stop=stop,
            **said,
        ),
    )
    return _ended(report, talk, signalled)


def _announce(url: str) -> None:
    say(f"Open {url} in a browser. Ctrl-C ends this page; what was decided is kept.")


def _port(text: str) -> int:
    try:
        number = whole(text)
    except ValueError as error:
        raise click.UsageError(f"--port {text}. {error}") from None
    if number > LAST_PORT:
        raise click.UsageError(f"--port {text}. Ports end at {LAST_PORT}.")
    return number


def _shown(report: Any, talk: Talk) -> int:
    if talk.json_:
        emit_json(report.to_json())
    else:
        emit(views.report_text(report))
    return DONE


def _out(required: str = "", **more: Any) -> click.Option:
    return click.Option(["-o", "--out", more.pop("dest", "out")], metavar="DIR", help=required, **more)


def verbs() -> list[click.Command]:
    """Every command, in the order of the help."""
    search = click.Option(
        ["--search"], metavar="TEXT", help="only classes of which an id or name holds these words"
    )
    as_csv = click.Option(["--csv", "as_csv"], is_flag=True, help="print the table as CSV")
    tree = click.Option(["--tree"], is_flag=True, help="show the tree above the classes, with sums")
    rehearse = click.Option(
        ["--rehearse"],
        is_flag=True,
        help="play the whole build on virtual time, before sites that do what is believed of them",
    )
    page = click.Option(
        ["-o", "--out", "page"], metavar="FILE.html", help="write figures and charts as a page"
    )
    sample = click.Option(
        ["--sample"], metavar="N", help="URLs to ask, spread evenly over classes and hosts [25,000]"
    )
    packed = _out(
        "folder for the other form [the build's own, where it takes the dataset's place]", dest="to"
    )
    return [
        _verb(build, [LISTS, _out("the dataset's folder"), *recipe_options()]),
        _verb(survey, [LISTS, page, *recipe_options(READING)]),
        _verb(classes, [LISTS, search, tree, as_csv, *recipe_options((*CHOICE, *FILTERING))]),
        _verb(probe, [LISTS, sample, page, *recipe_options(PROBING)]),
        _verb(plan, [LISTS, rehearse, *recipe_options()]),
        _verb(pack, [DIR, packed, *recipe_options(PACKING)]),
        _verb(report, [DIR, *talk_options()]),
        _verb(status, [DIR, *talk_options()]),
        _verb(review, [DIR, *_reviewing(), *talk_options()]),
        _verb(sources, [*talk_options()]),
        _verb(demo, [_out("the dataset's folder", default="demo", show_default=True), *talk_options()]),
    ]


def _reviewing() -> list[click.Parameter]:
    said = "put the decisions of this file in force instead (action,what[,label]; - for stdin)"
    return [
        click.Option(["--from", "decisions"], metavar="FILE", help=said),
        click.Option(["--list", "listing"], is_flag=True, help="print the placeholders that were learned"),
        click.Option(["--port"], metavar="N", help="port of the page on 127.0.0.1 [one that is free]"),
        click.Option(["--refill"], is_flag=True, help="let the build go on afterwards until gaps are filled"),
    ]


def _verb(run: Callable[..., int], params: list[click.Parameter]) -> click.Command:
    says = run.__doc__ or ""
    return Verb(run.__name__, callback=run, params=params, help=says, short_help=says, epilog=EPILOG)
