"""The door of sockets: every fate as a plain client sees it, and what the server notes of its clients."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gleanset.errors import GleansetError
from gleanset.fetch.base import Arrival, FetchSettings, Order
from gleanset.fetch.http import CurlFetcher
from gleanset.rotten.fates import CONNECTION_FATES, Fate
from gleanset.rotten.fetcher import VirtualFetcher
from gleanset.rotten.responses import Response
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.rotten.world import World
from gleanset.terms.outcome import Failed, Fetched, Moved
from gleanset.urls import host_of, politeness_group

pytestmark = pytest.mark.sockets

TINY = WorldSettings(
    seed=2, classes=("a", "b"), urls_per_class=40, hosts=20, time_scale=0.0, look=Look(64, 48, 3_000)
)
TALKING = sorted(set(Fate) - CONNECTION_FATES, key=lambda fate: fate.word)


@dataclass(frozen=True)
class Seen:
    """What came over a plain socket, and how it ended: ``closed``, ``reset``, or still ``open``."""

    data: bytes
    end: str

    @property
    def status(self) -> int:
        return int(self.data.split(b" ", 2)[1])

    @property
    def headers(self) -> dict[str, str]:
        lines = self.data.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]


@contextmanager
def connected(server: RottenServer) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        yield client


def get(server: RottenServer, url: str, patience_s: float = 5.0, most: int = 1 << 30) -> Seen:
    """GET ``url``, and read ``most`` bytes, or until nothing has come for ``patience_s``, or to the end."""
    host, path = host_of(url), url.split("/", 3)[3]
    with connected(server) as client:
        client.sendall(f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        client.settimeout(patience_s)
        data = bytearray()
        try:
            while len(data) < most and (chunk := client.recv(1 << 20)):
                data += chunk
        except TimeoutError:
            return Seen(bytes(data), "open")
        except ConnectionResetError:
            return Seen(bytes(data), "reset")
        return Seen(bytes(data), "closed" if len(data) < most else "open")


@pytest.mark.parametrize("fate", TALKING, ids=lambda fate: fate.word)
def test_a_plain_client_sees_every_fate(
    every_fate_server: RottenServer,
    every_fate_world: World,
    urls_by_fate: dict[Fate, list[str]],
    fate: Fate,
) -> None:
    """To the byte what the world says, or the fault that it names."""
    url = urls_by_fate[fate][1]
    response = every_fate_world.respond(url, 0.0)
    match fate:
        case Fate.HANG:
            assert get(every_fate_server, url, 0.2) == Seen(b"", "open")
        case Fate.DRIP:
            _check_drip(get(every_fate_server, url, most=100))
        case Fate.SLOW_HEADERS:
            seen = get(every_fate_server, url, most=2)
            assert seen == Seen(b"HT", "open")
        case Fate.RESET:
            seen = get(every_fate_server, url)
            assert seen.end == "reset"
            assert len(seen.body) < int(seen.headers["content-length"])
        case Fate.ENDLESS:
            seen = get(every_fate_server, url, most=25_000_000)
            assert seen.end == "open"
            assert "content-length" not in seen.headers
        case Fate.GARBAGE | Fate.BAD_CHUNK:
            assert get(every_fate_server, url) == Seen(response.raw or b"", "closed")
        case _:
            _check_whole(get(every_fate_server, url), response, every_fate_world.render(response))


def _check_drip(seen: Seen) -> None:
    """The head at once, the body at 40 bytes a second, never done."""
    assert seen.status == 200
    assert 1 <= len(seen.body) <= 80
    assert int(seen.headers["content-length"]) > 1000


def _check_whole(seen: Seen, response: Response, body: bytes) -> None:
    assert seen.end == "closed"
    assert seen.status == response.status
    assert seen.body == body
    assert int(seen.headers["content-length"]) == len(body) + response.missing_bytes
    assert {name.lower(): value for name, value in response.headers}.items() <= seen.headers.items()


def test_a_refused_host_refuses(every_fate_server: RottenServer) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", every_fate_server.refused_port), timeout=5)


@pytest.mark.skipif(sys.platform != "linux", reason="how a full queue is treated differs by system")
def test_a_blackhole_swallows_hundreds_of_connections(every_fate_server: RottenServer) -> None:
    """None is ever there, and none is refused."""
    poll, clients = select.poll(), []
    for _ in range(300):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", every_fate_server.blackhole_port or 0))
        poll.register(client, select.POLLOUT | select.POLLERR | select.POLLHUP)
        clients.append(client)
    assert poll.poll(300) == []
    for client in clients:
        client.close()


def test_both_doors_say_the_same(every_fate_world: World, urls_by_fate: dict[Fate, list[str]]) -> None:
    """The real fetcher at the sockets, and the one that only computes: equal ends, bodies and hops."""
    limits = FetchSettings(timeout_s=12.0, connect_timeout_s=2.0, first_byte_s=4.0, min_speed_over_s=2.0)
    urls = [url for found in urls_by_fate.values() for url in found[:2]]
    orders = [Order(n, url, politeness_group(host_of(url))) for n, url in enumerate(urls)]
    with RottenServer(every_fate_world.settings) as server:
        real = _fetch_all(replace(limits, resolve=server.resolve_rules()), orders)
    virtual = VirtualFetcher(every_fate_world, limits)
    for order in orders:
        expected, got = virtual.answer(order, 0.0), real[order.ticket]
        fate = every_fate_world.look_up(order.url)
        assert _gist(got) == _gist(expected), (fate, order.url)
        assert got.hops == expected.hops
        assert got.address == expected.address


def _fetch_all(settings: FetchSettings, orders: list[Order]) -> dict[int, Arrival]:
    fetcher = CurlFetcher(settings, politeness_group)
    try:
        for order in orders:
            fetcher.start(order)
        arrivals: dict[int, Arrival] = {}
        while fetcher.in_flight:
            arrivals |= {arrival.ticket: arrival for arrival in fetcher.poll(10.0)}
        return arrivals
    finally:
        fetcher.close()


def _gist(arrival: Arrival) -> tuple[object, ...]:
    """An arrival's result without its words."""
    match arrival.result:
        case Fetched() as fetched:
            return fetched.body, fetched.final_url, fetched.status, fetched.headers
        case Failed() as failed:
            return failed.failure, failed.retry_after_s
        case Moved() as moved:
            return (moved,)


