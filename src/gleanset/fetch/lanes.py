"""Which of the names that wait is asked for next: slow zones must not use up the places of the others."""

from collections import OrderedDict, deque

from gleanset.urls import politeness_group

MOST_AT_ONCE = 256
"""Look-ups on the wire that have not tarried yet. Bursts make resolvers drop packets."""
MOST_TARRYING = 2048
"""Look-ups that wait for a slow answer. They are a few hundred bytes each and nobody is burdened by them, so
there may be as many as a fetcher has requests."""
_MOST_SLOW_ZONES = 10_000


class Lanes:
    """Two lanes. A name begins in the fast one, and leaves its place there to the next as soon as it tarries;
    names of a zone that was slow the last time begin in the slow one.
    """

    def __init__(self) -> None:
        politeness_group("example.com")  # reads its table: later there may be no file left to open
        self._fresh: deque[str] = deque()
        self._suspect: deque[str] = deque()
        self._prompt: set[str] = set()
        """On the wire, not tarrying."""
        self._tarrying: set[str] = set()
        self._slow_zones: OrderedDict[str, None] = OrderedDict()

    @property
    def on_wire(self) -> int:
        return len(self._prompt) + len(self._tarrying)

    @property
    def waiting(self) -> int:
        return len(self._fresh) + len(self._suspect)

    def put(self, name: str) -> None:
        """This name is to be asked for."""
        slow = politeness_group(name) in self._slow_zones
        (self._suspect if slow else self._fresh).append(name)

    def next(self) -> str | None:
        """A name that may be asked for now, and is on the wire from here on; None: no name, or no place."""
        if self._fresh and len(self._prompt) < MOST_AT_ONCE:
            name = self._fresh.popleft()
            self._prompt.add(name)
            return name
        if self._suspect and len(self._tarrying) < MOST_TARRYING // 2:  # the rest: for those who find out
            name = self._suspect.popleft()
            self._tarrying.add(name)
            return name
        return None

    def tarries(self, name: str) -> None:
        """The answer is long in coming."""
        zone = politeness_group(name)
        self._slow_zones[zone] = None
        self._slow_zones.move_to_end(zone)
        if len(self._slow_zones) > _MOST_SLOW_ZONES:
            self._slow_zones.popitem(last=False)
        if name in self._prompt and len(self._tarrying) < MOST_TARRYING:
            self._prompt.remove(name)
            self._tarrying.add(name)

    def leave(self, name: str, *, promptly: bool) -> None:
        """The answer is there, or is not waited for any more."""
        self._prompt.discard(name)
        self._tarrying.discard(name)
        if promptly:
            self._slow_zones.pop(politeness_group(name), None)
