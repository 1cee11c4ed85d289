"""The tree of classes as people and programs read it."""

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..figures import count
from .output import table

if TYPE_CHECKING:
    from ..api import TreeLine

_NUMBERS = ("urls", "flickr_urls", "forecast")
_TOTALS = tuple(f"total_{name}" for name in _NUMBERS)
_COLUMNS = ("depth", "parent", "id", "name", "is_class", "again", "classes", *_NUMBERS, *_TOTALS)
_HEAD = ("class", "id", "classes", *_NUMBERS)


def tree_text(lines: Sequence["TreeLine"]) -> str:
    """Indented by depth; the numbers are those of the whole subtree, each class once."""
    rows: list[Sequence[str]] = [_HEAD]
    for one in lines:
        mark = "" if one.is_class else " *"
        above = " (as above)" if one.again else ""
        rows.append(
            (
                f"{'  ' * one.depth}{one.name}{mark}{above}",
                one.id,
                count(one.n_classes),
                *map(count, one.total),
            )
        )
    note = "* is no class itself. Numbers are of a class with all that lies beneath it, each once."
    return f"{table(rows, right=(2, 3, 4, 5))}\n\n{note}"


def tree_csv(lines: Sequence["TreeLine"]) -> str:
    """One row a node, in the order of reading, with its depth, its parent and its own numbers."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one, parent in zip(lines, _parents(lines), strict=True):
        numbers = [round(value) for value in (*one.own, *one.total)]
        claims = (int(one.is_class), int(one.again))
        writer.writerow((one.depth, parent, one.id, one.name, *claims, one.n_classes, *numbers))
    return out.getvalue().rstrip("\n")


def tree_json(lines: Sequence["TreeLine"]) -> dict[str, Any]:
    """Nested objects; a node that stands elsewhere above has ``again`` and no children."""
    roots: list[dict[str, Any]] = []
    open_: list[dict[str, Any]] = []
    for one in lines:
        node = _node(one)
        del open_[one.depth :]
        (open_[-1]["children"] if open_ else roots).append(node)
        open_.append(node)
    return {"tree": roots}


def _node(one: "TreeLine") -> dict[str, Any]:
    urls, flickr_urls, forecast = one.own
    total_urls, total_flickr_urls, total_forecast = one.total
    return {
        "id": one.id,
        "name": one.name,
        "is_class": one.is_class,
        "classes": one.n_classes,
        "urls": int(urls),
        "flickr_urls": int(flickr_urls),
        "forecast": round(forecast, 1),
        "total_urls": int(total_urls),
        "total_flickr_urls": int(total_flickr_urls),
        "total_forecast": round(total_forecast, 1),
        "again": one.again,
        "children": [],
    }


def _parents(lines: Sequence["TreeLine"]) -> list[str]:
    open_: list[str] = []
    found = []
    for one in lines:
        del open_[one.depth :]
        found.append(open_[-1] if open_ else "")
        open_.append(one.id)
    return found
