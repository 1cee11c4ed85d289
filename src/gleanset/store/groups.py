"""Counting a list by class and politeness group: what a forecast stands on."""

import hashlib
import json
from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..terms.plan import GroupCensus
from .addresses import Hosts
from .durable import open_atomically
from .rows import LabelledRows
from .survey import Rows, add_all

_CACHE_VERSION = 1
"""One more whenever the same bytes are read as other rows, or other groups."""
_MOST_UNSUMMED = 8_000_000
"""Rows whose (class, group) is remembered one by one, 8 bytes each, before they are summed."""
_GROUP_BITS = 32

Numbers = npt.NDArray[np.int64]


def count_groups(sources: Sequence[LabelledRows], cache_dir: Path | None) -> GroupCensus:
    """The lists' rows by class and politeness group; twins are not dropped.

    One pass; memory grows with cells (about 40 bytes each at the peak), not with rows. With ``cache_dir`` the
    answer is kept under the digests of the lists, so that the second time costs no pass.
    """
    if cache_dir is None:
        return _count(sources)
    if all(source.known_digest for source in sources):
        recalled = _recall(groups_memory(sources, cache_dir))
        if recalled is not None:
            return recalled
    census = _count(sources)
    remember_groups(census, groups_memory(sources, cache_dir))
    return census


def _count(sources: Sequence[LabelledRows]) -> GroupCensus:
    tally = CellTally()
    add_all(sources, tally.add)
    return tally.census()


class CellTally:
    """Rows by (class, group), both numbered as they are met."""

    def __init__(self) -> None:
        self._hosts = Hosts()
        self._labels: dict[str, int] = {}
        self._groups: dict[str, int] = {}
        self._group_of_host = np.zeros(0, np.int64)
        self._cells = np.zeros(0, np.int64)
        """Ascending, each once."""
        self._counts = np.zeros(0, np.int64)
        self._parts: list[Numbers] = []
        self._n_rows = 0

    def add(self, batch: Rows) -> None:
        hosts, labels = self._hosts.of_beginnings(batch.beginnings), batch.labels
        known = self._labels
        numbers = [known.setdefault(label, len(known)) for label in labels.dictionary.to_pylist()]
        classes = np.array(numbers, np.int64)[np.asarray(labels.indices)]
        fit = hosts >= 0
        self._parts.append((classes[fit] << _GROUP_BITS) | self._groups_of()[hosts[fit]])
        self._n_rows += len(hosts)
        if self._n_rows > _MOST_UNSUMMED:
            self._sum()

    def _groups_of(self) -> Numbers:
        """(n_hosts,) the number of each host's group."""
        names, done = self._hosts.groups, len(self._group_of_host)
        known = self._groups
        fresh = np.array([known.setdefault(name, len(known)) for name in names[done:]], np.int64)
        self._group_of_host = np.concatenate((self._group_of_host, fresh))
        return self._group_of_host

    def _sum(self) -> None:
        rows = np.sort(np.concatenate((np.zeros(0, np.int64), *self._parts)))
        self._parts, self._n_rows = [], 0
        firsts = _firsts(rows)
        cells = np.concatenate((self._cells, rows[firsts]))
        counts = np.concatenate((self._counts, np.diff(firsts, append=len(rows))))
        order = np.argsort(cells, kind="stable")
        cells, counts = cells[order], counts[order]
        firsts = _firsts(cells)
        self._cells = cells[firsts]
        self._counts = np.add.reduceat(counts, firsts) if len(firsts) else counts

    def census(self) -> GroupCensus:
        self._sum()
        labels, groups = sorted(self._labels), sorted(self._groups)
        classes = _ranks(self._labels, labels)[self._cells >> _GROUP_BITS]
        places = _ranks(self._groups, groups)[self._cells & ((1 << _GROUP_BITS) - 1)]
        order = np.lexsort((places, classes))
        starts = np.searchsorted(classes[order], np.arange(len(labels) + 1))
        return GroupCensus(
            tuple(labels),
            tuple(groups),
            array("q", starts.astype(np.int64).tobytes()),
            array("i", places[order].astype(np.int32).tobytes()),
            array("i", self._counts[order].astype(np.int32).tobytes()),
        )


def _firsts(ascending: Numbers) -> Numbers:
    """Where each of the different values stands first."""
    changes = np.ones(len(ascending), bool)
    changes[1:] = ascending[1:] != ascending[:-1]
    return np.flatnonzero(changes)


def _ranks(numbers: dict[str, int], in_order: Sequence[str]) -> Numbers:
    """(n,) the place in the sorted order of each number."""
    ranks = np.empty(len(in_order), np.int64)
    ranks[[numbers[name] for name in in_order]] = np.arange(len(in_order))
    return ranks


def groups_memory(sources: Sequence[LabelledRows], cache_dir: Path) -> Path:
    """Where the count of these lists is kept."""
    facts = [_CACHE_VERSION, [(source.name, source.reading, source.digest()) for source in sources]]
    name = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    return cache_dir / "surveys" / f"{name}.groups.arrow"


def remember_groups(census: GroupCensus, memory: Path) -> None:
    """As one Arrow file of a single row of lists."""
    memory.parent.mkdir(parents=True, exist_ok=True)
    columns = {
        "labels": pa.array([list(census.labels)], pa.list_(pa.string())),
        "groups": pa.array([list(census.groups)], pa.list_(pa.string())),
        "starts": _as_list(census.starts, pa.int64()),
        "group": _as_list(census.group, pa.int32()),
        "n": _as_list(census.n, pa.int32()),
    }
    table = pa.table(columns)
    with open_atomically(memory) as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _as_list(values: "array[int]", kind: pa.DataType) -> pa.ListArray:
    flat = pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])
    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), flat)


def _recall(memory: Path) -> GroupCensus | None:
    """A count that was kept; None: there is none, or it is damaged and has to be made again."""
    try:
        with pa.memory_map(str(memory)) as file:
            row = pa.ipc.open_file(file).read_all()
            texts = {name: tuple(row.column(name)[0].as_py()) for name in ("labels", "groups")}
            columns = {name: row.column(name).combine_chunks().flatten() for name in ("starts", "group", "n")}
            starts, group, n = (
                array(code, np.asarray(columns[name]).tobytes())
                for name, code in (("starts", "q"), ("group", "i"), ("n", "i"))
            )
    except (OSError, KeyError, ValueError, IndexError, pa.ArrowException):
        return None
    whole = len(starts) == len(texts["labels"]) + 1 and starts[-1] == len(group) == len(n)
    return GroupCensus(texts["labels"], texts["groups"], starts, group, n) if whole else None
