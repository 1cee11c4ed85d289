"""The commands as a user runs them: real processes, real sockets on loopback, exit codes to the letter."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from gleanset.rotten.fates import Mix
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.world import World

pytestmark = pytest.mark.sockets

MILD = Mix({"not-found": 0.15, "moved-placeholder": 0.05})
CLASSES = ("n02814860", "n04128499", "n07734744")
SETTINGS = WorldSettings(
    classes=CLASSES,
    urls_per_class=40,
    flickr=MILD,
    other=MILD,
    hosts=12,
    time_scale=0.05,
    busy_share=0.0,
    slow_share=0.0,
    look=Look(width_px=96, height_px=72, mean_bytes=4_000),
)


class Shop:
    """A list, the web that it points to, and the program."""

    def __init__(self, folder: Path, web: RottenServer) -> None:
        self.folder = folder
        self.web = web
        self.list = folder / "list.txt"
        self.list.write_text("".join(World(web.settings).lines()), encoding="utf-8")
        rules = ",".join(web.resolve_rules())
        self.environ = {
            **os.environ,
            "GLEANSET_RESOLVE": rules,
            "GLEANSET_PATIENCE": "1s",
            "GLEANSET_WORKERS": "1",
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "gleanset", *words],
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, code: int = 0) -> str:
        """What a command prints to stdout; its exit code has to be ``code``."""
        process = self.start(*words)
        out, err = process.communicate(timeout=100)
        assert process.returncode == code, err
        return out

    def json(self, *words: str, code: int = 0) -> dict[str, Any]:
        """What a command's one line of JSON says."""
        [line] = self.run(*words, "--json", code=code).splitlines()
        said: dict[str, Any] = json.loads(line)
        return said


@pytest.fixture(scope="module")
def web() -> Iterator[RottenServer]:
    """A small web with a few dead ends."""
    with RottenServer(SETTINGS) as server:
        yield server


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, web: RottenServer) -> Shop:
    """One for all tests here: the dataset ``d`` in it is complete."""
    opened = Shop(tmp_path_factory.mktemp("shop"), web)
    opened.json("build", "list.txt", "--images", "20", "-o", "d")
    return opened


def test_a_build_says_what_the_contract_promises(shop: Shop) -> None:
    said = shop.json("build", "list.txt", "--images", "20", "-o", "fresh", "--quiet")
    assert set(said) == {"status", "out", "digest", "classes", "totals", "elapsed_s", "images_per_s"}
    assert said["status"] == "complete"
    assert [set(one) for one in said["classes"]] == [
        {"id", "name", "quota", "accepted", "tried", "candidates"}
    ] * 3
    assert [(one["id"], one["quota"], one["accepted"]) for one in said["classes"]] == [
        (c, 20, 20) for c in CLASSES
    ]
    totals = said["totals"]
    assert totals["tried"] == totals["accepted"] + sum(totals["rejected"].values())
    assert pq.read_table(shop.folder / "fresh" / "manifest.parquet").num_rows == 60


def test_a_complete_build_asks_nobody_again(shop: Shop) -> None:
    before = shop.web.counters().total.requests
    first = shop.json("build", "list.txt", "--images", "20", "-o", "d")
    second = shop.json("build", "-o", "d")
    assert shop.web.counters().total.requests == before
    assert first["digest"] == second["digest"]


def test_another_recipe_in_the_same_folder_is_refused_and_nothing_changes(shop: Shop) -> None:
    before = shop.json("status", "d")
    process = shop.start("build", "list.txt", "--images", "20", "--seed", "9", "-o", "d")
    assert "seed was 0, is now 9" in process.communicate(timeout=60)[1]
    assert process.returncode == 2
    assert shop.json("status", "d") == before


def test_a_short_build_ends_with_3_and_is_packed(shop: Shop) -> None:
    said = shop.json("build", "list.txt", "--images", "39", "-o", "short", code=3)
    assert said["status"] == "short"
    n_images = sum(one["accepted"] for one in said["classes"])
    assert 0 < n_images < 3 * 39
    assert len(list((shop.folder / "short" / "data").rglob("*.*"))) == n_images


