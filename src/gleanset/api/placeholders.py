"""Placeholders of a build, gathered while its journal passes by: which, where met, at what cost."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import StorageError
from ..report.data import LearnedRow
from ..review.redraw import UndrawableError, drawn_grey, redrawn
from ..store.blobs import BlobReader
from ..store.journal_rows import JournalRow
from ..terms.placeholder import ID_BYTES, LearnedPlaceholder, Proof
from ..terms.verdict import BlobRef, Verdict

LEARNED = "learned:"
"""How the evidence begins that names a learned placeholder."""
SHOWN = 48
"""Placeholders on the report's page; with about 6 kB each they stay below half a megabyte."""
PICTURE_PX = (240, 180)
_FEW = 4
"""Sites and labels that are named."""


@dataclass(slots=True)
class Met:
    """One learned placeholder and the rows that it explains."""

    learned: LearnedPlaceholder
    pardoned: bool = False
    n: int = 0
    revoked: int = 0
    sites: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    blob: BlobRef | None = None
    """A body that shows it: its own where one was kept, else one that looks alike."""
    _own: bool = False

    def add(self, row: JournalRow, label: str, site: str) -> None:
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
            self.blob = row.blob


class Placeholders:
    """Takes the journal's notes, then its rows that are ``placeholder``."""

    def __init__(self) -> None:
        self.found: dict[str, Met] = {}
        """By id, in the order in which they were learned."""
        self.signatures: Counter[str] = Counter()
        """Rows by the known signature; empty: an earlier version wrote the row, which kept none."""

    def learn(self, payload: Mapping[str, Any]) -> None:
        """A note of kind ``placeholder``."""
        learned = LearnedPlaceholder(
            bytes.fromhex(payload["sha256"]),
            int(payload["phash"], 16),
            bytes.fromhex(payload["thumbnail"]),
            payload["width_px"],
            payload["height_px"],
            Proof(payload["proof"]),
            payload["site"],
            payload["url"],
        )
        self.found.setdefault(learned.id, Met(learned))

    def pardon(self, picture: str) -> None:
        """A note of kind ``pardon``: of a learned placeholder, by id or SHA-256, or of any other body."""
        met = self.found.get(picture[: 2 * ID_BYTES])
        if met is not None and picture in {met.learned.id, met.learned.sha256.hex()}:
            met.pardoned = True

    def add(self, row: JournalRow, label: str, site: str) -> None:
        """A row that is a placeholder."""
        met = self.found.get(row.evidence.removeprefix(LEARNED))
        if met is not None:
            met.add(row, label, site)
        elif not row.evidence.startswith(LEARNED):
            self.signatures[row.evidence] += 1

    @property
    def cost(self) -> tuple[int, int]:
        """URLs that were answered with learned ones, and how many of these had been accepted before."""
        return sum(met.n for met in self.found.values()), sum(met.revoked for met in self.found.values())

    def dearest(self) -> list[Met]:
        """Those that cost most URLs first; equal ones in the order of their discovery."""
        return sorted(self.found.values(), key=lambda met: -met.n)


def learned_rows(placeholders: Placeholders, blobs: Path) -> tuple[LearnedRow, ...]:
    """What the report shows of them, pictures included."""
    return tuple(_rows(placeholders.dearest()[:SHOWN], blobs))


def _rows(shown: list[Met], blobs: Path) -> Iterator[LearnedRow]:
    reader = BlobReader(blobs)
    try:
        for met in shown:
            learned = met.learned
            yield LearnedRow(
                learned.id,
                learned.proof,
                _drawn(met, reader),
                learned.width_px,
                learned.height_px,
                learned.url,
                met.n,
                met.revoked,
                tuple(met.sites.most_common(_FEW)),
                tuple(met.labels.most_common(_FEW)),
                len(met.sites),
                len(met.labels),
                met.pardoned,
            )
    finally:
        reader.close()


def _drawn(met: Met, reader: BlobReader) -> bytes:
    """Its picture; where no body is left, the grey levels that were kept of it."""
    if met.blob is not None:
        try:
            return redrawn(reader.read(met.blob), *PICTURE_PX)
        except (StorageError, UndrawableError):
            pass
    return drawn_grey(met.learned.thumbnail)
