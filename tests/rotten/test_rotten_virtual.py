"""The door in virtual time: every fate ends as it should, within the limits of a fetcher's patience."""

from dataclasses import replace

import numpy as np
import pytest

from gleanset.fetch.base import Arrival, FetchSettings, Order
from gleanset.inspection.inspector import inspect_image
from gleanset.rotten.fates import Fate
from gleanset.rotten.fetcher import VirtualFetcher
from gleanset.rotten.settings import WorldSettings
from gleanset.rotten.world import UNAVAILABLE_URL, World
from gleanset.terms.inspection import Flaw
from gleanset.terms.outcome import Failed, Failure, Fetched, Moved
from gleanset.terms.verdict import Judgement
from gleanset.urls import host_of, is_flickr, politeness_group

LIMITS = FetchSettings()


def ask(fetcher: VirtualFetcher, url: str, now_s: float = 0.0, hops: int = 0) -> Arrival:
    return fetcher.answer(Order(1, url, politeness_group(host_of(url)), hops), now_s)


@pytest.mark.parametrize("fate", Fate, ids=lambda fate: fate.word)
def test_every_fate_ends_for_its_reason(
    every_fate_world: World, urls_by_fate: dict[Fate, list[str]], fate: Fate
) -> None:
    """What the real fetcher and inspector would say; placeholders are sound and for the judge to find."""
    fetcher = VirtualFetcher(every_fate_world, LIMITS)
    for url in urls_by_fate[fate][:3]:
        arrival = ask(fetcher, url)
        if fate is Fate.FLAKY:
            assert arrival.result == Failed(Failure.SERVER_ERROR, 500)
            arrival = ask(fetcher, url)
        if fate is Fate.MOVED:
            assert isinstance(arrival.result, Moved)
            assert arrival.result.hops == 1
            arrival = ask(fetcher, arrival.result.url, hops=1)
        _check_end(fate, arrival)


def _check_end(fate: Fate, arrival: Arrival) -> None:
    match fate.reason:
        case Failure() as failure:
            assert isinstance(arrival.result, Failed)
            assert arrival.result.failure is failure
        case reason:
            assert isinstance(arrival.result, Fetched)
            flaw = inspect_image(arrival.result.body).flaw
            assert flaw is (reason if isinstance(reason, Flaw) else None)
            if reason is Judgement.PLACEHOLDER and fate is Fate.MOVED_PLACEHOLDER:
                assert arrival.result.final_url.endswith("/images/no_image.jpg")


@pytest.mark.parametrize(
    ("fate", "elapsed_s"),
    [
        (Fate.BLACKHOLE, 5.0),
        (Fate.HANG, 10.0),
        (Fate.DRIP, 10.0),
        (Fate.ENDLESS, 1.0),
        (Fate.REFUSED, 0.0),
        (Fate.NOT_FOUND, 0.0),
    ],
)
def test_a_fate_takes_its_time(
    every_fate_world: World, urls_by_fate: dict[Fate, list[str]], fate: Fate, elapsed_s: float
) -> None:
    """The fetcher's limits are not scaled, the web's own times are."""
    arrival = ask(VirtualFetcher(every_fate_world, LIMITS), urls_by_fate[fate][0])
    assert arrival.elapsed_s == pytest.approx(elapsed_s, abs=0.05)


@pytest.mark.parametrize(
    ("limits", "fate", "failure", "elapsed_s"),
    [
        (replace(LIMITS, connect_timeout_s=2.0), Fate.BLACKHOLE, Failure.CONNECT_TIMEOUT, 2.0),
        (replace(LIMITS, first_byte_s=3.0), Fate.HANG, Failure.TIMEOUT, 3.0),
        (replace(LIMITS, timeout_s=4.0), Fate.HANG, Failure.TIMEOUT, 4.0),
        (replace(LIMITS, timeout_s=4.0), Fate.DRIP, Failure.TIMEOUT, 4.0),
        (replace(LIMITS, min_speed_over_s=2.0), Fate.DRIP, Failure.TOO_SLOW, 2.0),
        (replace(LIMITS, max_body_bytes=1000), Fate.GOOD, Failure.TOO_LARGE, 0.0),
        (replace(LIMITS, max_decoded_bytes=100 << 20), Fate.BAD_GZIP, Failure.PROTOCOL, 0.0),
    ],
)
def test_limits_are_honoured(
    every_fate_world: World,
    urls_by_fate: dict[Fate, list[str]],
    limits: FetchSettings,
    fate: Fate,
    failure: Failure,
    elapsed_s: float,
) -> None:
    arrival = ask(VirtualFetcher(every_fate_world, limits), urls_by_fate[fate][0])
    assert isinstance(arrival.result, Failed)
    assert arrival.result.failure is failure
    assert arrival.elapsed_s == pytest.approx(elapsed_s, abs=0.05)


def test_a_gzip_bomb_opens_for_whoever_has_room(
    every_fate_world: World, urls_by_fate: dict[Fate, list[str]]
) -> None:
    """It is no broken gzip: 64 MB of zeros come out whole."""
    fetcher = VirtualFetcher(every_fate_world, replace(LIMITS, max_decoded_bytes=64 << 20))
    arrival = ask(fetcher, urls_by_fate[Fate.GZIP_BOMB][0])
    assert isinstance(arrival.result, Fetched)
    assert len(arrival.result.body) == 64 << 20
    assert arrival.n_bytes_wire < 100_000


