"""A list as the frame of a sample: every row as two numbers, in one pass and at 8 bytes a row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .addresses import HostClaims, Hosts
from .ingest import host_wanted
from .rows import LabelledRows

Numbers = npt.NDArray[np.int32]
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Frame:
    """All rows of some lists together, in their order."""

    label: Numbers
    """(n,) the place of each row's label in ``labels``."""
    host: Numbers
    """(n,) the place of its politeness group in ``groups``; -1: no URL, or its host is not wanted."""
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    lengths: tuple[int, ...]
    """Rows of each list."""


def read_frame(sources: Sequence[LabelledRows], hosts: Sequence[str], exclude_hosts: Sequence[str]) -> Frame:
    """Read lists; ``hosts`` and ``exclude_hosts`` are patterns as for `build_pool`. Twins are not dropped."""
    known = Hosts()
    wanted = HostClaims(known, lambda name, _: host_wanted(name, hosts, exclude_hosts))
    places: dict[str, int] = {}
    label: list[Numbers] = [np.zeros(0, np.int32)]
    host: list[Numbers] = [np.zeros(0, np.int32)]
    lengths = []
    for source in sources:
        lengths.append(0)
        for batch in source.batches():
            words = batch.column("label").dictionary_encode()
            numbers = [places.setdefault(word, len(places)) for word in words.dictionary.to_pylist()]
            label.append(np.array(numbers, np.int32)[np.asarray(words.indices)])
            found = known.of(batch.column("url"))
            lengths[-1] += batch.num_rows
            host.append(np.where(wanted.of(found), found, NOWHERE).astype(np.int32))
    groups = {name: place for place, name in enumerate(dict.fromkeys(known.groups))}
    group_of = np.array([*(groups[name] for name in known.groups), NOWHERE], np.int32)
    rows_host = group_of[np.concatenate(host)]
    return Frame(np.concatenate(label), rows_host, tuple(places), tuple(groups), tuple(lengths))
