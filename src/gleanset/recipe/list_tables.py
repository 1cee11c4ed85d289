"""``[[list]]`` in a recipe: what is said of one list alone, its columns, format and split.

[[list]]
path = "train.csv"
label-col = "species"
split = "train"
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import UsageError
from . import mistakes, places
from .model import OPTIONS
from .option import option_name

Settings = tuple[tuple[str, str], ...]
"""(field, value), sorted; besides options there is ``split``: a name, where all its images go."""
ListTable = tuple[str, Settings]
"""(path, what is said of it)."""
WORD = "list"
_COLUMNS = ("url_col", "label_col", "caption_col", "licence_col", "author_col", "split_col")
PER_LIST = tuple(field for field in ("source", "labels", *_COLUMNS) if field in OPTIONS)


def read_list_tables(name: str, folder: Path, value: object) -> tuple[ListTable, ...]:
    """The tables of a file called ``name``, which lies in ``folder``. UsageError names what is wrong."""
    if not isinstance(value, Sequence) or not all(isinstance(one, Mapping) for one in value):
        raise UsageError(f"{name}: list. It is written as tables, [[list]], each with a path.")
    tables = tuple(_table(f"{name}: [[list]] {i}", folder, one) for i, one in enumerate(value, start=1))
    paths = [path for path, _ in tables]
    if twice := next((path for path in paths if paths.count(path) > 1), None):
        raise UsageError(f"{name}: [[list]] names {twice} twice. Put what is said of it into one table.")
    return tables


def _table(place: str, folder: Path, table: Mapping[str, Any]) -> ListTable:
    known = {option_name(field): field for field in PER_LIST} | {"split": "split"}
    settings = {}
    for key, value in table.items():
        word = key.replace("_", "-")
        if word == "path":
            continue
        if word not in known:
            raise mistakes.unknown(f"{place}: {key}", word, ("path", *known), "key")
        settings[known[word]] = _value(f"{place}: {key} = {value!r}", known[word], value)
    path = table.get("path")
    if not isinstance(path, str) or not path.strip():
        raise UsageError(f'{place}: it names no list. Add path = "FILE".')
    return str(places.found(path, folder)), tuple(sorted(settings.items()))


def _value(place: str, field: str, value: object) -> str:
    try:
        read = OPTIONS["url_col" if field == "split" else field].value(value)
    except ValueError as error:
        raise UsageError(f"{place}. {error}") from None
    if field == "split" and not str(read).replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"{place}. A split is a name of letters, digits, - and _, such as train.")
    return str(read)


def list_tables_toml(tables: Sequence[ListTable]) -> list[dict[str, str]]:
    """The tables as they are written, paths whole."""
    return [
        {"path": places.lasting(path)} | {option_name(field): value for field, value in settings}
        for path, settings in tables
    ]
