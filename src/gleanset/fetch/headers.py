"""The few response headers that anybody reads."""

import re
import time
from collections.abc import Iterable
from datetime import UTC
from email.utils import parsedate_to_datetime

KEPT = frozenset(
    {"content-type", "etag", "x-robots-tag", "tdm-reservation", "x-ebay-c-extension", "last-modified"}
)
_LONGEST_VALUE = 2000
"""Characters of a kept value; nobody needs more, and they travel with the finding."""
_SECONDS = re.compile(r"[0-9]{1,12}")


def parse_headers(lines: Iterable[bytes]) -> list[tuple[str, str]]:
    """(name in lower case, value) in order of arrival; folded lines are joined, odd ones left out."""
    headers: list[tuple[str, str]] = []
    for line in lines:
        text = line.decode("latin-1").rstrip("\r\n")
        if text[:1] in (" ", "\t") and headers:
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {text.strip()}")
            continue
        name, colon, value = text.partition(":")
        if colon:
            headers.append((name.strip().lower(), value.strip()))
    return headers


def kept_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Those that a finding carries; a name that came twice is there twice."""
    return tuple((name, value[:_LONGEST_VALUE]) for name, value in headers if name in KEPT)


def retry_after_s(headers: Iterable[tuple[str, str]]) -> float | None:
    """How long the server asks us to stay away: seconds, or an HTTP date (RFC 9110, 10.2.3).

    A date counts from the server's own ``Date``, where it sends one. Negative, past and unreadable values
    are None.
    """
    fields = dict(headers)
    text = fields.get("retry-after", "")
    if _SECONDS.fullmatch(text):
        return float(text)
    until_s = _http_date_s(text)
    if until_s is None:
        return None
    since_s = _http_date_s(fields.get("date", ""))
    wait_s = until_s - (time.time() if since_s is None else since_s)
    return wait_s if wait_s > 0 else None


def _http_date_s(text: str) -> float | None:
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
