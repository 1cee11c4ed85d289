"""Several labels an image: which of them count."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import ListError
from .base import LabelRule

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Depths = Callable[[pa.Array], Floats]
"""How deep each label lies in its hierarchy; NaN: it is in none."""


def depths_in(parents: Mapping[str, Sequence[str]]) -> Depths:
    """The length of the longest way from each label up to a root.

    A label lies deeper than all its ancestors, so the deepest of several is the ancestor of none of them.
    """
    known: dict[str, float] = {}

    def depth(label: str) -> float:
        way, entered = [label], set[str]()
        while way:
            one = way[-1]
            if one in entered or one in known:
                known.setdefault(one, 1.0 + max((known.get(up, 0.0) for up in parents[one]), default=0.0))
                way.pop()
            else:
                entered.add(one)
                way += [up for up in parents[one] if up in parents and up not in known and up not in entered]
        return known[label]

    def depths(labels: pa.Array) -> Floats:
        encoded = labels.dictionary_encode()
        words = encoded.dictionary.to_pylist()
        of_word = [known.get(word) or (depth(word) if word in parents else np.nan) for word in words]
        found: Floats = np.array(of_word, np.float64)[np.asarray(encoded.indices)]
        return found

    return depths


def picked(parents: Ints, rank: Floats | None) -> Ints:
    """For every parent the place of its value of the highest rank, the first of equals; None: of the first.

    ``parents`` (n,) ascends: the row to which each value belongs.
    """
    if rank is None:
        return np.flatnonzero(np.diff(parents, prepend=-1))
    order = np.lexsort((np.arange(len(parents)), -rank, parents))
    return order[np.flatnonzero(np.diff(parents[order], prepend=-1))]


def spread(
    columns: dict[str, pa.Array], rule: LabelRule | None, depths: Depths | None, name: str
) -> dict[str, pa.Array]:
    """Rows whose ``label`` holds a list as rows with one label each; no label, no row.

    ``score``, where there is one, holds lists of the same lengths.
    """
    labels, others = columns["label"], {key: v for key, v in columns.items() if key != "score"}
    if not pa.types.is_list(labels.type):
        return others
    parents = np.asarray(pc.list_parent_indices(labels), np.int64)
    words = labels.flatten()
    there = np.asarray(pc.fill_null(pc.not_equal(words, ""), False))
    scores = _scores(columns, len(words))
    chosen = places_of(
        parents[there],
        rule,
        None if scores is None else scores[there],
        lambda: _deep(words.filter(pa.array(there)), depths, name),
        name,
    )
    places = np.flatnonzero(there)[chosen]
    rows = pa.array(parents[places])
    return {
        key: words.take(pa.array(places)) if key == "label" else v.take(rows) for key, v in others.items()
    }


def places_of(
    parents: Ints, rule: LabelRule | None, scores: Floats | None, depths: Callable[[], Floats], name: str
) -> Ints:
    """Which of the values count by a rule. Raises ListError where the list lacks what the rule needs."""
    if rule is None:
        rule = "first" if scores is None else "most-confident"
    match rule:
        case "each":
            return np.arange(len(parents))
        case "first":
            return picked(parents, None)
        case "specific":
            deep = depths()
            return picked(parents, deep if scores is None else deep + np.nan_to_num(scores).clip(0, 1) / 2)
    if scores is None:
        raise ListError(
            f"{name}: --labels most-confident, but its labels have no scores. "
            "Take --labels first, specific or each."
        )
    return picked(parents, np.nan_to_num(scores))


def _scores(columns: Mapping[str, pa.Array], n_words: int) -> Floats | None:
    """(n_words,) the score of every label; 0 throughout a row that has not as many scores as labels."""
    if "score" not in columns or not pa.types.is_list(columns["score"].type):
        return None
    labels, scores = columns["label"], columns["score"]
    alike = pc.fill_null(pc.equal(pc.list_value_length(labels), pc.list_value_length(scores)), False)
    of_row = np.repeat(np.asarray(alike), np.asarray(pc.fill_null(pc.list_value_length(labels), 0)))
    found = np.zeros(n_words)
    found[of_row] = np.asarray(scores.filter(alike).flatten().cast(pa.float64()), np.float64)
    return found


def _deep(words: pa.Array, depths: Depths | None, name: str) -> Floats:
    found = np.zeros(len(words)) if depths is None else depths(words)
    if len(words) and (depths is None or np.isnan(found).all()):
        raise ListError(
            f"{name}: --labels specific needs a hierarchy, and none is known of labels like "
            f"{words[0].as_py()!r}. Take --labels first, most-confident or each."
        )
    return np.nan_to_num(found)
