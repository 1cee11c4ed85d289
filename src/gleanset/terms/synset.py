"""A node of a class hierarchy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Synset:
    """A WordNet noun synset; for other hierarchies, a node with one name."""

    id: str
    """``n02084071``: ``n`` and the eight digits of the WordNet 3.0 offset."""
    names: tuple[str, ...]
    """Lemmas with blanks for underscores, first sense first."""
    gloss: str
    parents: tuple[str, ...]
    """Ids of its hypernyms, instance hypernyms included; more than one for 2 % of them."""
    senses: tuple[int, ...] = ()
    """Which sense of each name this is, 1 the most frequent; empty where the hierarchy numbers none."""

    @property
    def name(self) -> str:
        return self.names[0]
