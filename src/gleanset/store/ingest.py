"""From lists to what is in them, and to the pool of candidates.

A row on its way into the pool: its class is chosen, its URL has a normal form, its host is wanted, it has no
twin, its key is its own. What needs the whole (twins, keys, order) is done within a fixed budget of memory.
"""

import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..urls import host_matches
from .addresses import HostClaims, Hosts, normalised
from .pool import POOL_SCHEMA, write_pool
from .rows import LabelledRows
from .sorting import SORTED_IN, Sorter
from .survey import survey_lists

__all__ = ["build_pool", "survey_lists"]

_AHEAD = 2
"""Batches that wait for the sorter while the next is read; each holds about 30 MB."""
_DRAFTS = "pool-"
"""How folders begin in which rows are sorted, beside the pool."""
MoreSpecific = Callable[[Sequence[str]], str | None]


def _nobody(_: Sequence[str]) -> None:
    return None


def build_pool(
    sources: Sequence[LabelledRows],
    *,
    labels: Sequence[str],
    seed: int,
    path: Path,
    hosts: Sequence[str] = (),
    exclude_hosts: Sequence[str] = (),
    more_specific: MoreSpecific = _nobody,
    excluded: pa.StringArray | None = None,
    keep_conflicts: bool = False,
) -> None:
    """Write the candidates of these classes; the order of ``labels`` numbers them.

    Only hosts that match a pattern of ``hosts`` (none: all) and none of ``exclude_hosts`` are taken. Rows
    whose URL has no normal form are kept aside as ``bad-url``. The same URL twice in one class counts once. A
    URL of several classes goes to the one that ``more_specific`` names of them (sorted), else to none; where
    it does not go, it is kept aside as ``label-conflict``; with ``keep_conflicts`` it stays in each of its
    classes where ``more_specific`` names none. URLs that are ``excluded``, in normal form, are kept aside
    under that word.

    The order within a class is that of ``hashlib.md5(f"{seed}|{url}".encode()).hexdigest()``. The pool
    depends on the rows and these arguments alone: not on the order of the rows, and not on time.

    One call a folder at a time: what a killed one left beside ``path`` is removed.
    """
    _tidy(path.parent)
    words = pa.array(labels, pa.string())
    known_hosts = Hosts()
    wanted = HostClaims(known_hosts, lambda name, _: host_wanted(name, hosts, exclude_hosts))
    with tempfile.TemporaryDirectory(prefix=_DRAFTS, dir=path.parent) as folder:
        sorter = Sorter(Path(folder))
        try:
            with ThreadPoolExecutor(1) as taker:
                waiting: deque[Future[None]] = deque()
                for good, bad, out in _sifted(sources, words, known_hosts, wanted, excluded):
                    waiting.append(taker.submit(_take, sorter, good, bad, out))
                    if len(waiting) > _AHEAD:
                        waiting.popleft().result()
                for taken in waiting:
                    taken.result()
            sorter.settle_twins(
                lambda numbers: _winner(numbers, labels, more_specific),
                labels if keep_conflicts else (),
            )
            sorter.settle_keys()
            groups = sorted({known_hosts.groups[host] for host in sorter.hosts()})
            group_of_host = _numbers_of(known_hosts.groups, groups)
            write_pool(
                path,
                _with_groups(sorter.rows(seed), group_of_host),
                n=sorter.n_candidates(),
                labels=labels,
                hosts=groups,
                seed=seed,
                schema=sorter.schema,
            )
        finally:
            sorter.close()


def host_wanted(host: str, hosts: Sequence[str], exclude_hosts: Sequence[str]) -> bool:
    """Whether a host matches one of ``hosts`` (none: all) and none of ``exclude_hosts``."""
    if any(host_matches(host, pattern) for pattern in exclude_hosts):
        return False
    return not hosts or any(host_matches(host, pattern) for pattern in hosts)


