"""Errands of a real worker: rules come home as a few lines, opt-outs as failures without a picture."""

import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest
from PIL import Image

from gleanset.fetch.base import FetchSettings
from gleanset.run.local_crew import LocalCrew
from gleanset.run.permits import Permits, Refused
from gleanset.run.wire import Task
from gleanset.terms.inspection import Treatment
from gleanset.terms.outcome import Errand, Failed, Failure, Moved
from gleanset.terms.verdict import Finding

pytestmark = pytest.mark.sockets
PATIENCE_S = 30.0
AGENT = "gleanset/1.0 (+me@example.org)"


def jpeg() -> bytes:
    out = BytesIO()
    Image.linear_gradient("L").resize((320, 240)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


class Site(BaseHTTPRequestHandler):
    """Its robots.txt depends on the host's name, and so do the headers of its pictures."""

    def do_GET(self) -> None:
        host = self.headers["Host"].partition(":")[0]
        if self.path != "/robots.txt":
            headers = {"X-Robots-Tag": "noai"} if host.startswith("shy") else {}
            self.answer(200, jpeg(), headers)
            return
        rules = b"User-agent: gleanset\nDisallow: /private/\n"
        match host.split(".")[0]:
            case "ruled":
                self.answer(200, b"User-agent: *\nDisallow: /\n\n" + rules)
            case "foreign":
                self.answer(200, rules + b"Disallow: /" + b"\xff" * 2_000_000)
            case "silent":
                self.answer(200, b"")
            case "away":
                self.answer(301, b"", {"Location": "http://elsewhere.test/robots.txt"})
            case "broken":
                self.answer(503, b"", {"Retry-After": "77"})
            case _:
                self.answer(404, b"none")

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[LocalCrew]:
    """One worker that finds every name at the site, and respects what sites say."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    server.block_on_close = False
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    rule = f"*=127.0.0.1:{server.server_address[1]}"
    fetch = FetchSettings(resolve=(rule,), user_agent=AGENT, robots=True, opt_outs=True)
    with closing(LocalCrew(tmp_path / "workers", tmp_path / "blobs", "r1", fetch, Treatment(), 1)) as one:
        yield one
    server.shutdown()
    server.server_close()


def do(crew: LocalCrew, errand: Errand, *urls: str) -> list[Finding]:
    """The findings in the order of the URLs."""
    hosts = [url.split("/")[2] for url in urls]
    crew.send([Task(n, 1, n, n, urls[n], hosts[n], 0, errand.value) for n in range(len(urls))])
    found: dict[int, Finding] = {}
    deadline_s = time.monotonic() + PATIENCE_S
    while len(found) < len(urls):
        assert time.monotonic() < deadline_s, f"only this came: {found}"
        found |= {one.serial: one for one in crew.receive(0.2) if isinstance(one, Finding)}
    return [found[n] for n in range(len(urls))]


def robots_of(*names: str) -> list[str]:
    return [f"http://{name}.example/robots.txt" for name in names]


def test_a_robots_txt_comes_home_as_the_rules_for_us(crew: LocalCrew) -> None:
    """Not as a picture, and not as the megabytes that it may have."""
    ruled, foreign, silent = do(crew, Errand.ROBOTS, *robots_of("ruled", "foreign", "silent"))
    assert ruled.rules == foreign.rules == "User-agent: gleanset\nDisallow: /private/"
    assert silent.rules == ""
    assert ruled.status == 200
    assert ruled.inspection is ruled.failed is ruled.moved is ruled.blob is None


def test_what_is_no_robots_txt_comes_home_as_what_it_is(crew: LocalCrew) -> None:
    """Whoever keeps the book knows what each means."""
    missing, broken, away = do(crew, Errand.ROBOTS, *robots_of("missing", "broken", "away"))
    assert missing.failed == Failed(Failure.NOT_FOUND, 404)
    assert broken.failed == Failed(Failure.SERVER_ERROR, 503, retry_after_s=77.0)
    assert away.moved == Moved("http://elsewhere.test/robots.txt", 1)


def test_a_finding_is_what_the_book_of_sites_wants_to_hear(crew: LocalCrew) -> None:
    """From the book's question to its answer, over a real worker and a real wire."""
    permits = Permits(True, AGENT)
    (finding,) = do(crew, Errand.ROBOTS, *robots_of("ruled"))
    permits.asking("ruled.example")
    assert finding.rules is not None
    permits.hear("ruled.example", finding.rules, 0.0)
    assert permits.look("http://ruled.example/private/a.jpg", 1.0) == Refused(
        "robots.txt disallows it, the group for gleanset"
    )


def test_a_picture_that_opts_out_is_a_failure_with_its_header(crew: LocalCrew) -> None:
    """The URL's own: its host has done nothing wrong."""
    shy, plain = do(crew, Errand.IMAGE, "http://shy.example/a.jpg", "http://plain.example/a.jpg")
    assert shy.failed == Failed(Failure.OPTED_OUT, 200, "x-robots-tag: noai")
    assert shy.blob is None
    assert plain.blob is not None
