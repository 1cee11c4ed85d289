"""What a request costs: CPU seconds per 1,000 GETs of 95 kB from nginx on loopback.

    python benchmarks/bench_fetch.py [--requests 4000] [--rounds 3]

Two loads, each by a bare ``CurlMulti`` loop and by ``CurlFetcher``, interleaved round by round: 64 in flight
to four hosts with keep-alive, and 256 in flight to 200 hosts on connections that the server closes. Then
2,000 requests to a socket that accepts nobody: the CPU that waiting costs. Needs ``nginx`` on PATH.
"""

import argparse
import resource
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pycurl

from gleanset.fetch.base import FetchSettings, Order
from gleanset.fetch.http import CurlFetcher
from gleanset.terms.outcome import Failed, Failure, Fetched

BODY = 95_000
CONFIG = """
worker_processes 1; daemon off; pid {root}/pid; error_log /dev/null;
events {{ worker_connections 4096; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; root {root}/www;
    client_body_temp_path {root}; proxy_temp_path {root}; fastcgi_temp_path {root};
    uwsgi_temp_path {root}; scgi_temp_path {root};
    server {{ listen 127.0.0.1:{port} backlog=4096; keepalive_timeout 65; }}
    server {{ listen 127.0.0.1:{closing_port} backlog=4096; keepalive_timeout 0; }}
}}
"""


@dataclass(frozen=True)
class Load:
    name: str
    urls: list[str]
    port: int
    in_flight: int


@contextmanager
def nginx() -> Iterator[tuple[int, int]]:
    """Serves one picture's worth of bytes on two ports: keep-alive, and closing."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        (root / "www").mkdir()
        (root / "www" / "x.jpg").write_bytes(b"\xff\xd8" + bytes(BODY - 2))
        ports = free_port(), free_port()
        (root / "conf").write_text(CONFIG.format(root=root, port=ports[0], closing_port=ports[1]))
        server = subprocess.Popen(["nginx", "-c", str(root / "conf")], stderr=subprocess.DEVNULL)
        try:
            wait_for(ports[0])
            yield ports
        finally:
            server.terminate()
            server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    raise SystemExit("nginx did not start")


def bare(load: Load) -> None:
    """The least that a program using pycurl can do."""
    multi = pycurl.CurlMulti()
    free, todo, left = [], list(load.urls), len(load.urls)
    for _ in range(load.in_flight):
        easy = pycurl.Curl()
        easy.setopt(pycurl.NOSIGNAL, 1)
        easy.setopt(pycurl.CONNECT_TO, [f"::127.0.0.1:{load.port}"])
        free.append(easy)
    while left:
        while free and todo:
            easy = free.pop()
            easy.chunks = []
            easy.setopt(pycurl.URL, todo.pop())
            easy.setopt(pycurl.WRITEFUNCTION, easy.chunks.append)
            multi.add_handle(easy)
        multi.perform()
        _, done, failed = multi.info_read()
        assert not failed, failed
        for easy in done:
            assert len(b"".join(easy.chunks)) == BODY
            multi.remove_handle(easy)
            free.append(easy)
        left -= len(done)
        multi.select(1.0)
    multi.close()


def ours(load: Load) -> None:
    fetcher = CurlFetcher(FetchSettings(resolve=(f"*=127.0.0.1:{load.port}",)), lambda host: host)
    todo, left = list(enumerate(load.urls)), len(load.urls)
    while left:
        while todo and fetcher.in_flight < load.in_flight:
            ticket, url = todo.pop()
            fetcher.start(Order(ticket, url, "h"))
        for arrival in fetcher.poll(1.0):
            assert isinstance(arrival.result, Fetched), arrival
            assert len(arrival.result.body) == BODY
            left -= 1
    fetcher.close()


def blackholes(n: int, timeout_s: float) -> str:
    """The CPU of ``n`` requests that hang until their time is over."""
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen(0)
        fillers = [socket.socket() for _ in range(2)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(hole.getsockname())
        rule = f"*=127.0.0.1:{hole.getsockname()[1]}"
        settings = FetchSettings(connect_timeout_s=timeout_s, timeout_s=2 * timeout_s, resolve=(rule,))
        fetcher = CurlFetcher(settings, lambda host: host)
        before_s, started_s = cpu_s(), time.monotonic()
        for ticket in range(n):
            fetcher.start(Order(ticket, f"http://h{ticket}.example/x.jpg", "h"))
        ended: dict[Failure, int] = {}
        while fetcher.in_flight:
            for arrival in fetcher.poll(1.0):
                assert isinstance(arrival.result, Failed), arrival
                ended[arrival.result.failure] = ended.get(arrival.result.failure, 0) + 1
        used_s, took_s = cpu_s() - before_s, time.monotonic() - started_s
        fetcher.close()
        words = ", ".join(f"{count} {failure.word}" for failure, count in ended.items())
        return f"{n} blackholes, {took_s:.1f} s: {used_s:.2f} CPU s ({words})"


def cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def cost(run: Callable[[Load], None], load: Load) -> float:
    before_s = cpu_s()
    run(load)
    return (cpu_s() - before_s) / len(load.urls) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--blackholes", type=int, default=2000)
    args = parser.parse_args()
    if shutil.which("nginx") is None:
        raise SystemExit("nginx is not on PATH: apt-get install nginx-light")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with nginx() as (keeping, closing):
        n = args.requests
        loads = [
            Load(
                "64 in flight, keep-alive", [f"http://h{i % 4}.example/x.jpg" for i in range(n)], keeping, 64
            ),
            Load(
                "256 in flight, new connections",
                [f"http://h{i % 200}.example/x.jpg" for i in range(n)],
                closing,
                256,
            ),
        ]
        for load in loads:
            costs = [(cost(bare, load), cost(ours, load)) for _ in range(args.rounds)]
            floor, own = (statistics.median(column) for column in zip(*costs, strict=True))
            print(f"{load.name}: bare {floor:.3f}, ours {own:.3f} CPU s per 1,000 ({own / floor:.2f}x)")
    print(blackholes(args.blackholes, 5.0))


if __name__ == "__main__":
    main()
