"""What builds and probes teach of hosts, and what later ones are told of them."""

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ..errors import StorageError
from ..recipe import Recipe
from ..store.journal import JournalReader
from ..store.journal_rows import JournalRow
from ..store.knowledge import Knowledge, Lesson, scope_of
from ..store.knowledge_rows import KindRecord
from ..store.pool import Pool
from ..terms.knowledge import HostRecord
from ..terms.outcome import Failure
from ..terms.verdict import Judgement
from .lists import home

_NO_RATES: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of hosts before they are asked, older experience faded."""

    hosts: Mapping[str, HostRecord]
    """By politeness group; unknown ones are absent."""
    kinds: Mapping[str, KindRecord]
    """``flickr``, ``cdn``, ``other``."""
    note: str = ""
    """A sentence where the file could not be read or was damaged."""


def known_hosts(recipe: Recipe, groups: Iterable[str] | None) -> Known:
    """What is known of these groups (None: of all) under the recipe's ``--resolve`` rules. Never fails."""
    scope, now_s = scope_of(recipe.resolve), time.time()
    try:
        with Knowledge.open(home()) as knowledge:
            hosts, kinds = knowledge.records(scope, groups, now_s), knowledge.kinds(scope, now_s)
            return Known(hosts, kinds, knowledge.note)
    except StorageError as error:
        return Known({}, {}, str(error))


def learn_from(
    recipe: Recipe,
    pool: Pool,
    journal: JournalReader,
    rates: Mapping[str, float] = _NO_RATES,
    *,
    probed: bool = False,
) -> str:
    """Keep what the journal tells of hosts and was not kept before; a sentence where that failed, else "".

    ``rates``: requests a second that a group bore without 429. Calling it twice adds nothing, nor does being
    killed in between: how far a journal was read is kept in the same transaction.
    """
    name = journal_name(pool, journal)
    try:
        with Knowledge.open(home()) as knowledge:
            last, rows = new_rows(journal, knowledge.learned(name))
            records = records_of(pool, rows, rates)
            if records:
                lesson = Lesson(name, last)
                scope = scope_of(recipe.resolve)
                knowledge.learn(scope, records, time.time(), lesson=lesson, probed=probed)
            return knowledge.note
    except StorageError as error:
        return str(error)


def journal_name(pool: Pool, journal: JournalReader) -> str:
    """What a journal is known by, wherever its folder lies: the moment of its first run, and its pool."""
    began = next((note.payload.get("at") for note in journal.notes() if note.kind == "run"), None)
    facts = f"{began}|{pool.n}|{pool.seed}|{'|'.join(pool.labels)}"
    return hashlib.sha256(facts.encode(errors="surrogatepass")).hexdigest()[:32]


def new_rows(journal: JournalReader, after: int) -> tuple[int, Iterator[JournalRow]]:
    """The newest place in the journal, and what was asked by the runs that began after place ``after``.

    A row that a later run only judged anew is none of them.
    """
    notes = list(journal.notes())
    since_s = min(
        (float(note.payload["at"]) for note in notes if note.kind == "run" and note.seq > after),
        default=float("inf"),
    )
    last = max((note.seq for note in notes), default=0)
    rows = journal.rows(after)
    return last, (row for row in rows if row.at_s is not None and row.at_s >= since_s)


def is_picture(row: JournalRow) -> bool:
    """Whether a sound picture came that is no placeholder; whether it was wanted is another question."""
    seen = row.inspection
    return seen is not None and seen.flaw is None and row.reason != Judgement.PLACEHOLDER.word


def is_try(row: JournalRow) -> bool:
    """Whether its host was asked for a picture, and said something of it: 429 says only "later"."""
    return bool(row.elapsed_s) and row.reason != Failure.RATE_LIMITED.word


def seconds_of(row: JournalRow) -> float:
    """Time spent on a candidate, each of its attempts taken to be as long as the last."""
    return (row.elapsed_s or 0.0) * max(1, row.attempts)


def records_of(
    pool: Pool, rows: Iterable[JournalRow], rates: Mapping[str, float] = _NO_RATES
) -> list[HostRecord]:
    """What the rows tell of each group of the pool.

    A picture counts for the site that the list names, also where a redirect led to another one: what is asked
    next time is the list's URL.
    """
    sums: dict[int, list[float]] = {}
    for row in filter(is_try, rows):
        own = sums.setdefault(int(pool.host[row.candidate]), [0.0] * 5)
        own[0] += 1
        own[1] += is_picture(row)
        own[2] += seconds_of(row)
        own[3] = own[3] or row.status is not None
        own[4] = max(own[4], row.at_s or 0.0)
    named = ((pool.hosts[host], one) for host, one in sorted(sums.items()))
    return [
        HostRecord(name, tries, good, seconds_s, bool(answered), rates.get(name), at_s)
        for name, (tries, good, seconds_s, answered, at_s) in named
    ]
