"""The tree that torchvision, timm, fastai, Keras and `datasets` read: ``[split/]class/key.jpg``."""

import os
import stat
from pathlib import Path

from ..errors import storage_errors
from ..terms.sample import Sample
from .base import SinkSettings


class ImageFolder:
    """One file an image. A class folder is made with its first image: an empty one breaks torchvision."""

    shuffled = False

    def __init__(self, settings: SinkSettings) -> None:
        self._folder = settings.folder
        self._made: Path | None = None

    def write(self, sample: Sample) -> str:
        path, place = self._place(sample)
        with storage_errors("writing", path):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
            fd = os.open(path, flags, 0o644)
            with os.fdopen(fd, "wb", buffering=0) as file:
                rest = memoryview(sample.body)
                while rest:
                    rest = rest[file.write(rest) :]
        return place

    def adopt(self, sample: Sample, earlier: Path) -> str | None:
        path, place = self._place(sample)
        try:
            if not stat.S_ISREG(earlier.lstat().st_mode):
                return None
            path.hardlink_to(earlier)
        except OSError:
            return None
        return place

    def close(self) -> None:
        pass

    def _place(self, sample: Sample) -> tuple[Path, str]:
        parts = (sample.split, sample.class_dir) if sample.split else (sample.class_dir,)
        folder = self._folder.joinpath(*parts)
        if folder != self._made:
            with storage_errors("making the folder", folder):
                folder.mkdir(parents=True, exist_ok=True)
            self._made = folder
        name = f"{sample.key}.{sample.extension}"
        return folder / name, "/".join((*parts, name))
