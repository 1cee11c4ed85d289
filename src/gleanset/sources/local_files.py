"""Pictures that the user has already: which file of a folder is which candidate's.

Folders and archives as ImageNet's come: ``n02084071/n02084071_1234.JPEG``, ``n02084071.tar`` with such
members, an archive of such archives. Nothing is unpacked: a member is a stretch of bytes in its archive.
"""

import os
import tarfile
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import UsageError
from ..urls import safe_name

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")
LONG_KEY = 16
"""A key as long as that (Open Images' ids, our own) belongs to one image, whatever the folder."""
_AT_ONCE = 100_000
_MOST_NESTED = 2
_MOST_NAMES = 8
"""Links under which one folder is looked through; links among links would multiply it."""
_MOST_DEEP = 64
_MOST_NAMESAKES = 50
_FILE_OF_URL = r"/(?P<name>[^/?#]+)(?:[?#].*)?$"

Places = npt.NDArray[np.int64]


class Entry(NamedTuple):
    """Where one picture is."""

    name: str
    """Of the file or archive, below the folder."""
    parent: str
    """The folder it lies in, without what is above; an archive without its ending is a folder as well."""
    file: str
    """Its own name."""
    offset: int
    length: int
    """-1: to the end of the file."""


class LocalFiles:
    """The pictures of a folder, found by key, or by label and file name. About 150 bytes each."""

    def __init__(self, root: Path) -> None:
        """Looks through the folder once; the headers of archives are read, no picture is."""
        found = _scan(root)
        parts = [_table(part) for part in iter(lambda: list(islice(found, _AT_ONCE)), [])]
        self._table = pa.concat_tables(parts or [_table([])]).combine_chunks()
        self._parents = self._table.column("parent")
        files = self._table.column("file").combine_chunks()
        self._by_stem = _Names(pc.replace_substring_regex(files, r"\.[^.]*$", ""))
        self._by_file = _Names(files)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def entry(self, place: int) -> Entry:
        """Where a picture is."""
        name, *others = (self._table.column(field)[place].as_py() for field in Entry._fields)
        return Entry(os.fsdecode(name), *others)

    def find(self, keys: pa.StringArray, labels: Sequence[str], urls: pa.StringArray) -> Places:
        """For each candidate the place of its picture, as for ``entry``; -1: it has none here.

        A file is a candidate's if its stem is the key and the folder fits, or if its name is that of the
        URL's file and the folder is the label's.
        """
        named = pc.struct_field(pc.extract_regex(urls, _FILE_OF_URL), "name")
        found = np.full(len(keys), -1, np.int64)
        for at, places in self._by_stem.of(keys):
            key = keys[at].as_py()
            found[at] = next((one for one in places if self._fits(one, key, labels[at])), -1)
        for at, places in self._by_file.of(named):
            if found[at] < 0:
                found[at] = next((one for one in places if self._is_under(one, labels[at])), -1)
        return found

    def _fits(self, place: int, key: str, label: str) -> bool:
        own = key.startswith((f"{self._parents[place].as_py()}_", f"{label}_"))
        return own or len(key) >= LONG_KEY or self._is_under(place, label)

    def _is_under(self, place: int, label: str) -> bool:
        return self._parents[place].as_py() in (label, safe_name(label))


def refuse_empty(root: Path) -> None:
    """Raises UsageError where there is no folder, or no picture in it. Looks no further than the first."""
    if not root.is_dir():
        raise UsageError(f"--local {root}: no such folder. Name the one with your pictures or archives.")
    if next(_scan(root), None) is None:
        raise UsageError(
            f"--local {root}: no picture in it, and no .tar with pictures. Name the folder above the "
            "folders of the classes."
        )


class _Names:
    """Many names, some of them several times, to their places."""

    def __init__(self, names: pa.StringArray) -> None:
        encoded = names.dictionary_encode()
        codes = np.asarray(encoded.indices)
        self._words = encoded.dictionary
        self._order = np.argsort(codes, kind="stable")
        self._starts = np.searchsorted(codes[self._order], np.arange(len(self._words) + 1))

    def of(self, names: pa.StringArray) -> Iterator[tuple[int, Sequence[int]]]:
        """(which name, where it stands) of the names that are known."""
        codes = pc.fill_null(pc.index_in(names, self._words), -1).to_numpy(zero_copy_only=False)
        for at in np.flatnonzero(codes >= 0).tolist():
            start, end = self._starts[codes[at]], self._starts[codes[at] + 1]
            yield at, self._order[start : min(end, start + _MOST_NAMESAKES)].tolist()


def _table(entries: Sequence[Entry]) -> pa.Table:
    """Entries as columns. Names that are no text find no candidate, but are a path all the same."""
    texts = ([_text(one.parent) for one in entries], [_text(one.file) for one in entries])
    return pa.table(
        {
            "name": pa.array([os.fsencode(one.name) for one in entries], pa.binary()),
            "parent": pa.array(texts[0], pa.string()),
            "file": pa.array(texts[1], pa.string()),
            "offset": pa.array([one.offset for one in entries], pa.int64()),
            "length": pa.array([one.length for one in entries], pa.int64()),
        }
    )


def _text(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def _scan(root: Path) -> Iterator[Entry]:
    visits: Counter[tuple[int, int]] = Counter()
    for folder, inner, files in os.walk(root, followlinks=True):
        seen = Path(folder).stat()
        visits[seen.st_dev, seen.st_ino] += 1
        if visits[seen.st_dev, seen.st_ino] > _MOST_NAMES or folder.count(os.sep) > _MOST_DEEP:
            inner.clear()
            continue
        inner[:] = sorted(name for name in inner if not name.startswith(".") and not _leads_up(folder, name))
        for file in sorted(files):
            path = Path(folder, file)
            name = path.relative_to(root).as_posix()
            if file.lower().endswith(PICTURES):
                yield Entry(name, path.parent.name, file, 0, -1)
            elif file.lower().endswith(".tar"):
                yield from _members(path, name)


def _leads_up(folder: str, name: str) -> bool:
    """Whether a link leads to a folder that it lies in: one would go round for ever."""
    path = Path(folder, name)
    return path.is_symlink() and Path(folder).resolve().is_relative_to(Path(os.path.realpath(path)))


def _members(path: Path, name: str) -> Iterator[Entry]:
    """The pictures of an archive. One that is damaged gives those before the damage."""
    try:
        with path.open("rb") as file:
            yield from _inside(file, name, path.stem, 0, 1)
    except (OSError, tarfile.TarError):
        return


def _inside(file: IO[bytes], name: str, stem: str, base: int, depth: int) -> Iterator[Entry]:
    """The pictures of an archive that begins at ``base``."""
    file.seek(base)
    with tarfile.open(fileobj=file, mode="r:") as archive:
        for member in archive:
            folder, _, own = member.name.rpartition("/")
            if not member.isreg() or own.startswith("."):
                continue
            if own.lower().endswith(PICTURES):
                yield Entry(name, folder.rpartition("/")[2] or stem, own, member.offset_data, member.size)
            elif own.lower().endswith(".tar") and depth < _MOST_NESTED:
                yield from _inside(file, name, own[:-4], member.offset_data, depth + 1)
