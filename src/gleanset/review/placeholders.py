"""Placeholders of a build, gathered while its journal passes by: which, where met, at what cost."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..store.journal_rows import JournalRow
from ..terms.placeholder import ID_BYTES, LEARNED, LearnedPlaceholder
from ..terms.verdict import BlobRef, Verdict

MOST_BODIES = 200
"""Bodies of one signature that are remembered; with a date on the picture there is one for every request."""


@dataclass(slots=True)
class Met:
    """One learned placeholder and the rows that it explains."""

    learned: LearnedPlaceholder
    pardoned: bool = False
    n: int = 0
    revoked: int = 0
    sites: Counter[str] = field(default_factory=Counter)
    labels: Counter[int] = field(default_factory=Counter)
    """URLs by the number of their class."""
    candidate: int | None = None
    blob: BlobRef | None = None
    """A body that shows it: its own where one was kept, else one that looks alike."""
    _own: bool = False

    def add(self, row: JournalRow, label: int, site: str) -> None:
        """One URL more that was answered with it."""
        self.n += 1
        self.revoked += row.verdict is Verdict.REVOKED
        self.sites[site] += 1
        self.labels[label] += 1
        seen = row.inspection
        if row.blob is None or seen is None or seen.flaw is not None or self._own:
            return
        self._own = seen.sha256 == self.learned.sha256
        if self._own or self.blob is None:
            self.blob, self.candidate = row.blob, row.candidate


@dataclass(slots=True)
class Known:
    """Bodies that gave themselves away by a signature."""

    n: int = 0
    bodies: dict[bytes, list[int]] = field(default_factory=dict)
    """SHA-256 to (how often, the first candidate); the first many."""

    def add(self, row: JournalRow) -> None:
        """One URL more."""
        self.n += 1
        if row.inspection is None:
            return
        body = self.bodies.get(row.inspection.sha256)
        if body is not None:
            body[0] += 1
        elif len(self.bodies) < MOST_BODIES:
            self.bodies[row.inspection.sha256] = [1, row.candidate]


class Placeholders:
    """Takes the journal's notes, then its rows that are ``placeholder``."""

    def __init__(self) -> None:
        self.found: dict[str, Met] = {}
        """Learned ones by id, in the order in which they were learned."""
        self.known: dict[str, Known] = {}
        """By signature; empty: an earlier version wrote the row, which kept none."""
        self.pardoned: set[str] = set()
        """Pictures that were pardoned: ids, SHA-256, and both of learned ones."""

    def learn(self, payload: Mapping[str, Any]) -> None:
        """A note of kind ``placeholder``."""
        learned = LearnedPlaceholder.from_json(payload)
        self.found.setdefault(learned.id, Met(learned))

    def pardon(self, picture: str) -> None:
        """A note of kind ``pardon``: of a learned placeholder, by id or SHA-256, or of any other body."""
        self.pardoned.add(picture)
        met = self.of(picture)
        if met is not None:
            met.pardoned = True
            self.pardoned |= {met.learned.id, met.learned.sha256.hex()}

    def of(self, picture: str) -> Met | None:
        """The learned placeholder with this id or SHA-256."""
        met = self.found.get(picture[: 2 * ID_BYTES])
        if met is None or picture not in {met.learned.id, met.learned.sha256.hex()}:
            return None
        return met

    def pardonable(self, picture: str) -> bool:
        """Whether there is such a placeholder, and nobody has pardoned it."""
        if picture in self.pardoned:
            return False
        if self.of(picture) is not None:
            return True
        return any(sha256.hex() == picture for one in self.known.values() for sha256 in one.bodies)

    def add(self, row: JournalRow, label: int, site: str) -> None:
        """A row that is a placeholder."""
        met = self.found.get(row.evidence.removeprefix(LEARNED))
        if met is not None:
            met.add(row, label, site)
        elif not row.evidence.startswith(LEARNED):
            self.known.setdefault(row.evidence, Known()).add(row)

    @property
    def cost(self) -> tuple[int, int]:
        """URLs that were answered with learned ones, and how many of these had been accepted before."""
        return sum(met.n for met in self.found.values()), sum(met.revoked for met in self.found.values())

    @property
    def signatures(self) -> tuple[tuple[str, int], ...]:
        """(known signature, URLs), most first."""
        return tuple(sorted(((name, one.n) for name, one in self.known.items()), key=lambda pair: -pair[1]))

    def dearest(self) -> list[Met]:
        """Those that cost most URLs first; equal ones in the order of their discovery."""
        return sorted(self.found.values(), key=lambda met: -met.n)
