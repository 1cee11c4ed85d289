"""What comes over the wire, and what it counts as: the chaos matrix from connecting to the last byte."""

import contextlib
import gzip
import socket
import threading
import zlib
from collections.abc import Callable

import pytest
from hostile_web import PICTURE, Client, HostileServer, Visit, drain, moved, ok

from gleanset.fetch.base import Arrival, Order
from gleanset.terms.outcome import Failed, Failure, Fetched

pytestmark = pytest.mark.sockets


def failure_of(arrival: Arrival) -> Failure:
    assert isinstance(arrival.result, Failed), arrival
    assert len(arrival.result.detail) <= 200
    return arrival.result.failure


def fetched(arrival: Arrival) -> Fetched:
    assert isinstance(arrival.result, Fetched), arrival
    return arrival.result


def test_a_body_arrives_whole_with_what_was_read_of_it(web: HostileServer, client: Client) -> None:
    """And with nothing else: of the headers only those that later decisions read."""
    web.answers["/x"] = ok(
        PICTURE, 'Content-Type: image/jpeg\nETag: "7"\nX-Robots-Tag: noai\nServer: x\nX-Robots-Tag: a'
    )
    arrival = client.get("/x")
    body = fetched(arrival)
    assert body.body == PICTURE
    assert (body.final_url, body.status, body.certificate_ok) == ("http://site.example/x", 200, True)
    kept = (("content-type", "image/jpeg"), ("etag", '"7"'), ("x-robots-tag", "noai"), ("x-robots-tag", "a"))
    assert body.headers == kept
    assert (arrival.address, arrival.status, arrival.hops, arrival.n_bytes_wire) == (
        "127.0.0.1",
        200,
        0,
        len(PICTURE),
    )
    assert arrival.elapsed_s > 0


def test_we_say_who_we_are_and_nothing_more(web: HostileServer, client: Client) -> None:
    """An honest user agent; no cookies, no referrer, no credentials, nothing compressed asked for."""
    web.answers["/a"] = ok(b"", "Set-Cookie: a=b\nLocation: /ok", "302 Found")
    fetched(client.get("/a"))
    for visit in web.visits:
        assert visit.headers["user-agent"].startswith("gleanset/")
        assert visit.headers["accept-encoding"] == "identity"
        assert visit.headers["host"] == "site.example"
        assert set(visit.headers) <= {"user-agent", "accept", "accept-encoding", "host"}


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        ("204 No Content", Failure.EMPTY),
        ("206 Partial Content", Failure.PROTOCOL),
        ("304 Not Modified", Failure.HTTP_ERROR),
        ("400 Bad Request", Failure.HTTP_ERROR),
        ("401 Unauthorized", Failure.FORBIDDEN),
        ("403 Forbidden", Failure.FORBIDDEN),
        ("404 Not Found", Failure.NOT_FOUND),
        ("410 Gone", Failure.GONE),
        ("429 Too Many Requests", Failure.RATE_LIMITED),
        ("451 Unavailable", Failure.FORBIDDEN),
        ("500 Oops", Failure.SERVER_ERROR),
        ("503 Busy", Failure.SERVER_ERROR),
        ("302 Found", Failure.HTTP_ERROR),
    ],
)
def test_the_status_is_always_looked_at(
    web: HostileServer, client: Client, status: str, failure: Failure
) -> None:
    """A picture under a 404 is a placeholder, not a picture; one request, no more."""
    web.answers["/x"] = ok(PICTURE, "Content-Type: image/jpeg", status)
    arrival = client.get("/x")
    assert failure_of(arrival) is failure
    assert arrival.status == int(status[:3])
    assert web.hits["/x"] == 1


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("86400", 86400.0),
        ("1000000000", 1e9),
        ("-1", None),
        ("abc", None),
        ("nan", None),
        ("1e9", None),
        ("", None),
        ("9" * 400, None),
        ("Wed, 21 Oct 2015 07:28:10 GMT", 10.0),
        ("Wed, 21 Oct 2015 07:27:00 GMT", None),
        ("Wed, 99 Oct 2015 07:27:00 GMT", None),
    ],
)
def test_retry_after_is_read(web: HostileServer, client: Client, value: str, wait_s: float | None) -> None:
    """Seconds or a date, counted from the server's own clock; nonsense and the past are nothing."""
    headers = f"Date: Wed, 21 Oct 2015 07:28:00 GMT\nRetry-After: {value}"
    web.answers["/x"] = ok(b"slow down", headers, "429 Too Many Requests")
    arrival = client.get("/x")
    assert isinstance(arrival.result, Failed)
    assert arrival.result.retry_after_s == wait_s


