"""What must hold for every body, whatever it is."""

import io
import re
import time
import warnings
import zlib

import simplejpeg
from PIL import Image

from gleanset.inspection.inspector import inspect
from gleanset.terms.inspection import Flaw, Treatment

TREATMENTS = (
    Treatment(min_side_px=1),
    Treatment(min_side_px=1, size_px=16, resize="pad"),
    Treatment(min_side_px=1, encode="png"),
    Treatment(min_side_px=1, size_px=20, encode="webp", quality=50),
)
LONGEST_CPU_S = 5.0
_METADATA = re.compile("malformed MPO|Corrupt EXIF|Metadata")


def check(body: bytes) -> Flaw | None:
    """Inspect a body. Raises ``AssertionError`` where a promise is broken."""
    treatment = TREATMENTS[zlib.crc32(body) % len(TREATMENTS)]
    began_s = time.thread_time()
    seen, stored = inspect(body, treatment)
    took_s = time.thread_time() - began_s
    assert took_s < LONGEST_CPU_S, f"{took_s:.1f} s of CPU"
    assert seen.flaw is not Flaw.DECODER_CRASH, seen.detail
    assert seen.detail.isprintable()
    assert len(seen.detail) <= 200
    assert (stored is None) == (seen.stored is None) == (seen.flaw is not None)
    if stored is not None and seen.stored is not None:
        _opens_everywhere(stored, seen.stored.format, (seen.stored.width_px, seen.stored.height_px))
    return seen.flaw


def _opens_everywhere(stored: bytes, form: str, size: tuple[int, int]) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with Image.open(io.BytesIO(stored), formats=(form.upper(),)) as image:
            image.load()
            assert image.mode in {"RGB", "L"}
            assert image.size == size
    assert not [str(each.message) for each in said if not _METADATA.search(str(each.message))]
    if form == "jpeg":
        simplejpeg.decode_jpeg(stored)
