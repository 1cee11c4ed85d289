"""A rehearsal of a million URLs on a hundred thousand hosts: time and memory on one core.

    python benchmarks/bench_rehearsal.py [--classes 1000] [--urls 1000] [--hosts 100000] [--images 200]

Half of the URLs on Flickr, the others on sites of very unequal size, of a third of which something was
learned. Goal: under 5 minutes and 1 GB on one core. `--images 0` asks every URL, the most there can be.
"""

import argparse
import resource
import time
from array import array

import numpy as np
from machine import machine

from gleanset.catalog.select import Selection
from gleanset.frontier import Frontier
from gleanset.plan.beliefs import Beliefs
from gleanset.plan.forecast import Forecast
from gleanset.plan.planner import make_plan
from gleanset.plan.rehearsal import Manners, rehearse
from gleanset.terms.knowledge import HostRecord
from gleanset.terms.plan import GroupCensus, Quota


def a_census(n_classes: int, n_urls: int, n_hosts: int, seed: int) -> GroupCensus:
    """Half of each class on Flickr, group 0; every site has a URL, the largest some thousands."""
    dice = np.random.default_rng(seed)
    n_other = n_classes * n_urls // 2
    skewed = np.minimum(dice.pareto(0.6, n_other).astype(np.int64), n_hosts - 2)
    skewed[: n_hosts - 1] = np.arange(n_hosts - 1) if n_other >= n_hosts - 1 else skewed[: n_hosts - 1]
    label = dice.permutation(np.arange(n_other) % n_classes)
    cells, n = np.unique(label * n_hosts + 1 + skewed, return_counts=True)
    flickr = np.arange(n_classes) * n_hosts
    cells, n = np.concatenate((flickr, cells)), np.concatenate((np.full(n_classes, n_urls // 2), n))
    order = np.argsort(cells)
    cells, n = cells[order], n[order]
    names = ("flickr.com", *(f"s{i:06}.example" for i in range(1, n_hosts)))
    return GroupCensus(
        tuple(f"c{i:05}" for i in range(n_classes)),
        names,
        array("q", np.searchsorted(cells // n_hosts, np.arange(n_classes + 1)).tobytes()),
        array("i", (cells % n_hosts).astype(np.int32).tobytes()),
        array("i", n.astype(np.int32).tobytes()),
    )


def records(census: GroupCensus, seed: int) -> list[HostRecord]:
    """A third of the sites, tried up to five times; Flickr five hundred times."""
    dice = np.random.default_rng(seed)
    told = [HostRecord("flickr.com", 500, 411, 215, True, None, 0.0)]
    for name in census.groups[1::3]:
        tries = int(dice.integers(1, 6))
        good = 0 if dice.random() < 0.4 else int(dice.binomial(tries, 0.6))
        told.append(HostRecord(name, tries, good, tries * 1.2, good > 0, None, 0.0))
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description="Rehearse a build on virtual time.")
    for name, value in (("classes", 1000), ("urls", 1000), ("hosts", 100_000), ("images", 200)):
        parser.add_argument(f"--{name}", type=int, default=value)
    said = parser.parse_args()
    print(machine())
    census = a_census(said.classes, said.urls, said.hosts, seed=1)
    labels = census.labels
    beliefs = Beliefs.of(records(census, seed=2), now_s=3600.0)
    quota = Quota(said.images, said.images) if said.images else Quota()
    selection = Selection(labels, frozenset(), {label: label for label in labels})
    began_s = time.process_time()
    forecast = Forecast(census, [(label,) for label in labels], beliefs)
    plan = make_plan(census, selection, quota=quota, beliefs=beliefs)
    planned_s = time.process_time() - began_s
    began_s = time.process_time()
    seen: list[Frontier] = []
    numbers = list(range(len(labels)))
    plan = rehearse(plan, forecast, numbers, beliefs, Manners(), watch=seen.append)
    cpu_s = time.process_time() - began_s
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for one in seen:
        one.check()
    for run in plan.rehearsals:
        print(
            f"{sum(census.n):,} URLs, {len(census.groups):,} hosts, {len(labels):,} classes | virtual "
            f"{run.elapsed_s:,.0f} s, {run.requests:,} requests, {run.accepted:,} images, "
            f"{len(run.short)} classes short, at most {run.most_at_once:,} at once, "
            f"{run.most_at_busiest} at {run.busiest}"
        )
    times = len(plan.rehearsals)
    print(
        f"planned in {planned_s:.1f} s, rehearsed {times} times in {cpu_s:.1f} s of one core, "
        f"{peak_mb:.0f} MB; {sum(run.requests for run in plan.rehearsals) / cpu_s:,.0f} requests a CPU-second"
    )


if __name__ == "__main__":
    main()
