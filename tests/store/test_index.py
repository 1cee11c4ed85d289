"""Both counts of a list in one pass: the same as each makes by itself."""

from pathlib import Path

import pytest

from gleanset.sources.base import Columns, Source
from gleanset.sources.registry import open_sources
from gleanset.store.groups import count_groups
from gleanset.store.index import index_lists
from gleanset.store.survey import survey_lists

LINES = "url,label,license\n" + "".join(
    f"http://{'farm1.static.flickr.com' if i % 3 else f'h{i % 7}.example.org'}/{i}.jpg,c{i % 11},CC-BY\n"
    for i in range(500)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "list.csv").write_text(LINES + "no url,c1,\nhttp://[broken,c2,\n", encoding="utf-8")
    return tmp_path


def opened(folder: Path) -> list[Source]:
    return open_sources([str(folder / "list.csv")], Columns(), None, folder / "digests")


def passes(sources: list[Source], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often the lists are read from now on."""
    read: list[int] = []
    for source in sources:
        batches = source.batches
        monkeypatch.setattr(source, "batches", lambda batches=batches: (read.append(1), batches())[1])
    return read


def test_one_pass_gives_what_two_would(folder: Path) -> None:
    """Row for row, licences and rows without a host as well."""
    index_lists(opened(folder), folder / "one")
    assert survey_lists(opened(folder), folder / "one") == survey_lists(opened(folder), None)
    assert count_groups(opened(folder), folder / "one") == count_groups(opened(folder), None)


def test_both_counts_are_found_afterwards(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan that follows a look costs no further pass, and neither does the next look."""
    sources = opened(folder)
    read = passes(sources, monkeypatch)
    for _ in range(2):
        index_lists(sources, folder / "cache")
        survey_lists(sources, folder / "cache")
        count_groups(sources, folder / "cache")
    assert len(read) == 1


def test_where_one_count_is_known_only_the_other_is_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A survey came first: the pass for the plan is its own, and there is one."""
    sources = opened(folder)
    survey_lists(sources, folder / "cache")
    read = passes(sources, monkeypatch)
    index_lists(sources, folder / "cache")
    count_groups(sources, folder / "cache")
    assert len(read) == 1
