"""The judge: a sound picture has come, do we want it?"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from gleanset.terms.candidate import Expected
from gleanset.terms.inspection import Inspection
from gleanset.terms.placeholder import LEARNED, LearnedPlaceholder, ProbeAnswer
from gleanset.terms.verdict import Finding, Judgement, Revoked, Ruling, Verdict

from .claims import Claims
from .exclusions import Exclusions
from .gallery import Gallery, Similar
from .learning import Learned, Learner
from .placeholders import Signatures
from .sightings import Sighting

DRIFT_MAX_BITS: Final = 10
"""Up to this distance a manifest's picture counts as the same one, re-encoded or resized by its host: such
copies stay within 6. Another photograph of the same motif may come as near, which does no harm here: it would
be at the same address, under the same label."""
_KEPT: Final = frozenset({Verdict.ACCEPTED, Verdict.SPARE})
_SAID: Final = frozenset({Judgement.REJECTED_BY_HAND.word, Judgement.REMOVED.word})
"""What people say of a candidate: nothing that is learned later takes its place."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user wants of pictures that are nobody's fault."""

    keep_near_duplicates: bool = False
    keep_label_conflicts: bool = False
    """Whether each class keeps its own copy of a picture that came under several labels."""
    pardons: frozenset[str] = frozenset()
    """Pictures that are no placeholders whatever speaks for it: ids of learned ones, or SHA-256, in hex."""
    exclusions: Exclusions = Exclusions()  # noqa: RUF009 (frozen)


