"""What a rotten web is made from: plain values that travel as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from gleanset.errors import UsageError

from .afterlife import Afterlife
from .fates import CONNECTION_FATES, FLICKR_MIX, OTHER_MIX, Mix

CLASSES: Mapping[str, str] = {
    "n02814860": "beacon",
    "n04128499": "sailboat",
    "n07734744": "mushroom",
    "n11978233": "sunflower",
    "n03541923": "hot-air balloon",
    "n04507155": "umbrella",
    "n02274259": "butterfly",
    "n01443537": "goldfish",
    "n09472597": "volcano",
    "n12582231": "palm",
    "n04587404": "windmill",
    "n09403427": "rainbow",
    "n09308572": "iceberg",
    "n04099175": "rocket",
    "n03797390": "mug",
    "n07739125": "apple",
    "n12454159": "tulip",
    "n02084071": "dog",
    "n02121620": "cat",
    "n03544360": "house",
}
"""WordNet ids of twenty classes that can be drawn with a few shapes, and their names."""

WIDEST_PX = 4096
FOLDERS = (
    "images",
    "photos/2009",
    "gallery",
    "uploads/2010/07",
    "blog/pics",
    "media",
    "~jones/album",
    "img/large",
)
"""Where sites keep their pictures."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the pictures are made."""

    width_px: int = 500
    height_px: int = 375
    mean_bytes: int = 45_000
    """Of a JPEG; reached by film grain alone, so that 500x375 pixels have 15 to 90 kB."""
    twin_share: float = 0.02
    """URLs that show the very bytes of another URL of their class."""
    cross_share: float = 0.005
    """URLs that show the very bytes of another class's URL."""
    near_share: float = 0.02
    """URLs that show another URL's picture, smaller and encoded again."""
    png_share: float = 0.03
    webp_share: float = 0.03
    gif_share: float = 0.02
    turned_share: float = 0.03
    """JPEGs that lie on their side and say so in EXIF."""


@dataclass(frozen=True, slots=True)
class WishShares:
    """How many ask what of those who come for pictures (see ``wishes.Robots``).

    Shares of the answering sites beside Flickr, whose rest has no robots.txt; ``opts_out`` of the rows.
    """

    allows: float = 0.0
    forbids_all: float = 0.0
    forbids_us: float = 0.0
    forbids_folder: float = 0.0
    signals: float = 0.0
    huge: float = 0.0
    html: float = 0.0
    forbidden: float = 0.0
    unavailable: float = 0.0
    loop: float = 0.0
    opts_out: float = 0.0
    """Rows whose picture comes with a header that opts out; as many come with one that only looks like it."""

    @property
    def any(self) -> bool:
        return self != WishShares()


