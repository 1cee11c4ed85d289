"""Rows found by a number: how one table is joined with another without holding either in memory.

The smaller table is written to disk column by column, sorted by its key and mapped into memory; the larger
one passes by in chunks and looks its rows up. 60 million rows with a code and a score are 960 MB on disk.
"""

import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import storage_errors

Keys = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
Column = npt.NDArray[np.generic]
_AT_ONCE = 4_000_000
_STALE_S = 86_400.0
_FOLDER = "index-"
_NIBBLE = np.full(256, 255, np.uint8)
_NIBBLE[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16)
_NIBBLE[np.frombuffer(b"ABCDEF", np.uint8)] = np.arange(10, 16)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""The golden ratio's odd multiplier: the halves of random UUIDs leave no pattern in the sum."""
HEX_16 = "[0-9a-fA-F]{16}"
UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_UUID_DIGITS = np.array([at for at in range(36) if at not in (8, 13, 18, 23)])


class KeyIndex:
    """Rows sorted by a 64-bit key, with values beside it. Lives until it is let go or the program ends."""

    def __init__(self, folder: Path, types: Mapping[str, npt.DTypeLike]) -> None:
        self._columns = {name: _mapped(folder / name, type_) for name, type_ in types.items()}
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def __len__(self) -> int:
        return len(self._columns["key"])

    def ranges(self, keys: Keys) -> tuple[Places, Places]:
        """For each key where its rows begin and end."""
        order = np.argsort(keys, kind="stable")  # neighbours find neighbouring pages
        starts, ends = np.empty(len(keys), np.int64), np.empty(len(keys), np.int64)
        starts[order] = np.searchsorted(self._columns["key"], keys[order], "left")
        ends[order] = np.searchsorted(self._columns["key"], keys[order], "right")
        return starts, ends

    def values(self, name: str, places: Places) -> Column:
        """One column of the rows at these places."""
        return np.asarray(self._columns[name][places])

    def find(self, keys: Keys, **equal: Column) -> Places:
        """For each key the place of its first row whose other columns are ``equal``; -1: there is none."""
        starts, ends = self.ranges(keys)
        found = np.full(len(keys), -1, np.int64)
        open_ = starts < ends
        while open_.any():
            at = starts[open_]
            same = np.ones(len(at), bool)
            for name, values in equal.items():
                same &= self.values(name, at) == values[open_]
            found[np.flatnonzero(open_)[same]] = at[same]
            starts += 1
            open_ &= (found < 0) & (starts < ends)
        return found


def build_index(
    batches: Iterable[Mapping[str, Column]], types: Mapping[str, npt.DTypeLike], scratch: Path | None
) -> KeyIndex:
    """The index of rows that come in batches, in a new folder under ``scratch``; one column is ``key``.

    Rows of equal keys keep their order. Peak memory is 16 bytes a row, where the keys do not ascend already.
    """
    folder = new_folder(scratch)
    with storage_errors("sorting a table in", folder):
        with ExitStack() as files:
            open_files = {name: files.enter_context((folder / name).open("wb")) for name in types}
            for batch in batches:
                for name, type_ in types.items():
                    np.ascontiguousarray(batch[name], type_).tofile(open_files[name])
        _sort(folder, types)
        return KeyIndex(folder, types)


def hex_keys(ids: pa.StringArray) -> Keys:
    """Identifiers of 16 hexadecimal digits as numbers."""
    return _packed(_bytes(ids, 16))


def uuid_keys(ids: pa.StringArray) -> tuple[Keys, Keys]:
    """UUIDs with hyphens as (key, check): equal keys of different UUIDs are told apart by the check."""
    digits = _bytes(ids, 36)[:, _UUID_DIGITS]
    high, low = _packed(digits[:, :16]), _packed(digits[:, 16:])
    return high * _SPREAD + low, low


def number_keys(ids: pa.StringArray) -> Keys:
    """Identifiers of at most 18 decimal digits."""
    return np.asarray(ids.cast(pa.int64()), np.int64).astype(np.uint64)


class Codes:
    """Words as small numbers, in the order in which they were met."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def of(self, words: pa.StringArray) -> npt.NDArray[np.int32]:
        """The number of every word; new words get the next ones."""
        encoded = words.dictionary_encode()
        known = self._known
        numbers = [known.setdefault(word, len(known)) for word in encoded.dictionary.to_pylist()]
        codes: npt.NDArray[np.int32] = np.array(numbers, np.int32)[np.asarray(encoded.indices)]
        return codes

    def words(self) -> pa.StringArray:
        """All words by their numbers."""
        return pa.array(list(self._known), pa.string())


def _bytes(ids: pa.StringArray, width: int) -> npt.NDArray[np.uint8]:
    """(n, width) the letters of strings of one length."""
    if not len(ids):
        return np.zeros((0, width), np.uint8)
    start = int(np.frombuffer(ids.buffers()[1], np.int32, 1, 4 * ids.offset)[0])
    letters = np.frombuffer(ids.buffers()[2], np.uint8, len(ids) * width, start)
    return letters.reshape(len(ids), width)


def _packed(digits: npt.NDArray[np.uint8]) -> Keys:
    """(n, 16) hexadecimal digits as (n,) numbers."""
    nibbles = _NIBBLE[digits]
    pairs = (nibbles[:, 0::2] << 4) | nibbles[:, 1::2]
    keys: Keys = np.ascontiguousarray(pairs).view(">u8").reshape(len(digits)).astype(np.uint64)
    return keys


def _mapped(path: Path, type_: npt.DTypeLike) -> npt.NDArray[Any]:
    return np.memmap(path, type_, "r") if path.stat().st_size else np.zeros(0, type_)


def _sort(folder: Path, types: Mapping[str, npt.DTypeLike]) -> None:
    keys = _mapped(folder / "key", types["key"])
    if _ascends(keys):
        return
    order = np.argsort(keys, kind="stable")
    for name, type_ in types.items():
        values, draft = _mapped(folder / name, type_), folder / f"{name}.sorted"
        with draft.open("wb") as file:
            for start in range(0, len(order), _AT_ONCE):
                values[order[start : start + _AT_ONCE]].tofile(file)
        draft.replace(folder / name)


def _ascends(keys: npt.NDArray[Any]) -> bool:
    parts = (keys[at : at + _AT_ONCE + 1] for at in range(0, len(keys), _AT_ONCE))
    return all(bool((part[:-1] <= part[1:]).all()) for part in parts)


def new_folder(scratch: Path | None) -> Path:
    """A folder of our own; those that killed processes left behind a day ago go."""
    with storage_errors("making a folder for a join in", scratch or tempfile.gettempdir()):
        if scratch is not None:
            scratch.mkdir(parents=True, exist_ok=True)
            for old in scratch.glob(f"{_FOLDER}*"):
                if time.time() - old.stat().st_mtime > _STALE_S and not _is_alive(old.name):
                    shutil.rmtree(old, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-", dir=scratch))


def _is_alive(name: str) -> bool:
    """Whether the process whose number stands in the folder's name is still there."""
    pid = name.removeprefix(_FOLDER).partition("-")[0]
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
