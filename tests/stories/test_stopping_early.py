"""An end that is asked for while nothing is being collected: clean, at once, and the same call goes on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gleanset import api
from gleanset.terms.tally import Tally

from .program import Left
from .site import Answer, Site, picture

pytestmark = pytest.mark.sockets

URLS = [f"http://host{n}.example/{n}.jpg" for n in range(12)]

Build = Callable[..., api.Report]


@pytest.fixture
def site() -> Iterator[Site]:
    """Twelve pictures, all there."""
    one = Site()
    one.answers = {url: Answer(picture(n)) for n, url in enumerate(URLS)}
    yield one
    one.close()


@pytest.fixture
def build(site: Site, tmp_path: Path) -> Build:
    """Builds all of them in ``d``; stops when a snapshot is ``unwanted``."""
    rows = tmp_path / "list.tsv"
    rows.write_text("label\turl\n" + "".join(f"dog\t{url}\n" for url in URLS), encoding="utf-8")

    def run(unwanted: Callable[[Tally], bool] = lambda _: False, **options: Any) -> api.Report:
        stop = api.StopSignal()

        def watch(tally: Tally) -> None:
            if unwanted(tally):
                stop.request()

        out = tmp_path / "d"
        return api.build(
            str(rows), out, progress=watch, stop=stop, resolve=site.resolve_rules, workers=1, **options
        )

    return run


@pytest.mark.parametrize(
    "unwanted",
    [lambda tally: tally.phase == "reading", lambda tally: tally.phase == "planning"],
    ids=["reading", "planning"],
)
def test_before_anything_is_planned_nothing_is_left(
    build: Build, site: Site, tmp_path: Path, unwanted: Callable[[Tally], bool]
) -> None:
    """A list of gigabytes that was the wrong one: nobody waits for its end."""
    stopped = build(unwanted, hosts="*.example")
    assert stopped.status == "interrupted"
    assert not (tmp_path / "d").exists()
    assert not site.visits
    assert build(hosts="*.example").accepted == 12


def test_while_the_pool_is_sorted(build: Build, site: Site, tmp_path: Path) -> None:
    stopped = build(lambda tally: "sorting" in tally.note)
    assert stopped.status == "interrupted"
    assert not site.visits
    assert {path.name for path in (tmp_path / "d" / ".gleanset").iterdir()} == {"lock"}
    assert build().accepted == 12


def test_while_the_dataset_is_packed(build: Build, site: Site, tmp_path: Path) -> None:
    """What was collected is kept; the same call packs it, and asks nobody."""
    stopped = build(lambda tally: tally.phase == "packing")
    assert (stopped.status, stopped.accepted) == ("interrupted", 12)
    assert not (tmp_path / "d" / "data").exists()
    assert not (tmp_path / "d" / ".gleanset" / "packing").exists()
    n_before = len(site.visits)
    done = build()
    assert (done.status, len(site.visits)) == ("complete", n_before)
    Left(tmp_path / "d").check(done.to_json())


def test_a_stopped_pack_leaves_the_dataset_that_was_there(build: Build, tmp_path: Path) -> None:
    before = build()
    images = Left(tmp_path / "d").images
    assert build(lambda tally: tally.phase == "packing", format="webdataset").status == "interrupted"
    assert Left(tmp_path / "d").images == images
    assert build(format="webdataset").digest == before.digest
    assert ".tar" in {path.suffix for path in Left(tmp_path / "d").images}
