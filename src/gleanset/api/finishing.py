"""From what was collected to what a person keeps: pack, report, the last word."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from .. import __version__
from ..pack.job import PackClass, PackJob, PackOutcome, PackResult, PackRow, Story
from ..pack.packer import pack
from ..recipe import Recipe
from ..report.page import render_report
from ..run.screening import SCREENED
from ..store.durable import write_atomically
from ..store.journal import Journal
from ..store.pool import Pool
from ..store.workdir import Workdir
from ..terms.tally import Tally
from ..terms.verdict import Verdict
from ..urls import host_of
from .results import Progress, Report, Status, StopSignal
from .saved import Saved, quotas_of
from .showing import report_data
from .standing import Standing, replacements

VIEW_EVERY = 50
"""Images between two snapshots of the packer."""
PACKING = ".packing"
"""In another folder than the build's own: where a pack is prepared."""
_COPY_OF = "of:"
_UNFIT_AT_ONCE = 65_536

_Row = TypeVar("_Row")


def finish(
    workdir: Workdir,
    recipe: Recipe,
    known: Saved,
    pool: Pool,
    journal: Journal,
    standing: Standing,
    say: Progress,
    stop: StopSignal,
) -> Report:
    """Pack, write the report, note the end.

    Raises:
        StoppedError: ``stop`` asked before the new dataset was in its place; the old one is untouched.
    """
    job = pack_job(workdir, recipe, known, pool, standing)
    rows, outcomes = _until(stop, job.rows), _until(stop, job.outcomes)
    result = pack(replace(job, rows=rows, outcomes=outcomes), _packing(standing, say, stop))
    status: Status = "short" if standing.short else "complete"
    say(Tally("reporting", standing.elapsed_s, accepted=standing.n_accepted, tried=standing.n_tried))
    page = write_report(workdir, recipe, known, pool, standing, status, result.digest)
    end = {
        "status": status,
        "digest": result.digest,
        "quotas": quotas_of(known.plan),
        "form": form_of(recipe),
        SCREENED: last_note(journal, SCREENED).get("digest", ""),
    }
    journal.note("packed", end)
    return standing.report(status, str(workdir.root), result.digest, str(page))


def last_note(journal: Journal, kind: str) -> dict[str, Any]:
    """What the last note of this kind says; empty before there is one."""
    said = [note.payload for note in journal.notes() if note.kind == kind]
    return said[-1] if said else {}


def form_of(recipe: Recipe) -> list[Any]:
    """Everything that shapes the dataset without changing what is in it."""
    split = [[name, share] for name, share in recipe.split or ()]
    return [recipe.format, split, recipe.shard_size, recipe.class_dirs, recipe.contact]


def _until(stop: StopSignal, rows: Iterable[_Row]) -> Iterator[_Row]:
    """The rows, until somebody asks for an end."""
    for row in rows:
        stop.check()
        yield row


def _packing(standing: Standing, say: Progress, stop: StopSignal) -> Callable[[int, int], None]:
    """Tells the view how far the packer is, now and then, and ends the pack where that is asked for."""

    def progress(done: int, total: int) -> None:
        stop.check()
        if done % VIEW_EVERY == 0 or done == total:
            say(
                Tally(
                    "packing",
                    standing.elapsed_s,
                    accepted=standing.n_accepted,
                    wanted=standing.n_accepted,
                    tried=standing.n_tried,
                    packed=done,
                    to_pack=total,
                )
            )

    return progress


def write_report(
    workdir: Workdir,
    recipe: Recipe,
    known: Saved,
    pool: Pool,
    standing: Standing,
    status: Status,
    digest: str,
) -> Path:
    """Draw the page and put it into its place."""
    data = report_data(workdir, recipe, known, pool, standing, status, digest)
    page = workdir.root / "report.html"
    write_atomically(page, render_report(data))
    return page


