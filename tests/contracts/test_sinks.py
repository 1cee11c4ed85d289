"""What every form of dataset promises."""

import hashlib
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from gleanset.errors import StorageError, UsageError
from gleanset.sinks.base import Sink, SinkSettings
from gleanset.sinks.registry import SINKS, open_sink
from gleanset.terms.sample import Sample


def a_sample(i: int, split: str | None = None, n_bytes: int = 700) -> Sample:
    folder = ("cat", "dog", "emu")[i % 3]
    return Sample(
        key=f"key_{i:04d}",
        label=folder,
        class_dir=folder,
        class_index=i % 3,
        split=split,
        extension=("jpg", "png", "webp")[i % 3],
        body=hashlib.sha256(str(i).encode()).digest() * (n_bytes // 32),
        facts={"key": f"key_{i:04d}", "url": "http://a.example/ä", "licence": None},
    )


def written(form: str, folder: Path, samples: list[Sample], shard_bytes: int = 8_000) -> list[str]:
    folder.mkdir()
    sink = open_sink(form, SinkSettings(folder, shard_bytes))
    places = [sink.write(sample) for sample in samples]
    sink.close()
    return places


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


SPLITS: list[Callable[[int], str | None]] = [lambda _: None, lambda i: ("train", "val")[i % 5 == 0]]


@pytest.fixture(params=SINKS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("split_of", SPLITS, ids=["whole", "split"])
def test_equal_samples_give_equal_bytes(
    form: str, tmp_path: Path, split_of: Callable[[int], str | None]
) -> None:
    """Times, owners and the folder's own name leave no trace."""
    samples = [a_sample(i, split_of(i)) for i in range(40)]
    assert written(form, tmp_path / "one", samples) == written(form, tmp_path / "two", samples)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.parametrize("split_of", SPLITS, ids=["whole", "split"])
def test_a_sample_lies_where_the_sink_says(
    form: str, tmp_path: Path, split_of: Callable[[int], str | None]
) -> None:
    """The manifest's path leads to the picture."""
    samples = [a_sample(i, split_of(i)) for i in range(40)]
    places = written(form, tmp_path / "out", samples)
    for sample, place in zip(samples, places, strict=True):
        assert sample.body in (tmp_path / "out" / place).read_bytes()
        assert (sample.split or "") in place


def test_no_samples_leave_no_class_and_no_shard(form: str, tmp_path: Path) -> None:
    """An empty class folder or an empty shard breaks readers."""
    written(form, tmp_path / "out", [])
    assert not [path for path in (tmp_path / "out").iterdir() if path.is_dir() or path.suffix == ".tar"]


def test_nothing_is_hidden_and_nothing_is_called_metadata(form: str, tmp_path: Path) -> None:
    """A hidden folder is a class to torchvision; a file metadata.* takes the labels away in `datasets`."""
    written(form, tmp_path / "out", [a_sample(i) for i in range(9)])
    names = [path.name for path in (tmp_path / "out").rglob("*")]
    assert not [name for name in names if name.startswith((".", "metadata"))]


def test_an_adopted_sample_is_the_earlier_file_or_nothing(form: str, tmp_path: Path) -> None:
    """Either a hard link or a refusal that adds nothing."""
    sample = a_sample(1)
    earlier = tmp_path / "earlier"
    earlier.write_bytes(sample.body)
    (tmp_path / "out").mkdir()
    sink = open_sink(form, SinkSettings(tmp_path / "out"))
    place = sink.adopt(sample, earlier)
    sink.close()
    if place is None:
        assert sample.key not in str(contents(tmp_path / "out"))
    else:
        assert (tmp_path / "out" / place).samefile(earlier)


@pytest.mark.parametrize("kind", ["absent", "link", "folder"])
def test_only_plain_files_are_adopted(form: str, tmp_path: Path, kind: str) -> None:
    """A link that somebody put into the old dataset is not followed into the new one."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    earlier = tmp_path / "earlier"
    if kind == "link":
        earlier.symlink_to(secret)
    elif kind == "folder":
        earlier.mkdir()
    (tmp_path / "out").mkdir()
    sink: Sink = open_sink(form, SinkSettings(tmp_path / "out"))
    assert sink.adopt(a_sample(1), earlier) is None
    sink.close()
    assert b"secret" not in b"".join(contents(tmp_path / "out").values())


@contextmanager
def no_file_longer_than(n_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_refusing_disk_is_a_sentence(form: str, tmp_path: Path) -> None:
    """With the file and a remedy, whatever the form."""
    (tmp_path / "out").mkdir()
    sink = open_sink(form, SinkSettings(tmp_path / "out"))
    with no_file_longer_than(2_000), pytest.raises(StorageError, match=rf"writing {tmp_path}/out/.*ulimit"):
        sink.write(a_sample(1, n_bytes=40_000))
    with suppress(StorageError):
        sink.close()


def test_an_unknown_form_is_refused_with_the_known_ones() -> None:
    """So that nobody has to look them up."""
    with pytest.raises(UsageError, match=r"mds.*imagefolder, webdataset"):
        open_sink("mds", SinkSettings(Path()))