def _tidy(state: Path) -> None:
    """Remove what a killed ingest left. The build's folder is locked: nobody else is at work in it.

    ``--work`` may name a folder with a person's own things: only what is plainly ours goes.
    """
    for stale in state.glob(f"{_DRAFTS}{'[a-z0-9_]' * 8}"):
        is_ours = stale.is_dir() and not stale.is_symlink()
        if is_ours and all(inside.name.startswith(SORTED_IN) for inside in stale.iterdir()):
            shutil.rmtree(stale, ignore_errors=True)


def _of_classes(batch: pa.RecordBatch, labels: pa.StringArray) -> pa.Table:
    """The rows of these classes, with the class as a number."""
    numbers = pc.index_in(batch.column("label"), labels)
    table = pa.Table.from_batches([batch])
    at = table.schema.get_field_index("label")
    return table.set_column(at, "label", numbers).filter(pc.is_valid(numbers))


def _sifted(
    sources: Sequence[LabelledRows],
    labels: pa.StringArray,
    hosts: Hosts,
    wanted: HostClaims,
    excluded: pa.StringArray | None,
) -> Iterator[tuple[pa.Table, pa.Table, pa.Table]]:
    """(candidates, rows without a normal URL, excluded rows) of every batch with rows of these classes."""
    for source in sources:
        for batch in source.batches():
            rows = _of_classes(batch, labels)
            if rows.num_rows:
                good, bad = _admitted(rows, hosts, wanted)
                good, out = _without(good, excluded)
                yield good, bad, out


def _take(sorter: Sorter, good: pa.Table, bad: pa.Table, out: pa.Table) -> None:
    sorter.add(good, bad)
    sorter.set_aside(out, "excluded")


def _admitted(rows: pa.Table, hosts: Hosts, wanted: HostClaims) -> tuple[pa.Table, pa.Table]:
    """The rows that may become candidates, and those whose URL has no normal form."""
    raw = rows.column("url").combine_chunks()
    urls = normalised(raw)
    fit = pc.is_valid(urls)
    bad = pa.table({"url": raw, "label": rows.column("label")}).filter(pc.invert(fit))
    good = _only(rows.set_column(rows.schema.get_field_index("url"), "url", urls), fit)
    numbers = hosts.of(good.column("url").combine_chunks())
    return _only(good.append_column("host", pa.array(numbers)), pa.array(wanted.of(numbers))), bad


def _only(rows: pa.Table, kept: pa.BooleanArray) -> pa.Table:
    """The rows that are kept; the table itself, uncopied, where all are."""
    return rows if pc.all(kept).as_py() in {True, None} else rows.filter(kept)


def _without(good: pa.Table, excluded: pa.StringArray | None) -> tuple[pa.Table, pa.Table]:
    """The rows whose URL is not excluded, and (url, label) of those whose is."""
    if excluded is None or not len(excluded):
        return good, good.select(["url", "label"]).slice(0, 0)
    out = pc.is_in(good.column("url"), excluded)
    return good.filter(pc.invert(out)), good.select(["url", "label"]).filter(out)


def _winner(numbers: Sequence[int], labels: Sequence[str], more_specific: MoreSpecific) -> int | None:
    number_of = {labels[number]: number for number in numbers}
    return number_of.get(more_specific(sorted(number_of)) or "")


def _numbers_of(groups: Sequence[str], names: Sequence[str]) -> pa.Array:
    """(n_hosts,) the place of every host's group among ``names``; null where no candidate needs it."""
    places = {name: place for place, name in enumerate(names)}
    return pa.array([places.get(group) for group in groups], pa.int32())


def _with_groups(batches: Iterator[pa.RecordBatch], group_of_host: pa.Array) -> Iterator[pa.RecordBatch]:
    at = POOL_SCHEMA.get_field_index("host")
    for batch in batches:
        yield batch.set_column(at, "host", group_of_host.take(batch.column("host")))