class Judge:
    """Remembers every picture that came, who holds it, and everyone that turned out to be none of its label.

    It promises, for any order of arrivals, revocations and restored lines:

    - no two candidates that are accepted or spare have the same body, nor, unless the policy keeps them, the
      same picture in other bytes;
    - a picture that came under two labels is out for good, unless the policy keeps such ones: its holder is
      revoked, later ones are refused;
    - what is once known as a placeholder is one wherever it comes from, earlier holders included;
    - reading the journal again gives a judge that answers the same.

    It does not know quotas.
    """

    def __init__(self, signatures: Signatures, policy: Policy | None = None) -> None:
        self._signatures = signatures
        self._policy = policy or Policy()
        self._gallery = Gallery()
        self._claims = Claims(
            keep_near_duplicates=self._policy.keep_near_duplicates,
            keep_label_conflicts=self._policy.keep_label_conflicts,
        )
        self._learner = Learner(self._gallery)
        self._gone: dict[str, str] = {}
        """Addresses to which sites lead whoever asks for what does not exist, with the evidence; empty: the
        picture there has not been seen yet."""
        self._held: dict[int, int] = {}
        """Candidates that are accepted or spare, and where their pictures are in the gallery."""
        self._said: set[int] = set()
        """Candidates that a person has put out."""
        for pardoned in self._policy.pardons:
            self._learner.pardon(pardoned)

    # New

    def rule(self, finding: Finding, label: int, url: str, expected: Expected | None = None) -> Ruling:
        """Judge a sound picture (``inspection.flaw`` is None) that was asked for at ``url``.

        ``expected`` is what the list says of the row. A manifest's: the same bytes need no further proof, the
        same picture in other bytes ("drifted") is wanted as well, anything else is ``changed``. Another
        list's: a file of another size or MD5 is ``changed``, and the right one is judged like any other.
        """
        inspection = _seen(finding)
        if why := self._policy.exclusions.match(inspection):
            return Ruling(Judgement.EXCLUDED.word, evidence=why)
        rebuilt = expected is not None and expected.is_vouched_for
        needs_proof = expected is None or not rebuilt or expected.sha256 != inspection.sha256
        is_suspect = needs_proof and not self._learner.is_pardoned(inspection)
        if is_suspect and (ruling := self._as_known(finding, label, url)) is not None:
            return ruling
        similar = self._similar(inspection)
        if is_suspect and (ruling := self._as_learned(finding, label, url, similar)) is not None:
            return ruling
        if needs_proof and expected is not None and (ruling := _as_changed(inspection, expected)) is not None:
            return ruling
        place = self._place(inspection)
        ruling = self._claims.claim(finding.candidate, label, inspection, place, similar, rebuilt=rebuilt)
        if ruling.reason is None:
            self._held[finding.candidate] = place
        self._let_go(ruling.revoked)
        return ruling

    def rule_move(self, target: str, url: str, expected: Expected | None = None) -> Ruling:
        """Judge a redirect of ``url`` before it is followed: some addresses have but one picture."""
        if (expected is not None and expected.is_vouched_for) or self._policy.pardons:
            return Ruling()
        evidence = self._signatures.match_address(target, url) or self._gone.get(target, "")
        return Ruling(Judgement.PLACEHOLDER.word, evidence=evidence) if evidence else Ruling()

    def probed(self, answers: tuple[ProbeAnswer, ...]) -> Ruling:
        """Take what one site sent for addresses that cannot exist; whom that unmasks."""
        lead = {answer.leads_to for answer in answers}
        for target in lead if len(lead) == 1 else ():
            if target is not None:
                self.leads_nowhere(target)
        seen = [(answer.url, answer.picture) for answer in answers if answer.picture is not None]
        if not seen or len(seen) < len(answers):
            return Ruling()
        learned = self._learner.probed(seen, self._similar(seen[0][1]))
        return replace(self._unmask(learned), reason=None) if learned is not None else Ruling()

    def leads_nowhere(self, target: str) -> None:
        """Sites lead there whoever asks for what does not exist."""
        self._gone.setdefault(target, "")

    def _as_known(self, finding: Finding, label: int, url: str) -> Ruling | None:
        """Whether it is a placeholder that was known before it came; spares the search for what is alike."""
        inspection, reason = _seen(finding), Judgement.PLACEHOLDER.word
        evidence = self._signatures.match(finding, url)
        if evidence is not None:
            revoked = self._claims.banish(inspection, reason, evidence, but=finding.candidate)
            self._let_go(revoked)
            return Ruling(reason, revoked, evidence)
        known = self._learner.recognise(inspection)
        if known is None:
            return None
        self._learner.restore(self._sighting(finding, label, url))
        if finding.final_url in self._gone:
            self._gone[finding.final_url] = known.evidence
        return Ruling(reason, evidence=known.evidence)

    def _as_learned(self, finding: Finding, label: int, url: str, similar: list[Similar]) -> Ruling | None:
        """Whether it is found out by this picture to be a placeholder."""
        sighting, target = self._sighting(finding, label, url), finding.final_url
        if target is None or target not in self._gone:
            learned = self._learner.saw(sighting, similar)
        elif (learned := self._learner.led_to(sighting, similar)) is not None:
            learned = replace(learned, placeholder=replace(learned.placeholder, gone_url=target))
            self._gone[target] = learned.placeholder.evidence
        return self._unmask(learned, but=finding.candidate) if learned is not None else None

    def _sighting(self, finding: Finding, label: int, url: str) -> Sighting:
        inspection = _seen(finding)
        return Sighting(finding.candidate, finding.host, label, self._place(inspection), inspection, url)

    def _unmask(self, learned: Learned, but: int | None = None) -> Ruling:
        """A placeholder is known from now on: everyone who showed it is out."""
        evidence, reason = learned.placeholder.evidence, Judgement.PLACEHOLDER.word
        revoked = tuple(
            Revoked(candidate, reason, evidence, held=candidate in self._held)
            for candidate in learned.candidates
            if candidate != but and self._shows(candidate, learned)
        )
        self._let_go(revoked)
        return Ruling(reason, revoked, evidence, (learned.placeholder,))

    def _shows(self, candidate: int, learned: Learned) -> bool:
        """Whether its fate hangs on what was learned: not where it holds another picture by now."""
        return candidate not in self._said and self._held.get(candidate) in {None, *learned.places}

    def _let_go(self, revoked: Iterable[Revoked]) -> None:
        """These hold nothing any more."""
        for out in revoked:
            place = self._held.pop(out.candidate, None)
            if place is not None:
                self._claims.release(place, out.candidate)

    # Again

    def learn(self, placeholder: LearnedPlaceholder) -> None:
        """Take over what an earlier run found out."""
        self._learner.learn(placeholder)
        if placeholder.gone_url:
            self._gone[placeholder.gone_url] = placeholder.evidence

    @property
    def is_lenient(self) -> bool:
        """Whether ``reconsiders`` may say yes to anything."""
        policy = self._policy
        return bool(policy.pardons) or policy.keep_near_duplicates or policy.keep_label_conflicts

    def reconsiders(self, reason: str, evidence: str, inspection: Inspection) -> bool:
        """Whether a sound picture that was refused for this reason may be wanted today."""
        match reason:
            case Judgement.PLACEHOLDER.word:
                return self._learner.is_pardoned(inspection, evidence)
            case Judgement.NEAR_DUPLICATE.word:
                return self._policy.keep_near_duplicates
            case Judgement.LABEL_CONFLICT.word:
                return self._policy.keep_label_conflicts
        return False

    def restore(
        self,
        candidate: int,
        label: int,
        verdict: Verdict,
        reason: str,
        inspection: Inspection | None,
        host: int = 0,
        url: str = "",
        evidence: str = "",
    ) -> None:
        """Take over the last word on a candidate: from the journal, or from a person while a build runs."""
        if inspection is None:
            return
        place = self._place(inspection)
        if not _was_known_at_sight(reason, evidence):
            self._learner.restore(Sighting(candidate, host, label, place, inspection, url))
        if verdict in _KEPT or not self.reconsiders(reason, evidence, inspection):
            self._claims.restore(candidate, label, verdict, reason, inspection, place)
        if verdict in _KEPT:
            self._held[candidate] = place
        else:
            self._held.pop(candidate, None)
        if reason in _SAID:
            self._said.add(candidate)

    def _similar(self, inspection: Inspection) -> list[Similar]:
        assert inspection.phash is not None, "a sound picture has a look"
        assert inspection.thumbnail is not None, "a sound picture has a look"
        return self._gallery.similar(inspection.phash, inspection.thumbnail)

    def _place(self, inspection: Inspection) -> int:
        assert inspection.phash is not None, "a sound picture has a look"
        assert inspection.thumbnail is not None, "a sound picture has a look"
        return self._gallery.add(inspection.phash, inspection.thumbnail)


