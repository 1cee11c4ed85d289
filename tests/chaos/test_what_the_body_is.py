"""Rows 32 to 40: the bytes decide, whatever the headers say; and what hostile bodies cost in memory."""

import contextlib
import gzip
import subprocess
import sys
from collections import Counter
from io import BytesIO

import pytest
from hostile_web import BOUND_S, Client, HostileServer, Visit, ok
from PIL import Image
from pyarrow import Codec

from gleanset.inspection.inspector import inspect
from gleanset.terms.inspection import Flaw, Treatment
from gleanset.terms.outcome import Failed, Failure, Fetched

pytestmark = pytest.mark.sockets

PAGE = b"<!DOCTYPE html><html><body>not found</body></html>"
PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


def jpeg() -> bytes:
    out = BytesIO()
    Image.linear_gradient("L").resize((320, 240)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "body", "flaw"),
    [
        ("text/html", PAGE, Flaw.NOT_AN_IMAGE),
        ("image/jpeg", PAGE, Flaw.NOT_AN_IMAGE),
        ("text/html", jpeg(), None),
        ("application/octet-stream", jpeg(), None),
        ("image/gif", PIXEL, Flaw.TOO_SMALL),
        ("image/jpeg", jpeg()[:-1000], Flaw.TRUNCATED),
    ],
    ids=["page", "page-called-jpeg", "jpeg-called-page", "octet-stream", "pixel", "cut"],
)
def test_the_bytes_decide(
    web: HostileServer, client: Client, kind: str, body: bytes, flaw: Flaw | None
) -> None:
    """Rows 37 to 40, and 32 for a body without a length that was closed early."""
    head = f"HTTP/1.0 200 OK\r\nContent-Type: {kind}\r\n\r\n".encode()
    web.answers["/x"] = lambda visit: visit.send(head + body)
    result = client.get("/x").result
    assert isinstance(result, Fetched)
    seen, _ = inspect(result.body, Treatment())
    assert seen.flaw is flaw


def test_a_length_that_is_too_small_leaves_half_a_picture(web: HostileServer, client: Client) -> None:
    """Row 33: the rest is ignored, and the decoder says what it is."""
    body = jpeg()
    web.answers["/x"] = b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + body
    result = client.get("/x").result
    assert isinstance(result, Fetched)
    seen, _ = inspect(result.body, Treatment())
    assert seen.flaw is Flaw.TRUNCATED


@pytest.mark.parametrize("body", [b"", b"\xff"])
def test_nothing_is_empty(web: HostileServer, client: Client, body: bytes) -> None:
    """Row 40: 0 bytes or 1 are not even looked at."""
    web.answers["/x"] = ok(body, "Content-Type: image/jpeg")
    result = client.get("/x").result
    assert isinstance(result, Failed)
    assert (result.failure, result.failure.transient) == (Failure.EMPTY, False)


HUNGRY = """
import resource, sys
from pathlib import Path
from gleanset.fetch.base import FetchSettings, Order
from gleanset.fetch.http import CurlFetcher
from gleanset.terms.outcome import Failed
fetcher = CurlFetcher(FetchSettings(resolve=(f"*=127.0.0.1:{sys.argv[1]}",)), lambda host: host)
said = []
def get(*paths):
    for ticket, path in enumerate(paths):
        fetcher.start(Order(ticket, f"http://h.example{path}", "h.example"))
    while fetcher.in_flight:
        for arrival in fetcher.poll(1.0):
            said.append(arrival.result.failure.word if isinstance(arrival.result, Failed) else "fetched")
def peak_mb():
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**20
    # Not ru_maxrss, which counts what our parent held when it forked.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024
get("/ok")
before_mb = peak_mb()
for paths in sys.argv[2:]:
    get(*paths.split(","))
fetcher.close()
print(*said[1:])
print(peak_mb() - before_mb)
"""


def endless(visit: Visit) -> None:
    visit.send(b"HTTP/1.1 200 OK\r\n\r\n")
    with contextlib.suppress(OSError):
        while not visit.closing.is_set():
            visit.send(bytes(1 << 18))


def feed(web: HostileServer, *paths: str) -> tuple[Counter[str], int]:
    """What paths come to in a process of their own (those joined by commas at once), and by how many MB its
    memory grew at the most.
    """
    command = [sys.executable, "-W", "error", "-c", HUNGRY, str(web.port), *paths]
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * BOUND_S, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    said, grown_mb = done.stdout.splitlines()
    return Counter(said.split()), int(grown_mb)


def test_hostile_bodies_cost_a_worker_no_memory(web: HostileServer) -> None:
    """Rows 27, 30, 35 and promise G11: an endless body, bombs of 200 MB and bombs within bombs by gzip and
    brotli, a megabyte of headers, one after the other: at most 64 MB more, and nothing is kept.
    """
    bomb = gzip.compress(bytes(200_000_000), 9)
    nested = gzip.compress(bomb, 9)
    brotli = Codec("brotli", compression_level=11)
    smallest = brotli.compress(bytes(200_000_000), asbytes=True)
    web.answers |= {
        "/endless": endless,
        "/bomb": ok(bomb, "Content-Encoding: gzip"),
        "/nested": ok(nested, "Content-Encoding: gzip, gzip"),
        "/br": ok(smallest, "Content-Encoding: br"),
        "/br-in-gzip": ok(gzip.compress(smallest), "Content-Encoding: br, gzip"),
        "/header": lambda visit: visit.send(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_100_000 + b"\r\n\r\n"),
        "/headers": lambda visit: visit.send(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200_000 + b"\r\n"),
    }
    paths = list(web.answers)[1:] * 3
    said, grown_mb = feed(web, *paths)
    assert said == {"too-large": 15, "protocol": 6}
    assert grown_mb <= 64
    assert web.hits == {"/ok": 1} | dict.fromkeys(paths, 3)


def test_many_hostile_bodies_at_once_cost_no_more(web: HostileServer) -> None:
    """Promise G11 with thirty-two at a time: large bodies share one room and wait for it. A large picture
    among them comes whole; a bomb that finds no room is not worth waiting for, but may be asked for again.
    """
    web.answers |= {
        "/endless": endless,
        "/large": ok(bytes(3_000_000)),
        "/bomb": ok(gzip.compress(bytes(200_000_000), 9), "Content-Encoding: gzip"),
    }
    said, grown_mb = feed(web, ",".join(["/endless"] * 32 + ["/large", "/ok"]), ",".join(["/bomb"] * 8))
    assert said["fetched"] == 2
    assert said["too-large"] >= 33
    assert said["too-large"] + said["rate-limited"] == 40
    assert grown_mb <= 72  # 64, and what thirty-four connections take
