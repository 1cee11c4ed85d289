"""How a worker drives a fetcher: orders, cancelling, waking, watching, and running out of sockets."""

import contextlib
import os
import subprocess
import sys
import threading

import pytest
from hostile_web import BOUND_S, PICTURE, Client, HostileServer, NameServer, Visit, drain, ok

from gleanset.errors import UsageError
from gleanset.fetch.base import FetchSettings, Order
from gleanset.fetch.budget import Budget
from gleanset.fetch.loop import READ, WRITE, EpollPoller, Loop, Poller, SelectorPoller, Timers, now_s
from gleanset.terms.outcome import Failed, Failure, Fault, Fetched

pytestmark = pytest.mark.sockets


def order(ticket: int, path: str = "/ok") -> Order:
    return Order(ticket, f"http://site.example{path}", "site.example")


def test_settings_travel_as_json() -> None:
    """A worker gets exactly what the engine meant; a word it does not know is an error."""
    settings = FetchSettings(
        timeout_s=3.5, resolve=("*=127.0.0.1:1", "a=[::1]"), allow_private=("all",), insecure=True
    )
    assert FetchSettings.from_json(settings.to_json()) == settings
    assert hash(FetchSettings.from_json(settings.to_json())) == hash(settings)
    with pytest.raises(TypeError):
        FetchSettings.from_json('{"no_such_setting": 1}')


def test_a_cancelled_order_never_arrives(web: HostileServer, client: Client) -> None:
    """In the middle of its transfer or before it; unknown tickets are nobody's business."""
    web.answers["/mute"] = Visit.hang
    with contextlib.closing(client.open()) as fetcher:
        for ticket in range(3):
            fetcher.start(order(ticket, "/mute"))
        fetcher.cancel(0)
        while not web.hits["/mute"]:
            assert fetcher.poll(0.05) == []
        fetcher.cancel(1)
        fetcher.cancel(2)
        fetcher.cancel(99)
        assert fetcher.in_flight == 0
        fetcher.start(order(1))
        assert [arrival.ticket for arrival in drain(fetcher)] == [1]


def test_an_order_that_is_refused_at_once_arrives_by_poll(client: Client) -> None:
    """``start`` never ends an order; nothing waits for the network."""
    with contextlib.closing(client.open()) as fetcher:
        fetcher.start(Order(5, "http://127.0.0.1/", "127.0.0.1"))
        assert fetcher.in_flight == 1
        (arrival,) = fetcher.poll(BOUND_S)
        assert isinstance(arrival.result, Failed)
        assert (arrival.result.failure, fetcher.in_flight) == (Failure.BLOCKED_ADDRESS, 0)


def test_an_order_without_a_url_that_can_be_one_is_a_bad_url(client: Client) -> None:
    """The fetcher trusts nobody's normalising."""
    for url in ("", "ftp://site.example/", "http://", "http://a b/", "nonsense"):
        arrival = client.get_all(url if "://" in url else f"x{url}://", group="x")[0]
        assert isinstance(arrival.result, Failed)
        assert arrival.result.failure in (Failure.BAD_URL, Failure.BLOCKED_ADDRESS)


def test_another_thread_can_end_a_poll(web: HostileServer, client: Client) -> None:
    """Before it starts or while it waits; once each."""
    web.answers["/mute"] = Visit.hang
    with contextlib.closing(client.open()) as fetcher:
        fetcher.start(order(1, "/mute"))
        fetcher.wake()
        fetcher.wake()
        assert fetcher.poll(BOUND_S) == []
        thread = threading.Thread(target=fetcher.wake)
        thread.start()
        assert fetcher.poll(BOUND_S) == []
        thread.join()


def test_a_watched_file_is_read_inside_poll(client: Client) -> None:
    """The worker's pipe has no thread of its own; reading it ends the poll."""
    readable, writable = os.pipe()
    heard: list[bytes] = []
    with contextlib.closing(client.open()) as fetcher:
        fetcher.watch(readable, lambda: heard.append(os.read(readable, 100)))
        os.write(writable, b"lease")
        assert fetcher.poll(BOUND_S) == []
        assert heard == [b"lease"]
        os.close(writable)
        fetcher.poll(BOUND_S)
        assert heard == [b"lease", b""]
    os.close(readable)


def test_orders_may_be_started_from_a_watcher(client: Client) -> None:
    """That is where leases come in."""
    readable, writable = os.pipe()
    with contextlib.closing(client.open()) as fetcher:
        fetcher.watch(readable, lambda: fetcher.start(order(len(os.read(readable, 100)))))
        os.write(writable, b"1234567")
        fetcher.poll(BOUND_S)
        assert [arrival.ticket for arrival in drain(fetcher)] == [7]
    os.close(readable)
    os.close(writable)


