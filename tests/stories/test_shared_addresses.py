"""The real engine and real workers before a DNS of our own: a hundred names live at one address."""

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "fetch"))

from hostile_web import NameServer

from gleanset.clock import SystemClock
from gleanset.fetch.base import FetchSettings
from gleanset.frontier import Frontier, Limits
from gleanset.judge.judge import Judge
from gleanset.judge.placeholders import Signatures
from gleanset.run.atlas import PoolAtlas
from gleanset.run.engine import Ending, Engine
from gleanset.run.local_crew import LocalCrew
from gleanset.run.overload import Overload
from gleanset.run.patience import Patience
from gleanset.run.permits import Permits
from gleanset.run.probes import Probes
from gleanset.run.revival import Reviver
from gleanset.terms.candidate import Candidate
from gleanset.terms.inspection import Treatment
from gleanset.terms.plan import Quota
from gleanset.urls import Ceilings

from .conftest import MemoryLedger
from .site import Answer, Gate, Site, picture

pytestmark = pytest.mark.sockets
NAMES = 100
ADDRESS_CEILING = 8
"""Four times two."""


@pytest.fixture
def names() -> Iterator[NameServer]:
    """A DNS that knows a hundred names, all at one address."""
    server = NameServer()
    server.zone = {f"host{n}.example": ["127.0.0.1"] for n in range(NAMES)}
    yield server
    server.close()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


class OneUrlEach:
    """A hundred hosts with one URL each, of one class."""

    def __init__(self, site: Site) -> None:
        self.hosts = tuple(f"host{n}.example" for n in range(NAMES))
        self.urls = [f"http://{host}:{site.port}/{n}.jpg" for n, host in enumerate(self.hosts)]

    def candidate(self, number: int) -> Candidate:
        return Candidate(number, self.urls[number], f"k{number}", 0, number)


def test_a_hundred_names_never_have_more_at_their_one_address_than_it_takes(
    site: Site, names: NameServer, tmp_path: Path
) -> None:
    """Two workers, each of which alone would not know; and everything is fetched all the same."""
    pool = OneUrlEach(site)
    gate = Gate(site, opens_at=ADDRESS_CEILING)
    for n, host in enumerate(pool.hosts):
        site.answers[f"http://{host}/{n}.jpg"] = Answer(picture(n), before=gate.wait)
    atlas = PoolAtlas(pool, Ceilings(2))
    frontier = Frontier(
        np.zeros(NAMES, np.int32),
        np.arange(NAMES, dtype=np.int32),
        atlas.priors(),
        [Quota(NAMES, NAMES)],
        limits=Limits(in_flight=256),
    )
    atlas.report_to(frontier.add_host)
    clock = SystemClock()
    fetch = FetchSettings(dns_servers=(names.address,), allow_private=("127.0.0.0/8",))
    with closing(LocalCrew(tmp_path / "w", tmp_path / "blobs", "r1", fetch, Treatment(), 2)) as crew:
        engine = Engine(
            frontier,
            Judge(Signatures.parse("")),
            crew,
            MemoryLedger(),
            atlas,
            clock,
            Patience(5.0, limit_s=60.0),
            permits=Permits(False, "gleanset"),
            probes=Probes(lambda _: 0, 0),
            reviver=Reviver(),
            overload=Overload(tmp_path, 256, clock.now_s()),
            watch=lambda *_: None,
            turn=lambda: None,
            stopping=lambda: False,
        )
        assert engine.run() is Ending.SETTLED
    frontier.check()
    assert frontier.book.accepted == [NAMES]
    assert site.most_at_once_in_all == ADDRESS_CEILING
    assert all(names.questions(host) <= 2 for host in pool.hosts), "once for each worker at most"
