"""What the front hall hands out: frozen values, and the switch that stops a build."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..terms.tally import Tally

if TYPE_CHECKING:
    from ..sources.overview import FormatLine, ListLine

Status = Literal["complete", "short", "interrupted", "failed", "running"]


Progress = Callable[[Tally], None]


def silent(_: object) -> None:
    """Nobody watches."""


class StoppedError(Exception):
    """An orderly end was asked for in a phase that has nothing to drain. It never leaves the hall."""


class StopSignal:
    """Asks a running build to come to an orderly end: it drains, commits and returns."""

    def __init__(self) -> None:
        self.requested = False

    def request(self) -> None:
        """Ask; asking twice is harmless, and any thread or signal handler may."""
        self.requested = True

    def check(self) -> None:
        """End the phase that calls this, if somebody asked; it has to leave nothing half-written."""
        if self.requested:
            raise StoppedError


@dataclass(frozen=True, slots=True)
class Sources:
    """What can be read."""

    lists: "tuple[ListLine, ...]"
    """Those that have a name."""
    formats: "tuple[FormatLine, ...]"
    """The words for ``--source``."""


@dataclass(frozen=True, slots=True)
class ClassLine:
    """One class of a list."""

    id: str
    name: str
    urls: int
    flickr_urls: int
    forecast: float
    """Expected number of images if every URL were asked."""
    names: tuple[str, ...] = ()
    """All that are known, where there are more than ``name``."""
    surely: int = 0
    """Images that asking every URL brings at least, with a chance of 95 %."""


@dataclass(frozen=True, slots=True)
class ListForecast:
    """What the classes of a list are forecast to bring."""

    classes: tuple[ClassLine, ...]
    rates_from: str
    """Origin and age of the success rates, as a sentence."""


@dataclass(frozen=True, slots=True)
class ClassResult:
    """What one class of a build came to."""

    id: str
    name: str
    quota: int | None
    """Images that make it full; None: as many as there are."""
    accepted: int
    tried: int
    candidates: int
    least: int = 0
    """Fewer than these make it short."""

    undecided: int = 0
    """URLs that were not asked yet, or that are to be asked again: deferred ones."""

    @property
    def short(self) -> bool:
        """Whether it lacks images; where all were wanted, whether it has none, or more may come."""
        if self.quota is None and not self.least:
            return self.undecided > 0 or self.accepted == 0
        return self.accepted < self.least


@dataclass(frozen=True, slots=True)
class Again:
    """What the same command asks, in URLs of classes that lack images."""

    new: int
    """Never asked so far."""
    due: int
    """Asked before, and due again."""
    later: int
    """Asked before, and due only later."""
    first_s: float | None = None
    """Wall clock: when the first of the later ones is due."""

    def told(self, moment: Callable[[float], str]) -> str:
        """The same in a sentence; ``moment`` writes a wall clock time."""
        parts = [f"{_urls(self.new)} for the first time"] if self.new else []
        parts += [f"{_urls(self.due)} once more"] if self.due else []
        now = f"The same command asks {' and '.join(parts)}" if parts else ""
        if self.first_s is None:
            return f"{now}." if now else "Every URL of the classes that are short was asked; none is left."
        if not now:
            return f"From {moment(self.first_s)} on the same command asks {_urls(self.later)} again."
        return f"{now}; {self.later:,} more from {moment(self.first_s)} on."


def _urls(n: int) -> str:
    return "1 URL" if n == 1 else f"{n:,} URLs"


@dataclass(frozen=True, slots=True)
class Report:
    """How a build stands or ended. ``tried == accepted + sum(rejected.values())``, and so many rows has
    ``outcomes.parquet``.
    """

    status: Status
    out: str
    digest: str
    """SHA-256 over the sorted (key, label, split, sha256), hex; empty before the first pack."""
    classes: tuple[ClassResult, ...]
    tried: int
    """URLs whose fate was decided."""
    accepted: int
    rejected: Mapping[str, int]
    """Every other fate by its reason: failures, flaws, judgements; spares, deferred and revoked ones too."""
    bytes: int
    """Of the images in the dataset."""
    elapsed_s: float
    """Spent collecting, all runs together."""
    images_per_s: float
    page: str = ""
    """The HTML report, where one was written."""
    notes: tuple[str, ...] = field(default=())
    again: Again | None = None
    """Of a short build: what is left to ask, and from when on."""

    def to_json(self) -> dict[str, Any]:
        """The shape that ``build --json`` promises."""
        return {
            "status": self.status,
            "out": self.out,
            "digest": self.digest,
            "classes": [
                {
                    "id": one.id,
                    "name": one.name,
                    "quota": one.quota,
                    "accepted": one.accepted,
                    "tried": one.tried,
                    "candidates": one.candidates,
                }
                for one in self.classes
            ],
            "totals": {
                "tried": self.tried,
                "accepted": self.accepted,
                "rejected": dict(self.rejected),
                "bytes": self.bytes,
            },
            "elapsed_s": round(self.elapsed_s, 3),
            "images_per_s": round(self.images_per_s, 3),
        }
