"""What a URL is to us: its one form, its host, whom to be polite to, and names that a file system takes.

URLs follow the WHATWG standard (as browsers do), hosts the ICANN half of the public suffix list. Everything
here is pure and light enough for a worker process.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

import ada_url

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

LONGEST_URL = 16_384
"""Characters. Common servers refuse request lines above 8 to 16 KiB, so longer ones are no URLs to us."""

NORMAL_FORM = (
    r"^https?://[a-z0-9_-]+(\.[a-z0-9_-]+)*\.[a-z]{2,24}"
    r"/([A-Za-z0-9_~!$&'()*+,;=:@%-][A-Za-z0-9_~!$&'()*+,;=:@%.-]*/?|/)*"
    r"(\?[A-Za-z0-9_~!$&()*+,;=:@%./?-]*)?$"
)
"""For RE2: a URL of at most 2,000 characters that matches this and not ``NEEDS_PARSER`` is in normal form.

A cheap test for whole columns: nine in ten URLs of real lists pass it.
"""
NEEDS_PARSER = r"xn--|%2[eE]"
"""Punycode wants validation, and ``%2e`` may be a dot segment in disguise."""

_SCHEME_WITHOUT_HOST = re.compile(r"[\x00-\x20]*https?:[/\\]{3}", re.IGNORECASE)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

FLICKR = "flickr.com"

_SAME_SITE = {
    "staticflickr.com": FLICKR,
    "wikipedia.org": "wikimedia.org",
}
"""Registered domains that one operator serves from the same machines."""

_BUCKET = re.compile(
    r"""(?:.+\.)? (?:
        s3 (?:[.-][a-z0-9-]+)? (?:\.[a-z0-9-]+)? \.amazonaws\.com (?:\.cn)?
      | storage\.googleapis\.com
      | blob\.core\.windows\.net
    )
    | .+\. (?:
        digitaloceanspaces\.com | r2\.dev | r2\.cloudflarestorage\.com | backblazeb2\.com
      | wasabisys\.com | aliyuncs\.com | myqcloud\.com | cloudfront\.net
    )""",
    re.VERBOSE,
)
"""Object stores and distributions: every bucket is a site of its own, named by its whole host."""
_STORES = (
    "amazonaws.com",
    "amazonaws.com.cn",
    "googleapis.com",
    "windows.net",
    "digitaloceanspaces.com",
    "r2.dev",
    "cloudflarestorage.com",
    "backblazeb2.com",
    "wasabisys.com",
    "aliyuncs.com",
    "myqcloud.com",
    "cloudfront.net",
)
"""How their hosts end: a cheap test before the expression."""

_CEILINGS = {FLICKR: 24, "wikimedia.org": 2, "archive.org": 3}
"""Flickr: what the 2019 tool used without complaint. Wikimedia: its robot policy asks for at most two.
Internet Archive: its downloaders' users met 429 and then closed doors above three to four at once
(hartator/wayback-machine-downloader, issues 160 and 264; edgi-govdata-archiving/wayback, issue 137)."""
_BUCKET_CEILING = 64


def normalise(raw: str | bytes) -> str | None:
    """The URL in WHATWG form: ASCII, without a fragment. None: no http(s) URL with a host.

    Bytes that are not UTF-8 are percent-encoded one by one; HTML escapes stay as they are; backslashes in the
    path become slashes. User names, odd ports and private hosts stay: they are the guard's business.
    """
    text = raw.decode("utf-8", "surrogateescape") if isinstance(raw, bytes) else raw
    if not text.isascii():
        text = _LONE_SURROGATE.sub(_escape_surrogate, text)
    if _SCHEME_WITHOUT_HOST.match(text):
        return None
    try:
        href: str = ada_url.normalize_url(text)
    except ValueError:
        return None
    url = href.partition("#")[0]
    if not url.startswith(("http://", "https://")) or len(url) > LONGEST_URL:
        return None
    return url if host_of(url).strip(".") else None


def _escape_surrogate(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"%{code - 0xDC00:02X}" if 0xDC80 <= code <= 0xDCFF else "%EF%BF%BD"


def host_of(url: str) -> str:
    """The host name of a normalised URL: lower case, no port, IPv6 without brackets."""
    authority = url.split("/", 3)[2].partition("?")[0].rpartition("@")[2]
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.partition(":")[0]


def site_of(url: str) -> str:
    """Whose robots.txt a normalised URL is under: host and port, the usual ports of both schemes left out.

    ``http://a.example/`` and ``https://a.example/`` are one site, ``http://a.example:8080/`` another.
    """
    authority = url.split("/", 3)[2].partition("?")[0].rpartition("@")[2]
    host, colon, port = authority.rpartition(":")
    if not colon or not port.isdigit():
        return authority.rstrip(".")
    return host.rstrip(".") if port in {"80", "443"} else f"{host.rstrip('.')}:{port}"


@lru_cache(maxsize=1 << 17)
def politeness_group(host: str) -> str:
    """The site whose operator feels our requests: a registered domain by ICANN rules, with a few exceptions.

    Flickr's domains are one group, every bucket of an object store is its own, an IP address is itself, and a
    name without a registered domain (``localhost``, ``co.uk``) too.
    """
    host = host.rstrip(".").lower() or host
    if _is_address(host):
        return host
    domain: str = _suffixes().privatesuffix(host) or host
    return host if is_bucket(host) else _SAME_SITE.get(domain, domain)


def is_bucket(host: str) -> bool:
    """Whether the host is a bucket of an object store or a distribution of a known image CDN."""
    return host.endswith(_STORES) and _BUCKET.fullmatch(host) is not None


def _is_address(host: str) -> bool:
    if ":" not in host and not host[-1:].isdigit():
        return False
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@cache
def _suffixes() -> "PublicSuffixList":
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(only_icann=True)


def is_flickr(host: str) -> bool:
    """Whether the host is Flickr's. A path that holds the word does not make it so."""
    return politeness_group(host) == FLICKR


