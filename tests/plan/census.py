"""Censuses that a test can write down in a line."""

from array import array
from collections.abc import Mapping

import numpy as np

from gleanset.terms.plan import Census, GroupCensus

Cells = Mapping[str, Mapping[str, int]]
"""Label to site to URLs."""


def a_census(cells: Cells) -> GroupCensus:
    """The census of these cells."""
    labels = sorted(cells)
    groups = sorted({site for sites in cells.values() for site in sites})
    place = {site: i for i, site in enumerate(groups)}
    starts, group, n = [0], [], []
    for label in labels:
        for site in sorted(cells[label]):
            group.append(place[site])
            n.append(cells[label][site])
        starts.append(len(group))
    return GroupCensus(tuple(labels), tuple(groups), array("q", starts), array("i", group), array("i", n))


def by_kind(sizes: Mapping[str, tuple[int, int]]) -> GroupCensus:
    """Label to (URLs, of which Flickr); every other URL is at a site of its own."""
    return a_census(
        {
            label: {
                **({"flickr.com": flickr} if flickr else {}),
                **{f"{label}-{i}.example": 1 for i in range(urls - flickr)},
            }
            for label, (urls, flickr) in sizes.items()
        }
    )


def in_one_place(census: Census) -> GroupCensus:
    """Many large classes, what is not on Flickr at one site: right for means, at no cost."""
    places = np.array([[0, 1]] * len(census.labels)).reshape(-1)
    flickr = np.array(census.flickr_urls)
    n = np.column_stack((flickr, np.array(census.urls) - flickr)).reshape(-1)
    kept = n > 0
    starts = np.concatenate(([0], np.cumsum(kept.reshape(-1, 2).sum(axis=1))))
    return GroupCensus(
        census.labels,
        ("flickr.com", "other.example"),
        array("q", starts.astype(np.int64).tobytes()),
        array("i", places[kept].astype(np.int32).tobytes()),
        array("i", n[kept].astype(np.int32).tobytes()),
    )
