"""From the words of a command line to sources: files, folders, standard input; formats by looking inside."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from ..errors import ListError, UsageError
from . import gbif, inaturalist, open_images
from .archive import unpacked
from .base import Columns, Format, LabelRule, Reading, Source
from .guess import guess_columns
from .labels import Floats
from .layout import open_text
from .opening import ListFile
from .records import JsonLines, ParquetTable, list_columns, parquet_names
from .settings import check_settings, parted
from .spool import is_read_once, spool_pipe, spool_stdin
from .tencent import DICTIONARY
from .wordnet import wordnet_depths

PLUGINS = "gleanset.sources"
"""The group of entry points under which others add formats."""
TEXT_FORMATS = ("imagenet", "csv", "tsv", "jsonl", "parquet", "urls", "manifest")
LAYOUTS = ("tencent", "conceptual-captions", "yfcc", "imagenet-api")
TABLE_ENDINGS = (
    ".parquet",
    ".csv",
    ".tsv",
    ".jsonl",
    ".ndjson",
    ".txt",
    ".gz",
    ".bz2",
    ".xz",
    ".zst",
    ".tgz",
)
STDIN = "-"
_TEXT_ENDINGS = frozenset({*TABLE_ENDINGS} - {".parquet", ".tgz"})
_NAMELESS = ("/dev/fd/", "/dev/stdin", "/proc/")
"""Pipes whose name says nothing of what comes through them."""
_SIDE_FILES = (DICTIONARY, "train_image_id_from_imagenet.txt", "val_image_id_from_imagenet.txt")
"""What lies beside Tencent's lists and has no address in it."""
_WITHOUT_COLUMNS = frozenset({"imagenet", "urls"})
_MOST_TABLES = 64
"""A folder of more files is one large table in parts."""

Tables = Mapping[str, Sequence[ListFile]]


class _Joined(NamedTuple):
    """A format of several tables."""

    role_of: Callable[[ListFile], str | None]
    main: str
    """The role of the table with the images: where one lies in a folder, the folder is such a list."""
    open: Callable[[str, Tables, Reading], Source]
    download: str
    stands_out: bool = True
    """Whether the main table can be nothing else, so that it is refused without the others."""


_JOINED = {
    "open-images": _Joined(
        open_images.role_of, "images", open_images.OpenImages, "*-images-with-rotation.csv"
    ),
    "inaturalist": _Joined(inaturalist.role_of, "photos", inaturalist.INaturalist, "photos.csv.gz"),
    "gbif": _Joined(gbif.role_of, "multimedia", gbif.Gbif, "multimedia.txt", stands_out=False),
}
FORMATS = (*TEXT_FORMATS, *_JOINED, *LAYOUTS)


def open_sources(
    lists: Sequence[str],
    columns: Columns,
    fmt: str | None,
    cache_dir: Path | None = None,
    labels: LabelRule | None = None,
    places: Mapping[str, Path] | None = None,
) -> list[Source]:
    """One source for every list that the words name, in their order; each has been looked into.

    ``fmt`` is one of ``FORMATS`` or the name of an entry point, with settings behind a colon. None: guessed.
    ``places``: where lists lie that are names or addresses. Under ``cache_dir`` digests of unchanged files
    are remembered. Raises ListError with a sentence where a list is absent, empty, no list at all or has no
    column of URLs.
    """
    name, settings = parted(fmt) if fmt else (None, {})
    reading, places = Reading(columns, labels, settings, cache_dir), places or {}
    if name is not None and name not in FORMATS:
        plugin = _plugin(name)
        return [plugin.open(places.get(word, Path(word)), word, reading) for word in lists]
    if name is not None:
        check_settings(name, settings)
    if name in _JOINED:
        return [_open_joined(name, lists, reading, places)]
    sources = [source for word in lists for source in _of_word(word, places.get(word), reading, name)]
    _refuse_idle_options(sources, reading)
    return sources


def _refuse_idle_options(sources: Sequence[Source], reading: Reading) -> None:
    """No option is accepted and ignored: what is asked about columns needs a list that has some."""
    if not sources or any(source.format not in _WITHOUT_COLUMNS for source in sources):
        return
    asked = [field.name for field in fields(Columns) if getattr(reading.columns, field.name)]
    said = ["--keep-cols" if name == "keep" else f"--{name}-col" for name in asked]
    said += ["--labels"] if reading.labels is not None else []
    if said:
        first = sources[0]
        raise UsageError(
            f"{said[0]}: {first.name} is a list of format {first.format}: no columns, one label a row. "
            f"Leave {' and '.join(said)} out."
        )


