"""The journal has the last word on every candidate, in order of writing, whatever happens to its writer."""

import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.errors import StorageError, WorkdirError
from gleanset.store.journal import SCHEMA_VERSION, Journal, JournalReader, JournalRow, Note
from gleanset.terms.inspection import Flaw, Inspection, Stored
from gleanset.terms.outcome import Failed, Failure
from gleanset.terms.verdict import BlobRef, Finding, Settlement, Verdict

PICTURE = Inspection(
    n_bytes=48_000,
    sha256=bytes(range(32)),
    flaw=None,
    format="gif",
    width_px=500,
    height_px=375,
    mode="P",
    frames=2,
    phash=2**64 - 3,
    thumbnail=bytes(256),
    md5=b"m" * 16,
    sha1=b"s" * 20,
    stored=Stored("jpeg", 500, 375, 50_000, b"t" * 32, "rgb"),
)
HTML = Inspection(n_bytes=900, sha256=bytes(32), flaw=Flaw.NOT_AN_IMAGE, detail="begins with <html> \ud800")
ACCEPTED = Finding(
    candidate=1,
    attempt=2,
    host=7,
    elapsed_s=0.43,
    at_s=1.7e9,
    inspection=PICTURE,
    blob=BlobRef("w0-000001.seg", 4096, 50_000),
    status=200,
    final_url="http://cdn.example/1.jpg",
    headers=(("content-type", "image/gif"), ("etag", '"a: b"')),
    address="192.0.2.7",
)
LOST = Finding(
    candidate=2,
    attempt=1,
    host=3,
    elapsed_s=5.0,
    at_s=1.7e9,
    failed=Failed(Failure.FORBIDDEN, 403, "go away\0"),
)
FLAWED = Finding(candidate=3, attempt=1, host=3, elapsed_s=0.1, at_s=1.7e9, inspection=HTML, status=200)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    """An empty journal; whatever a test does to it, it ends sound."""
    with Journal(path) as journal:
        yield journal
        assert journal.check() == "ok"


def rejected(candidate: int, reason: str = "not-found") -> Settlement:
    return Settlement(candidate, Verdict.REJECTED, reason, 1, replace(LOST, candidate=candidate))


def test_a_picture_comes_back_with_every_fact(journal: Journal) -> None:
    """Replaying the journal must give the judge what the live run gave it."""
    journal.write([Settlement(1, Verdict.ACCEPTED, "", 2, ACCEPTED)])
    assert list(journal.rows()) == [
        JournalRow(
            candidate=1,
            verdict=Verdict.ACCEPTED,
            reason="",
            attempts=2,
            status=200,
            elapsed_s=0.43,
            at_s=1.7e9,
            final_url="http://cdn.example/1.jpg",
            host=7,
            address="192.0.2.7",
            headers=(("content-type", "image/gif"), ("etag", '"a: b"')),
            blob=BlobRef("w0-000001.seg", 4096, 50_000),
            inspection=PICTURE,
            seq=1,
        )
    ]


def test_a_failure_keeps_its_status_and_words(journal: Journal) -> None:
    """The status of a failed request lies in `Failed`, the time to ask again in the settlement."""
    journal.write([Settlement(2, Verdict.DEFERRED, "forbidden", 1, LOST, due_at_s=1.8e9)])
    (row,) = journal.rows()
    assert (row.status, row.detail, row.due_at_s, row.inspection) == (403, "go away\0", 1.8e9, None)


def test_words_that_are_no_unicode_are_kept_as_far_as_they_go(journal: Journal) -> None:
    """Attacker text must not stop a run: a lone surrogate becomes a question mark."""
    journal.write([Settlement(3, Verdict.REJECTED, "not-an-image", 1, FLAWED)])
    (row,) = journal.rows()
    assert row.inspection == replace(HTML, detail="begins with <html> ?")


def test_an_amendment_keeps_the_facts(journal: Journal) -> None:
    """Revoking a picture must not forget where its body lies: a pardon needs no request."""
    journal.write([Settlement(1, Verdict.ACCEPTED, "", 2, ACCEPTED)])
    (before,) = journal.rows()
    journal.write([Settlement(1, Verdict.REVOKED, "placeholder", 2)])
    assert list(journal.rows()) == [replace(before, verdict=Verdict.REVOKED, reason="placeholder", seq=2)]


def test_an_amendment_of_nothing_is_a_bare_row(journal: Journal) -> None:
    """A candidate whose host has no name is settled without a request of its own."""
    journal.write([Settlement(9, Verdict.REJECTED, "name-not-found", 0)])
    assert list(journal.rows()) == [JournalRow(9, Verdict.REJECTED, "name-not-found", 0, seq=1)]


