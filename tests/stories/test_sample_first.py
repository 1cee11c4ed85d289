"""A draw on old rates asks a sample first, and loses nothing of it: neither requests nor pictures."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gleanset.rotten.fates import Mix
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.store.journal import JournalReader

from .program import Left, Program, before, kill, wait_until

pytestmark = pytest.mark.sockets

MILD = Mix({"not-found": 0.2, "moved-placeholder": 0.05, "html": 0.05})
WORLD = WorldSettings(
    urls_per_class=200,
    flickr=MILD,
    other=MILD,
    hosts=25,
    time_scale=0.02,
    busy_share=0.0,
    slow_share=0.0,
    look=Look(64, 48, 2_000, twin_share=0.0, cross_share=0.0, near_share=0.0),
)
"""4,000 URLs in 20 classes whose fates do not depend on the order of requests."""
LIST = "fall11_urls.txt"
DRAW = ("--classes", "4", "--images", "25", "--seed", "3", "--ignore-robots")
SAMPLE = 200
PHOTO = re.compile(r"/\d{8,10}\b|/\d{8,10}_")
"""How a picture of the list is numbered; notices that many URLs lead to are none."""


@pytest.fixture
def web() -> Iterator[RottenServer]:
    """A web whose log begins with the test."""
    with RottenServer(WORLD) as server:
        yield server


@pytest.fixture
def program(web: RottenServer, tmp_path: Path) -> Program:
    """The program with a cache folder that knows nothing of this web."""
    return before(web, tmp_path, HOME=str(tmp_path / "home"))


def asked(web: RottenServer) -> Counter[str]:
    """How often each picture of the list was asked for."""
    return Counter(f"{line.host} {line.request}" for line in web.log() if PHOTO.search(line.request))


def notes(left: Left, kind: str) -> list[dict[str, Any]]:
    with JournalReader(left.out / ".gleanset" / "journal.sqlite") as journal:
        return [note.payload for note in journal.notes() if note.kind == kind]


def plan_of(left: Left) -> dict[str, Any]:
    saved: dict[str, Any] = json.loads((left.out / ".gleanset" / "plan.json").read_text())
    return saved


def test_what_was_sampled_counts(program: Program, web: RottenServer) -> None:
    """Every sampled URL has its row, no picture is asked for twice, and the quotas are exact."""
    said = program.build(LIST, "-o", "out", *DRAW)
    left = Left(program.folder / "out")
    left.check(said)
    assert left.by_class.total() == 100 and set(left.by_class.values()) == {25}
    (adopted,) = notes(left, "sample-adopted")
    assert 0.9 * SAMPLE <= adopted["rows"] <= SAMPLE
    assert max(asked(web).values()) == 1
    assert any("sample-" in str(path) for path in (left.out / ".gleanset" / "blobs").iterdir())
    assert not (left.out / ".gleanset" / "gleanset-sample").exists()


def test_the_plan_stands_on_what_was_sampled(program: Program) -> None:
    """Its rates are no longer those of 2019, and it says so; a second build knows already."""
    program.build(LIST, "-o", "out", *DRAW)
    text = json.dumps(plan_of(Left(program.folder / "out")))
    assert "were sampled before classes were drawn" in text
    assert "2019" not in json.loads(text)["plan"]["rates_from"]
    program.build(LIST, "-o", "again", *DRAW)
    again = Left(program.folder / "again")
    assert notes(again, "sample-adopted") == []
    again.check()


def test_a_kill_amid_the_sample_loses_nothing(program: Program, web: RottenServer) -> None:
    """The same command goes on with the sample, then with the build; few URLs are asked again."""
    left = Left(program.folder / "out")
    state = left.out / ".gleanset"
    process = program.start("build", LIST, "-o", "out", *DRAW, "--concurrency", "4")
    sampled = state / "gleanset-sample" / "journal.sqlite"

    def some() -> bool:
        if process.poll() is not None or not sampled.exists() or not sampled.stat().st_size:
            return process.poll() is not None
        with JournalReader(sampled) as journal:
            return sum(journal.counts().values()) >= 40

    wait_until(some, "forty rows of the sample")
    assert not (state / "plan.json").exists()
    kill(process)
    said = program.build(LIST, "-o", "out", *DRAW)
    left.check(said)
    assert set(left.by_class.values()) == {25}
    assert sum(n - 1 for n in asked(web).values()) <= 4 * 64
    assert len(notes(left, "sample-adopted")) == 1


def test_another_recipe_begins_another_sample(program: Program) -> None:
    """What was sampled for a draw that is not wanted any more is dropped, and its place is taken."""
    process = program.start("build", LIST, "-o", "out", *DRAW, "--concurrency", "2")
    sample = program.folder / "out" / ".gleanset" / "gleanset-sample"
    wait_until(lambda: process.poll() is not None or (sample / "journal.sqlite").exists(), "a sample")
    kill(process)
    program.build(LIST, "-o", "out", "--class", "n02084071", "--images", "5", "--ignore-robots")
    left = Left(program.folder / "out")
    left.check()
    assert notes(left, "sample-adopted") == [] and not sample.exists()


def test_short_lists_and_chosen_classes_are_not_sampled(program: Program) -> None:
    """Where nothing is drawn, or five of a hundred URLs would be no measurement."""
    program.build(LIST, "-o", "out", "--class", "n02084071", "--class", "n02121620", "--images", "5")
    assert notes(Left(program.folder / "out"), "sample-adopted") == []
