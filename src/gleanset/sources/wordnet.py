"""WordNet 3.0's nouns, from the table that ships with us (``scripts/build_wordnet.py`` derives it)."""

import functools
import lzma
from collections.abc import Iterator
from importlib import resources

from ..errors import StorageError
from ..terms.synset import Synset
from .labels import Depths, depths_in

TABLE = "wordnet30_nouns.tsv.xz"


@functools.cache
def load_wordnet() -> tuple[Synset, ...]:
    """All 82,115 noun synsets in the order of their wnids; one root, ``n00001740`` entity.

    Read once a process, about 0.45 s and 60 MB: whoever can do without it should not call it.
    """
    packed = resources.files("gleanset").joinpath("data", TABLE).read_bytes()
    try:
        return tuple(_synsets(lzma.decompress(packed).decode("ascii")))
    except (lzma.LZMAError, ValueError) as error:
        raise StorageError(
            f"{TABLE}: the table inside the package is damaged ({error}). Install gleanset again."
        ) from error


@functools.cache
def wordnet_depths() -> Depths:
    """How deep wnids lie below the root."""
    return depths_in({synset.id: synset.parents for synset in load_wordnet()})


def _synsets(table: str) -> Iterator[Synset]:
    """Lines like ``wnid, parents, lemmas, senses, gloss``; equal parents and senses share one tuple."""
    parents_of = functools.cache(lambda text: tuple(text.split()))
    senses_of = functools.cache(lambda text: tuple(map(int, text.split())))
    for line in table.splitlines():
        wnid, parents, names, senses, gloss = line.split("\t")
        yield Synset(wnid, tuple(names.split("|")), gloss, parents_of(parents), senses_of(senses))
