"""Where the picture of a dead URL may still be: under an address that is known to follow, or in an archive.

Pure: nothing is asked here. Which failures are worth it is a closed table, `REVIVABLE`.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ..terms.inspection import Flaw
from ..terms.outcome import Failure
from ..terms.verdict import Judgement
from ..urls import host_of, normalise, politeness_group
from .rewrites import REWRITES

WAYS = ("rewrites", "wayback")
"""What ``--revive`` knows, in the order in which alternatives are tried."""
WAYBACK = "wayback"
REWRITTEN = "rewrite:"
"""Begins the words of all rewrites."""

ARCHIVE = "archive.org"
"""The politeness group of the Internet Archive."""
_CAPTURE = "https://web.archive.org/web/{date}id_/{url}"
"""``id_`` gives the body as it was captured; a date without a capture is redirected to the nearest one.

https://archive.org/help/wayback_api.php; https://skeptric.com/restoring-wayback-html (2021)
"""
FALL_2011 = "20111001000000"
"""When ImageNet's list was made."""
USUAL_DATE = "20140101000000"
"""Lists of unknown age: most that are published were gathered between 2008 and 2018, and an early capture
rather has the picture than the notice that it is gone."""
_WNID = re.compile(r"n\d{8}")

REVIVABLE: dict[Failure | Flaw | Judgement, bool] = {
    # Consent and safety: who forbade the original forbade its copies, and the guard is not to be outwitted.
    Failure.OPTED_OUT: False,
    Failure.FORBIDDEN: False,
    Failure.BLOCKED_ADDRESS: False,
    Failure.BAD_URL: False,
    # Not dead: it is there and too much, or we came too often.
    Failure.TOO_LARGE: False,
    Failure.RATE_LIMITED: False,
    # Nobody is there any more, or nobody who speaks.
    Failure.NAME_NOT_FOUND: True,
    Failure.NAME_TIMEOUT: True,
    Failure.REFUSED: True,
    Failure.CONNECT_TIMEOUT: True,
    Failure.TLS: True,
    Failure.RESET: True,
    Failure.TIMEOUT: True,
    Failure.TOO_SLOW: True,
    Failure.PROTOCOL: True,
    Failure.SERVER_ERROR: True,
    # The host is there and the picture is not.
    Failure.NOT_FOUND: True,
    Failure.GONE: True,
    Failure.EMPTY: True,
    Failure.HTTP_ERROR: True,
    Failure.TOO_MANY_REDIRECTS: True,
    # A page where a picture was (parked domains), or half of it.
    Flaw.NOT_AN_IMAGE: True,
    Flaw.TRUNCATED: True,
    # The picture that was meant: its copies are no better.
    Flaw.UNDECODABLE: False,
    Flaw.TOO_SMALL: False,
    Flaw.BAD_SHAPE: False,
    Flaw.TOO_MANY_PIXELS: False,
    Flaw.BLANK: False,
    Flaw.DECODER_CRASH: False,
    # Another picture than the one that was meant.
    Judgement.PLACEHOLDER: True,
    Judgement.CHANGED: True,
    # Not wanted, wherever it comes from.
    Judgement.DUPLICATE: False,
    Judgement.NEAR_DUPLICATE: False,
    Judgement.LABEL_CONFLICT: False,
    Judgement.CLASS_FULL: False,
    Judgement.CLASS_REPLACED: False,
    Judgement.EXCLUDED: False,
    Judgement.REMOVED: False,
    Judgement.REJECTED_BY_HAND: False,
}
"""For every reason whether a picture that ended with it is worth looking for elsewhere.

``forbidden`` is a no although object stores answer 403 for keys that do not exist: from outside it cannot be
told from a door that was closed on purpose.
"""
_REVIVABLE_WORDS = frozenset(reason.word for reason, worth in REVIVABLE.items() if worth)


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another address at which a picture may be."""

    url: str
    way: str
    """Kept in journal and manifest: ``rewrite:flickr-farm``, ``rewrite:https``, ``wayback`` .."""
    against: frozenset[str] | None = None
    """The reasons that it can help against; None: all that are revivable."""

    def helps(self, reason: str) -> bool:
        """Whether it is worth a request after ``reason``."""
        return revivable(reason) and (self.against is None or reason in self.against)


def revivable(reason: str) -> bool:
    """Whether a candidate that ended with this word is worth looking for elsewhere; ``check:..`` is not."""
    return reason in _REVIVABLE_WORDS


def alternatives(url: str, ways: Collection[str], near: str = USUAL_DATE) -> tuple[Alternative, ...]:
    """Where else the picture of ``url`` (normalised) may be, in the order of trying; at most two.

    ``near``: the archive's date, ``YYYYMMDDhhmmss``. Copies in the archive have no alternatives.
    """
    if politeness_group(host_of(url)) == ARCHIVE:
        return ()
    found = [_rewritten(url)] if "rewrites" in ways else []
    if WAYBACK in ways:
        found.append(_captured(url, near))
    return tuple(one for one in found if one is not None and one.url != url)


def _rewritten(url: str) -> Alternative | None:
    for row in REWRITES:
        match = row.pattern.fullmatch(url)
        if match is not None:
            target = normalise(match.expand(row.target))
            return Alternative(target, REWRITTEN + row.word, row.against) if target is not None else None
    return None


def _captured(url: str, near: str) -> Alternative | None:
    capture = normalise(_CAPTURE.format(date=near, url=url))
    return Alternative(capture, WAYBACK) if capture is not None else None


def near_date(labels: Iterable[str]) -> str:
    """The date near which the archive is asked: that of ImageNet's list where most labels are wnids."""
    votes = [_WNID.fullmatch(label) is not None for label in labels]
    return FALL_2011 if 2 * sum(votes) > len(votes) else USUAL_DATE
