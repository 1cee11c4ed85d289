"""The tree that every trainer reads."""

from pathlib import Path

import pytest

from gleanset.errors import StorageError
from gleanset.sinks.base import SinkSettings
from gleanset.sinks.image_folder import ImageFolder
from gleanset.terms.sample import Sample


def a_sample(key: str = "k1", split: str | None = None, class_dir: str = "n01") -> Sample:
    return Sample(key, "n01", class_dir, 0, split, "jpg", b"body", {})


def test_an_image_lies_in_its_class(tmp_path: Path) -> None:
    """With and without a split; the folder comes with its first image."""
    sink = ImageFolder(SinkSettings(tmp_path))
    assert sink.write(a_sample()) == "n01/k1.jpg"
    assert sink.write(a_sample(split="val", class_dir="n02")) == "val/n02/k1.jpg"
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.jpg")) == [
        "n01/k1.jpg",
        "val/n02/k1.jpg",
    ]


def test_two_images_never_share_a_file(tmp_path: Path) -> None:
    """The first tool wrote the second over the first and counted both."""
    sink = ImageFolder(SinkSettings(tmp_path))
    sink.write(a_sample())
    with pytest.raises(StorageError, match=r"k1\.jpg"):
        sink.write(a_sample())


def test_a_planted_link_is_not_written_through(tmp_path: Path) -> None:
    """Whoever can write into the staging folder cannot make us write elsewhere."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"dear")
    (tmp_path / "data" / "n01").mkdir(parents=True)
    (tmp_path / "data" / "n01" / "k1.jpg").symlink_to(victim)
    with pytest.raises(StorageError):
        ImageFolder(SinkSettings(tmp_path / "data")).write(a_sample())
    assert victim.read_bytes() == b"dear"
