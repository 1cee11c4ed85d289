"""What became of a candidate, and the line that the journal keeps of it."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from .inspection import Inspection
from .outcome import Failed, Moved
from .placeholder import LearnedPlaceholder


class Verdict(Enum):
    """The fate of a candidate. RETRY and WAITING are not fates yet and are never written."""

    ACCEPTED = "accepted"
    SPARE = "spare"
    """Good, but not needed now: the class is full, or another class took its place."""
    REJECTED = "rejected"
    DEFERRED = "deferred"
    REVOKED = "revoked"
    """Accepted once, found out later."""


class Judgement(Enum):
    """Why a sound picture is not wanted, as a closed list."""

    PLACEHOLDER = "placeholder"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near-duplicate"
    LABEL_CONFLICT = "label-conflict"
    CLASS_FULL = "class-full"
    CLASS_REPLACED = "class-replaced"
    EXCLUDED = "excluded"
    REMOVED = "removed"
    CHANGED = "changed"
    REJECTED_BY_HAND = "rejected-by-hand"

    @property
    def word(self) -> str:
        return self.value


CHECK = "check:"
"""How the reasons of the user's own check begin."""


@dataclass(frozen=True, slots=True)
class BlobRef:
    """Where a body lies: a record in an append-only segment."""

    segment: str
    """File name inside the blob folder."""
    offset: int
    length: int
    """Of the payload, in bytes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a worker sends home for one lease: a few hundred bytes, never pixels.

    Exactly one of ``failed``, ``moved``, ``inspection``, ``located`` and ``rules`` is set.
    """

    candidate: int
    attempt: int
    host: int
    """The group that was leased."""
    elapsed_s: float
    """From the start of the request to its last byte (look-up of the name included)."""
    at_s: float
    """Wall clock, seconds since 1970."""
    failed: Failed | None = None
    moved: Moved | None = None
    inspection: Inspection | None = None
    blob: BlobRef | None = None
    """Set exactly when ``inspection.stored`` is."""
    status: int | None = None
    final_url: str | None = None
    """None: the URL that was leased."""
    headers: tuple[tuple[str, str], ...] = ()
    address: str | None = None
    """The peer's IP address."""
    hops: int = 0
    serial: int = 0
    """The lease that this answers."""
    located: str | None = None
    """The address of the host, where the lease was not for it: nothing was asked (``Located``)."""
    rules: str | None = None
    """The text of a robots.txt, at most 500 KiB: the answer to an ``Errand.ROBOTS``."""
    revived: str = ""
    """How the URL that was asked stands in for the candidate's own; empty: it does not."""


class Revoked(NamedTuple):
    """A candidate about which the judge has learned something."""

    candidate: int
    reason: str
    evidence: str = ""
    held: bool = True
    """Whether it was accepted or spare until now; if not, it was out already, for a weaker reason."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The judge's word on one finding: ``reason`` None means "wanted"."""

    reason: str | None = None
    revoked: tuple[Revoked, ...] = ()
    """Candidates judged before that are out, or were out for another reason."""
    evidence: str = ""
    """What the reason rests on: ``flickr:md5``, ``learned:ID`` (a ``LearnedPlaceholder``), ``of:CANDIDATE``
    for copies."""
    learned: tuple[LearnedPlaceholder, ...] = ()
    """Placeholders that nobody knew before."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """The journal's line. The last word on a candidate wins."""

    candidate: int
    verdict: Verdict
    reason: str
    """Empty for ACCEPTED; else a word of ``Failure``, ``Flaw``, ``Judgement`` or ``check:WORD``."""
    attempts: int
    finding: Finding | None = None
    """None: an earlier line's facts stay (an amendment), or nothing was ever fetched."""
    due_at_s: float | None = None
    """DEFERRED and transient failures: the wall clock from which asking again makes sense."""
    evidence: str = ""
    """What a judgement rests on (``Ruling.evidence``)."""
