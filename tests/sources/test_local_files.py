"""Pictures on this machine: found in folders and archives, matched by key or by label and name."""

import io
import tarfile
from pathlib import Path

import pyarrow as pa
import pytest

from gleanset.errors import UsageError
from gleanset.fetch.base import Arrival, Order
from gleanset.fetch.disk import DiskFetcher, local_name, local_url
from gleanset.sources.local_files import LocalFiles, refuse_empty
from gleanset.terms.outcome import Failed, Failure, Fetched


def packed(**members: bytes) -> bytes:
    """A tar; ``__`` in a name stands for a slash, ``_j`` at its end for the ending."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, body in members.items():
            member = tarfile.TarInfo(name.replace("__", "/").replace("_j", ".JPEG").replace("_t", ".tar"))
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What people have of ImageNet: a folder, an archive a class, one archive of archives."""
    (tmp_path / "train" / "n01").mkdir(parents=True)
    (tmp_path / "train" / "n01" / "n01_7.JPEG").write_bytes(b"seven")
    (tmp_path / "train" / "n01" / "cat.jpg").write_bytes(b"cat")
    (tmp_path / "train" / "other").mkdir()
    (tmp_path / "train" / "other" / "cat.jpg").write_bytes(b"another cat")
    (tmp_path / "train" / "other" / "12.jpg").write_bytes(b"twelve")
    (tmp_path / "train" / "notes.txt").write_bytes(b"no picture")
    (tmp_path / "n02.tar").write_bytes(packed(n02_1_j=b"one" * 700, n02_2_j=b"two"))
    whole = packed(n03_t=packed(n03_1_j=b"three"), n04_t=packed(n04__n04_1_j=b"four"))
    (tmp_path / "whole.tar").write_bytes(whole)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "n01_9.JPEG").write_bytes(b"hidden")
    return tmp_path


def found(folder: Path, *rows: tuple[str, str, str]) -> list[bytes | None]:
    """What lies there for each (key, label, URL)."""
    files = LocalFiles(folder)
    keys, labels, urls = zip(*rows, strict=True)
    places = files.find(pa.array(keys), labels, pa.array(urls))
    return [None if place < 0 else body(folder, files, int(place)) for place in places]


def body(folder: Path, files: LocalFiles, place: int) -> bytes | None:
    """The bytes, as the fetcher of local files brings them."""
    entry = files.entry(place)
    (arrival,) = fetched(folder, local_url(entry.name, entry.offset, entry.length))
    return arrival.result.body if isinstance(arrival.result, Fetched) else None


def fetched(folder: Path, *urls: str) -> list[Arrival]:
    fetcher = DiskFetcher(folder, 5_000)
    for at, url in enumerate(urls):
        fetcher.start(Order(at, url, "local.invalid"))
    try:
        return fetcher.poll(1.0)
    finally:
        fetcher.close()


U = "http://a.example/x.jpg"


def test_imagenets_own_names_are_keys(folder: Path) -> None:
    """In folders, in archives, in archives of archives; whatever the class is called in the dataset."""
    rows = [
        ("n01_7", "n01", U),
        ("n02_1", "dogs", U),
        ("n02_2", "n02", U),
        ("n03_1", "n03", U),
        ("n04_1", "x", U),
    ]
    assert found(folder, *rows) == [b"seven", b"one" * 700, b"two", b"three", b"four"]
    assert found(folder, ("n01_8", "n01", U), ("n01_9", "n01", U)) == [None, None]


def test_the_name_of_the_urls_file_counts_under_its_label(folder: Path) -> None:
    """``cat.jpg`` is everywhere; only the one in the label's folder is meant."""
    rows = [("u1", "n01", "http://a.example/p/cat.jpg?size=1"), ("u2", "dog", "http://a.example/cat.jpg")]
    assert found(folder, *rows) == [b"cat", None]


def test_a_short_key_is_no_name(folder: Path) -> None:
    """A list that counts its images 12, 13, 14 does not own every ``12.jpg``."""
    assert found(folder, ("12", "n01", U), ("12", "other", U)) == [None, b"twelve"]


def test_a_long_key_is_found_in_any_folder(tmp_path: Path) -> None:
    """Open Images' ids, and the keys of an earlier dataset of ours."""
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "000002b66c9c498e.jpg").write_bytes(b"it")
    assert found(tmp_path, ("000002b66c9c498e", "/m/0k4j", U)) == [b"it"]


def test_labels_are_known_by_the_names_of_their_folders(tmp_path: Path) -> None:
    """As a dataset of ours escapes them."""
    from gleanset.urls import safe_name

    (tmp_path / safe_name("/m/0k4j")).mkdir()
    (tmp_path / safe_name("/m/0k4j") / "7.jpg").write_bytes(b"car")
    assert found(tmp_path, ("7", "/m/0k4j", U)) == [b"car"]


