"""Packing: what was collected becomes a dataset. Fast, deterministic, and without a request."""

import json
import math
import os
import re
import stat
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import StorageError, WorkdirError, storage_errors
from ..sinks.base import Sink, SinkSettings
from ..sinks.registry import open_sink
from ..store.blobs import BlobReader
from ..store.workdir import STATE_NAME
from ..terms.sample import Sample
from ..terms.verdict import BlobRef
from .card import render_card
from .classes import class_folders, class_indexes, classes_csv
from .job import Crawl, PackJob, PackResult
from .manifest import MANIFEST, OUTCOMES, Table, digest_of, kept_name, manifest_with, utc
from .splits import Splits
from .spool import Spool
from .staging import Staging, is_moving, stranger_in

Progress = Callable[[int, int], None]
"""Called with (images packed, images to pack) after each image. What it raises ends the pack cleanly."""

NAMES = ("data", "manifest.parquet", "outcomes.parquet", "classes.csv", "README.md")
"""What a pack writes, in the order in which it takes its place."""

_EXTENSIONS = {"jpeg": "jpg", "png": "png", "webp": "webp"}
_FACTS = tuple((field.name, field.type == pa.string()) for field in MANIFEST if field.name != "path")
"""Of a sample, and which of them are text."""
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


def pack(job: PackJob, progress: Progress = lambda *_: None) -> PackResult:
    """Write the dataset of ``job`` into ``job.out``, replacing the one that was there.

    A file that the pack before wrote for the same image with the same content and length is taken over by a
    hard link. Memory stays flat; while it runs the disk holds the old and the new dataset.

    Raises:
        StorageError: the disk is full or failing, or a collected body is damaged. The old dataset is
            untouched, or the next pack puts the new one in place first.
        UsageError: the job's form or split cannot be.
        WorkdirError: ``out`` holds files of those names that are no dataset of ours.
    """
    _refuse_foreign(job.out, job.staging)
    staging = Staging(job.staging, job.out)
    try:
        result = _prepare(job, staging, progress)
    except BaseException:
        with suppress(StorageError):
            staging.discard()
        raise
    staging.commit(NAMES)
    return result


def _refuse_foreign(out: Path, staging: Path) -> None:
    """Keep clear of somebody's own ``data`` or ``README.md``, and of what lies where a pack is prepared."""
    if stranger := stranger_in(staging):
        raise WorkdirError(f"{stranger} is not from a pack. Move it away, or choose another folder.")
    if (out / "manifest.parquet").exists() or (out / STATE_NAME).exists() or is_moving(staging):
        return
    if found := next((name for name in NAMES if os.path.lexists(out / name)), None):
        raise WorkdirError(f"{out / found} is not from a pack. Choose a new or an empty folder.")


def _prepare(job: PackJob, staging: Staging, progress: Progress) -> PackResult:
    folders = class_folders(job.classes, job.class_dirs)
    spool = Spool(staging.scratch, folders, Splits(job.split) if job.split else None, job.seed)
    with closing(spool):
        for row in job.rows:
            if not _KEY.fullmatch(row.key):
                raise WorkdirError(f"{row.key!r} is no key of an image. The pool or the journal is damaged.")
            spool.add(row)
    indexes = class_indexes(folders, spool.accepted)
    with spool.identities() as identities:
        digest = digest_of(identities)
    n_kept = _write_images(job, staging, spool, indexes, progress)
    crawl = _write_outcomes(job, staging.new)
    accepted = {one.label: spool.accepted[one.label] for one in job.classes}
    result = PackResult(
        digest=digest,
        n_images=spool.n_rows,
        n_bytes=spool.n_bytes,
        accepted=accepted,
        n_kept=n_kept,
        folders=folders,
        formats=frozenset(spool.formats),
        revived=_most_first(spool.revived),
    )
    _write_text(staging.new / "classes.csv", classes_csv(job.classes, indexes, accepted))
    _write_text(staging.new / "README.md", render_card(job, result, crawl, spool.splits()))
    return result


