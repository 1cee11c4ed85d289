"""What happened to every candidate: a SQLite file that one process writes and any may read meanwhile.

One row a candidate, the last word wins; rows and notes share one counter, so that reading them in its order
is reading in order of writing. A commit is flushed (``synchronous=FULL``): what was acknowledged survives a
power cut.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..errors import StorageError, WorkdirError
from ..terms.verdict import Settlement, Verdict
from .journal_rows import MIGRATIONS, SCHEMA, STATEMENTS, VERDICTS, JournalRow, Note, line, row

__all__ = ["Journal", "JournalReader", "JournalRow", "Note"]

SCHEMA_VERSION = 3
_APPLICATION_ID = 0x676C6E73  # "glns": what `file` and a foreign SQLite file are told apart by


_ROWS = "SELECT * FROM settlements WHERE seq > ? ORDER BY seq"


class JournalReader:
    """A journal opened for reading, also while another process writes it.

    Raises:
        StorageError: there is none, or it is damaged.
        WorkdirError: a newer gleanset wrote it, or it is another program's file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held = False
        with _translated(path):
            self._connection = self._connect()
            try:
                _check_version(self._connection, path)
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def hold(self) -> Self:
        """Read on from one moment, this one, however often and whoever writes meanwhile. For readers only."""
        with _translated(self.path):
            self._connection.execute("BEGIN")
            self._connection.execute("SELECT count(*) FROM notes").fetchone()
        self._held = True
        return self

    def rows(self, after: int = 0) -> Iterator[JournalRow]:
        """All rows in order of writing, as they stand at the first one: later writes do not disturb.

        ``after``: only those whose ``seq`` is larger.
        """
        if self._held:
            with _translated(self.path):
                yield from map(row, self._connection.execute(_ROWS, (after,)))
            return
        with _translated(self.path), closing(_open_to_read(self.path)) as snapshot:
            yield from map(row, snapshot.execute(_ROWS, (after,)))

    def notes(self) -> Iterator[Note]:
        """All notes in order of writing."""
        with _translated(self.path):
            found = self._connection.execute("SELECT seq, kind, payload FROM notes ORDER BY seq").fetchall()
        return (Note(kind, json.loads(payload), seq) for seq, kind, payload in found)

    def counts(self) -> dict[tuple[Verdict, str], int]:
        """How many candidates ended with each (verdict, reason). Reads the whole table."""
        query = "SELECT verdict, reason, count(*) FROM settlements GROUP BY 1, 2 ORDER BY 1, 2"
        with _translated(self.path):
            return {(VERDICTS[verdict], reason): n for verdict, reason, n in self._connection.execute(query)}

    def check(self) -> str:
        """``ok``, or what SQLite's ``integrity_check`` found. Reads the whole file."""
        with _translated(self.path):
            return str(self._connection.execute("PRAGMA integrity_check").fetchone()[0])

    def close(self) -> None:
        """Let go of the file; calling it twice is harmless."""
        with _translated(self.path):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connect(self) -> sqlite3.Connection:
        return _open_to_read(self.path)

    def _prepare(self) -> None:
        """What a journal needs that is known to be ours."""


