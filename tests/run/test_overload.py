"""Overload: what workers and the machine complain of, and how many requests may be under way then."""

from dataclasses import replace
from pathlib import Path

import pytest

from gleanset.errors import StorageError
from gleanset.run import wire
from gleanset.run.machine import free_disk_bytes, free_memory_bytes, held_memory_bytes
from gleanset.run.overload import LEAST_DISK_BYTES, Overload
from gleanset.run.vitals import (
    CALM_S,
    FLOOR,
    MOST_CHECK_MS,
    RECOVERS_IN_S,
    ROUND_S,
    Shortage,
    Throttle,
    Vitals,
    memory_is_short,
    shortage_of,
)

WELL = Vitals(0, 0.02, 0, 300, 1024, 100_000_000, 20, 0, 1_000_000)
GB = 2**30


@pytest.fixture
def throttle() -> Throttle:
    """Two thousand requests may be under way, and all is well."""
    return Throttle(2000, 0.0)


@pytest.mark.parametrize(
    ("vitals", "shortage"),
    [
        (WELL, None),
        (replace(WELL, n_starved=1), Shortage.SOCKETS),
        (replace(WELL, n_files=1000), Shortage.SOCKETS),
        (replace(WELL, n_files=1000, most_files=0), None),
        (replace(WELL, names_waiting=600), Shortage.NAMES),
        (replace(WELL, lag_s=1.5), Shortage.TIME),
        (replace(WELL, lag_s=1.5, n_starved=7), Shortage.SOCKETS),
    ],
)
def test_what_a_worker_complains_of(vitals: Vitals, shortage: Shortage | None) -> None:
    """The worst first; what is not known is no complaint."""
    assert shortage_of(vitals) is shortage


