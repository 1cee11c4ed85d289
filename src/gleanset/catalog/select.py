"""Which classes of a list become classes of the dataset, under which name, and why not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..errors import UsageError
from ..terms.class_row import ClassRow
from ..terms.plan import Quota
from .caution import Caution
from .graph import Graph
from .lookup import Lookup
from .pooling import shared_out
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
    merge: bool = False
    """``--merge``: a class takes its hyponyms as well."""
    nested: bool = False
    """``--nested``: a drawn class may lie above another."""
    keep_unsafe: bool = False
    """``--keep-unsafe``: classes of people are drawn like others."""
    offensive: frozenset[str] = frozenset()
    """Ids of synsets that are offensive, by the list that says so."""


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
    """Class to the list's labels that it takes, where a table says so or hyponyms are merged; the others take
    their own. Only classes to be drawn from may overlap, until ``settled``."""
    splits: Mapping[str, str] = field(default_factory=dict)
    """The list's label to the split that a table demands for it."""
    notes: tuple[str, ...] = ()
    """Sentences for the person: which sense was taken, what a table names in vain."""
    anchors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Class to the labels that it was made of before any hyponym joined; the others are their own."""
    above: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Labels to those that lie above them, where that decides something: in a draw, and in merging."""

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

    def relatives(self) -> dict[str, frozenset[str]]:
        """Each class to those of ``labels`` that lie above it; classes without any are left out."""
        made_into = {anchor: label for label in self.labels for anchor in self.anchors.get(label, (label,))}
        found = {
            label: frozenset(
                made_into[higher]
                for anchor in self.anchors.get(label, (label,))
                for higher in self.above.get(anchor, ())
                if higher in made_into
            )
            - {label}
            for label in self.labels
        }
        return {label: above for label, above in found.items() if above}

    def settled(self, labels: Sequence[str]) -> "Selection":
        """The same for these of its classes alone, each of the list's labels in one class."""
        kept = tuple(label for label in labels if label in self.names)
        pools = {label: self.members_of(label) for label in kept}
        members = shared_out(kept, pools, self.anchors, self.above)
        differ = {label: taken for label, taken in members.items() if taken != (label,)}
        return replace(self, labels=kept, explicit=self.explicit.intersection(kept), members=differ)


def select(labels: Sequence[str], counts: Sequence[int], graph: Graph, choice: Choice) -> Selection:
    """Apply a choice to a list's classes (``counts``: URLs of each, in the order of ``labels``).

    UsageError: a name means no class (with suggestions) or several (with ids to paste and their URL counts).
    ``under``, ``not_under`` and ``leaves`` bound what is drawn or taken at large, never a ``--class``.
    """
    if not labels:
        raise UsageError("The list has no class to choose from.")
    lookup = Lookup(labels, counts, graph, pooling=choice.merge)
    notes: list[str] = []
    named = tuple(dict.fromkeys(lookup.one(words, f"--class {words}") for words in choice.class_))
    table = take_over(choice.table, lookup)
    bound = _bound(lookup, choice, notes)
    caution = Caution.of({*labels, *named}, graph, choice.offensive)
    barred = _barred(caution, choice, graph).difference(named)
    at_large = _at_large(choice, named, bound - table.class_of.keys())
    notes += caution.left_out((at_large | bound.intersection(table.class_of)) & barred)
    at_large -= barred
    members = _members(table, (bound - barred).union(named), {*named, *at_large})
    explicit = _explicit(choice, [table.class_of.get(label, label) for label in named], members)
    chosen = (*explicit, *sorted({*members, *at_large}.difference(explicit)))
    if not chosen:
        raise UsageError(_nothing_left(bool(barred)))
    selection = Selection(
        labels=chosen,
        explicit=frozenset(explicit),
        names={label: lookup.name(label) for label in chosen},
        quotas={label: quota for label, quota in table.quotas.items() if label in members},
        members=members,
        splits=table.splits,
        anchors=dict(members),
    )
    if choice.merge or (choice.classes is not None and not choice.nested):
        known = {*lookup.in_hierarchy, *named, *selection.class_of}
        selection = replace(selection, above=graph.above(known))
    if choice.merge:
        own = frozenset(selection.class_of)
        selection = _merged(selection, lookup, (bound - caution.offensive if barred else bound) | own, choice)
    notes += _remarks(selection, lookup, choice, caution, graph)
    return replace(selection, notes=(*table.notes, *notes))


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
        raise UsageError(_nothing_left(False))
    return bound


def _nothing_left(barred: bool) -> str:
    if barred:
        return "All classes that could be drawn are of people. --keep-unsafe draws from them too."
    return "No class of the list is left by --under, --not-under and --leaves together."


def _barred(caution: Caution, choice: Choice, graph: Graph) -> frozenset[str]:
    """The labels that a draw passes over; nothing where nothing is drawn."""
    if choice.classes is None or choice.keep_unsafe:
        return frozenset()
    senses = [graph.find(words) for words in choice.under]
    return caution.barred({found[0].id for found in senses if found})


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


def _merged(selection: Selection, lookup: Lookup, allowed: frozenset[str], choice: Choice) -> Selection:
    """Every class with its hyponyms. Classes that are only to be drawn from may still overlap."""
    pools = {
        label: tuple(
            dict.fromkeys(
                member
                for anchor in selection.members_of(label)
                for member in lookup.pool(anchor)
                if member in allowed and member in lookup.labels
            )
        )
        for label in selection.labels
    }
    fixed = [one for one in selection.labels if choice.classes is None or one in selection.explicit]
    members = shared_out(fixed, pools, selection.anchors, selection.above)
    taken = frozenset(member for some in members.values() for member in some)
    rest = {
        label: tuple(member for member in pools[label] if member not in taken)
        for label in selection.labels
        if label not in members
    }
    return replace(selection, members=members | rest)


def _remarks(
    selection: Selection, lookup: Lookup, choice: Choice, caution: Caution, graph: Graph
) -> Iterator[str]:
    asked = frozenset(selection.class_of)
    if choice.classes is not None:
        asked = frozenset(one for label in selection.explicit for one in selection.members_of(label))
    named = asked & caution.offensive & selection.explicit
    yield from caution.kept(asked, [lookup.name(label) for label in named])
    if choice.merge and choice.classes is None:
        n = len(selection.merges)
        yield f"--merge: {n:,} {_classes(n)} of the list joined the chosen {_classes(len(selection.labels))}."
    elif choice.classes is None and not (selection.explicit or choice.under or choice.leaves):
        n_above = len(selection.labels) - len(graph.leaves(selection.labels))
        if n_above:
            yield (
                f"{n_above:,} of the {len(selection.labels):,} classes lie above others of them: "
                "--leaves leaves them out, --merge pools what lies below a class."
            )


def _classes(n: int) -> str:
    return "class" if n == 1 else "classes"
