"""Addresses that moved by a rule that is known: each row says what became of which URLs, and who says so."""

import re
from dataclasses import dataclass

from ..terms.outcome import Failure


@dataclass(frozen=True, slots=True)
class Rewrite:
    """URLs that match go on as ``target``."""

    word: str
    """What journal and manifest keep, after ``rewrite:``."""
    pattern: re.Pattern[str]
    """Of the whole URL."""
    target: str
    """A template for ``re.Match.expand``."""
    reason: str
    """Why the new address has the picture of the old one."""
    source: str
    """Who says so."""
    against: frozenset[str] | None = None
    """The reasons that it can help against; None: all that are revivable."""


_PHOTO = r"(?P<server>\d{1,6})/(?P<photo>\d{1,12}_[0-9a-f]{4,16}(?:_[a-z0-9]{1,2})?\.(?:jpg|png|gif))"
_OF_PORT_80 = frozenset(
    failure.word
    for failure in (
        Failure.REFUSED,
        Failure.RESET,
        Failure.PROTOCOL,
        Failure.HTTP_ERROR,
        Failure.TOO_MANY_REDIRECTS,
    )
)

REWRITES = (
    Rewrite(
        "flickr-farm",
        re.compile(rf"https?://(?:farm\d+\.)?static(?:\.flickr|flickr)\.com/{_PHOTO}", re.ASCII),
        r"https://live.staticflickr.com/\g<server>/\g<photo>",
        "Flickr serves all pictures from one name now; server, id, secret and size are what they were. "
        "Its farm hosts answered 410 for pictures that the new name has.",
        "https://www.flickr.com/services/api/misc.urls.html; "
        "https://github.com/boncey/Flickr4Java/issues/333 (2019)",
    ),
    Rewrite(
        "flickr-cdn",
        re.compile(rf"https?://c\d+\.staticflickr\.com/\d+/{_PHOTO}", re.ASCII),
        r"https://live.staticflickr.com/\g<server>/\g<photo>",
        "The same for Flickr's c hosts, which put the farm's number into the path: the lists of Open Images "
        "and Tencent ML-Images are full of them.",
        "https://www.flickr.com/services/api/misc.urls.html; both lists",
    ),
    Rewrite(
        "wikimedia-thumb",
        re.compile(
            r"https?://upload\.wikimedia\.org/wikipedia/(?P<wiki>[a-z-]+)/thumb"
            r"/(?P<file>[0-9a-f]/[0-9a-f]{2}/[^/?]+\.(?:jpe?g|png|gif|webp))/\d+px-[^/?]+",
            re.ASCII | re.IGNORECASE,
        ),
        r"https://upload.wikimedia.org/wikipedia/\g<wiki>/\g<file>",
        "Wikimedia makes thumbnails of a few standard widths alone since 2026 and answers 400 to others; the "
        "file that they were made from is at the same path without its last part.",
        "https://www.mediawiki.org/wiki/Common_thumbnail_sizes; https://phabricator.wikimedia.org/T414805",
    ),
    Rewrite(
        "https",
        re.compile(r"http://(?P<rest>[^/:]+(?:/.*)?)", re.DOTALL),
        r"https://\g<rest>",
        "Many sites closed port 80, or answer there with nothing but errors. A site that says 404 by http "
        "says it by https as well, so it is asked again only where http itself failed, and not where "
        "nobody answers at all: such addresses swallow connections to any port.",
        "RFC 6797, 7.2, and RFC 9110, 15.5.22, know http that answers with nothing but a hint at https",
        against=_OF_PORT_80,
    ),
)
"""In the order in which they are tried; the first that matches a URL is the only one."""
