"""Which road a body takes, and the one door where codecs' exceptions become ours."""

from dataclasses import replace

from gleanset.terms.inspection import Flaw, Treatment

from . import jpeg
from .jpeg import Jpeg
from .picture import Picture, Unfit, most_pixels
from .segments import read_segments
from .still import Still

_DETAIL_CHARS = 200
_OUT_OF_MEMORY = ("Insufficient memory", "Out of memory", "Memory allocation failure")
"""libjpeg, libavif and libheif, turbojpeg and libwebp, for whom Python's ``MemoryError`` is too far away."""


def open_picture(body: bytes, kind: str, treatment: Treatment) -> Picture:
    """Read the header, refuse what is too large, small or long, and be ready to decode. Raises ``Unfit``."""
    if kind != "jpeg":
        return Still(body, kind, treatment)
    header = jpeg.read_header(body)
    return _OddJpeg(body, treatment) if header is None else Jpeg(body, header, treatment)


class _OddJpeg(Still):
    """CMYK, YCCK and samplings beyond libjpeg-turbo: decoded by Pillow and never kept byte for byte, since
    trainers that use libjpeg-turbo could not open them."""

    def __init__(self, body: bytes, treatment: Treatment) -> None:
        jpeg.check_scans(body, read_segments(body), most_pixels("jpeg"))
        super().__init__(body, "jpeg", treatment)
        if self.facts.mode == "CMYK":
            jpeg.check_entropy(body)
        self.facts = replace(self.facts, plain=False)


def as_unfit(error: Exception) -> Unfit:
    """Whatever a codec threw at hostile bytes, as a flaw with a short printable detail."""
    if isinstance(error, Unfit):
        return error
    words = "".join(c for c in str(error) if c.isprintable())[:_DETAIL_CHARS]
    if isinstance(error, MemoryError) or any(said in words for said in _OUT_OF_MEMORY):
        return Unfit(Flaw.DECODER_CRASH, words or "out of memory")
    if "Decompression" in type(error).__name__:
        return Unfit(Flaw.TOO_MANY_PIXELS, words)
    flaw = Flaw.TRUNCATED if "truncated" in words.lower() else Flaw.UNDECODABLE
    return Unfit(flaw, words or type(error).__name__)