def test_flickr_sends_to_another_site_for_its_placeholder(measured_world: World) -> None:
    """A lease of its own, as a 302 to yimg.com was; and there is the picture that says so."""
    url = next(
        row.url
        for row in measured_world.rows()
        if is_flickr(host_of(row.url)) and _fate(measured_world, row.url) is Fate.MOVED_PLACEHOLDER
    )
    fetcher = VirtualFetcher(measured_world)
    first = ask(fetcher, url)
    assert first.result == Moved(UNAVAILABLE_URL, 1)
    second = ask(fetcher, UNAVAILABLE_URL, hops=1)
    assert isinstance(second.result, Fetched)
    assert second.result.headers == (("content-type", "image/png"),)


def _fate(world: World, url: str) -> Fate:
    asked = world.look_up(url)
    assert asked is not None
    return asked.fate


def test_an_outcome_is_an_answer_without_pixels(
    every_fate_world: World, urls_by_fate: dict[Fate, list[str]]
) -> None:
    """For each fate: the same end, the same time, the same final address."""
    drawing, rehearsing = (VirtualFetcher(every_fate_world, LIMITS) for _ in range(2))
    for fate, urls in urls_by_fate.items():
        for url in urls[:3]:
            arrival, elapsed_s = _to_the_end(drawing, url)
            outcome = rehearsing.outcome(url, host_of(url), 0.0)
            assert outcome.elapsed_s == pytest.approx(elapsed_s, abs=0.02), fate.word
            match arrival.result:
                case Failed() as failed:
                    assert outcome.result is failed.failure
                    assert outcome.retry_after_s == failed.retry_after_s
                case Fetched() as fetched:
                    flaw = inspect_image(fetched.body).flaw
                    assert outcome.result is flaw, fate.word
                    assert (outcome.identity is None) == (flaw is not None)
                    assert outcome.final_url == fetched.final_url


def _to_the_end(fetcher: VirtualFetcher, url: str) -> tuple[Arrival, float]:
    arrival = ask(fetcher, url)
    elapsed_s = arrival.elapsed_s
    if isinstance(arrival.result, Moved):
        arrival = ask(fetcher, arrival.result.url, elapsed_s, arrival.result.hops)
        elapsed_s += arrival.elapsed_s
    return arrival, elapsed_s


@pytest.mark.parametrize(("flickr", "mean_s"), [(True, 0.43), (False, 1.45)])
def test_a_try_takes_as_long_as_in_2019(measured_world: World, flickr: bool, mean_s: float) -> None:
    """0.43 s on Flickr and 1.45 s elsewhere, time-outs included."""
    fetcher = VirtualFetcher(measured_world)
    times = [
        fetcher.outcome(row.url, host_of(row.url), float(n)).elapsed_s
        for n, row in enumerate(measured_world.rows())
        if is_flickr(host_of(row.url)) == flickr
    ]
    assert np.mean(times) == pytest.approx(mean_s, rel=0.05)


def test_the_time_scale_spares_only_the_webs_own_time() -> None:
    settings = WorldSettings(urls_per_class=50)
    slow, fast = (VirtualFetcher(World(replace(settings, time_scale=scale))) for scale in (1.0, 0.05))
    for row in slow.world.rows():
        fate = _fate(slow.world, row.url)
        times = [fetcher.outcome(row.url, host_of(row.url), 0.0).elapsed_s for fetcher in (slow, fast)]
        if fate in {Fate.BLACKHOLE, Fate.HANG}:
            assert times[0] == times[1]
        elif fate is Fate.NOT_FOUND:
            assert times[1] == pytest.approx(times[0] / 20)


def test_a_busy_site_turns_away_who_comes_too_often() -> None:
    """The burst is let in, the next one is told when to come back, and then is welcome."""
    world = World(WorldSettings(urls_per_class=200, flickr_share=0.0, busy_share=1.0, slow_share=0.0))
    busy = [row.url for row in world.rows() if world.sites[host_of(row.url)].name == "busy000.example"]
    fetcher = VirtualFetcher(world)
    arrivals = [ask(fetcher, url, 100.0) for url in busy[:9]]
    assert all(arrival.status != 429 for arrival in arrivals[:8])
    assert arrivals[8].result == Failed(Failure.RATE_LIMITED, 429, retry_after_s=1.0)
    assert ask(fetcher, busy[8], 101.0).status != 429
    outcome = VirtualFetcher(world)
    assert [outcome.outcome(url, "busy000.example", 100.0).result for url in busy[:9]][
        8
    ] is Failure.RATE_LIMITED


def test_retry_after_can_be_anything(every_fate_world: World, urls_by_fate: dict[Fate, list[str]]) -> None:
    """What a header may hold, and what the real parser makes of it."""
    url = urls_by_fate[Fate.RATE_LIMITED][0]
    for text, parsed in (("7", 7.0), ("86400", 86400.0), ("-1", None), ("abc", None)):
        world = World(replace(every_fate_world.settings, retry_after=text))
        fetcher = VirtualFetcher(world)
        assert ask(fetcher, url).result == Failed(Failure.RATE_LIMITED, 429, retry_after_s=parsed)
        assert fetcher.outcome(url, host_of(url), 0.0).retry_after_s == parsed


def test_too_many_hops_end_a_journey(every_fate_world: World, urls_by_fate: dict[Fate, list[str]]) -> None:
    """Hops of earlier leases count."""
    arrival = ask(VirtualFetcher(every_fate_world), urls_by_fate[Fate.MOVED][0], hops=5)
    assert isinstance(arrival.result, Failed)
    assert arrival.result.failure is Failure.TOO_MANY_REDIRECTS
