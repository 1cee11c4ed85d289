"""What has to lie in a build's folder for it to go on, or to be left alone."""

from pathlib import Path

import pyarrow.parquet as pq

from ..errors import GleansetError, WorkdirError
from ..recipe import Recipe, read_recipe
from ..store.workdir import Workdir

TABLES = ("manifest.parquet", "outcomes.parquet", "classes.csv", "README.md", "report.html")
BATCH = 10_000


def dataset_is_whole(root: Path) -> bool:
    """Whether all tables lie there, and every file that the manifest names with its size. Reads no image."""
    if not all((root / name).is_file() for name in TABLES):
        return False
    sizes: dict[str, int] = {}
    manifest = pq.ParquetFile(root / "manifest.parquet")
    for batch in manifest.iter_batches(BATCH, columns=["path", "bytes"]):
        for path, n_bytes in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            if not path.endswith(".tar"):
                if _size(root / path) != n_bytes:
                    return False
            elif path not in sizes:
                sizes[path] = _size(root / path)
    return all(size > 0 for size in sizes.values())


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:
        return -1


def stored_recipe(workdir: Workdir) -> Recipe:
    """What the build was asked for: from its state, else from the copy beside the dataset.

    Raises:
        WorkdirError: neither can be read.
    """
    places = (workdir.state / "recipe.toml", workdir.recipe)
    problems = []
    for place in places:
        try:
            return read_recipe(place)
        except GleansetError as error:
            problems.append(str(error))
    raise WorkdirError(
        f"{workdir.root}: the recipe of this build is gone or damaged ({problems[0]}). "
        "Restore recipe.toml from a copy, or begin in another folder."
    )


def require_journal(workdir: Workdir) -> None:
    """Refuse to collect anew over a dataset or bodies whose journal was lost.

    Raises:
        WorkdirError: bodies or a manifest lie there, but no journal.
    """
    if workdir.journal.exists():
        return
    bodies = workdir.blobs.is_dir() and any(workdir.blobs.iterdir())
    if bodies or (workdir.root / "manifest.parquet").exists():
        raise WorkdirError(
            f"{workdir.journal} is gone, though something was collected here. Restore it from a copy, or "
            f"build anew in another folder; {workdir.root / 'manifest.parquet'} is a list for that."
        )
