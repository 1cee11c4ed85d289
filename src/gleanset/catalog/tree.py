"""The chosen classes as a tree that people can read: inner nodes that say nothing are left out."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from .graph import Graph

Numbers = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TreeLine:
    """A node; the lines of a tree stand in the order of reading, each below its parent."""

    id: str
    name: str
    depth: int
    """0 for a root."""
    is_class: bool
    """Whether it is one of the chosen classes, or only stands above some."""
    n_classes: int
    """Chosen classes in its subtree, itself included, each once."""
    own: Numbers
    """Of the class itself; zeros for a node that is none."""
    total: Numbers
    """Of its subtree, each class once, however many ways lead to it."""
    again: bool = False
    """It stands above already, with all that lies below it: a node with several parents."""


def tree_of(graph: Graph, classes: Mapping[str, Numbers], name: Callable[[str], str]) -> tuple[TreeLine, ...]:
    """The lines of the tree over ``classes`` (id to numbers, as many for each); siblings by name.

    An inner node that is no class and parts nothing is passed over, and of two ways to a node the longer one
    is shown. Classes that the hierarchy does not know are roots.
    """
    return tuple(_Tree(graph, classes, name).lines())


class _Tree:
    def __init__(self, graph: Graph, classes: Mapping[str, Numbers], name: Callable[[str], str]) -> None:
        self._graph = graph
        self._classes = classes
        self._name = name
        self._kept = graph.closure(classes)
        self._zeros = tuple(0.0 for _ in next(iter(classes.values()), ()))
        self._sets: dict[str, frozenset[str]] = {}
        self._reached: dict[str, frozenset[str]] = {}
        self._met: set[str] = set()

    def lines(self) -> Iterator[TreeLine]:
        roots = [id_ for id_ in self._kept if not any(up in self._kept for up in self._graph.parents(id_))]
        strangers = [id_ for id_ in self._classes if id_ not in self._kept]
        for id_ in self._sorted({self._telling(root) for root in (*roots, *strangers)}):
            yield from self._below(id_, 0)
        for id_ in self._sorted(self._classes.keys() - self._met):  # such as lie in a circle without a root
            if id_ not in self._met:
                yield from self._below(id_, 0)

    def _below(self, id_: str, depth: int) -> Iterator[TreeLine]:
        again = id_ in self._met
        yield self._line(id_, depth, again)
        self._met.add(id_)
        for child in () if again else self._children(id_):
            yield from self._below(child, depth + 1)

    def _line(self, id_: str, depth: int, again: bool) -> TreeLine:
        members = self._set(id_)
        total = tuple(sum(column) for column in zip(*(self._classes[one] for one in members), strict=True))
        own = self._classes.get(id_, self._zeros)
        return TreeLine(
            id_, self._name(id_), depth, id_ in self._classes, len(members), own, total or self._zeros, again
        )

    def _set(self, id_: str) -> frozenset[str]:
        """The classes in its subtree."""
        if id_ not in self._sets:
            self._sets[id_] = frozenset(self._reach(id_) & self._classes.keys())
        return self._sets[id_]

    def _reach(self, id_: str) -> frozenset[str]:
        """Everything in its subtree, itself included."""
        if id_ not in self._reached:
            self._reached[id_] = self._graph.descendants(id_) | {id_}
        return self._reached[id_]

    def _children(self, id_: str) -> list[str]:
        """Below ``id_``, each once, and none that is reached through another of them as well."""
        found: set[str] = set()
        open_, passed = list(self._direct(id_)), {id_}
        while open_:
            child = open_.pop()
            if child in passed:
                continue
            passed.add(child)
            if child not in self._classes and self._set(child) == self._set(id_):
                open_ += self._direct(child)
            else:
                found.add(self._telling(child))
        found.discard(id_)
        below = {one for child in found for one in found & self._reach(child) if one != child}
        return self._sorted(found - below or found)

    def _telling(self, id_: str) -> str:
        """The lowest node that holds the same classes, or the class itself."""
        passed = {id_}
        while id_ not in self._classes:
            same = [child for child in self._direct(id_) if self._set(child) == self._set(id_)]
            if len(same) != 1 or same[0] in passed:
                break
            id_ = same[0]
            passed.add(id_)
        children = [] if id_ in self._classes else self._children(id_)
        return children[0] if len(children) == 1 else id_

    def _direct(self, id_: str) -> Sequence[str]:
        return [child for child in self._graph.children(id_) if child in self._kept]

    def _sorted(self, ids: Set[str]) -> list[str]:
        return sorted(ids, key=lambda id_: (self._name(id_).casefold(), id_))
