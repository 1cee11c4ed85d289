"""A Darwin Core archive as GBIF hands it out: a zip, whose two tables are unpacked for as long as we run."""

import atexit
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import IO

from ..errors import ListError, storage_errors
from .index import new_folder

_TABLES = ("multimedia.txt", "occurrence.txt")


def unpacked(path: Path, name: str, scratch: Path | None) -> Path | None:
    """A folder with the archive's tables; None: it is no such archive. Gone when the program ends.

    Raises ListError where the archive is damaged.
    """
    if path.suffix != ".zip" or not zipfile.is_zipfile(path):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            if not set(_TABLES) <= set(archive.namelist()):
                return None
            folder = new_folder(scratch)
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            for table in _TABLES:
                with archive.open(table) as packed, storage_errors("unpacking", name):
                    _copy(packed, folder / table)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError) as error:
        raise ListError(f"{name}: the archive is damaged ({error}). Download it again.") from error
    return folder


def _copy(packed: IO[bytes], path: Path) -> None:
    with path.open("wb") as file:
        shutil.copyfileobj(packed, file, 1 << 20)
