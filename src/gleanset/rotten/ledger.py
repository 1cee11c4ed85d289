"""What a server saw of its clients: how often, how many at once, how soon again, and whether they waited."""

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gleanset.urls import politeness_group

REMEMBERED_REQUESTS = 500_000
GRACE_S = 0.05
"""A request that crosses a 429 on the wire is not yet rude."""


@dataclass(frozen=True, slots=True)
class Visits:
    """The requests to one host, or to all of them."""

    requests: int = 0
    most_at_once: int = 0
    shortest_gap_s: float | None = None
    """Between the beginnings of two requests; None: fewer than two."""
    early: int = 0
    """Requests before the end of a ``Retry-After`` that this host had sent."""
    n_bytes: int = 0
    """Sent, heads included."""


@dataclass(frozen=True, slots=True)
class Counters:
    """A server's whole account. Everything is on one address, so ``total`` is the account per address too."""

    total: Visits
    hosts: Mapping[str, Visits]
    groups: Mapping[str, Visits]
    """The same by politeness group; ``early`` is told by host alone."""
    connections: int
    connections_open: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Counters":
        hosts, groups = (
            {name: Visits(**visits) for name, visits in fields[one].items()} for one in ("hosts", "groups")
        )
        total = Visits(**fields["total"])
        return cls(total, hosts, groups, fields["connections"], fields["connections_open"])


@dataclass(frozen=True, slots=True)
class LogLine:
    """One request, as it began."""

    at_s: float
    """Since the server started."""
    host: str
    request: str
    """``GET /path HTTP/1.1``"""
    agent: str = ""
    """The User-Agent."""
    status: int = 0
    """What was decided to answer; 0: something that is no HTTP, or nothing."""
    retry_after: str = ""
    """The ``Retry-After`` of that answer; empty: none."""


class _Count:
    """A growing ``Visits``."""

    __slots__ = ("early", "last_s", "most", "n_bytes", "now", "quiet_s", "requests", "shortest_gap_s")

    def __init__(self) -> None:
        self.requests = self.now = self.most = self.early = self.n_bytes = 0
        self.shortest_gap_s: float | None = None
        self.last_s: float | None = None
        self.quiet_s = (0.0, 0.0)
        """From when until when nobody should come."""

    def begin(self, at_s: float) -> None:
        self.requests += 1
        self.now += 1
        self.most = max(self.most, self.now)
        if self.last_s is not None:
            gap_s = at_s - self.last_s
            self.shortest_gap_s = gap_s if self.shortest_gap_s is None else min(self.shortest_gap_s, gap_s)
        self.last_s = at_s

    def visits(self) -> Visits:
        return Visits(self.requests, self.most, self.shortest_gap_s, self.early, self.n_bytes)


class Ledger:
    """Counts by host, by group and in all; the log is bounded, the counts are one entry a host."""

    def __init__(self) -> None:
        self._total = _Count()
        self._hosts: dict[str, _Count] = {}
        self._groups: dict[str, _Count] = {}
        self.log: deque[LogLine] = deque(maxlen=REMEMBERED_REQUESTS)
        self.connections = 0
        self.connections_open = 0

    def begin(self, line: LogLine) -> None:
        """A request has come in."""
        count = self._hosts.setdefault(line.host, _Count())
        group = self._groups.setdefault(politeness_group(line.host), _Count())
        self.log.append(line)
        for one in (count, group, self._total):
            one.begin(line.at_s)
        if count.quiet_s[0] <= line.at_s < count.quiet_s[1]:
            count.early += 1
            self._total.early += 1

    def end(self, host: str, n_bytes: int) -> None:
        """One has been answered, by that many bytes, or given up."""
        for one in (self._hosts[host], self._groups[politeness_group(host)], self._total):
            one.now -= 1
            one.n_bytes += n_bytes

    def ask_for_quiet(self, host: str, at_s: float, retry_after: str) -> None:
        """A ``Retry-After`` is being sent; only whole seconds count, and an empty one asks for nothing."""
        if not (retry_after.isascii() and retry_after.isdecimal()):
            return
        count = self._hosts[host]
        begins_s, ends_s = count.quiet_s
        if at_s >= ends_s:
            begins_s = at_s + GRACE_S
        count.quiet_s = (begins_s, max(ends_s, at_s + float(retry_after)))

    def counters(self) -> Counters:
        hosts, groups = (
            {name: count.visits() for name, count in sorted(counts.items())}
            for counts in (self._hosts, self._groups)
        )
        return Counters(self._total.visits(), hosts, groups, self.connections, self.connections_open)
