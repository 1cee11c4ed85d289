"""gleanset against img2dataset on a healthy web: the same photographs from nginx on loopback.

    python benchmarks/bench_peer.py [--photos 4000] [--rounds 3] [--only kept resized https]

Both write WebDataset shards, with two processes, interleaved round by round: photographs kept as they are
(img2dataset with ``skip_reencode``), resized to 256x256, and kept as they are over https. A run with one URL
gives what starting up takes, which is subtracted, and shown. Figures are medians; CPU seconds are user and
system time of all processes of a program, memory is their PSS together. Goals: images per CPU second at least
1.4 times, 1.5 times and 8 times img2dataset's, memory at most half.

img2dataset decodes every picture and hashes its body; gleanset does the same and besides drops duplicates and
placeholders, keeps a journal and writes a report, all within the time told. Linux only.
"""

import argparse
import csv
import json
import resource
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import peer
from gallery import Gallery, gallery
from machine import machine
from measuring import Used, load, measure
from photographs import photographs

OUT = Path(__file__).resolve().parents[1] / "bench-out"
HOSTS = tuple(f"site{number:03d}.example" for number in range(200))
CLASSES = 10
MEMORY_GOAL = 0.5
CPU, WALL, PEAK = attrgetter("cpu_s"), attrgetter("wall_s"), attrgetter("peak_mb")


@dataclass(frozen=True)
class Task:
    """One comparison."""

    name: str
    scheme: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    goal: float


TASKS = (
    Task("kept", "http", (), ("--resize_mode=no", "--skip_reencode=True"), 1.4),
    Task(
        "resized",
        "http",
        ("--size", "256", "--resize", "crop"),
        ("--resize_mode=center_crop", "--image_size=256"),
        1.5,
    ),
    Task("https", "https", (), ("--resize_mode=no", "--skip_reencode=True"), 8.0),
)


def write_list(path: Path, scheme: str, names: Sequence[str]) -> Path:
    """A table of URLs over all hosts, in ten classes."""
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["url", "label"])
        for number, name in enumerate(names):
            host = HOSTS[number % len(HOSTS)]
            table.writerow([f"{scheme}://{host}/{name}", f"class{number % CLASSES}"])
    return path


def run_ours(task: Task, table: Path, server: Gallery) -> Used:
    """Raises ``SystemExit`` when not every photograph was taken."""
    out = fresh(OUT / "runs" / "ours")
    port = server.http if task.scheme == "http" else server.https
    command = [sys.executable, "-m", "gleanset", "build", table, "-o", out, "--format", "webdataset"]
    command += ["--resolve", f"*=127.0.0.1:{port}", "--quiet", "--json", *task.ours]
    if task.scheme == "https":
        command += ["--cacert", server.bundle]
    used = measure(command, OUT / "ours.log", {"GLEANSET_HOME": str(fresh(OUT / "runs" / "home"))})
    expect(table, "gleanset", json.loads(used.stdout)["totals"]["accepted"] if used.stdout else 0)
    return used


def run_theirs(task: Task, table: Path, server: Gallery) -> Used:
    """Raises ``SystemExit`` when not every photograph was taken."""
    out = fresh(OUT / "runs" / "theirs")
    port = server.http if task.scheme == "http" else server.https
    env = peer.environment([f"*=127.0.0.1:{port}"], server.bundle if task.scheme == "https" else None)
    used = measure(peer.command(peer.install(), table, out, task.theirs), OUT / "theirs.log", env)
    expect(table, "img2dataset", len(peer.succeeded(out)))
    return used


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder


def expect(table: Path, who: str, taken: int) -> None:
    listed = len(table.read_text().splitlines()) - 1
    if taken != listed:
        raise SystemExit(f"{who} took {taken} of {listed} photographs; its words are in {OUT}.")


def compare(task: Task, names: Sequence[str], rounds: int, server: Gallery) -> None:
    """All rounds of one comparison, told line by line."""
    one = write_list(OUT / "one.csv", task.scheme, names[:1])
    all_of_them = write_list(OUT / "photographs.csv", task.scheme, names)
    starts: tuple[list[Used], list[Used]] = ([], [])
    whole: tuple[list[Used], list[Used]] = ([], [])
    for _ in range(rounds):
        for side, run in enumerate((run_ours, run_theirs)):
            starts[side].append(run(task, one, server))
            whole[side].append(run(task, all_of_them, server))
    print(f"\n{task.name}: {len(names):,} photographs, {rounds} rounds, {load()}")
    rates = [tell(*side, len(names)) for side in zip(("gleanset", "img2dataset"), starts, whole, strict=True)]
    memory = [median(runs, PEAK) for runs in whole]
    tell_ratio("images per CPU second", rates[0] / rates[1], task.goal, rates[0] / rates[1] >= task.goal)
    tell_ratio("memory", memory[0] / memory[1], MEMORY_GOAL, memory[0] / memory[1] <= MEMORY_GOAL)


def tell(who: str, starts: list[Used], whole: list[Used], n: int) -> float:
    """A line of figures; the answer is images per CPU second."""
    net = [run.minus(start) for run, start in zip(whole, starts, strict=True)]
    rates = sorted(n / used.cpu_s for used in net)
    cpu_s = median(net, CPU)
    print(
        f"  {who:<12} {n / cpu_s:6.0f} images a CPU second [{rates[0]:.0f}-{rates[-1]:.0f}], "
        f"{cpu_s / n * 1000:5.2f} CPU s per 1,000, {n / median(net, WALL):5.0f} images/s, "
        f"{median(whole, PEAK):4.0f} MB"
    )
    print(
        f"  {'':<12} of {median(whole, CPU):.1f} CPU s, {median(whole, WALL):.1f} s; starting up takes "
        f"{median(starts, CPU):.1f} CPU s, {median(starts, WALL):.1f} s"
    )
    return n / cpu_s


def tell_ratio(what: str, ratio: float, goal: float, reached: bool) -> None:
    print(f"  {what}: {ratio:.2f} times img2dataset's; goal {goal}: {'reached' if reached else 'MISSED'}")


def median(runs: Sequence[Used], of: Callable[[Used], float]) -> float:
    return statistics.median(map(of, runs))


def main() -> None:
    parser = argparse.ArgumentParser(description="gleanset against img2dataset on a healthy web.")
    parser.add_argument("--photos", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=[task.name for task in TASKS])
    parser.add_argument("--originals", type=Path, help="a folder of photographs to make the corpus from")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(machine())
    print("$", " ".join(["python", *sys.argv]), "|", " ".join(peer.PINS))
    peer.install()
    pictures = photographs(options.photos, options.originals)
    with gallery(pictures[0].parent, HOSTS) as server:
        for task in TASKS:
            if not options.only or task.name in options.only:
                compare(task, [path.name for path in pictures], options.rounds, server)


if __name__ == "__main__":
    main()
