"""Every defect of the 2019 ImageNet downloader, as something that does not happen here.

Most of it is one crawl of one misbehaving web with the real program; each test looks at another side of it.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from .program import Left, Program, ended, kill, wait_until
from .site import Answer, Gate, Site, picture

pytestmark = pytest.mark.sockets

DOG, BIRD, MACHINE, HEAD = "n02084071", "n02012849", "n03126707", "n04058721"
"""dog; crane, the bird; crane, the machine; read/write head."""
CONTACT = "crawler@example.org"
SLOW_S = 2.0
"""The first tool's limit was 1 s."""


@dataclass(frozen=True)
class Crawl:
    """A crawl that has ended: what was said, what is left, what the sites saw."""

    program: Program
    site: Site
    canary: Site
    """A server on this machine that no list may reach."""
    said: dict[str, Any]
    left: Left

    def fate(self, url: str) -> tuple[str, str]:
        """(verdict, reason) of a URL."""
        [row] = [row for row in self.left.outcomes if row["url"] == url]
        return row["verdict"], row["reason"]

    @property
    def folders(self) -> dict[str, str]:
        """Label to class folder, of the classes that have images."""
        return {row["label"]: Path(row["path"]).parent.name for row in self.left.manifest}


@pytest.fixture
def site() -> Iterator[Site]:
    """A fresh misbehaving site."""
    one = Site()
    yield one
    one.close()


@pytest.fixture
def program(site: Site, tmp_path: Path) -> Program:
    """The program, to which every name is that site."""
    return Program(tmp_path, site.resolve_rules)


def good_urls(site: Site, label: str, count: int, hosts: int = 8) -> list[tuple[str, str]]:
    """(label, URL) rows of pictures that can be had, on ``hosts`` sites of that class in turn."""
    seed = sum(label.encode()) * 1000
    rows = []
    for n in range(count):
        url = f"http://{label}{n % hosts}.example/{n}.jpg"
        site.answers[url] = Answer(picture(seed + n))
        rows.append((label, url))
    return rows


TWINS_IN_NAME = [f"http://album{n}.example/{n}/image.jpg" for n in range(20)]
MISSING_PICTURE = "http://old.example/missing.jpg"
JUNK = "http://old.example/junk.jpg"
PAGE = "http://old.example/page.jpg"
UNAVAILABLE = "http://farm3.static.flickr.com/2102/gone.jpg"
NOTICE = "http://s.yimg.com/pw/images/photo_unavailable.png"
HIDDEN = "http://polite.example/dogs/17.jpg"
NO_IMAGE = "http://polite.example/images/no_image.jpg"
BAD_GZIP = "http://broken.example/packed.jpg"
ENDLESS = "http://broken.example/endless.jpg"
SLOW = "http://slow.example/dog.jpg"
FLAKY = "http://flaky.example/dog.jpg"
NOT_UTF8 = "http://paris.example/caf%E9.jpg"
DOWN = "http://down.example/dog.jpg"
BIRDS = [f"http://marsh.example/{n}.jpg" for n in range(3)]
MACHINES = [f"http://harbour.example/{n}.jpg" for n in range(3)]
HEADS = [f"http://disk.example/{n}.jpg" for n in range(3)]
LIVE = (*TWINS_IN_NAME, SLOW, FLAKY, NOT_UTF8, *BIRDS, *MACHINES, *HEADS)


