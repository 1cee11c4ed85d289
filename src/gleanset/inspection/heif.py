"""HEIF, the format of Apple's cameras: its reader is an extra, since HEVC is patented and LGPL."""

from functools import cache

from gleanset.terms.inspection import Flaw

from .picture import Unfit


def need_heif() -> None:
    """Make Pillow's plugin known. Raises ``Unfit`` where the extra is not installed."""
    if not _is_registered():
        raise Unfit(Flaw.UNDECODABLE, "HEIF: pip install 'gleanset[heif]' brings its reader")


@cache
def _is_registered() -> bool:
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True
