"""A collection that goes on: what earlier runs wrote down counts as it did when they wrote it."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gleanset.clock import ManualClock
from gleanset.fetch.base import FetchSettings
from gleanset.run.assembly import Collection, CollectSettings
from gleanset.run.notes import PARDON
from gleanset.run.screening import Screening
from gleanset.sources.base import Columns
from gleanset.sources.registry import open_sources
from gleanset.store.ingest import build_pool
from gleanset.store.journal import Journal
from gleanset.store.pool import Pool
from gleanset.store.workdir import Workdir
from gleanset.terms.inspection import Inspection
from gleanset.terms.plan import Plan, PlannedClass, Quota
from gleanset.terms.verdict import Finding, Settlement, Verdict

N = 8
URLS = [f"http://site{i}.example/{i}.jpg" for i in range(N)]


def seen_of(body: bytes) -> Inspection:
    """A photograph, as far as a judge can see."""
    sha256 = hashlib.sha256(body).digest()
    phash = int.from_bytes(sha256[:8], "big")
    look = {"phash": phash, "thumbnail": sha256 * 8}
    return Inspection(900, sha256, None, format="jpeg", width_px=500, height_px=375, mode="RGB", **look)


class Build:
    """Eight URLs of one class on eight sites, and a journal to fill."""

    def __init__(self, folder: Path) -> None:
        (folder / "list.csv").write_text("label,url\n" + "".join(f"cat,{url}\n" for url in URLS))
        self.workdir = Workdir.open(folder / "out")
        sources = open_sources([str(folder / "list.csv")], Columns(), None, None)
        build_pool(sources, labels=["cat"], seed=0, path=self.workdir.pool)
        self.pool = Pool.open(self.workdir.pool)
        self.journal = Journal(self.workdir.journal)
        self._numbers = self.pool.find(URLS)

    def finding(self, i: int, body: bytes, host: int, final_url: str | None = None) -> Finding:
        seen = seen_of(body)
        return Finding(self._numbers[URLS[i]], 1, host, 0.2, 1e9, inspection=seen, final_url=final_url)

    def write(self, verdict: Verdict, reason: str, finding: Finding, evidence: str = "") -> None:
        settled = Settlement(finding.candidate, verdict, reason, 1, finding, evidence=evidence)
        self.journal.write([settled])

    def fates(self) -> dict[int, Verdict]:
        return {row.candidate: row.verdict for row in self.journal.rows()}

    def goes_on(self, revive: Sequence[str] = (), **settings: Any) -> Collection:
        """The collection of a run that begins now."""
        plan = Plan((PlannedClass("cat", "cat", Quota(N, N), N, N, 0.0),), (), 0)
        asked = CollectSettings(FetchSettings(), workers=1, revive=tuple(revive), **settings)
        return Collection(self.workdir, plan, self.pool, self.journal, asked, ManualClock())

    def close(self) -> None:
        self.journal.close()
        self.workdir.close()


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    one = Build(tmp_path)
    yield one
    one.close()


def test_sites_that_redirects_led_to_are_not_mistaken_for_one_another(build: Build) -> None:
    """Each run numbers them anew. Three copies at one and two at another are no five of one host."""
    first_new = len(build.pool.hosts)
    for i, cdn in enumerate(["one", "one", "one", "two", "two"]):
        url = f"http://img.cdn-{cdn}.example/{i}.jpg"
        verdict = (Verdict.REJECTED, "duplicate") if i else (Verdict.ACCEPTED, "")
        build.write(*verdict, build.finding(i, b"popular", first_new, url))
    collection = build.goes_on()
    host = collection.atlas.find_group("http://img.cdn-one.example/6.jpg")
    finding = build.finding(6, b"popular", host, "http://img.cdn-one.example/6.jpg")
    assert collection.judge.rule(finding, 0, URLS[6]).reason == "duplicate"


def test_what_a_revived_candidate_showed_is_remembered(build: Build) -> None:
    """It is looked for in the archive; its body was a placeholder all the same, wherever it comes from."""
    shown = build.finding(0, b"sign", int(build.pool.host[build.pool.find(URLS)[URLS[0]]]))
    build.write(Verdict.REJECTED, "placeholder", shown, "flickr:final_url")
    collection = build.goes_on(revive=["wayback"])
    assert collection.reviver.n_remembered == 1
    assert collection.judge.rule(build.finding(1, b"sign", 1), 0, URLS[1]).reason == "placeholder"


@pytest.mark.parametrize("n_digits", [16, 64])
def test_a_pardon_that_was_noted_holds_when_more_is_excluded(build: Build, n_digits: int) -> None:
    """It was said once, in a review or by an option, and need not be said again with the next option."""
    taken, other = build.finding(0, b"sign", 0), build.finding(1, b"another sign", 1)
    table = "".join(
        f"ours,sha256,{finding.inspection.sha256.hex()}\n"
        for finding in (taken, other)
        if finding.inspection is not None
    )
    for finding in (taken, other):
        build.write(Verdict.ACCEPTED, "", finding)
    build.journal.note(PARDON, {"picture": hashlib.sha256(b"sign").hexdigest()[:n_digits]})
    build.goes_on(signatures=f"site,kind,value\n{table}", screening=Screening("more"))
    assert build.fates() == {taken.candidate: Verdict.ACCEPTED, other.candidate: Verdict.REVOKED}
