"""When a build that goes on asks for a candidate again."""

from ..store.journal_rows import JournalRow
from ..terms.outcome import FAILURE_BY_WORD, Failure
from ..terms.verdict import CHECK, Verdict
from .check_words import ERROR

NAMES_ARE_DUE_AFTER_S = 24 * 3600.0
"""A name that did not exist is asked for again by a build that resumes this much later."""
CHECK_FAILED = f"{CHECK}{ERROR}"
"""The user's check failed, not the picture: by now it may be mended."""


def due(row: JournalRow, wall_s: float) -> bool:
    """Whether a build that goes on at that wall clock time asks for this candidate again."""
    due_at_s = due_at(row)
    return due_at_s is not None and due_at_s <= wall_s


def due_at(row: JournalRow) -> float | None:
    """From when on (wall clock) it does; 0: at once; None: never."""
    if row.verdict is Verdict.DEFERRED:
        return row.due_at_s or 0.0
    if row.reason == CHECK_FAILED:
        return 0.0
    failure = FAILURE_BY_WORD.get(row.reason)
    if row.verdict is not Verdict.REJECTED or failure is None:
        return None
    if failure is Failure.NAME_NOT_FOUND:
        return None if row.at_s is None else row.at_s + NAMES_ARE_DUE_AFTER_S
    return (row.due_at_s or 0.0) if failure.transient else None
