"""``--local DIR``: pictures that are on this machine already are taken before the web is asked.

They are collected beside the build's own state by the same engine, inspector and judge, from a web whose only
site is the folder; then they are adopted as the sample of a draw is. A file that is broken or unwanted is
left out, and its URL stands as if nobody had looked.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import storage_errors
from ..fetch.disk import LOCAL, local_name, local_url
from ..run.assembly import Collection, CollectSettings
from ..run.patience import Patience
from ..sources.local_files import LocalFiles, refuse_empty
from ..store.durable import sync_folder
from ..store.journal import Journal, JournalReader
from ..store.journal_rows import JournalRow, Note
from ..store.pool import ORIGINALS, POOL_SCHEMA, Pool, write_pool
from ..store.workdir import Workdir
from ..terms.outcome import FAILURE_BY_WORD
from ..terms.plan import Plan
from ..terms.tally import Tally
from ..terms.verdict import Finding, Judgement, Settlement, Verdict
from ..urls import Ceilings
from .results import Progress, StopSignal
from .saved import Saved, quotas_of

_FOLDER = "gleanset-local"
_ADOPTED = "local-adopted"
_AT_ONCE = 128
"""Files under way; they wait for the disk and the decoder, not for anybody's patience."""
_SCHEMA = pa.schema([*POOL_SCHEMA, ORIGINALS.field("rotation")])

Numbers = npt.NDArray[np.int64]


def check_local(local: str | None) -> None:
    """Refuse with UsageError a folder that is none, or has no picture, before anything is written."""
    if local is not None:
        refuse_empty(Path(local))


def take_local(
    workdir: Workdir,
    local: str | None,
    known: Saved,
    pool: Pool,
    journal: Journal,
    settings: CollectSettings,
    say: Progress,
    stop: StopSignal,
) -> None:
    """Adopt what the folder has of the plan's classes, once for a folder and the plan's quotas.

    Raises:
        StoppedError: ``stop`` asked for an end; what was taken until then is adopted.
    """
    notes = [note.payload for note in journal.notes() if note.kind == _ADOPTED]
    key = [str(Path(local or "").absolute()), quotas_of(known.plan)]
    if local is None or any(note["key"] == key and note["whole"] for note in notes):
        return
    say(Tally("planning", 0.0, note=f"looking through {local}"))
    files = LocalFiles(Path(local))
    numbers, places = _matches(files, pool, len(known.plan.classes), _settled(journal))
    stop.check()
    inner = Workdir(workdir.root, workdir.state / _FOLDER)
    _begin_anew(inner)
    rows: list[Settlement] = []
    if len(numbers):
        _write_pool(inner.pool, pool, files, numbers, places)
        _collect(inner, known.plan, settings, Path(local), say, stop)
        prefix = f"local{len(notes) + 1}-"
        rows = list(_settlements(inner, pool, numbers, prefix))
        _move_bodies(inner, workdir, prefix)
    journal.write(rows, [Note(_ADOPTED, {"key": key, "whole": not stop.requested, "rows": len(rows)})])
    shutil.rmtree(inner.state, ignore_errors=True)
    stop.check()


def _settled(journal: Journal) -> set[int]:
    """Candidates that have a picture, or had one that was refused; a dead URL may have one here."""
    return {
        row.candidate
        for row in journal.rows()
        if row.verdict is not Verdict.DEFERRED and row.reason not in FAILURE_BY_WORD
    }


def _matches(files: LocalFiles, pool: Pool, n_classes: int, settled: set[int]) -> tuple[Numbers, Numbers]:
    """(candidates that have a file, ascending; the place of each one's file), of the planned classes."""
    numbers, places = [], []
    for start, batch in pool.parts("url", "key", "label"):
        labels = [pool.labels[label] for label in batch["label"].to_pylist()]
        found = files.find(batch["key"], labels, batch["url"])
        for at in np.flatnonzero(found >= 0).tolist():
            if start + at not in settled and batch["label"][at].as_py() < n_classes:
                numbers.append(start + at)
                places.append(int(found[at]))
    return np.array(numbers, np.int64), np.array(places, np.int64)


