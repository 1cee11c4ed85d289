"""A list with the true counts of every class of Fall 2011, all 14,197,122 lines, through the commands."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.material, pytest.mark.timeout(900)]
ODD = (
    "n00000000_1",
    "http://www.example.com/no-id.jpg",
    "<html>",
    "",
    "\t\t",
    "n00000002_1 http://x.example/1",
)
ODD += ("n00000003_1\t", "n00000004_1\thttp://x.example/1\tand more")
AT_LEAST = {
    200: (15_292, 9_672),
    500: (11_230, 6_454),
    800: (8_846, 3_063),
    1000: (7_492, 1_630),
    1200: (4_849, 768),
}


@pytest.fixture(scope="module")
def published(material: Path) -> list[dict[str, str]]:
    """The first tool's table: synid, class_name, urls, flickr_urls."""
    with (material / "lists/imagenet_fall11_class_counts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def fall_2011(published: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The list; one address on Flickr and one elsewhere do for each class, since a survey counts lines."""
    path = tmp_path_factory.mktemp("fall2011") / "fall11_urls.txt"
    with path.open("wb") as file:
        for i, row in enumerate(published):
            urls, flickr = int(row["urls"]), int(row["flickr_urls"])
            at_flickr = f"{row['synid']}_1\thttp://farm3.static.flickr.com/{i}.jpg\n".encode()
            elsewhere = f"{row['synid']}_2\thttp://www.host{i % 997}.com/flickr/{i}.jpg\n".encode()
            file.write(at_flickr * flickr + elsewhere * (urls - flickr))
        file.write("".join(f"{line}\n" for line in ODD).encode())
    yield path
    path.unlink()


def said_by(*words: str, home: Path) -> str:
    command = [sys.executable, "-m", "gleanset", *words]
    environ = {**os.environ, "GLEANSET_HOME": str(home)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=600, check=True)
    return done.stdout


def test_the_commands_say_what_the_first_tool_counted(
    fall_2011: Path, published: list[dict[str, str]], tmp_path: Path
) -> None:
    """`survey` its sums and steps; `classes` its table, row by row; `plan` how many classes have 800 URLs."""
    survey = json.loads(said_by("survey", str(fall_2011), "--json", home=tmp_path))
    figures = {name: survey[name] for name in ("classes", "urls", "flickr_urls", "odd_lines")}
    assert figures == {"classes": 21_841, "urls": 14_197_114, "flickr_urls": 7_065_092, "odd_lines": 8}
    steps = {one["images"]: (one["classes"], one["classes_flickr"]) for one in survey["at_least"]}
    assert {images: steps[images] for images in AT_LEAST} == AT_LEAST
    table = csv.DictReader(io.StringIO(said_by("classes", str(fall_2011), "--csv", home=tmp_path)))
    rows = [(row["id"], row["name"], row["urls"], row["flickr_urls"]) for row in table]
    assert rows == sorted((r["synid"], r["class_name"], r["urls"], r["flickr_urls"]) for r in published)
    words = ("--classes", "200", "--images", "800", "--nested", "--keep-unsafe", "--json")
    plan = json.loads(said_by("plan", str(fall_2011), *words, home=tmp_path))
    assert (len(plan["classes"]), len(plan["reserves"])) == (200, 8_846 - 200)
