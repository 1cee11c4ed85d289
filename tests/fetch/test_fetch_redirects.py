"""Redirects are followed by hand: at once inside the lease's group, with a lease of their own outside."""

from collections.abc import Iterator

import pytest
from hostile_web import PICTURE, Client, HostileServer, moved, ok

from gleanset.terms.outcome import Failed, Failure, Fetched, Moved

pytestmark = pytest.mark.sockets


@pytest.fixture
def canary() -> Iterator[HostileServer]:
    """A server that nobody may ever reach: no rule names it."""
    server = HostileServer()
    yield server
    server.close()
    assert server.n_connections == 0


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
def test_a_redirect_inside_the_group_is_followed(web: HostileServer, client: Client, status: str) -> None:
    """To another path or another host of the same site."""
    web.answers["/a"] = moved("http://img.site.example/b", status)
    web.answers["/b"] = moved("ok", status)
    arrival = client.get("/a")
    assert isinstance(arrival.result, Fetched)
    assert arrival.result.body == PICTURE
    assert arrival.result.final_url == "http://img.site.example/ok"
    assert (arrival.hops, arrival.status) == (2, 200)
    assert [visit.host for visit in web.visits] == ["site.example", "img.site.example", "img.site.example"]


def test_a_redirect_out_of_the_group_needs_a_lease(web: HostileServer, client: Client) -> None:
    """The other host is not asked, however good its picture; hops add up over leases."""
    web.answers["/a"] = moved("HTTP://Other.example:80/x/../ok#fragment")
    arrival = client.get_all("/a", hops=2)[0]
    assert arrival.result == Moved("http://other.example/ok", 3)
    assert arrival.hops == 3
    assert web.hits == {"/a": 1}


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{port}/canary",
        "http://127.0.0.1/",
        "http://2130706433:{port}/",
        "http://0x7f.1:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "//127.0.0.1:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://user:password@127.0.0.1:{port}/",
        "http://user@site.example/ok",
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "ftp://127.0.0.1/x",
        "gopher://127.0.0.1:25/_x",
        "data:image/png;base64,AAAA",
        "dict://127.0.0.1:11211/",
        "javascript:alert(1)",
    ],
)
def test_a_redirect_to_where_nobody_may_go_is_blocked(
    web: HostileServer, client: Client, canary: HostileServer, location: str
) -> None:
    """The canary hears nothing."""
    web.answers["/a"] = moved(location.format(port=canary.port))
    arrival = client.get("/a")
    assert isinstance(arrival.result, Failed)
    assert arrival.result.failure is Failure.BLOCKED_ADDRESS
    assert web.hits == {"/a": 1}


@pytest.mark.parametrize(
    "location", ["http://", "http:///", "http://[::1/", "http://a b/", "https://:80/", "http://%00/"]
)
def test_a_target_that_cannot_be_read_ends_the_matter(
    web: HostileServer, client: Client, location: str
) -> None:
    """It is no URL, so there is nothing to ask."""
    web.answers["/a"] = moved(location)
    arrival = client.get("/a")
    assert isinstance(arrival.result, Failed)
    assert not arrival.result.failure.transient
    assert web.hits["/a"] == 1


def test_circles_are_noticed(web: HostileServer, client: Client) -> None:
    """To itself, and ping-pong: each URL is asked once."""
    web.answers["/self"] = moved("/self")
    web.answers["/ping"] = moved("/pong")
    web.answers["/pong"] = moved("/ping")
    for arrival in client.get_all("/self", "/ping"):
        assert isinstance(arrival.result, Failed)
        assert arrival.result.failure is Failure.TOO_MANY_REDIRECTS
    assert web.hits == {"/self": 1, "/ping": 1, "/pong": 1}


def test_five_hops_are_enough(web: HostileServer, client: Client) -> None:
    """A chain of five ends in a picture, a longer one nowhere."""
    for n in range(20):
        web.answers[f"/{n}"] = moved(f"/{n + 1}")
    web.answers["/20"] = ok()
    five, six = client.get_all("/15", "/0")
    assert isinstance(five.result, Fetched)
    assert five.hops == 5
    assert isinstance(six.result, Failed)
    assert six.result.failure is Failure.TOO_MANY_REDIRECTS
    assert web.hits["/6"] == 0


def test_a_picture_among_redirects_is_not_taken(web: HostileServer, client: Client) -> None:
    """What a redirect carries as its body is not what the URL stands for."""
    web.answers["/a"] = ok(PICTURE, "Location: /missing", "301 Moved")
    arrival = client.get("/a")
    assert isinstance(arrival.result, Failed)
    assert arrival.result.failure is Failure.NOT_FOUND
    assert arrival.n_bytes_wire >= len(PICTURE)


def test_odd_characters_in_a_target_are_escaped(web: HostileServer, client: Client) -> None:
    """Blanks, bytes beyond ASCII and backslashes, as browsers read them."""
    web.answers["/a"] = moved("/b c\\d")
    web.answers["/b%20c/d"] = moved("/\xe4")
    web.answers["/%E4"] = ok()
    arrival = client.get("/a")
    assert isinstance(arrival.result, Fetched), web.hits
