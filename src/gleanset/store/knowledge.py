"""What was learned of hosts, over all builds of a user: a SQLite file in GLEANSET_HOME.

Several builds may read and teach it at once. It is worth something, but no build depends on it: a damaged
file is set aside, one that a newer version wrote is left alone, and both are said in a sentence.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from ..errors import storage_errors
from ..terms.knowledge import HostRecord
from .knowledge_file import (
    COLUMNS,
    NAME,
    TooNewError,
    is_damage,
    open_file,
    set_aside,
    transaction,
    translated,
)
from .knowledge_rows import (
    FORGOTTEN_S,
    KindRecord,
    Line,
    faded,
    kinds_of,
    line_of,
    not_after,
    record_of,
    together,
)

MOST_HOSTS = 500_000
"""Kept in one scope, about 50 MB; the list of 2011 names some hundred thousand sites."""
MOST_SCOPES = 32
"""Kept beside the real web's."""
_AT_ONCE = 10_000
"""Names in one question: SQLite takes 32,766 values."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a journal taught: up to which of its rows. It teaches no row twice."""

    journal: str
    """Name of the journal, the same wherever its folder lies."""
    seq: int


class Knowledge:
    """The file, opened. ``note`` is a sentence where something was wrong with it; empty otherwise.

    Methods raise `StorageError` where the disk is full or the folder cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.note = ""
        self._connection: sqlite3.Connection | None = self._connected()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The knowledge in ``folder``, which is made where it is absent."""
        with storage_errors("making the folder", folder):
            folder.mkdir(parents=True, exist_ok=True)
        return cls(folder / NAME)

    def records(self, scope: str, names: Iterable[str] | None, now_s: float) -> dict[str, HostRecord]:
        """What is known of these groups (None: of all) by name, faded to ``now_s``; unknown ones are absent.

        The age of a record is ``now_s - at_s``.
        """
        none: list[Line] = []
        lines = self._ask(lambda db: list(_lines(db, scope, names)), none)
        return {record.name: record for record in (faded(record_of(line), now_s) for line in lines)}

    def kinds(self, scope: str, now_s: float) -> dict[str, KindRecord]:
        """What is known of all hosts of a kind together, faded to ``now_s``, by kind."""
        query = f"SELECT {COLUMNS}, probed_at_s FROM kinds WHERE scope = ? ORDER BY name"
        none: list[tuple[Any, ...]] = []
        lines = self._ask(lambda db: db.execute(query, (scope,)).fetchall(), none)
        return {line[0]: KindRecord(faded(record_of(line[:7]), now_s), line[7]) for line in lines}

    def learned(self, journal: str) -> int:
        """Up to which row a journal has taught; 0: nothing yet."""
        query = "SELECT seq FROM lessons WHERE journal = ?"
        row = self._ask(lambda db: db.execute(query, (journal,)).fetchone(), None)
        return int(row[0]) if row else 0

    def learn(
        self,
        scope: str,
        records: Sequence[HostRecord],
        now_s: float,
        *,
        lesson: Lesson | None = None,
        probed: bool = False,
    ) -> None:
        """Add this experience to what is known; ``probed``: it comes from ``probe``.

        ``lesson`` says where it is from, and is kept in the same transaction: one that was learned already
        changes nothing.
        """
        fresh = [not_after(record, now_s) for record in records]
        self._ask(lambda db: _learn(db, scope, fresh, now_s, lesson, probed), None)

    def close(self) -> None:
        """Let go of the file; calling it twice is harmless."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, question: Callable[[sqlite3.Connection], T], nothing: T) -> T:
        """The answer; ``nothing`` where the file is not ours to read. Damage costs one new beginning."""
        for again in (True, False):
            if self._connection is None:
                return nothing
            try:
                return question(self._connection)
            except sqlite3.DatabaseError as error:
                if not again or not is_damage(error):
                    raise translated(self.path, error) from error
                self.close()
                self._say(set_aside(self.path))
                self._connection = self._connected()
        return nothing

    def _connected(self) -> sqlite3.Connection | None:
        for again in (True, False):
            try:
                return open_file(self.path)
            except TooNewError:
                self.note = f"{self.path}: a newer gleanset wrote it; nothing is read from it or added to it."
                return None
            except sqlite3.DatabaseError as error:
                if not again or not is_damage(error):
                    raise translated(self.path, error) from error
                self._say(set_aside(self.path))
        return None

    def _say(self, note: str) -> None:
        self.note = note or self.note


def scope_of(resolve: Sequence[str]) -> str:
    """Under which name experience is kept: empty for the real web.

    With ``--resolve`` rules hosts are not what their names say: what is learned then is seen by commands
    with the same rules alone.
    """
    if not resolve:
        return ""
    return hashlib.sha256("\n".join(sorted(resolve)).encode()).hexdigest()[:16]


def _lines(db: sqlite3.Connection, scope: str, names: Iterable[str] | None) -> Iterator[Line]:
    query = f"SELECT {COLUMNS} FROM hosts WHERE scope = ?"
    if names is None:
        yield from db.execute(query, (scope,))
        return
    left = iter(names)
    while some := list(islice(left, _AT_ONCE)):
        yield from db.execute(f"{query} AND name IN ({', '.join('?' * len(some))})", (scope, *some))


def _learn(
    db: sqlite3.Connection,
    scope: str,
    fresh: Sequence[HostRecord],
    now_s: float,
    lesson: Lesson | None,
    probed: bool,
) -> None:
    with transaction(db):
        if lesson is not None and not _is_new(db, lesson, now_s):
            return
        known = {line[0]: record_of(line) for line in _lines(db, scope, [one.name for one in fresh])}
        merged = (together(known[one.name], one) if one.name in known else one for one in fresh)
        rows = ((scope, *line_of(one)) for one in merged)
        db.executemany("INSERT OR REPLACE INTO hosts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        _learn_kinds(db, scope, fresh, now_s if probed else None)
        _forget(db, scope, now_s)


def _is_new(db: sqlite3.Connection, lesson: Lesson, now_s: float) -> bool:
    """Note the lesson; whether its journal had not come so far before."""
    row = db.execute("SELECT seq FROM lessons WHERE journal = ?", (lesson.journal,)).fetchone()
    if row and row[0] >= lesson.seq:
        return False
    db.execute("INSERT OR REPLACE INTO lessons VALUES (?, ?, ?)", (lesson.journal, lesson.seq, now_s))
    return True


def _learn_kinds(
    db: sqlite3.Connection, scope: str, fresh: Sequence[HostRecord], probed_at_s: float | None
) -> None:
    query = f"SELECT {COLUMNS}, probed_at_s FROM kinds WHERE scope = ? AND name = ?"
    for kind, more in kinds_of(fresh).items():
        line = db.execute(query, (scope, kind)).fetchone()
        record = together(record_of(line[:7]), more) if line else more
        when_s = probed_at_s if probed_at_s is not None or not line else line[7]
        values = (scope, *line_of(record), when_s)
        db.execute("INSERT OR REPLACE INTO kinds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)


def _forget(db: sqlite3.Connection, scope: str, now_s: float) -> None:
    """Drop what has faded, then the stalest hosts and scopes beyond the bounds."""
    for table in ("hosts", "kinds", "lessons"):
        db.execute(f"DELETE FROM {table} WHERE at_s < ?", (now_s - FORGOTTEN_S,))
    (n,) = db.execute("SELECT count(*) FROM hosts WHERE scope = ?", (scope,)).fetchone()
    stalest = "SELECT name FROM hosts WHERE scope = ?1 ORDER BY at_s, name LIMIT ?2"
    if n > MOST_HOSTS:
        db.execute(f"DELETE FROM hosts WHERE scope = ?1 AND name IN ({stalest})", (scope, n - MOST_HOSTS))
    scopes = "SELECT scope FROM kinds WHERE scope != '' GROUP BY scope ORDER BY max(at_s) DESC, scope"
    for (old,) in db.execute(scopes).fetchall()[MOST_SCOPES:]:
        for table in ("hosts", "kinds"):
            db.execute(f"DELETE FROM {table} WHERE scope = ?", (old,))
