"""What can become of a URL in fifteen years, and what its host has become."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from gleanset.errors import UsageError
from gleanset.terms.inspection import Flaw
from gleanset.terms.outcome import Failure
from gleanset.terms.verdict import Judgement

Reason = Failure | Flaw | Judgement | None


class Fate(Enum):
    """What a server does about a URL, as a closed list: (word, the reason a good collector ends it with).

    ``None`` as reason: a picture can be had.
    """

    GOOD = ("good", None)
    MOVED = ("moved", None)
    """301 to the picture, at a site of another politeness group."""
    FLAKY = ("flaky", None)
    """500 at the first attempt, good from the second on."""
    UNTYPED = ("untyped", None)
    """A good picture sent as ``application/octet-stream``."""
    NOT_FOUND = ("not-found", Failure.NOT_FOUND)
    NOT_FOUND_PICTURE = ("not-found-picture", Failure.NOT_FOUND)
    """404 with a sound picture as its body."""
    GONE = ("gone", Failure.GONE)
    FORBIDDEN = ("forbidden", Failure.FORBIDDEN)
    RATE_LIMITED = ("rate-limited", Failure.RATE_LIMITED)
    """429 for ever, with ``WorldSettings.retry_after``."""
    UNAVAILABLE = ("unavailable", Failure.SERVER_ERROR)
    SERVER_ERROR = ("server-error", Failure.SERVER_ERROR)
    UNRESOLVABLE = ("unresolvable", Failure.NAME_NOT_FOUND)
    REFUSED = ("refused", Failure.REFUSED)
    BLACKHOLE = ("blackhole", Failure.CONNECT_TIMEOUT)
    HANG = ("hang", Failure.TIMEOUT)
    """The connection is accepted, and nothing is ever said."""
    DRIP = ("drip", Failure.TOO_SLOW)
    SLOW_HEADERS = ("slow-headers", Failure.TIMEOUT)
    """One byte a second from the status line on."""
    TRUNCATED = ("truncated", Failure.RESET)
    """The connection ends before the promised length."""
    RESET = ("reset", Failure.RESET)
    CUT = ("cut", Flaw.TRUNCATED)
    """The first half of a picture, promised and sent as such."""
    PARKED = ("parked", Flaw.NOT_AN_IMAGE)
    """The domain is for sale: one HTML page with status 200 for whatever is asked."""
    HTML = ("html", Flaw.NOT_AN_IMAGE)
    JUNK = ("junk", Flaw.NOT_AN_IMAGE)
    """Random bytes labelled ``image/jpeg``."""
    TINY = ("tiny", Flaw.TOO_SMALL)
    """A GIF of one pixel."""
    EMPTY = ("empty", Failure.EMPTY)
    LOOP = ("loop", Failure.TOO_MANY_REDIRECTS)
    MOVED_PLACEHOLDER = ("moved-placeholder", Judgement.PLACEHOLDER)
    """302 to a picture that says that the picture is gone."""
    PLACEHOLDER = ("placeholder", Judgement.PLACEHOLDER)
    """The same, at once and with status 200."""
    BAD_GZIP = ("bad-gzip", Failure.PROTOCOL)
    BAD_CHUNK = ("bad-chunk", Failure.PROTOCOL)
    GARBAGE = ("garbage", Failure.PROTOCOL)
    """What comes is no HTTP."""
    PARTIAL = ("partial", Failure.PROTOCOL)
    """206, although no range was asked for."""
    GZIP_BOMB = ("gzip-bomb", Failure.TOO_LARGE)
    ENDLESS = ("endless", Failure.TOO_LARGE)

    def __init__(self, word: str, reason: Reason) -> None:
        self.word = word
        self.reason = reason

    @property
    def good(self) -> bool:
        """Whether a patient collector gets a picture."""
        return self.reason is None

    @property
    def of_host(self) -> bool:
        """Whether this befalls a whole host, so that all its URLs share it."""
        return self in HOST_FATES


HOST_FATES = {
    Fate.UNRESOLVABLE: "gone",
    Fate.REFUSED: "refused",
    Fate.BLACKHOLE: "blackhole",
    Fate.HANG: "mute",
    Fate.DRIP: "drip",
    Fate.PARKED: "parked",
}
"""Fate to the word that begins the names of such hosts."""

CONNECTION_FATES = frozenset({Fate.UNRESOLVABLE, Fate.REFUSED, Fate.BLACKHOLE})
"""Fates that end before a request is sent; only the host's name can tell them."""

