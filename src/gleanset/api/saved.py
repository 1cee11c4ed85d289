"""What a build remembers of its beginning: the plan, the lists, who its classes are."""

import json
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ..errors import UsageError, WorkdirError
from ..plan.saved import to_plain
from ..store.workdir import Workdir
from ..terms.plan import Plan

VERSION = 1


@dataclass(frozen=True, slots=True)
class Saved:
    """The content of ``plan.json``."""

    plan: Plan
    list_sha256: tuple[tuple[str, str], ...]
    """(list as it was named, hex digest)."""
    odd_lines: int
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Class to all its names, where more than the label is known."""
    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    own_quotas: tuple[str, ...] = ()
    """Classes whose quota a table gave: ``--images`` does not change it."""
    proxy_login: bool = False
    """The proxy's address came with a name and password, which are kept nowhere."""


def write(workdir: Workdir, saved: Saved) -> None:
    """Keep it, in one step."""
    workdir.write_plan(
        {
            "version": VERSION,
            "plan": to_plain(saved.plan),
            "lists": [list(pair) for pair in saved.list_sha256],
            "odd_lines": saved.odd_lines,
            "names": saved.names,
            "parents": saved.parents,
            "own_quotas": list(saved.own_quotas),
            "proxy_login": saved.proxy_login,
        }
    )


def read(workdir: Workdir) -> Saved | None:
    """What ``write`` kept; None before the first time.

    Raises:
        WorkdirError: the file is of a newer version, or damaged.
    """
    try:
        plain: object = workdir.read_plan()
    except (UnicodeDecodeError, RecursionError) as error:
        raise _damaged(workdir, "it is no JSON text") from error
    if plain is None:
        return None
    if not isinstance(plain, dict) or not isinstance(version := plain.get("version"), int):
        raise _damaged(workdir, "it is no plan")
    if version > VERSION:
        raise WorkdirError(f"{workdir.plan}: a newer gleanset wrote it. Upgrade: `pip install -U gleanset`.")
    try:
        return _from_plain(plain)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise _damaged(workdir, f"{place}: {first['msg']}") from error


def read_planned(workdir: Workdir) -> Saved:
    """What ``write`` kept, which has to be there. UsageError: it is not."""
    known = read(workdir)
    if known is None:
        raise UsageError(
            f"{workdir.root}: this build was never planned. Run `gleanset build` with its list to begin it."
        )
    return known


def _damaged(workdir: Workdir, fault: str) -> WorkdirError:
    return WorkdirError(
        f"{workdir.plan} is damaged ({fault}). Restore it from a copy, or begin in another folder."
    )


def _from_plain(plain: dict[str, Any]) -> Saved:
    """Through JSON: there a list may stand for a tuple, and nothing else for anything else."""
    words = {"list_sha256" if name == "lists" else name: value for name, value in plain.items()}
    return TypeAdapter(Saved).validate_json(json.dumps(words), strict=True)


def quotas_of(plan: Plan) -> list[list[int | None]]:
    """All quotas as plain numbers, to tell whether they have changed."""
    return [[one.quota.at_least, one.quota.at_most] for one in (*plan.classes, *plan.reserves)]
