"""The file of host knowledge: laid out, opened, told from damaged and foreign ones, set aside."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StorageError, storage_errors

NAME = "knowledge.sqlite"
SCHEMA_VERSION = 1
COLUMNS = "name, tries, successes, seconds_s, answered, rate_per_s, at_s"
_APPLICATION_ID = 0x676C6E6B  # "glnk"
_SCHEMA = """
CREATE TABLE hosts (
  scope TEXT NOT NULL, name TEXT NOT NULL, tries REAL NOT NULL, successes REAL NOT NULL,
  seconds_s REAL NOT NULL, answered INTEGER NOT NULL, rate_per_s REAL, at_s REAL NOT NULL,
  PRIMARY KEY (scope, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX hosts_by_age ON hosts (scope, at_s);
CREATE TABLE kinds (
  scope TEXT NOT NULL, name TEXT NOT NULL, tries REAL NOT NULL, successes REAL NOT NULL,
  seconds_s REAL NOT NULL, answered INTEGER NOT NULL, rate_per_s REAL, at_s REAL NOT NULL,
  probed_at_s REAL, PRIMARY KEY (scope, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE lessons (
  journal TEXT PRIMARY KEY, seq INTEGER NOT NULL, at_s REAL NOT NULL
) STRICT, WITHOUT ROWID;
"""
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH}
"""SQLITE_ERROR: a table or column of ours is missing."""


class TooNewError(Exception):
    """A later version wrote the file."""


def open_file(path: Path) -> sqlite3.Connection:
    """A connection to the file, which is made where it is absent. sqlite3.DatabaseError, TooNewError."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=30.0)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
            _create(connection)
        _check_version(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_version(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
        raise sqlite3.DatabaseError("it is no file of ours")
    if connection.execute("PRAGMA user_version").fetchone()[0] > SCHEMA_VERSION:
        raise TooNewError


def _create(connection: sqlite3.Connection) -> None:
    """Lay out an empty file, unless another process has just done so."""
    with transaction(connection):
        if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            return
        for statement in _SCHEMA.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of the block or nothing; other writers wait."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """While one process sets a file aside, others wait and then look again."""
    fd = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def set_aside(path: Path) -> str:
    """Move a damaged file away, and say so; empty where another process has done it in the meantime."""
    aside = path.with_name(f"{NAME}.damaged")
    with storage_errors("setting aside", path), _alone(path.with_name(f"{NAME}.lock")):
        if _is_sound(path):
            return ""
        for suffix in ("", "-wal", "-shm"):
            part = path.with_name(f"{NAME}{suffix}")
            if part.exists():
                part.replace(aside.with_name(f"{aside.name}{suffix}"))
    return f"{path} was damaged and lies beside it as {aside.name} now; hosts are learned anew."


def _is_sound(path: Path) -> bool:
    try:
        connection = open_file(path)
    except TooNewError:
        return True
    except sqlite3.DatabaseError:
        return False
    try:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        connection.execute(f"SELECT {COLUMNS}, scope FROM hosts LIMIT 1")
        connection.execute(f"SELECT {COLUMNS}, scope, probed_at_s FROM kinds LIMIT 1")
        connection.execute("SELECT journal, seq, at_s FROM lessons LIMIT 1")
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()
    return bool(found == "ok")


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """The low byte of a code is the primary one (sqlite.org/rescode); our own finding has none."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is None or code & 0xFF in _DAMAGED


def translated(path: Path, error: sqlite3.DatabaseError) -> StorageError:
    """The one door at which SQLite's exceptions become ours."""
    return StorageError(
        f"{path}: {error}. What is known of hosts could not be read or kept. Check the disk and its rights, "
        "or name another folder with GLEANSET_HOME."
    )
