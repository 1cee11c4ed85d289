"""What passes between engine and worker arrives as it was sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.run import wire
from gleanset.terms.inspection import Flaw, Inspection, Stored
from gleanset.terms.outcome import Failed, Failure, Moved
from gleanset.terms.verdict import BlobRef, Finding

TEXT = st.text(max_size=30)
SHA = st.binary(min_size=32, max_size=32)
STORED = st.builds(
    Stored,
    st.sampled_from(["jpeg", "png", "webp"]),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(1, 9),
    SHA,
    TEXT,
)
SEEN = st.builds(
    Inspection,
    st.integers(0, 10**9),
    SHA,
    st.none() | st.sampled_from(Flaw),
    detail=TEXT,
    format=st.none() | TEXT,
    phash=st.none() | st.integers(0, 2**64 - 1),
    thumbnail=st.none() | st.binary(min_size=256, max_size=256),
    md5=st.none() | st.binary(min_size=16, max_size=16),
    sha1=st.none() | st.binary(min_size=20, max_size=20),
    stored=st.none() | STORED,
)
FAILED = st.builds(
    Failed, st.sampled_from(Failure), st.none() | st.integers(100, 599), TEXT, st.none() | st.floats(0, 1e6)
)
NUMBER = st.integers(0, 2**50)
FINDINGS = st.builds(
    Finding,
    NUMBER,
    NUMBER,
    NUMBER,
    st.floats(0, 100),
    st.floats(0, 2e9),
    failed=st.none() | FAILED,
    moved=st.none() | st.builds(Moved, TEXT, st.integers(0, 9)),
    inspection=st.none() | SEEN,
    blob=st.none() | st.builds(BlobRef, TEXT, NUMBER, NUMBER),
    status=st.none() | st.integers(100, 599),
    final_url=st.none() | TEXT,
    headers=st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
    address=st.none() | TEXT,
    hops=st.integers(0, 9),
    serial=NUMBER,
)


@given(st.lists(FINDINGS, max_size=4), st.integers(1, 50))
def test_findings_survive_the_pipe_however_it_is_cut(findings: list[Finding], step: int) -> None:
    """A pipe hands over bytes, not messages."""
    stream = b"".join(wire.frame(["findings", [wire.finding_out(one)]]) for one in findings)
    frames = wire.Frames()
    heard = []
    for i in range(0, len(stream), step):
        heard += [wire.finding_in(message[1][0]) for message in frames.feed(stream[i : i + step])]
    assert heard == findings


def test_a_frame_that_is_too_large_is_refused() -> None:
    """A worker that has gone mad must not eat the engine's memory."""
    with pytest.raises(ValueError, match="a frame of 4294967295 bytes"):
        list(wire.Frames().feed(b"\xff\xff\xff\xff"))


def test_tasks_survive_the_pipe() -> None:
    """A lease as the worker sees it."""
    task = wire.Task(7, 2, 3, 99, "http://example.com/a.jpg", "example.com", 1)
    assert wire.task_in(wire.task_out(task)) == task
