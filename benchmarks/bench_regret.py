"""What not knowing the hosts costs: our crawl beside that of an oracle with the same slots and choice rule.

    python benchmarks/bench_regret.py [--classes 50] [--images 200] [--urls 700] [--in-flight 2000]

The rotten web with the rates that the first tool measured, on virtual time. The oracle knows every host's
true chance and time from the start, and is bound by the same ceilings, breakers and rates. Goals: at most
1.25 times its time, 1.15 times its requests. Also the time with living URLs only.
"""

import argparse
import statistics

from machine import machine
from virtual import Rows, Run, crawl, ignorant, omniscient

from gleanset.rotten.settings import WorldSettings
from gleanset.rotten.world import World
from gleanset.terms.plan import Quota

TIME_GOAL, REQUESTS_GOAL = 1.25, 1.15


def world_of(options: argparse.Namespace, seed: int) -> World:
    classes = tuple(f"class{n:03d}" for n in range(options.classes))
    return World(WorldSettings(seed=seed, classes=classes, urls_per_class=options.urls, hosts=options.hosts))


def main() -> None:
    parser = argparse.ArgumentParser(description="Regret beside an oracle, on virtual time.")
    parser.add_argument("--classes", type=int, default=50)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--urls", type=int, default=700, help="a class; ImageNet's mean is 650")
    parser.add_argument("--hosts", type=int, default=5000, help="beside Flickr")
    parser.add_argument("--in-flight", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    print(machine())
    quota = Quota(options.images, options.images)
    ratios = []
    for seed in range(2011, 2011 + options.seeds):
        world = world_of(options, seed)
        rows = Rows.of(world)
        living = Rows.of(world, living_only=True)
        ours = crawl(world, rows, ignorant(rows), quota, in_flight=options.in_flight)
        oracle = crawl(world, rows, omniscient(world, rows), quota, in_flight=options.in_flight)
        alive = crawl(world, living, ignorant(living), quota, in_flight=options.in_flight)
        ratios.append((ours.elapsed_s / oracle.elapsed_s, ours.requests / oracle.requests))
        print(f"seed {seed}: {len(rows.urls):,} URLs, {len(rows.groups):,} groups")
        for name, run in (("ours", ours), ("oracle", oracle), ("living list", alive)):
            print(f"  {name:<12} {told(run, options.classes)}")
        print(f"  time {ratios[-1][0]:.2f}, requests {ratios[-1][1]:.2f} times the oracle's")
    time_ratio, request_ratio = (statistics.median(one) for one in zip(*ratios, strict=True))
    print(
        f"median: time {time_ratio:.2f} (goal {TIME_GOAL}), "
        f"requests {request_ratio:.2f} (goal {REQUESTS_GOAL})"
    )


def told(run: Run, n_classes: int) -> str:
    return (
        f"{run.elapsed_s:8.1f} s, {run.requests:7,} requests, {run.accepted:6,} accepted, "
        f"{run.full} of {n_classes} classes full, {run.most_in_flight:,} in flight at most"
    )


if __name__ == "__main__":
    main()
