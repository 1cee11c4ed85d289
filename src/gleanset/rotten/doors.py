"""What both doors of the web keep: the allowances of busy sites, and how often each URL was asked."""

from collections import OrderedDict

from .responses import Response, too_many
from .world import World

REMEMBERED_URLS = 100_000
"""Attempts are counted for that many URLs; beyond, the oldest are forgotten and start at 1 again."""


class Bucket:
    """An allowance of requests: ``rate_per_s`` in the long run, ``burst`` at once."""

    def __init__(self, rate_per_s: float, burst: int) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._left = float(burst)
        self._at_s = 0.0

    def take(self, now_s: float) -> float:
        """0 if a request is allowed now, else the seconds until one will be."""
        self._left = min(self._burst, self._left + max(0.0, now_s - self._at_s) * self._rate_per_s)
        self._at_s = max(self._at_s, now_s)
        if self._left >= 1 - 1e-9:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._rate_per_s


class Doorkeeper:
    """The web with a memory: what ``World.respond`` leaves to whoever holds the door."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._buckets = {
            name: Bucket(*allowance)
            for name in world.sites
            if (allowance := world.allowance(name)) is not None
        }
        self._attempts: OrderedDict[str, int] = OrderedDict()

    def respond(self, host: str, url: str, now_s: float) -> Response:
        """The answer to a request that arrives now."""
        wait_s = self.turned_away(host, now_s)
        if wait_s:
            return too_many(wait_s, says_when=self.world.settings.busy_says_when)
        return self.world.respond(url, now_s, self.attempt(url))

    def turned_away(self, host: str, now_s: float) -> float:
        """Seconds until ``host`` allows another request; 0: this one is let in, and counted."""
        bucket = self._buckets.get(host)
        return bucket.take(now_s) if bucket else 0.0

    def attempt(self, url: str) -> int:
        """1 for the first request of a URL, 2 for the second .."""
        attempt = self._attempts.get(url, 0) + 1
        self._attempts[url] = attempt
        if len(self._attempts) > REMEMBERED_URLS:
            self._attempts.popitem(last=False)
        return attempt
