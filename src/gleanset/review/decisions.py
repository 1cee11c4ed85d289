"""What a person decided, as lines ``action,what[,label]``: the same in their file and in our log."""

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from io import StringIO
from pathlib import Path

from ..errors import UsageError, storage_errors

_HEAD = ("action", "what")
_MOST_FIELDS = 3


class Action(Enum):
    """What can be decided, as a closed list."""

    REJECT = "reject"
    """An image is not what its label says, or not wanted."""
    PARDON = "pardon"
    """A placeholder is none."""
    UNDO = "undo"
    """Take a rejection, or a pardon that is not in force yet, back."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One line."""

    action: Action
    what: str
    """An image by key, URL or SHA-256; a placeholder by id or SHA-256."""
    label: str = ""
    """Of this class alone; empty: wherever it is."""
    place: str = ""
    """Where it stands, for messages: ``decisions.csv:3``."""

    def line(self) -> str:
        """As it is written, with its line end."""
        out = StringIO()
        fields = [self.action.value, self.what, self.label][: 3 if self.label else 2]
        csv.writer(out, lineterminator="\n").writerow(fields)
        return out.getvalue()


def read_decisions(lines: Iterable[str], name: str) -> list[Decision]:
    """The decisions of a table; a head, empty lines and lines that begin with ``#`` say nothing.

    Raises:
        UsageError: a line is none; the message says where.
    """
    rows = csv.reader(lines, strict=True)
    decisions = []
    try:
        for row in rows:
            fields = [field.strip() for field in row]
            if any(fields) and not fields[0].startswith("#") and tuple(fields[:2]) != _HEAD:
                decisions.append(_decision(fields, f"{name}:{rows.line_num}"))
    except (csv.Error, UnicodeDecodeError) as error:
        raise UsageError(f"{name}:{rows.line_num}: {error}. Write a line as action,what[,label].") from error
    return decisions


def _decision(fields: list[str], place: str) -> Decision:
    said = ",".join(fields)
    word, what, label = (*fields, "", "")[:_MOST_FIELDS]
    if len(fields) > _MOST_FIELDS:
        raise UsageError(f"{place}: {said}. A line has two or three fields; quote what holds a comma.")
    try:
        action = Action(word.lower())
    except ValueError as error:
        words = [one.value for one in Action]
        near = get_close_matches(word.lower(), words, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Write {', '.join(words[:-1])} or {words[-1]}."
        raise UsageError(f"{place}: {said}. {word!r} is no action. {hint}") from error
    if not what:
        raise UsageError(f"{place}: {said}. It names nothing. Write {action.value},KEY_OR_URL_OR_ID.")
    return Decision(action, what, label, place)


class DecisionLog:
    """Decisions that are not in force yet. Each is on the disk before `add` returns: a kill costs none.

    Whoever holds the `Workdir` may use it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[Decision]:
        """All of them, in order; the line that a kill has torn is none."""
        with storage_errors("reading", self.path):
            try:
                text = self.path.read_text(encoding="utf-8", errors="replace")
            except FileNotFoundError:
                return []
        whole = text[: text.rfind("\n") + 1]
        return read_decisions(StringIO(whole, newline=""), self.path.name)

    def add(self, decision: Decision) -> None:
        """Keep one more, durable on return.

        Raises:
            StorageError: the disk is full or failing.
        """
        with storage_errors("writing", self.path):
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                end = _end_of_lines(fd)
                os.ftruncate(fd, end)
                os.pwrite(fd, decision.line().encode(), end)
                os.fsync(fd)
            finally:
                os.close(fd)

    def clear(self) -> None:
        """They are in force now."""
        with storage_errors("removing", self.path):
            self.path.unlink(missing_ok=True)


def _end_of_lines(fd: int) -> int:
    """Behind the last whole line: what a kill has torn is overwritten."""
    size = os.fstat(fd).st_size
    while size and os.pread(fd, 1, size - 1) != b"\n":
        size -= 1
    return size
