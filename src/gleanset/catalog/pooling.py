"""Who takes a label that lies below several classes: each image goes into one class alone."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

Anchors = Mapping[str, tuple[str, ...]]
"""Class to the labels that it was made of; what lies below them is its own as well."""


def shared_out(
    order: Sequence[str],
    pools: Mapping[str, tuple[str, ...]],
    anchors: Anchors,
    above: Mapping[str, frozenset[str]],
) -> dict[str, tuple[str, ...]]:
    """Every label of ``pools`` once, with the class that names the nearest synset above it.

    ``above``: each anchor to those that lie above it. Of classes equally near, which a label with several
    parents may have, the first in ``order`` takes it.
    """
    holders: dict[str, list[str]] = defaultdict(list)
    for label in order:
        for member in pools[label]:
            holders[member].append(label)
    taken = {member: _nearest(member, labels, anchors, above) for member, labels in holders.items()}
    return {label: tuple(member for member in pools[label] if taken[member] == label) for label in order}


def _nearest(
    member: str, holders: Sequence[str], anchors: Anchors, above: Mapping[str, frozenset[str]]
) -> str:
    if len(holders) == 1:
        return holders[0]
    reach = [
        (anchor, label)
        for label in holders
        for anchor in anchors.get(label, (label,))
        if anchor == member or anchor in above.get(member, frozenset())
    ]
    farther = {one for anchor, _ in reach for one in above.get(anchor, ())}
    return next((label for anchor, label in reach if anchor not in farther), holders[0])