@dataclass(frozen=True, slots=True)
class PlaceholderShares:
    """How the answering sites beside Flickr say that a picture is gone (see ``designs``)."""

    designed_share: float = 0.0
    """Sites with one of the forty designs; the fates of placeholders and of 404 at them are what it does."""
    shy_share: float = 0.3
    """Of those with an unknown design: sites that answer 404 where there never was a picture."""
    random_share: float = 0.0
    """Sites that answer an address which no list names with one of the list's real pictures, another one for
    each, and 404 where a picture was."""


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """One rotten web. Equal settings are equal worlds, in any process.

    Raises ``UsageError`` where a number makes no sense.
    """

    seed: int = 2011
    classes: tuple[str, ...] = tuple(CLASSES)
    """Labels. Each gets the look of its place in this order, twenty looks in turn."""
    urls_per_class: int | tuple[int, ...] = 1000
    """For all classes, or one number for each."""
    flickr_share: float = 0.498
    """7,065,092 of the 14,197,114 URLs of the Fall 2011 list."""
    flickr: Mix = FLICKR_MIX
    other: Mix = OTHER_MIX
    hosts: int = 300
    """Sites beside Flickr; the largest hold most of the URLs, as on the web."""
    host_spread: float = 0.6
    """How unlike the answering sites are in their share of good URLs: 0 alike, 1 from none to all."""
    slow_share: float = 0.06
    """Of the answering sites' URLs: those at sites that take four times as long."""
    busy_share: float = 0.04
    """Those at sites that allow ``busy_per_s`` requests, and answer 429 to more."""
    ailing_share: float = 0.0
    """Those at sites that answer 503 to all for the last third of each ``ailing_period_s``."""
    busy_per_s: float = 4.0
    busy_burst: int = 8
    busy_says_when: bool = True
    """Whether busy sites name the true wait in a ``Retry-After``."""
    retry_after: str = "7"
    """What ``rate-limited`` URLs send, garbage included."""
    ailing_period_s: float = 180.0
    flickr_s: float = 0.4
    """Mean time of an answer of Flickr's, before ``time_scale``. With the few that hang, and the second
    request that a placeholder takes, a try takes 0.43 s in the mean: the first tool's crawl."""
    other_s: float = 1.2
    """The same for sites that answer at all. With the dead ones, and the patience of ``FetchSettings``, a try
    takes 1.45 s in the mean, which is what the first tool measured."""
    time_scale: float = 1.0
    """Multiplies every time that the web takes (0.05: twenty times faster); our own timeouts stay."""
    drip_bytes_per_s: float = 2.0
    look: Look = field(default_factory=Look)
    wishes: WishShares = field(default_factory=WishShares)
    afterlife: Afterlife = field(default_factory=Afterlife)
    placeholders: PlaceholderShares = field(default_factory=PlaceholderShares)

    def __post_init__(self) -> None:
        _check(self)

    def counts(self) -> tuple[int, ...]:
        """URLs of each class."""
        if isinstance(self.urls_per_class, int):
            return (self.urls_per_class,) * len(self.classes)
        return self.urls_per_class

    def to_json(self) -> str:
        fields = {name: getattr(self, name) for name in self.__slots__}
        fields["flickr"], fields["other"] = dict(self.flickr.shares), dict(self.other.shares)
        fields["look"], fields["wishes"] = asdict(self.look), asdict(self.wishes)
        fields["afterlife"], fields["placeholders"] = asdict(self.afterlife), asdict(self.placeholders)
        return json.dumps(fields)

    @classmethod
    def from_json(cls, text: str) -> "WorldSettings":
        """The settings that ``to_json`` wrote. Raises ``TypeError`` for unknown names."""
        fields: dict[str, Any] = json.loads(text)
        made: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
        made |= {side: Mix(made[side]) for side in ("flickr", "other") if side in made}
        if "look" in made:
            made["look"] = Look(**made["look"])
        if "wishes" in made:
            made["wishes"] = WishShares(**made["wishes"])
        if "afterlife" in made:
            made["afterlife"] = Afterlife(**made["afterlife"])
        if "placeholders" in made:
            made["placeholders"] = PlaceholderShares(**made["placeholders"])
        return cls(**made)


def _check(settings: WorldSettings) -> None:
    if len(settings.classes) != len(set(settings.classes)) or not settings.classes:
        raise UsageError("rotten web: classes need at least one name, and no name twice.")
    if len(settings.counts()) != len(settings.classes) or min(settings.counts()) < 0:
        raise UsageError("rotten web: urls_per_class is one number, or one for each class, 0 or more.")
    impossible = [fate.word for fate in CONNECTION_FATES if settings.flickr.share(fate) > 0]
    if impossible:
        raise UsageError(f"rotten web: {impossible[0]!r} befalls whole hosts, and Flickr is one host.")
    look = settings.look
    if not (8 <= look.width_px <= WIDEST_PX and 8 <= look.height_px <= WIDEST_PX):
        raise UsageError(f"rotten web: a picture has 8 to {WIDEST_PX} pixels a side.")
    for name in ("flickr_share", "host_spread", "slow_share", "busy_share", "ailing_share"):
        if not 0 <= getattr(settings, name) <= 1:
            raise UsageError(f"rotten web: {name} = {getattr(settings, name)}. A share is 0 to 1.")
    if not all(0 <= share <= 1 for share in asdict(settings.placeholders).values()):
        raise UsageError(f"rotten web: shares of placeholders are 0 to 1: {settings.placeholders}.")
    asked = asdict(settings.wishes)
    of_sites = sum(share for name, share in asked.items() if name != "opts_out")
    if min(asked.values()) < 0 or of_sites > 1 + 1e-9 or settings.wishes.opts_out > 0.5:
        raise UsageError(
            f"rotten web: wishes of sites sum up to at most 1, opts_out is at most 0.5: {settings.wishes}."
        )
    if not settings.afterlife.is_sound():
        raise UsageError(
            "rotten web: shares of the afterlife are 0 to 1, archive_per_s and archive_burst are above 0."
        )
    if settings.hosts < 1 or settings.time_scale < 0 or settings.busy_per_s <= 0 or settings.busy_burst < 1:
        raise UsageError(
            "rotten web: hosts, busy_per_s and busy_burst are above 0, time_scale is not negative."
        )
