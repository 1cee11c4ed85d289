"""Row 56: a codec that crashes, hangs or eats memory costs one image, and the run goes on."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
from hostile_web import BOUND_S, HostileServer, ok
from PIL import Image

from gleanset.errors import GleansetError
from gleanset.fetch.base import FetchSettings
from gleanset.run import local_crew
from gleanset.run.crew import Lost, Report
from gleanset.run.local_crew import MOST_CRASHES_IN_A_ROW, LocalCrew
from gleanset.run.watch import cpu_s_of_process
from gleanset.run.wire import Task
from gleanset.terms.inspection import Flaw, Treatment
from gleanset.terms.verdict import Finding

pytestmark = pytest.mark.sockets

MOST_RESTART_CPU_S = 1.0
"""What a new worker computes until its first finding; by the clock that depends on who else is there."""
DEADLY = {"segfault": "SIGSEGV", "abort": "SIGABRT", "kill": "SIGKILL", "exit": "exit code 0"}


def jpeg(fault: str = "") -> bytes:
    out = BytesIO()
    picture = Image.linear_gradient("L").resize((320, 240)).convert("RGB")
    picture.save(out, "JPEG", comment=f"fault:{fault}.".encode() if fault else b"")
    return out.getvalue()


@pytest.fixture
def crew(tmp_path: Path, web: HostileServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalCrew]:
    """One worker with the faulty codec, to whom every name is the hostile web."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).with_name("faulty_codec")))
    fetch = FetchSettings(resolve=(f"*=127.0.0.1:{web.port}",))
    with closing(LocalCrew(tmp_path / "workers", tmp_path / "blobs", "r1", fetch, Treatment(), 1)) as one:
        yield one


def task(serial: int, path: str) -> Task:
    return Task(serial, 1, serial, serial, f"http://h{serial}.example{path}", f"h{serial}.example", 0)


def hear(
    crew: LocalCrew, enough: Callable[[list[Report]], bool], patience_s: float = BOUND_S
) -> list[Report]:
    reports: list[Report] = []
    deadline_s = time.monotonic() + patience_s
    while not enough(reports):
        assert time.monotonic() < deadline_s, f"only this came: {reports}"
        reports += crew.receive(0.2)
    return reports


def lost_in(reports: list[Report]) -> list[Lost]:
    return [one for one in reports if isinstance(one, Lost)]


def found_in(reports: list[Report]) -> dict[int, Finding]:
    return {one.serial: one for one in reports if isinstance(one, Finding)}


def test_the_faulty_codec_is_a_codec(crew: LocalCrew, web: HostileServer) -> None:
    """Else the other tests of this file would show nothing."""
    web.answers["/good"] = ok(jpeg())
    crew.send([task(1, "/good")])
    seen = found_in(hear(crew, lambda r: bool(found_in(r))))[1].inspection
    assert seen is not None
    assert (seen.flaw, seen.width_px) == (None, 320)


@pytest.mark.parametrize("fault", DEADLY)
def test_a_decoder_that_dies_costs_one_image(crew: LocalCrew, web: HostileServer, fault: str) -> None:
    """It is named, and the next worker is at work; what else it held comes back without blame."""
    web.answers |= {"/bad": ok(jpeg(fault)), "/good": ok(jpeg()), "/mute": lambda visit: visit.hang()}
    pid = crew.pids[0]
    crew.send([task(1, "/mute"), task(2, "/bad")])
    lost = lost_in(hear(crew, lambda r: bool(lost_in(r))))[0]
    assert (lost.culprit, set(lost.serials)) == (2, {1, 2})
    assert DEADLY[fault] in lost.why
    assert crew.pids[0] != pid
    crew.send([task(3, "/good")])
    assert found_in(hear(crew, lambda r: bool(found_in(r))))[3].blob is not None
    used_s = cpu_s_of_process(crew.pids[0])
    assert used_s is None or used_s < MOST_RESTART_CPU_S


def test_a_decoder_that_eats_memory_is_told_that_there_is_no_more(
    crew: LocalCrew, web: HostileServer
) -> None:
    """Its worker lives on, and so do all requests that it has under way."""
    web.answers |= {"/bad": ok(jpeg("hunger")), "/good": ok(jpeg())}
    pid = crew.pids[0]
    crew.send([task(1, "/bad"), task(2, "/good")])
    found = found_in(hear(crew, lambda r: len(found_in(r)) == 2))
    seen = found[1].inspection
    assert seen is not None
    assert (seen.flaw, found[1].blob) == (Flaw.DECODER_CRASH, None)
    assert found[2].blob is not None
    assert crew.pids[0] == pid


def test_a_decoder_that_loops_is_ended_by_its_worker(crew: LocalCrew, web: HostileServer) -> None:
    """After ten seconds of processor time, however long that takes."""
    web.answers |= {"/bad": ok(jpeg("loop")), "/good": ok(jpeg())}
    crew.send([task(1, "/bad")])
    lost = lost_in(hear(crew, lambda r: bool(lost_in(r)), 10 * BOUND_S))[0]
    assert (lost.culprit, lost.why) == (1, "exit code 70")
    crew.send([task(2, "/good")])
    assert 2 in found_in(hear(crew, lambda r: bool(found_in(r))))


def test_a_decoder_that_holds_the_interpreter_for_ever_is_killed(
    crew: LocalCrew, web: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker cannot look after itself."""
    monkeypatch.setattr(local_crew, "LOOK_EVERY_S", 0.02)
    web.answers["/bad"] = ok(jpeg("freeze"))
    crew.send([task(1, "/bad")])
    lost = lost_in(hear(crew, lambda r: bool(lost_in(r))))[0]
    assert (lost.culprit, lost.why) == (1, "decoding one picture came to no end")


def test_hostile_pictures_in_a_row_end_no_run(crew: LocalCrew, web: HostileServer) -> None:
    """Not even where a worker never comes to anything else."""
    web.answers["/bad"] = ok(jpeg("segfault"))
    for serial in range(5):
        crew.send([task(serial, "/bad")])
        assert lost_in(hear(crew, lambda r: bool(lost_in(r))))[0].culprit == serial


def test_when_no_picture_survives_the_run_ends(
    crew: LocalCrew, web: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A codec that is broken on this machine must not use up the list."""
    assert MOST_CRASHES_IN_A_ROW > 20
    monkeypatch.setattr(local_crew, "MOST_CRASHES_IN_A_ROW", 3)
    web.answers |= {"/bad": ok(jpeg("abort")), "/page": ok(b"<html>no</html>")}
    for serial in (1, 2):
        crew.send([task(serial, "/bad")])
        hear(crew, lambda r: bool(lost_in(r)))
    crew.send([task(3, "/page")])
    hear(crew, lambda r: bool(found_in(r)))
    for serial in (4, 5):
        crew.send([task(serial, "/bad")])
        hear(crew, lambda r: bool(lost_in(r)))
    crew.send([task(6, "/bad")])
    with pytest.raises(GleansetError, match=r"or with every picture \(the last: signal SIGABRT\)"):
        hear(crew, lambda _: False)
