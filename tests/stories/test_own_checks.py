"""``--check``: a function of the user's own decides about every picture, and the quota refills."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .program import Left, Program
from .site import Answer, Site, picture

pytestmark = pytest.mark.sockets

BY_NUMBER = """
import os

def no_odd(picture, row):
    number = int(row["url"].rsplit("/", 1)[1].removesuffix(".jpg"))
    assert picture.mode == "RGB" and picture.size == (row["width"], row["height"])
    assert row["host"] == "pets.example" and row["label"] in {"cat", "dog"}
    return "odd-one" if number % 2 else None
"""

SECOND = """
calls = []

def f(picture, row):
    calls.append(row)
    if len(calls) == 2:
"""


@pytest.fixture
def site() -> Iterator[Site]:
    """Sixteen good pictures of two classes."""
    one = Site()
    one.answers = {f"http://pets.example/{i}.jpg": Answer(picture(i)) for i in range(16)}
    yield one
    one.close()


@pytest.fixture
def program(site: Site, tmp_path: Path) -> Program:
    """The program in a folder with the list of the site."""
    made = Program(tmp_path, site.resolve_rules, IGNORE_ROBOTS="1")
    made.write_list(("cat" if i < 8 else "dog", f"http://pets.example/{i}.jpg") for i in range(16))
    return made


def write_check(program: Program, text: str, name: str = "mychecks.py") -> None:
    (program.folder / name).write_text(text, encoding="utf-8")


def test_a_word_rejects_a_picture_and_the_quota_refills(program: Program, site: Site) -> None:
    """Four of eight pictures a class pass, and four are wanted."""
    write_check(program, BY_NUMBER)
    said = program.build("list.tsv", "-o", "out", "--images", "4", "--check", "mychecks:no_odd")
    left = Left(program.folder / "out")
    left.check(said)
    assert left.by_class == {"cat": 4, "dog": 4}
    numbers = {int(row["url"].rsplit("/", 1)[1][:-4]) for row in left.manifest}
    assert numbers == {0, 2, 4, 6, 8, 10, 12, 14}
    refused = [row for row in left.outcomes if row["reason"] == "check:odd-one"]
    assert said["totals"]["rejected"].get("check:odd-one", 0) == len(refused) > 0
    assert all(row["verdict"] == "rejected" for row in refused)


@pytest.mark.parametrize(
    ("text", "check", "sentence"),
    [
        (BY_NUMBER, "mychecks:no_od", "mychecks has no no_od. Did you mean no_odd?"),
        (BY_NUMBER, "mycheck:no_odd", "there is no module mycheck, neither in"),
        ("import nowhere_at_all", "mychecks:f", "importing mychecks failed: ModuleNotFoundError"),
        ("f = 3", "mychecks:f", "f is no function but int"),
        ("def f(picture): pass", "mychecks:f", "f(picture) does not take two arguments"),
        ("def f(:", "mychecks:f", "importing mychecks failed: SyntaxError"),
        ("raise SystemExit(0)", "mychecks:f", "importing mychecks failed: SystemExit"),
        ("import os; os._exit(0 or 3)", "mychecks:f", "importing it ends the program"),
        (BY_NUMBER, "mychecks.py:no_odd", "A module, not a file: write mychecks:no_odd."),
        (BY_NUMBER, "mychecks", "It is written MODULE:FUNCTION"),
    ],
)
def test_a_check_that_cannot_be_used_is_refused_before_anything_is_written(
    program: Program, site: Site, text: str, check: str, sentence: str
) -> None:
    write_check(program, text)
    ended = program.run("build", "list.tsv", "-o", "out", "--check", check).must(2)
    assert sentence in ended.err
    assert not (program.folder / "out").exists()
    assert not site.visits


def test_a_check_that_fails_at_once_stops_the_build_and_goes_on_when_mended(
    program: Program, site: Site
) -> None:
    """A mistake in the check must not cost a single picture."""
    write_check(program, "def f(picture, row):\n    return picture.hight")
    words = ("list.tsv", "-o", "out", "--images", "8", "--check", "mychecks:f")
    ended = program.run("build", *words).must(1)
    assert "--check mychecks:f: AttributeError: 'Image' object has no attribute 'hight'" in ended.err
    assert "mychecks.py, line 2" in ended.err
    assert "The traceback is in" in ended.err
    (log,) = (program.folder / "out" / ".gleanset" / "workers").glob("*.log")
    assert "Traceback" in log.read_text() and "return picture.hight" in log.read_text()
    write_check(program, "def f(picture, row):\n    return picture.height > 1000 and 'high'")
    said = program.build(*words)
    Left(program.folder / "out").check(said)
    assert said["totals"]["rejected"] == {}


@pytest.mark.parametrize("answer", ["True", "'Too Blurry'", "1", "'x' * 41", "['odd']"])
def test_an_answer_that_is_no_word_stops_the_build(program: Program, answer: str) -> None:
    """Whoever answers True may mean either: nothing is guessed."""
    write_check(program, f"def f(picture, row):\n    return {answer}")
    ended = program.run("build", "list.tsv", "-o", "out", "--check", "mychecks:f").must(1)
    assert "It answers None to keep a picture, or a word" in ended.err


def test_a_check_that_fails_on_a_picture_now_and_then_loses_that_picture(
    program: Program, site: Site
) -> None:
    """It is asked about once more by a build that goes on: by then the check may be mended."""
    write_check(program, SECOND + "        raise RuntimeError('odd')")
    words = ("list.tsv", "-o", "out", "--images", "8", "--check", "mychecks:f")
    said = program.build(*words, code=3)
    left = Left(program.folder / "out")
    left.check(said)
    assert said["totals"]["rejected"] == {"check:error": 1}
    (lost,) = (row["url"] for row in left.outcomes if row["reason"] == "check:error")
    write_check(program, "def f(picture, row):\n    pass")
    left.check(program.build(*words))
    assert left.by_class == {"cat": 8, "dog": 8}
    assert {url: n for url, n in site.hits.items() if n > 1} == {lost: 2}


def test_a_check_that_ends_its_worker_costs_one_picture(program: Program, site: Site) -> None:
    """Libraries of models may crash; the others go on."""
    write_check(
        program,
        "import ctypes\ndef f(picture, row):\n"
        "    if row['url'].endswith('/3.jpg'):\n        ctypes.string_at(0)",
    )
    words = ("list.tsv", "-o", "out", "--images", "8", "--check", "mychecks:f")
    said = program.build(*words, code=3)
    Left(program.folder / "out").check(said)
    assert said["totals"]["rejected"] == {"check:error": 1}


def test_a_new_word_for_every_picture_breaks_nothing(program: Program, site: Site) -> None:
    """After the first hundred, further words are one."""
    site.answers = {f"http://pets.example/{i}.jpg": Answer(picture(i)) for i in range(320)}
    program.write_list(("cat" if i < 300 else "dog", f"http://pets.example/{i}.jpg") for i in range(320))
    write_check(
        program,
        "def f(picture, row):\n    n = int(row['url'].rsplit('/', 1)[1][:-4])\n"
        "    return f'word-{n}' if n < 300 else None",
    )
    said = program.build("list.tsv", "-o", "out", "--images", "20:", "--check", "mychecks:f", code=3)
    Left(program.folder / "out").check(said)
    rejected = said["totals"]["rejected"]
    assert rejected["check:other"] == 200
    assert len(rejected) == 101


def test_another_check_is_another_recipe(program: Program) -> None:
    """What was accepted was accepted by the first one."""
    write_check(program, BY_NUMBER + "\ndef all(picture, row):\n    pass\n")
    program.build("list.tsv", "-o", "out", "--images", "4", "--check", "mychecks:no_odd")
    ended = program.run("build", "-o", "out", "--images", "4", "--check", "mychecks:all").must(2)
    assert "check was mychecks:no_odd, is now mychecks:all" in ended.err
