"""What a report is drawn from. The caller fills these values from the journal."""

from dataclasses import dataclass
from typing import Literal

from ..terms.placeholder import Proof
from ..terms.plan import Plan, Quota

Status = Literal["complete", "short", "interrupted", "failed", "running"]
ClassState = Literal["short", "filling", "full", "replaced"]


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class of the dataset, or one that a reserve took the place of."""

    id: str
    name: str
    quota: Quota
    accepted: int
    tried: int
    candidates: int
    forecast: float | None = None
    """The plan's expected number of accepted images if every candidate were asked."""
    replaced: bool = False

    @property
    def missing(self) -> int:
        """Images short of the quota's lower end."""
        return 0 if self.replaced else max(0, self.quota.at_least - self.accepted)


@dataclass(frozen=True, slots=True)
class HostRow:
    """One politeness group."""

    name: str
    tried: int
    accepted: int
    median_s: float | None = None
    """Median time of a request; None: never answered anything."""


@dataclass(frozen=True, slots=True)
class WaitingHost:
    """A politeness group whose URLs are asked again by the same command."""

    name: str
    urls: int
    reasons: tuple[tuple[str, int], ...]
    """Why they brought nothing the last time, most first."""
    first_s: float
    last_s: float
    """Wall clock: when the first and the last of them are due; 0: at once."""


@dataclass(frozen=True, slots=True)
class GroupRow:
    """The first tool's statistics for ``flickr``, ``other`` or ``all`` (F12)."""

    name: str
    tried: int
    accepted: int
    seconds_s: float
    """Time spent on its requests, all connections added up."""


@dataclass(frozen=True, slots=True)
class CrawlPoint:
    """Running sums after ``flickr_tried + other_tried`` URLs: what charts G4 to G7 are drawn from."""

    flickr_tried: int
    flickr_accepted: int
    flickr_s: float
    other_tried: int
    other_accepted: int
    other_s: float


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A node of the tree above the classes, in the order of reading."""

    id: str
    name: str
    depth: int
    is_class: bool
    n_classes: int
    """In its subtree; this and the following count each class once."""
    accepted: int
    missing: int
    candidates: int
    again: bool = False
    """It stands elsewhere above, with what lies below it."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture as it goes into the page."""

    jpeg: bytes
    key: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class ContactSheet:
    """Some or all pictures of one class."""

    class_id: str
    name: str
    n_images: int
    """How many the class has; more than there are thumbnails where the sheet is a sample."""
    thumbnails: tuple[Thumbnail, ...]
    href: str | None = None
    """Where the whole sheet lies, relative to the report (``report/n02084071.html``)."""


@dataclass(frozen=True, slots=True)
class LearnedRow:
    """A placeholder that nobody knew before this build, and what it did."""

    id: str
    """16 hexadecimal digits."""
    proof: Proof
    jpeg: bytes
    """Drawn anew from its pixels, small: nothing of its body goes into the page."""
    width_px: int
    height_px: int
    url: str
    """An address that was answered with it."""
    met: int
    """URLs of the list that were answered with it."""
    revoked: int
    """Those of them that had been accepted before it was known."""
    sites: tuple[tuple[str, int], ...]
    """(politeness group, URLs), most first; the first few."""
    labels: tuple[tuple[str, int], ...]
    n_sites: int = 0
    """All of them."""
    n_labels: int = 0
    pardoned: bool = False
    """A person said that it is none."""


@dataclass(frozen=True, slots=True)
class ReportData:
    """A build as it stands. Only the first eight fields are needed; a part without data is left out."""

    name: str
    status: Status
    classes: tuple[ClassRow, ...]
    """In the order of the dataset; replaced ones last."""
    tried: int
    accepted: int
    rejected: tuple[tuple[str, int], ...]
    """(reason, number of URLs), most first: words of ``Failure``, ``Flaw``, ``Judgement``, ``check:WORD``."""
    n_bytes: int
    """Of the pictures in the dataset."""
    elapsed_s: float
    """Spent collecting, earlier runs included."""
    digest: str = ""
    candidates: int = 0
    """URLs of the chosen classes in the pool; 0: not known."""
    spare: int = 0
    deferred: int = 0
    hosts: tuple[HostRow, ...] = ()
    """Those worth showing, most tried first."""
    n_hosts: int = 0
    """All that were asked."""
    waiting: tuple[WaitingHost, ...] = ()
    """Where URLs wait for another try, most URLs first."""
    learned: tuple[LearnedRow, ...] = ()
    """Placeholders that this build found out, the dearest first; the first many."""
    n_learned: int = 0
    """All of them."""
    learned_cost: tuple[int, int] = (0, 0)
    """URLs that were answered with any of them, and how many of these had been accepted before."""
    signatures: tuple[tuple[str, int], ...] = ()
    """(known signature like ``flickr:md5``, URLs), most first; an empty name: not recorded."""
    timeline: tuple[tuple[float, int], ...] = ()
    """(seconds since the start, accepted so far), in order of time."""
    groups: tuple[GroupRow, ...] = ()
    crawl: tuple[CrawlPoint, ...] = ()
    """In order of URLs tried."""
    sheets: tuple[ContactSheet, ...] = ()
    plan: Plan | None = None
    out: str = ""
    """Where the dataset lies, for the lines that load it."""
    format: str = "imagefolder"
    splits: tuple[tuple[str, int], ...] = ()
    """(split, images)."""
    recipe: str = ""
    """recipe.toml, as text."""
    lists: tuple[str, ...] = ()
    finished_at_s: float | None = None
    """Wall clock, seconds since 1970."""
    version: str = ""
    notes: tuple[str, ...] = ()
    """What else a person should know, a sentence each."""
    tree: tuple[TreeRow, ...] = ()
    """Empty where no hierarchy knows the classes."""
    licences: tuple[tuple[str, int], ...] = ()
    """(licence, images), most first; empty where the list gives none."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What the classes of a list can bring; one number a class in each column, in the same order."""

    urls: tuple[int, ...]
    forecast: tuple[float, ...]
    """Images if every URL were asked: the mean."""
    surely: tuple[int, ...]
    """So many at least, with a chance of 95 %."""
    rates_from: str = ""
    """Origin and age of the success rates, as a sentence."""


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """What a sample says of a host or a kind of hosts; intervals of 95 % are (value, low, high)."""

    name: str
    urls: int
    """In the list."""
    tried: int
    accepted: int
    success: tuple[float, float, float] | None = None
    """The share of URLs that bring a picture, 0 to 1."""
    per_success_s: tuple[float, float, float] | None = None
    """Seconds spent on requests for each picture; None where none came."""


@dataclass(frozen=True, slots=True)
class ProbeData:
    """What a probe of a list measured (F15, charts G4 to G7)."""

    groups: tuple[GroupRow, ...]
    """As they were tried, unweighted."""
    crawl: tuple[CrawlPoint, ...]
    rejected: tuple[tuple[str, int], ...]
    hosts: tuple[MeasuredRow, ...] = ()
    n_hosts: int = 0
    elapsed_s: float = 0.0
    measured: tuple[MeasuredRow, ...] = ()
    """Kinds of hosts and ``all``, weighted to the list."""
    urls: int = 0
    """In the list."""
    notes: tuple[str, ...] = ()
