"""Class hierarchies that a person brings: Open Images' JSON, and any table of children and their parents.

JSON is one object: its id under ``LabelName``, ``id`` or ``name``, what lies below it under ``Subcategory``
or ``children``; ``Part`` is another relation and is passed over. A table is CSV, TSV or semicolons, with the
columns ``child,parent[,name]`` in this order or named by a header. A class may have several parents.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..terms.synset import Synset

_IDS, _BELOW = ("LabelName", "id", "name"), ("Subcategory", "children")
_COLUMNS = {
    **dict.fromkeys(("child", "id", "class", "label", "wnid", "categoryindex", "taxonid"), "child"),
    **dict.fromkeys(("parent", "parentid", "indexofparentcategory", "hypernym"), "parent"),
    **dict.fromkeys(("name", "displayname", "categoryname"), "name"),
}
"""What the columns may be called; only letters count. The long ones are Tencent ML-Images'."""
_NO_PARENT = {"", "-1"}
_EXAMPLE = "A row is like `poodle,dog`: a class and the one above it."
_MOST_DEEP = 200


def read_hierarchy(path: str | Path) -> tuple[Synset, ...]:
    """Every node of the file once, with all its parents, sorted by id.

    A node has its own id among its names. UsageError: the file cannot be read, or is no hierarchy.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"--hierarchy {path}: it is no UTF-8 text (byte {error.start:,}).") from error
    except OSError as error:
        raise UsageError(f"--hierarchy {path}: it cannot be read: {error.strerror}.") from error
    edges = _of_json(path, text) if text.lstrip().startswith("{") else _of_table(path, text)
    return _nodes(edges)


Edge = tuple[str, str | None, str | None]
"""(id, id of the parent, name)."""


def _nodes(edges: Iterator[Edge]) -> tuple[Synset, ...]:
    parents: dict[str, dict[str, None]] = {}
    names: dict[str, dict[str, None]] = {}
    for child, parent, name in edges:
        parents.setdefault(child, {})
        if parent is not None and parent != child:
            parents[child][parent] = None
            parents.setdefault(parent, {})
        if name:
            names.setdefault(child, {})[name] = None
    return tuple(
        Synset(id_, tuple(dict.fromkeys((*names.get(id_, ()), id_))), "", tuple(above))
        for id_, above in sorted(parents.items())
    )


def _of_json(path: Path, text: str) -> Iterator[Edge]:
    try:
        root = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--hierarchy {path}: it is no JSON ({error}).") from error
    found = list(_walk(root, None, 0))
    if len(found) < 2:
        raise UsageError(
            f"--hierarchy {path}: this JSON has no tree. "
            f"A node has {' or '.join(_IDS)}, and {' or '.join(_BELOW)}."
        )
    yield from found


def _walk(node: Any, parent: str | None, depth: int) -> Iterator[Edge]:
    id_ = next((str(node[key]) for key in _IDS if node.get(key)), None) if isinstance(node, Mapping) else None
    if id_ is None or depth > _MOST_DEEP:
        return
    yield id_, parent, str(node["name"]) if node.get("name") else None
    for key in _BELOW:
        below = node.get(key)
        for child in below if isinstance(below, list) else ():
            yield from _walk(child, id_, depth + 1)


def _of_table(path: Path, text: str) -> Iterator[Edge]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = next((one for one in "\t,;" if one in first), ",")
    try:
        rows = [
            (number, [cell.strip() for cell in row])
            for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1)
            if any(row)
        ]
    except csv.Error as error:
        raise UsageError(f"--hierarchy {path}: it is no table ({error}). {_EXAMPLE}") from error
    columns = (
        [_COLUMNS.get("".join(filter(str.isalpha, cell.casefold()))) for cell in rows[0][1]] if rows else []
    )
    has_header = {"child", "parent"} <= set(columns)
    names = columns if has_header else ["child", "parent", "name"]
    for number, row in rows[has_header:]:
        cells = dict(zip(names, row, strict=False))
        if not cells.get("child") or "parent" not in cells:
            raise UsageError(
                f"--hierarchy {path} line {number}: {','.join(row)!r} names no parent. {_EXAMPLE}"
            )
        parent = cells["parent"]
        yield cells["child"], None if parent in _NO_PARENT else parent, cells.get("name")
    if len(rows) <= has_header:
        raise UsageError(f"--hierarchy {path}: it has no row. {_EXAMPLE}")
