"""Lists in object stores, by fsspec, against a stand-in for S3 on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import gleanset
from gleanset.errors import ListError
from gleanset.sources.remote import have_remote
from gleanset.terms.outcome import Failed, Failure

pytestmark = pytest.mark.sockets
BODY = b"url,label\nhttp://a.example/1.jpg,cat\nhttp://a.example/2.jpg,dog\n"


def nobody(*_: object, **__: object) -> Failed:
    """A web on which nobody answers."""
    return Failed(Failure.REFUSED, None, "", None)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """A bucket with a list and a folder of two; whoever has an account finds it in the environment."""
    pytest.importorskip("s3fs")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0, verbose=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("GLEANSET_HOME", str(tmp_path / "home"))
    server.start()
    try:
        host, port = server.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        import s3fs

        files = s3fs.S3FileSystem(skip_instance_cache=True)
        if not files.exists("bucket"):
            files.mkdir("bucket")
        files.pipe("bucket/list.csv", BODY)
        files.pipe("bucket/many/a.csv", BODY)
        files.pipe("bucket/many/deep/b.csv", BODY)
        files.pipe("bucket/many/picture.jpg", b"none of our business")
        yield files
    finally:
        server.stop()


def test_a_list_in_a_bucket_is_a_list(store: object) -> None:
    """With the account of the environment, as every other tool has it."""
    assert gleanset.survey("s3://bucket/list.csv").urls == 2


def test_a_folder_in_a_bucket_gives_its_tables(store: object, tmp_path: Path) -> None:
    """Those that lists have, and nothing else."""
    folder = have_remote("s3://bucket/many", tmp_path, nobody)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*.csv")}
    assert names == {"a.csv", "deep/b.csv"}
    assert gleanset.survey("s3://bucket/many/").urls == 4


def test_an_object_is_fetched_again_when_it_changed(store: object, tmp_path: Path) -> None:
    """And only then."""
    path = have_remote("s3://bucket/list.csv", tmp_path, nobody)
    stamp = path.stat().st_mtime_ns
    assert have_remote("s3://bucket/list.csv", tmp_path, nobody).stat().st_mtime_ns == stamp
    store.pipe("bucket/list.csv", BODY + b"http://a.example/3.jpg,cat\n")  # type: ignore[attr-defined]
    assert have_remote("s3://bucket/list.csv", tmp_path, nobody).read_bytes().count(b"\n") == 4


def test_what_is_not_there_says_so(store: object, tmp_path: Path) -> None:
    """With the store's own word for it."""
    with pytest.raises(ListError, match=r"s3://bucket/gone\.csv: it cannot be read \(FileNotFoundError"):
        have_remote("s3://bucket/gone.csv", tmp_path, nobody)


def test_without_the_package_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``pip install gleanset`` is light."""
    monkeypatch.setitem(__import__("sys").modules, "fsspec.core", None)
    with pytest.raises(ListError, match=r"pip install 'gleanset\[s3\]'"):
        have_remote("s3://bucket/list.csv", tmp_path, nobody)