def test_rows_come_in_order_of_their_last_word(journal: Journal) -> None:
    """Whoever was settled anew counts as settled now."""
    journal.write([rejected(5), rejected(1), rejected(3)])
    journal.write([rejected(5, "gone"), Settlement(1, Verdict.REJECTED, "removed", 1)])
    assert [row.candidate for row in journal.rows()] == [3, 5, 1]


def test_the_last_word_wins_inside_one_batch(journal: Journal) -> None:
    """Accepted, revoked and taken back in one breath, mixed with others."""
    accepted = Settlement(1, Verdict.ACCEPTED, "", 2, ACCEPTED)
    revoked = Settlement(1, Verdict.REVOKED, "placeholder", 2)
    journal.write([accepted, rejected(4), revoked, rejected(1, "gone"), rejected(6), accepted, revoked])
    assert [(row.candidate, row.verdict, row.blob) for row in journal.rows()] == [
        (4, Verdict.REJECTED, None),
        (6, Verdict.REJECTED, None),
        (1, Verdict.REVOKED, ACCEPTED.blob),
    ]


settlements = st.builds(
    lambda candidate, verdict, finding, reason: Settlement(
        candidate, verdict, reason, 1, finding and replace(finding, candidate=candidate)
    ),
    st.integers(0, 6),
    st.sampled_from(Verdict),
    st.sampled_from([None, ACCEPTED, LOST, FLAWED]),
    st.sampled_from(["", "not-found", "check:blurry"]),
)


def status_of(finding: Finding) -> int | None:
    return finding.failed.status if finding.failed else finding.status


@given(batches=st.lists(st.lists(settlements, max_size=8), max_size=8))
def test_the_journal_is_a_dictionary_in_order_of_writing(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[Settlement]]
) -> None:
    """Any settlements in any batches, reopened after each batch, agree with the plainest model."""
    path = tmp_path_factory.mktemp("journal") / "journal.sqlite"
    model: dict[int, tuple[Verdict, str, int | None]] = {}
    for batch in batches:
        with Journal(path) as journal:
            journal.write(batch)
        for one in batch:
            old = model.pop(one.candidate, (None, None, None))
            status = status_of(one.finding) if one.finding else old[2]
            model[one.candidate] = (one.verdict, one.reason, status)
    with Journal(path) as journal:
        rows = list(journal.rows())
        counts = journal.counts()
    assert [(row.candidate, row.verdict, row.reason, row.status) for row in rows] == [
        (candidate, *fate) for candidate, fate in model.items()
    ]
    assert counts == {
        fate: [(v, r) for v, r, _ in model.values()].count(fate)
        for fate in {(v, r) for v, r, _ in model.values()}
    }


def test_notes_and_rows_share_one_order(journal: Journal) -> None:
    """A replay has to know which settlements came before a class was replaced."""
    journal.write([rejected(1)])
    journal.write([rejected(2)], [Note("class-replaced", {"old": "n1", "new": "ü"})])
    journal.note("packed", {"digest": "00"})
    journal.write([rejected(3)])
    assert list(journal.notes()) == [
        Note("class-replaced", {"old": "n1", "new": "ü"}, seq=3),
        Note("packed", {"digest": "00"}, seq=4),
    ]
    assert [(row.candidate, row.seq) for row in journal.rows()] == [(1, 1), (2, 2), (3, 5)]


def test_a_reopened_journal_counts_on(path: Path) -> None:
    """Also where the newest entry is a note."""
    with Journal(path) as journal:
        journal.write([rejected(1)])
        journal.note("packed", {})
    with Journal(path) as journal:
        journal.write([rejected(2)])
        assert [row.seq for row in journal.rows()] == [1, 3]


def test_a_reader_sees_one_moment_while_rows_are_written(journal: Journal) -> None:
    """Packing a running build must not see half of tomorrow."""
    journal.write([rejected(i) for i in range(100)])
    rows = journal.rows()
    first = next(rows)
    journal.write([rejected(i) for i in range(50, 150)])
    assert [row.candidate for row in [first, *rows]] == list(range(100))


def test_a_held_reader_sees_one_moment_at_every_reading(journal: Journal, path: Path) -> None:
    """Two passes over a build that goes on agree with one another."""
    journal.write([rejected(1)])
    with JournalReader(path).hold() as reader:
        journal.write([rejected(2), rejected(1, "gone")])
        for _ in range(2):
            assert [(row.candidate, row.reason) for row in reader.rows()] == [(1, "not-found")]
    assert len(list(journal.rows())) == 2


