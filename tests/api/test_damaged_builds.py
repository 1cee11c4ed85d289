"""A build whose folder lost something heals where it can, and says the truth where it cannot."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gleanset import api
from gleanset.errors import WorkdirError
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.world import World

pytestmark = pytest.mark.sockets
SETTINGS = WorldSettings(
    classes=("n02084071", "n02121808"), urls_per_class=40, hosts=8, time_scale=0.01, look=Look(80, 60, 3000)
)
OPTIONS = {"images": "8", "timeout": "5s", "patience": "1s"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished build of two classes x eight, and its list beside it. Its web is gone."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "list.txt").write_text("".join(World(SETTINGS).lines()))
    with RottenServer(SETTINGS) as web:
        report = api.build(folder / "list.txt", folder / "out", resolve=web.resolve_rules(), **OPTIONS)
    assert report.status == "complete"
    return folder


@pytest.fixture
def build(finished: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil."""
    shutil.copytree(finished / "out", tmp_path / "out")
    return tmp_path / "out"


def lose_a_class(out: Path) -> None:
    shutil.rmtree(out / "data" / "n02084071")


def lose_an_end_of_a_picture(out: Path) -> None:
    victim = next((out / "data").rglob("*.jpg"))
    body = victim.read_bytes()
    victim.unlink()
    victim.write_bytes(body[:-10])


def lose_tables(out: Path) -> None:
    for name in ("classes.csv", "outcomes.parquet", "report.html"):
        (out / name).unlink()


@pytest.mark.parametrize("lose", [lose_a_class, lose_an_end_of_a_picture, lose_tables])
def test_what_can_be_packed_again_is(build: Path, lose: Callable[[Path], None]) -> None:
    """From what was collected, without a request: there is no web any more."""
    before = sorted(
        (path.relative_to(build), path.stat().st_size) for path in (build / "data").rglob("*.jpg")
    )
    lose(build)
    report = api.build(out=build)
    assert report.status == "complete"
    after = sorted((path.relative_to(build), path.stat().st_size) for path in (build / "data").rglob("*.jpg"))
    assert after == before
    assert (build / "classes.csv").exists()
    assert (build / "report.html").exists()


def test_a_lost_pool_is_made_again_from_the_list(build: Path) -> None:
    """The same list gives the same numbers."""
    digest = api.status(build).digest
    (build / ".gleanset" / "pool.arrow").unlink()
    shutil.rmtree(build / "data")
    report = api.build(out=build)
    assert (report.status, report.digest) == ("complete", digest)


def test_a_lost_journal_is_no_reason_to_begin_anew_over_a_dataset(build: Path) -> None:
    """Refused, and nothing changes."""
    for path in (build / ".gleanset").glob("journal.sqlite*"):
        path.unlink()
    with pytest.raises(WorkdirError, match="is gone, though something was collected here"):
        api.build(out=build)
    assert (build / "manifest.parquet").exists()
    assert not (build / ".gleanset" / "journal.sqlite").exists()


def test_the_recipe_beside_the_dataset_stands_in_for_a_lost_one(build: Path) -> None:
    """And where both are gone, the message names the file and not an option that nobody typed."""
    (build / ".gleanset" / "recipe.toml").unlink()
    assert api.build(out=build).status == "complete"
    (build / "recipe.toml").write_bytes(b"\xff\xfe no TOML")
    (build / ".gleanset" / "recipe.toml").unlink(missing_ok=True)
    with pytest.raises(WorkdirError, match=r"recipe of this build is gone or damaged"):
        api.build(out=build)


def test_all_there_are_is_short_while_some_may_still_come(finished: Path, tmp_path: Path) -> None:
    """Without a quota a build whose web is down is no success: it ends short, and may go on later."""
    rows = (finished / "list.txt").read_text()
    (tmp_path / "list.txt").write_text(rows)
    report = api.build(
        tmp_path / "list.txt", tmp_path / "out", resolve=("*=127.0.0.1:9",), timeout="3s", patience="0s"
    )
    assert report.status == "short"
    assert report.accepted == 0
    assert all(one.undecided for one in report.classes)
