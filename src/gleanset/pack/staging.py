"""A new dataset takes the place of an old one, or does not, whatever happens on the way.

Everything is prepared inside one folder beside the dataset and flushed; then a list of what has to move is
written, and the moves follow. Before that list the old dataset is untouched. After it the moves are carried
out, if need be by the next pack: each of them is a rename, and one that was done before is seen to be done.
"""

import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from ..errors import StorageError, storage_errors
from ..store.durable import sync_file_system, sync_folder, write_atomically

_MOVES = "moves.json"
_OLD = "old"
_OURS = re.compile(r"new|scratch|old|\.?moves\.json.*")
"""The list of moves has another name while it is written."""


def is_moving(folder: Path) -> bool:
    """Whether a pack was killed while its dataset took its place: the next `Staging` there goes on."""
    return (folder / _MOVES).exists()


def stranger_in(folder: Path) -> Path | None:
    """Something in a staging folder that no pack put there (the folder itself, where it is no folder)."""
    if not os.path.lexists(folder):
        return None
    if folder.is_symlink() or not folder.is_dir():
        return folder
    return next((entry for entry in folder.iterdir() if not _OURS.fullmatch(entry.name)), None)


class Staging:
    """The folder in which one pack is prepared. Making one finishes or sweeps away what a kill left."""

    def __init__(self, folder: Path, out: Path) -> None:
        self.folder = folder
        self.new = folder / "new"
        """What will be in ``out``."""
        self.scratch = folder / "scratch"
        """What will be nowhere."""
        self._out = out
        if is_moving(folder):
            self._move()
        self.discard()
        with storage_errors("making the folder", folder):
            self.new.mkdir(parents=True)
            self.scratch.mkdir()

    def commit(self, names: Sequence[str]) -> None:
        """Put these files and folders of ``new`` into ``out``, in this order, and drop what they replace.

        Raises:
            StorageError: the disk is full or failing. Before the first move ``out`` is as it was; afterwards
                the next `Staging` goes on.
        """
        try:
            with storage_errors("writing", self.folder):
                sync_file_system(self.folder)
            write_atomically(self.folder / _MOVES, json.dumps(list(names)))
        except StorageError:
            self.discard()
            raise
        self._move()
        self.discard()

    def discard(self) -> None:
        """Remove the folder."""
        with storage_errors("removing", self.folder):
            if self.folder.exists():
                shutil.rmtree(self.folder)

    def _move(self) -> None:
        with storage_errors("moving the dataset into", self._out):
            self._out.mkdir(parents=True, exist_ok=True)
            (self.folder / _OLD).mkdir(exist_ok=True)
            for name in json.loads((self.folder / _MOVES).read_text()):
                replacement, place = self.new / name, self._out / name
                if not replacement.exists():
                    continue
                if replacement.is_dir() and place.exists():
                    place.rename(self.folder / _OLD / name)
                replacement.replace(place)
            sync_folder(self._out)
            sync_folder(self.folder / _OLD)
            (self.folder / _MOVES).unlink()
