"""Shards as their readers expect them."""

import io
import json
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from gleanset.sinks.base import SinkSettings
from gleanset.sinks.webdataset import WebDataset
from gleanset.terms.sample import Sample

FORMATS = (("jpg", "JPEG"), ("png", "PNG"), ("webp", "WEBP"))


def a_picture(i: int, split: str | None = None) -> Sample:
    extension, form = FORMATS[i % 3]
    file = io.BytesIO()
    Image.new("RGB", (40 + i, 40), (i, 2 * i, 3 * i)).save(file, form)
    return Sample(
        f"n01_{i:03d}",
        "n01",
        "n01",
        i % 7,
        split,
        extension,
        file.getvalue(),
        {"url": f"http://a/{i}", "n": i},
    )


def shards(folder: Path, n: int, shard_bytes: int, split: str | None = None) -> list[Path]:
    sink = WebDataset(SinkSettings(folder, shard_bytes))
    for i in range(n):
        sink.write(a_picture(i, split))
    sink.close()
    return sorted(folder.glob("*.tar"))


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # the reader leaves its files open
def test_the_webdataset_package_reads_what_went_in(tmp_path: Path) -> None:
    """The real reader, decoding pictures, classes and facts."""
    webdataset = pytest.importorskip("webdataset")
    urls = [str(path) for path in shards(tmp_path, 30, 30_000)]
    assert len(urls) > 1
    dataset = (
        webdataset.WebDataset(urls, shardshuffle=False)
        .decode("pil")
        .to_tuple("__key__", "jpg;png;webp", "cls", "json")
    )
    read = [(key, image.size, index, facts) for key, image, index, facts in dataset]
    assert read == [
        (f"n01_{i:03d}", (40 + i, 40), i % 7, {"url": f"http://a/{i}", "n": i}) for i in range(30)
    ]


def test_members_are_plain_files_of_nobody(tmp_path: Path) -> None:
    """Mode, owner and time are fixed; nothing but plain files, the parts of a sample side by side."""
    (shard,) = shards(tmp_path, 2, 10**9)
    with tarfile.open(shard) as archive:
        members = archive.getmembers()
    assert [member.name for member in members] == [
        f"n01_{i:03d}.{part}" for i in range(2) for part in (FORMATS[i][0], "cls", "json")
    ]
    assert {(m.type, m.mode, m.mtime, m.uid, m.gid, m.uname, m.gname) for m in members} == {
        (tarfile.REGTYPE, 0o644, 0, 0, 0, "", "")
    }
    assert shard.read_bytes()[257:265] == b"ustar\x0000"


@pytest.mark.parametrize("shard_bytes", [20_480, 50_000, 100_000])
def test_no_shard_outgrows_its_size(tmp_path: Path, shard_bytes: int) -> None:
    """As files on the disk, their padding included; and all but the last are well filled."""
    sizes = [path.stat().st_size for path in shards(tmp_path, 60, shard_bytes)]
    assert max(sizes) <= shard_bytes
    assert min(sizes[:-1]) > shard_bytes - 2 * tarfile.RECORDSIZE


def test_a_sample_larger_than_a_shard_has_one_of_its_own(tmp_path: Path) -> None:
    """Nothing is dropped for its size."""
    assert len(shards(tmp_path, 3, 1)) == 3


def test_timm_is_told_what_each_shard_holds(tmp_path: Path) -> None:
    """Names and lengths agree with the archives (timm 1.0 reads ``_info.json``)."""
    paths = shards(tmp_path, 25, 30_000, "val")
    info = json.loads((tmp_path / "_info.json").read_text())["splits"]["val"]
    assert info["filenames"] == [path.name for path in paths]
    assert info["num_samples"] == sum(info["shard_lengths"]) == 25
    for path, length in zip(paths, info["shard_lengths"], strict=True):
        with tarfile.open(path) as archive:
            assert sum(name.endswith(".cls") for name in archive.getnames()) == length


def test_shards_are_called_by_split_and_number(tmp_path: Path) -> None:
    """``train`` where there are no splits."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert [path.name for path in shards(tmp_path / "a", 2, 1)] == ["train-000000.tar", "train-000001.tar"]
    assert [path.name for path in shards(tmp_path / "b", 1, 1, "val")] == ["val-000000.tar"]
