"""Who holds which picture: no two alike within a class, and none under two labels."""

from gleanset.terms.inspection import Inspection
from gleanset.terms.verdict import Judgement, Revoked, Ruling, Verdict

from .bodies import Bodies, banishes, of
from .gallery import Similar
from .near import Holder, Near


class Claims:
    """Bodies and looks together: the same bytes are caught by their hash, the same picture in other bytes by
    its look. Where pictures of a chain resemble their neighbours alone, who came first decides.
    """

    def __init__(self, *, keep_near_duplicates: bool, keep_label_conflicts: bool) -> None:
        self._keep_near = keep_near_duplicates
        self._keep_conflicts = keep_label_conflicts
        self._bodies = Bodies(keep_conflicts=keep_label_conflicts)
        self._near = Near()
        self._disputed: set[int] = set()
        """Places of pictures that came under two labels."""
        self._barred: dict[int, frozenset[int]] = {}
        """Place to the labels under which a person refused the picture."""

    def claim(
        self,
        candidate: int,
        label: int,
        inspection: Inspection,
        place: int,
        similar: list[Similar],
        *,
        rebuilt: bool,
    ) -> Ruling:
        """Let a candidate have the picture at ``place`` in the gallery, or say why not. ``rebuilt``: a
        manifest vouches for it, and only its bytes are looked at.
        """
        ruling = Ruling() if rebuilt else self._look(candidate, label, similar)
        if ruling.reason == Judgement.LABEL_CONFLICT.word:
            self._bodies.banish(inspection.sha256, ruling.reason)
            self._dispute(place, similar, ruling.revoked)
            return ruling
        exact = self._bodies.claim(inspection.sha256, candidate, label)
        if exact.reason is not None:
            if exact.reason == Judgement.LABEL_CONFLICT.word:
                self._dispute(place, similar, exact.revoked)
            return exact
        if ruling.reason is not None:
            self._bodies.release(inspection.sha256, candidate, label)
            return ruling
        self._near.hold(place, candidate, label)
        return ruling

    def _look(self, candidate: int, label: int, similar: list[Similar]) -> Ruling:
        """What speaks against a picture by its look; a conflict is stronger than a copy."""
        alike = [one.place for one in similar if one.same]
        if not self._keep_conflicts and not self._disputed.isdisjoint(alike):
            return Ruling(Judgement.LABEL_CONFLICT.word)
        if any(label in self._barred.get(place, ()) for place in alike):
            return Ruling(Judgement.REJECTED_BY_HAND.word)
        holders = [holder for holder in self._near.holders(similar) if holder.candidate != candidate]
        foreign = [holder for holder in holders if holder.label != label]
        if foreign and not self._keep_conflicts:
            reason = Judgement.LABEL_CONFLICT.word
            revoked = tuple(Revoked(holder.candidate, reason, of(candidate)) for holder in holders)
            return Ruling(reason, revoked, of(foreign[0].candidate))
        kin = [holder for holder in holders if holder.label == label]
        if kin and not self._keep_near:
            return _as_copy(kin)
        return Ruling()

    def _dispute(self, place: int, similar: list[Similar], revoked: tuple[Revoked, ...]) -> None:
        """The picture is out under every label, and so is what those held who lost it: what the journal will
        tell again.
        """
        out = {one.candidate for one in revoked}
        lost = (one.place for one in similar if any(h.candidate in out for h in self._near.at(one.place)))
        self._disputed |= {place, *lost}

    def banish(self, inspection: Inspection, reason: str, evidence: str, but: int) -> tuple[Revoked, ...]:
        """Nobody may have this body any more: who had it."""
        return self._bodies.banish(inspection.sha256, reason, evidence, but)

    def release(self, place: int, candidate: int) -> None:
        """The candidate is out, for what its picture is."""
        self._near.release(place, candidate)

    def restore(
        self,
        candidate: int,
        label: int,
        verdict: Verdict,
        reason: str,
        inspection: Inspection,
        place: int,
    ) -> None:
        """Take over the last word on a candidate."""
        sha256 = inspection.sha256
        if verdict in {Verdict.ACCEPTED, Verdict.SPARE}:
            self._bodies.hold(sha256, candidate, label)
            self._near.hold(place, candidate, label)
            return
        self._near.release(place, candidate)
        if banishes(reason):
            self._bodies.banish(sha256, reason)
            if reason == Judgement.LABEL_CONFLICT.word:
                self._disputed.add(place)
        elif reason == Judgement.REJECTED_BY_HAND.word:
            self._bodies.bar(sha256, candidate, label)
            self._barred[place] = self._barred.get(place, frozenset()) | {label}
        else:
            self._bodies.release(sha256, candidate, label)


def _as_copy(kin: list[Holder]) -> Ruling:
    """A copy of what the first of these holds. Two trimmed copies may not resemble one another; who resembles
    both shows that they are one picture, and one of them is enough.
    """
    reason, evidence = Judgement.NEAR_DUPLICATE.word, of(kin[0].candidate)
    return Ruling(reason, tuple(Revoked(one.candidate, reason, evidence) for one in kin[1:]), evidence)
