"""A list that can be read only once is copied first: pipes, process substitutions, `mkfifo`."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gleanset.errors import ListError
from gleanset.sources.base import Columns, Source
from gleanset.sources.registry import open_sources
from gleanset.sources.spool import spool_pipe

A = "http://a.example/1.jpg"
TABLE = f"url,label\n{A},cat\n".encode()
LONG = TABLE + b"".join(f"http://a.example/{n}.jpg,dog\n".encode() for n in range(100_000))
"""Far more than a pipe holds."""


@pytest.fixture(autouse=True)
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where copies are kept."""
    folder = tmp_path / "copies"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def a_pipe(tmp_path: Path) -> Path:
    """A pipe with a name, and nobody at its other end."""
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    return path


@pytest.fixture
def a_substitution() -> Iterator[tuple[str, int]]:
    """What a shell makes of ``<(command)``: its name, and the end to write into."""
    ours, theirs = os.pipe()
    yield f"/dev/fd/{ours}", theirs
    os.close(ours)


def opened(word: str) -> Source:
    (source,) = open_sources([word], Columns(), None)
    return source


def labels(source: Source) -> list[str]:
    return [label for batch in source.batches() for label in batch.column("label").to_pylist()]


def write_later(end: int | Path, body: bytes) -> threading.Thread:
    """Somebody else, who opens the pipe, writes and closes it."""

    def write() -> None:
        with os.fdopen(end, "wb") if isinstance(end, int) else end.open("wb") as file:
            file.write(body)

    writer = threading.Thread(target=write)
    writer.start()
    return writer


def test_a_process_substitution_is_a_list(a_substitution: tuple[str, int]) -> None:
    """It is looked into, hashed and read twice like any other."""
    name, end = a_substitution
    writer = write_later(end, LONG)
    source = opened(name)
    writer.join()
    assert source.name == name
    assert len(labels(source)) == len(labels(source)) == 100_001
    assert len(source.digest()) == 64


def test_a_named_pipe_waits_for_its_writer(a_pipe: Path) -> None:
    """Whoever comes first."""
    writer = write_later(a_pipe, LONG)
    assert len(labels(opened(str(a_pipe)))) == 100_001
    writer.join()


def test_what_was_written_before_anybody_looked_is_read(a_substitution: tuple[str, int]) -> None:
    """A quick command has ended by then."""
    name, end = a_substitution
    write_later(end, TABLE).join()
    assert labels(opened(name)) == ["cat"]


def test_an_empty_substitution_is_an_empty_list(a_substitution: tuple[str, int]) -> None:
    """``<(false)`` has nothing to wait for."""
    name, end = a_substitution
    os.close(end)
    with pytest.raises(ListError, match="empty"):
        opened(name)


def test_a_pipe_that_nobody_writes_into_is_refused(a_pipe: Path, copies: Path) -> None:
    """It would be waited for without an end."""
    with pytest.raises(ListError, match="a pipe that nobody writes into"):
        spool_pipe(a_pipe, "pipe.csv", patience_s=0.0)


def test_bare_urls_from_a_pipe_have_a_class_that_stays(a_substitution: tuple[str, int], a_pipe: Path) -> None:
    """The copy's name is another one every time; a number of a descriptor says nothing."""
    name, end = a_substitution
    write_later(end, f"{A}\n".encode()).join()
    assert labels(opened(name)) == ["images"]
    writer = write_later(a_pipe, f"{A}\n".encode())
    assert labels(opened(str(a_pipe))) == ["pipe"]
    writer.join()


def test_a_device_is_no_list() -> None:
    """An endless one would fill the disk."""
    with pytest.raises(ListError, match="/dev/zero: a device"):
        opened("/dev/zero")


WAITS = """
import signal, sys
from pathlib import Path
from gleanset.sources.spool import spool_pipe
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
print("waiting", flush=True)
spool_pipe(Path(sys.argv[1]), "pipe", patience_s=3600)
"""


def test_waiting_for_a_pipe_ends_with_sigterm(a_pipe: Path) -> None:
    """Even where a writer is there and silent."""
    command = [sys.executable, "-c", WAITS, str(a_pipe)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "waiting\n"
        with a_pipe.open("wb"):  # returns as soon as the child has opened its end
            child.send_signal(signal.SIGTERM)
            assert child.wait(30) == 143
