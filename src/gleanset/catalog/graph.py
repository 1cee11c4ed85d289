"""A class hierarchy as a directed acyclic graph: who lies below whom, and which synset a word means."""

import difflib
import functools
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from ..terms.synset import Synset

_SENSE = re.compile(r"(.+)\.n\.(\d{1,3})")


def plain(words: str) -> str:
    """The form in which names are compared: ``Tabby_cat``, ``tabby-cat`` and ``TABBY  CAT`` are one."""
    return " ".join(words.casefold().replace("_", " ").replace("-", " ").split())


def squeezed(words: str) -> str:
    """The form of second resort, letters and digits alone: ``dog sled``, ``dogsled``, ``dog's-led``."""
    return "".join(filter(str.isalnum, words.casefold()))


class Graph:
    """Synsets and their parents. Nothing is indexed before it is asked for.

    Parents that are no synset of the graph are left out, so that any subset of a hierarchy is a graph too.
    """

    def __init__(self, synsets: Iterable[Synset], name: str = "WordNet") -> None:
        self.name = name
        """What people call the hierarchy."""
        self._synsets = {synset.id: synset for synset in synsets}

    def __len__(self) -> int:
        return len(self._synsets)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._synsets

    def get(self, id_: str) -> Synset | None:
        """The synset with exactly this id; None: there is none."""
        return self._synsets.get(id_)

    def find(self, words: str) -> tuple[Synset, ...]:
        """The synsets that a person may mean, the most frequent sense first; empty: nothing has this name.

        Takes ids (``n02123045``), names in any case with blanks, hyphens or underscores (``tabby cat``), and
        numbered senses (``tabby.n.01``). Only where nothing has the name, signs between letters are ignored.
        """
        by_id = self._synsets.get(words.strip().lower()) or self._synsets.get(words.strip())
        if by_id is not None:
            return (by_id,)
        numbered = _SENSE.fullmatch(plain(words))
        if numbered is not None:
            return tuple(
                self._synsets[id_] for sense, id_ in self._named(numbered[1]) if sense == int(numbered[2])
            )
        return tuple(self._synsets[id_] for _, id_ in self._named(plain(words)))

    def parents(self, id_: str) -> tuple[str, ...]:
        """Ids directly above; empty for a root and for an id that the graph does not know."""
        synset = self._synsets.get(id_)
        return tuple(parent for parent in synset.parents if parent in self._synsets) if synset else ()

    def children(self, id_: str) -> tuple[str, ...]:
        """Ids directly below, sorted."""
        return self._children.get(id_, ())

    def descendants(self, id_: str) -> frozenset[str]:
        """Everything below ``id_``, itself included, each once; empty for an unknown id."""
        return _reach((id_,), self.children) if id_ in self._synsets else frozenset()

    def ancestors(self, id_: str) -> frozenset[str]:
        """Everything above ``id_``, itself included; empty for an unknown id."""
        return self.closure((id_,))

    def closure(self, ids: Iterable[str]) -> frozenset[str]:
        """``ids`` and everything above any of them. Costs one visit an edge, however many ids there are."""
        return _reach((id_ for id_ in ids if id_ in self._synsets), self.parents)

    def above(self, ids: Iterable[str]) -> dict[str, frozenset[str]]:
        """Each of ``ids`` to those of them that lie strictly above it."""
        wanted = frozenset(ids)
        return {id_: (self.ancestors(id_) & wanted) - {id_} for id_ in sorted(wanted)}

    def is_ancestor(self, above: str, below: str) -> bool:
        """Whether ``above`` lies strictly above ``below``."""
        return above != below and above in self.ancestors(below)

    def leaves(self, ids: Collection[str]) -> frozenset[str]:
        """Those of ``ids`` that have no other one of them below; unknown ids have nothing below."""
        above = _reach((parent for id_ in ids for parent in self.parents(id_)), self.parents)
        return frozenset(ids) - above

    def most_specific(self, ids: Sequence[str]) -> str | None:
        """The one of ``ids`` that lies below all the others; None: they are no chain."""
        for id_ in ids:
            if self.ancestors(id_).issuperset(ids):
                return id_
        return None

    def search(self, words: str) -> tuple[Synset, ...]:
        """Synsets of which one name holds every one of ``words``, in the order of their ids."""
        wanted = plain(words).split()
        return tuple(
            synset
            for synset in self._synsets.values()
            if any(all(word in name for word in wanted) for name in map(plain, synset.names))
        )

    def _named(self, words: str) -> Sequence[tuple[int, str]]:
        return self._by_name.get(words) or self._by_squeezed_name.get(squeezed(words), ())

    @functools.cached_property
    def _children(self) -> Mapping[str, tuple[str, ...]]:
        children: dict[str, list[str]] = defaultdict(list)
        for id_ in sorted(self._synsets):
            for parent in self.parents(id_):
                children[parent].append(id_)
        return {id_: tuple(below) for id_, below in children.items()}

    @functools.cached_property
    def _by_name(self) -> Mapping[str, Sequence[tuple[int, str]]]:
        return self._index(plain)

    @functools.cached_property
    def _by_squeezed_name(self) -> Mapping[str, Sequence[tuple[int, str]]]:
        return self._index(squeezed)

    def _index(self, form: Callable[[str], str]) -> Mapping[str, Sequence[tuple[int, str]]]:
        """Names in one form to (sense, id), sorted; senses without numbers keep the order of the ids."""
        index: dict[str, set[tuple[int, str]]] = defaultdict(set)
        for synset in self._synsets.values():
            senses = synset.senses or (1,) * len(synset.names)
            for name, sense in zip(synset.names, senses, strict=True):
                index[form(name)].add((sense, synset.id))
        return {name: sorted(meanings) for name, meanings in index.items()}


def _reach(starts: Iterable[str], step: Callable[[str], Iterable[str]]) -> frozenset[str]:
    """Everything that ``step`` leads to, the starts included; circles end where they began."""
    open_ = list(starts)
    reached = set(open_)
    while open_:
        fresh = set(step(open_.pop())) - reached
        reached |= fresh
        open_ += fresh
    return frozenset(reached)


def nearest(words: str, names: Iterable[str], limit: int = 5) -> tuple[str, ...]:
    """Those of ``names`` that ``words`` may be a misspelling of, the likeliest first; may be empty."""
    by_form = {plain(name): name for name in names}
    wanted = plain(words)
    alike = [form for form in by_form if abs(len(form) - len(wanted)) <= 3]
    return tuple(by_form[form] for form in difflib.get_close_matches(wanted, alike, n=limit, cutoff=0.7))
