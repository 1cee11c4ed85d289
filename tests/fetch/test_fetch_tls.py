"""Certificates: bad ones are refused, or accepted and recorded; never silently."""

from collections.abc import Iterator

import pytest
from hostile_web import PICTURE, Certificates, Client, HostileServer, ok

from gleanset.errors import UsageError
from gleanset.terms.outcome import Failed, Failure, Fetched

pytestmark = pytest.mark.sockets

URL = "https://site.example/ok"
BAD = ["expired", "wrong-name", "self-signed"]


@pytest.fixture
def secure(request: pytest.FixtureRequest, certificates: Certificates) -> Iterator[Client]:
    """A client that trusts our authority, and a server with the certificate that the test names."""
    server = HostileServer(certificates.context(request.param))
    yield Client(server, {"cacert": str(certificates.authority)})
    server.close()


@pytest.mark.parametrize("secure", ["good"], indirect=True)
def test_a_good_certificate_passes(secure: Client) -> None:
    """Checked against the URL's name, wherever its address came from."""
    first, second = secure.get_all(URL, URL)
    for arrival in (first, second):
        assert isinstance(arrival.result, Fetched), arrival
        assert (arrival.result.body, arrival.result.certificate_ok) == (PICTURE, True)


@pytest.mark.parametrize("secure", BAD, indirect=True)
def test_a_bad_certificate_is_refused(secure: Client) -> None:
    """Permanently: the same certificate will be there tomorrow. Nothing was asked."""
    arrival = secure.get(URL)
    assert isinstance(arrival.result, Failed)
    assert arrival.result.failure is Failure.TLS
    assert secure.server.visits == []


@pytest.mark.parametrize("secure", ["good"], indirect=True)
def test_an_unknown_authority_is_refused(secure: Client) -> None:
    """Without ``--cacert`` nobody vouches for the server."""
    arrival = secure.get(URL, cacert=None)
    assert isinstance(arrival.result, Failed)
    assert arrival.result.failure is Failure.TLS


@pytest.mark.parametrize("secure", BAD, indirect=True)
def test_insecure_accepts_and_records(secure: Client) -> None:
    """The body says that its certificate was bad, also on a connection used again."""
    for arrival in secure.get_all(URL, URL, URL, insecure=True):
        assert isinstance(arrival.result, Fetched), arrival
        assert not arrival.result.certificate_ok


@pytest.mark.parametrize("secure", ["good"], indirect=True)
def test_insecure_does_not_blame_a_good_certificate(secure: Client) -> None:
    """The option allows bad ones; it does not stop looking."""
    arrival = secure.get(URL, insecure=True)
    assert isinstance(arrival.result, Fetched)
    assert arrival.result.certificate_ok


@pytest.mark.parametrize("secure", BAD, indirect=True)
def test_a_bad_certificate_on_the_way_is_recorded(secure: Client) -> None:
    """A redirect through a bad certificate taints what it leads to."""
    secure.server.answers["/a"] = ok(b"", "Location: /ok", "302 Found")
    arrival = secure.get("https://site.example/a", insecure=True)
    assert isinstance(arrival.result, Fetched)
    assert not arrival.result.certificate_ok


def test_a_handshake_that_hangs_ends_at_the_connect_timeout(web: HostileServer, client: Client) -> None:
    """Connected, and then nothing."""
    web.greeting = b""
    arrival = client.get(URL, connect_timeout_s=0.3)
    assert isinstance(arrival.result, Failed)
    assert arrival.result.failure is Failure.CONNECT_TIMEOUT


def test_a_server_that_speaks_no_tls_is_a_tls_failure(web: HostileServer, client: Client) -> None:
    """https to a server that answers in plain text."""
    web.greeting = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
    arrival = client.get(URL)
    assert isinstance(arrival.result, Failed)
    assert arrival.result.failure is Failure.TLS


def test_an_absent_authority_is_said_at_once(client: Client) -> None:
    """Before the first request, with the path."""
    with pytest.raises(UsageError, match="nowhere"):
        client.open(cacert="/nowhere/ca.pem")