def test_survey_classes_and_plan_read_the_list_without_a_request(shop: Shop) -> None:
    before = shop.web.counters().total.requests
    survey = shop.json("survey", "list.txt")
    assert (survey["classes"], survey["urls"], survey["odd_lines"]) == (3, 120, 0)
    assert {"images": 100, "classes": 0, "classes_flickr": 0} in survey["at_least"]
    assert [one["id"] for one in shop.json("classes", "list.txt")["classes"]] == list(CLASSES)
    assert shop.run("classes", "list.txt", "--search", "sail").split()[-5:][0] == "n04128499"
    plan = shop.json("plan", "list.txt", "--images", "20")
    assert [one["quota"] for one in plan["classes"]] == [20, 20, 20]
    assert plan["rehearsals"] == []
    played = shop.json("plan", "list.txt", "--images", "20", "--rehearse")
    assert all(50 < one["accepted"] <= 60 for one in played["rehearsals"])
    assert {**played, "rehearsals": [], "rates_from": plan["rates_from"]} == plan
    assert shop.web.counters().total.requests == before


def test_the_class_table_is_proper_csv(shop: Shop) -> None:
    lines = shop.run("classes", "list.txt", "--csv").splitlines()
    assert lines[0] == "id,name,urls,flickr_urls,forecast"
    assert len(lines) == 4


def test_every_command_has_a_form_for_people(shop: Shop) -> None:
    assert "120" in shop.run("survey", "list.txt")
    assert "n07734744" in shop.run("plan", "list.txt", "--images", "20")
    assert "No class fell short." in shop.run("plan", "list.txt", "--images", "10", "--rehearse")
    assert "complete: 60 images in 3 classes" in shop.run("status", "d")
    assert Path(shop.run("report", "d").strip()).read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_collection_is_packed_again_without_a_request(shop: Shop) -> None:
    before = shop.web.counters().total.requests
    said = shop.json("pack", "d", "--format", "webdataset", "--split", "train=0.5,val=0.5", "-o", "shards")
    assert said["totals"]["accepted"] == 60
    names = {path.name for path in (shop.folder / "shards" / "data").glob("*.tar")}
    assert names == {"train-000000.tar", "val-000000.tar"}
    assert shop.web.counters().total.requests == before


def test_a_recipe_repeats_a_draw_elsewhere(shop: Shop) -> None:
    first = shop.json("build", "list.txt", "--classes", "2", "--seed", "4", "--images", "10", "-o", "drawn")
    again = shop.json("build", "list.txt", "--config", "drawn/recipe.toml", "-o", "again")
    assert {one["id"] for one in again["classes"]} == {one["id"] for one in first["classes"]}
    assert again["status"] == "complete"


def test_an_absent_list_ends_with_2_and_leaves_nothing(shop: Shop) -> None:
    shop.run("build", "absent.txt", "-o", "nowhere", code=2)
    assert not (shop.folder / "nowhere").exists()


def test_a_folder_without_a_build_has_no_status(shop: Shop) -> None:
    (shop.folder / "empty").mkdir(exist_ok=True)
    shop.run("status", "empty", code=1)
    assert list((shop.folder / "empty").iterdir()) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_build_keeps_its_state_and_the_same_command_goes_on(
    shop: Shop, number: signal.Signals, code: int
) -> None:
    words = ("build", "list.txt", "--images", "20", "-o", f"broken-{code}")
    process = shop.start(*words, "--concurrency", "1", "--json")
    while "collecting" not in (line := process.stderr.readline()):
        assert line, "it ended before it began"
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert json.loads(out)["status"] == "interrupted"
    assert shop.json(*words)["status"] == "complete"


def test_nobody_listening_to_the_progress_harms_no_build(shop: Shop) -> None:
    """``gleanset build .. 2>&1 >/dev/null | head -1``."""
    reader, writer = os.pipe()
    os.close(reader)
    words = ["build", "list.txt", "--images", "5", "-o", "unheard", "--json"]
    with os.fdopen(writer, "w") as closed:
        run = subprocess.run(
            [sys.executable, "-m", "gleanset", *words],
            cwd=shop.folder,
            env=shop.environ,
            stdout=subprocess.PIPE,
            stderr=closed,
            check=False,
        )
    assert run.returncode == 0
    assert json.loads(run.stdout)["status"] == "complete"
