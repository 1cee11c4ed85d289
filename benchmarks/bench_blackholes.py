"""What dead hosts cost the living: 10,000 URLs on 1,000 black holes beside 10,000 that can be had.

    python benchmarks/bench_blackholes.py [--good 10000] [--dead 10000] [--holes 1000] [--rounds 1]

The same build with and without the dead URLs, in turn, over sockets; the black holes are a port that
swallows connections. Throughput is that of the good URLs, from the first request that the server saw to the
last, and to that of the first nine tenths: the last URLs wait for the slots of the largest sites. Goals: at
least 90 % of what it is without dead URLs, by both measures, and at most 3 attempts at a dead host.
"""

import argparse
import csv
import resource
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import pyarrow.parquet as pq
from bench_peer import OUT, fresh
from machine import machine
from measuring import Used, load, measure

from gleanset.rotten.fates import Mix
from gleanset.rotten.ledger import LogLine
from gleanset.rotten.ports import LOOPBACK, Blackhole
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.world import World
from gleanset.urls import host_of

THROUGHPUT_GOAL, ATTEMPTS_GOAL = 0.90, 3
BULK = 0.9
LOOK = Look(96, 72, 4_000, twin_share=0.0, cross_share=0.0, near_share=0.0)
CLASSES = 10


@dataclass(frozen=True)
class Crawled:
    """What one build came to."""

    used: Used
    good: int
    rate_per_s: float
    """Good URLs a second."""
    bulk_per_s: float
    """The same of the first nine tenths."""
    most_attempts: int
    """At one dead host."""


def living_web(n_urls: int, n_hosts: int, time_scale: float) -> WorldSettings:
    return WorldSettings(
        classes=tuple(f"class{number}" for number in range(CLASSES)),
        urls_per_class=n_urls // CLASSES,
        flickr_share=0.0,
        other=Mix({}),
        hosts=n_hosts,
        slow_share=0.0,
        busy_share=0.0,
        time_scale=time_scale,
        look=LOOK,
    )


def write_lists(world: World, n_dead: int, n_holes: int) -> tuple[Path, Path]:
    """The list of the living alone, and with the dead."""
    living = [(row.url, row.label) for row in world.rows()]
    dead = [
        (f"http://blackhole{n % n_holes:04d}.example/images/{n:06d}.jpg", f"class{n // n_holes % CLASSES}")
        for n in range(n_dead)
    ]
    paths = OUT / "living.csv", OUT / "living-and-dead.csv"
    for path, rows in zip(paths, (living, living + dead), strict=True):
        with path.open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["url", "label"])
            table.writerows(rows)
    return paths


def build(table: Path, settings: WorldSettings, hole: Blackhole) -> Crawled:
    out = fresh(OUT / "runs" / "blackholes")
    with RottenServer(settings, cache_bytes=1 << 28) as server:
        n_each = settings.counts()[0]
        server.prepare([(label, n) for label in range(CLASSES) for n in range(n_each)])
        rules = (f"blackhole*.example={LOOPBACK}:{hole.port}", *server.resolve_rules())
        command = [sys.executable, "-m", "gleanset", "build", table, "-o", out, "--quiet", "--json"]
        command += ["--patience", "5s"]
        command += [word for rule in rules for word in ("--resolve", rule)]
        home = {"GLEANSET_HOME": str(fresh(OUT / "runs" / "blackholes-home"))}
        used = measure(command, OUT / "blackholes.log", home)
        log = [line for line in server.log() if not line.request.startswith("GET /robots.txt ")]
    attempts: Counter[str] = Counter()
    for row in pq.read_table(out / "outcomes.parquet", columns=["url", "attempts"]).to_pylist():
        if host_of(row["url"]).startswith("blackhole"):
            attempts[host_of(row["url"])] += row["attempts"]
    good = pq.read_metadata(out / "manifest.parquet").num_rows
    rates = [share_of(log, part) for part in (1.0, BULK)]
    return Crawled(used, good, *rates, max(attempts.values(), default=0))


def share_of(log: Sequence[LogLine], part: float) -> float:
    """Requests a second, of the first ``part`` of them."""
    n = round(part * len(log))
    return n / (log[n - 1].at_s - log[0].at_s)


def tell(what: str, run: Crawled) -> None:
    print(
        f"  {what:<12} {run.rate_per_s:4.0f} good URLs/s, the first 90 % {run.bulk_per_s:4.0f}/s, "
        f"{run.good:,} images; whole run "
        f"{run.used.wall_s:.0f} s, {run.used.cpu_s:.0f} CPU s; {run.most_attempts} attempts at a dead host "
        f"at most; {load()}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="What dead hosts cost the living.")
    parser.add_argument("--good", type=int, default=10_000)
    parser.add_argument("--dead", type=int, default=10_000)
    parser.add_argument("--holes", type=int, default=1_000)
    parser.add_argument("--hosts", type=int, default=1_000, help="of the good URLs")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--time-scale", type=float, default=0.25, help="1: sites take 1.2 s to answer")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(machine(), "|", load())
    print("$", " ".join(["python", *sys.argv]), flush=True)
    settings = living_web(options.good, options.hosts, options.time_scale)
    alone_list, both_list = write_lists(World(settings), options.dead, options.holes)
    hole = Blackhole()
    alone, beside = [], []
    for _ in range(options.rounds):
        alone.append(build(alone_list, settings, hole))
        tell("alone", alone[-1])
        beside.append(build(both_list, settings, hole))
        tell("beside dead", beside[-1])
    hole.close()
    whole, bulk = (
        statistics.median(map(of, beside)) / statistics.median(map(of, alone))
        for of in (attrgetter("rate_per_s"), attrgetter("bulk_per_s"))
    )
    attempts = max(one.most_attempts for one in beside)
    reached = min(whole, bulk) >= THROUGHPUT_GOAL
    print(
        f"  {whole:.0%} of the throughput without dead URLs, {bulk:.0%} in the first nine tenths; goal "
        f"{THROUGHPUT_GOAL:.0%}: {'reached' if reached else 'MISSED'}; attempts at a dead host {attempts}; "
        f"goal {ATTEMPTS_GOAL}: {'reached' if attempts <= ATTEMPTS_GOAL else 'MISSED'}"
    )


if __name__ == "__main__":
    main()
