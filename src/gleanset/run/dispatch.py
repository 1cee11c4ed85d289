"""From leases to requests: what has to be known before a URL may be asked, and what is known already.

A lease becomes the request for the candidate, or the robots.txt of its site that comes first, or nothing: its
name does not exist, the rules forbid it, its site or its address has no place now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..frontier import Frontier
from ..terms.outcome import Errand, Failed, Failure, Lease
from ..terms.verdict import Finding
from ..urls import host_of
from .atlas import Atlas
from .permits import ALLOWED, Ask, Permits, Refused, Wait
from .probes import Probes
from .wire import Task

MOST_REDIRECTS = 5
"""Of a robots.txt, across sites (RFC 9309, 2.3.1.2)."""
MOST_LOCATED = 3
"""Times that a request is sent after a name which is found at another address each time."""
MOST_ADDRESSES = 500_000
"""Names whose address is remembered; beyond, the oldest are looked up once more."""


@dataclass(frozen=True, slots=True)
class Out:
    """A request that is under way."""

    lease: Lease
    task: Task
    site: str | None = None
    """Whose robots.txt it asks for; None: it asks for the candidate itself."""
    is_abroad: bool = False
    """Whether a redirect led that robots.txt to another host."""
    n_located: int = 0
    """How often its name was found elsewhere than it was to go."""

    @property
    def is_probe(self) -> bool:
        """Whether it asks for an address that cannot exist."""
        return self.task.errand == Errand.PROBE.value


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of some leases."""

    tasks: list[Task]
    decided: list[tuple[Lease, Failed]]
    """Candidates whose fate is known without a request."""


