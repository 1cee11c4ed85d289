"""Which URLs are one picture by intention: the same file in several sizes, or one URL under several labels."""

import re
from hashlib import blake2b
from typing import Final

_SIZE: Final = (
    r"(?:sq|[stmnqwzcblhko]|xs|xl|xxl|[0-9]{2,4}(?:x[0-9]{2,4})?(?:px)?|tn|thumb(?:nail)?s?|small|medium|large|big"
    r"|full|orig(?:inal)?|preview|icon|square)"
)
"""What sites call a size: Flickr's and Imgur's letters, WordPress's 300x200, Wikimedia's 320px, plain words."""
_BEHIND: Final = re.compile(rf"(?:[-_.]{_SIZE})+$", re.IGNORECASE)
_BEFORE: Final = re.compile(rf"^(?:{_SIZE}[-_.])+", re.IGNORECASE)
_FOLDER: Final = re.compile(rf"(?:[wh]_?[0-9]{{2,4}}|{_SIZE})", re.IGNORECASE)
_FILE: Final = re.compile(r"(.+)\.(?:jpe?g|png|gif|webp|bmp|tiff?|avif)$", re.IGNORECASE)


def source_key(url: str) -> int:
    """64 bits, equal for URLs that differ in nothing but the name of a size.

    A photograph that a site has in six sizes is met six times, and proves nothing by that.
    """
    host, _, rest = url.partition("://")[2].partition("/")
    path, question, query = rest.partition("?")
    *folders, last = path.split("/")
    file = _FILE.match(last)
    name = file[1] if file else last
    stem = _BEFORE.sub("", _BEHIND.sub("", name)) or name
    kept = [one for one in folders if not _FOLDER.fullmatch(one) and one.partition(".")[0] != stem]
    parts = (host, *kept, stem) if file or not question else (host, *kept, stem, query)
    return int.from_bytes(blake2b("/".join(parts).encode(), digest_size=8).digest(), "big")
