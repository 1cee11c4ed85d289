"""The door in virtual time: what the real fetcher would report, without a socket or a clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from gleanset.fetch import consent
from gleanset.fetch.base import Arrival, FetchSettings, Order
from gleanset.fetch.classify import REDIRECTS, failure_of_status
from gleanset.fetch.headers import pick_headers, retry_after_s
from gleanset.fetch.robots import LONGEST_BYTES, product_tokens
from gleanset.terms.inspection import Flaw
from gleanset.terms.outcome import Failed, Failure, Fetched, Moved
from gleanset.urls import host_of, politeness_group

from .doors import Doorkeeper
from .fates import Fate
from .responses import ANSWERS, Notice, Picture, Place, Response, too_many
from .sites import Site
from .timing import course, unpack
from .world import UNAVAILABLE_URL, Asked, World

ADDRESS = "127.0.0.1"
_SHORTEST_BODY = 2


class Outcome(NamedTuple):
    """What asking for a URL comes to, redirects followed, without a body."""

    elapsed_s: float
    result: Failure | Flaw | None
    """None: a sound picture, which may be a placeholder."""
    shown: Picture | Notice | None
    """None: no sound picture."""
    final_url: str
    retry_after_s: float | None = None

    @property
    def identity(self) -> bytes | None:
        """32 bytes in the place of the body's SHA-256: equal where the bodies are; None: no sound picture."""
        return None if self.shown is None else identity(self.shown)


@dataclass(slots=True)
class _Journey:
    """An order on its way."""

    order: Order
    url: str
    hops: int
    seen: set[str]
    elapsed_s: float = 0.0
    status: int | None = None
    address: str | None = None
    n_bytes_wire: int = 0


@dataclass(slots=True)
class _Ends:
    """For each fate, what it takes beyond the site's own time, and whether that time counts."""

    extra_s: dict[Fate, float] = field(default_factory=dict)
    alone: frozenset[Fate] = frozenset()


