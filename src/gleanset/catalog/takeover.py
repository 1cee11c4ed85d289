"""A class table applied to a list: which labels go into which class, with which quota and split."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import UsageError
from ..terms.class_row import ClassRow
from ..terms.plan import Quota
from .lookup import Lookup

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Takeover:
    """What a table says, in the words of the list."""

    members: Mapping[str, tuple[str, ...]]
    """Class of the dataset to labels of the list, both in the table's order."""
    quotas: Mapping[str, Quota]
    splits: Mapping[str, str]
    """Label of the list to its split."""
    notes: tuple[str, ...]

    @property
    def class_of(self) -> dict[str, str]:
        """Label of the list to class of the dataset; no label goes into two classes."""
        return {member: label for label, members in self.members.items() for member in members}


def take_over(rows: Sequence[ClassRow], lookup: Lookup) -> Takeover:
    """Look every row up.

    A row that names a synset which the list lacks is passed over with a note: of the 1,000 classes of 2012
    the list of 2011 has 999. UsageError with the line: a name that means nothing or several classes, a label
    that goes two ways, two quotas for one class; or nothing is left.
    """
    found = [(row, lookup.one(row.source, _at(row))) for row in rows if not _in_vain(row, lookup)]
    if rows and not found:
        raise UsageError(f"{rows[0].table}: the list has none of its {len(rows):,} classes.")
    return Takeover(
        members=_members(found),
        quotas=_quotas(found),
        splits={label: row.split for row, label in found if row.split},
        notes=_notes([row for row in rows if _in_vain(row, lookup)], len(rows)),
    )


def _in_vain(row: ClassRow, lookup: Lookup) -> bool:
    return not lookup.matches(row.source) and lookup.knows(row.source)


def _members(found: Sequence[tuple[ClassRow, str]]) -> dict[str, tuple[str, ...]]:
    members: dict[str, list[str]] = defaultdict(list)
    first: dict[str, ClassRow] = {}
    for row, label in found:
        if label in first:
            raise UsageError(
                f"{_at(row)} takes {label} again: line {first[label].line} has it. Keep one of the rows."
            )
        first[label] = row
        members[row.target or label].append(label)
    return {target: tuple(labels) for target, labels in members.items()}


def _quotas(found: Sequence[tuple[ClassRow, str]]) -> dict[str, Quota]:
    """The quota of a class: what its rows say, which may be said once or by all of them alike."""
    quotas: dict[str, Quota] = {}
    for row, label in found:
        if row.quota is None:
            continue
        target = row.target or label
        if quotas.setdefault(target, row.quota) != row.quota:
            raise UsageError(
                f"{_at(row)}: the class {target} has another quota above. `images` is of the whole class."
            )
    return quotas


def _notes(in_vain: Sequence[ClassRow], n_rows: int) -> tuple[str, ...]:
    if not in_vain:
        return ()
    shown = ", ".join(f"{row.source} (line {row.line})" for row in in_vain[:_SHOWN])
    more = f" and {len(in_vain) - _SHOWN:,} more" if len(in_vain) > _SHOWN else ""
    return (
        f"{in_vain[0].table}: {len(in_vain):,} of {n_rows:,} classes are not in the list: {shown}{more}.",
    )


def _at(row: ClassRow) -> str:
    return f"{row.table} line {row.line}: {row.source}"
