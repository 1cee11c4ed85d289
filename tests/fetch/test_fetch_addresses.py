"""A leave is for one address: what goes elsewhere comes back before anything connects."""

import contextlib
from collections.abc import Callable, Iterator

import pytest
from hostile_web import PICTURE, HostileServer, NameServer, drain, moved

from gleanset.fetch.base import Arrival, FetchSettings, Order
from gleanset.fetch.http import CurlFetcher
from gleanset.fetch.route import MOST_TRIED, Route, to_one_of
from gleanset.terms.outcome import Failed, Failure, Fetched, Located, Moved
from gleanset.urls import politeness_group

pytestmark = pytest.mark.sockets

Ask = Callable[..., Arrival]


@pytest.fixture
def fetcher(names: NameServer) -> Iterator[CurlFetcher]:
    """Looks names up in the test's DNS, and may go to loopback as if it were public."""
    settings = FetchSettings(dns_servers=(names.address,), allow_private=("127.0.0.0/8",))
    with contextlib.closing(CurlFetcher(settings, politeness_group)) as one:
        yield one


@pytest.fixture
def ask(web: HostileServer, fetcher: CurlFetcher) -> Ask:
    """Fetch from the hostile web's port with leave for an address."""

    def ask(url: str, address: str | None, fetcher: CurlFetcher = fetcher) -> Arrival:
        fetcher.start(Order(1, url.replace(":PORT", f":{web.port}"), "site.example", 0, address))
        (arrival,) = drain(fetcher)
        return arrival

    return ask


def test_leave_for_any_address_goes_ahead(ask: Ask, names: NameServer) -> None:
    """Where nobody counts addresses nothing changes."""
    names.zone["site.example"] = ["127.0.0.1"]
    assert isinstance(ask("http://site.example:PORT/ok", None).result, Fetched)


def test_a_host_is_located_before_it_is_asked(ask: Ask, names: NameServer, web: HostileServer) -> None:
    """The first request of a host learns its address, connects to nobody, and costs no second look-up."""
    names.zone["site.example"] = ["127.0.0.1"]
    arrival = ask("http://site.example:PORT/ok", "")
    assert arrival.result == Located("127.0.0.1")
    assert (arrival.address, arrival.status, arrival.n_bytes_wire) == (None, None, 0)
    assert web.n_connections == 0
    arrival = ask("http://site.example:PORT/ok", "127.0.0.1")
    assert isinstance(arrival.result, Fetched)
    assert arrival.address == "127.0.0.1"
    assert names.questions("site.example") == 1


def test_leave_for_another_address_connects_to_nobody(
    ask: Ask, names: NameServer, web: HostileServer
) -> None:
    """The host has moved since it was located: the next lease names the new address."""
    names.zone["site.example"] = ["127.0.0.1"]
    assert ask("http://site.example:PORT/ok", "192.0.2.1").result == Located("127.0.0.1")
    assert web.n_connections == 0


def test_of_several_addresses_the_one_that_was_leased_is_used(
    ask: Ask, names: NameServer, web: HostileServer
) -> None:
    """Whatever order the DNS likes today."""
    names.zone["site.example"] = [f"127.0.0.{n}" for n in (9, 8, 7, 6, 1)]
    assert ask("http://site.example:PORT/ok", "127.0.0.1").address == "127.0.0.1"
    assert web.hits == {"/ok": 1}


def test_a_blocked_host_is_blocked_whatever_the_leave(ask: Ask, names: NameServer) -> None:
    """The guard speaks first."""
    names.zone["site.example"] = ["10.0.0.1"]
    for leave in (None, "", "10.0.0.1"):
        result = ask("http://site.example/ok", leave).result
        assert isinstance(result, Failed)
        assert result.failure is Failure.BLOCKED_ADDRESS


def test_an_address_in_a_url_is_its_own_answer(ask: Ask) -> None:
    """A list of bare addresses is counted like one of names."""
    assert ask("http://127.0.0.1:PORT/ok", "").result == Located("127.0.0.1")
    assert isinstance(ask("http://127.0.0.1:PORT/ok", "127.0.0.1").result, Fetched)


