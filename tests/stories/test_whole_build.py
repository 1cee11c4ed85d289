"""From ImageNet's list on the web of 2019 to a dataset that can be trained on, shared and built again."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import webdataset
from PIL import Image

from gleanset.rotten.exam import accuracy
from gleanset.rotten.fates import OTHER_MIX, Mix
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.world import World

from .program import Left, Program, before

pytestmark = pytest.mark.sockets

LEAVES = ("n02085620", "n02088364", "n02106030", "n02110958")
"""Chihuahua, beagle, collie, pug."""
OTHERS = Mix({word: share for word, share in OTHER_MIX.shares.items() if word != "placeholder"})
"""The sites of 2019, but for those that hide what is missing behind a picture of their own and status 200: no
table knows it, and the first copy of it that comes is a picture like any other."""
WORLD = WorldSettings(
    classes=("n02084071", *LEAVES, "n02123045"),
    urls_per_class=90,
    other=OTHERS,
    hosts=40,
    time_scale=0.05,
    look=Look(96, 72, 4_000),
)
"""Dogs, four breeds and a tabby at the rates of 2019: blackholes, drips, placeholders, twins and all."""
WORDS = ("--under", "dog", "--leaves", "--images", "30", "--split", "train=0.7,val=0.3")
QUICK = ("--timeout", "3s", "--patience", "1s")


@dataclass(frozen=True)
class Built:
    """A finished build of the rotten web, and where it was made."""

    program: Program
    said: dict[str, Any]
    left: Left

    def rows(self, split: str) -> list[tuple[bytes, int]]:
        """(picture, class index) of a split."""
        rows = [row for row in self.left.manifest if row["split"] == split]
        return [((self.left.out / row["path"]).read_bytes(), row["class_index"]) for row in rows]


@pytest.fixture(scope="module")
def web() -> Iterator[RottenServer]:
    """The web of 2019, twenty times faster."""
    with RottenServer(WORLD) as server:
        yield server


@pytest.fixture(scope="module")
def dogs(web: RottenServer, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Thirty images of every leaf under dog, in two splits."""
    program = before(web, tmp_path_factory.mktemp("whole"))
    said = program.build("fall11_urls.txt", "-o", "dogs", *WORDS, *QUICK)
    return Built(program, said, Left(program.folder / "dogs"))


TOLD_AT_ONCE = {"not-found", "gone", "forbidden", "placeholder", "not-an-image", "empty", "too-large"}
"""Reasons that one answer gives, whatever else happens to its host."""


def identities(left: Left) -> set[tuple[str, str, str, str]]:
    """(key, label, split, sha256) of every image: what a dataset is."""
    return {(row["key"], row["label"], row["split"], row["sha256"]) for row in left.manifest}


def test_every_leaf_has_exactly_its_thirty(dogs: Built) -> None:
    """Neither the dog itself, which has breeds below it, nor the cat."""
    dogs.left.check(dogs.said)
    assert dogs.said["status"] == "complete"
    assert dogs.left.by_class == dict.fromkeys(LEAVES, 30)


def test_every_image_is_good_and_of_its_class(dogs: Built) -> None:
    """The web's own truth knows: no placeholder, nothing twice, no label that another class claims."""
    world = World(WORLD)
    for row in dogs.left.manifest:
        truth = world.truth(row["url"])
        assert truth is not None
        assert (truth.label, truth.fate.good) == (row["label"], True)
    assert max(Counter(row["sha256"] for row in dogs.left.manifest).values()) == 1


def test_what_was_built_can_be_learned(dogs: Built) -> None:
    """A linear classifier beats 90 % on images that it has not seen: labels are right end to end."""
    assert accuracy(dogs.rows("train"), dogs.rows("val")) > 0.9


def test_the_last_line_is_what_the_contract_promises(dogs: Built) -> None:
    """Names and types to the letter."""
    shape = {
        "status": str,
        "out": str,
        "digest": str,
        "classes": list,
        "totals": dict,
        "elapsed_s": float,
        "images_per_s": float,
    }
    assert {name: type(value) for name, value in dogs.said.items()} == shape
    words = {"id": str, "name": str, "quota": int, "accepted": int, "tried": int, "candidates": int}
    assert all({name: type(value) for name, value in one.items()} == words for one in dogs.said["classes"])
    totals = {"tried": int, "accepted": int, "rejected": dict, "bytes": int}
    assert {name: type(value) for name, value in dogs.said["totals"].items()} == totals
    assert dogs.said["out"] == str(dogs.left.out)
    assert [one["name"] for one in dogs.said["classes"]] == ["Chihuahua", "beagle", "collie", "pug"]
    assert all(one["accepted"] <= one["tried"] <= one["candidates"] == 90 for one in dogs.said["classes"])


