"""Whole crawls on virtual time: the real engine, minds and inspector before a rotten web without sockets."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gleanset.clock import ManualClock
from gleanset.fetch.base import FetchSettings, Order
from gleanset.fetch.robots import decode
from gleanset.frontier import Frontier, Limits
from gleanset.inspection.inspector import inspect
from gleanset.judge.judge import Judge
from gleanset.judge.placeholders import Signatures
from gleanset.rotten.fetcher import VirtualFetcher
from gleanset.rotten.world import World
from gleanset.run.atlas import PoolAtlas
from gleanset.run.crew import Durable, Report
from gleanset.run.engine import Ending, Engine
from gleanset.run.overload import Overload
from gleanset.run.patience import Patience
from gleanset.run.permits import Permits
from gleanset.run.probes import Probes
from gleanset.run.revival import Reviver
from gleanset.run.wire import Task
from gleanset.store.journal_rows import Note
from gleanset.terms.candidate import Candidate
from gleanset.terms.inspection import Treatment
from gleanset.terms.outcome import Errand, Failed, Fetched, Moved
from gleanset.terms.plan import Quota
from gleanset.terms.verdict import BlobRef, Finding, Settlement, Verdict
from gleanset.urls import Ceilings, host_of, normalise, politeness_group

SEGMENT = "virtual-000001.seg"


class VirtualCrew:
    """Answers in virtual time; the clock jumps to the next arrival."""

    def __init__(self, fetcher: VirtualFetcher, clock: ManualClock) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._under_way: list[tuple[float, int, Finding]] = []
        self._cancelled: set[int] = set()
        self._written = 0
        self.sent: list[Task] = []

    def send(self, tasks: Sequence[Task]) -> None:
        for task in tasks:
            self.sent.append(task)
            now_s = self._clock.now_s()
            robots = task.errand == Errand.ROBOTS.value
            order = Order(task.serial, task.url, task.group, task.hops, robots=robots)
            arrival = self._fetcher.answer(order, now_s)
            finding = self._finding(task, arrival)
            heappush(self._under_way, (now_s + arrival.elapsed_s, task.serial, finding))

    def _finding(self, task: Task, arrival: Any) -> Finding:
        what: dict[str, Any] = {"status": arrival.status}
        match arrival.result:
            case Failed() as failed:
                what["failed"] = failed
            case Moved() as moved:
                what["moved"] = moved
            case Fetched() as fetched if task.errand == Errand.ROBOTS.value:
                what["rules"] = decode(fetched.body)
            case Fetched() as fetched:
                seen, body = inspect(fetched.body, Treatment())
                if task.errand == Errand.PROBE.value:
                    seen, body = replace(seen, stored=None), None
                what |= {"inspection": seen, "headers": fetched.headers, "final_url": fetched.final_url}
                if body is not None:
                    what["blob"] = BlobRef(SEGMENT, self._written, len(body))
                    self._written += len(body)
        at_s = self._clock.wall_s() + arrival.elapsed_s
        return Finding(
            task.candidate,
            task.attempt,
            task.host,
            arrival.elapsed_s,
            at_s,
            hops=arrival.hops,
            serial=task.serial,
            **what,
        )

    def cancel(self, serials: Sequence[int]) -> None:
        self._cancelled.update(serials)

    def receive(self, timeout_s: float) -> list[Report]:
        until_s = self._clock.now_s() + timeout_s
        if not self._under_way or self._under_way[0][0] > until_s:
            self._clock.advance_to(until_s)
            return []
        when_s, serial, finding = heappop(self._under_way)
        self._clock.advance_to(when_s)
        if serial in self._cancelled:
            return []
        return [finding, Durable(SEGMENT, self._written)]

    def flush(self) -> None:
        """Everything is durable as soon as it is said."""

    def rescue(self, segment: str) -> Durable | None:
        """Nothing hangs here."""
        return None

    def close(self) -> None:
        """Nothing to end."""


@dataclass
class MemoryLedger:
    """A journal that forgets when the test ends."""

    rows: dict[int, Settlement] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def write(self, settlements: Sequence[Settlement], notes: Sequence[Note] = ()) -> None:
        for settlement in settlements:
            self.rows[settlement.candidate] = settlement
        self.notes += notes


class ListPool:
    """Candidates in memory, in the order that the list gives them."""

    def __init__(self, world: World) -> None:
        rows = [(row.label, normalise(row.url) or "", row.origin or "") for row in world.rows()]
        labels = world.settings.classes
        groups = [politeness_group(host_of(url)) for _, url, _ in rows]
        self.hosts = tuple(dict.fromkeys(groups))
        number = {name: i for i, name in enumerate(self.hosts)}
        self.label = np.array([labels.index(label) for label, _, _ in rows], dtype=np.int32)
        self.host = np.array([number[group] for group in groups], dtype=np.int32)
        self._rows = rows

    def candidate(self, i: int) -> Candidate:
        _, url, key = self._rows[i]
        return Candidate(i, url, key, int(self.label[i]), int(self.host[i]))


@dataclass
class Crawl:
    """A crawl that has ended, and all that can be asked of it."""

    world: World
    pool: ListPool
    frontier: Frontier
    ledger: MemoryLedger
    crew: VirtualCrew
    clock: ManualClock
    ending: Ending

    def accepted(self, c: int) -> list[Settlement]:
        return [
            row
            for row in self.ledger.rows.values()
            if row.verdict is Verdict.ACCEPTED and self.pool.label[row.candidate] == c
        ]

    def url(self, row: Settlement) -> str:
        return self.pool.candidate(row.candidate).url


@pytest.fixture
def crawl() -> Iterator[Callable[..., Crawl]]:
    """Runs a crawl of a world; the frontier is checked when the test is over."""
    made: list[Crawl] = []

    def run(
        world: World,
        quota: Quota,
        *,
        limits: Limits | None = None,
        patience: Patience | None = None,
        fetch: FetchSettings | None = None,
        n_planned: int | None = None,
        stop_at_s: float = float("inf"),
        revive: tuple[str, ...] = (),
        signatures: str | None = None,
    ) -> Crawl:
        clock = ManualClock()
        pool = ListPool(world)
        atlas = PoolAtlas(pool, Ceilings())
        frontier = Frontier(
            pool.label,
            pool.host,
            atlas.priors(),
            [quota] * len(world.settings.classes),
            n_planned=n_planned,
            limits=limits or Limits(in_flight=256),
            seed=5,
        )
        atlas.report_to(frontier.add_host)
        shipped = files("gleanset").joinpath("data/placeholders.csv").read_text(encoding="utf-8")
        n_urls = np.bincount(pool.host, minlength=len(pool.hosts))
        crew = VirtualCrew(VirtualFetcher(world, fetch or FetchSettings()), clock)
        ledger = MemoryLedger()
        engine = Engine(
            frontier,
            Judge(Signatures.parse(signatures or shipped)),
            crew,
            ledger,
            atlas,
            clock,
            patience or Patience(),
            permits=Permits((fetch or FetchSettings()).robots, "gleanset"),
            probes=Probes(lambda group: int(n_urls[group]), 5),
            reviver=Reviver(revive),
            overload=Overload(Path("/"), 2000, 0.0, free_disk=lambda _: 2**40),
            watch=lambda *_: frontier.check(),
            turn=lambda: None,
            stopping=lambda: clock.now_s() >= stop_at_s,
        )
        made.append(Crawl(world, pool, frontier, ledger, crew, clock, engine.run()))
        return made[-1]

    yield run
    for one in made:
        one.frontier.check()
