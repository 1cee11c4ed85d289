"""The program as a user runs it, and what it leaves behind, for stories that are told over real sockets."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from PIL import Image

import gleanset
from gleanset.rotten.server import RottenServer
from gleanset.rotten.world import World
from gleanset.store.journal import JournalReader
from gleanset.store.pool import Pool

BOUND_S = 60.0
"""No story waits longer for anything; reaching it is a failure."""


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> dict[str, Any]:
        """The one line of JSON, the last on stdout."""
        said: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return said

    def must(self, code: int) -> "Ended":
        """This, if it ended with ``code``."""
        assert self.code == code, f"exit code {self.code}, not {code}\n{self.out}\n{self.err}"
        return self


class Program:
    """``python -m gleanset`` in a folder, with settings for all its commands."""

    def __init__(self, folder: Path, resolve: Iterable[str], **settings: str) -> None:
        self.folder = folder
        usual = {"PATIENCE": "2s", "WORKERS": "1", "RESOLVE": ",".join(resolve)} | settings
        ours = {f"GLEANSET_{name}": value for name, value in usual.items()}
        self.environ = {**os.environ, **ours, "PYTHONPATH": str(Path(gleanset.__file__).parents[1])}

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command; it leads a process group, as under a shell."""
        return subprocess.Popen(
            [sys.executable, "-m", "gleanset", *words],
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def run(self, *words: str) -> Ended:
        return ended(self.start(*words))

    def build(self, *words: str, code: int = 0) -> dict[str, Any]:
        """What ``build --json`` says; its exit code has to be ``code``."""
        return self.run("build", *words, "--json").must(code).said

    def write_list(self, rows: Iterable[tuple[str, str]], name: str = "list.tsv") -> str:
        """A list of (label, URL) with a header; its name."""
        lines = ["label\turl", *(f"{label}\t{url}" for label, url in rows)]
        (self.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return name

    def write_world(self, world: World, name: str = "fall11_urls.txt") -> str:
        """The list of a rotten web in ImageNet's format; its name."""
        (self.folder / name).write_text("".join(world.lines()), encoding="utf-8")
        return name


def before(web: RottenServer, folder: Path, **settings: str) -> Program:
    """The program before a rotten web, with the web's list as ``fall11_urls.txt``."""
    program = Program(folder, web.resolve_rules(), **settings)
    program.write_world(World(web.settings))
    return program


def ended(process: "subprocess.Popen[str]") -> Ended:
    """Wait for the end, but not for ever."""
    try:
        out, err = process.communicate(timeout=BOUND_S)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"it never ended\n{out}\n{err}") from None
    return Ended(process.returncode, out, err)


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Poll, within bounds."""
    deadline_s = time.monotonic() + BOUND_S
    while not true():
        assert time.monotonic() < deadline_s, f"never: {what}"
        time.sleep(0.01)


def ctrl_c(process: "subprocess.Popen[str]") -> None:
    """What a terminal does: SIGINT for the whole foreground group, not for the program alone."""
    os.killpg(process.pid, signal.SIGINT)


def kill(process: "subprocess.Popen[str]") -> None:
    """``kill -9``, and nothing else."""
    process.send_signal(signal.SIGKILL)
    ended(process)


class Left:
    """What a build left in its folder."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self._state = out / ".gleanset"
        self._journal = self._state / "journal.sqlite"

    @property
    def manifest(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(self.out / "manifest.parquet").to_pylist()
        return rows

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(self.out / "outcomes.parquet").to_pylist()
        return rows

    @property
    def images(self) -> list[Path]:
        """Every file in ``data``."""
        return sorted(path for path in (self.out / "data").rglob("*") if path.is_file())

    @property
    def by_class(self) -> Counter[str]:
        """Files by class folder."""
        return Counter(path.parent.name for path in self.images)

    def settled(self) -> int:
        """Rows of the journal, also while it grows; 0 before there is one."""
        if not self._journal.exists() or not self._journal.stat().st_size:
            return 0
        with JournalReader(self._journal) as journal:
            return sum(journal.counts().values())

    def wait_for(self, size: int, process: "subprocess.Popen[str]") -> None:
        """Until ``size`` rows are journalled by a process that is still at work."""
        wait_until(lambda: self.settled() >= size or process.poll() is not None, f"{size} rows")
        assert process.poll() is None, f"it ended before: {ended(process)}"

    def journalled(self) -> dict[str, str]:
        """URL to its verdict, as the journal stands."""
        pool = Pool.open(self._state / "pool.arrow")
        with JournalReader(self._journal) as journal:
            return {pool.url(row.candidate): row.verdict.value for row in journal.rows()}

    def endings(self) -> list[str]:
        """How the runs ended that came to an orderly end, in their order."""
        with JournalReader(self._journal) as journal:
            return [note.payload["ending"] for note in journal.notes() if note.kind == "run-ended"]

    def check(self, said: dict[str, Any] | None = None) -> None:
        """What holds for every dataset: tables, files and the last word agree, and every picture opens."""
        manifest, outcomes = self.manifest, self.outcomes
        assert len({row["key"] for row in manifest}) == len(manifest)
        rows = {(row["label"], row["url"]) for row in outcomes}
        assert len(rows) == len(outcomes), "a URL has two fates in one class"
        accepted = {row["url"] for row in outcomes if row["verdict"] == "accepted"}
        assert accepted == {row["url"] for row in manifest}
        assert all(bool(row["reason"]) != (row["verdict"] == "accepted") for row in outcomes)
        assert [self.out / row["path"] for row in manifest] == self.images
        for path in self.images:
            with Image.open(BytesIO(path.read_bytes())) as image:
                image.load()
        if said is not None:
            totals = said["totals"]
            assert totals["tried"] == totals["accepted"] + sum(totals["rejected"].values()) == len(outcomes)
            assert totals["accepted"] == len(manifest)
            assert totals["bytes"] == sum(path.stat().st_size for path in self.images)
