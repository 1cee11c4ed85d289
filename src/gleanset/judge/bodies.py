"""Who holds which body: exact duplicates within a class, and the same picture under two labels."""

from typing import Final

from gleanset.terms.verdict import Judgement, Revoked, Ruling

_LABEL_BITS: Final = 24
_LABEL_MASK: Final = (1 << _LABEL_BITS) - 1

# Why a body is out for every label. A lower number is the stronger reason and replaces a higher one, so that
# the order in which a journal is read does not matter.
_OUT: Final = {
    Judgement.LABEL_CONFLICT.word: -1,
    Judgement.PLACEHOLDER.word: -2,
    Judgement.REMOVED.word: -3,
}
_REASON: Final = {code: reason for reason, code in _OUT.items()}


class Bodies:
    """A table keyed by SHA-256 that keeps, for each body, its holder or the reason why nobody may hold it.

    One entry costs about 160 bytes: an int of candidate and label, never an object.
    """

    def __init__(self) -> None:
        self._entries: dict[bytes, int] = {}
        """From 0: the candidate, accepted or spare, that has this body, and its label. Negative: out."""
        self._barred: dict[bytes, frozenset[int]] = {}
        """Labels under which a person refused the body: few, and independent of who holds it."""

    def __len__(self) -> int:
        return len(self._entries)

    def claim(self, sha256: bytes, candidate: int, label: int) -> Ruling:
        """Let a candidate have a body, or say why not. Asking again for what one holds changes nothing."""
        entry = self._entries.get(sha256)
        if entry is not None and entry < 0:
            return Ruling(_REASON[entry])
        if label in self._barred.get(sha256, ()):
            return Ruling(Judgement.REJECTED_BY_HAND.word)
        if entry is None:
            self._entries[sha256] = _packed(candidate, label)
            return Ruling()
        if entry >> _LABEL_BITS == candidate:
            return Ruling()
        if entry & _LABEL_MASK == label:
            return Ruling(Judgement.DUPLICATE.word)
        reason = Judgement.LABEL_CONFLICT.word
        return Ruling(reason, self.banish(sha256, reason))

    def banish(self, sha256: bytes, reason: str, but: int | None = None) -> tuple[Revoked, ...]:
        """Nobody may hold this body any more: who held it, with the reason, unless that is ``but``."""
        entry = self._entries.get(sha256, 0)
        known = sha256 in self._entries
        self._entries[sha256] = min(_OUT[reason], entry)
        if not known or entry < 0 or entry >> _LABEL_BITS == but:
            return ()
        return (Revoked(entry >> _LABEL_BITS, reason),)

    def hold(self, sha256: bytes, candidate: int, label: int) -> None:
        """What the journal says of an accepted or spare candidate; a body that is out stays out."""
        self._entries.setdefault(sha256, _packed(candidate, label))

    def release(self, sha256: bytes, candidate: int) -> None:
        """The candidate is out for a reason of its own; the next one with this body is judged afresh."""
        entry = self._entries.get(sha256, -1)
        if entry >= 0 and entry >> _LABEL_BITS == candidate:
            del self._entries[sha256]

    def bar(self, sha256: bytes, candidate: int, label: int) -> None:
        """A person refused this picture under this label; under another it may be right."""
        self.release(sha256, candidate)
        self._barred[sha256] = self._barred.get(sha256, frozenset()) | {label}


def banishes(reason: str) -> bool:
    """Whether a rejection for this reason is about the body, wherever it comes from."""
    return reason in _OUT


def _packed(candidate: int, label: int) -> int:
    return candidate << _LABEL_BITS | label