def test_nobody_listens(client: Client, free_port: int) -> None:
    """A closed port is a refusal."""
    arrival = client.get("/x", resolve=(f"*=127.0.0.1:{free_port}",))
    assert failure_of(arrival) is Failure.REFUSED
    assert arrival.address is None


def test_a_connection_that_never_opens_ends_at_the_connect_timeout(client: Client) -> None:
    """A full backlog drops SYNs, as a firewall would."""
    with socket.socket() as hole, socket.socket() as first, socket.socket() as second:
        hole.bind(("127.0.0.1", 0))
        hole.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(hole.getsockname())
        rule = f"*=127.0.0.1:{hole.getsockname()[1]}"
        arrival = client.get("/x", resolve=(rule,), connect_timeout_s=0.3)
    assert failure_of(arrival) is Failure.CONNECT_TIMEOUT


def test_a_server_that_never_speaks_ends_at_the_first_byte_timeout(
    web: HostileServer, client: Client
) -> None:
    """A tarpit gives its slot back, and does not hold up its neighbours."""
    web.answers["/mute"] = Visit.hang
    mute, good = client.get_all("/mute", "/ok", first_byte_s=0.3)
    assert failure_of(mute) is Failure.TIMEOUT
    assert fetched(good).body == PICTURE


@pytest.mark.parametrize(
    "answer",
    [
        lambda visit: visit.drip(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000, 0.01),
        lambda visit: (visit.send(b"HTTP/1.1 200 OK\r\nX:"), visit.drip(b"y" * 10_000, 0.01)),
    ],
)
def test_headers_that_drip_end_at_the_total_time(
    web: HostileServer, client: Client, answer: Callable[[Visit], None]
) -> None:
    """Each byte in time, all of them never."""
    web.answers["/x"] = answer
    assert failure_of(client.get("/x", timeout_s=0.6)) is Failure.TIMEOUT


def test_a_body_that_drips_is_too_slow(web: HostileServer, client: Client) -> None:
    """Below the least speed over the window it is cut, long before the total time."""

    def answer(visit: Visit) -> None:
        visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        visit.drip(PICTURE, 0.05)

    web.answers["/x"] = answer
    assert failure_of(client.get("/x", min_speed_over_s=0.3)) is Failure.TOO_SLOW


def test_a_body_that_never_starts_is_too_slow(web: HostileServer, client: Client) -> None:
    """Headers alone do not keep a slot."""

    def answer(visit: Visit) -> None:
        visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        visit.hang()

    web.answers["/x"] = answer
    assert failure_of(client.get("/x", min_speed_over_s=0.3)) is Failure.TOO_SLOW


def test_a_body_that_is_fast_enough_may_take_until_the_total_time(web: HostileServer, client: Client) -> None:
    """The least speed is met; the total time is not."""

    def answer(visit: Visit) -> None:
        visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
        while not visit.closing.wait(0.01):
            visit.send(bytes(1000))

    web.answers["/x"] = answer
    arrival = client.get("/x", timeout_s=0.8, min_speed_over_s=0.2)
    assert failure_of(arrival) is Failure.TIMEOUT
    assert arrival.n_bytes_wire > 0


@pytest.mark.parametrize(
    "raw",
    [
        b"garbage without a status line\r\n\r\n" + bytes(5000),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\nabc\r\n",
        b"HTTP/1.1 banana OK\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: banana\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 9\r\n\r\nnot brotl",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X%d: y\r\n" % n for n in range(10_001)) + b"\r\n",
        b"\x15\x03\x01\x00\x02\x02\x28" * 10,
    ],
    ids=[
        "garbage", "chunk-size", "huge-chunk", "status", "length", "negative-length", "gzip", "br",
        "1MB-header", "10000-headers", "tls-alert",
    ],
)  # fmt: skip
def test_broken_http_is_the_urls_fault(web: HostileServer, client: Client, raw: bytes) -> None:
    """Permanent, asked once, and the next URL of the host is fine."""

    def answer(visit: Visit) -> None:
        visit.send(raw)

    web.answers["/x"] = answer
    broken, good = client.get_all("/x", "/ok")
    assert failure_of(broken) is Failure.PROTOCOL
    assert web.hits["/x"] == 1
    assert fetched(good).body == PICTURE


