"""What passes between engine and worker arrives as it was sent."""

from dataclasses import replace
from typing import Any

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
PHASH = st.integers(0, 2**64 - 1)
THUMBNAIL = st.binary(min_size=256, max_size=256)
SEEN = st.builds(
    lambda told, *fields, **more: Inspection(*fields, told[0], phash=told[1], thumbnail=told[2], **more),
    st.tuples(st.none(), PHASH, THUMBNAIL)
    | st.tuples(st.sampled_from(Flaw), st.none() | PHASH, st.none() | THUMBNAIL),
    st.integers(0, 10**9),
    SHA,
    detail=TEXT,
    format=st.none() | TEXT,
    md5=st.none() | st.binary(min_size=16, max_size=16),
    sha1=st.none() | st.binary(min_size=20, max_size=20),
)
KEPT = st.builds(replace, SEEN, stored=STORED)
FAILED = st.builds(
    Failed, st.sampled_from(Failure), st.none() | st.integers(100, 599), TEXT, st.none() | st.floats(0, 1e6)
)
NUMBER = st.integers(0, 2**50)
OUTCOMES = st.one_of(
    st.fixed_dictionaries({"failed": FAILED}),
    st.fixed_dictionaries({"moved": st.builds(Moved, TEXT, st.integers(0, 9))}),
    st.fixed_dictionaries({"located": TEXT}),
    st.fixed_dictionaries({"rules": TEXT}),
    st.fixed_dictionaries({"inspection": SEEN}),
    st.fixed_dictionaries({"inspection": KEPT, "blob": st.builds(BlobRef, TEXT, NUMBER, NUMBER)}),
)
FINDINGS = st.builds(
    lambda outcome, *fields, **more: Finding(*fields, **outcome, **more),
    OUTCOMES,
    NUMBER,
    NUMBER,
    NUMBER,
    st.floats(0, 100),
    st.floats(0, 2e9),
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
    for one in (
        task,
        replace(task, rotation=270),
        replace(task, about=(("label", "cat"), ("url", "http://example.com/a.jpg"))),
    ):
        (message,) = wire.Frames().feed(wire.frame(wire.task_out(one)))
        assert wire.task_in(message) == one


@pytest.mark.parametrize("turn", [45, -90, 360, 90.0, True, None, "90", [90]])
def test_a_turn_that_is_no_quarter_is_refused(turn: Any) -> None:
    """The inspector may rely on it."""
    fields = wire.task_out(wire.Task(7, 2, 3, 99, "http://example.com/a.jpg", "example.com", 1))
    assert fields[-2] == 0
    fields[-2] = turn
    with pytest.raises((ValueError, TypeError)):
        wire.task_in(fields)


def a_refused_finding(word: Any) -> list[Any]:
    """As a worker says it: a sound picture that the user's check did not want."""
    seen = Inspection(30, bytes(32), None, phash=1, thumbnail=bytes(256), refused="blurry")
    said = wire.finding_out(Finding(7, 1, 3, 0.5, 1.7e9, inspection=seen, serial=9))
    said[SEEN_AT][-1] = word
    return said


def test_the_word_of_a_check_survives_the_pipe() -> None:
    seen = wire.finding_in(a_refused_finding("not-a-face")).inspection
    assert seen is not None
    assert (seen.refused, seen.flaw, seen.stored) == ("not-a-face", None, None)


@pytest.mark.parametrize("word", ["Two words", "x" * 41, "a:b", "é", 3, None, ["odd"], True])
def test_what_is_no_word_of_a_check_is_refused(word: Any) -> None:
    """It would become a reason in every table."""
    with pytest.raises((ValueError, TypeError)):
        wire.finding_in(a_refused_finding(word))


@pytest.mark.parametrize(("at", "lie"), [(2, "blank"), (13, ["jpeg", 4, 3, 30, "00" * 32, "original"])])
def test_a_refused_picture_has_no_flaw_and_is_not_kept(at: int, lie: Any) -> None:
    said = a_refused_finding("blurry")
    said[SEEN_AT][at] = lie
    if at == 13:
        said[BLOB_AT] = ["r1-w0-000001.seg", 0, 30]
    with pytest.raises(ValueError, match="a check refused"):
        wire.finding_in(said)


def a_good_finding() -> list[Any]:
    """As a worker says it: a picture of 30 bytes that was kept."""
    stored = Stored("jpeg", 40, 30, 30, bytes(32), "original")
    seen = Inspection(30, bytes(32), None, phash=2**64 - 1, thumbnail=bytes(256), stored=stored)
    blob = BlobRef("r1-w0-000001.seg", 0, 30)
    return wire.finding_out(Finding(7, 1, 3, 0.5, 1.7e9, inspection=seen, blob=blob, serial=9))


FAILED_AT, MOVED_AT, SEEN_AT, BLOB_AT = 5, 6, 7, 8


@pytest.mark.parametrize(
    ("path", "lie"),
    [
        ((0,), 2**63),
        ((1,), -1),
        ((2,), "3"),
        ((2,), True),
        ((3,), float("nan")),
        ((3,), float("inf")),
        ((4,), -1.0),
        ((FAILED_AT,), ["not-found", 404, "", None]),
        ((MOVED_AT,), ["http://example.com/", 1]),
        ((SEEN_AT,), None),
        ((SEEN_AT,), False),
        ((SEEN_AT, 0), 1.5),
        ((SEEN_AT, 1), "00" * 31),
        ((SEEN_AT, 1), None),
        ((SEEN_AT, 2), "gone"),
        ((SEEN_AT, 3), "x" * (wire.LONGEST_TEXT + 1)),
        ((SEEN_AT, 3), "\ud800"),
        ((SEEN_AT, 5), 2**80),
        ((SEEN_AT, 9), 2**64),
        ((SEEN_AT, 10), "00" * 255),
        ((SEEN_AT, 11), "zz"),
        ((SEEN_AT, 13), None),
        ((SEEN_AT, 13, 0), "svg"),
        ((SEEN_AT, 13, 0), []),
        ((SEEN_AT, 13, 4), "00"),
        ((BLOB_AT,), None),
        ((BLOB_AT,), ["r1-w0-000001.seg", 0]),
        ((BLOB_AT, 1), -1),
        ((BLOB_AT, 2), 2**63),
        ((9,), "200"),
        ((10,), 5),
        ((11,), [["a", "b", "c"]]),
        ((11,), [["a", 1]]),
        ((11,), [["a", "b"]] * 10_001),
        ((11,), None),
        ((12,), ["127.0.0.1"]),
        ((13,), -1),
        ((14,), None),
    ],
)
def test_no_value_is_believed_that_no_honest_worker_says(path: tuple[int, ...], lie: object) -> None:
    """A worker decodes hostile pictures: what took it over speaks to us."""
    fields = a_good_finding()
    assert wire.finding_in(fields).serial == 9
    place = fields
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = lie
    with pytest.raises((ValueError, LookupError, TypeError, AttributeError)):
        wire.finding_in(fields)


@pytest.mark.parametrize("fields", [None, 5, "finding", [], {}, [1] * 15, [[]] * 15, [None] * 15, ["x"] * 99])
def test_no_shape_is_believed_either(fields: Any) -> None:
    """Whatever it is, it ends as one of four exceptions."""
    with pytest.raises((ValueError, LookupError, TypeError, AttributeError)):
        wire.finding_in(fields)


@pytest.mark.parametrize("lacking", ["phash", "thumbnail"])
def test_a_sound_picture_has_a_look(lacking: str) -> None:
    """The judge compares all that it is shown."""
    whole: dict[str, Any] = {"phash": 1, "thumbnail": bytes(256)}
    wire.finding_in(
        wire.finding_out(Finding(1, 1, 0, 0.1, 1.0, inspection=Inspection(30, bytes(32), None, **whole)))
    )
    seen = Inspection(30, bytes(32), None, **(whole | {lacking: None}))
    with pytest.raises(ValueError, match="without a look"):
        wire.finding_in(wire.finding_out(Finding(1, 1, 0, 0.1, 1.0, inspection=seen)))
