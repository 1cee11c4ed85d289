"""The user's own check, as the engine's side sees it: what workers are told of it, and what they say."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import GleansetError
from ..terms.inspection import Inspection
from ..terms.verdict import Finding
from .check_words import ERROR, CheckWords
from .wire import Task


@dataclass(frozen=True, slots=True)
class Checking:
    """A check that was tried: its module can be imported, its function is one."""

    name: str
    """``MODULE:FUNCTION``."""
    folder: str
    """Where its module is looked for before the installed packages."""
    about: Callable[[int], Mapping[str, str]]
    """What it is told of a candidate."""
    words: CheckWords = field(default_factory=CheckWords)

    def order(self, *, proven: bool) -> dict[str, Any]:
        """For a worker's settings; ``proven``: the check has worked in this run."""
        return {"name": self.name, "folder": self.folder, "proven": proven}

    def told(self, task: Task) -> Task:
        """The task, with what the check wants to know."""
        return replace(task, about=tuple(self.about(task.candidate).items()))

    def bounded(self, finding: Finding, seen: Inspection) -> Finding:
        """The finding, with ``other`` for a word too many."""
        word = self.words.bounded(seen.refused) if seen.refused else ""
        return finding if word == seen.refused else replace(finding, inspection=replace(seen, refused=word))

    def died_of(self, task: Task, why: str) -> Finding:
        """What is found of a picture on which the check took its worker along."""
        seen = Inspection(0, bytes(32), None, f"the check ended its worker: {why}", refused=ERROR)
        return Finding(
            task.candidate,
            task.attempt,
            task.host,
            0.0,
            round(time.time(), 3),
            inspection=seen,
            final_url=task.url if task.hops else None,
            hops=task.hops,
            serial=task.serial,
        )

    def trouble(self, line: str, log: Path) -> GleansetError:
        """What stops a build whose check cannot be used."""
        return GleansetError(
            f"--check {self.name}: {line.rstrip('.')}. The traceback is in {log}. "
            "State is kept; when the check is put right, the same command goes on."
        )
