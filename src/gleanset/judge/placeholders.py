"""Pictures that hosts send in place of a picture that is gone, known by evidence, never by looking dull.

What counts, and why it cannot hit a real photograph:

- the body's MD5, SHA-1 or SHA-256, or an ETag that is one: these name a file;
- a perceptual hash within 6 bits: real placeholders stay within 6 when recompressed and resized, the nearest
  of 7,421 photographs is at 14. Small icons drift up to 16 when resized: for them the shape, or a thumbnail,
  must agree as well (``known_looks``);
- the address where the picture was finally found, host and path apart (anyone may put anything in a path);
- a generic file name such as ``no_image.jpg``, or the site's front page, only where a redirect led there and
  changed the file name. A list may well ask for ``/404.gif``: then somebody labelled that very picture. But a
  server that answers ``/dog_17.jpg`` with ``/no_image.jpg`` has told us what it is;
- an ETag made of time and size, only from a host of that site and with the same length.
"""

import csv
import re
from dataclasses import dataclass, field
from fnmatch import translate
from typing import Final

from gleanset.terms.verdict import Finding

from .known_looks import KnownLook

_DIGESTS: Final = frozenset({"md5", "sha1", "sha256"})
_KINDS: Final = _DIGESTS | {"phash", "final_url", "etag", "etag_suffix", "header", "path"}


@dataclass(frozen=True, slots=True)
class _Signature:
    site: str
    kind: str
    value: str
    n_bytes: int | None
    size: tuple[int, int] | None
    thumbnail: str

    @property
    def look(self) -> KnownLook:
        return KnownLook.parse(self.value, self.size, self.thumbnail)

    @property
    def evidence(self) -> str:
        return f"{self.site}:{self.kind}"


@dataclass(frozen=True, slots=True)
class _Address:
    """Host and path of a URL, in lower case, without port, query and ``www.``; ``/?`` for a query alone."""

    host: str
    path: str

    @property
    def file_name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Signatures:
    """All known placeholders, sorted by what has to be compared."""

    _bodies: dict[bytes, str] = field(default_factory=dict)
    """Digest to evidence; its length tells which digest it is."""
    _looks: tuple[tuple[KnownLook, _Signature], ...] = ()
    _addresses: tuple[tuple[re.Pattern[str], re.Pattern[str], _Signature], ...] = ()
    _paths: tuple[tuple[re.Pattern[str], _Signature], ...] = ()
    _etags: tuple[_Signature, ...] = ()
    _headers: tuple[tuple[str, str, _Signature], ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Signatures":
        """Read a table ``site,kind,value,bytes,size,note,thumbnail``; the last four may be absent.

        ``size`` (``60x60``) and ``thumbnail`` (16x16 grey levels in 512 hexadecimal digits) help a ``phash``
        to find copies that have drifted. Raises ValueError for a kind that is not known.
        """
        rows = tuple(_signature(row) for row in csv.DictReader(text.splitlines()))
        return cls(
            _bodies={bytes.fromhex(s.value): s.evidence for s in rows if s.kind in _DIGESTS},
            _looks=tuple((s.look, s) for s in rows if s.kind == "phash"),
            _addresses=tuple((*_host_and_path(s.value), s) for s in rows if s.kind == "final_url"),
            _paths=tuple((_glob(s.value), s) for s in rows if s.kind == "path"),
            _etags=tuple(s for s in rows if s.kind in {"etag", "etag_suffix"}),
            _headers=tuple((*_name_and_value(s.value), s) for s in rows if s.kind == "header"),
        )

    def match(self, finding: Finding, url: str) -> str | None:
        """``site:kind`` of the first evidence against a picture that was asked for at ``url``, else None."""
        return (
            self._match_body(finding)
            or self._match_look(finding)
            or self.match_address(finding.final_url or url, url)
            or self._match_headers(finding, url)
        )

    def _match_body(self, finding: Finding) -> str | None:
        inspection = finding.inspection
        if inspection is None:
            return None
        digests = (inspection.sha256, inspection.md5, inspection.sha1)
        return next((self._bodies[d] for d in digests if d is not None and d in self._bodies), None)

    def _match_look(self, finding: Finding) -> str | None:
        inspection = finding.inspection
        if inspection is None:
            return None
        return next((s.evidence for look, s in self._looks if look.fits(inspection)), None)

    def match_address(self, final_url: str, url: str) -> str | None:
        """The evidence against whatever is at ``final_url``, to where ``url`` leads."""
        asked, found = _address(url), _address(final_url)
        for host, path, signature in self._addresses:
            if host.fullmatch(found.host) and path.fullmatch(found.path):
                return signature.evidence
        if found.file_name == asked.file_name:
            return None
        return next((s.evidence for path, s in self._paths if path.fullmatch(found.path)), None)

    def _match_headers(self, finding: Finding, url: str) -> str | None:
        if not finding.headers:
            return None
        values = dict(finding.headers)
        for name, part, signature in self._headers:
            if part in values.get(name, "").lower():
                return signature.evidence
        etag = values.get("etag", "").removeprefix("W/").strip('"').lower()
        return self._match_etag(etag, finding, url) if etag else None

    def _match_etag(self, etag: str, finding: Finding, url: str) -> str | None:
        if known := self._bodies.get(_unhex(etag)):
            return known
        host = _address(finding.final_url or url).host
        n_bytes = finding.inspection.n_bytes if finding.inspection else None
        for signature in self._etags:
            value = signature.value
            equal = etag.endswith(value) if signature.kind == "etag_suffix" else etag == value
            at_home = "-" not in value or signature.site in host.split(".")
            if equal and at_home and signature.n_bytes in {None, n_bytes}:
                return signature.evidence
        return None


def _signature(row: dict[str, str]) -> _Signature:
    kind, value = row["kind"], row["value"]
    if kind not in _KINDS:
        known = ", ".join(sorted(_KINDS))
        raise ValueError(f"placeholders: kind {kind!r} of site {row['site']!r} is none of {known}")
    width, _, height = (row.get("size") or "").partition("x")
    size = (int(width), int(height)) if height else None
    n_bytes = int(row["bytes"]) if row.get("bytes") else None
    return _Signature(row["site"], kind, value.lower(), n_bytes, size, row.get("thumbnail") or "")


def _address(url: str) -> _Address:
    """By hand, since it must not raise whatever a server wrote into its redirect."""
    rest = url.lower().partition("://")[2]
    rest, question, _ = rest.partition("#")[0].partition("?")
    host, slash, path = rest.partition("/")
    host = host.rpartition("@")[2].partition(":")[0]
    # "/?id=17" is no front page: some servers name all their pictures so
    return _Address(host.removeprefix("www."), slash + path if path else "/" + question)


def _host_and_path(pattern: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    host, slash, path = pattern.partition("/")
    return _glob(host.removeprefix("www.")), _glob(slash + path or "/")


def _name_and_value(header: str) -> tuple[str, str]:
    name, _, value = header.partition(":")
    return name.strip(), value.strip()


def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))


def _unhex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
