"""Which classes of a list become classes of the dataset, under which name, and why not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import UsageError
from ..terms.class_row import ClassRow
from ..terms.plan import Quota
from .graph import Graph
from .lookup import Lookup
from .takeover import Takeover, take_over


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person said about which classes to take. All left out: every class of the list."""

    classes: int | None = None
    """``--classes``: how many to draw; the draw itself is the planner's."""
    class_: tuple[str, ...] = ()
    """``--class``, in the order given: ids or names."""
    under: tuple[str, ...] = ()
    """``--under``: synsets; a class below any of them is meant."""
    not_under: tuple[str, ...] = ()
    leaves: bool = False
    """``--leaves``: no class with another class of the list below it."""
    table: tuple[ClassRow, ...] = ()
    """``--class-table``, as read."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The classes that may be built, by their labels in the dataset: a table may have renamed the list's."""

    labels: tuple[str, ...]
    """The explicit ones in the order given, then the others sorted: with ``--classes`` to be drawn from."""
    explicit: frozenset[str]
    """Named by the person: in whatever is forecast, kept when short."""
    names: Mapping[str, str]
    """Every one of ``labels`` to its name for people: the first lemma of a wnid, else the label."""
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    """Of the classes that have one of their own; the others follow ``--images``."""
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Class to the list's labels that it takes, where a table says so; the others take their own."""
    splits: Mapping[str, str] = field(default_factory=dict)
    """The list's label to the split that a table demands for it."""
    notes: tuple[str, ...] = ()
    """Sentences for the person: which sense was taken, what a table names in vain."""

    def members_of(self, label: str) -> tuple[str, ...]:
        """The list's labels that make up one of ``labels``."""
        return self.members.get(label, (label,))

    @property
    def merges(self) -> dict[str, str]:
        """The list's label to the dataset's, where they differ."""
        return {
            member: label for label, members in self.members.items() for member in members if member != label
        }

    @property
    def class_of(self) -> dict[str, str]:
        """Every chosen label of the list to its class of the dataset; other labels are not wanted."""
        return {member: label for label in self.labels for member in self.members_of(label)}


def select(labels: Sequence[str], counts: Sequence[int], graph: Graph, choice: Choice) -> Selection:
    """Apply a choice to a list's classes (``counts``: URLs of each, in the order of ``labels``).

    UsageError: a name means no class (with suggestions) or several (with ids to paste and their URL counts).
    ``under``, ``not_under`` and ``leaves`` bound what is drawn or taken at large, never a ``--class``.
    """
    if not labels:
        raise UsageError("The list has no class to choose from.")
    lookup = Lookup(labels, counts, graph)
    notes: list[str] = []
    named = tuple(dict.fromkeys(lookup.one(words, f"--class {words}") for words in choice.class_))
    table = take_over(choice.table, lookup)
    bound = _bound(lookup, choice, notes)
    at_large = _at_large(choice, named, bound - table.class_of.keys())
    members = _members(table, bound.union(named), {*named, *at_large})
    explicit = _explicit(choice, [table.class_of.get(label, label) for label in named], members)
    chosen = (*explicit, *sorted({*members, *at_large}.difference(explicit)))
    if not chosen:
        raise UsageError("No class of the table is left by --under, --not-under and --leaves together.")
    return Selection(
        labels=chosen,
        explicit=frozenset(explicit),
        names={label: lookup.name(label) for label in chosen},
        quotas={label: quota for label, quota in table.quotas.items() if label in members},
        members=members,
        splits=table.splits,
        notes=(*table.notes, *notes),
    )


def _bound(lookup: Lookup, choice: Choice, notes: list[str]) -> frozenset[str]:
    """The list's labels that ``under``, ``not_under`` and ``leaves`` let through."""
    bound = frozenset(lookup.labels)
    if choice.under:
        bound = frozenset[str]().union(*(lookup.below(words, "--under", notes) for words in choice.under))
    for words in choice.not_under:
        bound -= lookup.below(words, "--not-under", notes)
    if choice.leaves:
        bound &= lookup.leaves()
    if not bound:
        raise UsageError("No class of the list is left by --under, --not-under and --leaves together.")
    return bound


def _at_large(choice: Choice, named: Sequence[str], bound: frozenset[str]) -> frozenset[str]:
    """Labels of the list that are taken, or may be drawn, without having been named by anyone."""
    nothing_asked = not (choice.class_ or choice.table)
    more_to_draw = choice.classes is not None and not choice.table
    return bound.difference(named) if nothing_asked or more_to_draw or choice.under else frozenset()


def _members(table: Takeover, allowed: frozenset[str], alone: set[str]) -> dict[str, tuple[str, ...]]:
    """The table's classes within the bounds. A label that is chosen by itself joins the class of its name."""
    members = {}
    for label, rows in table.members.items():
        kept = tuple(row for row in rows if row in allowed)
        joins = label in alone and label not in table.class_of
        if kept:
            members[label] = (label, *kept) if joins else kept
    return members


def _explicit(choice: Choice, named: Sequence[str], from_table: Iterable[str]) -> tuple[str, ...]:
    """What a person named; a table's rows are as good as named unless there is a draw."""
    return tuple(dict.fromkeys((*named, *(() if choice.classes is not None else from_table))))
