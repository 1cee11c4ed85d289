"""A list as large as Fall 2011: what it costs to survey it and to make a pool of it.

    python benchmarks/bench_survey.py [--list FILE] [--counts CSV] [--all]

Without ``--list`` one is written from ``--counts`` (see ``benchmarks/fall11.py``; by default the class
counts in the folder of real material). Every step runs in a process of its own, the page cache being
warm. Goals: survey and count by class and site, which a forecast stands on, in one pass (``index``) at most
25 s and 1.5 GB; a survey alone 20 s; 200 classes of 800 images planned from it in 10 s; a pool of 200 classes
a few seconds; ``--all``: of every class, normalised and without twins, 60 s and 1.5 GB. Beside them the bare
reading of the same file by DuckDB and, where it is installed, by Polars: two columns, classes counted.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fall11 import write_list
from machine import machine

from gleanset.catalog.select import Selection
from gleanset.plan.planner import make_plan
from gleanset.sources.base import Columns
from gleanset.sources.registry import open_sources
from gleanset.store.groups import count_groups
from gleanset.store.index import index_lists
from gleanset.store.ingest import build_pool, survey_lists
from gleanset.store.pool import Pool
from gleanset.terms.plan import Quota

MATERIAL = Path(os.environ.get("GLEANSET_MATERIAL", Path(__file__).parents[2] / "shared/data"))
FIGURES = {
    "classes": 21_841,
    "urls": 14_197_114,
    "flickr_urls": 7_065_092,
    "odd_lines": 8,
    "at_least_800": [8_846, 3_063],
    "at_least_1000": [7_492, 1_630],
}
"""Of the real list, from the 2019 tool's published table."""


def survey_step(path: Path, cache: Path) -> dict[str, object]:
    survey = survey_lists(open_sources([str(path)], Columns(), None, cache), cache)
    facts: dict[str, object] = {name: getattr(survey, name) for name in list(FIGURES)[:4]}
    at_least = {images: list(counts) for images, *counts in survey.at_least}
    return facts | {"at_least_800": at_least[800], "at_least_1000": at_least[1000]}


def pool_step(path: Path, cache: Path, n_classes: int | None) -> dict[str, object]:
    sources = open_sources([str(path)], Columns(), None, cache)
    labels = survey_lists(sources, cache).per_class.labels
    chosen = random.Random(0).sample(labels, n_classes) if n_classes else labels
    build_pool(sources, labels=chosen, seed=0, path=cache / "pool.arrow")
    pool = Pool.open(cache / "pool.arrow")
    return {"candidates": pool.n, "groups": len(pool.hosts), "unfit": pool.unfit.num_rows}


def groups_step(path: Path, cache: Path) -> dict[str, object]:
    census = count_groups(open_sources([str(path)], Columns(), None, cache), cache)
    return {"cells": len(census.n), "groups": len(census.groups)}


def index_step(path: Path, cache: Path) -> dict[str, object]:
    """What a plan of an unknown list begins with: both counts in one pass."""
    cache = cache / "index"
    index_lists(open_sources([str(path)], Columns(), None, cache), cache)
    return {}


def duckdb_step(path: Path) -> dict[str, object]:
    """DuckDB's bare reading: two columns by a tab, counted by class. It makes no hosts and no normal form."""
    import duckdb

    columns = "columns={'id': 'varchar', 'url': 'varchar'}, encoding='latin-1'"
    rules = "delim='\\t', header=false, quote='', escape='', ignore_errors=true, strict_mode=false"
    found = duckdb.sql(
        f"select count(*), count(distinct split_part(id, '_', 1)) from read_csv('{path}', {rules}, {columns})"
    ).fetchall()
    return {"rows": found[0][0], "classes": found[0][1]}


def polars_step(path: Path) -> dict[str, object]:
    """Polars' bare reading, the same."""
    try:
        import polars as pl
    except ImportError:
        return {"skipped": "polars is not installed"}
    rows = pl.scan_csv(
        path,
        separator="\t",
        has_header=False,
        new_columns=["id", "url"],
        quote_char=None,
        ignore_errors=True,
        truncate_ragged_lines=True,
        encoding="utf8-lossy",
    )
    label = pl.col("id").str.split("_").list.first()
    found = rows.select(pl.len().alias("n"), label.n_unique().alias("classes")).collect()
    return {"rows": found["n"][0], "classes": found["classes"][0]}


def plan_step(path: Path, cache: Path) -> dict[str, object]:
    census = count_groups(open_sources([str(path)], Columns(), None, cache), cache)
    labels = census.labels
    selection = Selection(labels, frozenset(), {label: label for label in labels})
    plan = make_plan(census, selection, draw=200, quota=Quota(800, 800))
    return {"classes": len(plan.classes), "reserves": len(plan.reserves)}


def child(step: str, path: Path, cache: Path) -> None:
    started_s = time.perf_counter()
    match step.partition(" "):
        case ("survey", _, _):
            facts = survey_step(path, cache)
        case ("groups", _, _):
            facts = groups_step(path, cache)
        case ("index", _, _):
            facts = index_step(path, cache)
        case ("duckdb", _, _):
            facts = duckdb_step(path)
        case ("polars", _, _):
            facts = polars_step(path)
        case ("plan", _, _):
            facts = plan_step(path, cache)
        case (_, _, n_classes):
            facts = pool_step(path, cache, int(n_classes) if n_classes else None)
    facts["wall_s"] = round(time.perf_counter() - started_s, 1)
    facts["cpu_s"] = round(time.process_time(), 1)
    facts["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000
    print(json.dumps(facts))


def run(step: str, path: Path, cache: Path) -> dict[str, object]:
    command = [sys.executable, __file__, "--step", step, "--list", str(path)]
    answer = subprocess.run([*command, "--cache", str(cache)], check=True, capture_output=True, text=True)
    facts: dict[str, object] = json.loads(answer.stdout)
    print(f"{step:12}", *(f"{name} {value}" for name, value in facts.items() if name not in FIGURES))
    return facts


def main() -> None:
    parser = argparse.ArgumentParser(description="Survey a list of 14 million lines.")
    parser.add_argument("--list", type=Path)
    parser.add_argument("--counts", type=Path, default=MATERIAL / "lists/imagenet_fall11_class_counts.csv")
    parser.add_argument("--all", action="store_true", help="a pool of every class as well (minutes)")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--cache", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        child(options.step, options.list, options.cache)
        return
    if not options.list and not options.counts.exists():
        print(f"no class counts at {options.counts}: name some with --counts, or a list with --list")
        return
    print(machine())
    with tempfile.TemporaryDirectory(prefix="bench-survey-") as folder:
        path, cache = options.list or Path(folder, "fall11.txt"), Path(folder)
        if not options.list:
            started_s = time.perf_counter()
            n_lines = write_list(options.counts, path, seed=2011)
            print(f"{'write':12} lines {n_lines} wall_s {time.perf_counter() - started_s:.1f}")
        os.utime(path, (0, 0))
        figures = run("survey", path, cache)
        wrong = {name: figures[name] for name, value in FIGURES.items() if figures[name] != value}
        print("figures      as published" if not wrong else f"figures      differ: {wrong}")
        for step in (
            "index",
            "groups",
            "plan",
            "duckdb",
            "polars",
            "pool 200",
            *(["pool"] if options.all else []),
        ):
            run(step, path, cache)


if __name__ == "__main__":
    main()