class VirtualFetcher:
    """Answers at once, and says how long it would have taken.

    Give it times that do not run backwards: busy sites count the requests. Drawing a picture is what costs;
    ``outcome`` draws none and takes some microseconds, so that a million URLs can be rehearsed.
    """

    def __init__(
        self,
        world: World,
        settings: FetchSettings | None = None,
        group_of: Callable[[str], str] = politeness_group,
    ) -> None:
        self.world = world
        self.settings = settings or FetchSettings()
        self._group_of = group_of
        self._names = product_tokens(self.settings.user_agent)
        self._keeper = Doorkeeper(world)
        self._ends = _ends(world, self.settings)
        self._notice_s = world.sites[host_of(UNAVAILABLE_URL)].mean_s

    def answer(self, order: Order, now_s: float) -> Arrival:
        """How an order that starts at ``now_s`` ends; it does so at ``now_s`` + ``elapsed_s``."""
        journey = _Journey(order, order.url, order.hops, {order.url})
        while True:
            response = self._keeper.respond(host_of(journey.url), journey.url, now_s + journey.elapsed_s)
            result = self._leg(journey, response)
            if result is not None:
                return _arrival(journey, result)

    def outcome(self, url: str, host: str, now_s: float) -> Outcome:
        """What ``answer``, and those after it where redirects leave the site, come to in the end.

        ``host`` is the URL's host name; that it is asked for twice saves taking the URL apart.
        """
        asked = self.world.look_up(url)
        if asked is None:
            return Outcome(self._ends.extra_s[Fate.UNRESOLVABLE], Failure.NAME_NOT_FOUND, None, url)
        turned_away_s = self._keeper.turned_away(host, now_s)
        if turned_away_s:
            answer = too_many(turned_away_s, says_when=self.world.settings.busy_says_when)
            wait_s = retry_after_s(answer.head_lines())
            return Outcome(0.0, Failure.RATE_LIMITED, None, url, wait_s)
        attempt = self._keeper.attempt(url)
        fate = self.world.fate_now(asked, now_s, attempt)
        site_s = 0.0 if fate in self._ends.alone else self.world.wait_s(asked, attempt)
        return self._outcome(url, asked, fate, site_s, now_s)

    def _outcome(self, url: str, asked: Asked, fate: Fate, site_s: float, now_s: float) -> Outcome:
        settings = self.settings
        if site_s > settings.first_byte_s:
            return Outcome(settings.first_byte_s, Failure.TIMEOUT, None, url)
        elapsed_s = site_s + self._ends.extra_s[fate]
        if elapsed_s > settings.timeout_s:
            return Outcome(settings.timeout_s, Failure.TIMEOUT, None, url)
        reason = fate.reason
        if self._opts_out(asked, fate):
            return Outcome(elapsed_s, Failure.OPTED_OUT, None, url)
        if isinstance(reason, Failure | Flaw):
            wait_s = None
            if fate is Fate.RATE_LIMITED:
                wait_s = retry_after_s([f"Retry-After: {self.world.settings.retry_after}".encode("latin-1")])
            return Outcome(elapsed_s, reason, None, url, wait_s)
        if fate is Fate.MOVED_PLACEHOLDER:
            final_url = self.world.notice_url(asked.site, url)
            notice = self._notice(asked.site, final_url, now_s)
            return Outcome(elapsed_s + self._notice_s, None, notice, final_url)
        if fate is Fate.PLACEHOLDER:
            return Outcome(elapsed_s, None, self._notice(asked.site, url, now_s), url)
        if asked.label < 0 and asked.site.habit.is_random:
            return Outcome(elapsed_s, None, self.world.any_picture(asked.site, url), url)
        final_url = self.world.elsewhere(asked) if fate is Fate.MOVED else url
        return Outcome(elapsed_s, None, self.world.picture(asked.label, asked.serial), final_url)

    def _notice(self, site: Site, url: str, now_s: float) -> Notice:
        """What stands for a picture that is gone at ``url``, where the site has sent us."""
        if site.habit.has_design:
            return self.world.placards.notice(self.world.sites[host_of(url)], url, now_s)
        return Notice(host_of(url))

    def _opts_out(self, asked: Asked, fate: Fate) -> bool:
        """Whether what comes has a header for which the real fetcher drops it."""
        wishes = self.world.wishes
        if wishes is None or not self.settings.opt_outs or not fate.good:
            return False
        return wishes.opts_out(asked.label, asked.serial)

    def _leg(self, journey: _Journey, response: Response) -> Fetched | Failed | Moved | None:
        """One request and its answer; None: a redirect within the site was followed."""
        content = response.content
        body = self.world.render(response) if response.bytes_per_s or response.status == 200 else content
        n_bytes = len(body) if isinstance(body, bytes) else 0
        took_s, failure = course(response, n_bytes, self.settings, self.world.settings.time_scale)
        journey.elapsed_s += took_s
        if journey.elapsed_s > self.settings.timeout_s:
            journey.elapsed_s, failure = self.settings.timeout_s, Failure.TIMEOUT
        if response.is_connected:
            journey.address = ADDRESS
        if failure is not Failure.TIMEOUT:
            journey.status = response.status or journey.status
        if failure is not None:
            return Failed(failure, journey.status)
        journey.n_bytes_wire += n_bytes
        location = dict(response.headers).get("Location")
        if response.status in REDIRECTS and location is not None:
            return self._redirect(journey, location)
        return self._read(journey, response, body if isinstance(body, bytes) else b"")

    def _redirect(self, journey: _Journey, target: str) -> Failed | Moved | None:
        if target in journey.seen or journey.hops >= self.settings.max_hops:
            return Failed(Failure.TOO_MANY_REDIRECTS, journey.status, f"to {target}")
        journey.hops += 1
        if self._leaves(journey.order, target):
            return Moved(target, journey.hops)
        journey.url = target
        journey.seen.add(target)
        return None

    def _leaves(self, order: Order, target: str) -> bool:
        if self._group_of(host_of(target)) != order.group:
            return True
        return self.settings.robots and not order.robots

    def _read(self, journey: _Journey, response: Response, body: bytes) -> Fetched | Failed:
        lines = response.head_lines()
        failure = failure_of_status(response.status)
        if failure is not None:
            return Failed(failure, response.status, retry_after_s=retry_after_s(lines))
        if journey.order.robots:
            return Fetched(body[: LONGEST_BYTES + 1], journey.url, response.status, pick_headers(lines))
        why = consent.refusal(pick_headers(lines), self._names) if self.settings.opt_outs else None
        if why is not None:
            return Failed(Failure.OPTED_OUT, response.status, why)
        if ("Content-Encoding", "gzip") in response.headers:
            unpacked = unpack(body, self.settings.max_decoded_bytes)
            if isinstance(unpacked, Failure):
                return Failed(unpacked, response.status)
            body = unpacked
        if len(body) < _SHORTEST_BODY:
            return Failed(Failure.EMPTY, response.status)
        return Fetched(body, journey.url, response.status, pick_headers(lines))


def identity(shown: Picture | Notice) -> bytes:
    """What stands for the SHA-256 of a body that is not drawn."""
    return blake2b(repr(shown).encode(), digest_size=32).digest()


def _arrival(journey: _Journey, result: Fetched | Failed | Moved) -> Arrival:
    return Arrival(
        journey.order.ticket,
        result,
        journey.elapsed_s,
        journey.address,
        journey.status,
        journey.hops,
        journey.n_bytes_wire,
    )


def _ends(world: World, settings: FetchSettings) -> _Ends:
    place = Place("", "", "", Picture(0, 0), "image/jpeg", "", "1", world.settings.drip_bytes_per_s, 0)
    ends = _Ends()
    alone = set()
    for fate, answer in ANSWERS.items():
        response = answer(place)
        n_bytes = 50_000 if isinstance(response.content, Picture) else 1000
        took_s, failure = course(response, n_bytes, settings, world.settings.time_scale)
        ends.extra_s[fate] = took_s
        if not response.is_connected or failure is Failure.TIMEOUT:
            alone.add(fate)
    ends.alone = frozenset(alone)
    return ends