def _begin_anew(inner: Workdir) -> None:
    """What a killed run left was not adopted: its numbers may be of another folder."""
    with storage_errors("making the folder", inner.state):
        shutil.rmtree(inner.state, ignore_errors=True)
        inner.state.mkdir(parents=True)


def _write_pool(path: Path, pool: Pool, files: LocalFiles, numbers: Numbers, places: Numbers) -> None:
    """The same candidates, all of one site: this machine. A copy may have been shrunk or encoded anew, so
    size and MD5 of the original do not bind it; it lies on its side like the original.
    """

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, len(numbers), 50_000):
            some = numbers[start : start + 50_000].tolist()
            entries = [files.entry(place) for place in places[start : start + 50_000].tolist()]
            columns = {
                "url": [local_url(entry.name, entry.offset, entry.length) for entry in entries],
                "label": [int(pool.label[number]) for number in some],
                "host": [0] * len(some),
                "key": [pool.key(number) for number in some],
            }
            expected = [pool.candidate(number).expected for number in some]
            for name in ("sha256", "phash"):
                columns[name] = [one and getattr(one, name) for one in expected]
            columns["rotation"] = [pool.rotation(number) for number in some]
            nothing = [None] * len(some)
            arrays = [pa.array(columns.get(field.name, nothing), field.type) for field in _SCHEMA]
            yield pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA)

    write_pool(
        path,
        batches(),
        n=len(numbers),
        labels=pool.labels,
        hosts=[LOCAL],
        seed=pool.seed,
        schema=_SCHEMA,
    )


def _collect(
    inner: Workdir, plan: Plan, settings: CollectSettings, root: Path, say: Progress, stop: StopSignal
) -> None:
    """Take what is wanted. Classes that the folder cannot fill are no shortfall: the web follows."""
    classes = tuple(replace(one, named=True) for one in plan.classes)
    ours = replace(
        settings,
        fetch=replace(settings.fetch, local=str(root.absolute()), robots=False, opt_outs=False),
        patience=Patience(0.0, limit_s=settings.patience.limit_s),
        per_host=Ceilings(_AT_ONCE),
        revive=(),
        known={},
    )
    pool = Pool.open(inner.pool)
    with Journal(inner.journal) as journal:
        note = f"taking {pool.n:,} pictures from {root}"
        Collection(inner, replace(plan, classes=classes, reserves=()), pool, journal, ours).run(
            progress=lambda tally: say(replace(tally, note=note)), stopping=lambda: stop.requested
        )


def _settlements(inner: Workdir, pool: Pool, numbers: Numbers, prefix: str) -> Iterator[Settlement]:
    """What was wanted, as spares of the build: the replay admits what has a place."""
    ours = Pool.open(inner.pool)
    with JournalReader(inner.journal) as told:
        for row in told.rows():
            if row.verdict in {Verdict.ACCEPTED, Verdict.SPARE} and row.blob is not None:
                found = _finding(row, int(numbers[row.candidate]), ours.url(row.candidate), pool, prefix)
                full = Judgement.CLASS_FULL.word
                yield Settlement(found.candidate, Verdict.SPARE, full, row.attempts, found, None)


def _finding(row: JournalRow, number: int, url: str, pool: Pool, prefix: str) -> Finding:
    """No host was asked, so none of the build's is named, and no time is counted."""
    assert row.blob is not None
    return Finding(
        number,
        row.attempts,
        len(pool.hosts),
        0.0,
        row.at_s or 0.0,
        inspection=row.inspection,
        blob=replace(row.blob, segment=f"{prefix}{row.blob.segment}"),
        headers=(("local", local_name(url).encode("utf-8", "replace").decode()),),
    )


def _move_bodies(inner: Workdir, workdir: Workdir, prefix: str) -> None:
    if not inner.blobs.is_dir():
        return
    with storage_errors("moving bodies", workdir.blobs):
        workdir.blobs.mkdir(exist_ok=True)
        for segment in sorted(inner.blobs.glob("*.seg")):
            segment.replace(workdir.blobs / f"{prefix}{segment.name}")
        sync_folder(workdir.blobs)
