"""How well a host that counts requests is used, and how rarely it has to say 429.

    python benchmarks/bench_throttle.py [--virtual-s 300] [--socket-s 120] [--rates 1 10 100]

A site that permits R requests a second (a token bucket that saves a second's worth, five requests at least;
429 beyond), with and without ``Retry-After``: on virtual time (the frontier alone), and for R of 10 and 100
over sockets with the real program. Both doors serve the same world. Used is what was let in, of all that the
bucket could have given from the first request to the last. Goals: at least 90 % used, under 2 % of the
answers 429.
"""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench_peer import OUT, fresh
from bench_rotten import write_list
from machine import machine
from measuring import load, measure
from virtual import Rows, crawl, ignorant

from gleanset.rotten.fates import Mix
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.world import World
from gleanset.terms.plan import Quota

USED_GOAL, REFUSED_GOAL = 0.90, 0.02
SOCKET_RATES = (10, 100)
ANSWER_S = 0.03
LOOK = Look(96, 72, 4_000, twin_share=0.0, cross_share=0.0, near_share=0.0)


@dataclass(frozen=True)
class Use:
    """What a client made of an allowance."""

    allowed: int
    refused: int
    seconds: float

    def told(self, settings: WorldSettings) -> str:
        possible = settings.busy_burst + settings.busy_per_s * self.seconds
        used, refused = self.allowed / possible, self.refused / max(1, self.allowed + self.refused)
        met = used >= USED_GOAL and refused < REFUSED_GOAL
        return (
            f"{used:6.1%} used, {refused:5.2%} of {self.allowed + self.refused:,} answers 429, "
            f"{self.seconds:,.0f} s: {'reached' if met else 'MISSED'}"
        )


def site_of(per_s: int, seconds: float, *, says_when: bool) -> WorldSettings:
    """One site, all of whose pictures can be had, with URLs for so many seconds."""
    return WorldSettings(
        classes=("all",),
        urls_per_class=round(per_s * seconds),
        flickr_share=0.0,
        other=Mix({}),
        hosts=1,
        slow_share=0.0,
        busy_share=1.0,
        busy_per_s=float(per_s),
        busy_burst=max(5, per_s),
        busy_says_when=says_when,
        other_s=ANSWER_S,
        look=LOOK,
    )


def on_virtual_time(settings: WorldSettings) -> Use:
    world = World(settings)
    rows = Rows.of(world)
    run = crawl(world, rows, ignorant(rows), Quota(world.n, world.n), in_flight=2000)
    return Use(run.requests - run.throttled, run.throttled, run.elapsed_s)


def over_sockets(settings: WorldSettings) -> Use:
    name = f"throttle-{settings.busy_per_s:.0f}-{settings.busy_says_when}"
    table = write_list(World(settings), OUT / f"{name}.csv")
    with RottenServer(settings) as server:
        server.prepare([(0, n) for n in range(settings.counts()[0])])
        command = [sys.executable, "-m", "gleanset", "build", table, "-o", fresh(OUT / "runs" / name)]
        command += ["--quiet", "--json"]
        command += [word for rule in server.resolve_rules() for word in ("--resolve", rule)]
        measure(command, OUT / f"{name}.log", {"GLEANSET_HOME": str(fresh(OUT / "runs" / f"{name}-home"))})
        log = server.log()
    refused = sum(line.status == 429 for line in log)
    return Use(len(log) - refused, refused, log[-1].at_s - log[0].at_s)


def main() -> None:
    parser = argparse.ArgumentParser(description="Use of hosts that count requests.")
    parser.add_argument("--rates", type=int, nargs="*", default=[1, 10, 100], help="requests a second")
    parser.add_argument("--virtual-s", type=float, default=300.0, help="ten times as long where R is 1")
    parser.add_argument(
        "--socket-s", type=float, default=120.0, help="a quarter of it where R is 100; 0: none"
    )
    options = parser.parse_args()
    print(machine(), "|", load())
    print("$", " ".join(["python", *sys.argv]))
    for per_s in options.rates:
        seconds = options.virtual_s * (10 if per_s == 1 else 1)
        for says_when in (True, False):
            settings = site_of(per_s, seconds, says_when=says_when)
            tell("virtual time", settings, on_virtual_time(settings))
    for per_s in options.rates if options.socket_s else ():
        if per_s in SOCKET_RATES:
            seconds = options.socket_s / (4 if per_s == 100 else 1)
            both = [site_of(per_s, seconds, says_when=says_when) for says_when in (True, False)]
            with ThreadPoolExecutor(2) as pool:
                for settings, use in zip(both, pool.map(over_sockets, both), strict=True):
                    tell("sockets", settings, use)
    print(f"goals: {USED_GOAL:.0%} used, under {REFUSED_GOAL:.0%} of the answers 429; {load()}")


def tell(door: str, settings: WorldSettings, use: Use) -> None:
    manner = "with Retry-After" if settings.busy_says_when else "without"
    print(f"  {door:<12} R {settings.busy_per_s:3.0f}, {manner:<16} {use.told(settings)}", flush=True)


if __name__ == "__main__":
    main()
