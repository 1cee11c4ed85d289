"""Pictures that the user has already: which file of a folder is which candidate's.

Folders and archives as ImageNet's come: ``n02084071/n02084071_1234.JPEG``, ``n02084071.tar`` with such
members, an archive of such archives. Nothing is unpacked: a member is a stretch of bytes in its archive.
"""

import os
import tarfile
from collections.abc import Iterator, Sequence
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
_MOST_NESTED = 2
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
    """The pictures of a folder, found by key, or by label and file name."""

    def __init__(self, root: Path) -> None:
        """Looks through the folder once; the headers of archives are read, no picture is."""
        self.entries = list(_scan(root))
        files = [entry.file for entry in self.entries]
        self._by_stem = _Names([file.rpartition(".")[0] for file in files])
        self._by_file = _Names(files)

    def __len__(self) -> int:
        return len(self.entries)

    def find(self, keys: pa.StringArray, labels: Sequence[str], urls: pa.StringArray) -> Places:
        """For each candidate the place of its picture in ``entries``; -1: it has none here.

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
        own = key.startswith((f"{self.entries[place].parent}_", f"{label}_"))
        return own or len(key) >= LONG_KEY or self._is_under(place, label)

    def _is_under(self, place: int, label: str) -> bool:
        return self.entries[place].parent in (label, safe_name(label))


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

    def __init__(self, names: Sequence[str]) -> None:
        encoded = pa.array(
            [name.encode("utf-8", "replace").decode() for name in names], pa.string()
        ).dictionary_encode()
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


def _scan(root: Path) -> Iterator[Entry]:
    for folder, inner, files in os.walk(root, followlinks=True):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for file in sorted(files):
            path = Path(folder, file)
            name = path.relative_to(root).as_posix()
            if file.lower().endswith(PICTURES):
                yield Entry(name, path.parent.name, file, 0, -1)
            elif file.lower().endswith(".tar"):
                yield from _members(path, name)


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
