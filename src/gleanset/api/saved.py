"""What a build remembers of its beginning: the plan, the lists, who its classes are."""

from dataclasses import dataclass, field
from typing import Any

from ..errors import UsageError, WorkdirError
from ..plan.saved import from_plain, to_plain
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
        }
    )


def read(workdir: Workdir) -> Saved | None:
    """What ``write`` kept; None before the first time.

    Raises:
        WorkdirError: the file is of a newer version, or damaged.
    """
    plain = workdir.read_plan()
    if plain is None:
        return None
    if plain.get("version", 0) > VERSION:
        raise WorkdirError(f"{workdir.plan}: a newer gleanset wrote it. Upgrade: `pip install -U gleanset`.")
    try:
        return _from_plain(plain)
    except (KeyError, TypeError, ValueError) as error:
        raise WorkdirError(
            f"{workdir.plan} is damaged ({error!r}). Restore it from a copy, or begin in another folder."
        ) from error


def read_planned(workdir: Workdir) -> Saved:
    """What ``write`` kept, which has to be there. UsageError: it is not."""
    known = read(workdir)
    if known is None:
        raise UsageError(
            f"{workdir.root}: this build was never planned. Run `gleanset build` with its list to begin it."
        )
    return known


def _from_plain(plain: dict[str, Any]) -> Saved:
    return Saved(
        plan=from_plain(plain["plan"]),
        list_sha256=tuple((name, digest) for name, digest in plain["lists"]),
        odd_lines=plain["odd_lines"],
        names={label: tuple(names) for label, names in plain["names"].items()},
        parents={label: tuple(ids) for label, ids in plain["parents"].items()},
        own_quotas=tuple(plain["own_quotas"]),
    )


def quotas_of(plan: Plan) -> list[list[int | None]]:
    """All quotas as plain numbers, to tell whether they have changed."""
    return [[one.quota.at_least, one.quota.at_most] for one in (*plan.classes, *plan.reserves)]
