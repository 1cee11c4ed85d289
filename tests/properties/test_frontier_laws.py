"""Laws that hold in every world: exact quotas, one fate each, no word to the parked."""

from collections import Counter
from heapq import heappop, heappush
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gleanset.frontier import Frontier, HostPrior, Limits
from gleanset.terms.inspection import Inspection
from gleanset.terms.outcome import Failed, Failure
from gleanset.terms.plan import Quota
from gleanset.terms.verdict import Finding, Revoked, Ruling, Verdict

FAILURES = [
    Failure.NOT_FOUND,
    Failure.TIMEOUT,
    Failure.RESET,
    Failure.RATE_LIMITED,
    Failure.SERVER_ERROR,
    Failure.TLS,
]
QUOTAS = st.one_of(
    st.integers(0, 12).map(lambda n: Quota(n, n)),
    st.tuples(st.integers(0, 5), st.integers(5, 12)).map(lambda t: Quota(*t)),
    st.integers(0, 5).map(lambda n: Quota(n, None)),
)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, object]:
    quotas = draw(st.lists(QUOTAS, min_size=1, max_size=4))
    n_hosts = draw(st.integers(1, 6))
    pair = st.tuples(st.integers(0, len(quotas) - 1), st.integers(0, n_hosts - 1))
    return {
        "quotas": quotas,
        "n_hosts": n_hosts,
        "pairs": sorted(draw(st.lists(pair, max_size=60))),
        "n_planned": draw(st.integers(1, len(quotas))),
        "in_flight": draw(st.integers(1, 30)),
        "seed": draw(st.integers(0, 2**20)),
        "good": draw(st.floats(0, 1)),
    }


@settings(max_examples=150)
@given(worlds())
def test_every_crawl_is_exact_ends_and_leaves_each_candidate_one_fate(world: dict[str, object]) -> None:
    """With failures, throttling, revocations, lost workers and full classes thrown in."""
    random = Random(world["seed"])  # type: ignore[arg-type]
    pairs: list[tuple[int, int]] = world["pairs"]  # type: ignore[assignment]
    quotas: list[Quota] = world["quotas"]  # type: ignore[assignment]
    label = np.array([c for c, _ in pairs], dtype=np.int32)
    host = np.array([h for _, h in pairs], dtype=np.int32)
    frontier = Frontier(
        label,
        host,
        [HostPrior()] * world["n_hosts"],  # type: ignore[operator]
        quotas,
        n_planned=world["n_planned"],  # type: ignore[arg-type]
        limits=Limits(in_flight=world["in_flight"]),  # type: ignore[arg-type]
        seed=1,
    )
    fates: dict[int, Verdict] = {}
    parked_until: dict[int, float] = {}
    under_way: list[tuple[float, int, Finding]] = []
    now_s = 0.0
    for _ in range(5000):
        if frontier.done:
            break
        for lease in frontier.lease(now_s):
            assert now_s >= parked_until.get(lease.host, 0.0), "a parked host gets nothing"
            assert fates.get(lease.candidate) is None, "a decided candidate is never asked"
            fine = random.random() < world["good"]  # type: ignore[operator]
            failed = None
            if not fine:
                failed = Failed(random.choice(FAILURES), retry_after_s=random.choice([None, 3.0, 90_000.0]))
            seen = Inspection(1, b"", None) if fine else None
            elapsed_s = random.random() * 5
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
            heappush(under_way, (now_s + elapsed_s, lease.serial, finding))
        frontier.check()
        if not under_way:
            wake_at_s = frontier.wake_at(now_s)
            if wake_at_s is None:
                break
            now_s = max(now_s, wake_at_s)
            continue
        now_s, _, finding = heappop(under_way)
        if random.random() < 0.1:
            frontier.release(finding.candidate, now_s)
            continue
        held = [c for c, verdict in fates.items() if verdict in {Verdict.ACCEPTED, Verdict.SPARE}]
        revoked = (Revoked(random.choice(held), "placeholder"),) if held and random.random() < 0.1 else ()
        failed = finding.failed
        for settlement in frontier.settle(finding, Ruling(None, revoked), now_s):
            fates[settlement.candidate] = settlement.verdict
        if failed is not None and failed.failure is Failure.RATE_LIMITED and failed.retry_after_s is not None:
            parked_until[finding.host] = max(
                now_s + failed.retry_after_s, parked_until.get(finding.host, 0.0)
            )
        frontier.check()
    else:
        raise AssertionError("the crawl does not end")
    for _, _, finding in under_way:
        frontier.release(finding.candidate, now_s)
    for settlement in frontier.defer_rest(0.0, now_s):
        fates[settlement.candidate] = settlement.verdict
    frontier.check()
    _agree(frontier, fates, label)


def _agree(frontier: Frontier, fates: dict[int, Verdict], label: np.ndarray) -> None:
    """The book counts what the settlements say, and what is neither decided nor left does not exist."""
    accepted = Counter(int(label[c]) for c, verdict in fates.items() if verdict is Verdict.ACCEPTED)
    book = frontier.book
    for c in range(len(book.most)):
        if book.in_dataset(c):
            assert accepted[c] == book.accepted[c]
        decided = sum(int(label[candidate]) == c for candidate in fates)
        assert decided + book.left[c] == int((label == c).sum())
    for c in range(len(book.most)):
        if book.in_dataset(c) and book.accepted[c] < book.most[c]:
            assert not book.spares[c], "no class is short while it has spares"
