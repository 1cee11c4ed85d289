"""What the servers see of a build: how many requests at once, how soon again, what was asked first."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from statistics import median

import pytest

from gleanset.rotten.fates import Mix
from gleanset.rotten.ledger import Counters, LogLine
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.urls import Ceilings

from .program import before

pytestmark = pytest.mark.sockets

PER_HOST = 4
SMALL = Look(64, 48, mean_bytes=3_000, twin_share=0.0, cross_share=0.0, near_share=0.0)
CROSSING_S = 0.5
"""A request that was sent before its client had heard of the 429 is not early; half a second is ample."""
ROUND = 9
"""Requests by whose pace a rate is told."""
JITTER = 0.8
"""By which the gaps between requests that are sent in step differ where they arrive."""

Seen = tuple[dict[str, list[LogLine]], Counters]
"""The requests of each host in their order, and the counts."""


def watched(settings: WorldSettings, folder: Path, *words: str) -> Seen:
    """What the servers of a web saw of one build."""
    with RottenServer(settings) as web:
        program = before(web, folder, PATIENCE="4s")
        program.run("build", "fall11_urls.txt", "-o", "out", *words)
        log, counters = web.log(), web.counters()
    by_host = defaultdict(list)
    for line in log:
        by_host[line.host].append(line)
    return by_host, counters


@pytest.fixture(scope="module")
def a_touchy_web(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """A web of which half counts requests, and some of the rest says 429 for an hour, as one build met it."""
    settings = WorldSettings(
        seed=4,
        classes=("n02814860", "n04128499"),
        urls_per_class=80,
        flickr_share=0.25,
        flickr=Mix({"not-found": 0.1}),
        other=Mix({"rate-limited": 0.03, "not-found": 0.1, "moved": 0.05}),
        hosts=20,
        slow_share=0.0,
        busy_share=0.5,
        busy_per_s=0.75,
        busy_burst=6,
        retry_after="3600",
        time_scale=0.05,
        look=SMALL,
    )
    return watched(settings, tmp_path_factory.mktemp("touchy"), "--per-host", str(PER_HOST))


def test_no_site_has_more_requests_at_once_than_its_ceiling(a_touchy_web: Seen) -> None:
    """Counted where they arrive, by politeness group: Flickr's ten names are one site."""
    groups = a_touchy_web[1].groups
    assert "flickr.com" in groups
    for group, visits in groups.items():
        assert visits.most_at_once <= Ceilings(PER_HOST).of(group), group


def test_robots_txt_is_the_first_request_of_every_host(a_touchy_web: Seen) -> None:
    """Nobody is asked for a picture before they could say that they do not want it."""
    for host, lines in a_touchy_web[0].items():
        assert lines[0].request == "GET /robots.txt HTTP/1.1", host


def test_nobody_comes_before_a_retry_after_has_passed(a_touchy_web: Seen) -> None:
    """429 with seconds is an appointment. Who said an hour is not asked again in this build."""
    obeyed = 0
    for host, lines in a_touchy_web[0].items():
        for told in (line for line in lines if line.retry_after):
            quiet_s = (told.at_s + CROSSING_S, told.at_s + float(told.retry_after))
            assert not [line for line in lines if quiet_s[0] < line.at_s < quiet_s[1]], host
            obeyed += 1
    assert obeyed >= 10
    assert any(line.retry_after == "3600" for lines in a_touchy_web[0].values() for line in lines)


def test_after_a_429_a_host_is_asked_half_as_often(tmp_path: Path) -> None:
    """No 429 is followed by more haste, and the last one, met at a steady pace, by half of it at once."""
    settings = WorldSettings(
        seed=4,
        classes=("n02814860",),
        urls_per_class=80,
        flickr_share=0.0,
        other=Mix({}),
        hosts=1,
        slow_share=0.0,
        busy_share=1.0,
        busy_per_s=10.0,
        busy_burst=10,
        time_scale=0.02,
        look=SMALL,
    )
    paces = list(paces_around(watched(settings, tmp_path)[0]["busy000.example"]))
    assert len(paces) >= 2
    for before_s, after_s in paces:
        assert after_s >= JITTER * before_s, paces
    before_s, after_s = paces[-1]
    assert after_s >= JITTER * 2 * before_s, paces


def paces_around(lines: Sequence[LogLine]) -> Iterator[tuple[float, float]]:
    """(usual seconds between requests before, after) each turn to 429, told by ``ROUND`` that were let in."""
    rounds = [list(group) for _, group in groupby(lines, lambda line: line.status == 429)]
    for earlier, turned_away, later in zip(rounds[:-2], rounds[1:-1], rounds[2:], strict=True):
        if turned_away[0].status == 429 and min(len(earlier), len(later)) >= ROUND:
            yield gap_s(earlier[-ROUND:]), gap_s(later[:ROUND])


def gap_s(lines: Sequence[LogLine]) -> float:
    """The median: a machine that stalls once makes one long gap and a few short ones."""
    return median(later.at_s - earlier.at_s for earlier, later in pairwise(lines))
