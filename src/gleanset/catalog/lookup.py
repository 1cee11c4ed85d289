"""What a person's words mean among the classes of one list."""

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..errors import UsageError
from ..terms.synset import Synset
from .graph import Graph, nearest, plain

_GLOSS_CHARS = 72
_SHOWN = 12


class Lookup:
    """The classes of a list by label, by name and by place in the hierarchy."""

    def __init__(
        self, labels: Sequence[str], counts: Sequence[int], graph: Graph, *, pooling: bool = False
    ) -> None:
        """``pooling``: a class stands for itself and its hyponyms, so that it may lack URLs of its own."""
        self.labels: Mapping[str, int] = dict(zip(labels, counts, strict=True))
        """Label to its URLs."""
        self._graph = graph
        self._pooling = pooling

    def pool(self, label: str) -> tuple[str, ...]:
        """The labels of the list that a class takes: itself, and with ``pooling`` what lies below it."""
        if not self._pooling:
            return (label,)
        below = self.in_hierarchy & self._graph.descendants(label)
        own = (label,) if label in self.labels else ()
        return (*own, *sorted(below.difference(own)))

    def name(self, label: str) -> str:
        """The first lemma where the label is a synset's id, else the label."""
        synset = self._graph.get(label)
        return synset.name if synset else label

    def knows(self, words: str) -> bool:
        """Whether the hierarchy has a synset of this name or id, in the list or not."""
        return bool(self._graph.find(words))

    def matches(self, words: str) -> tuple[str, ...]:
        """The labels that ``words`` may mean: itself, else labels alike but for case, else names."""
        if words in self.labels:
            return (words,)
        alike = self._by_plain_label.get(plain(words))
        if alike:
            return tuple(alike)
        senses = [synset.id for synset in self._graph.find(words)]
        known = tuple(id_ for id_ in senses if id_ in self.labels)
        if known or not self._pooling:
            return known
        return tuple(id_ for id_ in senses if self.pool(id_))

    def one(self, words: str, where: str) -> str:
        """The one label that ``words`` means; UsageError, opening with ``where``: none or several do."""
        found = self.matches(words)
        if len(found) == 1:
            return found[0]
        if found:
            lines = "\n".join(self._line(label) for label in found)
            raise UsageError(
                f"{where}: {len(found)} classes of the list have this name. Take one by its id:\n{lines}"
            )
        raise UsageError(f"{where}: {self._absent(words)}")

    def below(self, words: str, option: str, notes: list[str]) -> frozenset[str]:
        """The labels in the subtree of the first sense of ``words`` that has any; ``notes`` gains which."""
        where = f"{option} {words}"
        senses = self._graph.find(words)
        if not self.in_hierarchy:
            raise UsageError(f"{where}: the labels of this list are no {self._ids()}, so they have no tree.")
        if not senses:
            raise UsageError(
                f"{where}: {self._graph.name} has no noun of this name.{self._suggestion(words)}"
            )
        trees = [(sense, self.in_hierarchy & self._graph.descendants(sense.id)) for sense in senses]
        trees = [(sense, tree) for sense, tree in trees if tree]
        if not trees:
            raise UsageError(f"{where}: the list has no class below {_described(senses[0])}.")
        if plain(words) != trees[0][0].id:
            notes.append(_told(where, trees))
        return trees[0][1]

    def leaves(self) -> frozenset[str]:
        """The labels that have no other label of the list below them."""
        return self._graph.leaves(self.labels)

    @functools.cached_property
    def in_hierarchy(self) -> frozenset[str]:
        """The labels that are ids of the hierarchy."""
        return frozenset(label for label in self.labels if label in self._graph)

    @functools.cached_property
    def _by_plain_label(self) -> Mapping[str, list[str]]:
        index: dict[str, list[str]] = defaultdict(list)
        for label in sorted(self.labels):
            index[plain(label)].append(label)
        return dict(index)

    def _ids(self) -> str:
        of_wordnet = self._graph.name == "WordNet"
        return "WordNet ids (like n02084071)" if of_wordnet else f"ids of {self._graph.name}"

    def _line(self, label: str) -> str:
        synset = self._graph.get(label)
        what = _described(synset) if synset else label
        n_urls = sum(self.labels[member] for member in self.pool(label))
        return f"  --class {label:<12} {n_urls:>6,} URLs   {what}"

    def _absent(self, words: str) -> str:
        senses = self._graph.find(words)
        below = [(sense, len(self.in_hierarchy & self._graph.descendants(sense.id))) for sense in senses]
        hints = [f"  --under {sense.id}   {n:,} classes below {_described(sense)}" for sense, n in below if n]
        if hints:
            found = f"the list has no class {words} itself. It has classes below it (--merge pools them):"
            return "\n".join([found, *hints[:_SHOWN]])
        if senses:
            return f"the list has no class {_described(senses[0])}, and none below it."
        return f"no class of the list has this id or name.{self._suggestion(words)}"

    def _suggestion(self, words: str) -> str:
        """`` Did you mean ..?`` with ids to paste; empty: nothing is near."""
        ids: dict[str, list[str]] = defaultdict(list)
        for name, label in self._names():
            ids[name].append(label)
        near = nearest(words, ids)
        return f" Did you mean {_either(_pasteable(name, ids[name]) for name in near)}?" if near else ""

    def _names(self) -> Iterator[tuple[str, str]]:
        """(name, label) for every label and every lemma of it."""
        for label in self.labels:
            yield label, label
            synset = self._graph.get(label)
            yield from ((name, label) for name in (synset.names if synset else ()))


def _described(synset: Synset) -> str:
    """``dog, domestic dog: a member of ..``: the definition without its examples, shortened."""
    definition = synset.gloss.partition('; "')[0]
    if len(definition) > _GLOSS_CHARS:
        definition = definition[: _GLOSS_CHARS - 1].rstrip() + "…"
    return f"{', '.join(synset.names[:3])}: {definition}".removesuffix(": ")


def _told(where: str, trees: Sequence[tuple[Synset, frozenset[str]]]) -> str:
    taken, tree = trees[0]
    told = f"{where}: taken as {taken.id} ({_described(taken)}), {_classes(tree)} of the list."
    others = [f"{sense.id} ({_described(sense)}; {_classes(below)})" for sense, below in trees[1:]]
    return f"{told} Other senses: {'; '.join(others)}." if others else told


def _classes(labels: frozenset[str]) -> str:
    return "1 class" if len(labels) == 1 else f"{len(labels):,} classes"


def _pasteable(name: str, labels: Sequence[str]) -> str:
    return name if labels == [name] else f"{name} ({', '.join(labels)})"


def _either(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
