"""A probe of a rotten list by real sockets: what it measures is true, and later commands know it."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import gleanset
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.world import World
from gleanset.store.knowledge import Knowledge, scope_of
from gleanset.urls import host_of, is_flickr

from .program import Program, before, ctrl_c, ended, wait_until

pytestmark = pytest.mark.sockets

WORLD = WorldSettings(
    classes=("n02084071", "n02085620", "n02088364", "n02106030"),
    urls_per_class=(1500, 300, 100, 20),
    hosts=60,
    time_scale=0.02,
    look=Look(96, 72, 4_000),
)
"""One class has most of the URLs, and Flickr has half of them."""
QUICK = ("--timeout", "3s", "--patience", "1s")


@pytest.fixture(scope="module")
def web() -> Iterator[RottenServer]:
    with RottenServer(WORLD) as server:
        yield server


@pytest.fixture(scope="module")
def program(web: RottenServer, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The program with a cache folder of its own."""
    folder = tmp_path_factory.mktemp("probing")
    return before(web, folder, HOME=str(folder / "home"))


@pytest.fixture(scope="module")
def said(program: Program) -> dict[str, Any]:
    """What a probe of 700 of the 1,920 URLs says."""
    words = ("probe", "fall11_urls.txt", "--sample", "700", "-o", "probe.html", "--json", *QUICK)
    return program.run(*words).must(0).said


def truths() -> dict[str, float]:
    """The share of URLs that bring a picture, as the web itself knows it."""
    world, good, urls = World(WORLD), Counter[str](), Counter[str]()
    for row in world.rows():
        truth = world.truth(row.url)
        assert truth is not None
        for kind in ("flickr" if is_flickr(host_of(row.url)) else "other", "all"):
            urls[kind] += 1
            good[kind] += truth.fate.good
    return {kind: good[kind] / urls[kind] for kind in urls}


def test_the_intervals_hold_the_webs_own_truth(said: dict[str, Any]) -> None:
    """A share of 80 % on Flickr, a third elsewhere, from a sample that is nothing like the list."""
    truth = truths()
    for one in said["groups"]:
        low, high = one["success_95"]
        assert low - 0.03 <= truth[one["name"]] <= high + 0.03, one
    assert [one["name"] for one in said["groups"]] == ["flickr", "other", "all"]


def test_small_classes_and_hosts_are_asked_too(said: dict[str, Any]) -> None:
    """Each class gives as many as another or all it has: 1,500 URLs do not crowd out 20."""
    assert said["sampled"] <= 700
    assert said["n_hosts"] > 40
    assert said["classes"] == 4
    assert said["urls"] == sum(WORLD.counts())


def test_every_sampled_url_is_told_of(said: dict[str, Any]) -> None:
    """Successes and reasons add up, as far as URLs have an answer."""
    whole = said["groups"][-1]
    assert whole["tried"] == said["tried"] == sum(one["tried"] for one in said["groups"][:-1])
    assert whole["successes"] + sum(said["rejected"].values()) <= said["sampled"]
    assert whole["successes"] <= whole["tried"] <= said["sampled"]


def test_time_per_picture_has_its_interval(said: dict[str, Any]) -> None:
    """Dead hosts cost more time than living ones."""
    flickr, other = said["groups"][0], said["groups"][1]
    for one in (flickr, other):
        low, high = one["per_success_s_95"]
        assert 0 < low <= one["per_success_s"] <= high
    assert other["per_success_s"] > 2 * flickr["per_success_s"]


def test_the_page_has_the_four_charts(said: dict[str, Any], program: Program) -> None:
    page = (program.folder / "probe.html").read_text(encoding="utf-8")
    assert page.count('<svg class="chart"') == 4
    assert "flickr.com" in page


def test_nothing_but_knowledge_is_left(said: dict[str, Any], program: Program) -> None:
    """Bodies are dropped, and no dataset appears."""
    home = program.folder / "home"
    assert list((home / "probes").iterdir()) == []
    assert {path.name for path in program.folder.iterdir()} == {"fall11_urls.txt", "home", "probe.html"}


