"""The book of sites: whose robots.txt was read, what it permits, and when it may be asked for again."""

import zlib
from collections import OrderedDict
from dataclasses import dataclass

from ..fetch.robots import Open, Ruled, Rules, Unreachable, access, product_tokens
from ..terms.outcome import Failed, Failure, Fault
from ..urls import site_of

KEPT_S = 24 * 3600.0
"""How long rules are believed (RFC 9309, 2.4)."""
FIRST_PAUSE_S = 30.0
LONGEST_PAUSE_S = 3600.0
"""A site that could not say is asked again after the first, twice that, and so on up to the longest."""
MOST_SITES = 200_000
MOST_RULE_BYTES = 32 * 2**20
"""Of compressed rules; beyond either bound the oldest answers are forgotten and asked for again."""
MOST_READY_CHARS = 2**20
"""Of rules that are kept parsed, which takes ten times as many bytes."""
_OPEN_FOR_S = 60.0
"""Answers within that time share one expiry, so that 100,000 open sites share a few values."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """The URL may be asked."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The site's rules forbid it, for as long as this run lasts."""

    why: str


@dataclass(frozen=True, slots=True)
class Ask:
    """The site's rules are not known: its robots.txt comes first."""

    site: str
    robots_url: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing of the site may be asked now."""

    site: str
    until_s: float | None
    """When its robots.txt may be asked for again; None: it is being asked for."""


ALLOWED = Allowed()
"""The one value of its kind."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What a site said. With ``is_ruled`` its rules are in the book."""

    is_ruled: bool
    until_s: float


@dataclass(frozen=True, slots=True)
class _Shut:
    """A site that could not say: nothing may be asked of it until then."""

    n_failures: int
    until_s: float


