"""The report of a build: its standing, its thumbnails, on one page."""

from collections import Counter
from collections.abc import Iterator, Sequence

from .. import __version__
from ..catalog.tree import tree_of
from ..clock import SystemClock
from ..errors import StorageError, UsageError
from ..figures import count
from ..recipe import Recipe
from ..report.data import (
    ClassRow,
    ContactSheet,
    GroupRow,
    HostRow,
    ReportData,
    Thumbnail,
    TreeRow,
    WaitingHost,
)
from ..report.page import moment
from ..review.redraw import UndrawableError, redrawn
from ..store.blobs import BlobReader
from ..store.journal_rows import JournalRow
from ..store.pool import Pool
from ..store.workdir import Workdir
from ..terms.verdict import Verdict
from .learned import learned_rows
from .lists import graph_for
from .results import Status
from .saved import Saved
from .standing import Standing, replacements, wishes

THUMBNAIL_PX = 112
HOSTS_SHOWN = 40


def report_data(
    workdir: Workdir,
    recipe: Recipe,
    known: Saved,
    pool: Pool,
    standing: Standing,
    status: Status,
    digest: str,
) -> ReportData:
    """Everything that the page draws."""
    classes = _class_rows(standing)
    return ReportData(
        name=workdir.root.name,
        status=status,
        classes=classes,
        tried=standing.n_tried,
        accepted=standing.n_accepted,
        rejected=tuple(standing.lost.most_common()),
        n_bytes=standing.n_bytes,
        elapsed_s=standing.elapsed_s,
        digest=digest,
        candidates=pool.n,
        spare=standing.verdicts[Verdict.SPARE],
        deferred=standing.verdicts[Verdict.DEFERRED],
        hosts=_host_rows(standing),
        waiting=_waiting(standing),
        n_hosts=len(standing.hosts),
        learned=learned_rows(standing.placeholders, [one.name for one in standing.planned], workdir.blobs),
        n_learned=len(standing.placeholders.found),
        learned_cost=standing.placeholders.cost,
        signatures=standing.placeholders.signatures,
        timeline=standing.traces.timeline(),
        groups=tuple(GroupRow(*group) for group in standing.groups()),
        crawl=standing.traces.crawl(),
        sheets=_sheets(workdir, standing, pool),
        plan=known.plan,
        out=str(workdir.root),
        format=recipe.format,
        recipe=workdir.recipe.read_text(encoding="utf-8") if workdir.recipe.exists() else "",
        lists=tuple(name for name, _ in known.list_sha256),
        finished_at_s=standing.traces.finished_at_s,
        version=__version__,
        notes=(
            *_left_to_ask(standing, status),
            *replacements(standing),
            *revivals(standing.revived),
            *wishes(standing.opted_out),
        ),
        tree=class_tree_rows(classes, recipe),
        licences=tuple(standing.licences.most_common()),
    )


def class_tree_rows(classes: Sequence[ClassRow], recipe: Recipe) -> tuple[TreeRow, ...]:
    """The tree above the dataset's classes; empty where it would be the plain list, or is gone."""
    rows = {row.id: row for row in classes if not row.replaced}
    try:
        graph = graph_for(list(rows), recipe)
    except UsageError:
        return ()
    names = {id_: row.name for id_, row in rows.items()}
    lines = tree_of(
        graph,
        {id_: (row.accepted, row.missing, row.candidates) for id_, row in rows.items()},
        lambda id_: names.get(id_) or (found.name if (found := graph.get(id_)) else id_),
    )
    if not any(line.depth for line in lines):
        return ()
    return tuple(
        TreeRow(
            one.id,
            one.name,
            one.depth,
            one.is_class,
            one.n_classes,
            accepted=int(one.total[0]),
            missing=int(one.total[1]),
            candidates=int(one.total[2]),
            again=one.again,
        )
        for one in lines
    )


def _left_to_ask(standing: Standing, status: Status) -> tuple[str, ...]:
    again = standing.again(SystemClock().wall_s()) if status == "short" else None
    return () if again is None else (again.told(moment),)


def _waiting(standing: Standing) -> tuple[WaitingHost, ...]:
    return tuple(
        WaitingHost(name, one.urls, tuple(one.reasons.most_common()), one.first_s, one.last_s)
        for name, one in standing.waiting_hosts()
    )


def revivals(revived: Counter[str]) -> tuple[str, ...]:
    """A sentence on images that were found elsewhere than the list says; empty where there are none."""
    if not revived:
        return ()
    ways = ", ".join(f"{way} {count(n)}" for way, n in revived.most_common())
    return (f"{count(revived.total())} images were dead where the list says and found elsewhere: {ways}.",)


def _class_rows(standing: Standing) -> tuple[ClassRow, ...]:
    def row(c: int, replaced: bool) -> ClassRow:
        planned = standing.planned[c]
        return ClassRow(
            planned.label,
            planned.name,
            planned.quota,
            standing.accepted[c],
            standing.tried[c],
            standing.candidates[c],
            planned.forecast,
            replaced,
        )

    inside = sorted(standing.inside, key=lambda c: standing.planned[c].label)
    return (*(row(c, False) for c in inside), *(row(c, True) for c in sorted(standing.replaced)))


def _host_rows(standing: Standing) -> tuple[HostRow, ...]:
    ranked = sorted(standing.hosts.items(), key=lambda item: (-item[1].tried, item[0]))
    return tuple(
        HostRow(name, facts.tried, facts.accepted, facts.median_s) for name, facts in ranked[:HOSTS_SHOWN]
    )


def _sheets(workdir: Workdir, standing: Standing, pool: Pool) -> tuple[ContactSheet, ...]:
    """A few pictures of each class, those that came first."""
    blobs = BlobReader(workdir.blobs)
    try:
        return tuple(
            ContactSheet(
                standing.planned[c].label,
                standing.planned[c].name,
                standing.accepted[c],
                tuple(_thumbnails(rows, pool, blobs)),
            )
            for c, rows in standing.traces.samples.items()
            if rows
        )
    finally:
        blobs.close()


def _thumbnails(rows: Sequence[JournalRow], pool: Pool, blobs: BlobReader) -> Iterator[Thumbnail]:
    for row in rows:
        if row.blob is None:
            continue
        try:
            small = redrawn(blobs.read(row.blob), 2 * THUMBNAIL_PX, THUMBNAIL_PX)
        except (StorageError, UndrawableError):
            continue
        yield Thumbnail(small, pool.key(row.candidate), pool.url(row.candidate))
