"""Which URLs are one picture by intention: a file in several sizes, or one URL under several labels."""

import re
from hashlib import blake2b
from typing import Final

_WORDS: Final = r"tn|thumb(?:nail)?s?|small|medium|large|big|full|orig(?:inal)?|preview|icon|square"
_WIDTHS: Final = (
    r"[0-9]{2,4}x[0-9]{2,4}|[0-9]{2,4}px|(?:1[056]|2[045]|3[02]|4[08]|50|6[04]|7[25]|80|90|128|144|160|192)0"
    r"|1024|1080|1200|2048"
)
_SIZE: Final = rf"(?:sq|[stmnqwzcblhko]|xs|xl|xxl|{_WIDTHS}|{_WORDS})"
"""What sites call a size: Flickr's letters, WordPress's 300x200, Wikimedia's 320px, widths, words. Other
numbers tell pictures apart: ``dog_17.jpg``, ``dog_18.jpg``."""
_BEHIND: Final = re.compile(rf"(?:[-_.]{_SIZE})+$", re.IGNORECASE)
_BEFORE: Final = re.compile(rf"^(?:{_SIZE}[-_.])+", re.IGNORECASE)
_FOLDER: Final = re.compile(rf"(?:[wh]_?[0-9]{{2,4}}|[0-9]{{2,4}}x[0-9]{{2,4}}|{_WORDS})", re.IGNORECASE)
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
