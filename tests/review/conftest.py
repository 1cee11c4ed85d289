"""A build's folder, made without a request: a plan, a pool, bodies, and a journal that says what we like."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gleanset.api import saved
from gleanset.api.going_on import write_recipe
from gleanset.api.reviewing import Build, held_build, review_of
from gleanset.api.saved import Saved
from gleanset.inspection.inspector import inspect
from gleanset.recipe import Recipe
from gleanset.review.page import Page
from gleanset.review.server import Review
from gleanset.sources.base import Columns
from gleanset.sources.registry import open_sources
from gleanset.store.blobs import BlobReader, BlobWriter
from gleanset.store.ingest import build_pool
from gleanset.store.journal import Journal
from gleanset.store.journal_rows import JournalRow
from gleanset.store.pool import Pool
from gleanset.store.workdir import Workdir
from gleanset.terms.inspection import Treatment
from gleanset.terms.placeholder import LearnedPlaceholder, Proof
from gleanset.terms.plan import Plan, PlannedClass, Quota
from gleanset.terms.verdict import Finding, Settlement, Verdict

AT_S = 1_790_000_000.0
HOSTILE = "<img src=x onerror=\"document.title='ran'\">'\""


def picture(number: int, width_px: int = 120, height_px: int = 90) -> bytes:
    """Coloured clouds drawn from a number."""
    grid = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    out = BytesIO()
    Image.fromarray(grid).resize((width_px, height_px), Image.Resampling.BICUBIC).save(out, "JPEG")
    return out.getvalue()


class Folder:
    """A build in ``root``. Every URL that is told of nothing was never asked."""

    def __init__(self, root: Path, urls: Sequence[tuple[str, str]], quota: int) -> None:
        self.root = root
        self.urls = [url for _, url in urls]
        labels = sorted({label for label, _ in urls})
        self._held = Workdir.open(root)
        self.workdir = self._held
        table = root.parent / f"{root.name}.csv"
        rows = (f'"{label.replace(chr(34), chr(34) * 2)}",{url}\n' for label, url in urls)
        table.write_text("label,url\n" + "".join(rows), encoding="utf-8")
        sources = open_sources([str(table)], Columns(), None, None)
        build_pool(sources, labels=labels, seed=0, path=self.workdir.pool)
        self.pool = Pool.open(self.workdir.pool)
        sizes = [sum(one == label for one, _ in urls) for label in labels]
        wanted = Quota(quota, quota)
        planned = (
            PlannedClass(*pair, wanted, n, n, 0.0) for *pair, n in zip(labels, labels, sizes, strict=True)
        )
        digests = tuple((str(table), source.digest()) for source in sources)
        known = Saved(Plan(tuple(planned), (), 0), digests, 0)
        write_recipe(self.workdir, Recipe.of(lists=(str(table),), images=quota, workers=1), known)
        saved.write(self.workdir, known)
        self._blobs = BlobWriter(self.workdir.blobs, "r1-0")
        self.journal = Journal(self.workdir.journal)
        self.journal.note("run", {"number": 1, "at": AT_S})
        self._numbers = self.pool.find(self.urls)

    def number(self, url: str) -> int:
        """The candidate."""
        return self._numbers[url]

    def judge(
        self, url: str, body: bytes, verdict: Verdict, reason: str = "", evidence: str = ""
    ) -> Settlement:
        """A picture came for this URL, and so it was judged."""
        i = self.number(url)
        seen, kept = inspect(body, Treatment())
        assert kept is not None
        blob = self._blobs.append(kept, i)
        self._blobs.flush()
        facts = (i, 1, int(self.pool.host[i]), 0.25, AT_S + i)
        finding = Finding(*facts, inspection=seen, blob=blob, status=200)
        settled = Settlement(i, verdict, reason, 1, finding, evidence=evidence)
        self.journal.write([settled])
        return settled

    def accept(self, url: str, body: bytes) -> None:
        self.judge(url, body, Verdict.ACCEPTED)

    def learn(self, body: bytes, url: str, proof: Proof = Proof.SAME_BODY) -> LearnedPlaceholder:
        """A placeholder is found out, as the engine notes it."""
        seen, _ = inspect(body, Treatment())
        assert seen.phash is not None and seen.thumbnail is not None
        site = str(self.pool.hosts[self.pool.host[self.number(url)]])
        size = (seen.width_px, seen.height_px)
        learned = LearnedPlaceholder(seen.sha256, seen.phash, seen.thumbnail, *size, proof, site, url)
        self.journal.note("placeholder", learned.to_json())
        return learned

    @property
    def learned_id(self) -> str:
        """Of the one placeholder that was learned."""
        (note,) = self.notes("placeholder")
        return str(note["id"])

    def rows(self) -> dict[str, JournalRow]:
        """URL to the last word on it."""
        with Journal(self.workdir.journal) as journal:
            return {self.pool.url(row.candidate): row for row in journal.rows()}

    def notes(self, kind: str) -> list[dict[str, Any]]:
        with Journal(self.workdir.journal) as journal:
            return [note.payload for note in journal.notes() if note.kind == kind]

    def come_back(self) -> None:
        """Be at work again."""
        self._held = Workdir.open(self.root)
        self._blobs = BlobWriter(self.workdir.blobs, "r2-0")
        self.journal = Journal(self.workdir.journal)

    def leave(self) -> Path:
        """Nobody is at work any more; the folder."""
        self._blobs.close()
        self.journal.close()
        self._held.close()
        return self.root


Folders = Callable[..., Folder]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folders]:
    """``folder(urls, quota=2)``: a build of these (label, URL)."""
    made: list[Folder] = []

    def make(urls: Sequence[tuple[str, str]], quota: int = 2, name: str = "d") -> Folder:
        made.append(Folder(tmp_path / name, urls, quota))
        return made[-1]

    yield make
    for one in made:
        one.leave()


CATS = [("cat", f"http://cat{i}.example/{i}.jpg") for i in range(6)]
DOGS = [("dog", f"http://dog{i}.example/{i}.jpg") for i in range(6)]
STAND_IN = picture(999, 200, 150)


def judge_all(one: Folder) -> Folder:
    """Two cats and two dogs were accepted; a learned placeholder cost two cats (one of them accepted before)
    and a dog; one dog is a known placeholder, one a near duplicate; one picture came as a cat and as a dog.
    """
    cats, dogs = [url for _, url in CATS], [url for _, url in DOGS]
    for i in range(2):
        one.accept(cats[i], picture(i))
        one.accept(dogs[i], picture(10 + i))
    learned = one.learn(STAND_IN, cats[2])
    one.judge(cats[2], STAND_IN, Verdict.REVOKED, "placeholder", learned.evidence)
    one.judge(cats[3], STAND_IN, Verdict.REJECTED, "placeholder", learned.evidence)
    one.judge(dogs[2], STAND_IN, Verdict.REJECTED, "placeholder", learned.evidence)
    one.judge(dogs[3], picture(55), Verdict.REJECTED, "placeholder", "flickr:md5")
    of = f"of:{one.number(dogs[0])}"
    one.judge(dogs[4], picture(10, 240, 180), Verdict.REJECTED, "near-duplicate", of)
    one.judge(cats[4], picture(77), Verdict.REVOKED, "label-conflict")
    one.judge(dogs[5], picture(77), Verdict.REJECTED, "label-conflict")
    return one


@pytest.fixture
def judged(folder: Folders) -> Folder:
    """A build in which every kind of judgement was made: ``judge_all``."""
    return judge_all(folder([*CATS, *DOGS]))


class Open:
    """A page that is being served, and what a client hears of it."""

    def __init__(self, review: Review, build: Build) -> None:
        self.review = review
        self.build = build

    def ask(
        self, path: str, body: object = None, *, whole: bool = False, **headers: str | None
    ) -> tuple[int, dict[str, str], bytes]:
        """(status, headers, body); ``path`` is below the token unless ``whole``."""
        connection = HTTPConnection("127.0.0.1", self.review.port, timeout=20)
        target = path if whole else f"/{self.review.token}/{path}"
        sent = {"Host": f"127.0.0.1:{self.review.port}"}
        data = None
        if body is not None:
            sent["Content-Type"] = "application/json"
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent |= {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        with closing(connection):
            connection.putrequest("GET" if data is None else "POST", target, skip_host=True)
            for name, value in sent.items():
                connection.putheader(name, value)
            if data is not None and "Content-Length" not in sent:
                connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data)
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read()

    def number(self, url: str) -> int:
        """The candidate."""
        return self.build.pool.find([url])[url]

    def again(self) -> Review:
        """The page as the next review would have it."""
        blobs = BlobReader(self.build.workdir.blobs)
        return review_of(self.build, self.build.standing(), blobs, 0, refills=False)

    def said(self, path: str, body: object = None) -> Any:
        """The answer's JSON; it has to be a good one."""
        status, _, data = self.ask(path, body)
        assert status == 200, data
        return json.loads(data)


@pytest.fixture(scope="module")
def unmoved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """One page for all tests that must not change anything."""
    one = judge_all(Folder(tmp_path_factory.mktemp("unmoved") / "d", [*CATS, *DOGS], 2))
    one.leave()
    with serving(one.root) as opened:
        yield opened
        assert opened.review.desk.decisions() == []
        assert not (opened.build.workdir.state / "review.csv").exists()


@pytest.fixture
def opened(judged: Folder) -> Iterator[Open]:
    """The page of the judged build, served."""
    judged.leave()
    with serving(judged.root) as one:
        yield one


@contextmanager
def serving(root: Path, page: Callable[[Page], Page] = lambda page: page) -> Iterator[Open]:
    """Serve the page of a build; ``page`` may change it."""
    with held_build(root) as build, closing(BlobReader(build.workdir.blobs)) as blobs:
        review = review_of(build, build.standing(), blobs, 0, refills=False)
        review.page = page(review.page)
        with review:
            yield Open(review, build)
