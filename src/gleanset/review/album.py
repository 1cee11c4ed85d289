"""What there is to look at: the images of each class, and what lies in quarantine. Flat in memory."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..store.journal_rows import JournalRow
from ..store.pool import Pool
from ..terms.verdict import BlobRef, Judgement, Verdict

OF = "of:"
"""How the evidence begins that names the candidate of which this is a copy."""
_NEAR, _CONFLICT = Judgement.NEAR_DUPLICATE.word, Judgement.LABEL_CONFLICT.word
_BY_HAND = Judgement.REJECTED_BY_HAND.word


@dataclass(frozen=True, slots=True)
class Shelf:
    """A class of the dataset."""

    id: str
    name: str
    candidates: npt.NDArray[np.int64]
    """Its accepted images, ascending."""


class Bodies:
    """Where bodies lie, by candidate: 36 bytes each, so that a million of them is no burden."""

    def __init__(self) -> None:
        self._candidate, self._segment, self._offset = array("q"), array("i"), array("q")
        self._length, self._width_px, self._height_px = array("I"), array("i"), array("i")
        self._numbers: dict[str, int] = {}
        self._order: npt.NDArray[np.int64] | None = None

    def add(self, candidate: int, ref: BlobRef, width_px: int, height_px: int) -> None:
        """One body more; a candidate comes once."""
        self._order = None
        self._candidate.append(candidate)
        self._segment.append(self._numbers.setdefault(ref.segment, len(self._numbers)))
        self._offset.append(ref.offset)
        self._length.append(ref.length)
        self._width_px.append(width_px)
        self._height_px.append(height_px)

    def ref(self, candidate: int) -> BlobRef | None:
        """The body of a candidate; None: none is kept."""
        i = self._place(candidate)
        if i is None:
            return None
        segments = tuple(self._numbers)
        return BlobRef(segments[self._segment[i]], self._offset[i], self._length[i])

    def size_px(self, candidate: int) -> tuple[int, int]:
        """(width, height); (0, 0) where no body is kept."""
        i = self._place(candidate)
        return (0, 0) if i is None else (self._width_px[i], self._height_px[i])

    def _place(self, candidate: int) -> int | None:
        known = np.asarray(self._candidate)
        if self._order is None:
            self._order = np.argsort(known, kind="stable")
        at = int(np.searchsorted(known, candidate, sorter=self._order))
        if at == len(self._order) or known[self._order[at]] != candidate:
            return None
        return int(self._order[at])


class Album:
    """Everything that can be looked at, as the journal stands when the review begins."""

    def __init__(
        self, rows: Iterable[JournalRow], pool: Pool, shelves: Sequence[tuple[int, str, str]]
    ) -> None:
        """``shelves``: (class, id, name) of the dataset's classes, in the order of the report."""
        self.bodies = Bodies()
        self.near: list[tuple[int, int]] = []
        """(the one that is kept, its copy)."""
        self.by_hand: list[int] = []
        """Rejected by a person in an earlier review."""
        accepted = array("q")
        conflicts = _Groups()
        for row in rows:
            seen = row.inspection
            if row.blob is None or seen is None or seen.flaw is not None:
                continue
            self.bodies.add(row.candidate, row.blob, seen.width_px, seen.height_px)
            of = _copied(row)
            if row.verdict is Verdict.ACCEPTED:
                accepted.append(row.candidate)
            elif row.reason == _BY_HAND:
                self.by_hand.append(row.candidate)
            elif row.reason == _NEAR and of is not None:
                self.near.append((of, row.candidate))
            elif row.reason == _CONFLICT:
                conflicts.add(row.candidate, seen.sha256, of)
        self.conflicts = [group for group in conflicts if len(group) > 1]
        """Candidates that showed one picture under several labels."""
        images = np.sort(np.asarray(accepted, np.int64))
        classes = pool.label[images]
        self.shelves = tuple(
            Shelf(id, name, images[np.searchsorted(classes, c) : np.searchsorted(classes, c, "right")])
            for c, id, name in shelves
        )
        self._accepted, self._rejected = images, frozenset(self.by_hand)

    def holds(self, candidate: int) -> bool:
        """Whether this is an image that can be rejected, or taken back."""
        at = int(np.searchsorted(self._accepted, candidate))
        accepted = at < len(self._accepted) and int(self._accepted[at]) == candidate
        return accepted or candidate in self._rejected

    @property
    def images(self) -> Iterator[int]:
        """All of these."""
        yield from self._accepted.tolist()
        yield from self.by_hand


def _copied(row: JournalRow) -> int | None:
    """The candidate of which a row says that it is a copy."""
    number = row.evidence.removeprefix(OF)
    return int(number) if row.evidence.startswith(OF) and number.isdecimal() else None


class _Groups:
    """Candidates that belong together: by the same body, or since one is a copy of the other."""

    def __init__(self) -> None:
        self._heads: dict[int | bytes, int | bytes] = {}
        self._members: list[int] = []

    def add(self, candidate: int, sha256: bytes, of: int | None) -> None:
        """One more, joined with those of its body and with the one that it copies."""
        self._members.append(candidate)
        self._join(candidate, sha256)
        if of is not None:
            self._join(candidate, of)

    def __iter__(self) -> Iterator[list[int]]:
        groups: dict[int | bytes, list[int]] = {}
        for candidate in self._members:
            groups.setdefault(self._head(candidate), []).append(candidate)
        return iter(groups.values())

    def _join(self, one: int | bytes, other: int | bytes) -> None:
        self._heads[self._head(one)] = self._head(other)

    def _head(self, one: int | bytes) -> int | bytes:
        while (head := self._heads.setdefault(one, one)) != one:
            self._heads[one] = self._heads[head]
            one = head
        return one
