"""What the packer is given and what it gives back."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from ..terms.inspection import Inspection
from ..terms.plan import Quota
from ..terms.verdict import BlobRef


@dataclass(frozen=True, slots=True)
class PackRow:
    """An accepted candidate."""

    key: str
    label: str
    """The class, as `PackClass.label` has it."""
    url: str
    final_url: str | None
    """None: the same."""
    host: str
    blob: BlobRef
    inspection: Inspection
    """With ``stored``."""
    status: int | None
    at_s: float
    """When it was fetched, seconds since 1970."""
    split: str | None = None
    """What the list demands: it goes before the shares of the job."""
    licence: str | None = None
    author: str | None = None
    caption: str | None = None
    kept: str | None = None
    """What else the list says and is to be kept: a JSON object of texts."""
    revived: str | None = None
    """How ``final_url`` stands in for the list's URL (``wayback`` ..); None: it does not."""
    rotation: int = 0
    """Degrees counter-clockwise by which the list had it turned."""


@dataclass(frozen=True, slots=True)
class PackClass:
    """A class of the dataset, whether it has images or not."""

    label: str
    name: str
    names: tuple[str, ...] = ()
    """All of its names, the first one included."""
    parents: tuple[str, ...] = ()
    candidates: int = 0
    quota: Quota = field(default_factory=Quota)


@dataclass(frozen=True, slots=True)
class PackOutcome:
    """A row of ``outcomes.parquet``: a URL whose fate was decided."""

    url: str
    label: str
    host: str
    verdict: str
    reason: str
    attempts: int
    status: int | None = None
    elapsed_s: float | None = None
    at_s: float | None = None
    """None: it was decided without a request."""
    revived: str | None = None
    """How the address that was asked last stands in for ``url``; None: it was ``url`` itself."""
    evidence: str | None = None
    """What a judgement rests on: ``flickr:md5``, ``learned:ID``, ``of:KEY`` (a copy of that image)."""


@dataclass(frozen=True, slots=True)
class Story:
    """What the dataset card tells beyond the rows. Part of the packed bytes: no time of day in it."""

    title: str = "A gleaned image dataset"
    version: str = ""
    """Of gleanset."""
    lists: tuple[tuple[str, str], ...] = ()
    """(name, sha256 in hex) of each list."""
    contact: str | None = None
    notes: tuple[str, ...] = ()
    """Sentences about the plan: how classes were chosen, which ones were replaced."""


@dataclass(frozen=True, slots=True)
class PackJob:
    """Everything that decides what a pack writes. Equal jobs give equal bytes."""

    rows: Iterable[PackRow]
    """In any order, read once; keys are unique."""
    classes: tuple[PackClass, ...]
    blobs: Path
    out: Path
    """Gets ``data``, the tables and the card."""
    staging: Path
    """A folder of the packer's own, on the file system of ``out``; emptied before and after."""
    outcomes: Iterable[PackOutcome] = ()
    """In the order of the table, read once."""
    form: str = "imagefolder"
    split: tuple[tuple[str, float], ...] = ()
    """(name, share); the shares add up to 1. Empty: no splits, unless rows have their own."""
    seed: int = 0
    """Of the order inside shards. Splits do not depend on it."""
    shard_bytes: int = 256_000_000
    class_dirs: Literal["id", "name"] = "id"
    keep_cols: tuple[str, ...] = ()
    """Of the list, to stand in the manifest as well."""
    story: Story = field(default_factory=Story)


@dataclass(frozen=True, slots=True)
class PackResult:
    """What lies in ``out`` now."""

    digest: str
    n_images: int
    n_bytes: int
    """Of the images."""
    accepted: dict[str, int]
    """Images by label; every class of the job is in it."""
    n_kept: int
    """Images whose files were taken over from the pack before."""
    folders: dict[str, str]
    """Label to class folder."""
    formats: frozenset[str] = frozenset()
    """How the images are stored: ``jpeg``, ``png``, ``webp``."""
    revived: tuple[tuple[str, int], ...] = ()
    """Images that were found elsewhere than the list says, by the way, most first."""


@dataclass(frozen=True, slots=True)
class Crawl:
    """What the outcomes add up to, for the card."""

    tried: int = 0
    """URLs that were asked at least once."""
    reasons: tuple[tuple[str, int], ...] = ()
    """Of those that were not accepted, most first."""
    first: datetime | None = None
    last: datetime | None = None
