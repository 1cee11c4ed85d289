"""The report of a build: its standing, its thumbnails, on one page."""

from collections.abc import Iterator, Sequence
from io import BytesIO

from PIL import Image

from .. import __version__
from ..errors import StorageError
from ..recipe import Recipe
from ..report.data import (
    ClassRow,
    ContactSheet,
    CrawlPoint,
    GroupRow,
    HostRow,
    ReportData,
    Thumbnail,
)
from ..store.blobs import BlobReader
from ..store.journal_rows import JournalRow
from ..store.pool import Pool
from ..store.workdir import Workdir
from ..terms.verdict import Verdict
from ..urls import is_flickr
from .results import Status
from .saved import Saved
from .standing import Standing, replacements

MOST_THUMBNAILS = 480
"""On the page; with about 3 kB each it stays below 2 MB."""
A_CLASS = (3, 24)
THUMBNAIL_PX = 112
HOSTS_SHOWN = 40
POINTS = 240
"""Of the timeline and of the first tool's charts."""


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
        n_hosts=len(standing.hosts),
        timeline=_timeline(standing),
        groups=tuple(GroupRow(*group) for group in standing.groups()),
        crawl=_crawl(standing, pool),
        sheets=_sheets(workdir, standing, pool),
        plan=known.plan,
        out=str(workdir.root),
        format=recipe.format,
        recipe=workdir.recipe.read_text(encoding="utf-8") if workdir.recipe.exists() else "",
        lists=tuple(name for name, _ in known.list_sha256),
        finished_at_s=standing.timeline[-1] if standing.timeline else None,
        version=__version__,
        notes=replacements(standing),
    )


def _class_rows(standing: Standing) -> tuple[ClassRow, ...]:
    candidates = standing.candidates()

    def row(c: int, replaced: bool) -> ClassRow:
        planned = standing.planned[c]
        return ClassRow(
            planned.label,
            planned.name,
            planned.quota,
            standing.accepted[c],
            standing.tried[c],
            candidates[c],
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


def _timeline(standing: Standing) -> tuple[tuple[float, int], ...]:
    """Accepted over time, thinned to what a chart can show."""
    times = standing.timeline
    if not times:
        return ()
    step = max(1, len(times) // POINTS)
    points = [(times[i] - times[0], i + 1) for i in range(0, len(times), step)]
    return (*points, (times[-1] - times[0], len(times)))


def _crawl(standing: Standing, pool: Pool) -> tuple[CrawlPoint, ...]:
    """Running sums for the first tool's charts, in the order in which URLs were decided."""
    tries = [
        (
            row.at_s,
            is_flickr(pool.hosts[pool.host[row.candidate]]),
            row.verdict is Verdict.ACCEPTED,
            row.elapsed_s,
        )
        for row in standing.rows()
        if row.at_s is not None and row.elapsed_s
    ]
    tries.sort(key=lambda one: one[0])
    sums = [[0, 0, 0.0], [0, 0, 0.0]]
    points = []
    step = max(1, len(tries) // POINTS)
    for i, (_, flickr, good, elapsed_s) in enumerate(tries, 1):
        side = sums[not flickr]
        side[0] += 1
        side[1] += good
        side[2] += elapsed_s or 0.0
        if i % step == 0 or i == len(tries):
            (ft, fa, fs), (ot, oa, os) = sums
            points.append(CrawlPoint(int(ft), int(fa), fs, int(ot), int(oa), os))
    return tuple(points)


def _sheets(workdir: Workdir, standing: Standing, pool: Pool) -> tuple[ContactSheet, ...]:
    """A few pictures of each class, the first in the order of their keys."""
    inside = sorted(standing.inside, key=lambda c: standing.planned[c].label)
    each = max(A_CLASS[0], min(A_CLASS[1], MOST_THUMBNAILS // max(1, len(inside))))
    shown = inside[: MOST_THUMBNAILS // each]
    wanted: dict[int, list[JournalRow]] = {c: [] for c in shown}
    for row in standing.rows():
        rows = wanted.get(int(pool.label[row.candidate]))
        if rows is not None and row.verdict is Verdict.ACCEPTED and len(rows) < each:
            rows.append(row)
    blobs = BlobReader(workdir.blobs)
    try:
        return tuple(
            ContactSheet(
                standing.planned[c].label,
                standing.planned[c].name,
                standing.accepted[c],
                tuple(_thumbnails(wanted[c], pool, blobs)),
            )
            for c in shown
            if wanted[c]
        )
    finally:
        blobs.close()


def _thumbnails(rows: Sequence[JournalRow], pool: Pool, blobs: BlobReader) -> Iterator[Thumbnail]:
    for row in rows:
        if row.blob is None:
            continue
        try:
            body = blobs.read(row.blob)
        except StorageError:
            continue
        yield Thumbnail(thumbnail(body), pool.key(row.candidate), pool.url(row.candidate))


def thumbnail(body: bytes) -> bytes:
    """A kept picture (JPEG, PNG or WebP) as a small JPEG."""
    with Image.open(BytesIO(body), formats=("JPEG", "PNG", "WEBP")) as picture:
        shrunk = min(1.0, 2 * THUMBNAIL_PX / picture.width, THUMBNAIL_PX / picture.height)
        size = max(1, round(picture.width * shrunk)), max(1, round(picture.height * shrunk))
        picture.draft("RGB", size)
        small = picture.convert("RGB").resize(size, Image.Resampling.BILINEAR)
        out = BytesIO()
        small.save(out, "JPEG", quality=78)
        return out.getvalue()
