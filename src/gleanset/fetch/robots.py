"""robots.txt by RFC 9309: what a site's rules say to us, in a form that is small enough to keep."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from gleanset.terms.outcome import Failed, Failure

LONGEST_BYTES = 500 * 1024
"""Of a robots.txt that are read (RFC 9309, 2.5: at least 500 KiB)."""
TOKEN = "gleanset"
"""Our product token (RFC 9309, 2.2.1)."""
HTML_NOTE = "# HTML in the place of rules"

_PRODUCT = re.compile(r"[A-Za-z_-]+")
_END_OF_LINE = re.compile(r"\r\n|\r|\n")
_RECORD = re.compile(
    r"""\s* (?: (?P<agent> user[ -]?agent )
      | (?P<allow> allow )
      | (?P<disallow> diss?all?ow | diasllow | disallaw )
      | (?P<signal> content-signal ) )
    (?: \s*:\s* | \s+ | $ ) (?P<value> .* )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
"""A line that means something, misspelt or without its colon as large crawlers take it too."""
_NO_TRAINING = re.compile(r"(?<![\w-])ai-train\s*=\s*no(?![\w-])", re.IGNORECASE)
_KEPT_IN_PATTERNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
"""All of printable ASCII but the blank: escapes stay as they are, and what is left is ASCII on one line."""


def product_tokens(user_agent: str) -> frozenset[str]:
    """The names that a site's rules can mean us by, lower case: our own, and the one that we go by."""
    product = _PRODUCT.match(user_agent)
    return frozenset({TOKEN, product[0].lower() if product else TOKEN})


@dataclass(frozen=True, slots=True)
class Open:
    """Everything may be taken."""

    note: str = ""
    """Why, where that is odd."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """Something may not be taken."""

    text: str
    """The lines that are for us, as ``excerpt`` writes them."""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nobody could tell us, so nothing may be taken for now (RFC 9309, 2.3.1.4)."""

    why: str
    retry_after_s: float | None = None


def access(answer: str | Failed, tokens: frozenset[str]) -> Open | Ruled | Unreachable:
    """What the answer to the request for a robots.txt, text or failure, permits (RFC 9309, 2.3.1).

    4xx apart from 429 is a site without rules. Where no request was made, since the address may not be asked
    for anything, the site counts as open: its other URLs end for that same reason.
    """
    if isinstance(answer, str):
        text = excerpt(answer, tokens)
        if "Disallow:" in text or "Content-Signal:" in text:
            return Ruled(text)
        return Open(HTML_NOTE.lstrip("# ") if text.startswith(HTML_NOTE) else "")
    status = answer.status or 0
    never_asked = not status and answer.failure in {Failure.BLOCKED_ADDRESS, Failure.BAD_URL}
    no_rules = 400 <= status < 500 and answer.failure is not Failure.RATE_LIMITED
    if never_asked or no_rules or (status < 300 and answer.failure is Failure.EMPTY):
        return Open()
    return Unreachable(answer.failure.word, answer.retry_after_s)


def decode(body: bytes) -> str:
    """The text of a robots.txt: its first 500 KiB, without a last line that is cut."""
    if len(body) > LONGEST_BYTES:
        whole = body[:LONGEST_BYTES]
        body = whole[: max(whole.rfind(b"\n"), whole.rfind(b"\r")) + 1]
    is_wide = body.startswith((b"\xff\xfe", b"\xfe\xff"))
    return body.decode("utf-16" if is_wide else "utf-8-sig", "replace")


def excerpt(text: str, tokens: frozenset[str]) -> str:
    """The rules for us alone, as a robots.txt of one group in ASCII; empty where there are none.

    The groups that name one of ``tokens`` are joined; without any, those for ``*`` are. An excerpt's own
    excerpt is itself. At most 500 KiB.
    """
    ours, everyones = _rules_for(text.lstrip("\ufeff"), tokens)
    name, rules = (TOKEN, ours) if ours is not None else ("*", everyones or [])
    lines = [f"User-agent: {name}", *dict.fromkeys(rules)] if rules else []
    if text.lstrip("\ufeff \t\r\n").startswith(("<", HTML_NOTE)):
        lines.insert(0, HTML_NOTE)
    return _within(lines, LONGEST_BYTES)


def _rules_for(text: str, tokens: frozenset[str]) -> tuple[list[str] | None, list[str] | None]:
    """The rules of the groups that name us, and of those for everyone; None: there is no such group."""
    ours: list[str] | None = None
    everyones: list[str] | None = None
    speaks_to_us = speaks_to_all = has_rules = False
    for line in _END_OF_LINE.split(text):
        record = _RECORD.match(line.partition("#")[0])
        if record is None:
            continue
        value = record["value"].strip()
        if record["agent"]:
            if has_rules:
                speaks_to_us = speaks_to_all = has_rules = False
            if value.split(None, 1)[:1] == ["*"]:
                speaks_to_all, everyones = True, everyones or []
            elif (product := _PRODUCT.match(value)) and product[0].lower() in tokens:
                speaks_to_us, ours = True, ours or []
            continue
        has_rules = has_rules or not record["signal"]
        rule = _rule(record, value)
        if rule and speaks_to_us and ours is not None:
            ours.append(rule)
        if rule and speaks_to_all and everyones is not None:
            everyones.append(rule)
    return ours, everyones


def _rule(record: re.Match[str], value: str) -> str | None:
    """A line in its one form; None: it says nothing (``Disallow:``), or nothing that a path could match."""
    if record["signal"]:
        return "Content-Signal: ai-train=no" if _NO_TRAINING.search(value) else None
    if not value.startswith(("/", "*")):
        return None
    return f"{'Allow' if record['allow'] else 'Disallow'}: {quote(value, safe=_KEPT_IN_PATTERNS)}"


def _within(lines: Iterable[str], n_chars: int) -> str:
    kept: list[str] = []
    for line in lines:
        n_chars -= len(line) + 1
        if n_chars < 0:
            break
        kept.append(line)
    return "\n".join(kept)


class Rules:
    """An excerpt, ready to be asked."""

    def __init__(self, text: str, *, heeds_signals: bool = True) -> None:
        """``heeds_signals``: whether ``Content-Signal: ai-train=no`` forbids."""
        from protego import Protego  # 30 ms, and workers never judge a URL

        lines = [line for line in text.splitlines() if line.startswith(("Allow:", "Disallow:"))]
        self._signals = heeds_signals and "Content-Signal: ai-train=no" in text
        self._group = "the group for gleanset" if f"User-agent: {TOKEN}" in text else "the group for *"
        self._paths = Protego.parse("\n".join(["User-agent: *", *lines]))

    def refusal(self, url: str) -> str | None:
        """Why the URL may not be taken; None: it may. The longest match counts, and "allow" where two tie."""
        if self._signals:
            return "robots.txt: Content-Signal: ai-train=no"
        if self._paths.can_fetch(url, TOKEN):
            return None
        return f"robots.txt disallows it, {self._group}"