def test_an_endless_body_is_cut(web: HostileServer, client: Client) -> None:
    """With and without a promised length; nothing of it comes home."""

    def answer(visit: Visit) -> None:
        visit.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while not visit.closing.is_set():
            visit.send(bytes(65536))

    web.answers["/endless"] = answer
    web.answers["/promised"] = lambda visit: visit.send(
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\nabc"
    )
    endless, promised = client.get_all("/endless", "/promised", max_body_bytes=1_000_000)
    assert failure_of(endless) is Failure.TOO_LARGE
    assert endless.n_bytes_wire < 2_000_000
    assert failure_of(promised) is Failure.TOO_LARGE


def test_the_page_of_a_404_is_not_read_to_its_end(web: HostileServer, client: Client) -> None:
    """Nobody wants it; the status is the answer."""

    def answer(visit: Visit) -> None:
        visit.send(b"HTTP/1.1 404 Not Found\r\n\r\n")
        while not visit.closing.is_set():
            visit.send(bytes(65536))

    web.answers["/x"] = answer
    arrival = client.get("/x")
    assert failure_of(arrival) is Failure.NOT_FOUND
    assert arrival.n_bytes_wire < 1_000_000


def bomb(n_bytes: int) -> bytes:
    """Zeros, 1:1000."""
    return gzip.compress(bytes(n_bytes), 9)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", bomb(5_000_000)),
        ("deflate", zlib.compress(bytes(5_000_000), 9)),
        ("gzip, gzip", gzip.compress(bomb(5_000_000))),
    ],
)
def test_bombs_are_cut_by_their_decoded_size(
    web: HostileServer, client: Client, encoding: str, body: bytes
) -> None:
    """A few kilobytes on the wire never become more than the limit in memory."""
    web.answers["/x"] = ok(body, f"Content-Encoding: {encoding}")
    arrival = client.get("/x", max_decoded_bytes=1_000_000)
    assert failure_of(arrival) is Failure.TOO_LARGE


