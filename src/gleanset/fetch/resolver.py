"""Names to addresses: bounded, cached, shared look-ups by c-ares, driven by the fetcher's own loop."""

import socket
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pycares

from gleanset.terms.outcome import Failure

from .addresses import is_public, parse_address
from .descriptors import has_sockets
from .guard import is_no_name
from .lanes import Lanes
from .loop import READ, WRITE, Loop, Timers, now_s

Answer = tuple[str, ...] | Failure
"""Addresses, IPv4 first; or NAME_NOT_FOUND, or NAME_TIMEOUT. The guard has not seen them yet."""
OnAnswer = Callable[[Answer], None]

_TARRIES = 1 / 16
"""Of the time-out: 0.3 s of 5 s. Most answers take a hundredth to a fifth of a second."""
_KEPT_S = (30.0, 600.0)
"""Addresses are kept for their TTL, within these bounds."""
_NOT_FOUND_KEPT_S = 3600.0
_TIMEOUT_KEPT_S = 5.0
_MOST_KEPT = 100_000
_ABSENT = frozenset({pycares.errno.ARES_ENOTFOUND, pycares.errno.ARES_ENODATA, pycares.errno.ARES_EBADNAME})


@dataclass(slots=True)
class _Lookup:
    """One name that is being asked for, and all who wait for it."""

    name: str
    waiting: list[OnAnswer]
    asked_at_s: float = 0.0
    asked_twice: bool = False
    answered: bool = False