FATE_BY_WORD = {fate.word: fate for fate in Fate}


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of fates among the URLs of one side of the web: word to share.

    What the shares leave to 1 is good. Raises ``UsageError`` for unknown words, negative shares and sums
    over 1.
    """

    shares: Mapping[str, float]

    def __post_init__(self) -> None:
        unknown = sorted(set(self.shares) - set(FATE_BY_WORD))
        if unknown:
            raise UsageError(
                f"rotten web: no fate is called {unknown[0]!r}. Fates: {', '.join(FATE_BY_WORD)}."
            )
        if min(self.shares.values(), default=0.0) < 0 or sum(self.shares.values()) > 1 + 1e-9:
            raise UsageError(
                f"rotten web: shares are 0 or more and sum up to at most 1: {dict(self.shares)}."
            )

    def share(self, fate: Fate) -> float:
        if fate is Fate.GOOD:
            return 1 - sum(share for word, share in self.shares.items() if word != fate.word)
        return self.shares.get(fate.word, 0.0)

    def items(self) -> list[tuple[Fate, float]]:
        """Every fate that occurs, in the order of ``Fate``: equal mixes give equal worlds."""
        return [(fate, self.share(fate)) for fate in Fate if self.share(fate) > 0]


def dead_mix(dead: float, among_dead: Mapping[str, float]) -> Mix:
    """A mix of which ``dead`` (0 to 1) is dead, parted as ``among_dead`` says (shares that sum up to 1)."""
    return Mix({word: dead * share for word, share in among_dead.items()})


FLICKR_MIX = Mix(
    {
        "moved-placeholder": 0.128,
        "not-found": 0.025,
        "gone": 0.012,
        "server-error": 0.003,
        "unavailable": 0.003,
        "reset": 0.003,
        "truncated": 0.002,
        "flaky": 0.010,
        "hang": 0.002,
    }
)
"""82.2 % can be had, as the first tool measured (11,283 of 13,718 URLs); how the rest dies is our guess."""

OTHER_MIX = Mix(
    {
        "unresolvable": 0.120,
        "refused": 0.040,
        "blackhole": 0.060,
        "hang": 0.015,
        "drip": 0.010,
        "parked": 0.070,
        "not-found": 0.170,
        "not-found-picture": 0.005,
        "gone": 0.010,
        "forbidden": 0.040,
        "unavailable": 0.010,
        "server-error": 0.008,
        "truncated": 0.005,
        "reset": 0.008,
        "cut": 0.004,
        "html": 0.050,
        "junk": 0.004,
        "tiny": 0.005,
        "empty": 0.003,
        "loop": 0.005,
        "moved-placeholder": 0.010,
        "placeholder": 0.030,
        "bad-gzip": 0.002,
        "garbage": 0.001,
        "endless": 0.001,
        "moved": 0.030,
        "flaky": 0.006,
        "untyped": 0.006,
    }
)
"""31.4 % can be had (4,136 of 13,181); the ways to die are those that the first tool's author names."""

HOSTILE_MIX = dead_mix(
    0.5,
    {
        "blackhole": 0.3,
        "drip": 0.1,
        "refused": 0.1,
        "not-found": 0.2,
        "html": 0.1,
        "moved-placeholder": 0.2,
    },
)
"""Half of the URLs dead, in the mix that downloaders are compared with."""