def misbehave(site: Site, canary: Site) -> list[str]:
    """Teach the site every trick of the first tool's list; the forbidden URLs."""
    for number, url in enumerate(LIVE):
        site.answers[url] = Answer(picture(number))
    packed = bytearray(gzip.compress(picture(900)))
    packed[30:60] = bytes(30)
    site.answers |= {
        SLOW: Answer(picture(901), before=lambda: site.closing.wait(SLOW_S)),
        FLAKY: [Answer(b"busy", 503, "text/html"), Answer(picture(902))],
        DOWN: Answer(b"busy", 500, "text/html"),
        MISSING_PICTURE: Answer(picture(903), 404),
        JUNK: Answer(bytes(range(256)) * 40),
        PAGE: Answer(b"<html><body>This page has moved.</body></html>" * 40),
        UNAVAILABLE: Answer(b"", 302, headers={"Location": NOTICE}),
        NOTICE: Answer(picture(904, "PNG"), kind="image/png"),
        HIDDEN: Answer(b"", 302, headers={"Location": NO_IMAGE}),
        NO_IMAGE: Answer(picture(905)),
        BAD_GZIP: Answer(bytes(packed), headers={"Content-Encoding": "gzip"}),
        ENDLESS: Answer(bytes(range(256)) * 256, endless=True),
    }
    inner = [f"http://{host}:{canary.port}/" for host in ("127.0.0.1", "[::1]", "0.0.0.0", "2130706433")]
    inner += [
        f"http://127.0.0.1:{site.port}/own",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
    ]
    lures = []
    for number, aim in enumerate(inner):
        lures.append(f"http://lure.example/{number}.jpg")
        site.answers[lures[-1]] = Answer(b"", 302, headers={"Location": aim})
    return [*inner[:-1], *lures]


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawl]:
    """Thirty dogs asked for, and three of three other classes; 23 dogs are to be had."""
    folder = tmp_path_factory.mktemp("first-tool")
    site, canary = Site(), Site()
    forbidden = misbehave(site, canary)
    rotten = [MISSING_PICTURE, JUNK, PAGE, UNAVAILABLE, HIDDEN, BAD_GZIP, ENDLESS, DOWN, *forbidden]
    dogs = [*TWINS_IN_NAME, SLOW, FLAKY, NOT_UTF8.replace("%E9", "\xe9"), *rotten]
    lines = ["this line has no tab"]
    for label, urls in ((DOG, dogs), (BIRD, BIRDS), (MACHINE, MACHINES), (HEAD, HEADS)):
        lines += [f"{label}_{number}\t{url}" for number, url in enumerate(urls)]
    (folder / "fall11_urls.txt").write_bytes("\n".join(lines).encode("latin-1"))
    program = Program(folder, site.resolve_rules)
    quotas = ["from,images", f"{DOG},30", *(f"{label},3" for label in (BIRD, MACHINE, HEAD))]
    (folder / "quotas.csv").write_text("\n".join(quotas) + "\n")
    words = ("fall11_urls.txt", "-o", "d", "--class-table", "quotas.csv", "--class-dirs", "name")
    said = program.build(*words, "--concurrency", "64", "--contact", CONTACT, code=3)
    yield Crawl(program, site, canary, said, Left(folder / "d"))
    site.close()
    canary.close()


# What is kept


def test_the_dataset_is_sound(crawl: Crawl) -> None:
    """Tables, files and the last word agree, and every picture opens."""
    crawl.left.check(crawl.said)


def test_twenty_urls_with_one_basename_are_twenty_files(crawl: Crawl) -> None:
    """There it was one file and twenty successes."""
    paths = {row["path"] for row in crawl.left.manifest if row["url"] in TWINS_IN_NAME}
    assert len(paths) == 20


def test_undershoot_is_reported(crawl: Crawl) -> None:
    """Exit code 3, the class named, and the dataset packed all the same."""
    assert crawl.said["status"] == "short"
    accepted = {one["id"]: (one["accepted"], one["quota"]) for one in crawl.said["classes"]}
    assert accepted == {DOG: (23, 30), BIRD: (3, 3), MACHINE: (3, 3), HEAD: (3, 3)}


def test_classes_of_one_name_do_not_mix(crawl: Crawl) -> None:
    """1,444 first names cover 3,186 synsets: both cranes have a folder, with their own pictures."""
    assert crawl.folders[BIRD] == f"crane-{BIRD}"
    assert crawl.folders[MACHINE] == f"crane-{MACHINE}"
    assert crawl.left.by_class[f"crane-{BIRD}"] == crawl.left.by_class[f"crane-{MACHINE}"] == 3


def test_a_name_with_a_slash_is_one_folder(crawl: Crawl) -> None:
    """``read/write head`` broke the run."""
    assert "/" not in crawl.folders[HEAD]
    assert crawl.left.by_class[crawl.folders[HEAD]] == 3
    assert {path.parent.parent.name for path in crawl.left.images} == {"data"}


def test_a_line_that_is_not_utf8_is_read(crawl: Crawl) -> None:
    """The byte is asked for as it stands in the list."""
    assert crawl.fate(NOT_UTF8) == ("accepted", "")
    assert crawl.site.hits[NOT_UTF8] == 1


def test_an_answer_slower_than_the_first_tools_limit_is_waited_for(crawl: Crawl) -> None:
    assert crawl.fate(SLOW) == ("accepted", "")
    [row] = [row for row in crawl.left.outcomes if row["url"] == SLOW]
    assert row["elapsed_s"] >= SLOW_S


def test_a_transient_failure_is_tried_again(crawl: Crawl) -> None:
    assert crawl.fate(FLAKY) == ("accepted", "")
    assert crawl.site.hits[FLAKY] == 2


