"""Inspections of pictures that nobody drew, so that a million URLs can be rehearsed without pixels."""

from hashlib import blake2b
from random import Random

from gleanset.terms.inspection import Flaw, Inspection, Stored

from .designs import Version
from .fetcher import Outcome, identity
from .responses import Notice, Picture
from .settings import Look

NOTICE_BYTES = 8_500


def imagine(outcome: Outcome, look: Look) -> Inspection | None:
    """What the inspector would say of an outcome's body, as far as a judge can tell; None: no body came.

    Hashes are equal where bodies are, perceptual hashes and thumbnails where pictures look alike; all else is
    made up within reason.
    """
    if outcome.shown is not None:
        return _sound(outcome.shown, look)
    if isinstance(outcome.result, Flaw):
        sha256 = blake2b(outcome.final_url.encode(), digest_size=32).digest()
        return Inspection(n_bytes=1000, sha256=sha256, flaw=outcome.result)
    return None


def _sound(shown: Picture | Notice, look: Look) -> Inspection:
    is_notice = isinstance(shown, Notice)
    motif = _motif(shown)
    chance = Random(blake2b(repr(motif).encode(), digest_size=8).digest())
    n_bytes = NOTICE_BYTES if is_notice else round(look.mean_bytes * (0.6 + 0.8 * chance.random()))
    sha256 = identity(shown)
    stored = Stored("jpeg", look.width_px, look.height_px, n_bytes, sha256, "original")
    return Inspection(
        n_bytes=n_bytes,
        sha256=sha256,
        flaw=None,
        format="jpeg",
        width_px=look.width_px,
        height_px=look.height_px,
        mode="RGB",
        phash=chance.getrandbits(64),
        thumbnail=chance.randbytes(256),
        stored=stored,
    )


def _motif(shown: Picture | Notice) -> Picture | Notice:
    """What all that look alike have in common."""
    if isinstance(shown, Picture):
        return shown._replace(near=False)
    return shown if shown.design < 0 else Notice("", shown.design, Version())
