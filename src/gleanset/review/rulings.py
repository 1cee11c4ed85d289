"""From what a person decided to what the journal is told: nothing is written here."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ..errors import UsageError
from ..store.journal_rows import JournalRow, Note
from ..store.pool import Pool
from ..terms.verdict import Judgement, Settlement, Verdict
from ..urls import normalise
from .decisions import Action, Decision
from .placeholders import Placeholders

REVIEWED = "reviewed"
"""The note that makes the last pack stale."""
BY_HAND = Judgement.REJECTED_BY_HAND.word
_HELD = {Verdict.ACCEPTED, Verdict.SPARE}
_SHA256 = re.compile(r"[0-9a-f]{64}")

Rows = Callable[[], Iterable[JournalRow]]
"""The journal's rows as they count today, each time from the beginning."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """What is to be written, in one transaction; empty where nothing changes."""

    settlements: tuple[Settlement, ...] = ()
    """Rejections, and images that come back as spares: a place is given to them by the next replay."""
    pardons: tuple[str, ...] = ()
    """Ids or SHA-256 of placeholders; the next replay brings their images back."""

    def __bool__(self) -> bool:
        return bool(self.settlements or self.pardons)

    @property
    def rejected(self) -> int:
        return sum(one.reason == BY_HAND for one in self.settlements)

    @property
    def restored(self) -> int:
        return len(self.settlements) - self.rejected

    def notes(self) -> list[Note]:
        """The pardons, and the word that the dataset is no longer what the journal says."""
        pardons = [Note("pardon", {"picture": picture}) for picture in self.pardons]
        sums = {"rejected": self.rejected, "restored": self.restored, "pardoned": len(self.pardons)}
        return [*pardons, Note(REVIEWED, sums)]


def rule(
    decisions: Sequence[Decision],
    rows: Rows,
    pool: Pool,
    labels: Sequence[str],
    placeholders: Placeholders,
) -> Ruled:
    """What decisions come to, the later ones over the earlier; what is so already changes nothing.

    Args:
        labels: the name of each class, by number.
        placeholders: what the build learned, and what was pardoned before.

    Raises:
        UsageError: a decision names what is not there.
    """
    cases = _Cases(decisions, pool, labels, placeholders)
    for row in rows():
        cases.look(row)
    for decision in decisions:
        cases.decide(decision)
    cases.refuse_taken(rows())
    return cases.ruled()


@dataclass(frozen=True, slots=True)
class _Image:
    """An image that a decision may mean: in the dataset or spare, or rejected by hand before."""

    candidate: int
    label: int
    verdict: Verdict
    sha256: bytes

    @property
    def held(self) -> bool:
        return self.verdict in _HELD


@dataclass(slots=True)
class _Cases:
    """Everything that the decisions name, and what becomes of it."""

    decisions: Sequence[Decision]
    pool: Pool
    labels: Sequence[str]
    placeholders: Placeholders
    _named: dict[str, list[_Image]] = field(default_factory=dict)
    """By the words of the decisions: keys, normal URLs, SHA-256."""
    _quarantined: set[str] = field(default_factory=set)
    """SHA-256 among these words that are of a body judged a placeholder."""
    _fates: dict[int, tuple[_Image, Decision]] = field(default_factory=dict)
    _pardons: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for decision in self.decisions:
            self._named[_name(decision.what)] = []

    def look(self, row: JournalRow) -> None:
        """One row of the journal: is it one of the named?"""
        seen = row.inspection
        if seen is None:
            return
        if row.reason == Judgement.PLACEHOLDER.word:
            self._quarantined |= {seen.sha256.hex()} & self._named.keys()
            return
        if row.verdict not in _HELD and row.reason != BY_HAND:
            return
        image = _Image(row.candidate, int(self.pool.label[row.candidate]), row.verdict, seen.sha256)
        stored = seen.stored.sha256.hex() if seen.stored else ""
        url = self.pool.url(row.candidate)
        for name in {self.pool.key(row.candidate), url, seen.sha256.hex(), stored}:
            if name in self._named:
                self._named[name].append(image)

    def decide(self, decision: Decision) -> None:
        """Take one decision over those before it."""
        name = _name(decision.what)
        pardoned = self.placeholders.pardoned
        match decision.action:
            case Action.PARDON:
                if not (name in self._quarantined or name in pardoned or self.placeholders.of(name)):
                    raise _refused(decision, "No placeholder of this build has this id or SHA-256.")
                self._pardons[name] = None
            case Action.UNDO if name in self._pardons:
                del self._pardons[name]
            case Action.UNDO if name in pardoned:
                raise _refused(decision, "This pardon is in force. Reject the images that came back instead.")
            case _:
                for image in self._meant(decision, name):
                    self._fates[image.candidate] = image, decision

    def _meant(self, decision: Decision, name: str) -> Iterator[_Image]:
        images = self._named[name]
        if decision.label:
            images = [one for one in images if self.labels[one.label] == decision.label]
        if not images:
            where = f" in class {decision.label}" if decision.label else ""
            raise _refused(decision, f"No image{where} has this key, URL or SHA-256.")
        yield from images

    def refuse_taken(self, rows: Iterable[JournalRow]) -> None:
        """One body under two labels was never right: what took its place goes first."""
        back = {image.sha256: decision for image, decision in self._restored()}
        if not back:
            return
        for row in rows:
            if row.verdict not in _HELD or row.inspection is None or row.candidate in self._fates:
                continue
            decision = back.get(row.inspection.sha256)
            if decision is not None:
                label = self.labels[int(self.pool.label[row.candidate])]
                key = self.pool.key(row.candidate)
                raise _refused(
                    decision, f"The same picture has since been taken as {label}; reject {key} first."
                )

    def _restored(self) -> Iterator[tuple[_Image, Decision]]:
        for image, decision in self._fates.values():
            if decision.action is Action.UNDO and not image.held:
                yield image, decision

    def ruled(self) -> Ruled:
        """What has to be written."""
        settlements = [
            *(
                _rejected(image)
                for image, decision in self._fates.values()
                if decision.action is Action.REJECT and image.held
            ),
            *(
                Settlement(image.candidate, Verdict.SPARE, Judgement.CLASS_FULL.word, 0)
                for image, _ in self._restored()
            ),
        ]
        new = (name for name in self._pardons if name not in self.placeholders.pardoned)
        return Ruled(tuple(settlements), tuple(new))


def _rejected(image: _Image) -> Settlement:
    verdict = Verdict.REVOKED if image.verdict is Verdict.ACCEPTED else Verdict.REJECTED
    return Settlement(image.candidate, verdict, BY_HAND, 0)


def _name(what: str) -> str:
    """A word as it is looked for: digests in lower case, URLs in their normal form."""
    if _SHA256.fullmatch(what.lower()):
        return what.lower()
    return (normalise(what) or what) if "://" in what else what


def _refused(decision: Decision, why: str) -> UsageError:
    place = f"{decision.place}: " if decision.place else ""
    said = ",".join(filter(None, (decision.action.value, decision.what, decision.label)))
    return UsageError(f"{place}{said}. {why} Nothing was changed.")