class Dispatch:
    """Turns leases into tasks, and remembers which are out."""

    def __init__(self, frontier: Frontier, atlas: Atlas, permits: Permits, probes: Probes) -> None:
        self._frontier = frontier
        self._atlas = atlas
        self._permits = permits
        self._probes = probes
        self.out: dict[int, Out] = {}
        """By serial number."""
        self._dead_names: set[str] = set()
        self._addresses: dict[str, str] = {}
        """Where a name was found last."""
        self._held: dict[str, list[int]] = {}
        """Candidates that wait for the robots.txt of their site."""
        self._abroad: dict[int, str] = {}
        """Candidates on whose behalf a robots.txt was redirected to another group, and the site it is for,
        which waits until they are back.
        """

    def send(self, leases: Sequence[Lease], now_s: float) -> Sent:
        """Tasks for those leases that may start; the others are settled by the caller, or given back."""
        sent = Sent([], [])
        for lease in leases:
            self._send(lease, now_s, sent)
        return sent

    def _send(self, lease: Lease, now_s: float, sent: Sent) -> None:
        candidate = self._atlas.candidate(lease.candidate)
        url = lease.url or candidate.url
        name = host_of(url)
        site = self._abroad.get(lease.candidate)
        if site is None and name in self._dead_names:
            detail = "this name did not exist a moment ago"
            sent.decided.append((lease, Failed(Failure.NAME_NOT_FOUND, detail=detail)))
            return
        if site is None:
            match self._permits.look(url, now_s):
                case Refused(why):
                    sent.decided.append((lease, Failed(Failure.OPTED_OUT, detail=why)))
                    return
                case Wait(waiting_for, until_s):
                    self._hold(lease, waiting_for, until_s, now_s)
                    return
                case Ask(site, url):
                    pass
        if not self._place(lease, name, now_s):
            return
        errand = Errand.IMAGE
        if site is not None:
            self._permits.asking(site)
            errand = Errand.ROBOTS
        elif lease.url is None and (probe := self._probe(url, now_s)) is not None:
            url, errand = probe, Errand.PROBE
        task = Task(
            lease.candidate,
            lease.attempt,
            lease.host,
            lease.serial,
            url,
            self._atlas.group_name(lease.host),
            lease.hops,
            errand.value,
            self._addresses.get(name, ""),
            candidate.rotation if errand is Errand.IMAGE else 0,
        )
        self.out[lease.serial] = Out(lease, task, site, lease.candidate in self._abroad)
        sent.tasks.append(task)

    def _probe(self, url: str, now_s: float) -> str | None:
        """The address with which the site of ``url`` is to be probed first; None: it is not."""
        probe = self._probes.due(url)
        if probe is None:
            return None
        if self._permits.look(probe, now_s) is not ALLOWED:
            self._probes.forbid(url)
            return None
        self._probes.asking(url)
        return probe

    def _hold(self, lease: Lease, site: str, until_s: float | None, now_s: float) -> None:
        self._frontier.hold(lease.candidate, now_s, until_s, Failure.SERVER_ERROR if until_s else None)
        if until_s is None:
            self._held.setdefault(site, []).append(lease.candidate)

    def _place(self, lease: Lease, name: str, now_s: float) -> bool:
        """Whether the address of the name, as far as it is known, has a place for the request."""
        address = self._addresses.get(name)
        if address is None or self._frontier.locate(lease.candidate, lease.serial, address):
            return True
        self._frontier.release(lease.candidate, now_s)
        return False

    # What comes back

    def pop(self, serial: int) -> Out | None:
        """The request is over; None: it was not out (any more)."""
        return self.out.pop(serial, None)

    def located(self, out: Out, address: str, now_s: float) -> Task | None:
        """The name of a request was looked up: the same task for that address; None: there is no place."""
        name = host_of(out.task.url)
        self._learn(name, address)
        if out.n_located >= MOST_LOCATED:
            return self._anywhere(out)
        if not self._place(out.lease, name, now_s):
            self.lost(out, now_s)
            return None
        task = replace(out.task, address=address)
        self.out[out.lease.serial] = replace(out, task=task, n_located=out.n_located + 1)
        return task

    def _anywhere(self, out: Out) -> Task:
        """Workers find the name at another address each time: the request goes where it will."""
        task = replace(out.task, address=None)
        self.out[out.lease.serial] = replace(out, task=task)
        return task

    def found_at(self, out: Out, finding: Finding) -> None:
        """The request went to another address than it was for, since a sibling took over."""
        address, url = finding.address, finding.final_url or out.task.url
        name = host_of(out.task.url)
        if address and out.task.address and address != out.task.address and host_of(url) == name:
            self._learn(name, address)

    def _learn(self, name: str, address: str) -> None:
        self._addresses[name] = address
        if len(self._addresses) > MOST_ADDRESSES:
            self._addresses.pop(next(iter(self._addresses)))

    def heard_of(self, out: Out, finding: Finding, now_s: float) -> Task | None:
        """The answer to a robots.txt: the next request for it, where it was redirected within its group."""
        assert out.site is not None, "only robots.txt are told here"
        if finding.moved is not None:
            return self._follow(out, out.site, finding, now_s)
        answer: str | Failed | None = finding.rules if finding.failed is None else finding.failed
        assert answer is not None, "an errand ends with rules or a failure"
        self._hear(out.site, answer, finding, now_s)
        return None

    def _follow(self, out: Out, site: str, finding: Finding, now_s: float) -> Task | None:
        moved = finding.moved
        assert moved is not None
        if moved.hops > MOST_REDIRECTS:
            self._hear(site, Failed(Failure.TOO_MANY_REDIRECTS, 302), finding, now_s)
            return None
        host = self._atlas.find_group(moved.url)
        if host != out.lease.host:
            self._abroad[finding.candidate] = site
            self._frontier.detour(finding, moved.url, moved.hops, host, now_s)
            return None
        task = replace(out.task, url=moved.url, hops=moved.hops)
        self.out[out.lease.serial] = replace(out, task=task)
        return task

    def _hear(self, site: str, answer: str | Failed, finding: Finding, now_s: float) -> None:
        self._abroad.pop(finding.candidate, None)
        self._permits.hear(site, answer, now_s)
        self._frontier.settle_errand(finding, now_s)
        self._resume(site, now_s)

    def lost(self, out: Out, now_s: float, *, fatal: bool = False) -> None:
        """The request will not be answered. ``fatal``: it cost a worker its life."""
        self._site_lost(out.site, now_s)
        if out.is_probe:
            self._probes.lost(out.task.url, fatal=fatal)

    def _site_lost(self, site: str | None, now_s: float) -> None:
        if site is not None:
            self._permits.lost(site)
            self._resume(site, now_s)

    def _resume(self, site: str, now_s: float) -> None:
        for candidate in self._held.pop(site, ()):
            self._frontier.resume(candidate, now_s)

    def drop_unwanted(self, now_s: float) -> None:
        """Nobody goes abroad for a candidate that nobody needs any more: their sites are asked by others."""
        for candidate, site in list(self._abroad.items()):
            if not self._frontier.is_wanted(candidate):
                del self._abroad[candidate]
                self._frontier.come_home(candidate, now_s)
                self._site_lost(site, now_s)

    def no_such_name(self, out: Out) -> None:
        """The name of a request does not exist: no URL of it is asked in this run."""
        self._dead_names.add(host_of(out.task.url))

    def drop(self, serials: Iterable[int], now_s: float, culprit: int | None = None) -> list[Out]:
        """Forget requests that were called back, or lost with their worker; the one to blame, if any."""
        dropped = []
        for serial in serials:
            out = self.out.pop(serial, None)
            if out is not None:
                self.lost(out, now_s, fatal=serial == culprit)
                dropped.append(out)
        return dropped
