"""From the words of a command line to sources: files, folders, standard input; formats by looking inside."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import ListError, UsageError
from .base import Columns, Source
from .guess import guess_columns
from .layout import open_text
from .opening import ListFile
from .records import ParquetTable, parquet_names
from .spool import is_read_once, spool_pipe, spool_stdin

FORMATS = ("imagenet", "csv", "tsv", "jsonl", "parquet", "urls", "manifest")
TABLE_ENDINGS = (".parquet", ".csv", ".tsv", ".jsonl", ".ndjson", ".txt", ".gz", ".tgz")
STDIN = "-"
_NAMELESS = ("/dev/fd/", "/dev/stdin", "/proc/")
"""Pipes whose name says nothing of what comes through them."""


def open_sources(
    lists: Sequence[str], columns: Columns, fmt: str | None, cache_dir: Path | None = None
) -> list[Source]:
    """One source for every file that the words name, in their order; each has been looked into.

    ``fmt`` is one of ``FORMATS`` or None: guessed. Under ``cache_dir`` digests of unchanged files are
    remembered. Raises ListError with a sentence where a list is absent, empty, no list at all or has no
    column of URLs.
    """
    if fmt is not None and fmt not in FORMATS:
        raise UsageError(
            f"--source {fmt!r} is no format. There are: {', '.join(FORMATS)}. Name one, or leave it out."
        )
    return [_open(file, columns, fmt) for word in lists for file in _files(word, cache_dir)]


def _open(file: ListFile, columns: Columns, fmt: str | None) -> Source:
    head = file.head()
    if head.startswith(b"PAR1"):
        return _open_parquet(file, columns)
    if fmt in ("parquet", "manifest") and file.file_name.endswith(".parquet"):
        raise ListError(
            f"{file.name}: no Parquet file, whatever its name says. Leave --source out, or write it again."
        )
    return open_text(file, head, columns, fmt if fmt not in ("parquet", "manifest") else None)


def _open_parquet(file: ListFile, columns: Columns) -> Source:
    found = guess_columns(parquet_names(file), columns, file.name)
    return ParquetTable(file, found, Path(file.file_name).stem or "images")


def _files(word: str, cache_dir: Path | None) -> Iterator[ListFile]:
    if word == STDIN:
        yield ListFile(spool_stdin(), "standard input", file_name="")
        return
    path = Path(word)
    if is_read_once(path):
        file_name = "" if word.startswith(_NAMELESS) else path.name
        yield ListFile(spool_pipe(path, word), word, file_name=file_name)
        return
    if not path.is_dir():
        yield ListFile(path, word, cache_dir)
        return
    tables = [path / "manifest.parquet"] if (path / "manifest.parquet").exists() else list(_tables(path))
    if not tables:
        raise ListError(
            f"{word}: a folder without tables. Lists end in {', '.join(TABLE_ENDINGS)}: "
            "name a file or another folder."
        )
    for table in tables:
        if table.is_dir():
            yield from _files(str(table), cache_dir)
        else:
            yield ListFile(table, str(table), cache_dir)


def _tables(folder: Path) -> Iterator[Path]:
    """The tables below a folder, Parquet alone where there is any; hidden files and markers left out."""
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.name.endswith(TABLE_ENDINGS)
        and path.is_file()
        and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
    )
    parquet = [path for path in files if path.suffix == ".parquet"]
    return iter(parquet or files)
