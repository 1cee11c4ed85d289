"""Every command and every line of Python that the docs show does run, unless its page says why not.

The examples stand in a folder with the lists that they name, and ask a simulated web on loopback.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.world import World

ROOT = Path(__file__).resolve().parents[2]
FENCED = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*) -->\n)?^```(?P<kind>console|python)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
Done = subprocess.CompletedProcess[str]
Run = Callable[[Path, list[str]], Done]
NOT_RUN = "not run: "
RUNS_WITH = "runs with: "
MODULES = {"torch", "torchvision", "webdataset"}
ENOUGH = {0, 3}
"""Of a build on a rotten web: some class may be short."""
GREETING = """
import functools, os, gleanset
gleanset.build = functools.partial(
    gleanset.build, resolve=os.environ["GLEANSET_RESOLVE"], timeout=2, patience=0
)
"""
"""Python reads no variables: what these tell the commands."""


@dataclass(frozen=True)
class Block:
    """A piece of a page."""

    page: Path
    line: int
    kind: str
    code: str
    mark: str

    @property
    def runs(self) -> bool:
        if self.mark.startswith(RUNS_WITH):
            return all(map(find_spec, self.mark.removeprefix(RUNS_WITH).split(", ")))
        return not self.mark.startswith(NOT_RUN)


def blocks_of(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for match in FENCED.finditer(text):
        line = text.count("\n", 0, match.start("code"))
        yield Block(page, line, match["kind"], match["code"], match["mark"] or "")


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCKS = [block for page in PAGES for block in blocks_of(page)]
RUNNING = [page for page in PAGES if any(block.runs for block in blocks_of(page))]


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def web() -> Iterator[RottenServer]:
    """Twenty classes with 60 URLs each, on a web fifty times as fast as that of 2019, and far less rotten."""
    look = Look(width_px=400, height_px=300, mean_bytes=15_000)
    settings = WorldSettings(urls_per_class=60, time_scale=0.02, hosts=5, flickr_share=0.95, look=look)
    with RottenServer(settings) as server:
        yield server


@pytest.fixture(scope="module")
def run(web: RottenServer, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run words in a folder, with `gleanset` on the path and the rotten web as the world."""
    programs = tmp_path_factory.mktemp("programs")
    gleanset = programs / "gleanset"
    gleanset.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gleanset "$@"\n')
    gleanset.chmod(0o755)
    others = {name: value for name, value in os.environ.items() if not name.startswith("GLEANSET_")}
    environment = {
        **others,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "GLEANSET_HOME": os.environ["GLEANSET_HOME"],
        "GLEANSET_RESOLVE": ",".join(web.resolve_rules()),
        "GLEANSET_TIMEOUT": "2s",
        "GLEANSET_PATIENCE": "0s",
        "GLEANSET_WORKERS": "1",
    }

    def run_words(folder: Path, words: list[str]) -> Done:
        return subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False
        )

    return run_words


@pytest.fixture(scope="module")
def lists(web: RottenServer, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every list that a page names, and a finished dataset."""
    folder = tmp_path_factory.mktemp("lists")
    world = World(web.settings)
    (folder / "fall11_urls.txt").write_text("".join(world.lines()), encoding="utf-8")
    names = {"n03797390": "mug", "n12454159": "tulip", "n07739125": "apple"}
    rows = [(row.url, names[row.label]) for row in world.rows() if row.label in names]
    table = "".join(f"{url},{label}\n" for url, label in rows)
    (folder / "list.csv").write_text("url,label\n" + table)
    (folder / "photos.csv").write_text("image_url,category,licence\n" + table.replace("\n", ",CC0\n"))
    (folder / "strange.csv").write_text("address,what,when\n" + table.replace("\n", ",2011\n"))
    (folder / "mugs.txt").write_text("".join(f"{url}\n" for url, label in rows if label == "mug"))
    Image.effect_noise((64, 48), 80).save(folder / "photo.jpg")
    table_page = (ROOT / "docs" / "how-to" / "class-table.md").read_text(encoding="utf-8")
    (folder / "pets.csv").write_text(table_page.partition("```csv\n")[2].partition("```")[0])
    checks_page = (ROOT / "docs" / "how-to" / "good-images.md").read_text(encoding="utf-8")
    (folder / "mychecks.py").write_text(checks_page.partition("```python\n")[2].partition("```")[0])
    built = run(folder, ["gleanset", "build", "list.csv", "--images", "5:20", "-o", "demo-dataset"])
    assert built.returncode in ENOUGH, built.stderr
    return folder


def words_of(block: Block) -> Iterator[list[str]]:
    """What to run: a command a line, or the whole program."""
    if block.kind == "python":
        yield [sys.executable, "-c", GREETING + block.code]
        return
    for line in block.code.splitlines():
        if line.startswith("$ "):
            yield ["bash", "-o", "pipefail", "-c", line.removeprefix("$ ")]


@pytest.mark.sockets
@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", RUNNING, ids=named)
def test_the_examples_of_a_page_run(page: Path, lists: Path, run: Run, tmp_path: Path) -> None:
    """In their order, in one folder, as a reader would."""
    folder = tmp_path / "work"
    shutil.copytree(lists, folder)
    if page.name == "README.md":
        shutil.copytree(folder / "demo-dataset", folder / "demo")
    for block in blocks_of(page):
        for words in words_of(block) if block.runs else ():
            done = run(folder, words)
            assert done.returncode in ENOUGH, f"{named(page)}:{block.line}: {words[-1]}\n{done.stderr}"


def test_what_cannot_run_says_why() -> None:
    """A mark is one of two sentences, and it stands before a block."""
    marks = [block.mark for block in BLOCKS if block.mark]
    assert [mark for mark in marks if not mark.startswith((NOT_RUN, RUNS_WITH))] == []
    assert {name for mark in marks if mark.startswith(RUNS_WITH)
            for name in mark.removeprefix(RUNS_WITH).split(", ")} <= MODULES  # fmt: skip
    written = sum(page.read_text(encoding="utf-8").count("<!-- not run") for page in PAGES)
    assert written == sum(mark.startswith(NOT_RUN) for mark in marks)


def test_most_examples_run() -> None:
    """The mark is for what needs the web, not for what is broken."""
    assert sum(block.runs for block in BLOCKS) > 2 * sum(block.mark.startswith(NOT_RUN) for block in BLOCKS)


def test_every_console_line_is_a_command() -> None:
    assert [
        (named(block.page), line)
        for block in BLOCKS
        if block.kind == "console"
        for line in block.code.splitlines()
        if not line.startswith("$ ")
    ] == []