def test_a_damaged_archive_gives_what_is_before_the_damage(folder: Path) -> None:
    """And no archive at all gives nothing."""
    archive = folder / "n02.tar"
    archive.write_bytes(archive.read_bytes()[:3100] + b"\xff" * 3000)
    (folder / "n05.tar").write_bytes(b"no archive")
    assert found(folder, ("n02_1", "n02", U), ("n02_2", "n02", U)) == [b"one" * 700, None]


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    """Before a build begins that would ask the web for all of it."""
    with pytest.raises(UsageError, match="no picture in it"):
        refuse_empty(tmp_path)
    with pytest.raises(UsageError, match="no such folder"):
        refuse_empty(tmp_path / "absent")


def test_odd_names_survive_their_address(tmp_path: Path) -> None:
    """Blanks, signs, letters of any alphabet, and bytes that are none."""
    for name in ("a b?c#d%20é.jpg", "wei\udcdfß.jpg"):
        (tmp_path / name).write_bytes(b"it")
        url = local_url(name, 0, -1)
        assert url.isascii()
        assert local_name(url) == name
        (arrival,) = fetched(tmp_path, url)
        assert isinstance(arrival.result, Fetched)


@pytest.mark.parametrize(
    ("url", "failure"),
    [
        ("http://local.invalid/../secret.jpg?0--1", Failure.NOT_FOUND),
        ("http://local.invalid/gone.jpg?0--1", Failure.NOT_FOUND),
        ("http://local.invalid/cat.jpg", Failure.NOT_FOUND),
        ("http://other.example/cat.jpg?0--1", Failure.NOT_FOUND),
        ("http://local.invalid/large.jpg?0--1", Failure.TOO_LARGE),
        ("http://local.invalid/empty.jpg?0--1", Failure.EMPTY),
    ],
)
def test_what_is_not_in_the_folder_is_a_failure(tmp_path: Path, url: str, failure: Failure) -> None:
    """Never an exception, and never a file elsewhere."""
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (folder / "cat.jpg").write_bytes(b"cat")
    (folder / "large.jpg").write_bytes(bytes(6_000))
    (folder / "empty.jpg").write_bytes(b"")
    (arrival,) = fetched(folder, url)
    assert isinstance(arrival.result, Failed)
    assert arrival.result.failure is failure


def test_what_was_cancelled_does_not_arrive(tmp_path: Path) -> None:
    """As with every fetcher."""
    (tmp_path / "a.jpg").write_bytes(b"a")
    fetcher = DiskFetcher(tmp_path, 5_000)
    for ticket in (1, 2):
        fetcher.start(Order(ticket, local_url("a.jpg", 0, -1), "local.invalid"))
    fetcher.cancel(1)
    assert fetcher.in_flight == 1
    assert [arrival.ticket for arrival in fetcher.poll(1.0)] == [2]
    assert fetcher.poll(0.0) == []
    fetcher.close()


def test_names_that_are_no_text_disturb_nobody(tmp_path: Path) -> None:
    """One file from an old disk does not hide the others."""
    (tmp_path / "n01").mkdir()
    (tmp_path / "n01" / "wei\udcdf.jpg").write_bytes(b"it")
    (tmp_path / "n01" / "n01_7.jpg").write_bytes(b"seven")
    files = LocalFiles(tmp_path)
    assert {body(tmp_path, files, place) for place in range(len(files))} == {b"it", b"seven"}
    assert found(tmp_path, ("n01_7", "n01", U)) == [b"seven"]


def test_links_that_go_round_end(tmp_path: Path) -> None:
    """Two links to the folder they lie in would be as many paths as two to the power of their length."""
    (tmp_path / "one.jpg").write_bytes(b"x")
    inner = tmp_path / "dogs"
    inner.mkdir()
    (inner / "two.jpg").write_bytes(b"x")
    for name in ("a", "b"):
        (tmp_path / name).symlink_to(".")
        (inner / name).symlink_to("..")
    assert len(LocalFiles(tmp_path)) == 2


def test_links_to_folders_elsewhere_are_followed(tmp_path: Path) -> None:
    """Classes may lie on several disks."""
    elsewhere, root = tmp_path / "disk", tmp_path / "root"
    elsewhere.mkdir()
    root.mkdir()
    (elsewhere / "two.jpg").write_bytes(b"x")
    (root / "dogs").symlink_to(elsewhere)
    assert len(LocalFiles(root)) == 1