def test_connections_are_kept_alive(
    every_fate_server: RottenServer, urls_by_fate: dict[Fate, list[str]]
) -> None:
    """Two hosts, one connection, three requests, sent in one go."""
    urls = [urls_by_fate[fate][0] for fate in (Fate.TINY, Fate.GONE, Fate.TINY)]
    heads = [f"GET /{url.split('/', 3)[3]} HTTP/1.1\r\nHost: {host_of(url)}\r\n" for url in urls]
    with connected(every_fate_server) as client:
        client.sendall(("\r\n".join(heads) + "Connection: close\r\n\r\n").encode())
        seen = b"".join(iter(lambda: client.recv(65536), b""))
    assert [int(part[:3]) for part in seen.split(b"HTTP/1.1 ")[1:]] == [200, 410, 200]


@pytest.mark.parametrize(
    "text", [b"\r\n\r\n", b"GET\r\n\r\n", b"GET / SPDY/9\r\n\r\n", b"\x16\x03\x01\r\n\r\n"]
)
def test_nonsense_is_a_bad_request(every_fate_server: RottenServer, text: bytes) -> None:
    with connected(every_fate_server) as client:
        client.sendall(text)
        seen = b"".join(iter(lambda: client.recv(65536), b""))
    assert seen.startswith(b"HTTP/1.1 400 ")


def test_a_head_asks_for_no_body(
    every_fate_server: RottenServer, urls_by_fate: dict[Fate, list[str]]
) -> None:
    url = urls_by_fate[Fate.GOOD][0]
    with connected(every_fate_server) as client:
        client.sendall(f"HEAD {url} HTTP/1.0\r\n\r\n".encode())
        seen = Seen(b"".join(iter(lambda: client.recv(65536), b"")), "closed")
    assert (seen.status, seen.body) == (200, b"")
    assert int(seen.headers["content-length"]) > 1000


def test_the_server_counts_its_visitors(urls_by_fate: dict[Fate, list[str]], every_fate_world: World) -> None:
    """Requests, how many at once, the shortest gap, bytes, and who asked in what words."""
    good, hang = urls_by_fate[Fate.GOOD][0], urls_by_fate[Fate.HANG][0]
    with RottenServer(every_fate_world.settings) as server:
        sizes = [len(get(server, good).data) for _ in range(3)]
        waiting = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(4)]
        for client in waiting:
            client.sendall(f"GET {hang} HTTP/1.1\r\nUser-Agent: tester\r\n\r\n".encode())
        while server.counters().total.requests < 7:
            pass
        counters, log = server.counters(), server.log()
        for client in waiting:
            client.close()
        while server.counters().connections_open:
            pass
    assert counters.total.requests == counters.connections == 7
    assert counters.connections_open == 4
    calm, crowded = counters.hosts[host_of(good)], counters.hosts[host_of(hang)]
    assert (calm.requests, calm.most_at_once, calm.n_bytes) == (3, 1, sum(sizes))
    assert (crowded.requests, crowded.most_at_once, crowded.n_bytes) == (4, 4, 0)
    assert calm.shortest_gap_s is not None
    assert calm.shortest_gap_s > 0
    assert counters.total.most_at_once == 4
    assert [line.host for line in log] == [host_of(good)] * 3 + [host_of(hang)] * 4
    assert log[-1].request == f"GET {hang} HTTP/1.1"
    assert [line.agent for line in log] == [""] * 3 + ["tester"] * 4
    assert [line.at_s for line in log] == sorted(line.at_s for line in log)