def test_closing_in_the_middle_frees_everything(web: HostileServer, client: Client) -> None:
    """Transfers, look-ups and waiting orders are dropped; no file stays open."""
    web.answers["/mute"] = Visit.hang
    before = set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()  # noqa: PTH112, PTH208
    ours = client.open(max_in_flight=3, dns_servers=("127.0.0.1:9",), resolve=())
    pinned = client.open(max_in_flight=3)
    for ticket in range(10):
        ours.start(Order(ticket, f"http://h{ticket}.example/", "h"))
        pinned.start(order(ticket, "/mute"))
    while not web.hits["/mute"]:
        pinned.poll(0.05)
    ours.close()
    pinned.close()
    after = set(os.listdir("/proc/self/fd")) if before else set()  # noqa: PTH208
    assert len(after) <= len(before) + 3  # the server's own connections end by themselves


def test_more_orders_than_places_all_arrive(web: HostileServer, client: Client) -> None:
    """Those that wait are not timed: nobody else is to blame."""
    arrivals = client.get_all(*["/ok"] * 50, max_in_flight=2)
    assert all(isinstance(arrival.result, Fetched) for arrival in arrivals)
    assert web.n_connections <= 2


FEW_FILES = """
import collections, resource, sys
from gleanset.fetch.base import FetchSettings, Order
from gleanset.fetch.http import CurlFetcher
from gleanset.terms.outcome import Fetched
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
fetcher = CurlFetcher(FetchSettings(resolve=(f"*=127.0.0.1:{sys.argv[1]}",)), lambda host: host)
for ticket in range(100):
    fetcher.start(Order(ticket, f"http://h{ticket}.example/ok", "h"))
ended = collections.Counter()
while fetcher.in_flight:
    for arrival in fetcher.poll(1.0):
        ended["ok" if isinstance(arrival.result, Fetched) else arrival.result] += 1
fetcher.close()
print(dict(ended))
"""