def _write_images(
    job: PackJob, staging: Staging, spool: Spool, indexes: dict[str, int], progress: Progress
) -> int:
    """Images and manifest; how many images were taken over from the pack before."""
    data = staging.new / "data"
    with storage_errors("making the folder", data):
        data.mkdir()
    sink = open_sink(job.form, SinkSettings(data, job.shard_bytes))
    earlier = None if sink.shuffled else _earlier_manifest(job.out)
    n_kept = 0
    with (
        closing(sink),
        closing(BlobReader(job.blobs)) as blobs,
        spool.sorted_rows(sink.shuffled, earlier) as rows,
        closing(Table(staging.new / "manifest.parquet", manifest_with(job.keep_cols))) as manifest,
    ):
        for done, row in enumerate(rows, 1):
            row["class_index"] = indexes[row["label"]]
            row.update(_kept(row))
            place = _adopt(sink, row, job.out)
            n_kept += place is not None
            row["path"] = f"data/{place or sink.write(_sample(row, _body(row, blobs)))}"
            manifest.add(row)
            progress(done, spool.n_rows)
    return n_kept


def _kept(row: dict[str, Any]) -> dict[str, str]:
    return {kept_name(name): text for name, text in json.loads(row["kept"] or "{}").items()}


def _adopt(sink: Sink, row: dict[str, Any], out: Path) -> str | None:
    """Take over the file that held this very image, where it still has its length. `verify` reads all."""
    earlier = PurePosixPath(row["earlier"] or "")
    if earlier.parts[:1] != ("data",) or ".." in earlier.parts:
        return None
    file = out / earlier
    try:
        found = file.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode) or found.st_size != row["bytes"]:
        return None
    return sink.adopt(_sample(row, b""), file)


def _body(row: dict[str, Any], blobs: BlobReader) -> bytes:
    ref = BlobRef(row["segment"], row["offset"], row["length"])
    body = blobs.payload(ref)
    if sha256(body).hexdigest() != row["stored_sha256"]:
        blobs.read(ref)  # says so where it is damage
        raise StorageError(
            f"{row['segment']}: the record at offset {row['offset']} is not the picture {row['key']} that "
            "the journal means. The blobs or the journal were exchanged; restore both from the same copy."
        )
    return body


def _sample(row: dict[str, Any], body: bytes) -> Sample:
    return Sample(
        key=row["key"],
        label=row["label"],
        class_dir=row["folder"],
        class_index=row["class_index"],
        split=row["split"],
        extension=_EXTENSIONS[row["stored_format"]],
        body=body,
        facts={name: _plain(row[name], is_text) for name, is_text in _FACTS} | _kept(row),
    )


def _plain(value: Any, is_text: bool) -> Any:
    """As JSON can say it: times in ISO 8601. Absent text is empty: `datasets` guesses types."""
    if value is None and is_text:
        return ""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def _earlier_manifest(out: Path) -> Path | None:
    """The manifest of the dataset in ``out``, where it can be read to its end."""
    path = out / "manifest.parquet"
    try:
        for _ in pq.ParquetFile(path).iter_batches(columns=["key", "path", "stored_sha256"]):
            pass
    except (OSError, pa.ArrowException):
        return None
    return path


def _write_outcomes(job: PackJob, folder: Path) -> Crawl:
    tried = 0
    reasons: Counter[str] = Counter()
    first, last = math.inf, -math.inf
    names = [name for name in OUTCOMES.names if name != "at"]
    with closing(Table(folder / "outcomes.parquet", OUTCOMES)) as table:
        for outcome in job.outcomes:
            table.add({name: getattr(outcome, name) for name in names} | {"at": utc(outcome.at_s)})
            tried += outcome.attempts > 0
            if outcome.verdict != "accepted":
                reasons[outcome.reason] += 1
            if outcome.at_s is not None:
                first, last = min(first, outcome.at_s), max(last, outcome.at_s)
    return Crawl(tried, _most_first(reasons), *((utc(first), utc(last)) if first <= last else ()))


def _most_first(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _write_text(path: Path, text: str) -> None:
    with storage_errors("writing", path):
        path.write_text(text, encoding="utf-8", newline="\n")
