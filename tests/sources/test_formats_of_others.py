"""Packages of other people add formats by entry point; the one of the documentation is tried out."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import gleanset
from gleanset.errors import UsageError
from gleanset.sources.base import Columns
from gleanset.sources.registry import open_sources

Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a module and its entry point where Python finds installed packages."""

    def put(module: str, code: str) -> None:
        site = tmp_path / "site"
        info = site / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        (site / f"{module}.py").write_text(code)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[gleanset.sources]\npairs = {module}:Pairs\n")
        monkeypatch.syspath_prepend(str(site))
        monkeypatch.delitem(sys.modules, module, raising=False)

    return put


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """A list in the form of the example."""
    path = tmp_path / "pairs.txt"
    path.write_text("cat = http://a.example/1.jpg\nbroken\ndog = http://a.example/2.jpg\n")
    return path


def test_the_example_of_the_documentation_reads_its_list(
    install: Install, pairs: Path, project_root: Path
) -> None:
    """Word for word; odd lines, digests and repeated reading come with the base class."""
    page = (project_root / "docs/how-to/own-format.md").read_text(encoding="utf-8")
    install("pairs_for_gleanset", re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[0])
    (source,) = open_sources([str(pairs)], Columns(), "pairs")
    for _ in range(2):
        rows = [(row["url"], row["label"]) for batch in source.batches() for row in batch.to_pylist()]
        assert rows == [("http://a.example/1.jpg", "cat"), ("http://a.example/2.jpg", "dog")]
        assert [number for _, number, _ in source.odd_examples] == [2]
    assert len(source.digest()) == 64
    found = gleanset.survey(pairs, source="pairs")
    assert (found.classes, found.urls, found.odd_lines) == (2, 2, 1)


def test_a_format_that_cannot_be_loaded_says_whose_it_is(install: Install, pairs: Path) -> None:
    """It is not ours, and a traceback through our code would say it were."""
    install("broken_pairs", "raise RuntimeError('half installed')")
    with pytest.raises(
        UsageError, match=r"broken_pairs:Pairs, which adds it, cannot be loaded.*half installed"
    ):
        open_sources([str(pairs)], Columns(), "pairs")


def test_nothing_of_others_runs_unless_it_is_named(install: Install, tmp_path: Path) -> None:
    """A package that lies about does not slow down or break those who do not use it."""
    install("never_loaded", "raise SystemExit('loaded')")
    path = tmp_path / "list.csv"
    path.write_text("url,label\nhttp://a.example/1.jpg,cat\n")
    assert [source.format for source in open_sources([str(path)], Columns(), None)] == ["csv"]
    assert [source.format for source in open_sources([str(path)], Columns(), "csv")] == ["csv"]


def test_without_the_package_the_format_is_refused(pairs: Path) -> None:
    """With those that there are."""
    with pytest.raises(UsageError, match="It is one of imagenet"):
        gleanset.survey(pairs, source="pairs")
    with pytest.raises(UsageError, match="'pairs' is no format"):
        open_sources([str(pairs)], Columns(), "pairs")
