"""What builds and probes teach of hosts, and what later ones are told of them."""

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from ..terms.verdict import Judgement, Verdict
from .lists import home

_LIMITS_S = {
    Failure.CONNECT_TIMEOUT.word: 5.0,
    Failure.NAME_TIMEOUT.word: 5.0,
    Failure.TIMEOUT.word: 10.0,
    Failure.TOO_SLOW.word: 10.0,
}
"""How long a fruitless attempt takes by our own limits (``fetch.base``), where its time was not kept."""
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
            records = records_of(pool, rows, rates, recipe.timeout)
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

    A row that a later run only judged anew is none of them. What was asked in vain and then deferred has no
    date of its own, and gets that of its run.
    """
    notes = list(journal.notes())
    began_s = [float(note.payload["at"]) for note in notes if note.kind == "run" and note.seq > after]
    last = max((note.seq for note in notes), default=0)
    return last, _dated(journal.rows(after), began_s) if began_s else iter(())


def _dated(rows: Iterable[JournalRow], began_s: Sequence[float]) -> Iterator[JournalRow]:
    first_s, last_s = min(began_s), max(began_s)
    for row in rows:
        if row.at_s is None and _was_given_up(row):
            yield replace(row, at_s=last_s)
        elif row.at_s is not None and row.at_s >= first_s:
            yield row


def is_picture(row: JournalRow) -> bool:
    """Whether a sound picture came that is no placeholder; whether it was wanted is another question."""
    seen = row.inspection
    return seen is not None and seen.flaw is None and row.reason != Judgement.PLACEHOLDER.word


def is_try(row: JournalRow) -> bool:
    """Whether its host was asked for it, and brought it or failed: 429 says only "later"."""
    asked = bool(row.elapsed_s) or _was_given_up(row)
    return asked and row.reason != Failure.RATE_LIMITED.word


def _was_given_up(row: JournalRow) -> bool:
    """Whether its host failed and was parked for longer than the run lasted; such rows have no answer."""
    return row.verdict is Verdict.DEFERRED and row.elapsed_s is None and row.attempts > 0


def seconds_of(row: JournalRow, timeout_s: float) -> float:
    """Time spent on a candidate: each attempt is taken to be as long as the last, or as our limits allow."""
    each_s = row.elapsed_s
    if each_s is None:
        each_s = min(_LIMITS_S.get(row.reason, 0.0), timeout_s)
    return each_s * max(1, row.attempts)


def records_of(
    pool: Pool,
    rows: Iterable[JournalRow],
    rates: Mapping[str, float] = _NO_RATES,
    timeout_s: float = 30.0,
) -> list[HostRecord]:
    """What the rows tell of each group of the pool; ``timeout_s``: the time that an image was given.

    A picture counts for the site that the list names, also where a redirect led to another one: what is asked
    next time is the list's URL. One that another address stood in for (``--revive``) does not.
    """
    sums: dict[int, list[float]] = {}
    for row in filter(is_try, rows):
        own = sums.setdefault(int(pool.host[row.candidate]), [0.0] * 5)
        own[0] += 1
        own[1] += is_picture(row) and not row.revived
        own[2] += seconds_of(row, timeout_s)
        own[3] = own[3] or (row.status is not None and not row.revived)
        own[4] = max(own[4], row.at_s or 0.0)
    named = ((pool.hosts[host], one) for host, one in sorted(sums.items()))
    return [
        HostRecord(name, tries, good, seconds_s, bool(answered), rates.get(name), at_s)
        for name, (tries, good, seconds_s, answered, at_s) in named
    ]
