"""How much memory a large build takes: 200 classes of 800 images from a rotten web, pictures being tiny.

    python benchmarks/bench_large.py [--classes 200] [--images 800] [--urls 2200]

The web has the rates that the first tool measured, answers without delay, and is served from loopback by
a process that is not counted. Memory is the PSS of gleanset's processes together, at its peak. Goal: under
1 GB. It takes some ten minutes and 3 GB of disk. Linux only.
"""

import argparse
import json
import resource
import sys
from pathlib import Path

from bench_peer import OUT, fresh
from machine import machine
from measuring import Used, load, measure

from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.world import World

GOAL_MB = 1024
TINY = Look(width_px=64, height_px=48, mean_bytes=1_500)


def rotten_web(n_classes: int, urls_per_class: int) -> WorldSettings:
    return WorldSettings(
        classes=tuple(f"class{number:04d}" for number in range(n_classes)),
        urls_per_class=urls_per_class,
        hosts=20_000,
        time_scale=0.0,
        look=TINY,
    )


def write_list(world: World, path: Path) -> Path:
    with path.open("w") as file:
        file.write("url\tlabel\n")
        file.writelines(f"{row.url}\t{row.label}\n" for row in world.rows())
    return path


def build(table: Path, server: RottenServer, images: int) -> Used:
    command = [sys.executable, "-m", "gleanset", "build", table, "-o", fresh(OUT / "runs" / "large")]
    command += ["--images", str(images), "--patience", "10s", "--quiet", "--json"]
    command += [word for rule in server.resolve_rules() for word in ("--resolve", rule)]
    return measure(command, OUT / "large.log", {"GLEANSET_HOME": str(fresh(OUT / "runs" / "home"))})


def tell(used: Used, wanted: int) -> None:
    totals = json.loads(used.stdout)["totals"]
    tried, accepted = totals["tried"], totals["accepted"]
    print(
        f"  {accepted:,} of {wanted:,} images from {tried:,} URLs in {used.wall_s:.0f} s, "
        f"{accepted / used.wall_s:.0f} images/s, {tried / used.wall_s:.0f} URLs/s, "
        f"{used.cpu_s:.0f} CPU s, {used.cpu_s / tried * 1000:.2f} per 1,000 URLs; exit code "
        f"{used.exit_code}"
    )
    reached = "reached" if used.peak_mb < GOAL_MB else "MISSED"
    print(f"  peak memory of all processes {used.peak_mb:.0f} MB; goal {GOAL_MB} MB: {reached}")


def main() -> None:
    parser = argparse.ArgumentParser(description="The memory that a large build takes.")
    parser.add_argument("--classes", type=int, default=200)
    parser.add_argument("--images", type=int, default=800)
    parser.add_argument("--urls", type=int, default=2200, help="URLs a class")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(machine())
    print("$", " ".join(["python", *sys.argv]), flush=True)
    settings = rotten_web(options.classes, options.urls)
    world = World(settings)
    table = write_list(world, OUT / "large.tsv")
    with RottenServer(settings) as server:
        used = build(table, server, options.images)
    print(f"\n{options.classes} x {options.images} of {world.n:,} URLs, {load()}")
    tell(used, options.classes * options.images)


if __name__ == "__main__":
    main()
