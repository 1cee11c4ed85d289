"""What a rehearsal says, held against the crawl that it rehearsed."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import groupby

import pytest

from gleanset.catalog.select import Selection
from gleanset.frontier import Limits
from gleanset.plan.beliefs import Beliefs
from gleanset.plan.forecast import Forecast, Pace
from gleanset.plan.planner import make_plan
from gleanset.plan.rehearsal import Manners, rehearse
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.world import World
from gleanset.terms.knowledge import HostRecord
from gleanset.terms.plan import GroupCensus, Plan, Quota
from gleanset.terms.verdict import Verdict
from gleanset.urls import Ceilings

from .conftest import Crawl, ListPool

LABELS = tuple(f"c{i}" for i in range(4))
IN_FLIGHT = 256
THIRTY = Quota(30, 30)


@pytest.fixture(scope="module")
def web() -> World:
    """Four classes of 100 URLs at the rates of 2019."""
    return World(
        WorldSettings(seed=6, classes=LABELS, urls_per_class=100, hosts=40, look=Look(64, 48, 3_000))
    )


def records_of(one: Crawl) -> Iterable[HostRecord]:
    """What a crawl teaches of each site that it asked."""
    asked: dict[str, list[tuple[bool, float, bool]]] = {}
    for candidate, row in one.ledger.rows.items():
        seen = row.finding
        if seen is not None and seen.elapsed_s:
            site = one.pool.hosts[one.pool.host[candidate]]
            good = row.verdict in {Verdict.ACCEPTED, Verdict.SPARE}
            asked.setdefault(site, []).append((good, seen.elapsed_s, seen.status is not None))
    for site, rows in asked.items():
        good, seconds_s, answered = zip(*rows, strict=True)
        yield HostRecord(site, len(rows), sum(good), sum(seconds_s), any(answered), None, 0.0)


def census_of(pool: ListPool) -> GroupCensus:
    groups = sorted(pool.hosts)
    cells = Counter((int(c), groups.index(pool.hosts[h])) for c, h in zip(pool.label, pool.host, strict=True))
    rows = sorted(cells)
    per_class = {c: len(list(own)) for c, own in groupby(rows, key=lambda row: row[0])}
    starts = [sum(per_class[k] for k in range(c)) for c in range(len(LABELS) + 1)]
    return GroupCensus(
        LABELS,
        tuple(groups),
        array("q", starts),
        array("i", [group for _, group in rows]),
        array("i", [cells[row] for row in rows]),
    )


def rehearsed(census: GroupCensus, beliefs: Beliefs) -> Plan:
    selection = Selection(LABELS, frozenset(), {label: label for label in LABELS})
    plan = make_plan(census, selection, quota=THIRTY, beliefs=beliefs)
    forecast = Forecast(census, [(label,) for label in LABELS], beliefs)
    return rehearse(plan, forecast, range(len(LABELS)), beliefs, Manners(Pace(IN_FLIGHT, Ceilings(8))))


def test_a_rehearsal_foretells_time_and_requests(crawl: Callable[..., Crawl], web: World) -> None:
    """From what a first crawl learned of the same sites: within a quarter in requests, within a half in
    time, which the luck of the last few places decides.
    """
    taught = Beliefs.of(list(records_of(crawl(web, Quota()))), now_s=0.0)
    real = crawl(web, THIRTY, limits=Limits(in_flight=IN_FLIGHT))
    plan = rehearsed(census_of(real.pool), taught)
    requests = [run.requests for run in plan.rehearsals]
    times_s = [run.elapsed_s for run in plan.rehearsals]
    assert 0.75 < sum(requests) / len(requests) / len(real.crew.sent) < 1.25
    assert 0.5 < sum(times_s) / len(times_s) / real.clock.now_s() < 2
    assert all(run.accepted == 30 * len(LABELS) for run in plan.rehearsals)
