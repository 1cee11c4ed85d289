"""The judge: a sound picture has come, do we want it?"""

from typing import Final

from gleanset.terms.candidate import Expected
from gleanset.terms.inspection import Inspection
from gleanset.terms.verdict import Finding, Judgement, Ruling, Verdict

from .bodies import Bodies, banishes
from .placeholders import Signatures

DRIFT_MAX_BITS: Final = 10
"""Up to this distance a manifest's picture counts as the same one, re-encoded or resized by its host: such
copies stay within 6. Another photograph of the same motif may come as near, which does no harm here: it would
be at the same address, under the same label."""


class Judge:
    """Remembers every body that was accepted, and everyone that turned out to be no picture of its label.

    It promises, for any order of arrivals, revocations and restored lines:

    - no two candidates that are accepted or spare have the same body;
    - a body that came under two labels is out for good: its holder is revoked, later ones are refused;
    - a body once known as a placeholder is one wherever it comes from, its earlier holder included;
    - reading the journal again, in any order, gives a judge that answers the same.

    It does not look for near duplicates, and it does not know quotas.
    """

    def __init__(self, signatures: Signatures) -> None:
        self._signatures = signatures
        self._bodies = Bodies()

    def rule(self, finding: Finding, label: int, url: str, expected: Expected | None = None) -> Ruling:
        """Judge a sound picture (``inspection.flaw`` is None) that was asked for at ``url``.

        With ``expected``, what a manifest says of the row: the same bytes need no further proof, the same
        picture in other bytes ("drifted") is wanted as well, anything else is ``changed``.
        """
        inspection = finding.inspection
        assert inspection is not None
        if expected is None or expected.sha256 != inspection.sha256:
            if self._signatures.match(finding, url) is not None:
                reason = Judgement.PLACEHOLDER.word
                return Ruling(reason, self._bodies.banish(inspection.sha256, reason, but=finding.candidate))
            if expected is not None and not _shows_the_same(inspection, expected):
                return Ruling(Judgement.CHANGED.word)
        return self._bodies.claim(inspection.sha256, finding.candidate, label)

    def restore(
        self, candidate: int, label: int, verdict: Verdict, reason: str, inspection: Inspection | None
    ) -> None:
        """Take over the last word on a candidate: from the journal, or from a person while a build runs."""
        if inspection is None:
            return
        if verdict in {Verdict.ACCEPTED, Verdict.SPARE}:
            self._bodies.hold(inspection.sha256, candidate, label)
        elif banishes(reason):
            self._bodies.banish(inspection.sha256, reason)
        elif reason == Judgement.REJECTED_BY_HAND.word:
            self._bodies.bar(inspection.sha256, candidate, label)
        else:
            self._bodies.release(inspection.sha256, candidate)


def _shows_the_same(inspection: Inspection, expected: Expected) -> bool:
    return inspection.phash is not None and (inspection.phash ^ expected.phash).bit_count() <= DRIFT_MAX_BITS
