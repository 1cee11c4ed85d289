"""Choosing by tree, by licence and by a tree of one's own, from the command line to the dataset."""

import csv
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gleanset.rotten.fates import Mix
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.world import World

from .program import Left, Program, before

pytestmark = pytest.mark.sockets

DOG, BEAGLE, PUG, TABBY, NURSE = "n02084071", "n02088364", "n02110958", "n02123045", "n10366966"
MILD = Mix({"not-found": 0.2})
WORLD = WorldSettings(
    classes=(DOG, BEAGLE, PUG, TABBY, NURSE),
    urls_per_class=20,
    flickr=MILD,
    other=MILD,
    hosts=8,
    time_scale=0.05,
    busy_share=0.0,
    slow_share=0.0,
    look=Look(96, 72, 4_000),
)
LICENCES = (
    "https://creativecommons.org/licenses/by/2.0/",
    "CC-BY-NC",
    "http://creativecommons.org/publicdomain/zero/1.0/",
)


@pytest.fixture(scope="module")
def web() -> Iterator[RottenServer]:
    with RottenServer(WORLD) as server:
        yield server


@pytest.fixture
def program(web: RottenServer, tmp_path: Path) -> Program:
    return before(web, tmp_path)


@pytest.fixture
def licensed(program: Program) -> str:
    """The same list as a table whose licences take turns, in three spellings."""
    rows = [(row.label, row.url, LICENCES[i % 3]) for i, row in enumerate(World(WORLD).rows())]
    lines = ["label,image_url,license", *(",".join(f'"{cell}"' for cell in row) for row in rows)]
    (program.folder / "licensed.csv").write_text("\n".join(lines), encoding="utf-8")
    return "licensed.csv"


def test_a_merged_class_holds_its_breeds_each_image_once(program: Program) -> None:
    """`--merge`: 25 dogs, more than one class of the list could give, in one folder."""
    said = program.build("fall11_urls.txt", "--class", "carnivore", "--merge", "--images", "25", "-o", "out")
    left = Left(program.folder / "out")
    left.check(said)
    assert left.by_class == {"n02075296": 25}
    assert said["classes"][0]["name"] == "carnivore"
    labels = {World(WORLD).truth(row["url"]).label for row in left.manifest}  # type: ignore[union-attr]
    assert labels <= {DOG, BEAGLE, PUG, TABBY} and len(labels) > 1


def test_a_draw_has_no_people_and_no_class_above_another(program: Program) -> None:
    """Of five classes three may be drawn; a fourth is refused with what would fit."""
    said = program.build("fall11_urls.txt", "--classes", "3", "--images", "5", "-o", "out")
    assert {one["id"] for one in said["classes"]} == {BEAGLE, PUG, TABBY}
    refused = program.run("plan", "fall11_urls.txt", "--classes", "4", "--images", "5").must(2)
    assert "only 3 lie neither above nor below another" in refused.err
    program.run("plan", "fall11_urls.txt", "--classes", "5", "--nested", "--keep-unsafe").must(0)


def test_only_the_wanted_licences_are_asked(program: Program, licensed: str) -> None:
    """Counted in survey, plan and report; what is not wanted is not even a candidate."""
    counts = json.loads(program.run("survey", licensed, "--json").must(0).out)["licences"]
    assert [(one["licence"], one["urls"]) for one in counts] == [("cc-by", 34), ("cc-by-nc", 33), ("cc0", 33)]
    words = (licensed, "--licence", "cc0,CC BY 4.0", "--class", TABBY, "--images", "5")
    assert "Licences of their URLs: cc-by " in program.run("plan", *words).must(0).out
    said = program.build(*words, "-o", "out")
    left = Left(program.folder / "out")
    assert {row["licence"] for row in left.manifest} <= {LICENCES[0], LICENCES[2]}
    assert said["classes"][0]["candidates"] < 20
    page = (program.folder / "out/report.html").read_text(encoding="utf-8")
    assert "<bdi>cc-by</bdi>" in page and "cc-by-nc" not in page


def test_a_licence_that_no_row_has_is_refused(program: Program, licensed: str) -> None:
    """Before anything is written."""
    assert "--licence gpl" in program.run("build", licensed, "--licence", "gpl", "-o", "out").must(2).err
    assert not (program.folder / "out").exists()


def test_a_tree_of_ones_own_chooses_and_stands_in_the_report(program: Program) -> None:
    """Any labels, any tree: here the wnids are called otherwise."""
    (program.folder / "tree.csv").write_text(
        f"{PUG},small\n{BEAGLE},small\nsmall,pets\n{TABBY},pets\n", "utf-8"
    )
    words = ("fall11_urls.txt", "--hierarchy", "tree.csv", "--under", "small", "--images", "5")
    said = program.build(*words, "-o", "out")
    assert {one["id"] for one in said["classes"]} == {PUG, BEAGLE}
    page = (program.folder / "out/report.html").read_text(encoding="utf-8")
    assert "The tree above the classes" in page and "<bdi>small</bdi>" in page