def known(program: Program, web: RottenServer) -> dict[str, float]:
    """Group to tries, under the web's rules."""
    with Knowledge.open(program.folder / "home") as knowledge:
        found = knowledge.records(scope_of(web.resolve_rules()), None, 0.0)
        assert knowledge.records("", None, 0.0) == {}, "a simulated web taught about the real one"
    return {name: one.tries for name, one in found.items()}


def test_what_was_learned_is_kept_for_these_rules_alone(
    said: dict[str, Any], program: Program, web: RottenServer
) -> None:
    """Every host that was asked has its record, and the date of the probe is known."""
    tries = known(program, web)
    assert {one["name"] for one in said["hosts"] if one["seconds_s"]} <= set(tries)
    with Knowledge.open(program.folder / "home") as knowledge:
        kinds = knowledge.kinds(scope_of(web.resolve_rules()), 0.0)
    assert kinds["flickr"].probed_at_s is not None


def test_a_build_teaches_too(web: RottenServer, tmp_path: Path) -> None:
    """And says so to nobody: its dataset is as always."""
    program = before(web, tmp_path, HOME=str(tmp_path / "home"))
    program.build("fall11_urls.txt", "-o", "dogs", "--class", "n02088364", "--images", "10", *QUICK)
    first = known(program, web)
    assert first["flickr.com"] > 0
    program.build("-o", "dogs", "--images", "10")
    assert known(program, web) == pytest.approx(first)


def test_ctrl_c_keeps_what_was_learned_so_far(web: RottenServer, tmp_path: Path) -> None:
    """Exit code 130, figures of what was asked, and a sentence that they are not the whole."""
    program = before(web, tmp_path, HOME=str(tmp_path / "home"))
    process = program.start(
        "probe", "fall11_urls.txt", "--concurrency", "4", "--sample", "1500", "--json", *QUICK
    )
    probes = tmp_path / "home" / "probes"
    wait_until(
        lambda: process.poll() is not None or any(probes.glob("*/probe/.gleanset/blobs/*.seg")), "a body"
    )
    ctrl_c(process)
    end = ended(process).must(130)
    assert end.said["status"] == "interrupted"
    assert any("kept" in note for note in end.said["notes"])
    assert sum(known(program, web).values()) > 0
    assert list(probes.iterdir()) == []


def test_a_sample_of_nothing_is_refused(program: Program) -> None:
    """With exit code 2 and a sentence; nothing is written."""
    before_ = set(program.folder.iterdir())
    for words in (
        ("--sample", "0"),
        ("--sample", "many"),
        ("--hosts", "nobody.example"),
        ("-o", "absent/page.html"),
    ):
        end = program.run("probe", "fall11_urls.txt", *words).must(2)
        assert any(said in end.err for said in ("sample", "None of the chosen", "no such folder"))
    assert set(program.folder.iterdir()) == before_


def test_the_library_probes_like_the_program(web: RottenServer, tmp_path: Path) -> None:
    """The same words, a frozen value, nothing printed; the same seed asks the same URLs."""
    path = tmp_path / "list.txt"
    path.write_text("".join(World(WORLD).lines()), encoding="utf-8")
    phases: list[str] = []
    found = gleanset.probe(
        path,
        sample=60,
        seed=5,
        resolve=web.resolve_rules(),
        timeout="3s",
        patience="1s",
        workers=1,
        progress=lambda tally: phases.append(tally.phase),
    )
    assert found.status == "complete"
    assert found.tried <= found.sampled == 60
    assert json.dumps(found.to_json())
    assert {"reading", "planning", "collecting"} <= set(phases)
    assert "URLs encountered" in gleanset.probe_charts(found)
    assert gleanset.probe_page(found, tmp_path / "page.html").stat().st_size > 10_000
