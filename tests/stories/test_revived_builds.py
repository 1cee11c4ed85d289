"""What is dead where the list says may be had elsewhere: revived, named, and rebuilt without luck."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gleanset.errors import GleansetError
from gleanset.fetch.revive import WAYS
from gleanset.rotten.afterlife import Afterlife
from gleanset.rotten.certificates import make_certificate
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.truths import way_back
from gleanset.rotten.world import World

from .program import Left, Program, before

pytestmark = pytest.mark.sockets

WORLD = WorldSettings(
    classes=("n02084071", "n02123045"),
    urls_per_class=80,
    hosts=30,
    time_scale=0.02,
    look=Look(96, 72, 4_000, twin_share=0.0, cross_share=0.0, near_share=0.0),
    afterlife=Afterlife(live_share=0.6, archive_share=0.5, archive_per_s=100.0, archive_burst=50),
)
QUICK = ("--timeout", "2s", "--patience", "1s")


@dataclass(frozen=True)
class Built:
    """A build, and where it was made."""

    program: Program
    said: dict[str, Any]
    left: Left


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return make_certificate(tmp_path_factory.mktemp("certificate"))
    except GleansetError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def program(certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program before a web whose dead live on, by https as well."""
    with RottenServer(WORLD, certificate=certificate) as web:
        yield before(web, tmp_path_factory.mktemp("revived"), CACERT=str(certificate))


@pytest.fixture(scope="module")
def revived(program: Program) -> Built:
    """All there is to be had, in one go."""
    said = program.build(
        "fall11_urls.txt", "-o", "revived", "--images", "80:", "--revive", "rewrites,wayback", *QUICK, code=3
    )
    return Built(program, said, Left(program.folder / "revived"))


def identities(left: Left) -> set[tuple[str, str, str]]:
    """(key, label, sha256) of every image."""
    return {(row["key"], row["label"], row["sha256"]) for row in left.manifest}


def test_revived_pictures_are_in_the_set_and_named(revived: Built) -> None:
    """Each by a way that the web really has for it, and with the address where it was found."""
    revived.left.check(revived.said)
    world = World(WORLD)
    ways = {
        world.url(label, serial): way_back(world, label, serial, WAYS)
        for label in range(2)
        for serial in range(80)
    }
    found: Counter[str] = Counter()
    for row in revived.left.manifest:
        if row["revived"] is not None:
            assert row["revived"] == ways[row["url"]], row
            assert row["final_url"].startswith(("https://live.staticflickr.com/", "https://web.archive.org/"))
            found[row["revived"]] += 1
    assert found["rewrite:flickr-farm"] > 3
    assert found["wayback"] > 10


def test_the_card_says_so(revived: Built) -> None:
    assert "were found elsewhere" in (revived.left.out / "README.md").read_text()


def test_a_manifest_rebuilds_revived_rows_without_revival(revived: Built) -> None:
    """They are asked for where they were found."""
    said = revived.program.build("revived/manifest.parquet", "-o", "copy", *QUICK)
    copy = Left(revived.program.folder / "copy")
    assert identities(copy) == identities(revived.left)
    assert said["digest"] == revived.said["digest"]


def test_revival_may_be_added_to_a_build_that_fell_short(program: Program) -> None:
    """The dead are not asked again where they were dead: the same command with one more option goes on."""
    plain = program.build("fall11_urls.txt", "-o", "later", "--images", "80:", *QUICK, code=3)
    later = program.build("-o", "later", "--revive", "rewrites,wayback", *QUICK, code=3)
    left = Left(program.folder / "later")
    left.check(later)
    assert later["totals"]["accepted"] > plain["totals"]["accepted"] + 10
    assert {row["revived"] for row in left.manifest} >= {None, "wayback"}


def test_without_the_option_nobody_else_is_asked(program: Program) -> None:
    program.build("fall11_urls.txt", "-o", "plain", "--images", "20", *QUICK)
    assert {row["revived"] for row in Left(program.folder / "plain").outcomes} == {None}