def test_but_not_for_ever(crawl: Crawl) -> None:
    assert crawl.fate(DOWN) == ("rejected", "server-error")
    assert crawl.site.hits[DOWN] == 3


# What is refused


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (MISSING_PICTURE, "not-found"),
        (JUNK, "not-an-image"),
        (PAGE, "not-an-image"),
        (UNAVAILABLE, "placeholder"),
        (HIDDEN, "placeholder"),
        (BAD_GZIP, "protocol"),
        (ENDLESS, "too-large"),
    ],
    ids=[
        "404 with a picture",
        "junk as jpeg",
        "page as jpeg",
        "Flickr's notice",
        "no_image",
        "gzip",
        "endless",
    ],
)
def test_what_is_no_picture_of_the_class_is_one_refused_url(crawl: Crawl, url: str, reason: str) -> None:
    """The status counts, the bytes are decoded, and nobody's answer ends the run."""
    assert crawl.fate(url) == ("rejected", reason)
    assert crawl.site.hits[url] == 1


def test_nothing_on_this_machine_or_beside_it_is_reached(crawl: Crawl) -> None:
    """Neither by address nor by redirect: the canary heard nothing, and every try is in the outcomes."""
    assert crawl.canary.visits == []
    assert not any(visit.path == "/own" for visit in crawl.site.visits)
    inner = [row for row in crawl.left.outcomes if "lure.example" in row["url"]]
    assert len(inner) == 7
    assert {row["reason"] for row in inner} <= {"blocked-address", "bad-url", "protocol"}
    literal = [row for row in crawl.left.outcomes if row["reason"] == "blocked-address"]
    assert {row["url"] for row in literal} >= {
        f"http://127.0.0.1:{crawl.canary.port}/",
        f"http://[::1]:{crawl.canary.port}/",
        f"http://127.0.0.1:{crawl.site.port}/own",
        "http://169.254.169.254/latest/meta-data/",
    }


def test_every_request_says_who_asks(crawl: Crawl) -> None:
    """A name, a version and whom to write to; no browser's name."""
    agents = {visit.agent for visit in crawl.site.visits}
    assert len(agents) == 1
    [agent] = agents
    assert agent.startswith("gleanset/")
    assert CONTACT in agent
    assert "Mozilla" not in agent


# How many, how many at once, and in which order


def test_ten_asked_with_64_in_flight_are_ten(program: Program, site: Site, tmp_path: Path) -> None:
    """There it were 33 files. All answers are good, and eleven are under way before the first comes."""
    gate = Gate(site, opens_at=11)
    rows = good_urls(site, "dog", 64, hosts=64)
    for _, url in rows:
        site.answers[url] = Answer(site.answers[url].body, before=gate.wait)
    said = program.build(program.write_list(rows), "-o", "d", "--images", "10", "--concurrency", "64")
    left = Left(tmp_path / "d")
    left.check(said)
    assert site.most_at_once_in_all > 10
    assert left.by_class == {"dog": 10}
    assert len(left.manifest) == 10


def test_a_host_is_never_asked_for_more_at_once_than_allowed(
    program: Program, site: Site, tmp_path: Path
) -> None:
    """The server counts: up to three, and not one more, with 64 requests allowed in all."""
    rows = good_urls(site, "dog", 40, hosts=1) + good_urls(site, "cat", 40, hosts=2)
    for _, url in rows:
        site.answers[url] = Answer(site.answers[url].body, before=partial(site.closing.wait, 0.05))
    words = ("--concurrency", "64", "--per-host", "3", "--workers", "2")
    program.build(program.write_list(rows), "-o", "d", *words)
    assert site.most_at_once == {"dog0.example": 3, "cat0.example": 3, "cat1.example": 3}


def test_the_tail_of_one_class_does_not_idle_the_others(program: Program, site: Site) -> None:
    """The first class is answered after all of the second: one class at a time would wait in vain."""
    first, second = good_urls(site, "aardvark", 4), good_urls(site, "zebra", 20)
    gate = Gate(site)

    def served() -> None:
        if all(site.hits[url] for _, url in second):
            gate.open()

    for _, url in first:
        site.answers[url] = Answer(site.answers[url].body, before=gate.wait)
    for _, url in second:
        site.answers[url] = Answer(site.answers[url].body, before=served)
    said = program.build(program.write_list([*first, *second]), "-o", "d", "--patience", "1s")
    assert {one["id"]: one["accepted"] for one in said["classes"]} == {"aardvark": 4, "zebra": 20}
    assert all(site.hits[url] == 1 for _, url in first)


