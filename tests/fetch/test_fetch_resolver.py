"""Names: asked once, shared, bounded; absent when two questions say so; checked before they are used."""

import contextlib
import math
from collections.abc import Callable, Iterator

import pytest
from hostile_web import BOUND_S, Client, HostileServer, NameServer

from gleanset.fetch.lanes import MOST_AT_ONCE
from gleanset.fetch.loop import Loop, Timers, now_s
from gleanset.fetch.resolver import Answer, Resolver
from gleanset.terms.outcome import Failed, Failure, Fetched

pytestmark = pytest.mark.sockets


class Asker:
    """A resolver and its loop, and what came back."""

    def __init__(self, names: NameServer, timeout_s: float = 3.0) -> None:
        self.loop = Loop()
        self.timers = Timers()
        self.resolver = Resolver(self.loop, self.timers, [names.address], timeout_s)
        self.answers: dict[str, list[Answer]] = {}

    def ask(self, *names: str) -> list[Answer]:
        """The answers to these questions, put all at once."""
        before = {name: len(self.answers.setdefault(name, [])) for name in names}
        for name in names:
            self.resolver.ask(name, self.answers[name].append)
        wanted = {name: before[name] + names.count(name) for name in before}
        give_up_s = now_s() + BOUND_S
        while any(len(self.answers[name]) < n for name, n in wanted.items()):
            self.loop.wait(min(self.timers.next_s() - now_s(), 1.0))
            self.timers.run(now_s())
            assert now_s() < give_up_s, self.answers
        return [self.answers[name][-1] for name in names]

    def close(self) -> None:
        self.resolver.close()
        self.loop.close()


@pytest.fixture
def asker(names: NameServer) -> Iterator[Asker]:
    """Somebody who asks the DNS of the test."""
    with contextlib.closing(Asker(names)) as asker:
        yield asker


def test_a_name_is_asked_once_however_many_want_it(names: NameServer, asker: Asker) -> None:
    """Shared while the question is out, remembered afterwards; case and the last dot do not matter."""
    names.zone["a.example"] = ["192.0.2.1", "192.0.2.2"]
    answers = asker.ask(*["a.example"] * 50, "A.Example.")
    assert {frozenset(answer) for answer in answers if isinstance(answer, tuple)} == {
        frozenset({"192.0.2.1", "192.0.2.2"})
    }
    asker.ask("a.example")
    assert names.questions("a.example") == 1


def test_an_absent_name_is_asked_for_twice_and_then_never_again(names: NameServer, asker: Asker) -> None:
    """One resolver's slip must not condemn a host; after the second word it is settled."""
    assert asker.ask("gone.example") == [Failure.NAME_NOT_FOUND]
    assert names.questions("gone.example") == 2
    assert asker.ask("gone.example") == [Failure.NAME_NOT_FOUND]
    assert names.questions("gone.example") == 2


def test_a_name_without_addresses_is_absent(names: NameServer, asker: Asker) -> None:
    """It exists, but nobody is there."""
    names.zone["empty.example"] = []
    assert asker.ask("empty.example") == [Failure.NAME_NOT_FOUND]


def test_a_resolver_in_trouble_is_no_absent_name(names: NameServer, asker: Asker) -> None:
    """SERVFAIL and silence are transient, and healthy names do not wait for them."""
    names.zone |= {"broken.example": "SERVFAIL", "silent.example": "SILENT", "good.example": ["192.0.2.7"]}
    broken, silent, good = asker.ask("broken.example", "silent.example", "good.example")
    assert (broken, silent) == (Failure.NAME_TIMEOUT, Failure.NAME_TIMEOUT)
    assert good == ("192.0.2.7",)
    assert Failure.NAME_TIMEOUT.transient


def test_names_that_cannot_exist_are_not_asked_for(names: NameServer, asker: Asker) -> None:
    """RFC 6761 and 7686."""
    assert asker.ask("a.invalid", "b.onion.") == [Failure.NAME_NOT_FOUND] * 2
    assert names.asked == []


def test_search_domains_are_not_tried(names: NameServer, asker: Asker) -> None:
    """A name of a list means itself, not itself inside our network."""
    asker.ask("www.gone.example")
    assert {name for name, _ in names.asked} == {"www.gone.example"}


def test_a_thousand_names_at_once_are_all_answered(names: NameServer, asker: Asker) -> None:
    """A bounded number on the wire, the others wait their turn; half of them do not exist."""
    wanted = [f"h{n}.example" for n in range(4 * MOST_AT_ONCE)]
    names.zone |= {name: ["192.0.2.9"] for name in wanted[::2]}
    answers = asker.ask(*wanted)
    assert answers[::2] == [("192.0.2.9",)] * (2 * MOST_AT_ONCE)
    assert answers[1::2] == [Failure.NAME_NOT_FOUND] * (2 * MOST_AT_ONCE)


def test_silent_zones_do_not_exhaust_the_resolver(names: NameServer) -> None:
    """More silent names than places: a good name behind them is answered within two time limits."""
    silent = [f"s{n}.example" for n in range(MOST_AT_ONCE + 10)]
    names.zone |= dict.fromkeys(silent, "SILENT")
    names.zone["good.example"] = ["192.0.2.7"]
    with contextlib.closing(Asker(names, timeout_s=0.5)) as asker:
        answers = asker.ask(*silent, "good.example")
    assert answers[-1] == ("192.0.2.7",)
    assert set(answers[:-1]) == {Failure.NAME_TIMEOUT}


