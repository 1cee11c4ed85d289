"""Rows 1 to 11 of the chaos matrix, as far as they are decided on the wire."""

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Iterator

import pytest
from hostile_web import PICTURE, Client, HostileServer, NameServer, Visit, drain, ok
from tarpit import BEGINNINGS, Tarpit

from gleanset.fetch.base import Arrival, Order
from gleanset.terms.outcome import Failed, Failure, Fault, Fetched, Located

pytestmark = pytest.mark.sockets


def failure_of(arrival: Arrival) -> Failure:
    assert isinstance(arrival.result, Failed), arrival
    return arrival.result.failure


@contextlib.contextmanager
def hole(address: str, port: int) -> Iterator[None]:
    """A machine that lets every SYN fall: its backlog is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(2):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((address, port))
        yield


@pytest.mark.parametrize("fault", ["SERVFAIL", "SILENT"])
def test_a_resolver_in_trouble_blames_the_host_for_now(
    resolving: Client, names: NameServer, web: HostileServer, fault: str
) -> None:
    """Row 2: transient, the host's; its neighbour is fetched meanwhile."""
    names.zone |= {"bad.example": fault, "good.example": ["127.0.0.1"]}
    bad, good = resolving.get_all(
        f"http://bad.example:{web.port}/ok", f"http://good.example:{web.port}/ok", dns_timeout_s=0.5
    )
    failure = failure_of(bad)
    assert (failure, failure.transient, failure.fault) == (Failure.NAME_TIMEOUT, True, Fault.HOST)
    assert isinstance(good.result, Fetched)
    assert good.elapsed_s < bad.elapsed_s or fault == "SERVFAIL"


def test_slow_zones_do_not_slow_the_others(resolving: Client, names: NameServer, web: HostileServer) -> None:
    """Row 3: three hundred names whose zones never answer, before a hundred that do: all of these are fetched
    before the first of those times out.
    """
    slow = [f"s{n}.example" for n in range(300)]
    good = [f"g{n}.example" for n in range(100)]
    names.zone |= {name: ["127.0.0.1"] for name in good} | dict.fromkeys(slow, "SILENT")
    with contextlib.closing(resolving.open(dns_timeout_s=5.0)) as fetcher:
        for ticket, name in enumerate([*slow, *good]):
            fetcher.start(Order(ticket, f"http://{name}:{web.port}/ok", name))
        first = [
            arrival for _ in range(400) if fetcher.in_flight > len(slow) for arrival in fetcher.poll(0.1)
        ]
    assert len(first) == len(good)
    assert all(isinstance(arrival.result, Fetched) for arrival in first)


def test_a_thousand_names_on_one_address_are_one_group(
    resolving: Client, names: NameServer, web: HostileServer
) -> None:
    """Row 4: each is located without a connection; whoever grants the leaves by address keeps its limit."""
    hosts = [f"h{n}.example" for n in range(1000)]
    names.zone |= {host: ["127.0.0.1"] for host in hosts}
    parallel, most = Counter[str](), Counter[str]()
    lock = threading.Lock()

    def answer(visit: Visit) -> None:
        with lock:
            parallel["now"] += 1
            most["seen"] = max(most["seen"], parallel["now"])
        with lock:
            parallel["now"] -= 1
        visit.send(ok())

    web.answers["/ok"] = answer
    with contextlib.closing(resolving.open()) as fetcher:

        def start(ticket: int, address: str) -> None:
            fetcher.start(Order(ticket, f"http://{hosts[ticket]}:{web.port}/ok", hosts[ticket], 0, address))

        for ticket in range(1000):
            start(ticket, "")
        located = [arrival.result for arrival in drain(fetcher)]
        assert located == [Located("127.0.0.1")] * 1000
        assert web.n_connections == 0
        waiting = list(range(100))
        fetched = 0
        while waiting or fetcher.in_flight:
            while waiting and fetcher.in_flight < 4:
                start(waiting.pop(), "127.0.0.1")
            fetched += sum(isinstance(arrival.result, Fetched) for arrival in fetcher.poll(0.2))
    assert fetched == 100
    assert 1 <= most["seen"] <= 4
    assert names.questions("h7.example") == 1


def test_a_dead_ipv6_address_beside_a_good_ipv4_one_costs_nothing(
    resolving: Client, names: NameServer, web: HostileServer
) -> None:
    """Row 5: IPv6 is asked for only where there is no IPv4."""
    names.zone["both.example"] = ["::1", "127.0.0.1"]
    arrival = resolving.get(f"http://both.example:{web.port}/ok")
    assert isinstance(arrival.result, Fetched)
    assert arrival.address == "127.0.0.1"
    assert names.asked == [("both.example", 1)]


