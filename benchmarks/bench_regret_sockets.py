"""The regret of ``bench_regret.py`` over sockets: the real program beside one that knows every host before.

    python benchmarks/bench_regret_sockets.py [--classes 25] [--images 100] [--urls 350] [--rounds 1]

The same rotten web, with tiny pictures, served from loopback. The oracle is the same build whose
GLEANSET_HOME already holds the true chance and time of every politeness group, as experience that nothing
outweighs. Both begin with a new server. Time is that of collecting; requests are what the server saw and the
attempts at hosts that it cannot see, robots.txt apart. Goals: at most 1.25 times the oracle's time, 1.15
times its requests. Also the same build whose list holds only living URLs.
"""

import argparse
import csv
import json
import resource
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from bench_peer import OUT, fresh
from bench_regret import REQUESTS_GOAL, TIME_GOAL
from machine import machine
from measuring import Used, load, measure
from virtual import Rows, omniscient

from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.world import World
from gleanset.store.journal import JournalReader
from gleanset.store.knowledge import Knowledge, scope_of
from gleanset.terms.knowledge import HostRecord
from gleanset.urls import host_of

TINY = Look(64, 48, 1_500)
CACHE_BYTES = 1 << 29
UNSEEN = ("refused", "blackhole")
"""How the names of hosts begin whose server never sees a request."""


@dataclass(frozen=True)
class Build:
    """What one build came to."""

    used: Used
    collecting_s: float
    requests: int
    robots: int
    throttled: int
    accepted: int

    def told(self) -> str:
        return (
            f"{self.collecting_s:7.1f} s, {self.requests:7,} requests ({self.throttled:,} answered 429), "
            f"{self.robots:,} robots.txt beside them, {self.accepted:,} accepted; whole run "
            f"{self.used.wall_s:.0f} s, {self.used.cpu_s:.0f} CPU s; {load()}"
        )


def write_table(rows: Iterable[tuple[str, str]], path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["url", "label"])
        table.writerows(rows)
    return path


def teach(home: Path, rules: Sequence[str], world: World, rows: Rows) -> None:
    """Write the true rates of every group where a build looks for what earlier ones learned."""
    now_s = time.time()
    records = [
        HostRecord(
            group, prior.tries, prior.successes, prior.seconds_s, answered=prior.successes > 0, at_s=now_s
        )
        for group, prior in zip(rows.groups, omniscient(world, rows), strict=True)
    ]
    with Knowledge.open(home) as knowledge:
        knowledge.learn(scope_of(rules), records, now_s)


def build(world: World, table: Path, options: argparse.Namespace, taught: Rows | None = None) -> Build:
    """Against a new server; ``taught``: knowing all about this list's hosts."""
    out, home = fresh(OUT / "runs" / "regret"), fresh(OUT / "runs" / "regret-home")
    with RottenServer(world.settings, cache_bytes=CACHE_BYTES) as server:
        server.prepare(good_rows(world))
        rules = server.resolve_rules()
        if taught is not None:
            teach(home, rules, world, taught)
        command = [sys.executable, "-m", "gleanset", "build", table, "-o", out, "--quiet", "--json"]
        command += ["--images", str(options.images), "--concurrency", str(options.in_flight)]
        command += ["--time-limit", "10m"]
        command += [word for rule in rules for word in ("--resolve", rule)]
        used = measure(command, OUT / "regret.log", {"GLEANSET_HOME": str(home)})
        log = server.log()
    if used.exit_code not in {0, 3}:
        raise SystemExit(f"the build ended with exit code {used.exit_code}; its words are in {OUT}.")
    robots = sum(line.request.startswith("GET /robots.txt ") for line in log)
    return Build(
        used,
        collecting_s(out),
        len(log) - robots + unseen_attempts(out),
        robots,
        sum(line.status == 429 for line in log),
        json.loads(used.stdout.splitlines()[-1])["totals"]["accepted"],
    )


def good_rows(world: World) -> list[tuple[int, int]]:
    counts = world.settings.counts()
    return [(c, n) for c, count in enumerate(counts) for n in range(count) if world.fate(c, n).good]


def collecting_s(out: Path) -> float:
    with JournalReader(out / ".gleanset" / "journal.sqlite") as journal:
        return sum(float(note.payload["elapsed_s"]) for note in journal.notes() if note.kind == "run-ended")


def unseen_attempts(out: Path) -> int:
    """Attempts at hosts whose server sees no request."""
    rows = pq.read_table(out / "outcomes.parquet", columns=["url", "attempts"]).to_pylist()
    return sum(row["attempts"] for row in rows if host_of(row["url"]).startswith(UNSEEN))


def tell(name: str, run: Build) -> Build:
    print(f"  {name:<12} {run.told()}", flush=True)
    return run


def main() -> None:
    parser = argparse.ArgumentParser(description="Regret beside an oracle, over sockets.")
    parser.add_argument("--classes", type=int, default=25)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--urls", type=int, default=350, help="a class")
    parser.add_argument("--hosts", type=int, default=1250, help="beside Flickr")
    parser.add_argument("--in-flight", type=int, default=2000)
    parser.add_argument("--time-scale", type=float, default=0.5, help="1: Flickr takes 0.4 s, others 1.2 s")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(machine(), "|", load())
    print("$", " ".join(["python", *sys.argv]), flush=True)
    world = world_of(options)
    rows, living = Rows.of(world), Rows.of(world, living_only=True)
    tables = [table_of(world, one, OUT / f"{name}.csv") for name, one in (("all", rows), ("living", living))]
    print(f"{len(rows.urls):,} URLs, {len(living.urls):,} of them living, at {len(rows.groups):,} groups")
    ratios = []
    for _ in range(options.rounds):
        ours = tell("ours", build(world, tables[0], options))
        oracle = tell("oracle", build(world, tables[0], options, taught=rows))
        tell("living list", build(world, tables[1], options))
        ratios.append((ours.collecting_s / oracle.collecting_s, ours.requests / oracle.requests))
    of_time, of_requests = (statistics.median(one) for one in zip(*ratios, strict=True))
    met = of_time <= TIME_GOAL and of_requests <= REQUESTS_GOAL
    print(
        f"  time {of_time:.2f} (goal {TIME_GOAL}), requests {of_requests:.2f} (goal {REQUESTS_GOAL}) times "
        f"the oracle's: {'reached' if met else 'MISSED'}"
    )


def world_of(options: argparse.Namespace) -> World:
    return World(
        WorldSettings(
            classes=tuple(f"class{n:03d}" for n in range(options.classes)),
            urls_per_class=options.urls,
            hosts=options.hosts,
            time_scale=options.time_scale,
            look=TINY,
        )
    )


def table_of(world: World, rows: Rows, path: Path) -> Path:
    labels = world.settings.classes
    return write_table(((url, labels[c]) for url, c in zip(rows.urls, rows.label, strict=True)), path)


if __name__ == "__main__":
    main()
