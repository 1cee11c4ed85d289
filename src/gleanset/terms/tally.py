"""Where a build stands, many times a second."""

from dataclasses import dataclass
from typing import Literal

Phase = Literal["reading", "planning", "collecting", "draining", "packing", "reporting", "done"]


@dataclass(frozen=True, slots=True)
class ClassProgress:
    """One class in the live view."""

    name: str
    accepted: int
    wanted: int | None
    """None: as many as there are."""
    left: int
    """Candidates whose fate is open."""
    state: Literal["open", "full", "short", "replaced"] = "open"


@dataclass(frozen=True, slots=True)
class Tally:
    """A snapshot for whoever watches. Everything in it agrees with the journal."""

    phase: Phase
    elapsed_s: float
    note: str = ""
    """A sentence about the phase ("12,345,000 lines read"). While collecting: what slows it down and is no
    host's fault; empty where nothing does.
    """
    classes_done: int = 0
    classes: int = 0
    accepted: int = 0
    wanted: int | None = None
    tried: int = 0
    """Candidates whose fate was decided after at least one attempt, earlier runs included."""
    in_flight: int = 0
    images_per_s: float = 0.0
    """Accepted, over the last ten seconds."""
    bytes_per_s: float = 0.0
    bytes_total: int = 0
    hosts_active: int = 0
    hosts_parked: int = 0
    next_in_s: float | None = None
    """Nothing is under way, and the next host may be asked in so long; None: somebody is asked now."""
    reasons: tuple[tuple[str, int], ...] = ()
    """Rejections by reason, most first."""
    eta_s: float | None = None
    per_class: tuple[ClassProgress, ...] = ()
    groups: tuple[tuple[str, int, int, float], ...] = ()
    """(``flickr``, ``other``, ``all``; tried; accepted; seconds spent): the first tool's statistics, F12."""
    packed: int = 0
    to_pack: int = 0
