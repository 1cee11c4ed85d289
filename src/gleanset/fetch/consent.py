"""Opt-outs in response headers: X-Robots-Tag with a real tokenizer, and the TDM reservation."""

import re
from collections.abc import Iterable

HEADERS = frozenset({b"x-robots-tag", b"tdm-reservation"})
"""The headers that can opt out."""
OPT_OUTS = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none"})
"""``none`` is ``noindex, nofollow``."""

_OTHER_DIRECTIVES = {
    *("all", "index", "follow", "nofollow", "noarchive", "nocache", "nosnippet", "notranslate", "noodp"),
    *("noydir", "indexifembedded", "unavailable_after"),
    *("max-snippet", "max-image-preview", "max-video-preview"),
}
_DIRECTIVES = OPT_OUTS | _OTHER_DIRECTIVES
_TAKES_A_VALUE = re.compile(r"max-[a-z-]+\s*:\s*\S+")
"""``max-image-preview: none`` is no ``none``."""
_SEPARATOR = re.compile(r"[,;]")
_NAMED = re.compile(r"([a-z*][^\s:]*)\s*:\s*(.*)", re.DOTALL)
"""``agent: directive``, or ``directive: value``. Pieces of dates (``15:00:00 GMT``) begin with a digit."""
_PRODUCT = re.compile(r"[a-z_-]+")
_QUOTES = " \t\"'"
_LONGEST = 180
"""Characters of a header that are repeated as the reason."""


def refusal(headers: Iterable[tuple[str, str]], tokens: frozenset[str]) -> str | None:
    """The header that asks not to take this picture, as a line of text; None: there is none.

    ``headers``: names in lower case, one pair a line. ``tokens``: the names that mean us, lower case.
    """
    for name, value in headers:
        if name == "x-robots-tag":
            word = opt_out(value, tokens)
        elif name == "tdm-reservation":
            word = "1" if "1" in [item.strip(_QUOTES) for item in _SEPARATOR.split(value)] else None
        else:
            continue
        if word is not None:
            line = " ".join(value.split())
            return f"{name}: {line if len(line) <= _LONGEST else f'.. {word} ..'}"
    return None


def opt_out(value: str, tokens: frozenset[str]) -> str | None:
    """The directive of one X-Robots-Tag line that forbids us this picture; None: it does not.

    ``agent:`` scopes what follows it on its line, up to the next ``agent:``; what comes before is for all.
    Whether a word with a colon is an agent shows in what follows: a directive that we know, or nothing. So an
    unknown directive with a value hides no ``noai`` behind it. ``unavailable_after`` alone forbids nothing.
    """
    is_for_us = True
    for item in _SEPARATOR.split(value.lower()):
        words = item.strip(_QUOTES)
        while (named := _NAMED.fullmatch(words)) and _is_agent(named[1], named[2]):
            is_for_us = _means_us(named[1], tokens)
            words = named[2].strip(_QUOTES)
        said = [word.strip(_QUOTES) for word in re.split(r"[\s:]+", _TAKES_A_VALUE.sub("", words))]
        if is_for_us and (found := next((word for word in said if word in OPT_OUTS), None)):
            return found
    return None


def _is_agent(name: str, rest: str) -> bool:
    first = re.split(r"[\s:]", rest.strip(_QUOTES), maxsplit=1)[0]
    return name not in _DIRECTIVES and (not first or first in _DIRECTIVES)


def _means_us(agent: str, tokens: frozenset[str]) -> bool:
    product = _PRODUCT.match(agent)
    return agent == "*" or (product is not None and product[0] in tokens)
