"""Lists counted by class and politeness group."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from gleanset.store import groups
from gleanset.store.groups import count_groups
from gleanset.terms.plan import GroupCensus


class Rows:
    """A list in memory that counts how often it is read."""

    name = "rows"
    reading = "plain"
    odd_lines = 0
    n_readings = 0

    def __init__(self, rows: list[tuple[str, str]], batch: int = 3) -> None:
        self._rows = rows
        self._batch = batch

    @property
    def known_digest(self) -> str | None:
        return self.digest()

    @property
    def odd_examples(self) -> list[tuple[str, int, str]]:
        return []

    def digest(self) -> str:
        return f"{hash(tuple(self._rows)) & 0xFFFFFFFF:064x}"

    def batches(self) -> Iterator[pa.RecordBatch]:
        self.n_readings += 1
        for i in range(0, len(self._rows), self._batch):
            labels, urls = zip(*self._rows[i : i + self._batch], strict=True)
            yield pa.RecordBatch.from_pydict({"label": labels, "url": urls})


ROWS = [
    ("dog", "http://farm1.static.flickr.com/1.jpg"),
    ("dog", "http://live.staticflickr.com/2.jpg"),
    ("cat", "http://b.example.com/3.jpg"),
    ("dog", "http://a.example.com/4.jpg"),
    ("cat", "http://c.example.com/5.jpg"),
    ("cat", "no url"),
    ("cat", "http://x.s3.amazonaws.com/6.jpg"),
    ("ant", "no url either"),
]


def cells(census: GroupCensus) -> dict[str, dict[str, int]]:
    return {
        label: {
            census.groups[census.group[i]]: census.n[i] for i in range(census.starts[c], census.starts[c + 1])
        }
        for c, label in enumerate(census.labels)
    }


@pytest.mark.parametrize("most_unsummed", [1, 8_000_000])
def test_hosts_of_a_group_are_counted_together(most_unsummed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Registered domains, Flickr's as one, buckets by themselves; rows without a host nowhere."""
    monkeypatch.setattr(groups, "_MOST_UNSUMMED", most_unsummed)
    census = count_groups([Rows(ROWS)], None)
    assert cells(census) == {
        "ant": {},
        "cat": {"example.com": 2, "x.s3.amazonaws.com": 1},
        "dog": {"example.com": 1, "flickr.com": 2},
    }


def test_several_lists_are_one(tmp_path: Path) -> None:
    """As the survey has it."""
    assert count_groups([Rows(ROWS[:4]), Rows(ROWS[4:])], tmp_path) == count_groups([Rows(ROWS)], None)


def test_nothing_is_nothing() -> None:
    """An empty list has no classes and no groups."""
    census = count_groups([Rows([])], None)
    assert (census.labels, census.groups, list(census.starts)) == ((), (), [0])


def test_the_second_time_costs_no_pass(tmp_path: Path) -> None:
    """The same bytes are counted once."""
    rows = Rows(ROWS)
    first = count_groups([rows], tmp_path)
    assert count_groups([rows], tmp_path) == first
    assert rows.n_readings == 1
    assert count_groups([Rows(ROWS[1:])], tmp_path) != first


@pytest.mark.parametrize("damage", [b"", b"ARROW1", b"\xff" * 400])
def test_a_damaged_count_is_made_again(tmp_path: Path, damage: bytes) -> None:
    """What was kept is worth something, but no truth."""
    first = count_groups([Rows(ROWS)], tmp_path)
    (kept,) = (tmp_path / "surveys").iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(damage or whole[: len(whole) // 2])
    rows = Rows(ROWS)
    assert count_groups([rows], tmp_path) == first
    assert rows.n_readings == 1
    assert kept.read_bytes() == whole
