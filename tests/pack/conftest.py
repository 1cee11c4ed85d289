"""A small collection of real pictures, as a build leaves it, and jobs to pack it."""

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gleanset.pack.job import PackClass, PackJob, PackOutcome, PackRow, Story
from gleanset.store.blobs import BlobWriter
from gleanset.terms.inspection import Inspection, Stored, StoredFormat
from gleanset.terms.plan import Quota

N_A_CLASS = 8
LABELS = ("n02084071", "n02121808", "Ärger & =Freude")
FORMATS: tuple[StoredFormat, ...] = ("jpeg", "png", "webp")


def picture(form: str, shade: int, side: int = 40) -> bytes:
    """A plain picture: cheap, and different for every shade."""
    file = io.BytesIO()
    Image.new("RGB", (side, side + 3), (shade % 256, 90, shade // 256)).save(file, form)
    return file.getvalue()


class Collection:
    """Bodies in blobs and the rows that mean them."""

    def __init__(self, blobs: Path) -> None:
        self.blobs = blobs
        self._writer = BlobWriter(blobs, "w0", segment_bytes=4096)
        self.rows: list[PackRow] = []
        self.outcomes: list[PackOutcome] = []

    def add(self, label: str, **facts: Any) -> PackRow:
        """One more accepted image of a class."""
        i = len(self.rows)
        form = FORMATS[i % 3]
        body = picture(form, i)
        sha256 = hashlib.sha256(body).digest()
        url = f"http://host{i % 5}.example/{i}.jpg"
        row = PackRow(
            key=facts.pop("key", f"key{i:03d}_{i * 37 % 11}"),
            label=label,
            url=url,
            final_url=facts.pop("final_url", None),
            host=f"host{i % 5}.example",
            blob=self._writer.append(body, i),
            inspection=Inspection(
                n_bytes=len(body),
                sha256=sha256,
                flaw=None,
                format=form,
                width_px=40,
                height_px=43,
                mode="RGB",
                phash=2**63 + i,
                stored=Stored(form, 40, 43, len(body), sha256, "original"),
            ),
            status=200,
            at_s=1_700_000_000.25 + i,
            **facts,
        )
        self._writer.flush()
        self.rows.append(row)
        self.outcomes.append(PackOutcome(url, label, row.host, "accepted", "", 1, 200, 0.5, row.at_s))
        return row

    def close(self) -> None:
        self._writer.close()


@pytest.fixture
def an_empty_collection(tmp_path: Path) -> Iterator[Collection]:
    collection = Collection(tmp_path / "collected" / "blobs")
    yield collection
    collection.close()


@pytest.fixture
def a_collection(an_empty_collection: Collection) -> Collection:
    """Three classes of eight images, of all three formats, and a URL that came to nothing."""
    for i in range(N_A_CLASS * len(LABELS)):
        an_empty_collection.add(LABELS[i % len(LABELS)])
    an_empty_collection.outcomes.append(
        PackOutcome("http://gone.example/x.jpg", LABELS[0], "gone.example", "rejected", "not-found", 1, 404)
    )
    return an_empty_collection


Jobs = Callable[..., PackJob]


@pytest.fixture
def job_for(tmp_path: Path) -> Jobs:
    """A job that packs a collection into ``tmp_path/out`` (or ``out=``)."""

    def make(collection: Collection, **facts: Any) -> PackJob:
        out = facts.pop("out", tmp_path / "out")
        classes = facts.pop(
            "classes",
            tuple(PackClass(label, f"name of {label}", (), (), 20, Quota(8, 8)) for label in LABELS),
        )
        return PackJob(
            rows=iter(facts.pop("rows", collection.rows)),
            classes=facts.pop("classes", classes),
            blobs=collection.blobs,
            out=out,
            staging=out / ".gleanset" / "packing",
            outcomes=iter(collection.outcomes),
            story=facts.pop("story", Story(version="0.1.0", lists=(("fall11.txt", "ab" * 32),))),
            **facts,
        )

    return make


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its relative path, hidden folders left out."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }


@pytest.fixture(name="tree")
def tree_fixture() -> Callable[[Path], dict[str, bytes]]:
    return tree