def test_a_dead_machine_of_two_costs_a_quarter_of_the_connect_timeout_once(
    resolving: Client, names: NameServer, web: HostileServer
) -> None:
    """Row 5 within one family: TCP does not come about, the sibling gets its turn, and the next request goes
    to the sibling at once.
    """
    names.zone["two.example"] = ["127.0.0.9", "127.0.0.1"]
    url = f"http://two.example:{web.port}/ok"
    with (
        hole("127.0.0.9", web.port),
        contextlib.closing(resolving.open(connect_timeout_s=4.0, first_byte_s=4.0)) as fetcher,
    ):
        elapsed_s = []
        for ticket, leave in enumerate(["127.0.0.9", None]):
            fetcher.start(Order(ticket, url, "two.example", 0, leave))
            (arrival,) = drain(fetcher)
            assert isinstance(arrival.result, Fetched)
            assert arrival.address == "127.0.0.1"
            elapsed_s.append(arrival.elapsed_s)
    assert 1.0 <= elapsed_s[0] < 4.0
    assert elapsed_s[1] < 1.0


def test_all_addresses_together_have_one_connect_timeout(
    resolving: Client, names: NameServer, web: HostileServer
) -> None:
    """Rows 7 and 10: a host with three dead machines is no slower to fail than one with one."""
    dead = ["127.0.0.7", "127.0.0.8", "127.0.0.9"]
    names.zone["three.example"] = dead
    with contextlib.ExitStack() as stack:
        for address in dead:
            stack.enter_context(hole(address, web.port))
        arrival = resolving.get(
            f"http://three.example:{web.port}/ok", connect_timeout_s=0.8, first_byte_s=0.8
        )
    failure = failure_of(arrival)
    assert (failure, failure.fault, failure.transient) == (Failure.CONNECT_TIMEOUT, Fault.HOST, True)
    assert arrival.elapsed_s < 2 * 0.8


def test_five_hundred_tarpits_give_their_slots_back(
    web: HostileServer, client: Client, tarpit: Tarpit
) -> None:
    """Row 8 and promise G10, at a tenth of the times: whether they say nothing, drip headers or a body, or
    let the TLS handshake hang. A hundred good hosts beside them are not held up.
    """
    kinds = ["mute", "header-drip", "body-drip", "tls"]
    ports = {kind: tarpit.port(kind) for kind in BEGINNINGS} | {"tls": tarpit.port("mute")}
    rules = [f"*.{kind}.example=127.0.0.1:{ports[kind]}" for kind in kinds]
    rules.append(f"*.good.example=127.0.0.1:{web.port}")
    bad = [
        f"{'https' if kind == 'tls' else 'http'}://h{n}.{kind}.example/ok"
        for n in range(125)
        for kind in kinds
    ]
    good = [f"http://h{n}.good.example/ok" for n in range(100)]
    arrivals = client.get_all(
        *bad,
        *good,
        resolve=tuple(rules),
        timeout_s=3.0,
        connect_timeout_s=0.5,
        first_byte_s=1.0,
        min_speed_over_s=1.0,
    )
    said = Counter(failure_of(arrival) for arrival in arrivals[: len(bad)])
    assert said == {
        Failure.TIMEOUT: 250,  # mute: no first byte; headers: the total time
        Failure.TOO_SLOW: 125,
        Failure.CONNECT_TIMEOUT: 125,
    }
    slowest_s = max(arrival.elapsed_s for arrival in arrivals[: len(bad)])
    assert slowest_s < 3.0 * 1.2
    assert all(isinstance(arrival.result, Fetched) for arrival in arrivals[len(bad) :])
    assert max(arrival.elapsed_s for arrival in arrivals[len(bad) :]) < slowest_s


def test_a_refusal_is_the_hosts_fault_and_may_pass(client: Client, free_port: int) -> None:
    """Row 6: so it is tried again, and counted by the breaker."""
    failure = failure_of(client.get("/x", resolve=(f"*=127.0.0.1:{free_port}",)))
    assert (failure, failure.fault, failure.transient) == (Failure.REFUSED, Fault.HOST, True)


@pytest.mark.parametrize(
    ("status", "failure"),
    [("429 Too Many Requests", Failure.RATE_LIMITED), ("503 Unavailable", Failure.SERVER_ERROR)],
)
@pytest.mark.parametrize(("value", "wait_s"), [("7", 7.0), ("86400", 86_400.0), ("-1", None), ("abc", None)])
def test_a_pause_that_is_asked_for_comes_home(
    web: HostileServer, client: Client, status: str, failure: Failure, value: str, wait_s: float | None
) -> None:
    """Rows 14 to 17: with a 429, which is our fault, and with a 503, which is the host's."""
    web.answers["/x"] = ok(b"later", f"Retry-After: {value}", status)
    result = client.get("/x").result
    assert isinstance(result, Failed)
    assert (result.failure, result.retry_after_s) == (failure, wait_s)
    assert failure.fault is (Fault.US if failure is Failure.RATE_LIMITED else Fault.HOST)


def test_a_host_that_recovers_is_fetched(web: HostileServer, client: Client) -> None:
    """Row 19: 500, and then 200 on the same connection."""
    answers = iter([ok(b"oops", status="500 Oops"), ok()])
    web.answers["/x"] = lambda visit: visit.send(next(answers))
    first, second = client.get("/x"), client.get("/x")
    assert failure_of(first).transient
    assert isinstance(second.result, Fetched)
    assert second.result.body == PICTURE
