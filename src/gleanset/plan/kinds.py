"""Kinds of sites: what is known of one is a hint about the others of its kind."""

from dataclasses import dataclass
from enum import Enum

from .. import urls


class Kind(Enum):
    """Which sites are alike; the value is that of ``urls.kind_of``."""

    FLICKR = "flickr"
    CDN = "cdn"
    OTHER = "other"

    @property
    def words(self) -> str:
        """As people read it."""
        return _WORDS[self]


KINDS = tuple(Kind)
_WORDS = {Kind.FLICKR: "Flickr", Kind.CDN: "object stores and CDNs", Kind.OTHER: "other hosts"}


def kind_of(group: str) -> Kind:
    """The kind of a politeness group."""
    return Kind(urls.kind_of(group))


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is taken for granted of a kind of which nothing was learned, or to begin learning with."""

    dead: float
    """Share of its sites of which every URL is dead, 0 to 1."""
    living: float
    """Mean chance of a URL at the others."""
    strength: float
    """How alike the living are: their chances are Beta(living * strength, (1 - living) * strength)."""
    try_s: float
    """Mean time a try."""

    @property
    def success(self) -> float:
        return (1 - self.dead) * self.living


FLICKR_SUCCESS, FLICKR_TRIES = 11_283 / 13_718, 13_718.0
OTHER_SUCCESS = 4_136 / 13_181
_DEAD = 0.315
"""Of the sites beside Flickr. The crawl of 2019 did not count by site; this is the share at which the rotten
web, which is held to the same 31.4 %, has its URLs die by the site. Likewise the strength: the chances of its
living sites are spread by about 0.16."""

IN_2019 = {
    Kind.FLICKR: Assumed(0.0, FLICKR_SUCCESS, FLICKR_TRIES, 0.43),
    Kind.CDN: Assumed(_DEAD, OTHER_SUCCESS / (1 - _DEAD), 8.8, 1.45),
    Kind.OTHER: Assumed(_DEAD, OTHER_SUCCESS / (1 - _DEAD), 8.8, 1.45),
}
"""The first tool's crawl of 26,899 URLs: 11,283 of 13,718 at Flickr, 4,136 of 13,181 elsewhere, and their
mean times. Flickr is one site, so its "strength" is what is known of it."""

IN_2019_WORDS = (
    "Success rates are those of a crawl of 26,899 URLs of the Fall 2011 list in 2019: Flickr 82.2 %, "
    "other hosts 31.4 %. Nothing newer was measured for these hosts."
)
