"""``--exclude``: from files and folders to what the pool and the judge leave out."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from ..errors import UsageError, storage_errors
from ..inspection.inspector import inspect
from ..inspection.sniff import sniff
from ..judge.exclusions import Exclusion, Exclusions
from ..recipe import Recipe
from ..run.screening import Screening
from ..sources.exclusions import read_named
from ..store.excluded import SCHEMA, Excluded, Part, read_excluded, rows_of, write_excluded
from ..store.pool import Pool
from ..store.workdir import Workdir
from ..terms.inspection import Treatment
from .evidence import own_signatures

_ANY_SIZE = Treatment(min_side_px=1)
_SNIFFED_BYTES = 1024
_FILE_NAME = "excluded.arrow"


def read_exclusions(words: Sequence[str], known: Excluded = Excluded()) -> Excluded:
    """What these words exclude, and what is known already: an exclusion only ever grows.

    A word whose file has not changed since it was read is not read again; one whose file is gone counts as
    it was read.

    Raises:
        UsageError: a word names no file, or one that cannot be understood.
    """
    parts = list(known.parts)
    for word in words:
        path = Path(word).absolute()
        earlier = [part for part in parts if part.path == str(path)]
        if not os.path.lexists(path):
            if not earlier:
                raise UsageError(f"--exclude {word}: there is no such file or folder.")
            continue
        stamp = _stamp(path, word)
        if not any(part.stamp == stamp for part in earlier):
            parts.append(_read(path, word, stamp))
    return replace(known, parts=tuple(parts))


def kept(workdir: Workdir) -> Excluded:
    """What the build in the folder has kept."""
    return read_excluded(workdir.state / _FILE_NAME)


def refreshed(workdir: Workdir, words: Sequence[str]) -> Excluded:
    """What the build in the folder excludes: what it has kept, and what these words have come to since."""
    place = workdir.state / _FILE_NAME
    known = read_excluded(place)
    now = read_exclusions(words, known)
    if now.parts != known.parts:
        write_excluded(place, now)
    return now


def keep(workdir: Workdir, excluded: Excluded) -> None:
    """Keep what was read before the build had a folder; what an earlier attempt left goes."""
    place = workdir.state / _FILE_NAME
    if excluded.parts:
        write_excluded(place, replace(excluded, n_first=len(excluded.parts)))
    else:
        place.unlink(missing_ok=True)


def as_exclusions(excluded: Excluded) -> Exclusions:
    """For the judge."""
    return Exclusions(Exclusion(*picture) for picture in excluded.pictures())


def screening_digest(excluded: Excluded, signatures: str) -> str:
    """Of all that a build is held against beside what everybody knows; empty: there is nothing."""
    told = excluded.digest + signatures
    return hashlib.sha256(told.encode()).hexdigest() if told else ""


def screening_of(recipe: Recipe, pool: Pool, excluded: Excluded) -> Screening:
    """What a build that goes on is held against."""
    digest = screening_digest(excluded, own_signatures(recipe.placeholders))
    return Screening(digest, frozenset(number for _, number in pool.find_all(excluded.urls)))


def _stamp(path: Path, word: str) -> str:
    """Names, sizes and times of a file, or of all that lies in a folder."""
    total = hashlib.sha256()
    try:
        for file in _files(path) if path.is_dir() else [path]:
            stat = file.stat()
            total.update(f"{file}|{stat.st_size}|{stat.st_mtime_ns}\n".encode(errors="surrogateescape"))
    except OSError as error:
        raise UsageError(f"--exclude {word}: it cannot be read ({error.strerror or error}).") from error
    return total.hexdigest()


def _read(path: Path, word: str, stamp: str) -> Part:
    if path.is_dir():
        return _read_folder(path, word, stamp)
    try:
        with path.open("rb") as file:
            is_picture = sniff(file.read(_SNIFFED_BYTES)) is not None
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"--exclude {word}: it cannot be read ({error.strerror or error}).") from error
    if is_picture:
        rows = _table([_look(path, path.name)])
    else:
        named = read_named(path, word)
        rows = rows_of(path.name, named.urls, named.digests, named.phashes)
    return Part(str(path), stamp, sha256, rows)


def _read_folder(folder: Path, word: str, stamp: str) -> Part:
    """Its pictures; of a build, the rows of its manifest as well."""
    files = [file for file in _files(folder) if _is_picture(file)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        looks = list(pool.map(lambda file: _look(file, _short(file, folder)), files))
    rows = [_table(looks)]
    digests = [f"{one.source}|{one.digest.hex()}\n" for one in looks if one.digest is not None]
    manifest = folder / "manifest.parquet"
    if manifest.is_file():
        named = read_named(manifest, str(manifest))
        rows.append(rows_of(_short(manifest, folder), named.urls, named.digests, named.phashes))
        digests.append(hashlib.sha256(manifest.read_bytes()).hexdigest())
    elif not looks:
        raise UsageError(
            f"--exclude {word}: no picture lies in that folder. Name the folder of a test set, or a file of "
            "hashes or URLs."
        )
    total = hashlib.sha256("".join(digests).encode(errors="surrogateescape")).hexdigest()
    return Part(str(folder), stamp, total, pa.concat_tables(rows))


def _files(folder: Path) -> Iterator[Path]:
    """All files below a folder in the order of their names; hidden ones, and what a build keeps, left out."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(names) if not name.startswith("."))


def _is_picture(file: Path) -> bool:
    with storage_errors("reading", file), file.open("rb") as opened:
        return sniff(opened.read(_SNIFFED_BYTES)) is not None


def _look(file: Path, source: str) -> Exclusion:
    """A picture that cannot be opened still has its bytes."""
    with storage_errors("reading", file):
        seen, _ = inspect(file.read_bytes(), _ANY_SIZE)
    return Exclusion(source, seen.sha256, seen.phash, seen.thumbnail)


def _short(file: Path, folder: Path) -> str:
    return f"{folder.name}/{file.relative_to(folder).as_posix()}".encode(errors="replace").decode()


def _table(looks: Sequence[Exclusion]) -> pa.Table:
    columns = {
        "url": pa.nulls(len(looks), pa.string()),
        "digest": pa.array([one.digest for one in looks], pa.binary()),
        "phash": pa.array([one.phash for one in looks], pa.uint64()),
        "thumbnail": pa.array([one.thumbnail for one in looks], pa.binary()),
        "source": pa.array([one.source for one in looks], pa.string()),
    }
    return pa.table(columns, schema=SCHEMA)
