"""How much of unfinished bodies a fetcher holds in memory, all its transfers together."""

SMALL_BYTES = 256 * 1024
"""What is no longer than this always has room: most photographs on the web."""
MOST_HELD_BYTES = 24 * 2**20
"""Of longer bodies. With the one that may always go on (40 MB decoded) that makes 64 MB."""


class Room:
    """Large bodies share a bounded room; who finds it full waits until others have ended, except for one, so
    that there is always somebody who ends.
    """

    def __init__(self) -> None:
        self._held: dict[object, int] = {}
        self._n_held = 0
        self._favoured: object | None = None
        """Who goes on though the room is full."""
        self._somebody_waits = False
        self._freed = False

    def take(self, who: object, n_body: int) -> bool:
        """Whether ``who`` may hold a body of ``n_body`` bytes; otherwise it waits."""
        if n_body <= SMALL_BYTES:
            return True
        more = n_body - self._held.get(who, 0)
        if self._n_held + more > MOST_HELD_BYTES:
            if self._favoured is None:
                self._favoured = who
            if self._favoured is not who:
                self._somebody_waits = True
                return False
        self._held[who] = n_body
        self._n_held += more
        return True

    def leave(self, who: object) -> None:
        """The body was handed on or dropped."""
        held = self._held.pop(who, 0)
        self._n_held -= held
        if self._favoured is who:
            self._favoured = None
        self._freed = self._freed or (self._somebody_waits and held > 0)

    def goes_on(self) -> bool:
        """Whether those that wait should try again: once after others have left."""
        if not self._freed:
            return False
        self._freed = self._somebody_waits = False
        return True
