"""Learned placeholders as the report shows them, and as a table for programs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import StorageError
from ..report.data import LearnedRow
from ..review.placeholders import Met, Placeholders
from ..review.redraw import UndrawableError, drawn_grey, redrawn
from ..store.blobs import BlobReader
from ..terms.placeholder import Proof

SHOWN = 48
"""Placeholders on the report's page; with about 6 kB each they stay below half a megabyte."""
PICTURE_PX = (240, 180)
_FEW = 4
"""Sites and labels that are named."""


@dataclass(frozen=True, slots=True)
class LearnedLine:
    """A placeholder that a build learned."""

    id: str
    proof: Proof
    met: int
    """URLs of the list that were answered with it."""
    revoked: int
    """Those of them that had been accepted before it was known."""
    sites: tuple[tuple[str, int], ...]
    """(politeness group, URLs), most first."""
    labels: tuple[tuple[str, int], ...]
    width_px: int
    height_px: int
    url: str
    """An address that was answered with it."""
    pardoned: bool


def learned_lines(placeholders: Placeholders, labels: Sequence[str]) -> tuple[LearnedLine, ...]:
    """Every placeholder that a build learned, those that cost most first. ``labels``: of all classes."""
    return tuple(
        LearnedLine(
            met.learned.id,
            met.learned.proof,
            met.n,
            met.revoked,
            tuple(met.sites.most_common()),
            tuple((labels[c], n) for c, n in met.labels.most_common()),
            met.learned.width_px,
            met.learned.height_px,
            met.learned.url,
            met.pardoned,
        )
        for met in placeholders.dearest()
    )


def learned_rows(placeholders: Placeholders, names: Sequence[str], blobs: Path) -> tuple[LearnedRow, ...]:
    """What the report shows of them, pictures included. ``names``: of all classes."""
    return tuple(_rows(placeholders.dearest()[:SHOWN], names, blobs))


def _rows(shown: list[Met], names: Sequence[str], blobs: Path) -> Iterator[LearnedRow]:
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
                tuple((names[c], n) for c, n in met.labels.most_common(_FEW)),
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
