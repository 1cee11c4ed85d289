"""Where a person's decisions lie until they are applied: kept at once, the last one taken back by a key."""

from collections.abc import Iterable
from threading import RLock

from ..errors import UsageError
from ..store.pool import Pool
from .decisions import Action, Decision, DecisionLog
from .placeholders import Placeholders


class Desk:
    """What is decided and not in force yet. Threads may call it at once.

    An image is decided upon when its fate differs from the journal's: an accepted one is rejected, one that
    was rejected by hand before is taken back. The same holds for the pardon of a picture.
    """

    def __init__(
        self,
        log: DecisionLog,
        pool: Pool,
        images: Iterable[int],
        by_hand: Iterable[int],
        pictures: Placeholders,
    ) -> None:
        """``images``: all that may be decided upon, ``by_hand`` among them."""
        self._log = log
        self._pool = pool
        self._by_hand = frozenset(by_hand)
        self._lock = RLock()
        self._decided: dict[int | str, None] = {}
        """Candidates and pictures, in the order of their decision."""
        self._closed = False
        self.n_stale = 0
        """Decisions of an earlier time about what is no longer there."""
        decisions = log.read()
        if decisions:
            wanted = {one.what for one in decisions}
            self._restore(decisions, {key: i for i in images if (key := pool.key(i)) in wanted}, pictures)

    def _restore(self, decisions: list[Decision], numbers: dict[str, int], pictures: Placeholders) -> None:
        """Take up what an earlier review has left."""
        for one in decisions:
            what = numbers.get(one.what, one.what)
            if isinstance(what, str) and (one.action is Action.REJECT or not pictures.pardonable(what)):
                self.n_stale += one.action is not Action.UNDO
                continue
            if (one.action is Action.UNDO) is (what in self._by_hand):
                self._decided[what] = None
            else:
                self._decided.pop(what, None)

    def is_decided(self, what: int | str) -> bool:
        """Whether its fate will differ from the journal's."""
        with self._lock:
            return what in self._decided

    def turn(self, what: int | str) -> bool:
        """Decide on an image or a picture, or take that back; whether it is decided now.

        Raises:
            UsageError: the decisions are being applied.
            StorageError: it could not be kept; nothing is decided then.
        """
        with self._lock:
            if self._closed:
                raise UsageError("The decisions are being applied. Begin another review for more.")
            decided = what not in self._decided
            self._log.add(self._decision(what, decided))
            if decided:
                self._decided[what] = None
            else:
                del self._decided[what]
            return decided

    def undo(self) -> int | str | None:
        """Take the last decision back; what it was about, None where there is none."""
        with self._lock:
            last = next(reversed(self._decided), None)
            if last is not None:
                self.turn(last)
            return last

    def counts(self) -> dict[str, int]:
        """How many images are rejected, how many taken back, how many pictures pardoned."""
        with self._lock:
            taken_back = sum(what in self._by_hand for what in self._decided)
            pardoned = sum(isinstance(what, str) for what in self._decided)
            rejected = len(self._decided) - taken_back - pardoned
            return {"rejected": rejected, "restored": taken_back, "pardoned": pardoned}

    def decided_images(self) -> list[int]:
        """The candidates among the decisions."""
        with self._lock:
            return [what for what in self._decided if isinstance(what, int)]

    def decisions(self) -> list[Decision]:
        """What is to be applied, in the order of deciding."""
        with self._lock:
            return [self._decision(what, True) for what in self._decided]

    def close(self) -> list[Decision]:
        """Let nobody decide any more; what is to be applied."""
        with self._lock:
            self._closed = True
            return self.decisions()

    def _decision(self, what: int | str, decided: bool) -> Decision:
        if isinstance(what, str):
            return Decision(Action.PARDON if decided else Action.UNDO, what)
        rejects = decided is (what not in self._by_hand)
        return Decision(Action.REJECT if rejects else Action.UNDO, self._pool.key(what))
