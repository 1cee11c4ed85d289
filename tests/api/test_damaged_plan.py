"""A plan.json that is not what was written is named, with what to do: never an internal error."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gleanset.api import saved
from gleanset.api.saved import Saved
from gleanset.errors import WorkdirError
from gleanset.store.workdir import Workdir
from gleanset.terms.plan import Plan, PlannedClass, Quota

CLASSES = (PlannedClass("n1", "dog", Quota(8, None), 40, 12.0, 0.25, named=True),)
RESERVES = (PlannedClass("é", "é", Quota(8, 8), 40, 12.5, 0.0),)
KNOWN = Saved(
    Plan(CLASSES, RESERVES, 7, 20, "2019", ("a note",), 1.5, 2.0, 3.0),
    (("a b.csv", "ab" * 32),),
    3,
    {"n1": ("dog", "domestic dog")},
    {"n1": ("n0", "n9")},
    ("n1",),
)


@pytest.fixture
def a_build(tmp_path: Path) -> Iterator[Workdir]:
    """A folder in which a build has begun."""
    with Workdir.open(tmp_path / "out") as workdir:
        saved.write(workdir, KNOWN)
        yield workdir


def test_what_was_written_is_read(a_build: Workdir) -> None:
    assert saved.read(a_build) == KNOWN


@pytest.mark.parametrize(
    "body",
    [
        bytes(range(256)),
        b"\xff\xfe\x00",
        b"",
        b"[]",
        b"7",
        b"null-",
        b'"plan"',
        b"{}",
        b'{"version": "1"}',
        b'{"version": null, "plan": {}}',
        b'{"version": 1}',
        b'{"version": 1, "plan": []}',
        b"[" * 100_000,
    ],
)
def test_anything_else_is_refused_and_left_as_it_is(a_build: Workdir, body: bytes) -> None:
    """Somebody may still mend it."""
    a_build.plan.write_bytes(body)
    with pytest.raises(WorkdirError, match=r"plan\.json is damaged"):
        saved.read(a_build)
    assert a_build.plan.read_bytes() == body


def test_half_a_plan_is_refused_wherever_it_ends(a_build: Workdir) -> None:
    """The file is written in one step, but disks and people cut files short."""
    whole = a_build.plan.read_bytes()
    for n_bytes in range(0, len(whole) - 2, 7):
        a_build.plan.write_bytes(whole[:n_bytes])
        with pytest.raises(WorkdirError):
            saved.read(a_build)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a value of JSON."""
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield from places(one, (*path, key))


def test_a_wrong_type_is_refused_wherever_it_stands(a_build: Workdir) -> None:
    """The message names the place."""
    whole = a_build.plan.read_text(encoding="utf-8")
    for *way, last in places(json.loads(whole)):
        damaged = json.loads(whole)
        holder = damaged
        for key in way:
            holder = holder[key]
        holder[last] = [[None]]
        a_build.plan.write_text(json.dumps(damaged), encoding="utf-8")
        with pytest.raises(WorkdirError, match=r"plan\.json is damaged"):
            saved.read(a_build)