def test_whoever_comes_before_retry_after_is_early() -> None:
    """The allowance of a busy site is spent, it says when to come back, and notes who does not listen."""
    settings = replace(TINY, flickr_share=0.0, busy_share=1.0, slow_share=0.0, busy_per_s=0.5, busy_burst=3)
    world = World(settings)
    urls = [row.url for row in world.rows() if host_of(row.url) == "busy000.example"][:3]
    with RottenServer(settings) as server:
        statuses = [get(server, url).status for url in urls]
        turned_away = get(server, urls[0])
        assert server.counters().total.early == 0
        said_at_s = time.monotonic()
        while time.monotonic() < said_at_s + 0.06:
            pass
        assert get(server, urls[0]).status == 429
        visits = server.counters().hosts["busy000.example"]
        assert [line.status for line in server.log()] == [*statuses, 429, 429]
    assert 429 not in statuses
    assert turned_away.status == 429
    assert turned_away.headers["retry-after"] == "2"
    assert visits.early == 1


def test_a_busy_site_may_keep_the_moment_to_itself() -> None:
    """Most that answer 429 do not say when to come back, and clients have to find a pace by themselves."""
    settings = replace(TINY, flickr_share=0.0, busy_share=1.0, slow_share=0.0, busy_per_s=0.5, busy_burst=1)
    settings = replace(settings, busy_says_when=False)
    with RottenServer(settings) as server:
        first, second = (get(server, "http://busy000.example/robots.txt") for _ in range(2))
    assert (first.status, second.status) == (404, 429)
    assert "retry-after" not in second.headers


def test_a_server_that_was_never_asked_has_seen_nothing() -> None:
    """So that a test can say that no request was made."""
    with RottenServer(TINY) as server:
        assert server.counters().total.requests == 0
        assert server.log() == ()


def test_pictures_can_be_drawn_ahead_until_the_cache_is_full() -> None:
    """Memory is bounded: what does not fit is not kept."""
    rows = [(label, serial) for label in range(2) for serial in range(40)]
    with RottenServer(TINY) as server:
        assert server.prepare(rows) == len(rows)
    big = replace(TINY, look=Look(500, 375, 45_000))
    with RottenServer(big, cache_bytes=2_000_000) as server:
        drawn = server.prepare(rows)
        assert 5 < drawn < 60
        row = next(row for row in World(big).rows() if _fate(World(big), row.url) is Fate.GOOD)
        assert get(server, row.url).status == 200


def test_starting_and_stopping_leaves_nothing_behind() -> None:
    """No process, no socket, no file; and a stopped server says so."""
    before = _open_files()
    server = RottenServer(TINY)
    for _ in range(3):
        server.start()
        server.start()
        port = server.port
        server.stop()
        server.stop()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
    assert _open_files() == before
    with pytest.raises(GleansetError, match="not up"):
        server.counters()


def _open_files() -> int:
    listing = Path("/proc/self/fd")
    return len(list(listing.iterdir())) if listing.exists() else 0


ORPHAN = """
import os, sys
from gleanset.rotten.server import RottenServer
from gleanset.rotten.settings import WorldSettings
server = RottenServer(WorldSettings.from_json(sys.argv[1]))
server.start()
print(server.pid, flush=True)
os._exit(1)
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waiting for a stranger's end is Linux's")
def test_a_server_ends_with_whoever_started_it() -> None:
    """However that one ended: no orphan holds a port."""
    done = subprocess.run(
        [sys.executable, "-c", ORPHAN, TINY.to_json()],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        check=False,
    )
    try:
        handle = os.pidfd_open(int(done.stdout))
    except ProcessLookupError:
        return
    ended, _, _ = select.select([handle], [], [], 10.0)
    os.close(handle)
    assert ended


def test_a_server_survives_the_ctrl_c_that_is_meant_for_its_client() -> None:
    with RottenServer(TINY) as server:
        os.kill(server.pid, signal.SIGINT)
        assert get(server, "http://host000.example/robots.txt").status == 404


def test_a_world_without_black_holes_needs_none() -> None:
    settings = replace(TINY, other=replace(TINY.other, shares={"gone": 0.2}))
    with RottenServer(settings) as server:
        assert server.blackhole_port is None
        assert not any("blackhole" in rule for rule in server.resolve_rules())


def test_a_name_that_is_not_there_gets_a_page_that_says_so(every_fate_server: RottenServer) -> None:
    """Whoever maps it here by a rule of his own."""
    seen = get(every_fate_server, "http://elsewhere.example/a.jpg")
    assert seen.status == 404


def _fate(world: World, url: str) -> Fate | None:
    asked = world.look_up(url)
    return asked.fate if asked else None