class Journal(JournalReader):
    """The one pen of a build's journal; made where it is absent. Whoever holds the `Workdir` may open it."""

    _seq: int

    def write(self, settlements: Sequence[Settlement], notes: Sequence[Note] = ()) -> None:
        """Keep all of these in one transaction, durable on return, in the order given, notes last.

        A settlement without a finding amends: verdict, reason, attempts and due time are renewed, the facts
        of an earlier row stay.

        Raises:
            StorageError: the disk is full or failing. Nothing of this call was kept then.
        """
        if not settlements and not notes:
            return
        with _translated(self.path), _transaction(self._connection) as cursor:
            seq = self._seq
            for batch in _without_twins(settlements):
                for length, lines in _by_length(line(seq + i, one) for i, one in enumerate(batch, 1)).items():
                    cursor.executemany(STATEMENTS[length], lines)
                seq += len(batch)
            rows = ((seq + i, note.kind, _json(note.payload)) for i, note in enumerate(notes, 1))
            cursor.executemany("INSERT INTO notes VALUES (?, ?, ?)", rows)
        self._seq = seq + len(notes)

    def note(self, kind: str, payload: Mapping[str, Any]) -> None:
        """Keep one note, durable on return."""
        self.write((), [Note(kind, dict(payload))])

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=30.0)
        try:
            if not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                _create(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        _migrate(self._connection)
        newest = "SELECT max(seq) FROM (SELECT seq FROM settlements UNION ALL SELECT seq FROM notes)"
        self._seq = self._connection.execute(newest).fetchone()[0] or 0


def _without_twins(settlements: Sequence[Settlement]) -> Iterator[Sequence[Settlement]]:
    """Cut where a candidate comes a second time, so that the order inside a piece does not matter."""
    start = 0
    seen: set[int] = set()
    for i, settlement in enumerate(settlements):
        if settlement.candidate in seen:
            yield settlements[start:i]
            start = i
            seen.clear()
        seen.add(settlement.candidate)
    if settlements:
        yield settlements[start:]


def _by_length(lines: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    sorted_out: dict[int, list[tuple[Any, ...]]] = {}
    for values in lines:
        sorted_out.setdefault(len(values), []).append(values)
    return sorted_out


def _create(connection: sqlite3.Connection) -> None:
    """Lay out an empty file in one transaction, so that a kill leaves it empty or whole."""
    with _transaction(connection) as cursor:
        for statement in SCHEMA.split(";\n"):
            cursor.execute(statement)
        cursor.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        cursor.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring an older version's journal up to ours, in one transaction a step. Readers take either."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    for number in range(version, SCHEMA_VERSION):
        with _transaction(connection) as cursor:
            cursor.execute(MIGRATIONS[number])
            cursor.execute(f"PRAGMA user_version = {number + 1}")


def _open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot write. A closed journal in a read-only folder is read as it lies there."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=30.0)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if not path.exists() or path.with_name(f"{path.name}-wal").exists():
            raise
        connection = sqlite3.connect(f"{address}&immutable=1", uri=True, isolation_level=None)
    return connection


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    if not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise StorageError(f"{path}: the journal is empty, its build has only just begun. Try again.")
    if connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
        raise WorkdirError(f"{path} is no journal of ours. Choose another folder, or move that file away.")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise WorkdirError(
            f"{path}: a newer gleanset wrote it (journal version {version}; this one reads up to "
            f"{SCHEMA_VERSION}). Upgrade: `pip install -U gleanset`."
        )


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Cursor]:
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    try:
        yield cursor
        cursor.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            cursor.execute("ROLLBACK")
        raise


_REMEDIES = {
    sqlite3.SQLITE_FULL: "The disk is full. Free some space, then run the same command again.",
    sqlite3.SQLITE_READONLY: "It cannot be written. Give yourself the right to write there, then run again.",
    sqlite3.SQLITE_IOERR: "The disk is full or failing. Check it, then run the same command again.",
    sqlite3.SQLITE_BUSY: "Another program holds it. Close that program, then run again.",
    sqlite3.SQLITE_CORRUPT: "It is damaged. Restore it from a copy; blobs/ is not touched by this.",
    sqlite3.SQLITE_NOTADB: "It is no journal, or damaged. Restore it from a copy, or move it away.",
}


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """The one door at which SQLite's exceptions become ours."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = (
            getattr(error, "sqlite_errorcode", 0) & 0xFF
        )  # the low byte is the primary code (sqlite.org/rescode)
        remedy = _REMEDIES.get(code, "Check the disk and its rights, then run the same command again.")
        raise StorageError(f"{path}: {error}. {remedy}") from error


def _json(payload: Mapping[str, Any]) -> str:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