def test_flickr_in_a_path_is_no_flickr(program: Program, site: Site) -> None:
    """The group is told by the host's name, neither by the path nor by a label before another domain."""
    flickr = [("dog", f"http://farm{n}.static.flickr.com/1/{n}.jpg") for n in range(1, 4)]
    others = [("dog", f"http://{host}/flickr/1.jpg") for host in ("other.example", "flickr.com.evil.example")]
    for number, (_, url) in enumerate([*flickr, *others]):
        site.answers[url] = Answer(picture(number))
    name = program.write_list([*flickr, *others])
    assert program.run("survey", name, "--json").must(0).said["flickr_urls"] == 3
    program.build(name, "-o", "d", "--hosts", "flickr")
    pictures = [url for url in site.hits if not url.endswith("/robots.txt")]
    assert sorted(pictures) == sorted(url for _, url in flickr)


# Kills and slips


def test_a_kill_leaves_no_truncated_file(program: Program, site: Site, tmp_path: Path) -> None:
    """Killed with answers on the wire; what the next run packs is whole, all of it, and asked for once."""
    gate = Gate(site)
    rows = [*good_urls(site, "dog", 12), *good_urls(site, "dachshund", 12)]
    for _, url in rows[12:]:
        site.answers[url] = Answer(site.answers[url].body, before=gate.wait)
    name = program.write_list(rows)
    left = Left(tmp_path / "d")
    first = program.start("build", name, "-o", "d")
    wait_until(lambda: left.settled() >= 12 and gate.waiting > 0, "twelve journalled, others on the wire")
    kill(first)
    assert not (tmp_path / "d" / "data").exists()
    gate.open()
    said = program.build(name, "-o", "d")
    left.check(said)
    assert len(left.images) == 24
    assert all(site.hits[url] == 1 for _, url in rows[:12])


def test_an_unknown_option_is_refused_with_the_nearest(program: Program, site: Site, tmp_path: Path) -> None:
    """Two dashes in the place of one, and the first tool drew random classes."""
    name = program.write_list(good_urls(site, "dog", 3))
    before = sorted(path.name for path in tmp_path.iterdir())
    slips = [
        (("--imges", "10"), "Did you mean --images?"),
        (("--images_per_class", "10"), "--images"),
        (("-number_of_classes", "10"), "--classes"),
    ]
    for slip, hint in slips:
        refused = program.run("build", name, "-o", "d", *slip).must(2)
        assert hint in refused.err
        assert refused.out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert site.visits == []


HTML = b"<!DOCTYPE html>\n<html><head><title>ImageNet</title></head><body>Sorry.</body></html>\n"


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (HTML, "web page"),
        (b"\n\n" + HTML, "web page"),
        (b"", "empty"),
        (picture(1), "JPEG"),
        (None, "absent"),
    ],
    ids=["html", "html after blank lines", "empty", "a picture", "absent"],
)
def test_what_is_no_list_is_refused_with_2(
    program: Program, tmp_path: Path, content: bytes | None, hint: str
) -> None:
    """A dead API answered HTML, "nothing gets downloaded", and the exit code was 0."""
    name = "list.txt" if content is not None else "absent.txt"
    if content is not None:
        (tmp_path / name).write_bytes(content)
    refused = program.run("build", name, "-o", "d", "--images", "10").must(2)
    assert hint in refused.err
    assert name in refused.err
    assert not (tmp_path / "d").exists()


def test_errors_are_not_exit_code_0(program: Program, site: Site, tmp_path: Path) -> None:
    """Nor is anything asked or changed by them."""
    name = program.write_list(good_urls(site, "dog", 3))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    program.run("build", name, "-o", "mine").must(1)
    program.run("build", name, "-o", name).must(1)
    program.run("build", name, "-o", "d", "--class", "unicorn").must(2)
    program.run("build", name, "-o", "d", "--classes", "7", "--images", "3").must(2)
    program.run("build", "-o", "d").must(2)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]
    assert not (tmp_path / "d").exists()
    assert site.visits == []


def test_a_failure_is_told_to_programs_as_well(program: Program) -> None:
    """``--json`` keeps its promise of one line."""
    refused = ended(program.start("build", "absent.txt", "-o", "d", "--json")).must(2)
    assert refused.said["status"] == "failed"
    assert "absent.txt" in refused.said["error"]


def test_every_file_is_of_the_format_that_its_name_says(crawl: Crawl) -> None:
    """There every file was called as the URL ended, whatever was in it."""
    for path in crawl.left.images:
        with Image.open(path) as image:
            assert (image.format, path.suffix) == ("JPEG", ".jpg")
