"""Row 67: what the wall clock does is nobody's business but a person's."""

import ast
import itertools
import time
from pathlib import Path

import pytest
from hostile_web import PICTURE, Client, HostileServer, Visit

from gleanset.terms.outcome import Failed, Failure, Fetched

WALL_CLOCKS = {
    "clock.py": "the one place where the run reads it",
    "fetch/headers.py": "a Retry-After that is a date, from a server that does not say what time it has",
    "run/checking.py": "the same, where a check took its worker along",
    "run/worker.py": "when something was fetched, for people",
}
"""Files below the engine that may ask what time it is."""


def asks_for_the_time(path: Path) -> bool:
    """Whether a file calls ``time.time`` or ``datetime.now``."""
    calls = (node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    asked = {ast.unparse(call) for call in calls}
    return bool(asked & {"time.time", "datetime.now", "datetime.datetime.now", "datetime.utcnow"})


def test_no_time_limit_is_kept_by_the_wall_clock(project_root: Path) -> None:
    """Leases, pauses, time-outs and flushes run on a clock that never jumps."""
    source = project_root / "src" / "gleanset"
    rooms = [source / name for name in ("frontier", "fetch", "run", "judge")]
    files = [source / "clock.py", *(path for room in rooms for path in sorted(room.rglob("*.py")))]
    asking = {path.relative_to(source).as_posix() for path in files if asks_for_the_time(path)}
    assert asking == set(WALL_CLOCKS)


@pytest.mark.sockets
def test_a_clock_that_jumps_disturbs_no_transfer(
    web: HostileServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour forth and back at every look: what is good comes, what hangs ends in its time."""
    web.answers["/mute"] = Visit.hang
    jumps = itertools.cycle([3600.0, -3600.0])
    true_time = time.time
    monkeypatch.setattr(time, "time", lambda: true_time() + next(jumps))
    good, mute = client.get_all("/ok", "/mute", first_byte_s=0.5)
    assert isinstance(good.result, Fetched)
    assert good.result.body == PICTURE
    assert isinstance(mute.result, Failed)
    assert mute.result.failure is Failure.TIMEOUT
    assert 0.5 <= mute.elapsed_s < 30.0