class Permits:
    """Says of any URL whether its site's robots.txt permits it. Pure: times are the caller's, monotonic.

    A site is a host and a port (``urls.site_of``). Nobody may send anything but that robots.txt to a site for
    which ``look`` does not say ``Allowed``.
    """

    def __init__(
        self,
        enabled: bool,
        agent: str,
        *,
        signals: bool = True,
        most_sites: int = MOST_SITES,
        most_rule_bytes: int = MOST_RULE_BYTES,
    ) -> None:
        """``agent``: the User-Agent. ``signals``: whether ``Content-Signal: ai-train=no`` forbids too."""
        self._enabled = enabled
        self._names = product_tokens(agent)
        self._signals = signals
        self._most_sites = most_sites
        self._most_rule_bytes = most_rule_bytes
        self._asked: dict[str, int] = {}
        """Sites whose answer is on its way: how often they could not say before."""
        self._book: OrderedDict[str, _Known | _Shut] = OrderedDict()
        """The latest answers, in order of answering; a site that is being asked again is here as well."""
        self._rules: dict[str, bytes] = {}
        """Excerpts, compressed, exactly of the sites that are ``is_ruled`` in the book."""
        self._n_rule_bytes = 0
        self._ready: OrderedDict[str, tuple[Rules, int]] = OrderedDict()
        """Rules in use, parsed, with the length of their text."""
        self._n_ready_chars = 0
        self._open = _Known(False, 0.0)
        self._refusing: set[str] = set()
        self.n_refused_urls = 0
        """How often ``look`` refused."""

    @property
    def n_refusing_sites(self) -> int:
        """Sites that refused at least one URL."""
        return len(self._refusing)

    @property
    def n_sites(self) -> int:
        """Sites that are known, shut ones included."""
        return len(self._book)

    def look(self, url: str, now_s: float) -> Allowed | Refused | Ask | Wait:
        """What may be done about a normalised URL now. Changes nothing but the count of refusals."""
        if not self._enabled:
            return ALLOWED
        site = site_of(url)
        if site in self._asked:
            return Wait(site, None)
        match self._book.get(site):
            case _Shut(_, until_s) if now_s < until_s:
                return Wait(site, until_s)
            case _Known(is_ruled, until_s) if now_s < until_s:
                return self._judge(site, url) if is_ruled else ALLOWED
            case _:
                return Ask(site, _robots_url(url))

    def asking(self, site: str) -> None:
        """Its robots.txt is being asked for: until ``hear`` or ``lost``, the site waits."""
        before = self._book.get(site)
        self._asked[site] = before.n_failures if isinstance(before, _Shut) else 0

    def lost(self, site: str) -> None:
        """No answer will come, through no fault of the site (a worker died): it can be asked for again."""
        self._asked.pop(site, None)

    def hear(self, site: str, answer: str | Failed, now_s: float) -> Open | Ruled | Unreachable:
        """What its robots.txt came to: the text, or why there is none. Returns what that means.

        Redirects that were followed too often or in a circle come as ``TOO_MANY_REDIRECTS``.
        """
        n_failures = self._asked.pop(site, 0)
        self._forget(site)
        meaning = access(answer, self._names)
        match meaning:
            case Open():
                self._book[site] = self._open_since(now_s)
            case Ruled(text):
                self._book[site] = _Known(True, now_s + KEPT_S)
                self._rules[site] = zlib.compress(text.encode("ascii"), 1)
                self._n_rule_bytes += len(self._rules[site])
            case Unreachable(_, retry_after_s):
                pause_s = min(FIRST_PAUSE_S * 2 ** min(n_failures, 20), LONGEST_PAUSE_S)
                self._book[site] = _Shut(n_failures + 1, now_s + max(pause_s, retry_after_s or 0.0))
        while len(self._book) > self._most_sites or self._n_rule_bytes > self._most_rule_bytes:
            self._forget_oldest()
        return meaning

    def check(self) -> None:
        """Raises ``AssertionError`` where the book contradicts itself."""
        ruled = {site for site, one in self._book.items() if isinstance(one, _Known) and one.is_ruled}
        assert ruled == self._rules.keys()
        assert self._ready.keys() <= self._rules.keys()
        assert self._n_rule_bytes == sum(map(len, self._rules.values()))
        assert self._n_ready_chars == sum(length for _, length in self._ready.values())

    def _judge(self, site: str, url: str) -> Allowed | Refused:
        why = self._rules_of(site).refusal(url)
        if why is None:
            return ALLOWED
        self.n_refused_urls += 1
        self._refusing.add(site)
        return Refused(why)

    def _rules_of(self, site: str) -> Rules:
        found = self._ready.get(site)
        if found is not None:
            self._ready.move_to_end(site)
            return found[0]
        text = zlib.decompress(self._rules[site]).decode("ascii")
        rules = Rules(text, heeds_signals=self._signals)
        self._ready[site] = (rules, len(text))
        self._n_ready_chars += len(text)
        while self._n_ready_chars > MOST_READY_CHARS and len(self._ready) > 1:
            _, (_, length) = self._ready.popitem(last=False)
            self._n_ready_chars -= length
        return rules

    def _open_since(self, now_s: float) -> _Known:
        if not now_s < self._open.until_s - KEPT_S + _OPEN_FOR_S:
            self._open = _Known(False, now_s + KEPT_S)
        return self._open

    def _forget(self, site: str) -> None:
        self._book.pop(site, None)
        self._n_rule_bytes -= len(self._rules.pop(site, b""))
        if site in self._ready:
            self._n_ready_chars -= self._ready.pop(site)[1]

    def _forget_oldest(self) -> None:
        """The oldest answer, or the oldest with rules where those are too many."""
        of = self._rules if self._n_rule_bytes > self._most_rule_bytes else self._book
        self._forget(next(iter(of)))


def befalls_all(failed: Failed) -> bool:
    """Whether a robots.txt failed in a way that any URL of its site would have failed in: unanswered.

    Then the candidate that waited for it can be taken to have failed so itself, and a dead host costs no more
    requests than without robots.txt.
    """
    unanswered = failed.status is None and failed.failure.fault is Fault.HOST
    return unanswered or (failed.status is None and failed.failure is Failure.BLOCKED_ADDRESS)


def _robots_url(url: str) -> str:
    """At the top of the URL's own scheme, host and port (RFC 9309, 2.3)."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].partition('?')[0].rpartition('@')[2]}/robots.txt"