@pytest.mark.parametrize("leave", ["", "192.0.2.1"])
def test_hosts_that_were_pinned_form_no_group(web: HostileServer, ask: Ask, leave: str) -> None:
    """--resolve sends every name to one address; that says nothing about who shares a machine."""
    pinning = FetchSettings(resolve=(f"*=127.0.0.1:{web.port}",))
    with contextlib.closing(CurlFetcher(pinning, politeness_group)) as pinned:
        assert isinstance(ask("http://site.example/ok", leave, pinned).result, Fetched)


@pytest.mark.parametrize("leave", ["", "192.0.2.1"])
def test_what_goes_through_a_proxy_forms_no_group(
    names: NameServer, web: HostileServer, ask: Ask, leave: str
) -> None:
    """The proxy connects, and to where it likes."""
    names.zone["site.example"] = ["127.0.0.1"]
    web.answers[f"http://site.example:{web.port}/ok"] = web.answers["/ok"]
    settings = FetchSettings(
        dns_servers=(names.address,), allow_private=("all",), proxy=f"http://127.0.0.1:{web.port}"
    )
    with contextlib.closing(CurlFetcher(settings, politeness_group)) as proxied:
        assert isinstance(ask("http://site.example:PORT/ok", leave, proxied).result, Fetched)


def test_a_redirect_inside_the_group_to_another_address_needs_a_lease(
    ask: Ask, names: NameServer, web: HostileServer
) -> None:
    """It is the same site, but another machine, which others may be asking."""
    names.zone |= {"site.example": ["127.0.0.1"], "img.site.example": ["127.0.0.2"]}
    web.answers["/a"] = moved(f"http://img.site.example:{web.port}/ok")
    arrival = ask("http://site.example:PORT/a", "127.0.0.1")
    assert arrival.result == Moved(f"http://img.site.example:{web.port}/ok", 1)
    assert (arrival.hops, arrival.address, web.hits) == (1, "127.0.0.1", {"/a": 1})


def test_a_redirect_inside_the_group_to_the_same_address_is_followed(
    ask: Ask, names: NameServer, web: HostileServer
) -> None:
    """The leave covers it, and a second lease would gain nothing."""
    names.zone |= {"site.example": ["127.0.0.1"], "img.site.example": ["127.0.0.1"]}
    web.answers["/a"] = moved(f"http://img.site.example:{web.port}/ok")
    result = ask("http://site.example:PORT/a", "127.0.0.1").result
    assert isinstance(result, Fetched)
    assert result.body == PICTURE


def test_an_address_that_died_is_not_located_again(ask: Ask, names: NameServer, web: HostileServer) -> None:
    """One request finds out by going on to its sibling; those that still have leave for it come back."""
    names.zone["site.example"] = ["127.0.0.1", "127.0.0.9"]
    arrival = ask("http://site.example:PORT/ok", "127.0.0.9")
    assert isinstance(arrival.result, Fetched)
    assert arrival.address == "127.0.0.1"
    assert ask("http://site.example:PORT/ok", "127.0.0.9").result == Located("127.0.0.1")
    assert web.hits == {"/ok": 1}


def test_a_route_ends_when_its_addresses_or_its_time_do() -> None:
    """All handshakes together have the connect time-out, and no host is tried at more than four addresses."""
    route = to_one_of([f"192.0.2.{n}" for n in range(9)], 80, None)
    assert route is not None
    assert len(route.addresses) == MOST_TRIED
    assert route.begin(10.0, 5.0) == 5.0
    assert route.gives_way_s(10.0, 5.0) == 11.25
    assert route.next(11.25) == "192.0.2.0"
    assert route.begin(11.25, 5.0) == 3.75
    assert route.next(15.0) is None
    last = Route((("192.0.2.1", 80),))
    assert last.gives_way_s(0.0, 5.0) is None
    assert last.next(0.0) is None
