"""What becomes of classes: reserves step in, spares are promoted, places are shared out."""

from math import inf

from ..terms.verdict import Revoked, Settlement, Verdict
from .quota import ClassState, QuotaBook
from .waiting import Waiting


class Classes:
    """Draws the consequences of what the book counts, and tells who needs more by that.

    What each method returns is to be settled: spares that are accepted now, and what was revoked.
    """

    __slots__ = ("_book", "_waiting")

    def __init__(self, book: QuotaBook, waiting: Waiting) -> None:
        self._book = book
        self._waiting = waiting

    def review(self, c: int) -> list[Settlement]:
        """After a change in a class: is it short for certain, does a reserve step in, who needs more?"""
        settled: list[Settlement] = []
        if self._book.hopeless(c):
            reserve = self._book.replace(c)
            if reserve is not None:
                self._waiting.note_need(reserve)
        for grown in self._book.share_out(c):
            settled += self._promote_spares(grown)
            self._waiting.note_need(grown)
        self._waiting.note_need(c)
        return settled

    def review_all(self) -> list[Settlement]:
        """Look at every class once."""
        settled: list[Settlement] = []
        for c in range(len(self._book.state)):
            settled += self._promote_spares(c)
            settled += self.review(c)
        return settled

    def revoke(self, c: int, out: Revoked) -> list[Settlement]:
        """An image admitted earlier is out; a spare steps in, or the class opens again. One that was out
        before is out for another reason now.
        """
        candidate = out.candidate
        if not out.held:
            return [Settlement(candidate, Verdict.REJECTED, out.reason, 0, evidence=out.evidence)]
        settled = [Settlement(candidate, Verdict.REVOKED, out.reason, 0, evidence=out.evidence)]
        spare = self._book.revoke(c, candidate)
        if spare is not None:
            settled.append(_promoted(spare))
        return settled + self.review(c)

    def give_up_waiting(self) -> tuple[bool, list[Settlement]]:
        """Count what waits as out of reach. (Whether that changed anything, what was settled by it.)"""
        before = self._standing()
        settled: list[Settlement] = []
        stuck = [c for c, state in enumerate(self._book.state) if state is ClassState.OPEN]
        for c in stuck:
            self._book.write_off(c)
        for c in stuck:
            settled += self.review(c)
        return self._standing() != before, settled

    def _standing(self) -> tuple[int, float, int]:
        """What differs when a reserve stepped in, or a class grew or closed."""
        book = self._book
        return len(book.replacements), sum(n for n in book.most if n < inf), book.n_closed

    def _promote_spares(self, c: int) -> list[Settlement]:
        """Give the free places of a class to its spares."""
        settled: list[Settlement] = []
        while (spare := self._book.promote(c)) is not None:
            settled.append(_promoted(spare))
        return settled


def _promoted(spare: int) -> Settlement:
    """A spare that got a place; the facts of its first settlement stay."""
    return Settlement(spare, Verdict.ACCEPTED, "", 0)