def pack_job(
    workdir: Workdir,
    recipe: Recipe,
    known: Saved,
    pool: Pool,
    standing: Standing,
    out: Path | None = None,
) -> PackJob:
    """What the packer is to write: the accepted images of the dataset's classes. ``out``: another folder."""
    return PackJob(
        rows=_rows(pool, standing),
        classes=_classes(known, standing),
        blobs=workdir.blobs,
        out=out or workdir.root,
        staging=workdir.packing if out is None else out / PACKING,
        outcomes=_outcomes(pool, standing),
        form=recipe.format,
        split=recipe.split or (),
        seed=recipe.seed,
        shard_bytes=recipe.shard_size,
        class_dirs=recipe.class_dirs,
        keep_cols=recipe.keep_cols,
        story=Story(
            title=workdir.root.name,
            version=__version__,
            lists=known.list_sha256,
            contact=recipe.contact,
            notes=(*known.plan.notes, *replacements(standing), manners(recipe)),
        ),
    )


def manners(recipe: Recipe) -> str:
    """Whose wishes were respected, for the card."""
    match recipe.ignore_robots, recipe.ignore_opt_outs:
        case False, False:
            return "robots.txt and the opt-outs of headers were respected."
        case False, True:
            return "robots.txt was respected, the opt-outs of headers were not (--ignore-opt-outs)."
        case True, False:
            return "The opt-outs of headers were respected, robots.txt was not (--ignore-robots)."
        case _:
            return "Neither robots.txt nor opt-outs were respected (--ignore-robots, --ignore-opt-outs)."


def _rows(pool: Pool, standing: Standing) -> Iterator[PackRow]:
    for row in standing.rows():
        if row.verdict is not Verdict.ACCEPTED or row.blob is None or row.inspection is None:
            continue
        candidate = pool.candidate(row.candidate)
        extra = pool.extra(row.candidate)
        yield PackRow(
            key=candidate.key,
            label=standing.planned[candidate.label].label,
            url=candidate.url,
            final_url=row.final_url,
            host=host_of(candidate.url),
            blob=row.blob,
            inspection=row.inspection,
            status=row.status,
            at_s=row.at_s or 0.0,
            split=candidate.split,
            licence=extra.get("licence"),
            author=extra.get("author"),
            caption=extra.get("caption"),
            kept=pool.kept(row.candidate),
            revived=row.revived,
            rotation=candidate.rotation,
        )


def _classes(known: Saved, standing: Standing) -> tuple[PackClass, ...]:
    def one(c: int) -> PackClass:
        planned = standing.planned[c]
        names = known.names.get(planned.label, (planned.name,))
        parents = known.parents.get(planned.label, ())
        return PackClass(planned.label, planned.name, names, parents, standing.candidates[c], planned.quota)

    return tuple(one(c) for c in standing.inside)


def _outcomes(pool: Pool, standing: Standing) -> Iterator[PackOutcome]:
    """Every URL whose fate was decided: those that were asked, and those that never became candidates."""
    for row in standing.rows():
        candidate = pool.candidate(row.candidate)
        yield PackOutcome(
            candidate.url,
            standing.planned[candidate.label].label,
            host_of(candidate.url),
            row.verdict.value,
            row.reason,
            row.attempts,
            row.status,
            row.elapsed_s,
            row.at_s,
            row.revived,
            _evidence(row.evidence, pool),
        )
    for batch in pool.unfit.to_batches(_UNFIT_AT_ONCE):
        for unfit in batch.to_pylist():
            yield PackOutcome(unfit["url"], unfit["label"], "", Verdict.REJECTED.value, unfit["reason"], 0)


def _evidence(evidence: str, pool: Pool) -> str | None:
    """What a judgement rests on, for people: other candidates by their keys."""
    copied = evidence.removeprefix(_COPY_OF)
    if copied != evidence and copied.isdigit() and int(copied) < pool.n:
        return f"{_COPY_OF}{pool.candidate(int(copied)).key}"
    return evidence or None


def result_of(standing: Standing, result: PackResult, out: Path) -> Report:
    """A pack into another folder, as a report."""
    return standing.report("short" if standing.short else "complete", str(out), result.digest)