def test_a_build_leaves_what_the_contract_names(dogs: Built) -> None:
    """No more, no less; the class index follows the folders, as ``ImageFolder`` counts them."""
    assert {path.name for path in dogs.left.out.iterdir()} == {
        *("data", "manifest.parquet", "outcomes.parquet", "recipe.toml", "classes.csv"),
        *("report.html", "README.md", ".gleanset"),
    }
    assert {path.name for path in (dogs.left.out / "data").iterdir()} == {"train", "val"}
    with (dogs.left.out / "classes.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [(row["class_index"], row["id"], row["accepted"]) for row in table] == [
        (str(index), label, "30") for index, label in enumerate(LEAVES)
    ]
    assert {(row["class_index"], row["label"]) for row in dogs.left.manifest} == set(enumerate(LEAVES))


def test_files_are_what_the_manifest_says(dogs: Built) -> None:
    """Size, format and hash of the file; the hash of the body too, where it was kept byte for byte."""
    for row in dogs.left.manifest:
        body = (dogs.left.out / row["path"]).read_bytes()
        assert row["stored_sha256"] == sha256(body).hexdigest()
        assert (row["stored_as"] == "original") == (row["sha256"] == row["stored_sha256"])
        with Image.open(BytesIO(body)) as image:
            assert (image.size, image.format) == ((row["width"], row["height"]), row["stored_format"].upper())
    assert {row["stored_as"] == "original" for row in dogs.left.manifest} == {True, False}


def test_the_rotten_half_is_accounted_for(dogs: Built) -> None:
    """Where one answer tells, the reason in the outcomes is the web's own truth."""
    world = World(WORLD)
    for row in dogs.left.outcomes:
        truth = world.truth(row["url"])
        assert truth is not None
        final = truth.fate.reason is not None and truth.fate.reason.word in TOLD_AT_ONCE
        if final:
            assert (row["verdict"], row["reason"]) == ("rejected", truth.fate.reason.word)
    assert set(dogs.said["totals"]["rejected"]) & TOLD_AT_ONCE >= {"not-found", "placeholder"}


def test_a_manifest_builds_the_same_dataset_again(dogs: Built) -> None:
    """Shared without its images: the same keys, labels, splits, hashes, and so the same digest."""
    again = dogs.program.build("dogs/manifest.parquet", "-o", "copy", *QUICK)
    left = Left(dogs.program.folder / "copy")
    left.check(again)
    assert identities(left) == identities(dogs.left)
    assert again["digest"] == dogs.said["digest"]
    assert [row["path"] for row in left.manifest] == [row["path"] for row in dogs.left.manifest]


def test_a_filtered_manifest_is_a_subset(dogs: Built) -> None:
    """Of keys, splits and hashes; nothing else is asked for."""
    table = pq.read_table(dogs.left.out / "manifest.parquet")
    kept = table.filter(pa.compute.equal(table["split"], "val"))
    pq.write_table(kept, dogs.program.folder / "val.parquet")
    dogs.program.build("val.parquet", "-o", "subset", *QUICK)
    left = Left(dogs.program.folder / "subset")
    assert identities(left) == {one for one in identities(dogs.left) if one[2] == "val"}
    assert {row["url"] for row in left.outcomes} == set(kept["url"].to_pylist())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it leaves its files open
def test_shards_are_read_back_by_the_webdataset_package(dogs: Built, web: RottenServer) -> None:
    """The same images under the same keys and labels, without a request."""
    n_before = len(web.log())
    words = ("pack", "dogs", "--format", "webdataset", "--split", "train=0.7,val=0.3")
    said = dogs.program.run(*words, "-o", "shards", "--json").must(0).said
    assert len(web.log()) == n_before
    assert said["digest"] == dogs.said["digest"]
    shards = dogs.program.folder / "shards" / "data"
    for split in ("train", "val"):
        wanted = {
            row["key"]: (str(row["class_index"]), row["stored_sha256"], row["label"], row["url"])
            for row in dogs.left.manifest
            if row["split"] == split
        }
        read = webdataset.WebDataset(str(shards / f"{split}-000000.tar"), shardshuffle=False)
        assert {sample["__key__"]: _told(sample) for sample in read} == wanted


def _told(sample: dict[str, Any]) -> tuple[str, str, str, str]:
    """(class index, sha256 of the picture, label, URL) of a sample."""
    facts = json.loads(sample["json"])
    [body] = [sample[name] for name in ("jpg", "png", "webp") if name in sample]
    return sample["cls"].decode(), sha256(body).hexdigest(), facts["label"], facts["url"]


def test_a_recipe_repeats_its_draw_anywhere(dogs: Built) -> None:
    """Three of six classes by seed 7; another folder, no options but the recipe: the same three."""
    words = ("--classes", "3", "--images", "8", "--seed", "7", "--size", "48", *QUICK)
    first = dogs.program.build("fall11_urls.txt", "-o", "drawn", *words)
    again = dogs.program.build("--config", "drawn/recipe.toml", "-o", "repeated")
    assert [one["id"] for one in first["classes"]] == [one["id"] for one in again["classes"]]
    other = dogs.program.run("plan", "fall11_urls.txt", "--json", *words[:4], "--seed", "8").must(0).said
    assert {one["id"] for one in other["classes"]} != {one["id"] for one in first["classes"]}
    for path in Left(dogs.program.folder / "repeated").images:
        with Image.open(path) as image:
            assert min(image.size) == 48
