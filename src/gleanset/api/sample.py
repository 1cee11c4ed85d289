"""From lists to a small pool: an even sample of the chosen classes, and what each URL of it stands for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..catalog.select import Selection
from ..errors import UsageError
from ..plan.sampling import Strata, chances, even_sample, look_up, strata_of
from ..recipe import Recipe
from ..store.frame import Frame, read_frame
from ..store.ingest import build_pool
from ..store.pool import Pool
from ..store.rows import LabelledRows
from ..terms.plan import Census
from ..urls import FLICKR
from .lists import choose, graph_for
from .renaming import Picked, as_chosen
from .results import StopSignal

Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample that was drawn: which rows, and from how many of each (class, group)."""

    rows: NDArray[np.int64]
    """Numbers of the sampled rows over all lists, ascending."""
    strata: Strata
    """Classes as places in ``selection.labels``, groups as places in ``groups``."""
    size: int
    groups: tuple[str, ...]
    selection: Selection
    lengths: tuple[int, ...]
    """Rows of each list."""

    @property
    def n_urls(self) -> int:
        """Rows of the lists that the sample stands for."""
        return int(self.strata.n_rows.sum())

    def weights(self, pool: Pool) -> NDArray[np.float64]:
        """(pool.n,) for how many rows of the lists each candidate stands, 1 or more."""
        places = {name: place for place, name in enumerate(self.groups)}
        group = np.array([places.get(name, len(places)) for name in pool.hosts], np.int32)
        chance = look_up(self.strata, chances(self.strata, self.size), pool.label, group[pool.host])
        # a group that only the pool's own parsing finds was met once
        return np.where(np.isnan(chance), 1.0, 1.0 / chance)


def draw_sample(recipe: Recipe, sources: Sequence[LabelledRows], size: int, stop: StopSignal) -> Drawn:
    """Draw ``size`` rows evenly over the chosen classes and their hosts. One pass, 60 bytes a row.

    Raises:
        UsageError: none of the chosen classes has a URL from the wanted hosts.
    """
    frame = read_frame(sources, recipe.hosts, recipe.exclude_hosts)
    stop.check()
    selection = choose(recipe, _census(frame), sources)
    label = _classes_of(frame, selection)
    eligible = np.flatnonzero((label >= 0) & (frame.host >= 0))
    if not len(eligible):
        raise UsageError("None of the chosen classes has a URL from these hosts.")
    label, host = label[eligible], frame.host[eligible]
    rows = eligible[even_sample(label, host, size, recipe.seed)]
    stop.check()
    return Drawn(rows, strata_of(label, host), size, frame.groups, selection, frame.lengths)


def write_sample(recipe: Recipe, sources: Sequence[LabelledRows], drawn: Drawn, path: Path) -> None:
    """Write the sampled rows as a pool, its classes in the order of the selection. Another pass."""
    firsts = np.cumsum([0, *drawn.lengths[:-1]]).tolist()
    picked = [Picked(source, drawn.rows, first) for source, first in zip(sources, firsts, strict=True)]
    build_pool(
        [as_chosen(source, drawn.selection) for source in picked],
        labels=drawn.selection.labels,
        seed=recipe.seed,
        path=path,
        more_specific=graph_for(drawn.selection.labels, recipe, sources).most_specific,
        keep_conflicts=recipe.label_conflicts == "keep",
    )


def _census(frame: Frame) -> Census:
    """The classes and URLs of the wanted hosts, as a survey would count them."""
    wanted = frame.host >= 0
    urls = np.bincount(frame.label[wanted], minlength=len(frame.labels))
    flickr = np.array([name == FLICKR for name in (*frame.groups, "")], bool)[frame.host]
    on_flickr = np.bincount(frame.label[wanted & flickr], minlength=len(frame.labels))
    order = sorted(range(len(frame.labels)), key=frame.labels.__getitem__)
    return Census(
        tuple(frame.labels[i] for i in order),
        tuple(int(urls[i]) for i in order),
        tuple(int(on_flickr[i]) for i in order),
    )


def _classes_of(frame: Frame, selection: Selection) -> Numbers:
    """(n,) the class of every row as a place in ``selection.labels``; -1: of none."""
    places = {label: place for place, label in enumerate(selection.labels)}
    class_of = selection.class_of
    numbers = [places[class_of[label]] if label in class_of else -1 for label in frame.labels]
    classes: Numbers = np.array([*numbers, -1], np.int32)[frame.label]
    return classes