def test_the_tree_is_text_table_and_json(program: Program) -> None:
    """The same tree three times; a search takes any name, in any spelling."""
    text = program.run("classes", "fall11_urls.txt", "--tree").must(0).out
    assert text.index("animal *") < text.index("    pug") < text.index("tabby")
    said = json.loads(
        program.run("classes", "fall11_urls.txt", "--tree", "--json", "--under", "carnivore").must(0).out
    )
    (root,) = said["tree"]
    assert (root["name"], root["classes"], root["total_urls"]) == ("animal", 4, 80)
    assert [child["name"] for child in root["children"]] == ["dog", "tabby"]
    table = (
        program.run("classes", "fall11_urls.txt", "--tree", "--csv", "--search", "domestic-dog").must(0).out
    )
    (row,) = csv.DictReader(io.StringIO(table))
    assert (row["id"], row["depth"], row["total_urls"]) == (DOG, "0", "20")


def test_two_vocabularies_become_one(program: Program) -> None:
    """`[[list]]` for unlike columns and a split each; a class table for unlike words and a quota."""
    pugs = [row.url for row in World(WORLD).rows() if row.label == PUG]
    (program.folder / "one.csv").write_text("link,what\n" + "".join(f"{url},Mops\n" for url in pugs[:12]))
    (program.folder / "two.tsv").write_text(
        "url\tlabel\n" + "".join(f"{url}\tpug dog\n" for url in pugs[10:])
    )
    (program.folder / "names.csv").write_text("from,class,images\nMops,pug,8:16\npug dog,pug\n")
    (program.folder / "both.toml").write_text(
        "class-table = 'names.csv'\n[[list]]\npath = 'one.csv'\nurl-col = 'link'\nlabel-col = 'what'\n"
        "split = 'train'\n[[list]]\npath = 'two.tsv'\nsplit = 'val'\n"
    )
    said = program.build("--config", "both.toml", "-o", "out")
    left = Left(program.folder / "out")
    left.check(said)
    (pug,) = said["classes"]
    assert (pug["id"], pug["candidates"]) == ("pug", 20)
    splits = {row["split"] for row in left.manifest}
    assert splits == {"train", "val"}
    firsts, lasts = set(pugs[:10]), set(pugs[12:])
    assert all(row["split"] == "train" for row in left.manifest if row["url"] in firsts)
    assert all(row["split"] == "val" for row in left.manifest if row["url"] in lasts)
    again = program.build("--config", "out/recipe.toml", "-o", "again")
    assert again["classes"][0]["candidates"] == 20


def test_further_columns_of_a_list_go_into_the_manifest(program: Program) -> None:
    """By their own names, unless the manifest has one of that name; and into the samples of WebDataset."""
    rows = [(row.url, i) for i, row in enumerate(World(WORLD).rows()) if row.label == PUG]
    lines = ["url,label,width,taken by", *(f"{url},pug,{i},me {i}" for url, i in rows)]
    (program.folder / "wide.csv").write_text("\n".join(lines) + "\n")
    words = ("wide.csv", "--keep-cols", "width,taken by", "--images", "6")
    program.build(*words, "-o", "out")
    number = dict(rows)
    for row in Left(program.folder / "out").manifest:
        assert (row["list_width"], row["taken by"]) == (str(number[row["url"]]), f"me {number[row['url']]}")
        assert isinstance(row["width"], int)
    program.run("pack", "out", "--format", "webdataset", "-o", "shards").must(0)
    with tarfile.open(next((program.folder / "shards/data").glob("*.tar"))) as shard:
        facts = [json.load(shard.extractfile(one)) for one in shard if one.name.endswith(".json")]  # type: ignore[arg-type]
    assert len(facts) == 6 and all(fact["taken by"] == f"me {fact['list_width']}" for fact in facts)


def test_columns_that_are_not_there_cannot_be_kept(program: Program, licensed: str) -> None:
    """A slip is answered with what there is; a format without columns says so."""
    refused = program.run("build", licensed, "--keep-cols", "colour", "-o", "out").must(2)
    assert (
        "--keep-cols 'colour' names no column. The list has: 'label', 'image_url', 'license'" in refused.err
    )
    refused = program.run("build", "fall11_urls.txt", "--keep-cols", "colour", "-o", "out").must(2)
    assert "--keep-cols: fall11_urls.txt is a list of format imagenet: no columns" in refused.err
    assert not (program.folder / "out").exists()
