"""Pictures of strangers drawn anew: from pixels alone, so that no byte of theirs reaches a page."""

from io import BytesIO

from PIL import Image

_FORMATS = ("JPEG", "PNG", "WEBP")
"""What is stored, whatever came: an inspected picture, made sound where it was not."""
_GREY_SIDE_PX = 16


class UndrawableError(Exception):
    """A stored body that no longer opens: its disk or its file is damaged."""


def redrawn(body: bytes, width_px: int, height_px: int, quality: int = 78) -> bytes:
    """A stored picture as a JPEG that fits into a box; nothing is enlarged, nothing but pixels is taken over.

    Raises:
        UndrawableError: it cannot be opened.
    """
    try:
        with Image.open(BytesIO(body), formats=_FORMATS) as picture:
            shrunk = min(1.0, width_px / picture.width, height_px / picture.height)
            size = max(1, round(picture.width * shrunk)), max(1, round(picture.height * shrunk))
            picture.draft("RGB", size)
            return _jpeg(picture.convert("RGB").resize(size, Image.Resampling.BILINEAR), quality)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UndrawableError(str(error)) from error


def drawn_grey(thumbnail: bytes, side_px: int = 128) -> bytes:
    """The 16x16 grey levels of a finding as a JPEG of large squares: where the body itself is not at hand."""
    grey = Image.frombytes("L", (_GREY_SIDE_PX, _GREY_SIDE_PX), thumbnail)
    return _jpeg(grey.resize((side_px, side_px), Image.Resampling.NEAREST), 85)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    picture.info.clear()  # Pillow would carry a stranger's comment over
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()
