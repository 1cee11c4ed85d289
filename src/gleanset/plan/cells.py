"""The candidates of some classes by site, classes merged as a table says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..terms.plan import GroupCensus

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cells:
    """Class ``c`` has the cells ``starts[c]`` to ``starts[c + 1]``; no group stands twice in a class."""

    starts: Counts
    group: Counts
    """(n_cells,) the place in the census's groups."""
    n: Counts
    """(n_cells,) URLs."""

    @property
    def n_classes(self) -> int:
        return len(self.starts) - 1

    @property
    def of_class(self) -> Counts:
        """(n_cells,) the class of each cell."""
        return np.repeat(np.arange(self.n_classes), np.diff(self.starts))

    @property
    def urls(self) -> Counts:
        """(n_classes,) URLs of each class."""
        return sums(self.n, self.starts)

    def only(self, classes: Sequence[int]) -> "Cells":
        """These classes, in this order."""
        starts, group, n = _gathered(self.starts, self.group, self.n, np.array(classes, np.int64))
        return Cells(starts, group, n)


def cells_of(census: GroupCensus, members: Sequence[Sequence[str]]) -> Cells:
    """The cells of classes that each take all URLs of some labels; unknown labels have none."""
    place = {label: i for i, label in enumerate(census.labels)}
    known = [[place[label] for label in labels if label in place] for labels in members]
    flat = np.array([one for labels in known for one in labels], np.int64)
    starts, group, n = (np.asarray(column, np.int64) for column in (census.starts, census.group, census.n))
    label_starts, group, n = _gathered(starts, group, n, flat)
    per_class = np.concatenate(([0], np.cumsum([len(labels) for labels in known], dtype=np.int64)))
    cells = Cells(label_starts[per_class], group, n)
    return cells if all(len(labels) <= 1 for labels in known) else _merged(cells)


def _gathered(starts: Counts, group: Counts, n: Counts, chosen: Counts) -> tuple[Counts, Counts, Counts]:
    """The rows of a sparse table, in the order asked for."""
    lengths = (starts[1:] - starts[:-1])[chosen]
    new_starts = np.concatenate(([0], np.cumsum(lengths)))
    at = np.arange(new_starts[-1]) + np.repeat(starts[:-1][chosen] - new_starts[:-1], lengths)
    return new_starts, group[at], n[at]


def _merged(cells: Cells) -> Cells:
    """Sites that stand twice in a class as one."""
    classes = cells.of_class
    order = np.lexsort((cells.group, classes))
    classes, group, n = classes[order], cells.group[order], cells.n[order]
    first = np.ones(len(n), bool)
    first[1:] = (classes[1:] != classes[:-1]) | (group[1:] != group[:-1])
    at = np.flatnonzero(first)
    starts = np.searchsorted(classes[at], np.arange(cells.n_classes + 1))
    return Cells(starts, group[at], np.add.reduceat(n, at) if len(at) else n)


def sums(values: npt.NDArray[Any], starts: Counts) -> npt.NDArray[Any]:
    """(n_classes,) the sum of each class's cells; 0 for a class without any.

    Equal cells have equal sums, to the last bit, whatever other classes there are.
    """
    padded = np.append(values, np.zeros(1, values.dtype))
    found: npt.NDArray[Any] = np.add.reduceat(padded, starts[:-1]) if len(starts) > 1 else values[:0]
    found[starts[1:] == starts[:-1]] = 0
    return found
