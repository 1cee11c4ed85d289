"""A list in each published layout, built into a dataset from the rotten web."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gleanset.rotten.certificates import make_certificate
from gleanset.rotten.fates import Mix
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.world import World

from ..contracts.published import LAYOUTS, Rows, inaturalist
from ..sources.list_server import serving
from .program import Left, Program
from .site import Answer, Site, picture

pytestmark = pytest.mark.sockets

ELSEWHERE = {"inaturalist", "tsv.gz", "tsv.bz2", "tsv.xz"}
"""One compression stands for all, and iNaturalist's photos lie on another web."""
CLASSES = ("n02084071", "n02123045")
ROTTEN = Mix({"good": 0.7, "not-found": 0.2, "server-error": 0.1})
WORLD = WorldSettings(
    classes=CLASSES,
    urls_per_class=16,
    flickr=ROTTEN,
    other=ROTTEN,
    hosts=6,
    time_scale=0.01,
    look=Look(96, 72, 4_000),
)
QUICK = ("--images", "4", "--timeout", "3s", "--patience", "0", "--per-host", "8")


@pytest.fixture(scope="module")
def web() -> Iterator[RottenServer]:
    """Two classes with sixteen URLs each, of which most are alive."""
    with RottenServer(WORLD) as server:
        yield server


@pytest.fixture(scope="module")
def rows() -> Rows:
    """What its list has."""
    return [(row.url, row.label) for row in World(WORLD).rows()]


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name not in ELSEWHERE])
def test_a_published_list_becomes_a_dataset(
    layout: str, web: RottenServer, rows: Rows, tmp_path: Path
) -> None:
    """Exactly its quotas, under the labels of the list; broken rows are counted and cost nothing."""
    folder = tmp_path / "list"
    folder.mkdir()
    published = LAYOUTS[layout](folder, rows)
    program = Program(tmp_path, web.resolve_rules())
    program.build(published.word, "-o", "out", *QUICK)
    left = Left(tmp_path / "out")
    left.check()
    assert left.by_class == Counter(dict.fromkeys(CLASSES, 4))
    label_of = dict(rows)
    assert all(row["label"] == label_of[row["url"]] for row in left.manifest)


def test_inaturalist_becomes_a_dataset(tmp_path: Path) -> None:
    """Its photos lie on one host, under addresses that follow from their ids, and are asked by https."""
    folder = tmp_path / "list"
    folder.mkdir()
    species = ["Parus major", "Turdus merula"]
    published = inaturalist(folder, [("", species[at % 2]) for at in range(12)])
    site = Site(make_certificate(tmp_path))
    for at, (url, _) in enumerate(published.rows):
        site.answers[url.replace("https:", "http:")] = Answer(picture(at))
    program = Program(tmp_path, site.resolve_rules, INSECURE="1", PER_HOST="8")
    try:
        program.build(published.word, "-o", "out", *QUICK)
    finally:
        site.close()
    left = Left(tmp_path / "out")
    left.check()
    assert Counter(row["label"] for row in left.manifest) == Counter(dict.fromkeys(species, 4))
    assert {row["author"] for row in left.manifest} == {'ann"lee'}
    assert {row["licence"] for row in left.manifest} == {"CC-BY-NC"}


def test_a_list_by_name_comes_from_a_mirror_and_is_built(tmp_path: Path) -> None:
    """``gleanset build inaturalist``: four tables from a mirror of one's own, then the photos."""
    folder = tmp_path / "list"
    folder.mkdir()
    published = inaturalist(folder, [("", "Parus major")] * 8)
    site = Site(make_certificate(tmp_path))
    for at, (url, _) in enumerate(published.rows):
        site.answers[url.replace("https:", "http:")] = Answer(picture(at))
    rules = f"mirror.example=127.0.0.1:{{}},*=127.0.0.1:{site.port}"
    with serving() as lists:
        lists.files = {f"/lists/inaturalist/{path.name}": path.read_bytes() for path in folder.iterdir()}
        settings = {"INSECURE": "1", "HOME": str(tmp_path / "home"), "MIRROR": "http://mirror.example/lists"}
        program = Program(tmp_path, [rules.format(lists.port)], **settings)
        try:
            program.build("inaturalist", "-o", "out", *QUICK)
            asked = len(lists.asked)
            program.build("inaturalist", "-o", "again", *QUICK)
        finally:
            site.close()
    assert asked == len(lists.asked) == 4, "the second build finds all of it in the cache"
    for out in ("out", "again"):
        assert len(Left(tmp_path / out).manifest) == 4


def test_a_list_by_name_that_no_mirror_has_says_what_to_do(tmp_path: Path) -> None:
    """Exit code 2, nothing is written, and the message names the file and where to put it."""
    home = tmp_path / "home"
    with serving() as lists:
        program = Program(tmp_path, [lists.resolve], HOME=str(home))
        ended = program.run("build", "imagenet-fall11", "-o", "out").must(2)
    assert "imagenet_fall11_urls.tgz or fall11_urls.txt" in ended.err
    assert str(home / "lists" / "imagenet-fall11") in ended.err
    assert not (tmp_path / "out").exists()
    assert "https://media.githubusercontent.com/" in ended.err
    hosts = [host for host, path, _ in lists.asked if path.endswith("imagenet_fall11_urls.tgz")]
    assert hosts == ["web.archive.org", "image-net.org", "www.image-net.org"]


def test_sources_shows_names_and_formats(tmp_path: Path) -> None:
    """For people and for programs."""
    program = Program(tmp_path, [], HOME=str(tmp_path / "home"))
    said = program.run("sources", "--json").must(0).said
    assert {"imagenet-fall11", "inaturalist"} <= {one["name"] for one in said["lists"]}
    text = program.run("sources").must(0).out
    assert "imagenet-fall11: ImageNet Fall 2011" in text
    assert "settings: rank=species|genus" in text
