"""Which candidates get another chance elsewhere, and which chance comes next. Pure: values in, values out."""

from collections.abc import Collection
from dataclasses import replace

from ..fetch.revive import USUAL_DATE, WAYBACK, Alternative, alternatives
from ..terms.outcome import Lease
from ..terms.verdict import Finding


class Reviver:
    """Gives each dead candidate its alternatives, one after the other.

    Remembers one small number for a candidate that is being revived, nothing for all others. A candidate
    whose revival was cut off is asked from the beginning by the next run.
    """

    def __init__(self, ways: Collection[str] = (), near: str = USUAL_DATE) -> None:
        """``ways``: those of ``--revive``, empty for none; ``near``: the archive's ``YYYYMMDDhhmmss``."""
        self._ways = frozenset(ways)
        self._near = near
        self._used: dict[int, int] = {}
        """Candidate to how many of its alternatives were given out or passed over."""

    @property
    def is_asked_for(self) -> bool:
        """Whether there are ways at all."""
        return bool(self._ways)

    @property
    def n_remembered(self) -> int:
        """Candidates that are being revived."""
        return len(self._used)

    def after(self, candidate: int, url: str, reason: str) -> Alternative | None:
        """Where to ask next for a candidate that would end with ``reason``; None: it ends so.

        ``url`` is the candidate's own, whatever was asked last. With None it is forgotten.
        """
        if not self._ways:
            return None
        used = self._used.get(candidate, 0)
        for number, one in enumerate(alternatives(url, self._ways, self._near)[used:], used + 1):
            if one.helps(reason):
                self._used[candidate] = number
                return one
        self.forget(candidate)
        return None

    def forget(self, candidate: int) -> None:
        """Its fate is decided: accepted, deferred, or nobody needs it."""
        self._used.pop(candidate, None)

    def resume(
        self, candidate: int, url: str, reason: str, last: str | None, *, again: bool = False
    ) -> Alternative | None:
        """Where a candidate goes on that the journal has as undone for ``reason``; None: nowhere else.

        ``last`` is the way that was asked last (``JournalRow.revived``). With ``again`` that very address is
        asked once more, since its failure may have passed. So nobody is asked again who was dead before, and
        ``--revive`` may be added to a build that fell short.
        """
        rest = alternatives(url, self._ways, self._near)
        ways = [one.way for one in rest]
        if (again and not last) or (last == WAYBACK and last not in ways):
            return None
        start = ways.index(last) + (not again) if last in ways else 0
        for number, one in enumerate(rest[start:], start + 1):
            if (again and one.way == last) or one.helps(reason):
                self._used[candidate] = number
                return one
        return None


def attributed(finding: Finding, lease: Lease) -> Finding:
    """The finding with the way of its lease, and with the address that the picture came from."""
    if not lease.revived:
        return finding
    return replace(finding, revived=lease.revived, final_url=finding.final_url or lease.url)