def _plugin(name: str) -> Format:
    found = {one.name: one for one in entry_points(group=PLUGINS)}
    if name not in found:
        there = ", ".join((*FORMATS, *sorted(found)))
        raise UsageError(f"--source {name!r} is no format. There are: {there}. Name one, or leave it out.")
    try:
        format_: Format = found[name].load()
    except Exception as error:
        raise UsageError(
            f"--source {name}: {found[name].value}, which adds it, cannot be loaded ({error!r}). "
            "Install it again, or leave --source out."
        ) from error
    return format_


def _of_word(word: str, place: Path | None, reading: Reading, fmt: str | None) -> Iterator[Source]:
    path = place or Path(word)
    path = unpacked(path, word, reading.cache_dir) or path
    if fmt is None and reading.columns == Columns() and (found := _recognised(path, reading.cache_dir)):
        name, tables = found
        yield _JOINED[name].open(word, tables, reading)
        return
    for file in _files(word, reading.cache_dir, place):
        yield _open(file, reading, fmt)


def _recognised(path: Path, cache_dir: Path | None) -> tuple[str, Tables] | None:
    """Which format of several tables lies in a folder, or beside its main table; None: none of them."""
    alone = ListFile(path, str(path), cache_dir) if path.is_file() and path.suffix in _TEXT_ENDINGS else None
    folder = path if alone is None else path.parent
    paths = _texts(folder) if folder.is_dir() else []
    if not paths or len(paths) > _MOST_TABLES:
        return None
    for name, joined in _JOINED.items():
        if alone is not None and joined.role_of(alone) != joined.main:
            continue
        tables = _by_role([ListFile(one, str(one), cache_dir) for one in paths], joined)
        if joined.main in tables and (len(tables) > 1 or joined.stands_out):
            return name, tables if alone is None else {**tables, joined.main: [alone]}
    return None


def _open_joined(name: str, lists: Sequence[str], reading: Reading, places: Mapping[str, Path]) -> Source:
    files = []
    for word in lists:
        path = places.get(word, Path(word))
        path = unpacked(path, word, reading.cache_dir) or path
        paths = _texts(path) if path.is_dir() else [path]
        files += [ListFile(one, str(one), reading.cache_dir) for one in paths]
    tables = _by_role(files, _JOINED[name])
    if _JOINED[name].main not in tables:
        raise ListError(
            f"{', '.join(lists)}: no {_JOINED[name].main} of {name} in it. "
            f"Name the folder with {_JOINED[name].download} and what belongs to it."
        )
    return _JOINED[name].open(", ".join(lists), tables, reading)


def _by_role(files: Sequence[ListFile], joined: _Joined) -> Tables:
    tables: dict[str, list[ListFile]] = {}
    for file in files:
        role = joined.role_of(file)
        if role is not None:
            tables.setdefault(role, []).append(file)
    return tables


def _texts(folder: Path) -> list[Path]:
    """The files right in a folder that may be tables in text, or a hierarchy in JSON."""
    endings = (*(ending for ending in TABLE_ENDINGS if ending not in (".parquet", ".tgz")), ".json")
    return sorted(
        path
        for path in folder.iterdir()
        if path.name.endswith(endings) and not path.name.startswith((".", "_")) and path.is_file()
    )


def _open(file: ListFile, reading: Reading, fmt: str | None) -> Source:
    head = file.head()
    if head.startswith(b"PAR1"):
        return _open_parquet(file, reading)
    if fmt in ("parquet", "manifest") and file.file_name.endswith(".parquet"):
        raise ListError(
            f"{file.name}: no Parquet file, whatever its name says. Leave --source out, or write it again."
        )
    source = open_text(file, head, reading, fmt if fmt not in ("parquet", "manifest") else None)
    if isinstance(source, JsonLines):
        source.rule, source.depths = reading.labels, _wordnet
    return source


def _open_parquet(file: ListFile, reading: Reading) -> Source:
    found = guess_columns(parquet_names(file), reading.columns, file.name)
    if found.get("label") not in list_columns(file):
        found.pop("score", None)
    source = ParquetTable(file, found, Path(file.file_name).stem or "images")
    source.rule, source.depths = reading.labels, _wordnet
    return source


def _wordnet(labels: pa.Array) -> Floats:
    """Depths in WordNet, which is read when the first label is looked at."""
    return wordnet_depths()(labels)


def _files(word: str, cache_dir: Path | None, place: Path | None = None) -> Iterator[ListFile]:
    if word == STDIN:
        yield ListFile(spool_stdin(), "standard input", file_name="")
        return
    path = place or Path(word)
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
        and path.name not in _SIDE_FILES
        and path.is_file()
        and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
    )
    parquet = [path for path in files if path.suffix == ".parquet"]
    return iter(parquet or files)