def kind_of(group: str) -> str:
    """The kind of a politeness group, whose hosts resemble one another: ``flickr``, ``cdn`` or ``other``."""
    if group == FLICKR:
        return "flickr"
    return "cdn" if is_bucket(group) else "other"


def is_named_group(pattern: str) -> bool:
    """Whether a ``--hosts`` pattern is the name of a group (``flickr``) instead of a host."""
    return pattern.lower() == "flickr"


def host_matches(host: str, pattern: str) -> bool:
    """Whether ``--hosts PATTERN`` means this host.

    ``flickr`` is a named group, ``example.com`` means the domain and its subdomains, ``*`` any characters.
    """
    if is_named_group(pattern):
        return is_flickr(host)
    return _pattern(pattern).fullmatch(host.rstrip(".").lower()) is not None


@dataclass(frozen=True, slots=True)
class Ceilings:
    """How many requests at once a politeness group gets at most."""

    default: int = 8
    """Where no rule matches and no ceiling is built in."""
    rules: tuple[tuple[str, int], ...] = ()
    """(``--hosts`` pattern, ceiling): a later one goes before an earlier one, any before what is built in."""

    def of(self, group: str) -> int:
        """The ceiling of a group. A rule for one of a group's hosts is a rule for the group."""
        for pattern, most in reversed(self.rules):
            if host_matches(group, pattern) or politeness_group(pattern.replace("*", "x")) == group:
                return most
        return _BUCKET_CEILING if is_bucket(group) else _CEILINGS.get(group, self.default)


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> re.Pattern[str]:
    pattern = pattern.rstrip(".").lower()
    anything = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.compile(anything if "*" in pattern else rf"(?:.*\.)?{anything}", re.DOTALL)


_PLAIN_NAME = re.compile(r"(?!__)[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_NAME_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_LONGEST_NAME = 64


def safe_name(text: str) -> str:
    """A label as a folder name that every system takes; two labels never share one.

    ``[A-Za-z0-9._-]{1,64}`` stays as it is, except for names that systems or dataset readers treat specially:
    ``.``, ``..``, hidden ones, ``__x``, devices, a dot at the end. Anything else has blanks as ``_``, other
    bytes as ``~XX``, and ends in ``~`` and eight digits of the label's hash, which no plain name holds.
    """
    if _PLAIN_NAME.fullmatch(text) and not text.endswith(".") and not _DEVICE.fullmatch(text):
        return text
    encoded = text.encode("utf-8", "surrogatepass")
    mark = "~" + hashlib.sha256(encoded).hexdigest()[:8]
    stem = "".join(_escape_name_byte(byte) for byte in encoded[:_LONGEST_NAME]).lstrip("_")
    return (stem[: _LONGEST_NAME - len(mark)] or "_") + mark


def _escape_name_byte(byte: int) -> str:
    if byte == 0x20:
        return "_"
    return chr(byte) if byte in _NAME_BYTES else f"~{byte:02X}"
