"""Stopped, killed, run again: nothing that was journalled is lost or done twice, and the end is the same.

Real processes before the rotten web or a small site whose answers the test holds back.
"""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gleanset import api
from gleanset.errors import LockedError
from gleanset.rotten.fates import Mix
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.world import World

from .program import Left, Program, before, ctrl_c, ended, kill, wait_until
from .site import Answer, Gate, Site, picture

pytestmark = pytest.mark.sockets

MILD = Mix(
    {
        "not-found": 0.12,
        "moved-placeholder": 0.05,
        "html": 0.05,
        "junk": 0.04,
        "bad-gzip": 0.02,
        "flaky": 0.04,
    }
)
WORLD = WorldSettings(
    classes=("n02084071", "n02121620", "n02958343", "n07739125"),
    urls_per_class=55,
    flickr=MILD,
    other=MILD,
    hosts=12,
    time_scale=0.1,
    busy_share=0.0,
    slow_share=0.0,
    look=Look(96, 72, 4_000, twin_share=0.0, cross_share=0.0, near_share=0.0),
)
"""220 URLs whose fates do not depend on the order in which they are asked, and no picture twice."""
LIST = "fall11_urls.txt"
PACE = ("--concurrency", "4")
"""So that a kill can hit the middle of it."""


@pytest.fixture(scope="module")
def web() -> Iterator[RottenServer]:
    """A web without duplicates."""
    with RottenServer(WORLD) as server:
        yield server


@pytest.fixture
def program(web: RottenServer, tmp_path: Path) -> Program:
    """The program before that web."""
    return before(web, tmp_path)


@pytest.fixture
def site() -> Iterator[Site]:
    """A site whose answers can be held back."""
    one = Site()
    yield one
    one.close()


def children(pid: int) -> dict[int, str]:
    """The worker processes of a program: pid to command line."""
    found = {}
    for folder in Path("/proc").iterdir():
        try:
            parent = int((folder / "stat").read_text().rpartition(") ")[2].split()[1])
            command = (folder / "cmdline").read_text().replace("\0", " ")
        except (OSError, ValueError, IndexError):
            continue
        if parent == pid and "gleanset.run.worker" in command:
            found[int(folder.name)] = command
    return found


