"""How sites say that a picture is gone: forty designs, half of them known to a table of signatures.

A site has at most one. What a design shows may differ by host, address, time and request; ``placards``
draws it.
"""

from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Literal, NamedTuple

from .fates import Fate


class Serving(Enum):
    """How a placeholder reaches those who asked for a picture that is gone."""

    AT_ONCE = "200"
    NOT_FOUND = "404"
    """As the body of a 404."""
    OWN_TELLING = "302-own-telling"
    """302 to an address of the same site, whose name tells."""
    OWN_MUTE = "302-own-mute"
    """302 to an address of the same site that says nothing, with a query of its own for each picture."""
    ELSEWHERE = "302-elsewhere"
    """302 to one address of another site, for all sites with this design."""

    @property
    def fate(self) -> Fate:
        if self is Serving.AT_ONCE:
            return Fate.PLACEHOLDER
        return Fate.NOT_FOUND_PICTURE if self is Serving.NOT_FOUND else Fate.MOVED_PLACEHOLDER


class Change(Enum):
    """In what the pictures of one design differ."""

    DATED = "dated"
    """The second of the request stands on it."""
    COLOURED = "coloured"
    """Each host has its own colours."""
    NAMED = "named"
    """The host's name stands on it."""
    QUOTED = "quoted"
    """A number of the address that was asked for stands on it."""
    RECODED = "recoded"
    """Each request gets its own JPEG quality."""
    SIZED = "sized"
    """Half, three quarters, the whole or one and a half of its size, by address."""


Backdrop = Literal["plain", "framed", "shaded", "striped", "checked", "photograph"]
Format = Literal["png", "jpeg", "gif", "webp"]
Kind = Literal["sha256", "md5", "sha1", "phash", "final_url", "path", "etag", "header"]
DATED, COLOURED, NAMED, QUOTED, RECODED, SIZED = Change


@dataclass(frozen=True, slots=True)
class Design:
    """One way of saying that a picture is gone."""

    word: str
    serving: Serving
    emblem: str
    backdrop: Backdrop
    lines: tuple[str, ...]
    size_px: tuple[int, int]
    format: Format
    changes: frozenset[Change] = frozenset()
    known_by: Kind | None = None
    """The kind of signature that names it; None: unknown."""

    @property
    def is_known(self) -> bool:
        return self.known_by is not None

    @property
    def notice_path(self) -> str:
        """Where the picture itself is, if asking for another one leads there."""
        if self.serving is Serving.OWN_MUTE:
            return f"/i/{Random(self.word).getrandbits(40):010x}.{self.format}"
        return f"/img/{self.word}-sorry.{self.format}"

    @property
    def etag(self) -> str:
        """Quoted hexadecimal digits, as an ETag."""
        return f'"{Random(self.word).getrandbits(64):016x}"'


class Version(NamedTuple):
    """In what one picture of a design differs from another; 0 where the design does not change that way."""

    second: int = 0
    quality: int = 0
    """Added to the lowest quality."""
    size: int = 0
    """An index of ``SCALES``."""
    reference: int = 0


SCALES = (1.0, 0.5, 0.75, 1.5)
QUALITIES = (45, 50)
"""The lowest JPEG quality, and how many there are from there on."""
EPOCH = "01 Jan 1970 00:00:00"
"""What a design that is known by its header gives as its last change."""


def _design(
    word: str,
    serving: Serving,
    emblem: str,
    backdrop: Backdrop,
    lines: str,
    size_px: tuple[int, int],
    form: Format,
    *changes: Change,
    by: Kind | None = None,
) -> Design:
    texts = tuple(filter(None, lines.split("|")))
    return Design(word, serving, emblem, backdrop, texts, size_px, form, frozenset(changes), by)


_OK, _404, _OWN, _MUTE, _ELSE = Serving