class Resolver:
    """Asks for each name once, however many want it; a name counts as absent when two questions say so."""

    def __init__(self, loop: Loop, timers: Timers, servers: Sequence[str], timeout_s: float) -> None:
        """``servers``: ``ADDRESS[:PORT]`` each; empty: those of the machine."""
        self._loop = loop
        self._timers = timers
        self._timeout_s = timeout_s
        self._closed = False
        self._ticking = False
        self._advancing = False
        self._families = (socket.AF_INET, socket.AF_INET6) if has_public_ipv6() else (socket.AF_INET,)
        self._channels: list[pycares.Channel] = []
        for order in (servers, [*servers[1:], *servers[:1]]):
            # The second question has a channel of its own: c-ares would answer it from the first one's cache.
            self._open(order)
        self._kept: OrderedDict[str, tuple[float, Answer]] = OrderedDict()
        self._lookups: dict[str, _Lookup] = {}
        self._lanes = Lanes()

    @property
    def on_wire(self) -> int:
        """Look-ups whose answer is waited for."""
        return self._lanes.on_wire

    @property
    def waiting(self) -> int:
        """Look-ups that wait for a place."""
        return self._lanes.waiting

    def ask(self, name: str, on_answer: OnAnswer) -> None:
        """Call back with the answer: at once when it is known, else from the loop."""
        name = name.rstrip(".").lower()
        known = self._recall(name)
        if known is not None:
            on_answer(known)
        elif (lookup := self._lookups.get(name)) is not None:
            lookup.waiting.append(on_answer)
        else:
            self._lookups[name] = _Lookup(name, [on_answer])
            self._lanes.put(name)
            self._advance()

    def drop(self, name: str, address: str) -> None:
        """Stop offering an address that did not connect while it has siblings, and soon ask anew."""
        expires_s, answer = self._kept.get(name, (0.0, ()))
        if isinstance(answer, tuple) and address in answer and len(answer) > 1:
            others = tuple(other for other in answer if other != address)
            self._kept[name] = (min(expires_s, now_s() + _KEPT_S[0]), others)

    def close(self) -> None:
        """Drop all look-ups; nobody is called back."""
        self._closed = True
        for lookup in self._lookups.values():
            lookup.answered = True
        for channel in self._channels:
            channel.cancel()
            channel.close()

    def _recall(self, name: str) -> Answer | None:
        if is_no_name(name):
            return Failure.NAME_NOT_FOUND
        expires_s, answer = self._kept.get(name, (0.0, None))
        return answer if expires_s > now_s() else None

    def _keep(self, name: str, answer: Answer, for_s: float) -> None:
        self._kept[name] = (now_s() + for_s, answer)
        self._kept.move_to_end(name)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)

    def _advance(self) -> None:
        """Put waiting look-ups on the wire while there are places. Some are answered while it does so."""
        if self._advancing:
            return
        self._advancing = True
        while (name := self._lanes.next()) is not None:
            lookup = self._lookups[name]
            lookup.asked_at_s = now_s()
            self._timers.at(lookup.asked_at_s + self._timeout_s * _TARRIES, partial(self._tarry, lookup))
            self._query(lookup, self._families[0])
        self._advancing = False
        self._tick()

    def _query(self, lookup: _Lookup, family: socket.AddressFamily) -> None:
        channel = self._channels[lookup.asked_twice]
        heard = partial(self._heard, lookup, family)
        try:
            channel.getaddrinfo(lookup.name, None, family=family, type=socket.SOCK_STREAM, callback=heard)
        except UnicodeError:
            self._answer(lookup, Failure.NAME_NOT_FOUND, _NOT_FOUND_KEPT_S)

    def _heard(self, lookup: _Lookup, family: socket.AddressFamily, result: Any, error: int | None) -> None:
        """c-ares calls this, possibly while the question is being put."""
        if lookup.answered:
            return
        if error is None and result.nodes:
            addresses = tuple(dict.fromkeys(node.addr[0].decode("ascii") for node in result.nodes))
            ttl_s = min(node.ttl for node in result.nodes)
            self._answer(lookup, addresses, min(max(ttl_s, _KEPT_S[0]), _KEPT_S[1]))
        elif error is not None and error not in _ABSENT and not has_sockets():
            self._timers.at(now_s() + self._timeout_s / 20, partial(self._ask_again, lookup))
        elif error is not None and error not in _ABSENT:
            self._answer(lookup, Failure.NAME_TIMEOUT, _TIMEOUT_KEPT_S)
        elif error != pycares.errno.ARES_ENOTFOUND and family != self._families[-1]:
            self._query(lookup, self._families[-1])
        elif not lookup.asked_twice:
            lookup.asked_twice = True
            self._query(lookup, self._families[0])
        else:
            self._answer(lookup, Failure.NAME_NOT_FOUND, _NOT_FOUND_KEPT_S)

    def _ask_again(self, lookup: _Lookup, at_s: float) -> None:
        """After no socket could be opened: the name is not to blame."""
        if not lookup.answered and not self._closed:
            lookup.asked_at_s = at_s
            self._query(lookup, self._families[0])

    def _tarry(self, lookup: _Lookup, _now_s: float) -> None:
        if not lookup.answered:
            self._lanes.tarries(lookup.name)
            self._timers.at(lookup.asked_at_s + self._timeout_s, partial(self._give_up, lookup))
            self._advance()

    def _give_up(self, lookup: _Lookup, at_s: float) -> None:
        due_s = lookup.asked_at_s + self._timeout_s
        if not lookup.answered and at_s < due_s:
            self._timers.at(due_s, partial(self._give_up, lookup))
        elif not lookup.answered:
            self._answer(lookup, Failure.NAME_TIMEOUT, _TIMEOUT_KEPT_S)

    def _answer(self, lookup: _Lookup, answer: Answer, kept_for_s: float) -> None:
        lookup.answered = True
        promptly = now_s() - lookup.asked_at_s < self._timeout_s * _TARRIES
        self._lanes.leave(lookup.name, promptly=promptly)
        del self._lookups[lookup.name]
        self._keep(lookup.name, answer, kept_for_s)
        for on_answer in lookup.waiting:
            on_answer(answer)
        self._advance()

    def _open(self, servers: Sequence[str]) -> None:
        index = len(self._channels)
        channel = pycares.Channel(
            flags=pycares.ARES_FLAG_NOSEARCH | pycares.ARES_FLAG_NOALIASES | pycares.ARES_FLAG_EDNS,
            # Doubles with each try. c-ares shortens it to a quarter of a second where answers are quick, and
            # loses the answer to an earlier try: so five, that the last one hears what took seconds to find.
            timeout=self._timeout_s / 7,
            tries=5,
            sock_state_cb=partial(self._watch, index),
            servers=servers or None,
        )
        self._channels.append(channel)

    def _watch(self, index: int, fd: int, readable: bool, writable: bool) -> None:
        """c-ares says what it waits for."""
        if not self._closed:
            self._loop.attach(fd, READ * readable | WRITE * writable, partial(self._ready, index))

    def _ready(self, index: int, fd: int, events: int) -> None:
        nothing = pycares.ARES_SOCKET_BAD
        self._channels[index].process_fd(fd if events & READ else nothing, fd if events & WRITE else nothing)

    def _tick(self) -> None:
        """Have c-ares look at its own time limits for as long as something is on the wire."""
        if self._lanes.on_wire and not self._ticking and not self._closed:
            self._ticking = True
            self._timers.at(now_s() + self._timeout_s / 20, self._on_tick)

    def _on_tick(self, _now_s: float) -> None:
        self._ticking = False
        for channel in self._channels:
            channel.process_fd(pycares.ARES_SOCKET_BAD, pycares.ARES_SOCKET_BAD)
        self._tick()


def has_public_ipv6() -> bool:
    """Whether this machine has a route and a public address for IPv6. No packet is sent."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.connect(("2001:4860:4860::8888", 53))
            own = parse_address(probe.getsockname()[0])
    except OSError:
        return False
    return own is not None and is_public(own)
