"""Real photographs among the drawn pictures of a rotten web."""

import io
from collections import defaultdict
from collections.abc import Iterable, Sequence

from PIL import Image, ImageOps

from gleanset.errors import UsageError

from .responses import Picture

Photograph = tuple[str, bytes]
"""A label of the world, and a JPEG, PNG, WebP or GIF."""

_BEGINNINGS = {b"\x89PNG": "image/png", b"RIFF": "image/webp", b"GIF8": "image/gif"}
NEAR_QUALITY = 80


class Photographs:
    """Which picture of a world is which photograph.

    Each stands for the drawing of one row, so it is the original of one URL, and of those that show that
    row's picture as a copy: the same bytes, or (``near``) smaller and encoded again.
    """

    def __init__(
        self, classes: Sequence[str], given: Sequence[Photograph], places: Iterable[Picture]
    ) -> None:
        """``places``: pictures that can be had, in the order in which photographs take them.

        Raises ``UsageError`` for a label that the world does not have.
        """
        strange = sorted({label for label, _ in given} - set(classes))
        if strange:
            raise UsageError(f"rotten web: a photograph of {strange[0]!r}, which is no class of this world.")
        self._given = given
        self._indices: dict[Picture, int] = {}
        waiting = _by_label(classes, given)
        for place in places if given else ():
            if waiting[place.label]:
                self._indices[place] = waiting[place.label].pop(0)

    def __len__(self) -> int:
        """Photographs that have a place; the others are nowhere."""
        return len(self._indices)

    def index(self, picture: Picture) -> int | None:
        """Which of the given ones a picture shows; None: it is drawn."""
        return self._indices.get(picture._replace(near=False))

    def body(self, picture: Picture) -> bytes | None:
        """The encoded photograph; None: the picture is drawn."""
        index = self.index(picture)
        if index is None:
            return None
        body = self._given[index][1]
        return _smaller(body) if picture.near else body

    def media_type(self, picture: Picture) -> str | None:
        """None: the picture is drawn."""
        index = self.index(picture)
        if index is None:
            return None
        return "image/jpeg" if picture.near else _BEGINNINGS.get(self._given[index][1][:4], "image/jpeg")


def _by_label(classes: Sequence[str], given: Sequence[Photograph]) -> dict[int, list[int]]:
    numbers = {name: label for label, name in enumerate(classes)}
    waiting: dict[int, list[int]] = defaultdict(list)
    for index, (name, _) in enumerate(given):
        waiting[numbers[name]].append(index)
    return waiting


def _smaller(body: bytes) -> bytes:
    """A copy of four fifths of its size, as ``Artist`` makes them of drawings."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(body))).convert("RGB")
    size = (max(8, image.width * 4 // 5), max(8, image.height * 4 // 5))
    out = io.BytesIO()
    image.resize(size, Image.Resampling.BILINEAR).save(out, "JPEG", quality=NEAR_QUALITY)
    return out.getvalue()
