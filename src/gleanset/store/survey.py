"""Counting a list: classes, URLs, hosts, and how many classes have at least so many images."""

import hashlib
import heapq
import json
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..terms.licence import UNKNOWN, canonical
from ..terms.plan import Census, Survey
from ..urls import host_of, is_flickr, normalise
from .addresses import Hosts, beginnings
from .durable import write_atomically
from .rows import LabelledRows

AT_LEAST = (1, 10, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1200, 1500, 2000)
MOST_TOP_HOSTS = 50
MOST_ODD_EXAMPLES = 20
MOST_LICENCES = 100
OTHER = "other"
"""Licences beyond the first ``MOST_LICENCES`` different ones: free text, most likely."""
_CACHE_VERSION = 3
"""One more whenever the same bytes are read as other rows."""
_AHEAD = 2
"""Batches that wait to be counted while the next is read; each holds about 30 MB."""
_MOST_UNSUMMED = 2_000_000
_MAY_BE_FLICKR = "(?i)flickr|%|[^!-~]"
"""Beginnings that hold the word, or something that could become it when the host is parsed."""

Counts = npt.NDArray[np.int64]


def survey_lists(sources: Sequence[LabelledRows], cache_dir: Path | None) -> Survey:
    """What is in the lists together, every row counted as it stands: twins are not dropped.

    One pass at flat memory. With ``cache_dir`` the answer is kept under the digests of the lists, so that the
    second time costs no pass.
    """
    known = [source.known_digest for source in sources]
    if cache_dir is None:
        return _count(sources)
    if all(known):
        recalled = _recall(survey_memory(sources, cache_dir))
        if recalled is not None:
            return recalled
    survey = _count(sources)
    remember_survey(survey, sources, cache_dir)
    return survey


def remember_survey(survey: Survey, sources: Sequence[LabelledRows], cache_dir: Path) -> None:
    """Keep it under the digests of the lists, which have been read."""
    memory = survey_memory(sources, cache_dir)
    memory.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(memory, json.dumps(asdict(survey)))


def _count(sources: Sequence[LabelledRows]) -> Survey:
    tally = ListTally()
    add_all(sources, tally.add)
    return tally.survey(sources)


class Rows:
    """A batch with what several counters want of it, made once."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self.batch = batch

    @cached_property
    def beginnings(self) -> pa.DictionaryArray:
        """What decides the host of each URL; see ``addresses.beginnings``."""
        return beginnings(self.batch.column("url"))

    @cached_property
    def labels(self) -> pa.DictionaryArray:
        """The labels as a dictionary."""
        return self.batch.column("label").dictionary_encode()


def add_all(sources: Sequence[LabelledRows], *counters: Callable[[Rows], None]) -> None:
    """Hand every batch to the counters, in order and in a thread of its own, while the next one is read."""

    def add(batch: pa.RecordBatch) -> None:
        rows = Rows(batch)
        for counter in counters:
            counter(rows)

    with ThreadPoolExecutor(1) as counter:
        waiting: deque[Future[None]] = deque()
        for batch in _batches(sources):
            waiting.append(counter.submit(add, batch))
            if len(waiting) > _AHEAD:
                waiting.popleft().result()
        for future in waiting:
            future.result()


def _batches(sources: Sequence[LabelledRows]) -> Iterator[pa.RecordBatch]:
    for source in sources:
        yield from source.batches()


class ListTally:
    """Sums over batches. Memory grows with classes and hosts, not with rows."""

    def __init__(self) -> None:
        self._beginnings = _BeginningTally()
        self._labels: dict[str, int] = {}
        self._urls = _Growing()
        self._flickr = _Growing()
        self._licences: dict[str, _Growing] = {}
        self._any_licence = False

    def add(self, batch: Rows) -> None:
        column = batch.beginnings
        rows = np.asarray(column.indices)
        self._beginnings.add(column.dictionary, np.bincount(rows, minlength=len(column.dictionary)))
        classes = self._classes(batch.labels)
        self._urls.add(np.bincount(classes))
        self._flickr.add(np.bincount(classes[_on_flickr(column.dictionary)[rows]]))
        self._add_licences(batch.batch, classes)

    def _add_licences(self, batch: pa.RecordBatch, classes: Counts) -> None:
        if "licence" not in batch.schema.names:
            self._sum_of(UNKNOWN).add(np.bincount(classes))
            return
        self._any_licence = True
        column = batch.column("licence").dictionary_encode(null_encoding="encode")
        names = [canonical(text) for text in column.dictionary.to_pylist()]
        codes = np.asarray(column.indices)
        for name in set(names):
            same = np.array([other == name for other in names], bool)
            self._sum_of(name).add(np.bincount(classes[same[codes]]))

    def _sum_of(self, licence: str) -> "_Growing":
        known = licence in self._licences or len(self._licences) < MOST_LICENCES
        return self._licences.setdefault(licence if known else OTHER, _Growing())

    def licences(self, order: Sequence[int]) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The most frequent first; empty where no list has any."""
        if not self._any_licence:
            return ()
        counts = {name: sums.at(order) for name, sums in self._licences.items()}
        ranked = sorted(counts, key=lambda name: (-int(counts[name].sum()), name))
        return tuple((name, tuple(counts[name].tolist())) for name in ranked if counts[name].any())

    def survey(self, sources: Sequence[LabelledRows]) -> Survey:
        labels = sorted(self._labels)
        order = [self._labels[label] for label in labels]
        urls, flickr = self._urls.at(order), self._flickr.at(order)
        hosts, urls_of_host = self._beginnings.hosts()
        examples = [example for source in sources for example in source.odd_examples]
        return Survey(
            classes=len(labels),
            urls=int(urls.sum()),
            flickr_urls=int(flickr.sum()),
            odd_lines=sum(source.odd_lines for source in sources),
            hosts=len(hosts.names),
            at_least=tuple((n, int((urls >= n).sum()), int((flickr >= n).sum())) for n in AT_LEAST),
            per_class=Census(tuple(labels), tuple(urls.tolist()), tuple(flickr.tolist())),
            top_hosts=_top(hosts.groups, urls_of_host),
            odd_examples=tuple(examples[:MOST_ODD_EXAMPLES]),
            licences=self.licences(order),
        )

    def _classes(self, labels: pa.DictionaryArray) -> Counts:
        known = self._labels
        numbers = [known.setdefault(label, len(known)) for label in labels.dictionary.to_pylist()]
        classes: Counts = np.array(numbers, np.int64)[np.asarray(labels.indices)]
        return classes


