"""Are placeholders kept out, and good pictures in? Forty designs as 30 % of all answers, 20,000 good ones.

    python benchmarks/bench_placeholders.py [--urls 1500] [--photos FOLDER] [--quota 0.9] [--random 0.05]

Every site has a design of placeholder of its own; a table given by ``--placeholders`` knows half of them. The
real program builds from sockets, each class with a quota of that share of what can be had, and what became of
every URL is compared with the truth. ``--photos``: a folder of folders of photographs, which stand among the
drawn ones, each as the original of one URL. Goals: recall 99 % of known placeholders, 95 % of unknown ones
that are met at least five times, at most 1 in 10,000 good pictures taken for a placeholder, exact quotas. It
takes some minutes.
"""

import argparse
import json
import resource
import sys
from pathlib import Path

import pyarrow.parquet as pq
from bench_large import write_list
from bench_peer import OUT, fresh
from machine import machine
from measuring import Used, load, measure

from gleanset.rotten.fates import Mix
from gleanset.rotten.scoring import KNOWN_NAMES, OFTEN, UNKNOWN_NAMES, Score, account, score
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import CLASSES, Look, PlaceholderShares, WorldSettings
from gleanset.rotten.signatures import signature_table
from gleanset.rotten.truths import truths, url_truths
from gleanset.rotten.world import World
from gleanset.terms.verdict import Verdict

KNOWN_GOAL, UNKNOWN_GOAL, ALARMS_GOAL = 0.99, 0.95, 1e-4
SMALL = Look(96, 72, 4_000)


def rotten_web(urls_per_class: int, random_share: float) -> WorldSettings:
    gone = 0.3
    return WorldSettings(
        urls_per_class=urls_per_class,
        flickr_share=0.1,
        flickr=Mix({"moved-placeholder": gone}),
        other=Mix({"placeholder": gone}),
        hosts=400,
        busy_share=0.0,
        time_scale=0.0,
        look=SMALL,
        placeholders=PlaceholderShares(designed_share=1.0, random_share=random_share),
    )


def labelled(folder: Path | None) -> list[tuple[str, Path]]:
    """The photographs of a folder, its folders dealt to the classes of the web."""
    if folder is None:
        return []
    names = tuple(CLASSES)
    folders = sorted(one for one in folder.iterdir() if one.is_dir())
    return [
        (names[n % len(names)], path) for n, one in enumerate(folders) for path in sorted(one.glob("*.jpg"))
    ]


def build(table: Path, signatures: Path, out: Path, server: RottenServer, images: int) -> Used:
    command = [sys.executable, "-m", "gleanset", "build", table, "-o", out, "--images", str(images)]
    command += ["--placeholders", signatures, "--patience", "10s", "--quiet", "--json"]
    command += [word for rule in server.resolve_rules() for word in ("--resolve", rule)]
    return measure(command, OUT / "placeholders.log", {"GLEANSET_HOME": str(fresh(OUT / "runs" / "home"))})


def told(world: World, out: Path) -> Score:
    """The score of a build that has ended."""
    columns = pq.read_table(out / "outcomes.parquet", columns=["url", "verdict", "reason"]).to_pydict()
    rows = zip(columns["url"], columns["verdict"], columns["reason"], strict=True)
    return score(url_truths(world), {url: (Verdict(verdict), reason) for url, verdict, reason in rows})


def tell(result: Score, used: Used, images: int) -> None:
    """Every design, and the goals."""
    said = json.loads(used.stdout)
    accepted = [one["accepted"] for one in said["classes"]]
    print(account(result))
    known, unknown = (result.recall(names, OFTEN) for names in (KNOWN_NAMES, UNKNOWN_NAMES))
    alarms = len(result.false_alarms) / max(1, result.good)
    for what, figure, reached in (
        ("recall, known", f"{100 * known:.3f} %", known >= KNOWN_GOAL),
        ("recall, unknown", f"{100 * unknown:.3f} %", unknown >= UNKNOWN_GOAL),
        ("false alarms", f"{1e4 * alarms:.2f} in 10,000", alarms <= ALARMS_GOAL),
        ("quotas", f"{min(accepted)} to {max(accepted)} of {images}", set(accepted) == {images}),
    ):
        print(f"  {what:<16} {figure:>18}  {'reached' if reached else 'MISSED'}")
    for url in result.false_alarms[:20]:
        print(f"  taken for a placeholder: {url}")
    print(f"  {said['totals']['tried']:,} URLs in {used.wall_s:.0f} s, {used.cpu_s:.0f} CPU s, {load()}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Recall and false alarms on forty designs of placeholder.")
    parser.add_argument("--urls", type=int, default=1500, help="URLs a class; there are twenty classes")
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--quota", type=float, default=0.9, help="share of what the poorest class has")
    parser.add_argument("--random", type=float, default=0.05, help="share of sites that answer anything")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(machine())
    print("$", " ".join(["python", *sys.argv]), flush=True)
    settings, photographs = rotten_web(options.urls, options.random), labelled(options.photos)
    world = World(settings, [(label, path.read_bytes()) for label, path in photographs])
    images = round(options.quota * min(truth.apart for truth in truths(world)))
    OUT.mkdir(exist_ok=True)
    table = write_list(world, OUT / "placeholders.tsv")
    signatures, out = OUT / "signatures.csv", fresh(OUT / "runs" / "placeholders")
    signatures.write_text(signature_table(world))
    print(f"{world.n:,} URLs, {len(world.photographs):,} photographs, {images} images a class", flush=True)
    with RottenServer(settings, photographs=photographs) as server:
        used = build(table, signatures, out, server, images)
    if not used.stdout:
        raise SystemExit(f"The build failed; its words are in {OUT / 'placeholders.log'}.")
    tell(told(world, out), used, images)


if __name__ == "__main__":
    main()