def _seen(finding: Finding) -> Inspection:
    assert finding.inspection is not None, "only pictures are judged"
    return finding.inspection


def _was_known_at_sight(reason: str, evidence: str) -> bool:
    """Whether a picture was refused before anyone counted how often it comes."""
    is_signature = reason == Judgement.PLACEHOLDER.word and not evidence.startswith(LEARNED)
    return is_signature or reason == Judgement.EXCLUDED.word


def _as_changed(inspection: Inspection, expected: Expected) -> Ruling | None:
    """Where something else came than was meant; the evidence names what differs from the list's own word.

    A manifest's look decides alone, since hosts encode anew. Where no MD5 was taken none differs.
    """
    if expected.is_vouched_for:
        return None if _shows_the_same(inspection, expected) else Ruling(Judgement.CHANGED.word)
    if expected.n_bytes is not None and expected.n_bytes != inspection.n_bytes:
        return Ruling(Judgement.CHANGED.word, evidence="size")
    if expected.md5 is not None and inspection.md5 is not None and expected.md5 != inspection.md5:
        return Ruling(Judgement.CHANGED.word, evidence="md5")
    return None


def _shows_the_same(inspection: Inspection, expected: Expected) -> bool:
    if inspection.phash is None or expected.phash is None:
        return False
    return (inspection.phash ^ expected.phash).bit_count() <= DRIFT_MAX_BITS
