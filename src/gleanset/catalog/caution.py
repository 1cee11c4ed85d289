"""Classes of people, and those of them that are offensive: no draw takes them unless asked to."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from .graph import Graph

PERSON = "person"
_SHOWN = 5
_WHO_SAYS = (
    "ImageNet's makers withdrew most of them in 2019, and marked 1,593 as offensive or sensitive "
    "(Yang et al., Towards Fairer Datasets, FAT* 2020)"
)


@dataclass(frozen=True, slots=True)
class Caution:
    """Which labels of a list are classes of people, and which of those are offensive."""

    people: frozenset[str]
    offensive: frozenset[str]

    @classmethod
    def of(cls, labels: Collection[str], graph: Graph, offensive: Collection[str]) -> "Caution":
        """People are what lies below the hierarchy's first sense of ``person``; ``offensive`` are ids."""
        senses = graph.find(PERSON)
        people = graph.descendants(senses[0].id) if senses else frozenset[str]()
        return cls(people.intersection(labels), frozenset(offensive).intersection(labels))

    def barred(self, asked_below: Collection[str]) -> frozenset[str]:
        """What no draw takes: all of them; where people were asked for, only the offensive ones.

        ``asked_below``: ids under which classes are to be drawn.
        """
        return self.offensive if self.people.issuperset(asked_below) and asked_below else self.all

    @property
    def all(self) -> frozenset[str]:
        return self.people | self.offensive

    def left_out(self, labels: frozenset[str]) -> Iterator[str]:
        """What to say of labels that a draw passed over."""
        if not labels:
            return
        n_offensive = len(labels & self.offensive)
        if n_offensive == len(labels):
            which = (
                f"{_classes(n_offensive)} of people, offensive or sensitive, {_are(n_offensive)} not drawn"
            )
        else:
            which = f"{_classes(len(labels))} of people {_are(len(labels))} not drawn"
            which += f", {n_offensive:,} of them offensive or sensitive" if n_offensive else ""
        yield f"{which}: {_WHO_SAYS}. --keep-unsafe draws from them too."

    def kept(self, labels: frozenset[str], names: Collection[str]) -> Iterator[str]:
        """What to say of labels that were asked for. ``names``: of the offensive ones that were named."""
        people, offensive = labels & self.all, labels & self.offensive
        if not people:
            return
        shown = ", ".join(sorted(names)[:_SHOWN]) + (", .." if len(names) > _SHOWN else "")
        shown = f" ({shown})" if shown else ""
        which = f", {len(offensive):,} of them offensive or sensitive{shown}" if offensive else ""
        one = len(people) == 1
        found = "1 chosen class is of people" if one else f"{len(people):,} chosen classes are of people"
        yield f"{found}{which}: kept, since they were asked for and not drawn. {_WHO_SAYS}."


def _classes(n: int) -> str:
    return "1 class" if n == 1 else f"{n:,} classes"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"
