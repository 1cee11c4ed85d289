"""What a probe of a list measured, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..plan.estimation import Estimate
from ..report.data import CrawlPoint, GroupRow, MeasuredRow, ProbeData

SAMPLE = 25_000
"""URLs that a probe asks, as many as the 2019 analysis did (26,899)."""


@dataclass(frozen=True, slots=True)
class ProbeLine:
    """One host, one kind of hosts (``flickr``, ``cdn``, ``other``), or ``all``."""

    name: str
    urls: int
    """In the list, as far as its classes and hosts were chosen."""
    tried: int
    """URLs of the sample whose fate was decided."""
    successes: int
    """Those that brought a sound picture that is no placeholder."""
    seconds_s: float
    """Spent on their requests, all connections added up."""
    success: Estimate | None
    """Share of URLs that bring a picture. Of a kind and of all: weighted to the list's own mix."""
    per_success_s: Estimate | None
    """Seconds spent on requests for each picture, weighted likewise; None where no picture came."""

    def to_json(self) -> dict[str, Any]:
        """With intervals as ``[low, high]``."""
        return {
            "name": self.name,
            "urls": self.urls,
            "tried": self.tried,
            "successes": self.successes,
            "seconds_s": round(self.seconds_s, 3),
            **_said("success", self.success),
            **_said("per_success_s", self.per_success_s),
        }


@dataclass(frozen=True, slots=True)
class Probe:
    """What a sample of a list came to."""

    status: Literal["complete", "interrupted"]
    lists: tuple[str, ...]
    urls: int
    """In the list, as far as its classes and hosts were chosen; twins counted."""
    classes: int
    sampled: int
    """URLs in the sample; twins were dropped."""
    seed: int
    groups: tuple[ProbeLine, ...]
    """``flickr``, ``cdn`` and ``other`` as far as the list has them, then ``all``."""
    hosts: tuple[ProbeLine, ...]
    """Those asked most, as they answered, unweighted."""
    n_hosts: int
    """All that were asked."""
    rejected: Mapping[str, int]
    """URLs without a picture by reason, most first; deferred ones too."""
    crawl: tuple[CrawlPoint, ...]
    """Running sums in the order in which URLs were decided: charts G4 to G7."""
    elapsed_s: float
    notes: tuple[str, ...] = ()

    @property
    def tried(self) -> int:
        return self.groups[-1].tried if self.groups else 0

    @property
    def successes(self) -> int:
        return self.groups[-1].successes if self.groups else 0

    def to_json(self) -> dict[str, Any]:
        """The shape that ``probe --json`` promises."""
        return {
            "status": self.status,
            "lists": list(self.lists),
            "urls": self.urls,
            "classes": self.classes,
            "sampled": self.sampled,
            "tried": self.tried,
            "successes": self.successes,
            "groups": [one.to_json() for one in self.groups],
            "hosts": [one.to_json() for one in self.hosts],
            "n_hosts": self.n_hosts,
            "rejected": dict(self.rejected),
            "seed": self.seed,
            "elapsed_s": round(self.elapsed_s, 3),
            "notes": list(self.notes),
        }


def _said(name: str, estimate: Estimate | None) -> dict[str, Any]:
    if estimate is None:
        return {name: None, f"{name}_95": None}
    interval = [round(estimate.low, 4), round(estimate.high, 4)]
    return {name: round(estimate.value, 4), f"{name}_95": interval}


def probe_data(found: Probe) -> ProbeData:
    """What the page of a probe is drawn from."""
    return ProbeData(
        groups=tuple(GroupRow(one.name, one.tried, one.successes, one.seconds_s) for one in found.groups),
        crawl=found.crawl,
        rejected=tuple(found.rejected.items()),
        hosts=tuple(map(_measured, found.hosts)),
        n_hosts=found.n_hosts,
        elapsed_s=found.elapsed_s,
        measured=tuple(map(_measured, found.groups)),
        urls=found.urls,
        notes=found.notes,
    )


def _measured(one: ProbeLine) -> MeasuredRow:
    return MeasuredRow(
        one.name, one.urls, one.tried, one.successes, _triple(one.success), _triple(one.per_success_s)
    )


def _triple(estimate: Estimate | None) -> tuple[float, float, float] | None:
    return None if estimate is None else (estimate.value, estimate.low, estimate.high)
