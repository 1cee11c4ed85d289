"""The guard: which addresses may be reached, whatever name, literal, redirect or proxy led there.

It is asked three times for each request: about the URL, before a name is looked up; about the answers of the
look-up, before a socket opens; about the peer, before the first byte is sent. What it cannot read it refuses.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gleanset.errors import UsageError
from gleanset.terms.outcome import Failure
from gleanset.urls import host_matches, host_of, normalise

from .addresses import Address, Network, is_public, parse_address, parse_network

PORTS = frozenset({80, 443, 8080, 8443, 8000})
"""Where web servers for the public listen; anything else is more likely somebody's database."""
_INNER_DOMAINS = (
    *(".local", ".internal", ".localhost", ".lan", ".home.arpa"),
    *(".localdomain", ".intranet", ".corp", ".home", ".private"),
)
"""Names that mean a different machine in every network (RFC 6761, 6762, 8375; ICANN keeps the rest free)."""
_RAW = re.compile(
    r"https?://(?P<host>\[[0-9a-f:.]+\]|[^\[\]/?#\\@:%\s]+)(?P<port>:[0-9]*)?(?=[/?#]|\Z)", re.IGNORECASE
)
_MOST_REMEMBERED = 50_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_RULE = re.compile(r"(?P<pattern>[^=]+)=(?P<address>\[[0-9a-fA-F:.]+\]|[0-9.]+)(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class ResolveRule:
    """``--resolve PATTERN=ADDRESS[:PORT]``: hosts that match are found there and nowhere else."""

    pattern: str
    """As for ``--hosts``; ``*`` is every name. IP literals never match; ``.invalid`` wants to be named."""
    address: str
    port: int | None
    """None: the URL's own."""

    @classmethod
    def parse(cls, text: str) -> "ResolveRule":
        match = _RULE.fullmatch(text.strip())
        address = match and parse_address(match["address"].strip("[]"))
        port = int(match["port"]) if match and match["port"] else None
        if match is None or not address or (port is not None and not 0 < port < 65_536):
            raise UsageError(
                f"--resolve {text}: this is no rule. Write PATTERN=ADDRESS or PATTERN=ADDRESS:PORT, "
                "for example '*.example.com=203.0.113.7:8080' or '*=[2001:db8::7]:80'."
            )
        return cls(match["pattern"].strip(), str(address), port)

    def matches(self, host: str) -> bool:
        """Whether this name (never an address) is found by the rule."""
        return host_matches(host, self.pattern)


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a URL wants to go, as far as its text tells."""

    host: str
    """Lower case, no brackets."""
    port: int
    pinned: tuple[str, int] | None
    """The one (address, port) to connect to, allowed already: a literal's or a rule's. None: ask DNS."""
    lifted_only: bool = False
    """Only addresses that ``--allow-private`` names will do: the port or the name is not a public one."""


class Guard:
    """The rules of one run. Without options: public addresses on usual ports, and nothing else."""

    def __init__(self, resolve: Sequence[str] = (), allow_private: Sequence[str] = ()) -> None:
        """Raises ``UsageError`` for a rule or a network that cannot be read."""
        self._rules = tuple(ResolveRule.parse(text) for text in resolve)
        self._lift_all = "all" in allow_private
        self._lifted_networks = tuple(_network(text) for text in allow_private if text != "all")
        self._lifts = bool(allow_private)
        self._aims: dict[str, Aim | Failure] = {}

    def aim(self, url: str) -> Aim | Failure:
        """Where a normalised URL may go, or why it may not be asked at all. Remembered by scheme and host."""
        site = url[: url.find("/", 8) + 1]
        aim = self._aims.get(site)
        if aim is None:
            if len(self._aims) >= _MOST_REMEMBERED:
                self._aims.clear()
            aim = self._aims[site] = self._aim(site)
        return aim

    def _aim(self, url: str) -> Aim | Failure:
        match = _RAW.match(url)
        if match is None:
            return Failure.BLOCKED_ADDRESS if url.startswith(("http://", "https://")) else Failure.BAD_URL
        host, port = host_of(url), _port(url, match["port"])
        literal = parse_address(host)
        if literal is not None:
            permitted = self._permits(literal, port)
            return Aim(host, port, (str(literal), port)) if permitted else Failure.BLOCKED_ADDRESS
        if not _NAME.fullmatch(host) or not 0 < port < 65_536:
            return Failure.BAD_URL
        rule = next((rule for rule in self._rules if rule.matches(host)), None)
        if rule is not None:
            return Aim(host, port, (rule.address, rule.port or port))
        ordinary = port in PORTS and not _is_inner(host)
        if not ordinary and not self._lifts:
            return Failure.BLOCKED_ADDRESS
        return Aim(host, port, None, lifted_only=not ordinary)

    def accepts(self, aim: Aim, answers: Sequence[str]) -> bool:
        """Whether a look-up's answers may be used: all of them or none."""
        addresses = [parse_address(text) for text in answers]
        return bool(addresses) and all(
            address is not None and (self.lifts(address) or (is_public(address) and not aim.lifted_only))
            for address in addresses
        )

    def lifts(self, address: Address) -> bool:
        """Whether ``--allow-private`` names this address."""
        if self._lift_all and not is_public(address):
            return True
        return any(address in network for network in self._lifted_networks)

    def permits_peer(self, address: str, port: int, own_address: str) -> bool:
        """Whether the machine at the other end may be spoken to; our own address is never public."""
        peer = parse_address(address)
        if peer is None:
            return False
        return self._permits(peer, port) and (address != own_address or self.lifts(peer))

    def _permits(self, address: Address, port: int) -> bool:
        return self.lifts(address) or (is_public(address) and port in PORTS)


def address_allowed(url: str, answers: list[str] | None = None) -> bool:
    """Whether the guard lets a URL as it stands in a list be fetched, given what DNS answers for its name.

    No answer is refused for a name. Every spelling is judged by what it means to a browser, and the odd ones
    (user names, zones, numeric hosts, a backslash before the path) are refused for being odd. Never raises.
    """
    try:
        return _allowed(url, answers or [])
    except Exception:  # noqa: BLE001 - a guard that fails is a guard that says no
        return False


def is_no_name(host: str) -> bool:
    """Whether the DNS is not to be asked: RFC 6761, 6.4 (``.invalid``); RFC 7686 (``.onion``)."""
    return host.rstrip(".").endswith((".invalid", ".onion"))


def _allowed(raw: str, answers: list[str]) -> bool:
    match = _RAW.match(raw)
    url = normalise(raw)
    if match is None or url is None or _CONTROL.search(raw):
        return False
    guard = Guard()
    aim = guard.aim(url)
    if isinstance(aim, Failure):
        return False
    if aim.pinned is not None:
        return ":" in aim.host or match["host"] == aim.host
    return guard.accepts(aim, answers)


def _port(url: str, text: str | None) -> int:
    """The port of a URL; 0 is no port at all."""
    if text and len(text) > 1:
        return int(text[1:7])
    return 443 if url[4] in "sS" else 80


def _is_inner(host: str) -> bool:
    name = host.rstrip(".")
    return "." not in name or name.endswith(_INNER_DOMAINS)


def _network(text: str) -> Network:
    try:
        return parse_network(text)
    except ValueError as error:
        raise UsageError(
            f"--allow-private {text}: this is no network. Write a CIDR such as 10.0.0.0/8, "
            "or leave it out to lift the rule for all private addresses."
        ) from error
