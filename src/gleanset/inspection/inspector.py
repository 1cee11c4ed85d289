"""The inspector: what are these bytes, and what of them goes into the dataset."""

import hashlib
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gleanset.terms.inspection import Flaw, Inspection, Stored, StoredFormat, Treatment

from .decode import as_unfit, open_picture
from .encode import encode
from .hashes import Digests, digest_body, look, luma
from .orientation import swaps_sides, then_turned, turn_upright
from .picture import MIN_LOOK_PX, Facts, Picture, Unfit
from .resample import shrink
from .resize import final_size, frame, scaled_size
from .sniff import sniff
from .strip import without_extras

_STORABLE: Final[dict[str, StoredFormat]] = {"jpeg": "jpeg", "png": "png", "webp": "webp"}
_BLANK_RANGE: Final = 2
"""Grey levels between the darkest and the lightest spot up to which a picture shows nothing."""


def inspect_image(data: bytes) -> Inspection:
    """What a body is worth by the default treatment; ``flaw`` is None for a picture that would be kept."""
    return inspect(data, Treatment())[0]


def inspect(body: bytes, treatment: Treatment, *, turn: int = 0) -> tuple[Inspection, bytes | None]:
    """Decode all of a body, fingerprint it, and say what to store.

    ``turn``: degrees counter-clockwise (0, 90, 180, 270) by which the picture is turned after the EXIF turn,
    since the list says so. What is stored and seen is the turned picture.

    The second value is the very same object where the body is kept byte for byte, and None with a flaw. Never
    raises, whatever the bytes; two threads may call it at once. Costs little more than one decode.
    """
    digests = digest_body(body)
    kind = sniff(body)
    if kind is None:
        return _flawed(body, digests, None, Unfit(Flaw.NOT_AN_IMAGE, _first_words(body))), None
    try:
        return _inspect(body, kind, digests, treatment, turn)
    except Exception as error:  # noqa: BLE001 (codecs throw anything at hostile bytes, SyntaxError included)
        return _flawed(body, digests, kind, as_unfit(error)), None


def _inspect(
    body: bytes, kind: str, digests: Digests, treatment: Treatment, turn: int
) -> tuple[Inspection, bytes]:
    picture = open_picture(body, kind, treatment)
    facts = _turned(picture.facts, turn) if turn else picture.facts
    if _keeps(facts, kind, treatment):
        kept = without_extras(body, kind)
        how = "original" if kept is body else "stripped"
        made = _Made(picture.grey(), (facts.height_px, facts.width_px), kept, _STORABLE[kind], how)
    else:
        made = _remake(picture, facts, treatment)
    seen = look(made.grey, made.of, facts.orientation)
    if _is_blank(seen.thumbnail, made.grey):
        raise Unfit(Flaw.BLANK, "one shade all over", facts.width_px, facts.height_px)
    inspection = Inspection(
        n_bytes=len(body),
        sha256=digests.sha256,
        flaw=None,
        format=kind,
        width_px=facts.width_px,
        height_px=facts.height_px,
        mode=facts.mode,
        frames=facts.frames,
        phash=seen.phash,
        thumbnail=seen.thumbnail,
        md5=digests.md5,
        sha1=digests.sha1,
        stored=_stored(made, facts, digests, treatment),
    )
    return inspection, made.body


def _turned(facts: Facts, turn: int) -> Facts:
    """The facts of the picture after one more turn."""
    size = (facts.width_px, facts.height_px)
    width, height = size if turn == 180 else size[::-1]
    orientation = then_turned(facts.orientation, turn)
    return replace(facts, width_px=width, height_px=height, orientation=orientation, turned=True)


@dataclass(frozen=True, slots=True)
class _Made:
    """A picture ready to be stored."""

    grey: NDArray[np.uint8]
    """For the fingerprints; not yet upright."""
    of: tuple[int, int]
    """Height and width of the picture of whose squares these are the means."""
    body: bytes
    form: StoredFormat
    how: str


def _is_blank(thumbnail: bytes, grey: NDArray[np.uint8]) -> bool:
    """The thumbnail answers for nearly all pictures; thin lines are seen in the grey levels alone."""
    if any(abs(level - thumbnail[0]) > _BLANK_RANGE for level in thumbnail):
        return False
    return int(grey.max()) - int(grey.min()) <= _BLANK_RANGE


def _keeps(facts: Facts, kind: str, treatment: Treatment) -> bool:
    """Whether every trainer opens this body as it is, and nothing else was asked for."""
    size = (facts.width_px, facts.height_px)
    return (
        kind in _STORABLE
        and treatment.encode in {None, kind}
        and facts.plain
        and facts.frames == 1
        and facts.orientation == 1
        and not facts.turned
        and final_size(*size, treatment) == size
    )


def _remake(picture: Picture, facts: Facts, treatment: Treatment) -> _Made:
    """Scale first, turn then: what is turned is smaller."""
    target = scaled_size(facts.width_px, facts.height_px, treatment)
    resized = target != (facts.width_px, facts.height_px)
    as_stored = target[::-1] if swaps_sides(facts.orientation) else target
    source = picture.rgb(as_stored if resized else None)
    scaled = shrink(source, as_stored, interpolate=source.shape[0] * source.shape[1] < facts.n_pixels)
    seen = scaled if min(target) >= MIN_LOOK_PX else source
    upright = frame(turn_upright(scaled, facts.orientation), treatment)
    form = treatment.encode or "jpeg"
    body = encode(upright, form, treatment.quality)
    return _Made(luma(seen), seen.shape[:2], body, form, _what_was_done(facts, treatment))


def _what_was_done(facts: Facts, treatment: Treatment) -> str:
    """``first-frame``, ``upright``, ``srgb``, ``rgb``, ``resized``, joined by ``+``; ``encoded``: the format
    alone.
    """
    size = (facts.width_px, facts.height_px)
    done = (
        ("first-frame", facts.frames > 1),
        ("upright", facts.orientation > 1 or facts.turned),
        ("srgb", facts.profiled),
        ("rgb", (not facts.plain and not facts.profiled) or facts.mode != "RGB"),
        ("resized", final_size(*size, treatment) != size),
    )
    return "+".join(word for word, is_so in done if is_so) or "encoded"


def _stored(made: _Made, facts: Facts, digests: Digests, treatment: Treatment) -> Stored:
    width, height = final_size(facts.width_px, facts.height_px, treatment)
    sha256 = digests.sha256 if made.how == "original" else hashlib.sha256(made.body).digest()
    return Stored(made.form, width, height, len(made.body), sha256, made.how)


def _flawed(body: bytes, digests: Digests, kind: str | None, unfit: Unfit) -> Inspection:
    return Inspection(
        n_bytes=len(body),
        sha256=digests.sha256,
        flaw=unfit.flaw,
        detail=unfit.detail,
        format=kind,
        width_px=unfit.width_px,
        height_px=unfit.height_px,
        md5=digests.md5,
        sha1=digests.sha1,
    )


def _first_words(body: bytes) -> str:
    """How a body that is no picture begins, for the log: printable ASCII alone."""
    return "".join(chr(byte) for byte in body[:60] if 32 <= byte < 127)
