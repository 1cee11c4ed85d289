"""Looking through a finished build: what is rejected goes, stays away, and the gaps are filled again."""

import json
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen
from urllib.request import Request, urlopen

import pytest

from gleanset import api
from gleanset.cli.main import main

from .program import BOUND_S, Left, Program, ctrl_c, ended
from .site import Answer, Site, picture

pytestmark = pytest.mark.sockets

N, WANTED = 16, 6


def url(label: str, n: int) -> str:
    return f"http://{label}{n}.example/{n}.jpg"


@pytest.fixture
def site() -> Iterator[Site]:
    """Sixteen cats, of which each picture is there twice, and sixteen dogs."""
    one = Site()
    one.answers = {url("cat", n): Answer(picture(n % 10)) for n in range(N)}
    one.answers |= {url("dog", n): Answer(picture(100 + n)) for n in range(N)}
    yield one
    one.close()


@pytest.fixture
def program(site: Site, tmp_path: Path) -> Program:
    """A finished build in ``d``, which asked one after the other: no spare lies ready."""
    program = Program(tmp_path, site.resolve_rules, CONCURRENCY="1")
    program.write_list((label, url(label, n)) for label in ("cat", "dog") for n in range(N))
    program.build("list.tsv", "-o", "d", "--images", str(WANTED))
    return program


def review(program: Program, lines: str, *more: str, code: int = 3) -> dict[str, object]:
    """Put decisions in force; what the command says."""
    (program.folder / "decisions.csv").write_text(lines)
    return program.run("review", "d", "--from", "decisions.csv", "--json", *more).must(code).said


def test_rejected_images_are_replaced_and_never_come_back(program: Program, site: Site) -> None:
    """Two of six go, the same command fills the class again, and no copy of the two slips in."""
    left = Left(program.folder / "d")
    cats = [row for row in left.manifest if row["label"] == "cat"]
    out = cats[:2]
    n_before = len(site.visits)
    said = review(program, "".join(f"reject,{row['key']}\n" for row in out))
    assert said["status"] == "short"
    assert len(site.visits) == n_before
    assert left.by_class == {"cat": WANTED - 2, "dog": WANTED}
    left.check()
    again = program.build("-o", "d")
    assert again["status"] == "complete"
    assert left.by_class == {"cat": WANTED, "dog": WANTED}
    left.check(again)
    bodies = {row["sha256"] for row in left.manifest}
    assert not bodies & {row["sha256"] for row in out}
    fates = {row["url"]: (row["verdict"], row["reason"]) for row in left.outcomes}
    assert {fates[row["url"]] for row in out} == {("revoked", "rejected-by-hand")}
    everything = program.build("-o", "d", "--images", str(N), code=3)
    assert everything["totals"]["rejected"]["rejected-by-hand"] >= 2
    assert not {row["sha256"] for row in left.manifest} & {row["sha256"] for row in out}


def test_refill_goes_on_at_once(program: Program, site: Site) -> None:
    """One command from the rejection to the full class."""
    left = Left(program.folder / "d")
    out = left.manifest[0]
    said = review(program, f"reject,{out['url']}\n", "--refill", code=0)
    assert said["status"] == "complete"
    assert left.by_class == {"cat": WANTED, "dog": WANTED}
    assert out["url"] not in {row["url"] for row in left.manifest}


def test_a_build_knows_that_a_review_has_changed_it(program: Program) -> None:
    """Ended between the journal and the pack: the same build command does not claim to be complete."""
    left = Left(program.folder / "d")
    out = left.manifest[0]
    (program.folder / "decisions.csv").write_text(f"reject,{out['key']}\n")
    stop = api.StopSignal()
    stop.request()
    cut_off = api.review(program.folder / "d", decisions=program.folder / "decisions.csv", stop=stop)
    assert cut_off.status == "interrupted"
    assert out in left.manifest
    assert program.build("-o", "d")["status"] == "complete"
    assert left.by_class == {"cat": WANTED, "dog": WANTED}
    assert out["url"] not in {row["url"] for row in left.manifest}
    left.check()


def test_a_pardoned_picture_comes_back_without_a_request(site: Site, tmp_path: Path) -> None:
    """A site sends one picture for many addresses; a person knows better, and its body was kept."""
    program = Program(tmp_path, site.resolve_rules)
    sent = picture(777)
    rows = [("cat", f"http://www.one.example/{n}.jpg") for n in range(12)]
    site.answers |= {url: Answer(sent) for _, url in rows}
    listed = program.write_list([*rows, *(("cat", url("cat", n)) for n in range(4))], "pardon.tsv")
    program.build(listed, "-o", "p", "--images", "9", code=3)
    left = Left(tmp_path / "p")
    assert left.by_class == {"cat": 4}
    (one,) = api.placeholders(tmp_path / "p")
    assert (one.met, one.sites) == (12, (("one.example", 12),))
    page = (tmp_path / "p" / "report.html").read_text()
    assert f"pardon,{one.id}" in page
    n_before = len(site.visits)
    (tmp_path / "decisions.csv").write_text(f"pardon,{one.id}\n")
    program.run("review", "p", "--from", "decisions.csv").must(3)
    assert left.by_class == {"cat": 5}
    left.check()
    assert sent in [path.read_bytes() for path in left.images]
    (one,) = api.placeholders(tmp_path / "p")
    assert (one.met, one.pardoned) == (0, True)
    program.run("build", "-o", "p").must(3)
    assert left.by_class == {"cat": 5}
    assert len(site.visits) == n_before


def address(process: "Popen[str]") -> str:
    """Where the page is."""
    assert process.stderr is not None
    line = process.stderr.readline()
    return next(word for word in line.split() if word.startswith("http://"))


def test_one_at_a_time_and_ctrl_c_keeps_what_was_decided(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who comes second hears who is there. Nothing is in force at the end, and nothing is lost."""
    folder = program.folder / "d"
    before = Left(folder).manifest
    process = program.start("review", "d")
    try:
        page = address(process)
        for words in (["review", str(folder)], ["build", "-o", str(folder)]):
            assert main(words) == 1
            assert f"process {process.pid} is at work here" in capsys.readouterr().err
        assert main(["review", str(folder), "--list"]) == 0
        assert capsys.readouterr().out == "No placeholder was learned.\n"
        key = reject_first(page)
    finally:
        ctrl_c(process)
        done = ended(process)
    assert done.code == 130, done.err
    assert "1 decision is kept, not in force yet; the same command goes on." in done.out
    assert "Traceback" not in done.err
    assert Left(folder).manifest == before
    assert (folder / ".gleanset" / "review.csv").read_text() == f"reject,{key}\n"


def reject_first(page: str) -> str:
    """Reject the first image through the page; its key."""
    with urlopen(f"{page}class/0", timeout=BOUND_S) as answer:
        image = json.load(answer)["images"][0]
    wish = Request(f"{page}turn", json.dumps({"what": image["c"]}).encode())
    wish.add_header("Content-Type", "application/json")
    with urlopen(wish, timeout=BOUND_S) as answer:
        assert json.load(answer)["now"] is True
    return str(image["key"])


@pytest.mark.parametrize(
    "words",
    [["nowhere"], ["empty"], ["empty", "--from", "absent.csv"], ["empty", "--port", "70000"],
     ["empty", "--port", "x"], ["empty", "--frm", "x"], ["nowhere", "--list"], []],
)  # fmt: skip
def test_wrong_usage_ends_with_2(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert main(["review", *words]) == 2
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]
