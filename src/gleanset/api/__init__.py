"""The front hall: every command as a function. The only room that wires wings together.

Functions take the options of the command line as keywords, return frozen values and print nothing.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..catalog.tree import TreeLine
from ..errors import UsageError
from ..fetch.guard import address_allowed
from ..inspection.inspector import inspect_image
from ..recipe import Recipe
from ..store.journal import JournalReader
from ..store.pool import Pool
from ..store.workdir import Workdir
from ..terms.plan import Plan, Survey
from ..terms.tally import Tally
from . import saved
from .learned import LearnedLine, learned_lines
from .probed import SAMPLE, Probe, ProbeLine
from .results import ClassLine, ClassResult, ListForecast, Progress, Report, Sources, StopSignal, silent
from .standing import Standing

__all__ = [
    "SAMPLE",
    "ClassLine",
    "ClassResult",
    "LearnedLine",
    "ListForecast",
    "Plan",
    "Probe",
    "ProbeLine",
    "Report",
    "Sources",
    "StopSignal",
    "Survey",
    "Tally",
    "TreeLine",
    "address_allowed",
    "build",
    "class_tree",
    "classes",
    "demo",
    "inspect_image",
    "list_forecast",
    "pack",
    "placeholders",
    "plan",
    "probe",
    "probe_charts",
    "probe_page",
    "report",
    "review",
    "sources",
    "status",
    "survey",
    "survey_charts",
    "survey_page",
]


Lists = str | Path | Sequence[str | Path]
"""One list or several: paths, or - for standard input."""


def _recipe(lists: Lists, options: dict[str, Any]) -> Recipe:
    several = (lists,) if isinstance(lists, str | Path) else lists
    named = tuple(str(one) for one in several)
    return Recipe.of(**options, **({"lists": named} if named else {}))


def build(
    lists: Lists = (),
    out: str | Path | None = None,
    *,
    progress: Progress | None = None,
    stop: StopSignal | None = None,
    **options: Any,
) -> Report:
    """The whole job: survey, plan, collect, pack, report. The same call again goes on where it stopped.

    Args:
        lists: paths of lists; may be left out to go on with the build in ``out``.
        out: the dataset's folder.
        progress: hears where the build stands, several times a second, in this thread.
        stop: asks the build to drain, commit and return with the status ``interrupted``.
        options: those of ``gleanset build``, with underscores (``class_`` for ``--class``).

    Raises:
        UsageError: an option or a list is refused; nothing was written.
        GleansetError: the build cannot go on; its state is kept.
    """
    from .building import build_into

    if out is None:
        raise UsageError("out is missing. Name the folder in which the dataset shall be.")
    return build_into(_recipe(lists, options), Path(out), progress or silent, stop or StopSignal())


def survey(lists: Lists, **options: Any) -> Survey:
    """What is in the lists: classes, URLs, hosts, share of Flickr, odd lines."""
    from .lists import look

    return look(_recipe(lists, options), for_plan=False).survey


def survey_page(
    found: Survey, page: str | Path, *, title: str = "A list", forecast: ListForecast | None = None
) -> Path:
    """Write a survey with its charts (G1 to G3 of the 2019 analysis) as one HTML file; its path.

    ``forecast``: what ``list_forecast`` says, for the curve of how many classes can have so many images.
    """
    from ..report.page import render_survey
    from ..store.durable import write_atomically
    from .looking import reach_of

    reach = None if forecast is None else reach_of(forecast)
    write_atomically(Path(page), render_survey(found, title, reach))
    return Path(page)


def survey_charts(found: Survey, width: int = 80) -> str:
    """The same charts as text, at most ``width`` columns wide."""
    from ..report.tables import survey_charts as charts

    return charts(found, width)


def classes(lists: Lists, **options: Any) -> tuple[ClassLine, ...]:
    """The class table of the lists, or of what the options choose of them."""
    return list_forecast(lists, **options).classes


def list_forecast(lists: Lists, **options: Any) -> ListForecast:
    """What the classes of the lists are forecast to bring, and on whose rates; for ``survey_page``."""
    from .looking import list_forecast as forecast

    return forecast(_recipe(lists, options))


def class_tree(lines: Sequence[ClassLine], *, hierarchy: str | Path | None = None) -> tuple[TreeLine, ...]:
    """The tree over classes that ``classes`` gave, from the roots down, each node with its sums.

    ``hierarchy``: the file that says who lies below whom; None: WordNet, where the ids are its own.
    """
    from .looking import class_tree as tree

    return tree(lines, _recipe((), {"hierarchy": str(hierarchy)} if hierarchy else {}))


def plan(lists: Lists, *, rehearse: bool = False, **options: Any) -> Plan:
    """What ``build`` would do with the same arguments. No image is fetched.

    ``rehearse``: play the whole build on virtual time as well; see ``Plan.rehearsals``.
    """
    from .planning import plan_lists, rehearsed

    recipe = _recipe(lists, options)
    return rehearsed(recipe) if rehearse else plan_lists(recipe)


def probe(
    lists: Lists,
    *,
    sample: int = SAMPLE,
    progress: Progress | None = None,
    stop: StopSignal | None = None,
    **options: Any,
) -> Probe:
    """Ask a sample of the lists' URLs, measure success and time by host, and keep what was learned of hosts.

    Args:
        lists: paths of lists.
        sample: how many URLs, spread evenly over the chosen classes and, inside each, over hosts.
        progress: hears where it stands, several times a second, in this thread.
        stop: asks for an orderly end; what was learned until then is kept.
        options: those of ``gleanset probe``, with underscores.

    Raises:
        UsageError: an option or a list is refused; nothing was written.
    """
    from .probing import probe_lists

    return probe_lists(_recipe(lists, options), sample, progress or silent, stop or StopSignal())


def probe_page(found: Probe, page: str | Path, *, title: str = "A list") -> Path:
    """Write what a probe measured with its charts (G4 to G7 of the 2019 analysis) as one page; its path."""
    from ..report.page import render_probe
    from ..store.durable import write_atomically
    from .probed import probe_data

    write_atomically(Path(page), render_probe(probe_data(found), title))
    return Path(page)


def probe_charts(found: Probe, width: int = 80) -> str:
    """The same charts as text, at most ``width`` columns wide."""
    from ..report.crawl_tables import crawl_charts

    return crawl_charts(found.crawl, width)


def pack(out: str | Path, *, to: str | Path | None = None, **options: Any) -> Report:
    """Write what was collected in another format or split, without a request. Works while a build runs.

    ``to``: another folder; None packs the build's own dataset anew.
    """
    from .looking import pack_again

    return pack_again(Path(out), None if to is None else Path(to), options)


def report(out: str | Path) -> Path:
    """Write the HTML report of a build anew; the path of the page."""
    from .looking import report_again

    return report_again(Path(out))


def status(out: str | Path) -> Report:
    """Where a build stands, read from its journal; another process may be at work there."""
    workdir = Workdir.at(Path(out))
    known = saved.read_planned(workdir)
    with JournalReader(workdir.journal) as journal:
        standing = Standing(known.plan, Pool.open(workdir.pool), journal)
    if standing.finished is None:
        return standing.report("running", str(workdir.root))
    return standing.report("short" if standing.short else "complete", str(workdir.root))


def sources() -> Sources:
    """The lists that have a name, what the cache has of them, and the formats that are read."""
    from ..sources.overview import formats, named_lists
    from .lists import home

    return Sources(named_lists(home()), formats())


def review(
    out: str | Path,
    *,
    decisions: str | Path | None = None,
    port: int = 0,
    refill: bool = False,
    announce: Callable[[str], None] | None = None,
    progress: Progress | None = None,
    stop: StopSignal | None = None,
    **options: Any,
) -> Report:
    """Look through a build's images and put in force what was decided: on a local page, or from a file.

    Args:
        out: the dataset's folder, where nobody else is at work.
        decisions: a file of lines ``action,what[,label]``; None serves the page until its reader is done.
        port: of the page, on 127.0.0.1; 0 takes one that is free.
        refill: let the build go on until the gaps are filled; ``options`` are those of ``gleanset build``.
        announce: hears the page's address.
        progress: hears how packing, and the build, go on.
        stop: ends the page; what was decided is kept for the next one.

    Raises:
        UsageError: there is no build, or a decision names what is not there; nothing was changed.
        LockedError: another process is at work on the build.
    """
    from .reviewing import apply_file, serve_page

    say, halt, folder = progress or silent, stop or StopSignal(), Path(out)
    if decisions is not None:
        found = apply_file(folder, decisions, say, halt)
    else:
        found = serve_page(folder, port, refills=refill, announce=announce or silent, say=say, stop=halt)
    again = refill and found.status == "short"
    return build((), folder, progress=progress, stop=halt, **options) if again else found


def placeholders(out: str | Path) -> tuple[LearnedLine, ...]:
    """The placeholders that a build learned, those that cost most first. Works while it runs."""
    from .reviewing import there

    workdir = there(Path(out))
    known = saved.read_planned(workdir)
    with JournalReader(workdir.journal) as journal:
        standing = Standing(known.plan, Pool.open(workdir.pool), journal)
    return learned_lines(standing.placeholders, [planned.label for planned in standing.planned])


def demo(
    out: str | Path = "demo", *, progress: Progress | None = None, stop: StopSignal | None = None
) -> Report:
    """Build a small dataset from a simulated rotten web on loopback."""
    from .demonstration import build_demo

    return build_demo(Path(out), progress or silent, stop or StopSignal())