def test_memory_is_short_when_little_is_left_beside_us() -> None:
    """Whoever took it: nine tenths of what there is are ours, or others have left a ninth of ours."""
    assert memory_is_short(GB, GB // 10)
    assert not memory_is_short(GB, GB)
    assert not memory_is_short(GB, None)


def test_a_shortage_cuts_what_is_really_under_way(throttle: Throttle) -> None:
    """Half of the five hundred that were under way, not half of the two thousand that might have been."""
    throttle.complain(Shortage.SOCKETS, 500, 1.0)
    assert throttle.limit(1.0) == 250
    assert throttle.why == "sockets"


def test_complaints_of_one_round_cut_once(throttle: Throttle) -> None:
    """All workers feel the same moment; the next cut waits until the first can be felt."""
    for now_s in (1.0, 1.1, 1.0 + ROUND_S - 0.1):
        throttle.complain(Shortage.SOCKETS, 2000, now_s)
    assert throttle.limit(4.0) == 1000
    throttle.complain(Shortage.TIME, 1000, 1.0 + ROUND_S)
    assert (throttle.limit(4.0), throttle.why) == (750, "CPU time")


def test_concurrency_grows_back_when_nothing_has_been_short_for_a_while(throttle: Throttle) -> None:
    """In equal steps, however often it is asked, up to what was chosen; then nothing keeps it down."""
    throttle.complain(Shortage.SOCKETS, 2000, 0.0)
    seen = [throttle.limit(now_s / 4) for now_s in range(4 * 100)]
    assert seen[int(CALM_S * 4)] == 1000
    assert seen == sorted(seen)
    assert seen[int((CALM_S + RECOVERS_IN_S / 4) * 4)] == pytest.approx(1500, abs=1)
    assert seen[-1] == 2000
    assert throttle.why == ""


def test_it_never_falls_under_a_floor(throttle: Throttle) -> None:
    """A build that is slow still ends; one that stands still does not."""
    for n in range(50):
        throttle.complain(Shortage.MEMORY, 0, n * ROUND_S)
        assert throttle.limit(n * ROUND_S) >= FLOOR
    assert throttle.limit(50 * ROUND_S) == FLOOR
    assert Throttle(4, 0.0).limit(0.0) == 4


def test_a_worker_under_water_and_back(tmp_path: Path) -> None:
    """From its report to the limit, and from the limit to calm."""
    overload = Overload(tmp_path, 1000, 0.0, free_memory=lambda: 64 * GB)
    overload.hear(replace(WELL, names_waiting=900), 800, 0.5)
    assert (overload.limit(800, 0.5), overload.why) == (600, "names")
    overload.hear(WELL, 600, 1.5)
    assert overload.limit(600, 100.0) == 1000


def test_memory_that_all_workers_hold_together_counts(tmp_path: Path) -> None:
    """Each of them is modest; the machine has no more."""
    overload = Overload(tmp_path, 1000, 0.0, free_memory=lambda: GB)
    for worker in range(4):
        overload.hear(replace(WELL, worker=worker, rss_bytes=3 * GB), 400, 0.5)
    assert (overload.limit(400, 1.0), overload.why) == (200, "memory")


def test_a_disk_that_is_nearly_full_stops_the_build_before_a_write_fails(tmp_path: Path) -> None:
    """With a sentence: where, how much is left, what to do."""
    free = [10 * GB]
    overload = Overload(tmp_path, 2000, 0.0, free_disk=lambda _: free[0], free_memory=lambda: None)
    assert overload.limit(2000, 0.0) == 2000
    free[0] = 150_000_000  # two thousand photographs need more
    assert overload.limit(2000, 0.5) == 2000
    with pytest.raises(StorageError, match=r"only 150 MB are left .* 2,000 requests .* Free some space"):
        overload.limit(2000, 1.0)
    assert Overload(tmp_path, 8, 0.0, free_disk=lambda _: free[0]).limit(8, 0.0) == 8
    free[0] = LEAST_DISK_BYTES - 1
    with pytest.raises(StorageError):
        Overload(tmp_path, 8, 0.0, free_disk=lambda _: free[0]).limit(0, 0.0)


def test_this_machine_can_be_read(tmp_path: Path) -> None:
    """Whatever it is: some memory is held, some disk is free, and an absent folder is said."""
    assert held_memory_bytes() > 10_000_000
    assert free_disk_bytes(tmp_path) > 0
    with pytest.raises(StorageError, match="absent"):
        free_disk_bytes(tmp_path / "absent")


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_tighter_of_machine_and_container_counts(tmp_path: Path) -> None:
    """Page cache that would be given back is free; a container without a limit has none of its own."""
    assert free_memory_bytes(tmp_path) is None
    put(tmp_path / "proc/meminfo", "MemTotal: 8000000 kB\nMemAvailable:    4000000 kB\n")
    assert free_memory_bytes(tmp_path) == 4_096_000_000
    group = tmp_path / "sys/fs/cgroup"
    put(group / "memory.max", "max\n")
    put(group / "memory.current", "900000000\n")
    assert free_memory_bytes(tmp_path) == 4_096_000_000
    put(group / "memory.max", "1000000000\n")
    put(group / "memory.stat", "anon 500000000\ninactive_file 300000000\n")
    assert free_memory_bytes(tmp_path) == 400_000_000


def test_vitals_travel_and_are_not_believed_unseen() -> None:
    """Whoever decodes hostile pictures says nothing that is taken as it is."""
    sent = wire.vitals_out(WELL)
    assert wire.vitals_in(3, dict(sent)) == replace(WELL, worker=3)
    for wrong in (
        {**sent, "lag_s": -1.0},
        {**sent, "lag_s": float("nan")},
        {**sent, "rss_bytes": "1"},
        {**sent, "n_files": 2**63},
        {**sent, "names_waiting": True},
        {**sent, "worker": 7},
        {**sent, "more": 1},
        {name: value for name, value in sent.items() if name != "n_starved"},
    ):
        with pytest.raises((ValueError, TypeError, LookupError)):
            wire.vitals_in(3, wrong)


def test_a_slow_check_is_not_sent_more_than_it_can_look_at() -> None:
    """Its pictures would wait until their leases expire, and be asked for again."""
    assert shortage_of(replace(WELL, decoder_ms=MOST_CHECK_MS + 1)) is Shortage.CHECK
    assert shortage_of(replace(WELL, decoder_ms=MOST_CHECK_MS)) is None


def test_where_a_check_has_yet_to_show_its_speed_little_is_asked_at_first() -> None:
    """Two thousand requests would be answered before the first picture is looked at."""
    throttle = Throttle(2000, 0.0, begins=32)
    assert throttle.limit(0.0) == 32
    assert throttle.why == ""
    assert 32 < throttle.limit(RECOVERS_IN_S / 2) < 2000
    assert throttle.limit(2 * RECOVERS_IN_S) == 2000
    assert Throttle(8, 0.0, begins=32).limit(0.0) == 8