class _BeginningTally:
    """URLs by their beginning. Summed in Arrow: a dict would cost more than all the rest."""

    def __init__(self) -> None:
        self._parts: list[pa.Table] = []
        self._n_rows = 0

    def add(self, texts: pa.StringArray, counts: Counts) -> None:
        self._parts.append(pa.table({"text": texts, "n": counts}))
        self._n_rows += len(texts)
        if self._n_rows > _MOST_UNSUMMED:
            self._sum()

    def hosts(self) -> tuple[Hosts, Counts]:
        """The hosts, and (n_hosts,) the URLs of each."""
        hosts = Hosts()
        table = self._sum()
        numbers = hosts.of(table.column("text").combine_chunks())
        has_host = numbers >= 0
        n_urls = np.asarray(table.column("n"))[has_host]
        return hosts, np.bincount(numbers[has_host], n_urls, len(hosts.names)).astype(np.int64)

    def _sum(self) -> pa.Table:
        parts = self._parts or [pa.table({"text": pa.array([], pa.string()), "n": pa.array([], pa.int64())})]
        table = pa.concat_tables(parts).group_by("text").aggregate([("n", "sum")])
        self._parts = [table.rename_columns({"n_sum": "n"})]
        self._n_rows = 0
        return self._parts[0]


def _on_flickr(texts: pa.StringArray) -> npt.NDArray[np.bool_]:
    """(n,) whether URLs that begin so are Flickr's. Only those that could be are looked at one by one."""
    claims = np.zeros(len(texts), bool)
    for row in pc.indices_nonzero(pc.match_substring_regex(texts, _MAY_BE_FLICKR)).to_pylist():
        url = normalise(texts[row].as_py())
        claims[row] = url is not None and is_flickr(host_of(url))
    return claims


def _top(groups: Sequence[str], urls_of_host: Counts) -> tuple[tuple[str, int], ...]:
    by_group: Counter[str] = Counter()
    for group, n_urls in zip(groups, urls_of_host.tolist(), strict=True):
        by_group[group] += n_urls
    return tuple(heapq.nsmallest(MOST_TOP_HOSTS, by_group.items(), key=lambda item: (-item[1], item[0])))


@dataclass(slots=True)
class _Growing:
    """A sum of vectors of different lengths, missing ends being zero."""

    values: Counts

    def __init__(self) -> None:
        self.values = np.zeros(0, np.int64)

    def add(self, more: Counts) -> None:
        if len(more) > len(self.values):
            self.values = np.concatenate((self.values, np.zeros(len(more) - len(self.values), np.int64)))
        self.values[: len(more)] += more

    def at(self, indices: Sequence[int]) -> Counts:
        """The sums at these places, zero beyond the end."""
        missing = np.zeros(max(0, 1 + max(indices, default=0) - len(self.values)), np.int64)
        chosen: Counts = np.concatenate((self.values, missing))[np.array(indices, np.int64)]
        return chosen


def survey_memory(sources: Sequence[LabelledRows], cache_dir: Path) -> Path:
    """Where the survey of these lists is kept."""
    facts = [_CACHE_VERSION, AT_LEAST, [(source.name, source.reading, source.digest()) for source in sources]]
    return cache_dir / "surveys" / f"{hashlib.sha256(json.dumps(facts).encode()).hexdigest()}.json"


def _recall(memory: Path) -> Survey | None:
    """A survey that was kept; None: there is none, or it is damaged and has to be made again."""
    try:
        facts: dict[str, Any] = json.loads(memory.read_bytes())
        census = Census(**{name: tuple(values) for name, values in facts.pop("per_class").items()})
        licences = tuple((name, tuple(counts)) for name, counts in facts.pop("licences"))
        pairs = ("at_least", "top_hosts", "odd_examples")
        lists: dict[str, Any] = {name: tuple(tuple(row) for row in facts.pop(name)) for name in pairs}
        return Survey(per_class=census, licences=licences, **lists, **facts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