KNOWN = (
    _design("hill", _OK, "hills", "plain", "No image", (400, 300), "png", by="sha256"),
    _design("lens", _OK, "camera", "framed", "", (120, 120), "gif", by="md5"),
    _design("stop", _OK, "forbidden", "striped", "Hotlinking denied", (468, 60), "gif", by="sha1"),
    _design("memo", _404, "none", "plain", "404|Nothing here", (320, 240), "png", by="sha256"),
    _design("face", _404, "sad", "shaded", "Oops", (250, 250), "png", by="md5"),
    _design("tick", _OK, "clock", "plain", "Image removed|at", (480, 360), "png", DATED, by="phash"),
    _design("hues", _OK, "torn", "plain", "", (300, 300), "png", COLOURED, by="phash"),
    _design(
        "code", _OK, "magnifier", "shaded", "We looked everywhere", (500, 333), "jpeg", RECODED, by="phash"
    ),
    _design("fold", _OK, "padlock", "framed", "Private", (360, 270), "jpeg", SIZED, RECODED, by="phash"),
    _design("lake", _OK, "none", "photograph", "PHOTO GONE", (500, 375), "jpeg", RECODED, by="phash"),
    _design(
        "park", _OK, "letter", "photograph", "Lumen hosting|account closed", (440, 330), "jpeg", by="phash"
    ),
    _design("bulb", _OK, "bolt", "checked", "", (64, 64), "png", by="sha256"),
    _design("plug", _OWN, "plug", "plain", "Disconnected", (320, 200), "gif", by="path"),
    _design("wall", _OWN, "bricks", "plain", "Members only", (300, 225), "png", NAMED, by="path"),
    _design("glow", _MUTE, "cloud", "shaded", "Lost in the cloud", (420, 280), "jpeg", RECODED, by="phash"),
    _design("ring", _MUTE, "question", "framed", "", (200, 200), "png", by="sha256"),
    _design("flag", _ELSE, "warning", "plain", "Bandwidth limit exceeded", (400, 300), "png", by="final_url"),
    _design("tent", _ELSE, "wave", "photograph", "Moved on", (480, 320), "jpeg", RECODED, by="final_url"),
    _design("seal", _OK, "eye", "plain", "Not for you", (350, 250), "webp", QUOTED, by="etag"),
    _design("dusk", _OK, "film", "striped", "Reel missing", (400, 260), "jpeg", DATED, RECODED, by="header"),
)
UNKNOWN = (
    _design("fern", _OK, "hills", "shaded", "Image not|available", (350, 350), "png"),
    _design("snap", _OK, "camera-off", "plain", "", (96, 96), "gif"),
    _design("logo", _OK, "letter", "plain", "Lindqvist.", (240, 90), "png"),
    _design("note", _OK, "none", "framed", "This picture|was deleted by|its owner", (500, 375), "jpeg"),
    _design("hour", _OK, "clock", "shaded", "Gone since", (400, 300), "png", DATED),
    _design("date", _OK, "none", "striped", "Error 404|Object not found", (320, 240), "jpeg", DATED, RECODED),
    _design("dyed", _OK, "basket", "plain", "Sold out", (400, 400), "png", COLOURED),
    _design("ours", _OK, "person", "framed", "User unknown", (300, 300), "jpeg", COLOURED, NAMED),
    _design("zoom", _OK, "film", "plain", "0 results", (512, 384), "jpeg", RECODED),
    _design("thin", _OK, "warning", "checked", "", (150, 150), "jpeg", RECODED),
    _design("many", _OK, "cloud", "plain", "Image offline", (440, 330), "png", SIZED),
    _design("both", _OK, "sad", "plain", "Sorry!", (400, 400), "jpeg", SIZED, RECODED),
    _design("view", _OK, "none", "photograph", "No longer available", (500, 375), "jpeg"),
    _design("pane", _OK, "eye", "photograph", "Hidden|by its owner", (480, 360), "jpeg", RECODED),
    _design("copy", _OK, "torn", "plain", "Reference", (420, 300), "png", QUOTED),
    _design("void", _404, "question", "plain", "Not found", (300, 200), "png"),
    _design("sign", _OWN, "forbidden", "plain", "Removed for|violating our terms", (450, 300), "png"),
    _design("drop", _MUTE, "wave", "framed", "Swept away", (360, 240), "jpeg", RECODED),
    _design("seat", _MUTE, "bricks", "shaded", "Under construction", (400, 250), "gif", QUOTED),
    _design("loft", _ELSE, "film", "photograph", "Clip expired", (427, 320), "jpeg", DATED, RECODED),
)
DESIGNS = (*KNOWN, *UNKNOWN)
"""By number: those below 20 are known."""


class Habit(NamedTuple):
    """What one site does about pictures that it does not have, beyond 404."""

    design: int = -1
    """An index of ``DESIGNS``; -1: none of them."""
    is_shy: bool = False
    """Its design is for pictures that once were; whatever never was gets a plain 404."""
    is_random: bool = False
    """It answers any address with one of its pictures, another one for each."""

    @property
    def has_design(self) -> bool:
        return self.design >= 0


PLAIN = Habit()


def dealt(seed: int, rank: int) -> int:
    """The design of the site of this rank by size: dealt back and forth, so that all get their share."""
    order = list(range(len(DESIGNS)))
    Random(f"{seed} designs").shuffle(order)
    turn, place = divmod(rank, len(order))
    return order[place if turn % 2 == 0 else len(order) - 1 - place]


def notice_host(design: int) -> str:
    """Where the picture of an ``ELSEWHERE`` design is."""
    return f"notices{design:02d}.example"
