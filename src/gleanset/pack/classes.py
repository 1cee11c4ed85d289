"""Class folders, class indexes and ``classes.csv``."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Literal

from ..terms.plan import Quota
from ..urls import safe_name
from .job import PackClass

_HEADER = ("class_index", "id", "name", "all_names", "parents", "candidates", "quota", "accepted")
_FORMULA = re.compile(r"\s*[=+\-@]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def class_folders(classes: Sequence[PackClass], by: Literal["id", "name"]) -> dict[str, str]:
    """Label to folder, for all classes, with images or without: a folder's name depends on nothing else.

    By ``name``, blanks become underscores, and ``-id`` is added where two names are equal. Folders that
    differ in case alone, which macOS takes for one, get a mark of their label.
    """
    if by == "id":
        wanted = {one.label: safe_name(one.label) for one in classes}
    else:
        names = {one.label: "_".join(one.name.split()) for one in classes}
        twice = _twice(names.values())
        wanted = {
            label: safe_name(f"{name}-{label}" if name.casefold() in twice else name)
            for label, name in names.items()
        }
    twice = _twice(wanted.values())
    return {
        label: f"{folder}~{sha256(label.encode()).hexdigest()[:8]}" if folder.casefold() in twice else folder
        for label, folder in wanted.items()
    }


def _twice(names: Iterable[str]) -> set[str]:
    return {name for name, n in Counter(name.casefold() for name in names).items() if n > 1}


def class_indexes(folders: Mapping[str, str], accepted: Mapping[str, int]) -> dict[str, int]:
    """Label to index, by the sorted names of the folders that are there, as ``ImageFolder`` counts them."""
    present = sorted((label for label in folders if accepted.get(label)), key=lambda label: folders[label])
    return {label: index for index, label in enumerate(present)}


def classes_csv(classes: Sequence[PackClass], indexes: Mapping[str, int], accepted: Mapping[str, int]) -> str:
    """``classes.csv``: all classes; those with images first, by index, the others without one, by id.

    An id is the label as the manifest has it, whatever it holds: a join finds it. In names and parents, which
    are parted by ``; ``, control characters are written as in Python (``\\n``, ``\\x00``), and a cell that a
    spreadsheet would take for a formula gets an apostrophe in front.
    """
    lines = [_line(_HEADER)]
    for one in sorted(classes, key=lambda one: (indexes.get(one.label, len(classes)), one.label)):
        words = (one.name, "; ".join(one.names or (one.name,)), "; ".join(one.parents))
        lines.append(
            _line(
                [
                    indexes.get(one.label, ""),
                    one.label,
                    *map(_harmless, words),
                    one.candidates,
                    quota_text(one.quota),
                    accepted.get(one.label, 0),
                ]
            )
        )
    return "".join(lines)


def _line(cells: Iterable[object]) -> str:
    """A row as RFC 4180 quotes it, a lone CR as well: Python quotes what its line's own end holds."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().removesuffix("\r\n") + "\n"


def quota_text(quota: Quota) -> str:
    """As ``--images`` takes it: ``800``, ``300:800``, ``500:``; empty for "all there are"."""
    if quota.at_least == quota.at_most:
        return str(quota.at_most)
    least, most = quota.at_least or "", "" if quota.at_most is None else quota.at_most
    return f"{least}:{most}" if least or most else ""


def _harmless(cell: str) -> str:
    """Against formula injection (OWASP, "CSV Injection"); plain numbers stay as they are.

    Half of all CSV readers stumble over a lone CR or a NUL: control characters are spelled out.
    """
    is_formula = _FORMULA.match(cell) and not _NUMBER.fullmatch(cell)
    cell = _CONTROL.sub(lambda stray: repr(stray[0])[1:-1], cell)
    return f"'{cell}" if is_formula else cell
