"""Real worker programs: what they send home, what they leave on the disk, and what their death costs."""

import json
import os
import resource
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from gleanset.errors import GleansetError
from gleanset.fetch.base import FetchSettings
from gleanset.run import local_crew, wire
from gleanset.run.crew import Durable, Lost, Report
from gleanset.run.local_crew import LocalCrew
from gleanset.run.vitals import Vitals
from gleanset.run.wire import Task
from gleanset.store.blobs import HEADER_BYTES, BlobReader
from gleanset.terms.inspection import Flaw, Inspection, Stored, Treatment
from gleanset.terms.outcome import Failure
from gleanset.terms.verdict import BlobRef, Finding

pytestmark = pytest.mark.sockets
PATIENCE_S = 30.0


def jpeg() -> bytes:
    out = BytesIO()
    Image.linear_gradient("L").resize((320, 240)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@cache
def costly_png() -> bytes:
    """Eight megabytes that take half a second to be made a WebP of: noise, and silence behind it."""
    out = BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (1100, 1100, 3), dtype=np.uint8)
    Image.fromarray(noise).save(out, "PNG", compress_level=0)
    return out.getvalue() + bytes(8_000_000 - out.tell())


class Site(BaseHTTPRequestHandler):
    """A picture, a page that is none, and a door that never opens."""

    release = Event()

    def do_GET(self) -> None:
        if self.path.startswith("/hang"):
            self.release.wait(PATIENCE_S)
            return
        if self.path.startswith("/status"):
            self.wfile.write(
                b"HTTP/1.1 404 No\r\nHTTP/1.1 " + b"9" * 30 + b" : \r\nContent-Length: 0\r\n\r\n"
            )
            return
        kind, body = (
            ("image/png", costly_png())
            if self.path.startswith("/costly")
            else ("image/jpeg", jpeg())
            if self.path.startswith("/good")
            else ("text/html", b"<html>no</html>")
        )
        self.send_response(404 if self.path.startswith("/gone") else 200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def site() -> Iterator[int]:
    """The port of a small site on loopback."""
    Site.release.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    server.block_on_close = False
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server.server_address[1]
    Site.release.set()
    server.shutdown()
    server.server_close()


def make_crew(
    folder: Path,
    site: int,
    n_workers: int,
    treatment: Treatment = Treatment(),
    timeout_s: float = PATIENCE_S,
) -> LocalCrew:
    """Workers that find every name at the small site."""
    fetch = FetchSettings(timeout_s=timeout_s, first_byte_s=timeout_s, resolve=(f"*=127.0.0.1:{site}",))
    return LocalCrew(folder / "workers", folder / "blobs", "r1", fetch, treatment, n_workers)


@pytest.fixture
def crew(tmp_path: Path, site: int) -> Iterator[LocalCrew]:
    """Two workers that find every name at the small site."""
    with closing(make_crew(tmp_path, site, 2)) as one:
        yield one


def task(serial: int, path: str) -> Task:
    return Task(
        serial + 100, 1, serial, serial, f"http://host{serial}.example/{path}", f"host{serial}.example", 0
    )


def hear(crew: LocalCrew, enough: Callable[[list[Report]], bool]) -> list[Report]:
    """Receive until ``enough``; the bound is for a test that fails."""
    reports: list[Report] = []
    deadline_s = time.monotonic() + PATIENCE_S
    while not enough(reports):
        assert time.monotonic() < deadline_s, f"only this came: {reports}"
        reports += crew.receive(0.2)
    return reports


def findings(reports: list[Report]) -> dict[int, Finding]:
    return {one.serial: one for one in reports if isinstance(one, Finding)}


def lost_in(reports: list[Report]) -> list[Lost]:
    return [one for one in reports if isinstance(one, Lost)]


def test_a_busy_worker_tells_how_it_fares(crew: LocalCrew) -> None:
    """About once a second, with its number; an idle one says nothing."""
    crew.send([task(1, "hang")])
    reports = hear(crew, lambda r: any(isinstance(one, Vitals) for one in r))
    told = [one for one in reports if isinstance(one, Vitals)]
    assert {one.worker for one in told} == {1}
    assert told[0].n_files > 3
    assert told[0].most_files >= told[0].n_files
    assert told[0].rss_bytes > 10_000_000
    assert told[0].lag_s < PATIENCE_S
    assert (told[0].n_starved, told[0].names_waiting, told[0].decoder_bytes) == (0, 0, 0)


def test_workers_fetch_inspect_and_stash(crew: LocalCrew, tmp_path: Path) -> None:
    """A picture lies in a segment, durable, and what is none has its reason."""
    crew.send([task(1, "good"), task(2, "gone"), task(3, "page")])
    reports = hear(crew, lambda r: len(findings(r)) == 3 and any(isinstance(one, Durable) for one in r))
    found = findings(reports)
    assert found[2].failed is not None
    assert found[2].failed.failure is Failure.NOT_FOUND
    assert found[3].inspection is not None
    assert found[3].inspection.flaw is Flaw.NOT_AN_IMAGE
    blob = found[1].blob
    assert blob is not None
    assert BlobReader(tmp_path / "blobs").read(blob) == jpeg()
    durable = next(one for one in reports if isinstance(one, Durable))
    assert durable.segment == blob.segment
    assert durable.offset >= blob.offset + blob.length


def test_a_worker_that_is_killed_costs_its_leases_and_is_replaced(crew: LocalCrew) -> None:
    """The others work on, its own leases are named, and the crew is whole again."""
    crew.send([task(2, "hang")])
    crew.receive(0.1)
    victim = crew.pids[0]
    os.kill(victim, signal.SIGKILL)
    reports = hear(crew, lambda r: any(isinstance(one, Lost) for one in r))
    lost = next(one for one in reports if isinstance(one, Lost))
    assert lost.serials == (2,)
    assert lost.culprit is None
    assert "SIGKILL" in lost.why
    assert victim not in crew.pids
    crew.send([task(4, "good")])
    assert 4 in findings(hear(crew, lambda r: 4 in findings(r)))


def test_a_cancelled_request_never_comes_home(crew: LocalCrew) -> None:
    """And the worker is free for others."""
    crew.send([task(2, "hang")])
    crew.cancel([2])
    crew.send([task(4, "good")])
    assert set(findings(hear(crew, lambda r: 4 in findings(r)))) == {4}


def test_workers_end_with_their_crew(tmp_path: Path) -> None:
    """No process stays behind."""
    one = LocalCrew(tmp_path / "workers", tmp_path / "blobs", "r1", FetchSettings(), Treatment(), 2)
    pids = one.pids
    one.close()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert not list((tmp_path / "workers").glob("*.now"))


def test_nothing_in_the_folder_of_the_caller_is_run(
    tmp_path: Path, site: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who collects beside files named ``queue.py`` or ``pycurl.py`` did not ask to have them executed."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("queue", "pycurl", "json"):
        (home / f"{name}.py").write_text("import pathlib; pathlib.Path('executed').touch()\n")
    monkeypatch.chdir(home)
    monkeypatch.setenv("PYTHONPATH", os.pathsep)
    with closing(make_crew(tmp_path, site, 1)) as one:
        one.send([task(1, "good")])
        assert 1 in findings(hear(one, lambda r: 1 in findings(r)))
    assert not (home / "executed").exists()


def write_note(folder: Path, number: int, serial: int, since_s: float) -> None:
    """What a worker that is decoding leaves in the file that outlives it."""
    (folder / "workers" / f"worker-{number}.now").write_bytes(struct.pack("<qdd", serial, since_s, 0.0))


def test_a_note_of_an_earlier_life_blames_nobody(tmp_path: Path, site: int) -> None:
    """Serials begin at 1 in each run: what a killed engine left behind names an innocent picture."""
    (tmp_path / "workers").mkdir()
    write_note(tmp_path, 0, 2, time.monotonic())
    with closing(make_crew(tmp_path, site, 1)) as one:
        os.kill(one.pids[0], signal.SIGSTOP)  # it never comes to write a note of its own
        one.send([task(2, "good")])
        os.kill(one.pids[0], signal.SIGKILL)
        lost = next(iter(lost_in(hear(one, lambda r: bool(lost_in(r))))))
    assert (lost.serials, lost.culprit) == ((2,), None)


def test_workers_that_die_three_times_in_a_row_end_the_run(tmp_path: Path, site: int) -> None:
    """Whatever the other workers report meanwhile."""
    with closing(make_crew(tmp_path, site, 2)) as one:
        one.send([task(1, "good")])
        assert 1 in findings(hear(one, lambda r: 1 in findings(r)))
        for life in range(2):
            one.send([task(2, "hang")])
            os.kill(one.pids[0], signal.SIGKILL)
            hear(one, lambda r: bool(lost_in(r)))
            one.send([task(2 * life + 5, "good")])
            hear(one, lambda r: bool(findings(r)))
        os.kill(one.pids[0], signal.SIGKILL)
        with pytest.raises(GleansetError, match=r"Workers end as soon as they start.*SIGKILL"):
            hear(one, lambda _: False)


def test_a_worker_that_reported_something_may_die_again(tmp_path: Path, site: int) -> None:
    """A picture that kills its worker now and then does not end a run."""
    with closing(make_crew(tmp_path, site, 1)) as one:
        for serial in range(4):
            one.send([task(serial, "good")])
            assert serial in findings(hear(one, lambda r: bool(findings(r))))
            os.kill(one.pids[0], signal.SIGKILL)
            hear(one, lambda r: bool(lost_in(r)))


@pytest.fixture
def no_files_left() -> Iterator[Callable[[], None]]:
    """A switch: from then on this process can open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_worker_that_cannot_be_started_is_told_in_a_sentence(
    crew: LocalCrew, no_files_left: Callable[[], None]
) -> None:
    """What was found, what to do now; a list of calls helps nobody."""
    no_files_left()
    os.kill(crew.pids[0], signal.SIGKILL)
    with pytest.raises(
        GleansetError, match=r"Worker 1 could not be started: Too many open files\. .*ulimit -n"
    ):
        hear(crew, lambda _: False)


def test_what_a_slow_worker_wrote_is_made_durable_for_it(tmp_path: Path, site: int) -> None:
    """One worker that is stopped must not hold back the journal of all others."""
    with closing(make_crew(tmp_path, site, 1)) as one:
        one.send([task(1, "good"), task(2, "hang")])
        blob = findings(hear(one, lambda r: bool(findings(r))))[1].blob
        os.kill(one.pids[0], signal.SIGSTOP)
        assert blob is not None
        assert one.rescue(blob.segment) == Durable(blob.segment, blob.offset + HEADER_BYTES + blob.length)


@pytest.mark.parametrize("segment", ["r1-w0-000009.seg", "../pool.arrow", "", "r0-w0-000001.seg"])
def test_a_segment_that_nobody_wrote_is_not_made_durable(crew: LocalCrew, segment: str) -> None:
    assert crew.rescue(segment) is None


def test_a_worker_that_does_nothing_while_decoding_is_killed(
    tmp_path: Path, site: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decoder that holds the interpreter leaves its worker no chance to notice."""
    monkeypatch.setattr(local_crew, "LOOK_EVERY_S", 0.01)
    with closing(make_crew(tmp_path, site, 1)) as one:
        one.send([task(1, "good"), task(2, "hang")])
        hear(one, lambda r: bool(findings(r)))
        os.kill(one.pids[0], signal.SIGSTOP)
        write_note(tmp_path, 0, 2, time.monotonic())
        lost = lost_in(hear(one, lambda r: bool(lost_in(r))))[0]
    assert (lost.serials, lost.culprit) == ((2,), 2)
    assert lost.why == "decoding one picture came to no end"


def test_a_status_of_thirty_digits_is_none(crew: LocalCrew) -> None:
    """A server says what it likes, and the journal cannot hold that; its worker is not to blame."""
    crew.send([task(1, "status")])
    failed = findings(hear(crew, lambda r: 1 in findings(r)))[1].failed
    assert failed is not None
    assert failed.status is None


@pytest.fixture
def possessed(tmp_path: Path, site: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalCrew]:
    """A crew of one, whose worker says what the test writes into its mouth."""
    program = tmp_path / "possessed"
    program.write_text(f"#!/bin/sh\nexec cat {tmp_path}/mouth\n")
    program.chmod(0o755)
    os.mkfifo(tmp_path / "mouth")
    monkeypatch.setattr(sys, "executable", str(program))
    with closing(make_crew(tmp_path, site, 1)) as one:
        yield one
        os.close(os.open(tmp_path / "mouth", os.O_RDWR))  # whoever still waits for words ends


def speak(folder: Path, *messages: object) -> None:
    with (folder / "mouth").open("wb") as mouth:
        mouth.write(b"".join(wire.frame(cast(Any, one)) for one in messages))


def answer(serial: int, **other: Any) -> list[Any]:
    """To ``task(serial, ..)``, as a worker says it: ten bytes at the start of its first segment."""
    stored = Stored("jpeg", 40, 30, 10, bytes(32), "original")
    fields = {
        "candidate": serial + 100,
        "attempt": 1,
        "host": serial,
        "inspection": Inspection(10, bytes(32), None, phash=1, thumbnail=bytes(256), stored=stored),
        "blob": BlobRef("r1-w0-000001.seg", 0, 10),
        **other,
    }
    return wire.finding_out(Finding(elapsed_s=0.5, at_s=1.7e9, serial=serial, **fields))


def first_segment(folder: Path) -> None:
    (folder / "blobs" / "r1-w0-000001.seg").write_bytes(bytes(HEADER_BYTES + 10))


@pytest.mark.parametrize(
    "lie",
    [
        ["findings", [answer(1), answer(2, candidate=7)]],
        ["findings", [answer(1), answer(2, attempt=2)]],
        ["findings", [answer(1), answer(2, host=5)]],
        ["findings", [answer(1, blob=BlobRef("r1-w1-000001.seg", 0, 10))]],
        ["findings", [answer(1, blob=BlobRef("../pool.arrow", 0, 10))]],
        ["findings", [answer(1, blob=BlobRef("r1-w0-1-000001.seg", 0, 10))]],
        ["findings", [answer(1, blob=BlobRef("r1-w0-000002.seg", 0, 10))]],
        ["findings", [answer(1, blob=BlobRef("r1-w0-000001.seg", 1, 10))]],
        ["findings", [answer(1), None]],
        ["findings", 5],
        ["findings"],
        ["durable", "r1-w1-000001.seg", 10],
        ["durable", "r1-w0-000001.seg", -1],
        ["durable", "r1-w0-000001.seg", "10"],
        ["durable", "r1-w0-000001.seg"],
        ["good day"],
        [],
        {"findings": []},
        7,
        json.loads("[" * 900 + "]" * 900),
    ],
)
def test_a_worker_that_speaks_nonsense_is_replaced(
    possessed: LocalCrew, tmp_path: Path, site: int, lie: object
) -> None:
    """It decodes hostile pictures. All its leases are named: nothing of the lie was taken for an answer."""
    first_segment(tmp_path)
    possessed.send([task(1, "good"), task(2, "good")])
    pid = possessed.pids[0]
    speak(tmp_path, lie)
    reports = hear(possessed, lambda r: bool(lost_in(r)))
    lost = lost_in(reports)[0]
    assert reports == [lost]
    assert lost.serials == (1, 2)
    assert lost.why.startswith("it spoke nonsense: ")
    assert possessed.pids[0] != pid


def test_frames_of_brackets_without_end_are_nonsense(possessed: LocalCrew, tmp_path: Path) -> None:
    """Whoever reads them runs out of stack."""
    payload = b"[" * 50_000
    with (tmp_path / "mouth").open("wb") as mouth:
        mouth.write(struct.pack("<I", len(payload)) + payload)
    assert "nonsense" in lost_in(hear(possessed, lambda r: bool(lost_in(r))))[0].why


def test_an_answer_that_crosses_a_cancel_is_ignored(possessed: LocalCrew, tmp_path: Path) -> None:
    """The worker could not know; it lives on."""
    first_segment(tmp_path)
    possessed.send([task(1, "good"), task(2, "good")])
    possessed.cancel([1])
    speak(tmp_path, ["findings", [answer(1), answer(2), answer(2)]])
    reports = hear(possessed, lambda r: bool(lost_in(r)))
    assert [one.serial for one in reports if isinstance(one, Finding)] == [2]
    assert lost_in(reports) == [Lost((), None, "exit code 0")]


def test_no_host_is_blamed_for_a_decoder_that_is_behind(tmp_path: Path, site: int) -> None:
    """Some 100 MB come within a second and take six to decode; a request may last 3 s."""
    costly_png()
    costly = Treatment(size_px=1024, encode="webp", quality=100)
    n = 13
    with closing(make_crew(tmp_path, site, 1, costly, timeout_s=3.0)) as one:
        one.send([task(serial, "costly") for serial in range(n)])
        found = findings(hear(one, lambda r: len(findings(r)) == n)).values()
    assert [each.failed for each in found] == [None] * n
