"""What a licence is called: lists write one and the same in a dozen ways."""

import re
from fnmatch import fnmatchcase

UNKNOWN = "unknown"
"""Where a list gives none."""
_CC_PAGE = re.compile(r"creativecommons\.org/(licenses|publicdomain)/([a-z+-]+)")
_TERMS = re.compile(r"by(?:-nc)?(?:-(?:sa|nd))?")
_WORDS = {
    "attribution": "by",
    "noncommercial": "nc",
    "sharealike": "sa",
    "noderivs": "nd",
    "noderivatives": "nd",
    "noderivative": "nd",
}
"""Creative Commons' own names of what a licence asks for, as Flickr and YFCC write them."""
_PUBLIC_DOMAIN = {"pd", "pdm", "publicdomain", "publicdomainmark", "mark", "nocopyright"}
_RESERVED = {"allrightsreserved", "arr", "c", "copyright", "incopyright"}
_MOST_CHARS = 60


def canonical(text: str | None) -> str:
    """The short name of a licence, without its version: ``cc-by``, ``cc-by-nc-sa``, ``cc0``, ``unknown``,
    ``public-domain``, ``all-rights-reserved``; any other text as it stands, in lower case.

    >>> canonical("http://creativecommons.org/licenses/by/2.0/"), canonical("Attribution License")
    ('cc-by', 'cc-by')
    """
    plain = " ".join((text or "").split()).casefold()
    if not plain:
        return UNKNOWN
    page = _CC_PAGE.search(plain)
    if page is not None:
        return _of_page(page[1], page[2])
    letters = "".join(filter(str.isalnum, plain))
    if letters.startswith("cc0") or letters.startswith("cczero"):
        return "cc0"
    if letters in _PUBLIC_DOMAIN:
        return "public-domain"
    if letters in _RESERVED or letters.startswith("allrightsreserved"):
        return "all-rights-reserved"
    return _of_words(plain) or plain[:_MOST_CHARS]


def matches(licence: str, wanted: tuple[str, ...]) -> bool:
    """Whether a canonical name is one of ``wanted``; ``*`` stands for anything (``cc-by*``)."""
    return any(licence == one or fnmatchcase(licence, one) for one in wanted)


def _of_page(kind: str, terms: str) -> str:
    if kind == "publicdomain":
        return "cc0" if terms == "zero" else "public-domain"
    return f"cc-{terms}"


def _of_words(plain: str) -> str | None:
    """``CC BY-NC 4.0``, ``cc_by_sa_3_0``, ``Attribution-NonCommercial License``; None: none of these."""
    words = [_WORDS.get(word, word) for word in re.split(r"[^a-z]+", plain) if word]
    if words[:1] == ["cc"]:
        words = words[1:]
    terms = "-".join(word for word in words if word in {"by", "nc", "sa", "nd"})
    strange = [
        word for word in words if word not in {"by", "nc", "sa", "nd", "license", "licence", "v", "generic"}
    ]
    return f"cc-{terms}" if _TERMS.fullmatch(terms) and not strange else None
