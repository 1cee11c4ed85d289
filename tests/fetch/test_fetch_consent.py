"""Consent on the wire: robots.txt read within bounds, headers that opt out, redirects that stop at a site."""

import gzip
from contextlib import closing

import pytest
from hostile_web import PICTURE, Client, HostileServer, Visit, drain, moved, ok

from gleanset.fetch.base import Arrival, Order
from gleanset.fetch.robots import LONGEST_BYTES, Open, Ruled, Unreachable, access, decode, product_tokens
from gleanset.terms.outcome import Failed, Failure, Fetched, Moved

pytestmark = pytest.mark.sockets
US = product_tokens("gleanset/1.0")
GROUP = "site.example"


def ask_for_rules(client: Client, url: str = "http://site.example/robots.txt", hops: int = 0) -> Arrival:
    with closing(client.open(robots=True, opt_outs=True)) as fetcher:
        fetcher.start(Order(1, url, GROUP, hops, robots=True))
        return drain(fetcher)[0]


def meaning(arrival: Arrival) -> Open | Ruled | Unreachable:
    match arrival.result:
        case Fetched() as fetched:
            return access(decode(fetched.body), US)
        case Failed() as failed:
            return access(failed, US)
        case Moved():
            raise AssertionError(arrival)


FORBIDDING = b"User-agent: *\nDisallow: /img/\n"
RULED = Ruled("User-agent: *\nDisallow: /img/")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (ok(FORBIDDING), RULED),
        (ok(FORBIDDING, "Content-Type: image/jpeg\nX-Robots-Tag: noindex"), RULED),
        (ok(gzip.compress(FORBIDDING), "Content-Encoding: gzip"), RULED),
        (ok(FORBIDDING, status="203 Non-Authoritative"), RULED),
        (ok(b""), Open()),
        (ok(b"", status="204 No Content"), Open()),
        (ok(b"none", status="404 Not Found"), Open()),
        (ok(b"none", status="403 Forbidden"), Open()),
        (ok(b"none", status="401 Unauthorized"), Open()),
        (ok(b"none", status="410 Gone"), Open()),
        (ok(b"<!DOCTYPE html><p>Welcome"), Open("HTML in the place of rules")),
        (ok(b"later", status="503 Service Unavailable"), Unreachable("server-error")),
        (ok(b"later", "Retry-After: 77", "503 No"), Unreachable("server-error", 77.0)),
        (ok(b"later", "Retry-After: 88", "429 Too Many"), Unreachable("rate-limited", 88.0)),
        (moved("/robots.txt"), Unreachable("too-many-redirects")),
        (b"no HTTP at all\r\n\r\n", Unreachable("protocol")),
        (ok(FORBIDDING)[:-5], Unreachable("reset")),
    ],
    ids=[
        *("rules", "rules-with-noindex", "gzip", "203", "empty", "204", "404", "403", "401", "410", "html"),
        *("503", "503-retry-after", "429", "loop", "garbage", "cut"),
    ],
)
def test_an_answer_for_robots_txt_means_what_rfc_9309_says(
    web: HostileServer, client: Client, answer: bytes, expected: Open | Ruled | Unreachable
) -> None:
    """Row 46 of the chaos matrix, over sockets."""

    def once(visit: Visit) -> None:
        visit.send(answer)

    web.answers["/robots.txt"] = once
    assert meaning(ask_for_rules(client)) == expected


@pytest.mark.parametrize("has_length", [True, False], ids=["told-length", "endless"])
def test_five_megabytes_of_rules_are_read_for_500_kib(
    web: HostileServer, client: Client, has_length: bool
) -> None:
    """It is no failure, however long the file says it is; and what stands at its top counts."""

    def answer(visit: Visit) -> None:
        length = "Content-Length: 50000000\r\n" if has_length else ""
        visit.send(b"HTTP/1.1 200 OK\r\n" + length.encode() + b"\r\n" + FORBIDDING)
        for _ in range(5_000):
            visit.send(b"# " + b"x" * 997 + b"\n")

    web.answers["/robots.txt"] = answer
    arrival = ask_for_rules(client)
    assert isinstance(arrival.result, Fetched)
    assert LONGEST_BYTES < len(arrival.result.body) < LONGEST_BYTES + 200_000
    assert meaning(arrival) == RULED


def test_bounds_of_pictures_hold_again_after_a_robots_txt(web: HostileServer, client: Client) -> None:
    """Handles of libcurl are used again, whatever they were used for."""
    web.answers["/robots.txt"] = ok(FORBIDDING * 50_000)
    web.answers["/large"] = ok(b"x" * 2000)
    with closing(client.open(max_body_bytes=1000)) as fetcher:
        ends = []
        for ticket, path in enumerate(["large", "robots.txt", "large"]):
            fetcher.start(Order(ticket, f"http://site.example/{path}", GROUP, robots=path == "robots.txt"))
            ends += [arrival.result for arrival in drain(fetcher)]
    assert [type(end) for end in ends] == [Failed, Fetched, Failed]
    assert [end.failure for end in ends if isinstance(end, Failed)] == [Failure.TOO_LARGE] * 2