def test_running_out_of_sockets_loses_no_order(web: HostileServer) -> None:
    """A hundred orders in a process that may open forty files: fewer run, the others wait, all arrive."""
    command = [sys.executable, "-W", "error", "-c", FEW_FILES, str(web.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BOUND_S, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == "{'ok': 100}"


HELD_FILES = """
import os, resource, sys
from gleanset.fetch.base import FetchSettings, Order
from gleanset.fetch.http import CurlFetcher
from gleanset.terms.outcome import Failed, Fetched
web, dns, pinned = sys.argv[1], sys.argv[2], sys.argv[3] == "pinned"
rule = (f"*=127.0.0.1:{web}",) if pinned else ()
few = {"dns_servers": (dns,), "allow_private": ("all",), "timeout_s": float(sys.argv[4])}
fetcher = CurlFetcher(FetchSettings(resolve=rule, **few), lambda host: host)
resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
held = []
try:
    while True:
        held.append(os.open(os.devnull, os.O_RDONLY))
except OSError:
    pass
for ticket in range(30):
    fetcher.start(Order(ticket, f"http://h{ticket}.example:{web}/ok", "h"))
arrivals = fetcher.poll(0.3)
print(len(arrivals), fetcher.n_starved > 0)
if sys.argv[5] == "free":
    for fd in held:
        os.close(fd)
while fetcher.in_flight:
    arrivals += fetcher.poll(1.0)
fetcher.close()
results = [arrival.result for arrival in arrivals]
print({r.failure.word if isinstance(r, Failed) else r.status for r in results}, len(results))
"""


def hold_all_files(web: HostileServer, names: NameServer, *arguments: str) -> str:
    """What thirty orders come to in a process whose files are all held by somebody else."""
    command = [sys.executable, "-W", "error", "-c", HELD_FILES, str(web.port), names.address, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BOUND_S, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("how", ["pinned", "looked-up"])
def test_when_files_come_back_all_orders_arrive(web: HostileServer, names: NameServer, how: str) -> None:
    """Not one socket for a while, neither for a connection nor for a look-up: nobody is blamed for it."""
    names.zone |= {f"h{n}.example": ["127.0.0.1"] for n in range(30)}
    said = hold_all_files(web, names, how, "20", "free")
    assert said.splitlines() == [f"0 {how == 'pinned'}", "{200} 30"]


def test_when_files_never_come_back_orders_end_as_our_fault(web: HostileServer, names: NameServer) -> None:
    """In the total time of a request, not never; the host's name stays clean."""
    said = hold_all_files(web, names, "pinned", "1", "hold")
    assert said.splitlines() == ["0 True", "{'rate-limited'} 30"]
    assert Failure.RATE_LIMITED.fault is Fault.US


def test_a_rate_limit_delays_and_spoils_nothing(web: HostileServer, client: Client) -> None:
    """Bodies come whole, and slowness of our own making is not held against the host."""
    web.answers["/big"] = ok(bytes(300_000))
    urls = [f"http://h{n}.example/big" for n in range(5)]
    arrivals = client.get_all(*urls, limit_rate_bytes_per_s=3_000_000, min_speed_over_s=0.05)
    assert [len(a.result.body) for a in arrivals if isinstance(a.result, Fetched)] == [300_000] * 5
    assert max(arrival.elapsed_s for arrival in arrivals) > 0.3  # 1.5 MB at 3 MB/s, less the head start


def test_a_budget_is_filled_by_time_and_overdrawn_by_one_chunk() -> None:
    """What was overdrawn is paid back before anything more is read; idling saves nothing up."""
    budget = Budget(1000)
    at_s = now_s() + 100
    budget.fill(at_s)
    assert budget.bytes_left == 100
    assert budget.take(350)
    assert not budget.take(1)
    assert not budget.fill(at_s + 0.2)
    assert budget.fill(at_s + 0.3)
    assert budget.take(1)


@pytest.fixture(params=[EpollPoller, SelectorPoller])
def poller(request: pytest.FixtureRequest) -> Poller:
    """Both ways of asking the operating system."""
    made: Poller = request.param()
    return made


def test_both_pollers_tell_the_same(poller: Poller) -> None:
    """Ready to read, ready to write, both; changed and forgotten; closed and given out again."""
    with contextlib.closing(Loop(poller)) as loop:
        seen: list[int] = []
        readable, writable = os.pipe()
        loop.attach(writable, WRITE, lambda _, events: seen.append(events))
        loop.wait(0.0)
        assert seen == [WRITE]
        loop.attach(writable, 0, print)
        loop.attach(writable, 0, print)
        loop.attach(readable, READ, lambda _, events: seen.append(events))
        loop.wait(0.0)
        assert seen == [WRITE]
        os.write(writable, b"x")
        loop.wait(BOUND_S)
        assert seen == [WRITE, READ]
        loop.attach(readable, 0, print)
        os.close(readable)
        os.close(writable)


def test_timers_run_in_order_and_once() -> None:
    """Equal moments in the order in which they were set."""
    timers, calls = Timers(), []
    for when_s, name in ((2.0, "c"), (1.0, "a"), (1.0, "b"), (9.0, "d")):
        timers.at(when_s, lambda _, name=name: calls.append(name))
    timers.run(2.0)
    assert calls == ["a", "b", "c"]
    assert timers.next_s() == 9.0
    timers.run(2.0)
    assert calls == ["a", "b", "c"]


@pytest.mark.parametrize(
    "proxy", ["nonsense://127.0.0.1:1", "http://nobody.invalid:3128", "http://127.0.0.1:banana"]
)
def test_a_proxy_that_cannot_be_one_is_said_at_once(client: Client, proxy: str) -> None:
    """Before the first request."""
    with pytest.raises(UsageError, match="--proxy"):
        client.open(proxy=proxy)


def test_the_environments_proxy_is_not_used(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would hide the target from the guard."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert isinstance(client.get("/ok").result, Fetched)


def test_a_proxy_that_was_asked_for_is_used(web: HostileServer, client: Client) -> None:
    """It is told the name, and the guard still judges the target first."""
    web.answers["http://site.example/x"] = ok()
    proxy = f"http://127.0.0.1:{web.port}"
    good, bad = client.get_all(
        "http://site.example/x", "http://127.0.0.1/x", proxy=proxy, resolve=("*=93.184.216.34",)
    )
    assert isinstance(good.result, Fetched)
    assert good.result.body == PICTURE
    assert isinstance(bad.result, Failed)
    assert bad.result.failure is Failure.BLOCKED_ADDRESS


def test_a_proxy_tunnels_to_the_address_that_was_checked(web: HostileServer, client: Client) -> None:
    """For https it is told the address, so that it cannot be talked into another one."""
    proxy = f"http://127.0.0.1:{web.port}"
    web.answers["93.184.216.34:443"] = ok(b"no", status="403 Forbidden")
    arrival = client.get("https://site.example/x", proxy=proxy, resolve=("*=93.184.216.34",))
    assert isinstance(arrival.result, Failed)
    assert web.hits == {"93.184.216.34:443": 1}


def test_cancelling_makes_room_for_those_who_wait(web: HostileServer, client: Client) -> None:
    """Running or waiting, a cancelled order leaves its place to the next."""
    web.answers["/mute"] = Visit.hang
    with contextlib.closing(client.open(max_in_flight=1)) as fetcher:
        fetcher.start(order(1, "/mute"))
        fetcher.start(order(2, "/mute"))
        fetcher.start(order(3))
        fetcher.cancel(2)
        fetcher.cancel(1)
        assert [arrival.ticket for arrival in drain(fetcher)] == [3]
    assert web.hits["/ok"] == 1


def test_a_cancelled_look_up_disturbs_nobody(names: NameServer, web: HostileServer) -> None:
    """Two orders wait for one name; one of them goes away."""
    names.zone["site.example"] = ["127.0.0.1"]
    client = Client(web, {"resolve": (), "dns_servers": (names.address,), "allow_private": ("all",)})
    with contextlib.closing(client.open()) as fetcher:
        for ticket in (1, 2):
            fetcher.start(Order(ticket, f"http://site.example:{web.port}/ok", "site.example"))
        fetcher.cancel(1)
        (arrival,) = drain(fetcher)
    assert arrival.ticket == 2
    assert isinstance(arrival.result, Fetched)
