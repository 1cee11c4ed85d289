"""Good images per second over the share of dead URLs, beside img2dataset's: a table and a chart.

    python benchmarks/bench_dead_share.py [--urls 600] [--dead 0 30 50 70 90] [--all]

The web of ``bench_rotten.py``, whose dead URLs die in the same ways whatever their share. gleanset is asked
for 80 % of the living URLs of each class, img2dataset takes what it gets; ``--all`` adds a run of gleanset
without a quota, which waits for the last of the dying. img2dataset knows no quotas. Starting up
is included. img2dataset's URLs are parted between its two processes.
"""

import argparse
import resource
import sys
from dataclasses import dataclass

import peer
from bench_peer import OUT
from bench_rotten import CLASSES, Harvest, hostile_web, run_ours, run_theirs, write_list
from machine import machine
from measuring import load

from gleanset.rotten.server import RottenServer
from gleanset.rotten.world import World

ASKED_SHARE = 0.8
"""Of the living URLs of the class that has the fewest."""
BAR = 50


@dataclass(frozen=True)
class Point:
    """Both programs at one share of dead URLs."""

    dead: float
    ours: Harvest
    theirs: Harvest
    without_quota: Harvest | None

    @property
    def ratio(self) -> float:
        return self.ours.rate / self.theirs.rate if self.theirs.rate else float("inf")


def measure_at(dead: float, n_urls: int, time_scale: float, *, and_all: bool) -> Point:
    settings = hostile_web(n_urls, time_scale, dead)
    world = World(settings)
    table = write_list(world, OUT / "dead-share.csv")
    living = [[n for n in range(count) if world.fate(c, n).good] for c, count in enumerate(settings.counts())]
    quota = max(1, round(ASKED_SHARE * min(map(len, living))))
    with RottenServer(settings, cache_bytes=1 << 30) as server:
        server.prepare([(c, n) for c in range(CLASSES) for n in living[c]])
        ours = run_ours(world, table, server, quota)
        everything = run_ours(world, table, server, None) if and_all else None
        theirs = run_theirs(world, table, server, n_urls // peer.PROCESSES)
    return Point(dead, ours, theirs, everything)


def tell(points: list[Point]) -> None:
    """The table, then the curves as bars of one scale."""
    print("\n  dead   gleanset               img2dataset            ratio   gleanset without a quota")
    for one in points:
        rest = said(one.without_quota) if one.without_quota else "-"
        print(f"  {one.dead:4.0%}   {said(one.ours)}   {said(one.theirs)}   {one.ratio:5.1f}   {rest}")
    print("\n  good images a second")
    most = max(max(one.ours.rate, one.theirs.rate) for one in points)
    for one in points:
        for name, run in (("gleanset", one.ours), ("img2dataset", one.theirs)):
            bar = "#" * max(1, round(BAR * run.rate / most))
            print(f"  {one.dead:4.0%} {name:<12} {bar} {run.rate:.1f}")


def said(run: Harvest) -> str:
    return f"{run.rate:5.1f}/s ({run.good:,} in {run.used.wall_s:3.0f} s)".ljust(20)


def main() -> None:
    parser = argparse.ArgumentParser(description="Good images per second over the share of dead URLs.")
    parser.add_argument("--urls", type=int, default=600)
    parser.add_argument("--dead", type=float, nargs="*", default=[0, 30, 50, 70, 90], help="per cent")
    parser.add_argument("--all", action="store_true", help="gleanset without a quota as well")
    parser.add_argument("--time-scale", type=float, default=0.05, help="1: sites take 1.2 s to answer")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(machine(), "|", load())
    print("$", " ".join(["python", *sys.argv]), "|", " ".join(peer.PINS), flush=True)
    peer.install()
    points = []
    for share in options.dead:
        points.append(measure_at(share / 100, options.urls, options.time_scale, and_all=options.all))
        print(f"  {share:.0f} % dead done, {load()}", flush=True)
    tell(points)


if __name__ == "__main__":
    main()
