"""What a sample brought becomes the build's own: once, whenever the program is killed."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gleanset.api.sample_first import adopt_sample
from gleanset.sources.base import Columns
from gleanset.sources.registry import open_sources
from gleanset.store.blobs import BlobReader, BlobWriter
from gleanset.store.ingest import build_pool
from gleanset.store.journal import Journal
from gleanset.store.journal_rows import JournalRow
from gleanset.store.pool import Pool
from gleanset.store.workdir import Workdir
from gleanset.terms.inspection import Inspection
from gleanset.terms.outcome import Failed, Failure
from gleanset.terms.verdict import Finding, Settlement, Verdict

URLS = [(label, f"http://{label}{i}.example/{i}.jpg") for label in ("cat", "dog", "cow") for i in range(4)]
AT_S = 1_790_000_000.0
BODIES = {f"http://cat{i}.example/{i}.jpg": f"body {i}".encode() for i in range(2)}


@dataclass
class Build:
    """A build whose plan was just made, and whose sample waits to be adopted."""

    workdir: Workdir
    pool: Pool

    @property
    def sample(self) -> Path:
        return self.workdir.state / "gleanset-sample"

    def adopt(self) -> list[JournalRow]:
        """Adopt, as every start of the build does; the journal's rows."""
        with Journal(self.workdir.journal) as journal:
            adopt_sample(self.workdir, self.pool, journal)
            return list(journal.rows())


def pool_of(path: Path, labels: list[str], urls: list[tuple[str, str]], seed: int) -> Pool:
    table = path.with_suffix(".csv")
    table.write_text("label,url\n" + "".join(f"{label},{url}\n" for label, url in urls))
    build_pool(open_sources([str(table)], Columns(), None, None), labels=labels, seed=seed, path=path)
    return Pool.open(path)


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    """Cats and dogs are in the plan, in another order than in the sample; cows are not."""
    with Workdir.open(tmp_path / "out") as workdir:
        inner = Workdir(workdir.root, workdir.state / "gleanset-sample")
        inner.state.mkdir()
        inner.blobs.mkdir()
        sample = pool_of(inner.pool, ["cat", "cow", "dog"], URLS, seed=1)
        writer = BlobWriter(inner.blobs, "r1-0", segment_bytes=10)
        with Journal(inner.journal) as journal:
            journal.write([_answered(sample, i, writer) for i in range(sample.n)])
        writer.flush()
        writer.close()
        planned = [row for row in URLS if row[0] != "cow"]
        yield Build(workdir, pool_of(workdir.pool, ["dog", "cat"], planned, seed=2))


def _answered(sample: Pool, i: int, writer: BlobWriter) -> Settlement:
    """Two cats have a picture; every other URL is gone, and the last one has no answer."""
    url = sample.url(i)
    if i == sample.n - 1:
        return Settlement(i, Verdict.DEFERRED, "timeout", 2, None, AT_S + 60)
    facts = (i, 1, int(sample.host[i]), 0.25, AT_S)
    if url in BODIES:
        blob = writer.append(BODIES[url], i)
        seen = Inspection(len(BODIES[url]), bytes(32), None)
        return Settlement(i, Verdict.ACCEPTED, "", 1, Finding(*facts, inspection=seen, blob=blob, status=200))
    failed = Failed(Failure.GONE, 410, "it is gone")
    return Settlement(i, Verdict.REJECTED, "gone", 1, Finding(*facts, failed=failed))


def check(build: Build, rows: list[JournalRow]) -> None:
    """All eight URLs of planned classes have their fate, under their own numbers, and bodies can be read."""
    by_url = {build.pool.url(row.candidate): row for row in rows}
    assert set(by_url) == {url for label, url in URLS if label != "cow"}
    reader = BlobReader(build.workdir.blobs)
    for url, body in BODIES.items():
        row = by_url[url]
        assert (row.verdict, row.reason) == (Verdict.SPARE, "class-full")
        assert row.blob is not None and reader.read(row.blob) == body
    reader.close()
    gone = [row for row in rows if row.reason == "gone"]
    assert {(row.status, row.detail, row.elapsed_s, row.at_s) for row in gone} == {
        (410, "it is gone", 0.25, AT_S)
    }
    for row in gone:
        assert row.host is not None
        assert build.pool.hosts[row.host] in build.pool.url(row.candidate)
    assert not build.sample.exists()


def test_answers_are_numbered_anew(build: Build) -> None:
    """The same URL has another number in the plan's pool."""
    check(build, build.adopt())


def test_a_deferred_url_stays_due_when_it_was(build: Build) -> None:
    (row,) = (row for row in build.adopt() if row.verdict is Verdict.DEFERRED)
    assert (row.reason, row.attempts, row.due_at_s) == ("timeout", 2, AT_S + 60)


def test_a_kill_while_bodies_are_moved(build: Build) -> None:
    """Some lie in their new place already, and no row names them yet."""
    segments = sorted((build.sample / "blobs").iterdir())
    assert len(segments) == 2
    build.workdir.blobs.mkdir()
    segments[0].rename(build.workdir.blobs / f"sample-{segments[0].name}")
    check(build, build.adopt())


def test_a_kill_before_the_sample_is_tidied_away(build: Build, tmp_path: Path) -> None:
    """Adopted is adopted: what the build has made of a row since is not overwritten."""
    shutil.copytree(build.sample, tmp_path / "copy")
    rows = build.adopt()
    with Journal(build.workdir.journal) as journal:
        journal.write([Settlement(rows[0].candidate, Verdict.REVOKED, "placeholder", 1)])
    shutil.copytree(tmp_path / "copy", build.sample)
    again = {row.candidate: row.reason for row in build.adopt()}
    assert again[rows[0].candidate] == "placeholder" and len(again) == len(rows)
    assert not build.sample.exists()


def test_without_a_sample_nothing_happens(build: Build) -> None:
    shutil.rmtree(build.sample)
    assert build.adopt() == []
    with Journal(build.workdir.journal) as journal:
        assert list(journal.notes()) == []
