"""What asking for a URL can come to. All of these are values; none is raised."""

from dataclasses import dataclass
from enum import Enum


class Fault(Enum):
    """Who is to blame. The circuit breaker counts HOST alone."""

    HOST = "host"
    URL = "url"
    US = "us"


class Failure(Enum):
    """Why no body came, as a closed list: (word, fault, transient)."""

    BLOCKED_ADDRESS = ("blocked-address", Fault.URL, False)
    BAD_URL = ("bad-url", Fault.URL, False)
    NAME_NOT_FOUND = ("name-not-found", Fault.HOST, False)
    NAME_TIMEOUT = ("name-timeout", Fault.HOST, True)
    REFUSED = ("refused", Fault.HOST, True)
    CONNECT_TIMEOUT = ("connect-timeout", Fault.HOST, True)
    TLS = ("tls", Fault.HOST, False)
    RESET = ("reset", Fault.HOST, True)
    TIMEOUT = ("timeout", Fault.HOST, True)
    TOO_SLOW = ("too-slow", Fault.HOST, True)
    TOO_LARGE = ("too-large", Fault.URL, False)
    TOO_MANY_REDIRECTS = ("too-many-redirects", Fault.URL, False)
    PROTOCOL = ("protocol", Fault.URL, False)
    EMPTY = ("empty", Fault.URL, False)
    NOT_FOUND = ("not-found", Fault.URL, False)
    GONE = ("gone", Fault.URL, False)
    FORBIDDEN = ("forbidden", Fault.URL, False)
    RATE_LIMITED = ("rate-limited", Fault.US, True)
    SERVER_ERROR = ("server-error", Fault.HOST, True)
    HTTP_ERROR = ("http-error", Fault.URL, False)
    OPTED_OUT = ("opted-out", Fault.URL, False)

    def __init__(self, word: str, fault: Fault, transient: bool) -> None:
        self.word = word
        self.fault = fault
        self.transient = transient


FAILURE_BY_WORD = {failure.word: failure for failure in Failure}


@dataclass(frozen=True, slots=True)
class Failed:
    """The request brought no body."""

    failure: Failure
    status: int | None = None
    """The HTTP status, where one was read."""
    detail: str = ""
    """A few words for the log: attacker text, at most 200 characters, never markup."""
    retry_after_s: float | None = None
    """How long the server asked us to wait, already parsed; absurd values were dropped."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A redirect that leaves the leased politeness group: it needs a lease of its own."""

    url: str
    hops: int
    """Redirects followed for this candidate so far, this one included."""


@dataclass(frozen=True, slots=True)
class Located:
    """The name was looked up and nothing connected: the lease was for another address, or for none yet."""

    address: str
    """The IP address that the request would go to."""


class Errand(Enum):
    """What a lease is for."""

    IMAGE = "image"
    ROBOTS = "robots"
    """The robots.txt of the candidate's site; the candidate itself goes later."""
    PROBE = "probe"
    """An address of the candidate's site that cannot exist: what does it send for pictures that are gone?
    The candidate itself goes later."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole body, decompressed, within all limits."""

    body: bytes
    final_url: str
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    """The few headers that later decisions read (see ``fetch.http``), names in lower case."""
    certificate_ok: bool = True
    """False where ``--insecure`` let a bad certificate pass."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Leave to make one request for one candidate to one politeness group."""

    candidate: int
    attempt: int
    """1 for the first try."""
    host: int
    granted_at_s: float
    expires_at_s: float
    """When the engine takes the lease back, so that a lost worker loses nothing."""
    url: str | None = None
    """Where a redirect pointed; None: the candidate's own URL."""
    hops: int = 0
    """Redirects followed for this candidate before this lease."""
    serial: int = 0
    """Number of the lease: a finding that names another is a ghost's and changes nothing."""
    revived: str = ""
    """How ``url`` stands in for the candidate's own (a word of ``fetch.revive``); empty: it does not."""
