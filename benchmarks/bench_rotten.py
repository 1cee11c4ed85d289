"""gleanset against img2dataset on a rotten web: accepted images per second.

    python benchmarks/bench_rotten.py [--urls 3000] [--rounds 3] [--images N]

Half of the URLs are dead: of those 30 % at hosts that swallow connections, 10 % drip, 10 % are refused,
20 % answer 404, 10 % a page with status 200, and 20 % lead to a placeholder. Both give a URL 10 s, and take
whatever there is; ``--images`` sets a quota for gleanset. A drip is over after a minute here: img2dataset,
whose 10 s are for each read, waits for its end. What either took counts only if it is a picture that the URL
stands for; a placeholder is none. Goal: at least 10 times img2dataset's images per second, starting up
included.
"""

import argparse
import csv
import json
import resource
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import peer
import pyarrow.parquet as pq
from bench_peer import OUT, fresh
from machine import machine
from measuring import Used, load, measure

from gleanset.rotten.fates import HOSTILE_MIX, Fate, dead_mix
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.world import World

GOAL = 10.0
TIMEOUT_S = 10
DRIP_S = 60
CLASSES = 10
LOOK = Look(twin_share=0.0, cross_share=0.0, near_share=0.0, png_share=0.0, webp_share=0.0, gif_share=0.0)
TAKEN_FOR_GOOD = {Fate.DRIP}
"""Fates that are pictures in the end, for a client that has a minute."""


@dataclass(frozen=True)
class Harvest:
    """What one run brought."""

    used: Used
    good: int
    bad: int

    @property
    def rate(self) -> float:
        return self.good / self.used.wall_s


def hostile_web(n_urls: int, time_scale: float, dead: float = 0.5) -> WorldSettings:
    """Alike for both: no twins, which only one of the two would drop, and no sites that count requests.

    ``dead``: the share of dead URLs, which die in the same ways whatever it is.
    """
    shares = HOSTILE_MIX.shares
    among_dead = {word: share / sum(shares.values()) for word, share in shares.items()}
    return WorldSettings(
        classes=tuple(f"class{number}" for number in range(CLASSES)),
        urls_per_class=n_urls // CLASSES,
        flickr_share=0.0,
        other=dead_mix(dead, among_dead),
        hosts=200,
        slow_share=0.0,
        busy_share=0.0,
        time_scale=time_scale,
        drip_bytes_per_s=LOOK.mean_bytes / DRIP_S,
        look=LOOK,
    )


def write_list(world: World, path: Path) -> Path:
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["url", "label"])
        table.writerows((row.url, row.label) for row in world.rows())
    return path


def run_ours(world: World, table: Path, server: RottenServer, quota: int | None) -> Harvest:
    out = fresh(OUT / "runs" / "ours")
    command = [sys.executable, "-m", "gleanset", "build", table, "-o", out, "--format", "webdataset"]
    command += ["--timeout", f"{TIMEOUT_S}s", "--quiet", "--json"]
    command += [word for rule in server.resolve_rules() for word in ("--resolve", rule)]
    command += ["--images", str(quota)] if quota else []
    used = measure(command, OUT / "ours.log", {"GLEANSET_HOME": str(fresh(OUT / "runs" / "home"))})
    rejected = json.loads(used.stdout)["totals"]["rejected"]
    print(f"  gleanset: {used.wall_s:.1f} s, rejected {rejected}")
    return harvest(world, used, pq.read_table(out / "manifest.parquet")["url"].to_pylist())


def run_theirs(world: World, table: Path, server: RottenServer, shard: int = peer.SHARD) -> Harvest:
    out = fresh(OUT / "runs" / "theirs")
    env = peer.environment(server.resolve_rules())
    extra = ("--resize_mode=no", "--skip_reencode=True", f"--timeout={TIMEOUT_S}")
    used = measure(peer.command(peer.install(), table, out, extra, shard), OUT / "theirs.log", env)
    return harvest(world, used, peer.succeeded(out))


def harvest(world: World, used: Used, urls: Sequence[str]) -> Harvest:
    fates = Counter(truth.fate for url in urls if (truth := world.truth(url)))
    good = sum(n for fate, n in fates.items() if fate.good or fate in TAKEN_FOR_GOOD)
    return Harvest(used, good, len(urls) - good)


def tell(who: str, runs: Sequence[Harvest]) -> float:
    """A line of figures; the answer is good images per second."""
    rates = sorted(run.rate for run in runs)
    middle = statistics.median(rates)
    run = min(runs, key=lambda run: abs(run.rate - middle))
    print(
        f"  {who:<12} {middle:6.1f} good images/s [{rates[0]:.1f}-{rates[-1]:.1f}]; {run.good:,} good and "
        f"{run.bad:,} false ones in {run.used.wall_s:.1f} s, {run.used.cpu_s:.1f} CPU s, "
        f"{run.used.peak_mb:.0f} MB"
    )
    return middle


def main() -> None:
    parser = argparse.ArgumentParser(description="gleanset against img2dataset on a rotten web.")
    parser.add_argument("--urls", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, help="a quota a class for gleanset [all there are]")
    parser.add_argument("--time-scale", type=float, default=0.05, help="1: sites take 1.2 s to answer")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(machine())
    print("$", " ".join(["python", *sys.argv]), "|", " ".join(peer.PINS))
    peer.install()
    settings = hostile_web(options.urls, options.time_scale)
    world = World(settings)
    table = write_list(world, OUT / "rotten.csv")
    ours, theirs = [], []
    with RottenServer(settings, cache_bytes=1 << 30) as server:
        server.prepare([(label, n) for label in range(CLASSES) for n in range(options.urls // CLASSES)])
        for _ in range(options.rounds):
            ours.append(run_ours(world, table, server, options.images))
            theirs.append(run_theirs(world, table, server))
    print(f"\nrotten web: {world.n:,} URLs, {options.rounds} rounds, {load()}")
    ratio = tell("gleanset", ours) / tell("img2dataset", theirs)
    print(f"  {ratio:.1f} times img2dataset's; goal {GOAL}: {'reached' if ratio >= GOAL else 'MISSED'}")


if __name__ == "__main__":
    main()
