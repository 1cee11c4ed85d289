"""Who holds which body: exact duplicates within a class, and the same bytes under two labels."""

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

    One entry costs about 160 bytes: an int of candidate and label, never an object. Where label conflicts are
    kept, a body has a holder for each label, under a longer key.
    """

    def __init__(self, *, keep_conflicts: bool = False) -> None:
        self._keep_conflicts = keep_conflicts
        self._entries: dict[bytes, int] = {}
        """From 0: the candidate, accepted or spare, that has this body, and its label. Negative: out."""
        self._labels: dict[bytes, set[int]] = {}
        """Labels under which a body has a holder; only where conflicts are kept."""
        self._barred: dict[bytes, frozenset[int]] = {}
        """Labels under which a person refused the body: few, and independent of who holds it."""

    def __len__(self) -> int:
        return len(self._entries)

    def claim(self, sha256: bytes, candidate: int, label: int) -> Ruling:
        """Let a candidate have a body, or say why not. Asking again for what one holds changes nothing."""
        out = self._entries.get(sha256, 0)
        if out < 0:
            return Ruling(_REASON[out])
        if label in self._barred.get(sha256, ()):
            return Ruling(Judgement.REJECTED_BY_HAND.word)
        entry = self._entries.get(self._key(sha256, label))
        if entry is None:
            self.hold(sha256, candidate, label)
            return Ruling()
        holder = entry >> _LABEL_BITS
        if holder == candidate:
            return Ruling()
        if entry & _LABEL_MASK == label:
            return Ruling(Judgement.DUPLICATE.word, evidence=of(holder))
        reason = Judgement.LABEL_CONFLICT.word
        revoked = self.banish(sha256, reason, of(candidate))
        return Ruling(reason, revoked, of(holder))

    def banish(
        self, sha256: bytes, reason: str, evidence: str = "", but: int | None = None
    ) -> tuple[Revoked, ...]:
        """Nobody may hold this body any more: who held it, with the reason, unless that is ``but``."""
        holders = [self._entries.pop(self._key(sha256, label), -1) for label in self._labels.pop(sha256, ())]
        entry = self._entries.get(sha256, 0)
        if sha256 in self._entries:
            holders.append(entry)
        self._entries[sha256] = min(_OUT[reason], entry)
        held = [entry >> _LABEL_BITS for entry in holders if entry >= 0]
        return tuple(Revoked(candidate, reason, evidence) for candidate in held if candidate != but)

    def hold(self, sha256: bytes, candidate: int, label: int) -> None:
        """What the journal says of an accepted or spare candidate; a body that is out stays out."""
        if self._entries.get(sha256, 0) < 0:
            return
        self._entries.setdefault(self._key(sha256, label), _packed(candidate, label))
        if self._keep_conflicts:
            self._labels.setdefault(sha256, set()).add(label)

    def release(self, sha256: bytes, candidate: int, label: int) -> None:
        """The candidate is out for a reason of its own; the next one with this body is judged afresh."""
        key = self._key(sha256, label)
        entry = self._entries.get(key, -1)
        if entry >= 0 and entry >> _LABEL_BITS == candidate:
            del self._entries[key]

    def bar(self, sha256: bytes, candidate: int, label: int) -> None:
        """A person refused this picture under this label; under another it may be right."""
        self.release(sha256, candidate, label)
        self._barred[sha256] = self._barred.get(sha256, frozenset()) | {label}

    def _key(self, sha256: bytes, label: int) -> bytes:
        return sha256 + label.to_bytes(4, "big") if self._keep_conflicts else sha256


def banishes(reason: str) -> bool:
    """Whether a rejection for this reason is about the body, wherever it comes from."""
    return reason in _OUT


def of(candidate: int) -> str:
    """The evidence that points to another candidate."""
    return f"of:{candidate}"


def _packed(candidate: int, label: int) -> int:
    return candidate << _LABEL_BITS | label
