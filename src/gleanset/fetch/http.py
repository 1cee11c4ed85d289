"""The fetcher: orders in, arrivals out, by libcurl on one thread's loop."""

import math
import re
from collections import deque
from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import partial

import pycurl

from gleanset.terms.outcome import Failed, Failure, Fetched, Located, Moved
from gleanset.urls import host_of, normalise

from .addresses import parse_address
from .base import Arrival, FetchSettings, Order
from .budget import Budget
from .classify import REDIRECTS, failure_of_status
from .descriptors import most_connections
from .guard import Aim, Guard
from .headers import pick_headers, retry_after_s
from .loop import Loop, Timers, now_s
from .multi import Multi
from .resolver import Answer, Resolver
from .room import Room
from .route import Address, Route, to_one_of
from .transfer import Transfer
from .trust import Proxy, certificate_file

_SHORTEST_BODY = 2
"""Bytes; what is shorter is ``empty``."""
_SWEEPS = 20
"""Looks at the time limits within the shortest of them: they are kept to a twentieth of it."""
_NEVER_FOLLOWED = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:|(https?:)?[/\\]{2}[^/\\?#]*@", re.IGNORECASE)
"""A redirect to another protocol, or with credentials."""
_UNPRINTABLE = re.compile(r"[^ -~]+")
_IDLE_CONNECTIONS = 256
"""Kept open beyond those in use."""
_RECOVERS_IN = 40
"""Sweeps until as many transfers run at once as before sockets were short: 20 s."""


@dataclass(slots=True, eq=False)
class _Job:
    """An order on its way."""

    order: Order
    url: str
    hops: int
    started_s: float
    look_at_s: float
    """When the next of its time limits may have passed."""
    seen: tuple[str, ...] = ()
    """URLs that redirected, to notice circles."""
    aim: Aim | None = None
    route: Route | None = None
    """Where its host can be found."""
    transfer: Transfer | None = None
    waits: bool = False
    """For a socket of this process, which is nobody else's fault."""
    starved_since_s: float | None = None
    """When it first found no socket to be had."""
    peer: str | None = None
    status: int | None = None
    n_bytes_wire: int = 0
    certificate_ok: bool = True
    over: bool = False


class CurlFetcher:
    """Fetches over HTTP, guarded and bounded.

    Redirects are followed inside the order's politeness group and come back as ``Moved`` outside of it. No
    cookies, no credentials, no referrer, no HSTS, no Alt-Svc, no proxy unless asked; every connection goes to
    an address that the guard has checked.
    """

    def __init__(self, settings: FetchSettings, group_of: Callable[[str], str]) -> None:
        """``group_of``: the politeness group of a host. Raises ``UsageError`` for settings that cannot be."""
        self._settings = settings
        self._group_of = group_of
        self._guard = Guard(settings.resolve, settings.allow_private)
        self._proxy = Proxy.find(settings.proxy) if settings.proxy else None
        cacert = certificate_file(settings.cacert)
        rate = settings.limit_rate_bytes_per_s
        self._budget = Budget(rate) if rate else None
        self._loop = Loop()
        self._timers = Timers()
        self._resolver = Resolver(self._loop, self._timers, settings.dns_servers, settings.dns_timeout_s)
        self._room = Room()
        make = partial(Transfer, settings, self._guard, self._budget, self._room, cacert)
        self._multi = Multi(self._loop, make, self._on_end)
        self._most = most_connections(settings.max_in_flight)
        self._most_kept = most_connections(settings.max_in_flight + _IDLE_CONNECTIONS)
        self._bound(self._most)
        limits_s = (settings.first_byte_s, settings.min_speed_over_s, settings.timeout_s)
        self._first_look_s = min(limits_s)
        self._sweep_every_s = min(limits_s) / _SWEEPS
        self._sweep_at_s = 0.0
        self._waiting: deque[_Job] = deque()
        self._jobs: dict[int, _Job] = {}
        self._arrivals: list[Arrival] = []
        self._bad_certificates: set[tuple[str, int]] = set()
        self.n_starved = 0
        """How often no socket could be opened."""

    @property
    def in_flight(self) -> int:
        return len(self._jobs) + len(self._arrivals)

    @property
    def names_on_wire(self) -> int:
        """Look-ups whose answer is waited for."""
        return self._resolver.on_wire

    @property
    def names_waiting(self) -> int:
        """Look-ups that wait for a place."""
        return self._resolver.waiting

    def start(self, order: Order) -> None:
        started_s = now_s()
        job = _Job(order, order.url, order.hops, started_s, started_s + self._first_look_s)
        self._jobs[order.ticket] = job
        self._approach(job)

    def cancel(self, ticket: int) -> None:
        job = self._jobs.pop(ticket, None)
        if job is not None:
            job.over = True
            self._let_go(job)
            self._admit()

    def poll(self, timeout_s: float) -> list[Arrival]:
        until_s = now_s() + timeout_s
        while True:
            self._turn(until_s)
            if self._arrivals or self._loop.interrupted or now_s() >= until_s:
                break
        self._loop.interrupted = False
        arrivals, self._arrivals = self._arrivals, []
        return arrivals

    def wake(self) -> None:
        self._loop.wake()

    def watch(self, fd: int, callback: Callable[[], None]) -> None:
        self._loop.watch(fd, callback)

    def close(self) -> None:
        for job in self._jobs.values():
            job.over = True
        self._jobs.clear()
        self._resolver.close()
        self._multi.close()
        self._loop.close()

    def _turn(self, until_s: float) -> None:
        due_s = until_s if not self._arrivals else 0.0
        if self._budget is not None and self._budget.paused:
            due_s = min(due_s, self._budget.ready_s)
        sweep_at_s = self._sweep_at_s if self._jobs else math.inf
        self._loop.wait(min(due_s, sweep_at_s, self._timers.next_s(), self._multi.due_s) - now_s())
        at_s = now_s()
        if at_s >= sweep_at_s:
            self._sweep(at_s)
        self._timers.run(at_s)
        if self._budget is not None and self._budget.fill(at_s):
            self._multi.resume()
        self._multi.turn(at_s)
        if self._room.goes_on():
            self._multi.resume()

    def _approach(self, job: _Job) -> None:
        """Have the job's URL checked, its name looked up, its request made."""
        aim = self._guard.aim(job.url)
        if isinstance(aim, Failure):
            self._fail(job, aim)
            return
        job.aim = aim
        if aim.pinned is None:
            self._resolver.ask(aim.host, partial(self._on_answer, job, aim))
        elif parse_address(aim.host) is not None:
            self._go_to(job, aim.pinned[:1], aim.pinned[1])
        else:
            job.route = Route((aim.pinned,))
            self._request(job)

    def _on_answer(self, job: _Job, aim: Aim, answer: Answer) -> None:
        if job.over:
            return
        if isinstance(answer, Failure):
            self._fail(job, answer)
        elif not self._guard.accepts(aim, answer):
            self._fail(job, Failure.BLOCKED_ADDRESS, f"{aim.host} is at {', '.join(answer)}")
        else:
            self._go_to(job, answer, aim.port)

    def _go_to(self, job: _Job, addresses: tuple[str, ...], port: int) -> None:
        """Request from the address that the leave is for; elsewhere another leave is needed."""
        job.route = to_one_of(addresses, port, None if self._proxy else job.order.address)
        if job.route is not None:
            self._request(job)
        elif job.hops > job.order.hops:
            self._finish(job, Moved(job.url, job.hops))
        else:
            self._finish(job, Located(addresses[0]))

    def _request(self, job: _Job) -> None:
        if self._multi.running >= self._most_at_once:
            job.waits = True
            self._waiting.append(job)
            return
        route = job.route
        assert route is not None
        if job.waits:
            job.waits, job.started_s, route.by_s = False, now_s(), None
        job.transfer = transfer = self._multi.acquire()
        transfer.job = job
        address, permitted = self._destination(route.addresses[0], job.url)
        verify = not self._settings.insecure or _place(job) not in self._bad_certificates
        job.certificate_ok = job.certificate_ok and verify
        at_s, connect_s = now_s(), self._settings.connect_timeout_s
        gives_way_s = route.gives_way_s(at_s, connect_s)
        if gives_way_s is not None:
            job.look_at_s = min(job.look_at_s, gives_way_s)
        left_s = route.begin(at_s, connect_s)
        transfer.begin(
            job.url,
            address,
            permitted,
            left_s,
            gives_way_s=gives_way_s,
            verify=verify,
            robots=job.order.robots,
        )
        self._multi.start(transfer)

    def _destination(self, address: Address, url: str) -> tuple[Address | None, Container[Address]]:
        """Where curl connects, and where its sockets may go."""
        if self._proxy is None:
            return address, (address,)
        tunnels = self._proxy.tunnels_all or url.startswith("https:")
        return (address if tunnels else None), self._proxy.endpoints

    def _on_end(self, transfer: Transfer, code: int, message: str) -> None:
        """curl has finished with a transfer, one way or another."""
        job: _Job = transfer.job
        job.status = transfer.status or job.status
        failure = transfer.failure(code, message)
        if transfer.starved:
            self._let_go(job)
            self._wait_for_sockets(job)
        elif failure is None:
            self._on_response(job, transfer)
        elif self._tries_unverified(job, transfer, code):
            self._let_go(job)
            self._request(job)
        else:
            self._fail_here(job, failure, transfer.refusal or message)

    def _tries_unverified(self, job: _Job, transfer: Transfer, code: int) -> bool:
        """Whether the same request is worth making at once without verification."""
        bad = code == pycurl.E_PEER_FAILED_VERIFICATION and self._settings.insecure and transfer.verifies
        if bad and job.route is not None:
            self._bad_certificates.add(_place(job))
            job.route.by_s = None
        return bad

    def _fail_here(self, job: _Job, failure: Failure, message: str = "") -> None:
        """Failed at this address; when it was in connecting, the host may have another one."""
        route = job.route
        connecting = failure in (Failure.REFUSED, Failure.CONNECT_TIMEOUT)
        if connecting and route is not None and (tried := route.next(now_s())) is not None:
            self._resolver.drop(_place(job)[0], tried)
            self._let_go(job)
            self._request(job)
        else:
            self._fail(job, failure, message)

    def _on_response(self, job: _Job, transfer: Transfer) -> None:
        status = transfer.status or 0
        location = pick_headers(transfer.headers, (b"location",)) if status in REDIRECTS else ()
        if location:
            self._on_redirect(job, location[-1][1], transfer.easy.getinfo_raw(pycurl.REDIRECT_URL) or b"")
            return
        failure = failure_of_status(status)
        if failure is not None:
            self._fail(job, failure, retry_after_s=retry_after_s(transfer.headers))
        elif transfer.n_body < _SHORTEST_BODY and not job.order.robots:
            self._fail(job, Failure.EMPTY)
        else:
            body, headers = transfer.take_body(), pick_headers(transfer.headers)
            self._finish(job, Fetched(body, job.url, status, headers, job.certificate_ok))

    def _on_redirect(self, job: _Job, location: str, resolved: bytes) -> None:
        """``location`` as the server wrote it, ``resolved`` as curl understands it, credentials left out."""
        target = normalise(resolved)
        if _NEVER_FOLLOWED.match(location):
            self._fail(job, Failure.BLOCKED_ADDRESS, f"to {location}")
        elif target is None:
            self._fail(job, Failure.PROTOCOL, f"to {location}")
        elif target in (job.url, *job.seen) or job.hops >= self._settings.max_hops:
            self._fail(job, Failure.TOO_MANY_REDIRECTS, f"to {target}")
        elif isinstance(aim := self._guard.aim(target), Failure):
            self._fail(job, aim, f"to {target}")
        elif self._leaves(job.order, target):
            job.hops += 1
            self._finish(job, Moved(target, job.hops))
        else:
            job.hops += 1
            job.seen = (*job.seen, job.url)
            job.url = target
            self._let_go(job)
            self._approach(job)

    def _leaves(self, order: Order, target: str) -> bool:
        """Whether a redirect leads out of what was leased."""
        if self._group_of(host_of(target)) != order.group:
            return True
        return self._settings.robots and not order.robots

    def _sweep(self, at_s: float) -> None:
        """End what has passed a time limit."""
        self._sweep_at_s = at_s + self._sweep_every_s
        if self._most_at_once < self._most:
            self._bound(self._most_at_once + 1 + self._most // _RECOVERS_IN)
        self._admit()
        for job in [job for job in self._jobs.values() if job.look_at_s <= at_s and not job.waits]:
            failure, look_at_s = job.transfer.overdue(at_s) if job.transfer else (None, math.inf)
            paused_s = job.transfer.paused_for_s(at_s) if job.transfer else 0.0
            due_s = job.started_s + self._settings.timeout_s + min(paused_s, self._settings.timeout_s)
            if at_s >= due_s:
                failure = Failure.TIMEOUT
            job.look_at_s = min(due_s, look_at_s)
            if failure is not None:
                self._fail_here(job, failure)

    def _wait_for_sockets(self, job: _Job) -> None:
        """No socket could be opened: run fewer transfers from now on, and lose none."""
        self.n_starved += 1
        self._bound(self._multi.running // 2)
        at_s = now_s()
        job.starved_since_s = at_s if job.starved_since_s is None else job.starved_since_s
        if at_s - job.starved_since_s >= self._settings.timeout_s:
            self._fail(job, Failure.RATE_LIMITED, "this machine has no sockets left")
        else:
            job.waits = True
            self._waiting.append(job)

    def _bound(self, most: int) -> None:
        """Run so many transfers at once; idle connections beyond close, for they hold sockets as well."""
        self._most_at_once = max(1, min(most, self._most))
        short = self._most_at_once < self._most
        self._multi.keep_connections(self._most_at_once if short else self._most_kept)

    def _admit(self) -> None:
        """Let orders that wait for a place have those that are free."""
        while self._waiting and self._multi.running < self._most_at_once:
            job = self._waiting.popleft()
            if not job.over:
                self._request(job)

    def _fail(
        self, job: _Job, failure: Failure, detail: str = "", retry_after_s: float | None = None
    ) -> None:
        words = _UNPRINTABLE.sub(" ", detail)[:200]
        self._finish(job, Failed(failure, job.status, words, retry_after_s))

    def _finish(self, job: _Job, result: Fetched | Failed | Moved | Located) -> None:
        self._let_go(job)
        job.over = True
        del self._jobs[job.order.ticket]
        elapsed_s = now_s() - job.started_s
        arrival = Arrival(
            job.order.ticket, result, elapsed_s, job.peer, job.status, job.hops, job.n_bytes_wire
        )
        self._arrivals.append(arrival)
        self._admit()

    def _let_go(self, job: _Job) -> None:
        """Part the job from its transfer, and keep the account."""
        transfer, job.transfer = job.transfer, None
        if transfer is not None:
            job.peer = transfer.peer or job.peer
            job.n_bytes_wire += int(transfer.easy.getinfo(pycurl.SIZE_DOWNLOAD_T))
            transfer.job = None
            self._multi.release(transfer)


def _place(job: _Job) -> tuple[str, int]:
    assert job.aim is not None
    return job.aim.host, job.aim.port
