"""The signatures of the known designs, as a table that a user would write."""

import csv
import hashlib
import io
from collections.abc import Iterator
from typing import Final

from gleanset.inspection.inspector import inspect_image

from .designs import DESIGNS, EPOCH, NAMED, SCALES, SIZED, Design, Version, notice_host
from .responses import Notice
from .world import World

COLUMNS: Final = ("site", "kind", "value", "bytes", "size", "note")
_DIGESTS: Final = {"sha256": hashlib.sha256, "md5": hashlib.md5, "sha1": hashlib.sha1}


def signature_table(world: World) -> str:
    """A table for ``--placeholders``, its head first: how each known design can be recognised.

    A look is taken from one example of each size; nothing else of the world is given away.
    """
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for number, design in enumerate(DESIGNS):
        if design.is_known:
            values = dict.fromkeys(_values(world, number, design))
            rows.writerows((design.word, design.known_by, value, "", "", "") for value in values)
    return out.getvalue()


def _values(world: World, number: int, design: Design) -> Iterator[str]:
    match design.known_by:
        case "sha256" | "md5" | "sha1" as kind:
            yield _DIGESTS[kind](world.placards.draw(Notice("", number))).hexdigest()
        case "phash":
            for size in range(len(SCALES) if SIZED in design.changes else 1):
                yield _look(world, number, design, size)
        case "final_url":
            yield notice_host(number) + design.notice_path
        case "path":
            yield "*" + design.notice_path
        case "etag":
            yield design.etag.strip('"')
        case "header":
            yield f"last-modified:{EPOCH}"


def _look(world: World, number: int, design: Design, size: int) -> str:
    host = "host000.example" if NAMED in design.changes else ""
    seen = inspect_image(world.placards.draw(Notice(host, number, Version(size=size))))
    return f"{seen.phash:016x}"