def test_good_names_do_not_wait_behind_slow_ones(names: NameServer) -> None:
    """Slow zones ask for four times as many names as there are places, and none is answered: all good ones
    are, before the first of the others times out.
    """
    slow = [f"s{n}.example" for n in range(4 * MOST_AT_ONCE)]
    good = [f"g{n}.example" for n in range(MOST_AT_ONCE)]
    names.zone |= {name: ["192.0.2.9"] for name in (*slow, *good)}
    names.delays_s = dict.fromkeys(slow, math.inf)
    with contextlib.closing(Asker(names, timeout_s=8.0)) as asker:
        late: list[Answer] = []
        for name in slow:
            asker.resolver.ask(name, late.append)
        assert asker.ask(*good) == [("192.0.2.9",)] * len(good)
        assert late == []


def test_an_answer_that_takes_seconds_to_find_is_heard(names: NameServer) -> None:
    """Also where the answers before it were quick, from which c-ares concludes that it need not wait."""
    quick = [f"q{n}.example" for n in range(20)]
    names.zone |= {name: ["192.0.2.9"] for name in (*quick, "slow.example")}
    names.delays_s["slow.example"] = 2.0
    with contextlib.closing(Asker(names, timeout_s=5.0)) as asker:
        for name in quick:
            asker.ask(name)
        assert asker.ask("slow.example") == [("192.0.2.9",)]


def test_a_dead_address_is_offered_no_more(names: NameServer, asker: Asker) -> None:
    """After a connection failed, the next order goes elsewhere; the last address of a name stays."""
    names.zone["two.example"] = ["192.0.2.1", "192.0.2.2"]
    (first,) = asker.ask("two.example")
    assert isinstance(first, tuple)
    for address in first:
        asker.resolver.drop("two.example", address)
        assert asker.ask("two.example") == [first[1:]]


@pytest.mark.parametrize(
    "name", ["a..example", "x" * 64 + ".example", ".".join(["abcdefgh"] * 40), "-", "a_b.example"]
)
def test_odd_names_are_answered_too(asker: Asker, name: str) -> None:
    """No name is so odd that its order never arrives."""
    assert asker.ask(name) == [Failure.NAME_NOT_FOUND]


def at(server: HostileServer, url: str) -> str:
    return url.replace(":PORT", f":{server.port}")


@pytest.fixture
def resolving(web: HostileServer, names: NameServer) -> Callable[..., Client]:
    """A client that asks the test's DNS and may reach loopback, as if it were public."""

    def make(**settings: object) -> Client:
        return Client(web, {"resolve": (), "dns_servers": (names.address,), **settings})

    return make


def test_the_answer_that_was_checked_is_the_one_used(
    web: HostileServer, names: NameServer, resolving: Callable[..., Client]
) -> None:
    """Fetching by a looked-up name, on a port that the option lifted."""
    names.zone["site.example"] = ["127.0.0.1"]
    arrival = resolving(allow_private=("127.0.0.0/8",)).get(at(web, "http://site.example:PORT/ok"))
    assert isinstance(arrival.result, Fetched)
    assert web.visits[0].host == f"site.example:{web.port}"
    assert names.questions("site.example") == 1


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["0.0.0.0"]],
)
def test_a_name_that_leads_inside_is_blocked(
    web: HostileServer, names: NameServer, resolving: Callable[..., Client], addresses: list[str]
) -> None:
    """One bad address among good ones refuses the name; nothing is connected."""
    names.zone["trap.example"] = addresses
    arrival = resolving().get("http://trap.example:8080/ok")
    assert isinstance(arrival.result, Failed)
    assert arrival.result.failure is Failure.BLOCKED_ADDRESS
    assert addresses[-1] in arrival.result.detail
    assert web.n_connections == 0


def test_an_absent_name_settles_all_its_urls(names: NameServer, resolving: Callable[..., Client]) -> None:
    """Twice asked for all of them together."""
    arrivals = resolving().get_all(*[f"http://gone.example/{n}" for n in range(100)])
    assert {a.result.failure for a in arrivals if isinstance(a.result, Failed)} == {Failure.NAME_NOT_FOUND}
    assert names.questions("gone.example") == 2


def test_slow_names_time_out_as_names(names: NameServer, resolving: Callable[..., Client]) -> None:
    """Not as connections, nor by the total time."""
    names.zone["silent.example"] = "SILENT"
    arrival = resolving(dns_timeout_s=0.5).get("http://silent.example/x")
    assert isinstance(arrival.result, Failed)
    assert arrival.result.failure is Failure.NAME_TIMEOUT


def test_a_second_address_is_tried_when_the_first_is_dead(
    web: HostileServer, names: NameServer, resolving: Callable[..., Client]
) -> None:
    """A host with one dead machine of two is alive, whichever comes first."""
    names.zone["two.example"] = ["127.0.0.1", "127.0.0.9"]
    client = resolving(allow_private=("127.0.0.0/8",))
    url = at(web, "http://two.example:PORT/ok")
    for arrival in client.get_all(url, url, url):
        assert isinstance(arrival.result, Fetched), arrival
        assert arrival.address == "127.0.0.1"


def test_the_machines_own_names_are_guarded(resolving: Callable[..., Client]) -> None:
    """What /etc/hosts says goes through the same guard."""
    arrival = resolving().get("http://localhost.localdomain/x")
    assert isinstance(arrival.result, Failed)
    assert arrival.result.failure is Failure.BLOCKED_ADDRESS
