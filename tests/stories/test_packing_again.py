"""One collection in other forms: beside a finished, a short and a running build, one pack at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gleanset import api
from gleanset.errors import LockedError, UsageError
from gleanset.store.workdir import held

from .program import Left, Program, ended, wait_until
from .site import Answer, Gate, Site, picture

pytestmark = pytest.mark.sockets

URLS = [f"http://host{n}.example/{n}.jpg" for n in range(12)]
SHARDS = ("--format", "webdataset", "-o", "w", "--json")


@pytest.fixture
def site() -> Iterator[Site]:
    """Twelve pictures, all there."""
    one = Site()
    one.answers = {url: Answer(picture(n)) for n, url in enumerate(URLS)}
    yield one
    one.close()


@pytest.fixture
def program(site: Site, tmp_path: Path) -> Program:
    program = Program(tmp_path, site.resolve_rules)
    program.write_list(("dog", url) for url in URLS)
    return program


@pytest.fixture
def built(program: Program) -> Path:
    """A finished build."""
    program.build("list.tsv", "-o", "d")
    return program.folder / "d"


@pytest.mark.parametrize(("images", "code", "status"), [("12", 0, "complete"), ("20", 3, "short")])
def test_a_build_that_has_ended(program: Program, site: Site, images: str, code: int, status: str) -> None:
    said = program.build("list.tsv", "-o", "d", "--images", images, code=code)
    n_before = len(site.visits)
    packed = program.run("pack", "d", *SHARDS).must(0).said
    assert (packed["status"], packed["digest"]) == (status, said["digest"])
    assert len(Left(program.folder / "w").manifest) == 12
    assert program.run("status", "d", "--json").must(0).said["status"] == status
    page = Path(program.run("report", "d").must(0).out.strip())
    assert page == program.folder / "d" / "report.html"
    assert len(site.visits) == n_before


def test_a_build_that_runs(program: Program, site: Site) -> None:
    """As of one moment; the build does not notice."""
    gate = Gate(site)
    site.answers |= {url: Answer(picture(n), before=gate.wait) for n, url in enumerate(URLS[:4])}
    process = program.start("build", "list.tsv", "-o", "d", "--json")
    left = Left(program.folder / "d")
    wait_until(lambda: left.settled() == 8, "all but the four that are held back")
    assert program.run("pack", "d", *SHARDS).must(0).said["totals"]["accepted"] == 8
    assert program.run("status", "d", "--json").must(0).said["status"] == "running"
    assert "report.html" in program.run("report", "d").must(0).out
    assert process.poll() is None
    gate.open()
    assert ended(process).must(0).said["totals"]["accepted"] == 12
    assert program.run("pack", "d", *SHARDS).must(0).said["totals"]["accepted"] == 12
    assert len(Left(program.folder / "w").manifest) == 12


def test_two_packs_do_not_share_a_folder(built: Path, tmp_path: Path) -> None:
    """Each would sweep away what the other prepares."""
    to = tmp_path / "w"
    to.mkdir()
    with held(to), pytest.raises(LockedError, match="at work here"):
        api.pack(built, to=to)
    assert not list(to.iterdir())
    assert api.pack(built, to=to).accepted == 12


def test_what_a_kill_left_is_swept_away(built: Path, tmp_path: Path) -> None:
    """The folder holds nothing else, and is no reason to refuse the same command."""
    (tmp_path / "w" / ".packing" / "scratch").mkdir(parents=True)
    assert api.pack(built, to=tmp_path / "w").accepted == 12
    assert not (tmp_path / "w" / ".packing").exists()


def test_another_build_is_not_packed_over(built: Path, program: Program) -> None:
    program.build("list.tsv", "-o", "e", "--images", "3")
    with pytest.raises(UsageError, match="a build of its own"):
        api.pack(built, to=program.folder / "e")
    assert len(Left(program.folder / "e").manifest) == 3


def test_the_builds_own_folder_may_be_named(built: Path) -> None:
    """It is the same as naming none: held like by a build, and the next build leaves the new form."""
    api.pack(built, to=built, format="webdataset")
    assert ".tar" in {path.suffix for path in Left(built).images}
    assert not (built / ".packing").exists()


@pytest.mark.parametrize("name", ["list.tsv", "."])
def test_what_is_no_pack_is_left_alone(built: Path, program: Program, name: str) -> None:
    before = sorted(path.name for path in program.folder.iterdir())
    with pytest.raises(UsageError, match=r"is no folder|no pack of ours"):
        api.pack(built, to=program.folder / name)
    assert sorted(path.name for path in program.folder.iterdir()) == before