def test_another_process_reads_while_we_write(journal: Journal, path: Path) -> None:
    """`gleanset status` runs in another terminal."""
    journal.write([rejected(1), rejected(2)])
    code = f"""
from pathlib import Path
from gleanset.store.journal import JournalReader
with JournalReader(Path({str(path)!r})) as journal:
    print([row.candidate for row in journal.rows()], sum(journal.counts().values()))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "[1, 2] 2\n"


def test_a_reader_cannot_write(path: Path) -> None:
    """Whoever only looks must not be able to harm a build."""
    with Journal(path) as journal:
        journal.write([rejected(1)])
    with JournalReader(path) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._connection.execute("DELETE FROM settlements")


def test_an_absent_journal_is_not_made_by_reading(path: Path) -> None:
    """`status` in the wrong folder says so and leaves nothing behind."""
    with pytest.raises(StorageError, match="unable to open"):
        JournalReader(path)
    assert not path.exists()


def test_a_journal_that_was_not_laid_out_yet_is_no_foreign_file(path: Path) -> None:
    """The instant between its making and its first transaction: a reader is told to try again."""
    path.touch()
    with pytest.raises(StorageError, match="only just begun"):
        JournalReader(path)
    Journal(path).close()
    JournalReader(path).close()


def test_a_newer_journal_is_refused_and_left_alone(path: Path) -> None:
    """Downgrading must not damage what a newer version wrote."""
    Journal(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    newer.close()
    before = path.read_bytes()
    for kind in (Journal, JournalReader):
        with pytest.raises(WorkdirError, match=rf"version {SCHEMA_VERSION + 1};.*Upgrade"):
            kind(path)
    assert path.read_bytes() == before


FIRST_VERSION = """
CREATE TABLE settlements (
  seq INTEGER PRIMARY KEY, candidate INTEGER NOT NULL UNIQUE,
  verdict TEXT NOT NULL, reason TEXT NOT NULL, attempts INTEGER NOT NULL, due_at_s REAL,
  status INTEGER, elapsed_s REAL, at_s REAL, final_url TEXT, host INTEGER, address TEXT,
  headers TEXT, detail TEXT,
  segment TEXT, offset INTEGER, length INTEGER,
  n_bytes INTEGER, sha256 BLOB, flaw TEXT, format TEXT, width_px INTEGER, height_px INTEGER, mode TEXT,
  frames INTEGER, phash INTEGER, thumbnail BLOB, md5 BLOB, sha1 BLOB,
  stored_format TEXT, stored_width_px INTEGER, stored_height_px INTEGER, stored_n_bytes INTEGER,
  stored_sha256 BLOB, stored_how TEXT
) STRICT;
CREATE TABLE notes (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, payload TEXT NOT NULL) STRICT;
PRAGMA application_id = 1735159411;
PRAGMA user_version = 1;
"""
"""Before pictures were revived. Never to be changed: folders of that time lie about."""


@pytest.fixture
def an_old_journal(path: Path) -> Path:
    """A journal of the first version, with an accepted picture, a failure and a note."""
    with Journal(path) as newer:
        newer.write([Settlement(1, Verdict.ACCEPTED, "", 2, ACCEPTED), rejected(2)], [Note("run", {})])
        rows = newer._connection.execute("SELECT * FROM settlements").fetchall()
    path.unlink()
    old = sqlite3.connect(path)
    old.executescript(FIRST_VERSION)
    old.executemany(f"INSERT INTO settlements VALUES ({', '.join('?' * 35)})", [row[:35] for row in rows])
    old.execute("INSERT INTO notes VALUES (3, 'run', '{}')")
    old.commit()
    old.close()
    return path


def test_an_older_journal_is_read_as_it_lies_there(an_old_journal: Path) -> None:
    """``status`` and ``report`` of an old build change nothing."""
    before = an_old_journal.read_bytes()
    with JournalReader(an_old_journal) as reader:
        first, second = reader.rows()
    assert (first.inspection, first.blob, first.revived) == (PICTURE, ACCEPTED.blob, None)
    assert (second.reason, second.status, second.revived) == ("not-found", 403, None)
    assert an_old_journal.read_bytes() == before


def test_a_build_of_an_older_version_goes_on(an_old_journal: Path) -> None:
    """What it had stays, what comes now has all columns; after that it is a journal of ours."""
    with Journal(an_old_journal) as journal:
        old = list(journal.rows())
        journal.write(
            [Settlement(5, Verdict.ACCEPTED, "", 1, replace(ACCEPTED, candidate=5, revived="wayback"))]
        )
        *kept, new = journal.rows()
        assert kept == old
        assert (new.candidate, new.seq, new.revived) == (5, 4, "wayback")
        assert journal.check() == "ok"
    Journal(an_old_journal).close()
    versions = sqlite3.connect(an_old_journal)
    assert versions.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    versions.close()


def test_a_journal_brought_up_to_date_is_laid_out_like_a_new_one(
    an_old_journal: Path, tmp_path: Path
) -> None:
    """Rows are read by the order of their columns."""
    Journal(an_old_journal).close()
    Journal(tmp_path / "new.sqlite").close()
    layouts = []
    for file in (an_old_journal, tmp_path / "new.sqlite"):
        connection = sqlite3.connect(file)
        layouts.append(connection.execute("SELECT * FROM pragma_table_info('settlements')").fetchall())
        connection.close()
    assert layouts[0] == layouts[1]


def test_how_a_picture_was_revived_is_kept(journal: Journal) -> None:
    """Of what came back to life and of what did not."""
    dead = replace(LOST, candidate=3, revived="rewrite:https")
    journal.write(
        [
            Settlement(1, Verdict.ACCEPTED, "", 2, replace(ACCEPTED, revived="wayback")),
            Settlement(2, Verdict.REJECTED, "forbidden", 1, LOST),
            Settlement(3, Verdict.REJECTED, "forbidden", 1, dead),
        ]
    )
    assert [row.revived for row in journal.rows()] == ["wayback", None, "rewrite:https"]
    journal.write([Settlement(1, Verdict.REVOKED, "duplicate", 0)])
    assert {row.candidate: row.revived for row in journal.rows()}[1] == "wayback"


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    """A file of that name that is not ours stays as it is."""
    with sqlite3.connect(path) as foreign:
        foreign.execute("CREATE TABLE theirs (x)")
    foreign.close()
    before = path.read_bytes()
    with pytest.raises(WorkdirError, match="no journal of ours"):
        Journal(path)
    assert path.read_bytes() == before


def test_garbage_is_refused_with_a_sentence(path: Path) -> None:
    """Not with a traceback of SQLite's."""
    path.write_bytes(os.urandom(8192))
    with pytest.raises(StorageError, match="no journal, or damaged"):
        Journal(path)


