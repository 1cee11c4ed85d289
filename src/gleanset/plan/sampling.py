"""A sample that is even over classes, and within a class over hosts; and the weights that undo this.

Stratified sampling in two steps. Each class gets the same number of rows, or all it has; each politeness
group inside a class likewise; what does not divide goes to some of them by lot. So neither a large class nor
a giant host crowds out the others, and a few thousand URLs meet thousands of hosts.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
Rows = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Strata:
    """How many rows of the list each (class, group) has: what a sample's weights follow from."""

    label: Numbers
    """(k,) ascending."""
    host: Numbers
    """(k,) ascending within a class."""
    n_rows: Rows
    """(k,) 1 or more."""


def strata_of(label: Numbers, host: Numbers) -> Strata:
    """The cells of rows with these classes and groups; (n,) each, 0 or more."""
    keys, n_rows = np.unique(_cells(label, host), return_counts=True)
    width = _width(host)
    return Strata((keys // width).astype(np.int32), (keys % width).astype(np.int32), n_rows.astype(np.int64))


def even_sample(label: Numbers, host: Numbers, size: int, seed: int) -> Rows:
    """The numbers of ``size`` rows (all, where there are no more), ascending.

    ``label``, ``host``: (n,) class and politeness group of every row, 0 or more. Equal arguments give equal
    samples. Rows of a class are ranked by turns: the first of each group, then the second of each, ..;
    classes take turns in the same way. Takes 50 bytes a row and some seconds for ten million.
    """
    n = len(label)
    if size >= n:
        return np.arange(n, dtype=np.int64)
    random = np.random.default_rng(seed)
    level, _, _ = _water(np.bincount(label), size)
    rows, turn, cell = _turns_in_cells(label, host, random)
    in_reach = turn <= level
    rows, turn, cell = rows[in_reach], turn[in_reach], cell[in_reach]
    lot = random.random(int(cell[-1]) + 1)[cell]
    order = np.lexsort((lot, turn, label[rows]))
    rows = rows[order]
    turn = _places(label[rows])
    in_reach = turn <= level
    rows, turn = rows[in_reach], turn[in_reach]
    lot = random.random(int(label.max()) + 1)[label[rows]]
    return np.sort(rows[np.lexsort((lot, turn))[:size]])


def chances(strata: Strata, size: int) -> Floats:
    """(k,) the chance of each row of a cell to be in `even_sample` of ``size``, above 0 to 1.

    Its inverse is the weight of Horvitz and Thompson (1952): for how many rows a sampled one stands.
    """
    n_rows = strata.n_rows
    if size >= n_rows.sum():
        return np.ones(len(n_rows))
    starts = np.flatnonzero(np.diff(strata.label, prepend=-1))
    in_class = np.add.reduceat(n_rows, starts)
    level, share, _ = _water(in_class, size)
    chance = np.ones(len(n_rows))
    ends = np.append(starts[1:], len(n_rows))
    for start, end, n in zip(starts.tolist(), ends.tolist(), in_class.tolist(), strict=True):
        if n > level:
            cells = n_rows[start:end]
            taken = (1 - share) * _expected(cells, level) + share * _expected(cells, level + 1)
            chance[start:end] = taken / cells
    return chance


def look_up(strata: Strata, values: Floats, label: Numbers, host: Numbers) -> Floats:
    """(n,) the value of each row's cell; NaN where there is no such cell."""
    width = max(_width(strata.host), _width(host))
    keys = strata.label.astype(np.int64) * width + strata.host
    wanted = label.astype(np.int64) * width + host
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], np.nan)


def _expected(n_rows: Rows, size: int) -> Floats:
    """(k,) how many rows of each cell an even sample of ``size`` takes in the mean."""
    level, share, _ = _water(n_rows, size)
    return np.minimum(n_rows, level) + np.where(n_rows > level, share, 0.0)


def _water(n_rows: Rows, size: int) -> tuple[int, float, int]:
    """Fill vessels evenly: (whole level, chance of one more where there is room, how many get one more)."""
    if size >= n_rows.sum():
        return int(n_rows.max()), 0.0, 0
    ordered = np.sort(n_rows)
    filled = np.cumsum(ordered) + ordered * np.arange(len(ordered) - 1, -1, -1)
    lower = int(np.searchsorted(filled, size, side="right"))
    below = int(filled[lower - 1]) if lower else 0
    floor = int(ordered[lower - 1]) if lower else 0
    n_open = len(ordered) - lower
    more, rest = divmod(size - below, n_open)
    return floor + more, rest / int((n_rows > floor + more).sum()), rest


def _turns_in_cells(label: Numbers, host: Numbers, random: np.random.Generator) -> tuple[Rows, Rows, Rows]:
    """All rows cell by cell, in random order inside: (row, its turn there from 0, number of the cell)."""
    shuffled = random.permutation(np.arange(len(label), dtype=np.int32))
    keys = _cells(label, host)[shuffled]
    order = np.argsort(keys, kind="stable")
    keys, rows = keys[order], shuffled[order].astype(np.int64)
    cell = np.cumsum(np.diff(keys, prepend=keys[:1]) != 0)
    return rows, _places(cell), cell


def _places(ascending: NDArray[np.integer]) -> Rows:
    """(n,) the place of each among its equals, from 0."""
    starts = np.flatnonzero(np.diff(ascending, prepend=-1))
    sizes = np.diff(np.append(starts, len(ascending)))
    return np.arange(len(ascending)) - np.repeat(starts, sizes)


def _cells(label: Numbers, host: Numbers) -> Rows:
    cells: Rows = label.astype(np.int64) * _width(host) + host
    return cells


def _width(host: Numbers) -> int:
    return int(host.max()) + 1 if len(host) else 1
