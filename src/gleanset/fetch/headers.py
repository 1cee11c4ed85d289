"""The few response headers that anybody reads."""

import re
import time
from collections.abc import Container, Iterable
from datetime import UTC

KEPT = frozenset(
    {b"content-type", b"etag", b"x-robots-tag", b"tdm-reservation", b"x-ebay-c-extension", b"last-modified"}
)
"""What a finding carries."""
_LONGEST_VALUE = 2000
"""Characters of a value; nobody needs more, and they travel."""
_SECONDS = re.compile(r"[0-9]{1,12}")


def pick_headers(
    lines: Iterable[bytes], names: Container[bytes] = KEPT, longest: int = _LONGEST_VALUE
) -> tuple[tuple[str, str], ...]:
    """(name in lower case, value) of the lines that have one of ``names``, in order of arrival.

    A name that came twice is there twice; folded lines are joined. Values are cut at ``longest`` characters.
    """
    picked: list[tuple[str, str]] = []
    wanted = False
    for line in lines:
        if wanted and line[0] in b" \t":
            name, value = picked[-1]
            picked[-1] = (name, f"{value} {_text(line)}"[:longest])
            continue
        key, _, rest = line.partition(b":")
        key = key.rstrip().lower()
        wanted = key in names
        if wanted:
            picked.append((key.decode("ascii"), _text(rest)[:longest]))
    return tuple(picked)


def retry_after_s(lines: Iterable[bytes]) -> float | None:
    """How long the server asks us to stay away: seconds, or an HTTP date (RFC 9110, 10.2.3).

    A date counts from the server's own ``Date``, where it sends one. Negative, past and unreadable values
    are None.
    """
    fields = dict(pick_headers(lines, (b"retry-after", b"date")))
    text = fields.get("retry-after", "")
    if _SECONDS.fullmatch(text):
        return float(text)
    until_s = _http_date_s(text)
    if until_s is None:
        return None
    since_s = _http_date_s(fields.get("date", ""))
    wait_s = until_s - (time.time() if since_s is None else since_s)
    return wait_s if wait_s > 0 else None


def _text(line: bytes) -> str:
    return line.decode("latin-1").strip()


def _http_date_s(text: str) -> float | None:
    from email.utils import parsedate_to_datetime  # 20 ms, and few servers ever ask us to wait

    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