def alive(pid: int) -> bool:
    """Whether a process of that number runs; one that waits to be buried does not."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(") ")[2][0] != "Z"
    except (OSError, IndexError):
        return False


def good_urls(world: World) -> dict[str, str]:
    """URL to label, of all pictures that can be had."""
    return {row.url: row.label for row in world.rows() if (truth := world.truth(row.url)) and truth.fate.good}


# kill -9


@pytest.mark.parametrize("images", [(), ("--images", "30")], ids=["all there are", "thirty each"])
def test_killed_three_times_the_dataset_is_that_of_an_unkilled_build(
    program: Program, web: RottenServer, images: tuple[str, ...]
) -> None:
    """After 1, 40 and 120 settlements: what was written stays, and nothing of it is asked again."""
    words = ("build", LIST, "-o", "killed", *images, *PACE, "--json")
    left = Left(program.folder / "killed")
    for size in (1, 40, 110 if images else 120):
        process = program.start(*words)
        left.wait_for(size, process)
        kill(process)
        written, n_before = left.journalled(), len(web.log())
        assert len(written) >= size
    said = ended(program.start(*words)).must(0).said
    left.check(said)
    now = left.journalled()
    assert {url: now[url] for url in written} == written
    asked_again = Counter(f"http://{line.host}{line.request.split()[1]}" for line in web.log()[n_before:])
    assert not asked_again.keys() & written.keys()
    assert [one["accepted"] for one in said["classes"]] == (
        [30] * 4 if images else [Counter(good_urls(World(WORLD)).values())[c] for c in WORLD.classes]
    )
    if not images:
        assert {row["url"] for row in left.manifest} == set(good_urls(World(WORLD)))
        assert said["digest"] == program.build(LIST, "-o", "unkilled", "--workers", "2")["digest"]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found through /proc")
def test_workers_die_with_their_parent(program: Program) -> None:
    """Nobody is left behind to ask hosts on behalf of nobody."""
    left = Left(program.folder / "d")
    process = program.start("build", LIST, "-o", "d", "--workers", "2", *PACE)
    left.wait_for(1, process)
    workers = children(process.pid)
    assert len(workers) == 2
    kill(process)
    wait_until(lambda: not any(alive(pid) for pid in workers), "all workers end")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found through /proc")
def test_a_worker_that_is_killed_costs_nothing(program: Program) -> None:
    """Its leases go to the one that takes its place; every picture is there in the end."""
    left = Left(program.folder / "d")
    process = program.start("build", LIST, "-o", "d", "--workers", "2", *PACE, "--json")
    left.wait_for(10, process)
    first, second = sorted(children(process.pid))
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: set(children(process.pid)) not in ({first, second}, {second}), "another is hired")
    os.kill(second, signal.SIGKILL)
    said = ended(process).must(0).said
    left.check(said)
    assert {row["url"] for row in left.manifest} == set(good_urls(World(WORLD)))


# Signals


@pytest.mark.parametrize(("stop", "code"), [(ctrl_c, 130), (subprocess.Popen.terminate, 143)])
def test_a_signal_lets_what_is_under_way_come_home(
    site: Site, tmp_path: Path, stop: Callable[[subprocess.Popen[str]], None], code: int
) -> None:
    """Answers that come within the drain are kept, nobody new is asked, and the same command goes on."""
    gate = Gate(site)
    held = {f"http://held{n}.example/{n}.jpg": picture(n) for n in range(8)}
    later = {f"http://held{n % 8}.example/later/{n}.jpg": picture(100 + n) for n in range(40)}
    site.answers = {url: Answer(body, before=gate.wait) for url, body in (held | later).items()}
    program = Program(tmp_path, site.resolve_rules, IGNORE_ROBOTS="true")
    name = program.write_list(("dog", url) for url in (held | later))
    words = ("build", name, "-o", "d", "--json")
    left = Left(tmp_path / "d")
    process = program.start(*words)
    wait_until(lambda: gate.waiting == 8, "one request at each host")
    stop(process)
    assert process.stderr is not None
    while "Finishing what is in flight" not in (line := process.stderr.readline()):
        assert line, "it ended without a word"
    under_way = {visit.url for visit in site.visits}
    gate.open()
    stopped = ended(process).must(code)
    assert stopped.said["status"] == "interrupted"
    assert {visit.url for visit in site.visits} == under_way
    assert left.journalled() == dict.fromkeys(under_way, "accepted")
    assert left.endings() == ["stopped"]
    said = ended(program.start(*words)).must(0).said
    left.check(said)
    assert said["totals"]["accepted"] == 48
    assert all(count == 1 for count in site.hits.values())


def test_a_drain_does_not_wait_for_the_silent(site: Site, tmp_path: Path) -> None:
    """Requests that do not come home are called back, uncharged: no row, and asked again by the next run."""
    gate = Gate(site)
    rows = [("dog", f"http://host{n}.example/{n}.jpg") for n in range(8)]
    site.answers = {url: Answer(picture(n), before=gate.wait) for n, (_, url) in enumerate(rows)}
    site.answers[rows[0][1]] = Answer(picture(0))
    program = Program(tmp_path, site.resolve_rules, PATIENCE="1s")
    words = ("build", program.write_list(rows), "-o", "d", "--json")
    left = Left(tmp_path / "d")
    process = program.start(*words)
    wait_until(lambda: gate.waiting == 7 and left.settled() == 1, "one is home, seven are silent")
    ctrl_c(process)
    ended(process).must(130)
    assert left.journalled() == {rows[0][1]: "accepted"}
    assert left.endings() == ["stopped"]
    gate.open()
    said = ended(program.start(*words)).must(0).said
    assert said["totals"] | {"bytes": 0} == {"tried": 8, "accepted": 8, "rejected": {}, "bytes": 0}


def test_a_second_ctrl_c_quits_at_once(site: Site, tmp_path: Path) -> None:
    """Without a drain, and without harm: what was journalled stays."""
    gate = Gate(site)
    rows = [("dog", f"http://host{n}.example/{n}.jpg") for n in range(8)]
    site.answers = {url: Answer(picture(n), before=gate.wait) for n, (_, url) in enumerate(rows)}
    program = Program(tmp_path, site.resolve_rules)
    words = ("build", program.write_list(rows), "-o", "d", "--json")
    left = Left(tmp_path / "d")
    process = program.start(*words)
    wait_until(lambda: gate.waiting == 8, "all are silent")
    ctrl_c(process)
    assert process.stderr is not None
    while "Finishing what is in flight" not in (line := process.stderr.readline()):
        assert line, "it ended without a word"
    ctrl_c(process)
    ended(process).must(130)
    assert left.endings() == []
    gate.open()
    ended(program.start(*words)).must(0)
    left.check()


# Again, and two at once


def test_a_short_build_asks_again_what_may_have_healed(site: Site, tmp_path: Path) -> None:
    """After exit code 3 the same command tries transient failures anew, and leaves alone what is gone."""
    urls = [f"http://host{n}.example/{n}.jpg" for n in range(10)]
    site.answers = {url: Answer(picture(n)) for n, url in enumerate(urls[:6])}
    site.answers |= dict.fromkeys(urls[6:8], Answer(b"down", 500, "text/html"))
    program = Program(tmp_path, site.resolve_rules, IGNORE_ROBOTS="true")
    words = (program.write_list(("dog", url) for url in urls), "-o", "d", "--images", "8")
    left = Left(tmp_path / "d")
    first = program.build(*words, code=3)
    left.check(first)
    assert first["totals"]["rejected"] == {"server-error": 2, "not-found": 2}
    site.answers |= {url: Answer(picture(100 + n)) for n, url in enumerate(urls[6:8])}
    before = site.hits
    said = program.build(*words)
    left.check(said)
    assert said["totals"]["rejected"] == {"not-found": 2}
    assert site.hits - before == Counter(urls[6:8])
    assert program.build(*words)["digest"] == said["digest"]
    assert site.hits - before == Counter(urls[6:8])


def test_a_time_limit_packs_what_there_is(site: Site, tmp_path: Path) -> None:
    """Exit code 3, a sound dataset, and the same command without the limit completes it."""
    gate = Gate(site)
    urls = [f"http://host{n}.example/{n}.jpg" for n in range(12)]
    site.answers = {url: Answer(picture(n)) for n, url in enumerate(urls)}
    site.answers |= {url: Answer(picture(n), before=gate.wait) for n, url in enumerate(urls[:4])}
    program = Program(tmp_path, site.resolve_rules)
    words = (program.write_list(("dog", url) for url in urls), "-o", "d", "--images", "12")
    left = Left(tmp_path / "d")
    said = program.build(*words, "--time-limit", "2s", code=3)
    left.check(said)
    assert said["totals"]["accepted"] == 8
    assert left.endings() == ["time-limit"]
    gate.open()
    said = program.build(*words, "--time-limit", "1min")
    left.check(said)
    assert said["totals"]["accepted"] == 12


def test_a_finished_build_asks_nobody_again(program: Program, web: RottenServer) -> None:
    """Neither with its list nor without; the digest is the same and no file is touched."""
    words = (LIST, "-o", "d", "--images", "10")
    first = program.build(*words)
    log = web.log()
    times = {path: path.stat().st_mtime_ns for path in (program.folder / "d").rglob("*.jpg")}
    assert program.build(*words)["digest"] == first["digest"]
    assert program.build("-o", "d") == program.build(*words)
    assert web.log() == log
    assert {path: path.stat().st_mtime_ns for path in (program.folder / "d").rglob("*.jpg")} == times


def test_a_second_run_on_the_same_folder_is_refused(site: Site, tmp_path: Path) -> None:
    """While the first one works, by program and by library; the first does not notice."""
    gate = Gate(site)
    rows = [("dog", f"http://host{n}.example/{n}.jpg") for n in range(8)]
    site.answers = {url: Answer(picture(n), before=gate.wait) for n, (_, url) in enumerate(rows)}
    program = Program(tmp_path, site.resolve_rules, IGNORE_ROBOTS="true")
    words = ("build", program.write_list(rows), "-o", "d", "--json")
    first = program.start(*words)
    wait_until(lambda: gate.waiting == 8, "the first is at work")
    second = program.run(*words).must(1)
    assert str(tmp_path / "d") in second.err
    assert str(first.pid) in second.err
    with pytest.raises(LockedError):
        api.build(out=tmp_path / "d")
    assert program.run("status", "d", "--json").must(0).said["status"] == "running"
    gate.open()
    assert ended(first).must(0).said["totals"]["accepted"] == 8
    assert len({visit.path for visit in site.visits}) == 8


def test_a_reader_that_goes_away_stops_nothing(program: Program) -> None:
    """``gleanset build .. | head -0``: the dataset is complete all the same."""
    words = [sys.executable, "-m", "gleanset", "build", LIST, "-o", "d", "--images", "5", "--json"]
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        run = subprocess.run(
            words, cwd=program.folder, env=program.environ, stdout=closed, stderr=subprocess.PIPE, check=False
        )
    assert b"Traceback" not in run.stderr
    Left(program.folder / "d").check()
