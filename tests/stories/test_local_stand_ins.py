"""Pictures that the user has are taken before the web is asked, and treated like any other."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .program import Left, Program
from .site import Answer, Site, picture

pytestmark = pytest.mark.sockets
CLASSES = ("n02084071", "n02123045")


def url_of(label: str, at: int) -> str:
    return f"http://{label}.example/{at}.jpg"


@pytest.fixture
def site() -> Iterator[Site]:
    """Both classes with twelve pictures each."""
    site = Site()
    for number, label in enumerate(CLASSES):
        for at in range(12):
            site.answers[url_of(label, at)] = Answer(picture(100 * number + at))
    yield site
    site.close()


@pytest.fixture
def program(site: Site, tmp_path: Path) -> Program:
    """Before that site, with ImageNet's kind of list."""
    lines = [f"{label}_{at}\t{url_of(label, at)}\n" for label in CLASSES for at in range(12)]
    (tmp_path / "fall11_urls.txt").write_text("".join(lines))
    return Program(tmp_path, site.resolve_rules, PER_HOST="8")


def pictures_of(label: str, numbers: range) -> list[tuple[str, bytes]]:
    return [(f"{label}_{at}.JPEG", picture(100 * CLASSES.index(label) + at)) for at in numbers]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Ten dogs in a folder, of which one is broken and one is another's twin; four cats in an archive."""
    folder = tmp_path / "own" / CLASSES[0]
    folder.mkdir(parents=True)
    for name, body in pictures_of(CLASSES[0], range(10)):
        (folder / name).write_bytes(body)
    (folder / f"{CLASSES[0]}_0.JPEG").write_bytes(b"\xff\xd8\xff broken")
    (folder / f"{CLASSES[0]}_1.JPEG").write_bytes(picture(2))
    with tarfile.open(tmp_path / "own" / f"{CLASSES[1]}.tar", "w") as archive:
        for name, body in pictures_of(CLASSES[1], range(4)):
            member = tarfile.TarInfo(name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return tmp_path / "own"


def test_the_web_is_asked_for_the_rest_alone(program: Program, own: Path, site: Site, tmp_path: Path) -> None:
    """Eight dogs are enough, so nobody is asked for a dog; of the cats four are missing."""
    program.build("fall11_urls.txt", "--images", "8", "--local", str(own), "-o", "out")
    left = Left(tmp_path / "out")
    left.check()
    assert left.by_class == dict.fromkeys(CLASSES, 8)
    asked = [url for url in site.hits if url.endswith(".jpg")]
    assert not [url for url in asked if CLASSES[0] in url]
    assert not [url for url in asked if url in {url_of(CLASSES[1], at) for at in range(4)}]
    by_key = {row["key"]: row for row in left.manifest}
    assert {f"{CLASSES[1]}_{at}" for at in range(4)} <= by_key.keys()
    first = by_key[f"{CLASSES[1]}_0"]
    assert (first["url"], first["status"]) == (url_of(CLASSES[1], 0), None)
    assert (tmp_path / "out" / first["path"]).read_bytes() == picture(100)


def test_a_broken_file_costs_nothing_but_its_place(
    program: Program, own: Path, site: Site, tmp_path: Path
) -> None:
    """Its URL is asked as if nobody had looked, and so is that of a twin."""
    program.build("fall11_urls.txt", "--images", "10", "--local", str(own), "-o", "out")
    left = Left(tmp_path / "out")
    left.check()
    assert left.by_class == dict.fromkeys(CLASSES, 10)
    dogs = {url for url in site.hits if CLASSES[0] in url and url.endswith(".jpg")}
    assert dogs <= {url_of(CLASSES[0], at) for at in (0, 1, 2, 10, 11)}
    assert not list((tmp_path / "out" / ".gleanset").glob("gleanset-local*"))


def test_a_short_build_is_filled_from_a_folder_later(
    program: Program, own: Path, site: Site, tmp_path: Path
) -> None:
    """Dead URLs whose pictures somebody has: the same command with ``--local`` goes on."""
    for at in range(8):
        del site.answers[url_of(CLASSES[0], at)]
    words = ("build", "fall11_urls.txt", "--images", "8", "-o", "out")
    program.run(*words).must(3)
    killed = tmp_path / "out" / ".gleanset" / "gleanset-local"
    (killed / "blobs").mkdir(parents=True)
    (killed / "pool.arrow").write_bytes(b"what a killed run left")
    program.run(*words, "--local", str(own)).must(0)
    left = Left(tmp_path / "out")
    left.check()
    assert left.by_class == dict.fromkeys(CLASSES, 8)
    n_asked = len(site.visits)
    program.run(*words, "--local", str(own)).must(0)
    assert len(site.visits) == n_asked


def test_an_empty_folder_is_refused_before_anything_is_written(program: Program, tmp_path: Path) -> None:
    """A misspelt folder would mean the web is asked for everything."""
    (tmp_path / "empty").mkdir()
    ended = program.run("build", "fall11_urls.txt", "--local", "empty", "-o", "out").must(2)
    assert "no picture in it" in ended.err
    assert not (tmp_path / "out").exists()
