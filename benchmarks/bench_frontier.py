"""The frontier alone: leases settled a second on one core, and the memory it takes.

    python benchmarks/bench_frontier.py

Virtual time; half of the URLs on Flickr (82 % good), the others on hosts of which 45 % answer (75 % good)
and the rest never do. Goal: 20,000 leases settled a second.
"""

import heapq
import random
import resource
import time

import numpy as np
from machine import machine

from gleanset.frontier import Frontier, HostPrior, Limits
from gleanset.terms.inspection import Inspection
from gleanset.terms.outcome import Failed, Failure
from gleanset.terms.plan import Quota
from gleanset.terms.verdict import Finding, Ruling

GOOD = Inspection(1, b"", None)


def world(
    n_classes: int, n_urls: int, n_hosts: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[float]]:
    """Class, host, whether a host answers, chance of success by host."""
    dice = np.random.default_rng(seed)
    n = n_classes * n_urls
    label = np.repeat(np.arange(n_classes, dtype=np.int32), n_urls)
    skewed = np.minimum(dice.pareto(0.6, n).astype(np.int64), n_hosts - 2)
    host = np.where(dice.random(n) < 0.5, 0, 1 + skewed).astype(np.int32)
    answers = dice.random(n_hosts) < 0.45
    answers[0] = True
    chance = np.where(answers, 0.75, 0.0)
    chance[0] = 0.822
    return label, host, answers, chance.tolist()


def crawl(n_classes: int, n_urls: int, quota: int, n_hosts: int, seed: int = 1) -> str:
    """One crawl on virtual time; a line of figures."""
    label, host, answers, chance = world(n_classes, n_urls, n_hosts, seed)
    priors = [HostPrior(True, 24)] + [HostPrior()] * (n_hosts - 1)
    frontier = Frontier(label, host, priors, [Quota(quota, quota)] * n_classes, limits=Limits(), seed=seed)
    dice = random.Random(seed)
    under_way: list[tuple[float, int, Finding]] = []
    now_s, n_requests = 0.0, 0
    began_s = time.process_time()
    while not frontier.done:
        for lease in frontier.lease(now_s):
            n_requests += 1
            good = dice.random() < chance[lease.host]
            dead = not answers[lease.host]
            elapsed_s = 5.0 if dead else dice.expovariate(1 / (0.43 if lease.host == 0 else 1.0))
            failed = None if good else Failed(Failure.CONNECT_TIMEOUT if dead else Failure.NOT_FOUND)
            seen = GOOD if good else None
            finding = Finding(
                lease.candidate,
                lease.attempt,
                lease.host,
                elapsed_s,
                0.0,
                failed,
                None,
                seen,
                serial=lease.serial,
            )
            heapq.heappush(under_way, (now_s + elapsed_s, lease.serial, finding))
        if under_way:
            now_s, _, finding = heapq.heappop(under_way)
            frontier.settle(finding, Ruling(), now_s)
            continue
        wake_at_s = frontier.wake_at(now_s)
        if wake_at_s is None:
            break
        now_s = max(now_s, wake_at_s)
    cpu_s = time.process_time() - began_s
    frontier.check()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    full = sum(n == quota for n in frontier.book.accepted)
    return (
        f"{n_classes:>4} x {quota:<4} {n_hosts:>7,} hosts {len(label):>9,} URLs | {n_requests:>8,} leases, "
        f"{n_requests / cpu_s:>7,.0f} a CPU-second | {full} classes full, virtual {now_s:,.0f} s, "
        f"peak {peak_mb:.0f} MB"
    )


def main() -> None:
    print(machine())
    crawl(10, 200, 40, 100)
    for shape in ((50, 1000, 200, 5_000), (200, 2200, 800, 50_000), (1000, 1000, 200, 100_000)):
        print(crawl(*shape))


if __name__ == "__main__":
    main()
