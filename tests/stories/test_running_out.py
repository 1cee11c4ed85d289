"""Builds that run out of time or of hosts end, keep what there is, say what is left, and go on later."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gleanset.rotten.fates import Mix
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings

from .program import Left, Program, before
from .site import Answer, Site, picture

pytestmark = pytest.mark.sockets

SLOW = WorldSettings(
    classes=("n02084071", "n02121620"),
    urls_per_class=40,
    flickr_share=0.4,
    flickr=Mix({}),
    other=Mix({"not-found": 0.3}),
    hosts=12,
    busy_share=0.0,
    other_s=3600.0,
    flickr_s=0.01,
    look=Look(64, 48, mean_bytes=3_000),
)
"""Flickr answers at once; everybody else takes an hour."""
WANTED = 22


def test_when_time_is_up_there_is_a_dataset_and_the_same_command_goes_on(tmp_path: Path) -> None:
    """In the morning there is something to train on, and the rest comes the next night."""
    words = ("fall11_urls.txt", "-o", "d", "--images", str(WANTED))
    with RottenServer(SLOW) as web:
        ended = before(web, tmp_path).run("build", *words, "--time-limit", "4s").must(3)
    left = Left(tmp_path / "d")
    assert left.endings() == ["time-limit"]
    left.check()
    assert len(left.images) < 2 * WANTED
    assert "n02084071" in ended.out.partition("\nshort ")[2]
    assert "The same command asks" in ended.out
    assert "The same command asks" in (left.out / "report.html").read_text(encoding="utf-8")

    kept = {row["key"]: row["sha256"] for row in left.manifest}
    with RottenServer(replace(SLOW, other_s=0.0)) as web:
        said = before(web, tmp_path).build(*words, "--time-limit", "1h")
    assert said["status"] == "complete"
    left.check(said)
    assert kept.items() <= {row["key"]: row["sha256"] for row in left.manifest}.items()


@pytest.fixture
def site() -> Iterator[Site]:
    """Six pictures of cats; of six dogs, one is there, and then the host wants to be left alone."""
    one = Site()
    one.answers = {f"http://cats.example/{n}.jpg": Answer(picture(n)) for n in range(6)}
    one.answers |= {f"http://dogs{n}.example/0.jpg": Answer(picture(10 + n)) for n in range(1)}
    yield one
    one.close()


@pytest.mark.parametrize(("after_s", "horizon"), [(3_600, "patience"), (8 * 3_600, "six hours")])
def test_hosts_that_want_to_be_left_alone_for_long_end_a_build_short(
    site: Site, tmp_path: Path, after_s: int, horizon: str
) -> None:
    """Nobody waits for ever: the class is short, and it is said from when on asking again makes sense."""
    busy = Answer(b"", 429, headers={"Retry-After": str(after_s)})
    site.answers |= {f"http://busy{n}.example/0.jpg": busy for n in range(5)}
    rows = [("cat" if "cats" in url else "dog", url) for url in site.answers]
    program = Program(tmp_path, site.resolve_rules)
    words = (program.write_list(rows), "-o", "d", "--images", "6")
    ended = program.run("build", *words).must(3)
    left = Left(tmp_path / "d")
    assert (left.by_class["cat"], left.by_class["dog"]) == (6, 1), horizon
    assert "the same command asks 5 URLs again" in ended.out
    assert {row["verdict"] for row in left.outcomes if "busy" in row["url"]} == {"deferred"}
    page = (left.out / "report.html").read_text(encoding="utf-8")
    assert "Asked again later" in page
    assert "busy0.example" in page
    assert "the same command asks 5 URLs again" in program.run("status", "d").must(0).out

    n_before = len(site.visits)
    program.run("build", *words).must(3)
    assert [visit.url for visit in site.visits[n_before:] if "busy" in visit.host] == []
