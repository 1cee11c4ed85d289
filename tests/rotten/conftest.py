"""Small rotten webs, and one that holds every fate there is."""

from collections.abc import Iterator

import pytest

from gleanset.rotten.fates import Fate, Mix
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.world import World

EVERY_FATE = Mix({fate.word: 1 / len(Fate) for fate in Fate if fate is not Fate.GOOD})
"""All fates alike; good is what is left."""


@pytest.fixture(scope="session")
def measured_world() -> World:
    """The web of 2019: 20,000 URLs at the default rates."""
    return World(WorldSettings())


@pytest.fixture(scope="session")
def every_fate_world() -> World:
    """600 URLs, about 18 for each fate, tiny pictures, next to no waiting, a drip that one can watch."""
    return World(
        WorldSettings(
            seed=5,
            urls_per_class=30,
            flickr_share=0.0,
            other=EVERY_FATE,
            hosts=60,
            busy_share=0.0,
            time_scale=0.002,
            drip_bytes_per_s=40.0,
            look=Look(160, 120, mean_bytes=5_000),
        )
    )


@pytest.fixture(scope="session")
def urls_by_fate(every_fate_world: World) -> dict[Fate, list[str]]:
    """The URLs of ``every_fate_world``; each fate has at least two."""
    found: dict[Fate, list[str]] = {fate: [] for fate in Fate}
    for label, count in enumerate(every_fate_world.settings.counts()):
        for serial in range(count):
            found[every_fate_world.fate(label, serial)].append(every_fate_world.url(label, serial))
    assert min(map(len, found.values())) >= 2
    return found


@pytest.fixture(scope="module")
def every_fate_server(every_fate_world: World) -> Iterator[RottenServer]:
    with RottenServer(every_fate_world.settings) as server:
        yield server
