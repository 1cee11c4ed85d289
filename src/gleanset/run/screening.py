"""Looking once more at what a build has: a later run may exclude more, and know more placeholders."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..judge.exclusions import Exclusions
from ..judge.placeholders import Signatures
from ..store.journal_rows import JournalRow, Note
from ..store.pool import Pool
from ..terms.placeholder import ID_BYTES
from ..terms.verdict import Judgement, Settlement, Verdict

SCREENED = "screened"
"""The kind of note that says by what the build was screened last."""
EXCLUDED_URL = "url"
"""The evidence where a candidate's address is excluded, whatever its picture."""


@dataclass(frozen=True, slots=True)
class Screening:
    """What pictures and URLs are held against that a build has already."""

    digest: str = ""
    """Of all of it, in hex; empty: there is nothing that was not there before."""
    excluded: frozenset[int] = field(default_factory=frozenset)
    """Candidates whose URL is excluded by now."""

    def is_due(self, notes: Sequence[Note]) -> bool:
        """Whether a build with these notes was never screened by this."""
        last = [note.payload["digest"] for note in notes if note.kind == SCREENED]
        return self.digest != (last[-1] if last else "")


class Screen:
    """Finds what has to go."""

    def __init__(
        self,
        screening: Screening,
        pool: Pool,
        exclusions: Exclusions,
        signatures: Signatures,
        pardons: Sequence[str],
    ) -> None:
        self._excluded = screening.excluded
        self._pool = pool
        self._exclusions = exclusions
        self._signatures = signatures
        self._pardons = frozenset(pardons)
        self._left = set(screening.excluded)

    def excludes(self, candidate: int) -> bool:
        """Whether its URL is excluded by now."""
        return candidate in self._excluded

    def look(self, row: JournalRow) -> Settlement | None:
        """The new last word on a candidate; None: it stands as it is."""
        self._left.discard(row.candidate)
        holds = row.verdict in {Verdict.ACCEPTED, Verdict.SPARE}
        reason, evidence = self._against(row, holds=holds)
        if not reason:
            return None
        verdict = Verdict.REVOKED if holds else Verdict.REJECTED
        return Settlement(row.candidate, verdict, reason, row.attempts, evidence=evidence)

    def never_asked(self) -> list[Settlement]:
        """Those of which the journal says nothing: they must not be asked."""
        word = Judgement.EXCLUDED.word
        return [Settlement(i, Verdict.REJECTED, word, 0, evidence=EXCLUDED_URL) for i in sorted(self._left)]

    def _against(self, row: JournalRow, *, holds: bool) -> tuple[str, str]:
        """(reason, evidence); what was rejected for good keeps its reason."""
        waits = row.verdict is Verdict.DEFERRED
        if row.candidate in self._excluded and (holds or waits or row.inspection is None):
            return Judgement.EXCLUDED.word, EXCLUDED_URL
        seen = row.inspection
        if not holds or seen is None:
            return "", ""
        source = self._exclusions.match(seen)
        if source is not None:
            return Judgement.EXCLUDED.word, source
        candidate = self._pool.candidate(row.candidate)
        promised = candidate.expected is not None and candidate.expected.sha256 == seen.sha256
        if promised or {seen.sha256.hex(), seen.sha256[:ID_BYTES].hex()} & self._pardons:
            return "", ""
        evidence = self._signatures.match(row.finding, candidate.url)
        return ("", "") if evidence is None else (Judgement.PLACEHOLDER.word, evidence)