def test_a_full_disk_keeps_nothing_of_the_batch(journal: Journal) -> None:
    """The batch is refused as a whole; with space again the same journal goes on."""
    journal.write([rejected(0)])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
    try:
        with pytest.raises(StorageError, match=r"journal\.sqlite: .*disk"):
            journal.write([rejected(i) for i in range(1, 5000)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [row.candidate for row in journal.rows()] == [0]
    journal.write([rejected(1)])
    assert [(row.candidate, row.seq) for row in journal.rows()] == [(0, 1), (1, 2)]


WRITER = """
import sys
from pathlib import Path
from gleanset.store.journal import Journal
from gleanset.terms.verdict import Settlement, Verdict
journal = Journal(Path(sys.argv[1]))
for batch in range(10**6):
    journal.write([Settlement(100 * batch + i, Verdict.REJECTED, "gone", 1) for i in range(100)])
    print(batch, flush=True)
"""


@pytest.mark.parametrize("seed", range(6))
def test_kill_9_loses_nothing_that_was_acknowledged(path: Path, seed: int) -> None:
    """Whole batches, all of those acknowledged, at most one beyond, and a sound file."""
    acknowledged = random.Random(seed).randrange(1, 40)
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for _ in range(acknowledged):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        acknowledged += len(child.stdout.readlines())
    with Journal(path) as journal:
        assert journal.check() == "ok"
        kept = [row.candidate for row in journal.rows()]
        assert kept == list(range(len(kept)))
        assert len(kept) in {100 * acknowledged, 100 * (acknowledged + 1)}
        journal.write([rejected(10**9)])


def test_a_closed_journal_is_read_where_nothing_can_be_written(path: Path, tmp_path: Path) -> None:
    """A build on a read-only medium can be looked at."""
    with Journal(path) as journal:
        journal.write([rejected(1)])
    medium = tmp_path / "medium"
    medium.mkdir()
    shutil.copy(path, medium / path.name)
    medium.chmod(0o555)
    try:
        with JournalReader(medium / path.name) as reader:
            assert [row.candidate for row in reader.rows()] == [1]
    finally:
        medium.chmod(0o755)
