"""How well a collector kept placeholders out, told from the truth and from what became of the URLs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gleanset.terms.outcome import Failure
from gleanset.terms.verdict import Judgement, Verdict

from .designs import KNOWN, UNKNOWN
from .truths import UrlTruth

KNOWN_NAMES = frozenset({"flickr", *(design.word for design in KNOWN)})
UNKNOWN_NAMES = frozenset(design.word for design in UNKNOWN)
OFTEN = 5
"""A placeholder that is met less often may go unnoticed."""
_NEVER_CAME = frozenset(failure.word for failure in Failure)
_KEPT = frozenset({Verdict.ACCEPTED, Verdict.SPARE})

Fates = Mapping[str, tuple[Verdict, str]]
"""URL to the last verdict and its reason; a URL that is absent was not asked for."""


class Count(NamedTuple):
    """One placeholder: its copies that came as a picture (not as the body of a 404), and those kept."""

    met: int = 0
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """The account of one build."""

    placeholders: Mapping[str, Count]
    """By name (``UrlTruth.placeholder``)."""
    good: int
    """Good pictures that came."""
    false_alarms: tuple[str, ...]
    """URLs of good pictures that were taken for placeholders."""

    def recall(self, names: Collection[str], met: int = 1) -> float:
        """The share of the copies of these placeholders that was kept out; of those met that often alone.

        1 if there is none.
        """
        counts = [c for name, c in self.placeholders.items() if name in names and c.met >= met]
        total = sum(count.met for count in counts)
        return 1 - sum(count.kept for count in counts) / total if total else 1.0


def score(truths: Iterable[UrlTruth], fates: Fates) -> Score:
    """Compare what became of the URLs with what is true of them."""
    counts: dict[str, Count] = {}
    good, alarms = 0, []
    for truth in truths:
        verdict, reason = fates.get(truth.url, (Verdict.DEFERRED, ""))
        if verdict is Verdict.DEFERRED or reason in _NEVER_CAME:
            continue
        if truth.placeholder:
            count = counts.get(truth.placeholder, Count())
            counts[truth.placeholder] = Count(count.met + 1, count.kept + (verdict in _KEPT))
        elif truth.picture is not None:
            good += 1
            if reason == Judgement.PLACEHOLDER.word:
                alarms.append(truth.url)
    return Score(counts, good, tuple(alarms))


def account(result: Score) -> str:
    """The score as lines of text: each placeholder, then both halves and the false alarms."""
    lines = [
        f"{name:<16} {_half(name):<8} {count.met:>6} met {count.kept:>5} kept"
        for name, count in sorted(result.placeholders.items())
    ]
    lines += [
        f"{half:<25} {100 * result.recall(names, OFTEN):9.3f} % recall of those met {OFTEN} times"
        for half, names in (("known", KNOWN_NAMES), ("unknown", UNKNOWN_NAMES))
    ]
    lines.append(f"{'false alarms':<25} {len(result.false_alarms):>6} of {result.good:,} good pictures")
    return "\n".join(lines)


def _half(name: str) -> str:
    return "known" if name in KNOWN_NAMES else "unknown"