@pytest.mark.parametrize(("encoding", "encode"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_compressed_body_is_decoded(
    web: HostileServer, client: Client, encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    """Nobody asked for it, but servers do it."""
    body = encode(PICTURE)
    web.answers["/x"] = ok(body, f"Content-Encoding: {encoding}")
    arrival = client.get("/x")
    assert fetched(arrival).body == PICTURE
    assert arrival.n_bytes_wire == len(body)


@pytest.mark.parametrize(
    "answer",
    [
        lambda visit: visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789"),
        lambda visit: (visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n01234"), visit.reset()),
        lambda visit: visit.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n"),
        lambda visit: visit.reset(),
        lambda _: None,
        lambda visit: visit.send(b"HTTP/1.1 200"),
    ],
    ids=[
        "shorter-than-promised",
        "reset-mid-body",
        "chunks-end-early",
        "reset-at-once",
        "close-at-once",
        "half-status",
    ],
)
def test_a_connection_cut_short_is_transient(
    web: HostileServer, client: Client, answer: Callable[[Visit], None]
) -> None:
    """The host's fault, worth another try, and never stored."""
    web.answers["/x"] = answer
    failure = failure_of(client.get("/x"))
    assert failure is Failure.RESET
    assert failure.transient


def test_a_body_without_a_length_ends_with_the_connection(web: HostileServer, client: Client) -> None:
    """Whether it is whole, its decoder will say."""
    web.answers["/x"] = lambda visit: visit.send(b"HTTP/1.0 200 OK\r\n\r\n" + PICTURE)
    assert fetched(client.get("/x")).body == PICTURE


def test_a_length_that_is_too_small_is_believed(web: HostileServer, client: Client) -> None:
    """The rest is ignored and its connection not used again."""
    web.answers["/x"] = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + PICTURE
    short, good = client.get_all("/x", "/ok")
    assert fetched(short).body == PICTURE[:4]
    assert fetched(good).body == PICTURE


@pytest.mark.parametrize("body", [b"", b"\xff"])
def test_a_body_of_nothing_is_empty(web: HostileServer, client: Client, body: bytes) -> None:
    """0 bytes or 1."""
    web.answers["/x"] = ok(body)
    assert failure_of(client.get("/x")) is Failure.EMPTY


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0 200 OK\r\ncontent-TYPE: image/jpeg\r\ncOnTeNt-LeNgTh: %d\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type:\r\n image/jpeg\r\nContent-Length: %d\r\n\r\n",
        b"HTTP/1.1 200\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Type: image/jpeg\nContent-Length: %d\n\n",
    ],
    ids=["1.0-and-odd-case", "folded", "no-reason", "early-hints", "bare-newlines"],
)
def test_old_and_odd_http_is_understood(web: HostileServer, client: Client, head: bytes) -> None:
    """As browsers understand it."""
    web.answers["/x"] = lambda visit: visit.send(head % len(PICTURE) + PICTURE)
    body = fetched(client.get("/x"))
    assert (body.body, body.headers) == (PICTURE, (("content-type", "image/jpeg"),))


def test_connections_are_used_again(web: HostileServer, client: Client) -> None:
    """A host is connected to once for many pictures, also after a 404."""
    with contextlib.closing(client.open()) as fetcher:
        for ticket, path in enumerate(["/ok", "/missing", "/ok", "/ok"]):
            fetcher.start(Order(ticket, f"http://site.example{path}", "site.example"))
            while fetcher.in_flight:
                fetcher.poll(1.0)
    assert web.hits == {"/ok": 3, "/missing": 1}
    assert web.n_connections == 1


def test_a_server_that_closes_an_idle_connection_is_asked_again_in_silence(
    web: HostileServer, client: Client
) -> None:
    """It is nobody's fault and no attempt."""

    gate = threading.Event()

    def answer(visit: Visit) -> None:
        visit.send(ok())
        visit.connection.shutdown(socket.SHUT_RDWR)
        gate.set()

    web.answers["/closes"] = answer
    with contextlib.closing(client.open()) as fetcher:
        fetcher.start(Order(1, "http://site.example/closes", "site.example"))
        first = drain(fetcher)
        assert gate.wait(10)
        fetcher.start(Order(2, "http://site.example/ok", "site.example"))
        second = drain(fetcher)
    assert [fetched(arrival).body for arrival in (*first, *second)] == [PICTURE, PICTURE]


def test_cookies_hsts_and_alternative_services_are_ignored(web: HostileServer, client: Client) -> None:
    """A flood of them costs nothing and changes nothing."""
    flood = "\n".join(f"Set-Cookie: c{n}={'x' * 50}; Domain=site.example" for n in range(500))
    web.answers["/x"] = ok(
        PICTURE, f'{flood}\nStrict-Transport-Security: max-age=9999999\nAlt-Svc: h3=":443"'
    )
    web.answers["/y"] = moved("/ok")
    results = [client.get("/x"), *client.get_all("/x", "/y")]
    assert [fetched(arrival).body for arrival in results] == [PICTURE] * 3
    assert all("cookie" not in visit.headers for visit in web.visits)


def test_a_hundred_faults_do_not_harm_a_hundred_pictures(web: HostileServer, client: Client) -> None:
    """Tarpits, resets and drips beside good answers, all at once: every order arrives exactly once."""
    web.answers["/mute"] = Visit.hang
    web.answers["/reset"] = Visit.reset
    urls = [f"http://h{n}.example{path}" for n in range(50) for path in ("/ok", "/mute", "/reset", "/ok")]
    arrivals = client.get_all(*urls, first_byte_s=1.0)
    assert [arrival.ticket for arrival in arrivals] == list(range(200))
    assert sum(isinstance(arrival.result, Fetched) for arrival in arrivals) == 100
    failures = [arrival.result.failure for arrival in arrivals if isinstance(arrival.result, Failed)]
    assert {failure: failures.count(failure) for failure in failures} == {
        Failure.TIMEOUT: 50,
        Failure.RESET: 50,
    }
