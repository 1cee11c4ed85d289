"""The same command with other words: what may change between two runs of a build, and what is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .program import Program
from .site import Answer, Site, picture

pytestmark = pytest.mark.sockets

N = 12


@pytest.fixture
def site() -> Iterator[Site]:
    """Two classes of twelve pictures, all there."""
    one = Site()
    one.answers = {url(label, n): Answer(picture(n)) for n, label in enumerate(["cat", "dog"] * N)}
    yield one
    one.close()


def url(label: str, n: int) -> str:
    return f"http://{label}{n}.example/{n}.jpg"


@pytest.fixture
def program(site: Site, tmp_path: Path) -> Program:
    """The program before that site, with its list as ``list.tsv``."""
    program = Program(tmp_path, site.resolve_rules)
    program.write_list((label, url(label, n)) for n, label in enumerate(["cat", "dog"] * N))
    return program


def test_a_total_cannot_be_given_other_quotas_later(program: Program, site: Site) -> None:
    """Its shares were made of the quotas that it began with: new ones would belong to no total."""
    first = program.build("list.tsv", "-o", "d", "--total", "8")
    n_before = len(site.visits)
    refused = program.run("build", "-o", "d", "--images", "6").must(2)
    assert "--total" in refused.err
    assert "--images" in refused.err
    assert len(site.visits) == n_before
    assert program.build("-o", "d")["digest"] == first["digest"]


def test_more_images_may_be_wanted_but_no_other_seed(program: Program) -> None:
    """``--images`` goes on from what is there; whatever else changes the collection is named and refused."""
    program.build("list.tsv", "-o", "d", "--images", "3")
    refused = program.run("build", "-o", "d", "--images", "4", "--seed", "9").must(2)
    assert "seed was 0, is now 9" in refused.err
    assert "images was" not in refused.err
    assert program.build("-o", "d", "--images", "4")["totals"]["accepted"] == 8


@pytest.mark.parametrize("began", [(), ("--work", "a")])
def test_a_build_keeps_the_place_of_its_state(program: Program, site: Site, began: tuple[str, ...]) -> None:
    """Another ``--work`` later would begin anew beside it, and forget where the first one lay."""
    first = program.build("list.tsv", "-o", "d", "--images", "3", *began)
    n_before = len(site.visits)
    refused = program.run("build", "list.tsv", "-o", "d", "--images", "3", "--work", "b").must(1)
    assert str(program.folder / ("a" if began else "d/.gleanset")) in refused.err
    assert not (program.folder / "b").exists()
    assert program.build("-o", "d", *began)["digest"] == first["digest"]
    assert len(site.visits) == n_before


def test_a_state_that_was_moved_is_found_where_it_is_named(program: Program, site: Site) -> None:
    """A disk was full: the folder went to another one by hand."""
    first = program.build("list.tsv", "-o", "d", "--images", "3", "--work", "a")
    (program.folder / "a").rename(program.folder / "b")
    gone = program.run("build", "-o", "d").must(1)
    assert str(program.folder / "a") in gone.err
    assert program.build("-o", "d", "--work", "b")["digest"] == first["digest"]
    assert program.build("-o", "d")["digest"] == first["digest"]


def test_a_proxys_password_has_to_be_named_again(program: Program) -> None:
    """It is kept nowhere: without it every request would be refused by the proxy, one by one."""
    proxy = "http://me:secret@127.0.0.1:9"
    program.build("list.tsv", "-o", "d", "--proxy", proxy, code=3)
    refused = program.run("build", "-o", "d").must(2)
    assert "--proxy http://127.0.0.1:9" in refused.err
    assert "secret" not in refused.err
    kept = [path for path in (program.folder / "d").rglob("*") if path.is_file()]
    assert not [path for path in kept if b"secret" in path.read_bytes()]
    program.build("-o", "d", "--proxy", proxy, code=3)
    program.build("-o", "d", "--proxy", "http://127.0.0.1:9", code=3)
    program.build("-o", "d", code=3)