def test_rules_five_redirects_away_are_found_and_six_are_too_many(web: HostileServer, client: Client) -> None:
    """RFC 9309, 2.3.1.2: at least five, to other hosts as well."""
    for n in range(1, 7):
        web.answers[f"/{n}"] = moved(f"http://h{n}.site.example/{n - 1}")
    web.answers["/0"] = ok(FORBIDDING)
    assert meaning(ask_for_rules(client, "http://site.example/5")) == RULED
    assert meaning(ask_for_rules(client, "http://site.example/6")) == Unreachable("too-many-redirects")
    web.answers["/out"] = moved("http://elsewhere.example/robots.txt")
    arrival = ask_for_rules(client, "http://site.example/out", hops=4)
    assert arrival.result == Moved("http://elsewhere.example/robots.txt", 5)
    assert meaning(ask_for_rules(client, "http://site.example/out", hops=5)) == Unreachable(
        "too-many-redirects"
    )


@pytest.mark.parametrize(
    "target", ["http://img.site.example/ok", "http://site.example/private/ok", "http://site.example:443/ok"]
)
def test_where_rules_count_no_redirect_is_followed_unseen(
    web: HostileServer, client: Client, target: str
) -> None:
    """Another site has a robots.txt of its own, and the same one may forbid another path."""
    web.answers["/a"] = moved(target)
    arrival = client.get("/a", robots=True)
    assert arrival.result == Moved(target, 1)
    assert web.hits == {"/a": 1}


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ("X-Robots-Tag: noai", "x-robots-tag: noai"),
        ("X-Robots-Tag: all\nX-Robots-Tag: gleanset: noindex", "x-robots-tag: gleanset: noindex"),
        ("x-robots-tag: max-image-preview:large,\n  NOAI", "x-robots-tag: max-image-preview:large, NOAI"),
        ("TDM-Reservation: 1", "tdm-reservation: 1"),
    ],
)
def test_a_picture_whose_headers_opt_out_is_not_even_read(
    web: HostileServer, client: Client, headers: str, reason: str
) -> None:
    """The header ends it: the body, which here never comes, is not waited for."""

    def answer(visit: Visit) -> None:
        lines = "".join(f"{line}\r\n" for line in headers.split("\n"))
        visit.send(f"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n{lines}\r\n".encode())
        visit.hang()

    web.answers["/a"] = answer
    arrival = client.get("/a", opt_outs=True)
    assert arrival.result == Failed(Failure.OPTED_OUT, 200, reason)


def test_an_opt_out_at_the_end_of_a_long_header_is_seen(web: HostileServer, client: Client) -> None:
    """Values are cut for the road, not for the decision."""
    web.answers["/a"] = ok(PICTURE, "X-Robots-Tag: " + "nofollow, " * 500 + "noai")
    result = client.get("/a", opt_outs=True).result
    assert result == Failed(Failure.OPTED_OUT, 200, "x-robots-tag: .. noai ..")


@pytest.mark.parametrize(
    "headers",
    ["X-Robots-Tag: otherbot: noai", "X-Robots-Tag: nofollow", "TDM-Reservation: 0", "X-Robots-Tag:"],
)
def test_a_header_that_does_not_mean_us_changes_nothing(
    web: HostileServer, client: Client, headers: str
) -> None:
    web.answers["/a"] = ok(PICTURE, headers)
    assert isinstance(client.get("/a", opt_outs=True).result, Fetched)


def test_whoever_ignores_opt_outs_gets_the_picture_and_the_header(web: HostileServer, client: Client) -> None:
    """The header travels, so that one can see afterwards what was ignored."""
    web.answers["/a"] = ok(PICTURE, "X-Robots-Tag: noai")
    result = client.get("/a").result
    assert isinstance(result, Fetched)
    assert ("x-robots-tag", "noai") in result.headers


def test_a_missing_page_is_missing_whatever_its_headers_say(web: HostileServer, client: Client) -> None:
    """``noindex`` on error pages is common, and no refusal of the picture."""
    web.answers["/a"] = ok(b"no", "X-Robots-Tag: noindex", "404 Not Found")
    web.answers["/b"] = moved("/ok").replace(b"\r\n\r\n", b"\r\nX-Robots-Tag: noindex\r\n\r\n")
    assert client.get("/a", opt_outs=True).result == Failed(Failure.NOT_FOUND, 404)
    assert isinstance(client.get("/b", opt_outs=True).result, Fetched)


def test_who_goes_by_another_name_is_meant_by_it(web: HostileServer, client: Client) -> None:
    """As ``--user-agent`` says."""
    web.answers["/a"] = ok(PICTURE, "X-Robots-Tag: mybot: noai")
    result = client.get("/a", opt_outs=True, user_agent="MyBot/2.0").result
    assert result == Failed(Failure.OPTED_OUT, 200, "x-robots-tag: mybot: noai")
    assert isinstance(client.get("/a", opt_outs=True).result, Fetched)


def test_a_contact_in_any_script_reaches_the_site(web: HostileServer, client: Client) -> None:
    """An owner's name is no reason for a worker to die."""
    client.get("/ok", user_agent="gleanset/1.0 (+会@example.org)")
    said = web.visits[0].headers["user-agent"].encode("latin-1").decode()
    assert said == "gleanset/1.0 (+会@example.org)"
