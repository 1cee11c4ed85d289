"""The narrow waist: what a worker says to whatever fetches, and what it hears back."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from gleanset import __version__
from gleanset.terms.outcome import Failed, Fetched, Located, Moved

DEFAULT_USER_AGENT = f"gleanset/{__version__}"


@dataclass(frozen=True, slots=True)
class Order:
    """Leave to make one request, as the fetcher sees it."""

    ticket: int
    """Chosen by the caller; unique among the orders in flight."""
    url: str
    """Normalised: as it goes on the wire."""
    group: str
    """The leased politeness group. A redirect that leaves it comes back as ``Moved``."""
    hops: int = 0
    """Redirects followed for this candidate before this order."""
    address: str | None = None
    """The IP address that the leave is for; empty: none is known yet, None: any will do. A host that is found
    elsewhere comes back as ``Located``, a redirect to one as ``Moved``, and nothing is connected. Hosts of
    ``--resolve`` and requests through a proxy go ahead whatever stands here.
    """
    robots: bool = False
    """A robots.txt: no more than its first 500 KiB is read, it may be empty, no header opts it out, and
    redirects to other sites of the group are followed."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """The end of an order. Every order that is not cancelled has exactly one."""

    ticket: int
    result: Fetched | Failed | Moved | Located
    elapsed_s: float
    """From ``start`` to the last byte, look-up of the name and redirects included."""
    address: str | None
    """The peer's IP address; None: nothing was ever connected."""
    status: int | None
    """The last HTTP status that was read."""
    hops: int
    """Redirects followed for this candidate so far."""
    n_bytes_wire: int
    """Body bytes as they came, before decompression, redirects included."""


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """Limits and manners of one fetcher. Plain values: it travels to workers as JSON."""

    timeout_s: float = 30.0
    """Total per order: look-up, redirects, body."""
    connect_timeout_s: float = 5.0
    """TCP and TLS handshakes together."""
    first_byte_s: float = 10.0
    """From the request sent to the first byte of the answer."""
    min_speed_bytes_per_s: int = 1024
    min_speed_over_s: float = 10.0
    """Fewer bytes than ``min_speed_bytes_per_s`` times this in as many seconds of body: too slow."""
    max_body_bytes: int = 20_000_000
    """On the wire."""
    max_decoded_bytes: int = 40_000_000
    max_hops: int = 5
    user_agent: str = DEFAULT_USER_AGENT
    insecure: bool = False
    """Accept bad certificates; ``Fetched.certificate_ok`` tells which they were."""
    cacert: str | None = None
    proxy: str | None = None
    """A URL; None: never a proxy, whatever the environment says."""
    resolve: tuple[str, ...] = ()
    """``PATTERN=ADDRESS[:PORT]``: see ``guard.ResolveRule``."""
    allow_private: tuple[str, ...] = ()
    """CIDRs, or ``all``."""
    dns_servers: tuple[str, ...] = ()
    """``ADDRESS[:PORT]``; empty: those of the machine."""
    dns_timeout_s: float = 5.0
    """For one look-up, its retries included."""
    max_in_flight: int = 2000
    """Sizes connection caches; the caller keeps to it."""
    limit_rate_bytes_per_s: int | None = None
    """For this fetcher as a whole."""
    robots: bool = False
    """robots.txt counts: every redirect of a picture comes back as ``Moved``, since the rules of where it
    leads have to be looked at first."""
    local: str | None = None
    """A folder that is the whole web: nothing is asked for but its files (see ``disk``)."""
    opt_outs: bool = False
    """Answers whose headers opt out end as ``OPTED_OUT``, before their body is read."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "FetchSettings":
        """The settings that ``to_json`` wrote. Raises ``TypeError`` for unknown names."""
        read: dict[str, Any] = json.loads(text)
        fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in read.items()}
        return cls(**fields)


class Fetcher(Protocol):
    """Makes requests concurrently; driven by one thread, which calls ``poll`` in a loop."""

    @property
    def in_flight(self) -> int:
        """Orders that have neither arrived nor been cancelled."""
        ...

    def start(self, order: Order) -> None:
        """Begin at once; the end comes out of a later ``poll``."""
        ...

    def cancel(self, ticket: int) -> None:
        """Drop an order; it will not arrive. Unknown tickets are ignored."""
        ...

    def poll(self, timeout_s: float) -> list[Arrival]:
        """What has ended. Waits up to ``timeout_s`` for a first arrival, a ``wake`` or a watched file."""
        ...

    def wake(self) -> None:
        """End the ``poll`` that runs, or the next one, early. The only call that any thread may make."""
        ...

    def watch(self, fd: int, callback: Callable[[], None]) -> None:
        """Call ``callback`` inside ``poll`` whenever ``fd`` can be read."""
        ...

    def close(self) -> None:
        """Drop all orders and free all sockets."""
        ...
