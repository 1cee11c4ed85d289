"""Class tables: ``from,class[,images][,split]`` as CSV or TSV, with or without a header."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import UsageError
from ..terms.class_row import ClassRow
from ..terms.plan import Quota

COLUMNS = ("from", "class", "images", "split")
_SAME_COLUMN = {
    **dict.fromkeys(("from", "id", "wnid", "synid", "synset", "label"), "from"),
    **dict.fromkeys(("class", "to"), "class"),
    **dict.fromkeys(("images", "quota"), "images"),
    "split": "split",
}
_HEADER_ALONE = {"from", "id", "wnid", "synid"}
_EXAMPLE = "A row is like `n02123045,cat,800,train`; only the first column is needed."
_SHOWN = 5

Cells = tuple[int, list[str]]


def read_class_table(path: str | Path) -> tuple[ClassRow, ...]:
    """The rows in the file's order, at least one. What their words mean is for ``catalog.select`` to say.

    Blank lines and lines that begin with ``#`` are passed over, exact repetitions are dropped. UsageError
    names the first broken rows by line number and says what is wrong with each.
    """
    path = Path(path)
    cells = list(_cells(_text(path), path.name))
    columns = _header(cells[0][1]) if cells else None
    if columns is not None:
        cells = cells[1:]
    if not cells:
        raise UsageError(f"{path}: the class table has no row. {_EXAMPLE}")
    return _checked(path, cells, columns or COLUMNS)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path}: the class table is no UTF-8 text (byte {error.start:,}). Save it as CSV in UTF-8."
        ) from error
    except OSError as error:
        raise UsageError(f"{path}: the class table cannot be read: {error.strerror}.") from error


def _cells(text: str, name: str) -> Iterator[Cells]:
    """(line number, stripped cells) of every line with something in it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), skipinitialspace=True)
    last_line = 0
    try:
        for row in reader:
            line, last_line = last_line + 1, reader.line_num
            cells = [cell.strip() for cell in row]
            if any(cells) and not cells[0].startswith("#"):
                yield line, cells
    except csv.Error as error:
        raise UsageError(f"{name} line {last_line + 1}: no table ({error}). {_EXAMPLE}") from error


def _delimiter(text: str) -> str:
    """A tab where the first line has one; a semicolon (half Europe's spreadsheets) where it has no comma."""
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    if "\t" in first:
        return "\t"
    return ";" if ";" in first and "," not in first else ","


def _header(cells: Sequence[str]) -> tuple[str, ...] | None:
    """The columns that a header names; None: the first row is no header, it names a class.

    Columns of other names are passed over: what ``gleanset classes`` prints is a class table as well.
    Of two columns for one thing the first counts.
    """
    words = [cell.casefold() for cell in cells]
    columns = tuple(_SAME_COLUMN.get(word, word) for word in words)
    if "from" not in columns or (len(columns) == 1 and words[0] not in _HEADER_ALONE):
        return None
    return columns


def _checked(path: Path, cells: Sequence[Cells], columns: Sequence[str]) -> tuple[ClassRow, ...]:
    rows: dict[tuple[object, ...], ClassRow] = {}
    problems = []
    for line, values in cells:
        try:
            row = _row(line, values, columns, path.name)
            rows.setdefault((row.source, row.target, row.quota, row.split), row)
        except ValueError as error:
            problems.append(f"  line {line}: {error}")
    if problems:
        shown, more = problems[:_SHOWN], len(problems) - _SHOWN
        tail = [f"  and {more:,} more"] if more > 0 else []
        found = f"{path}: {len(problems):,} of {len(cells):,} rows are broken."
        raise UsageError("\n".join([found, *shown, *tail, _EXAMPLE]))
    return tuple(rows.values())


def _row(line: int, values: Sequence[str], columns: Sequence[str], table: str) -> ClassRow:
    """ValueError: what is wrong with the row, as a sentence."""
    if len(values) > len(columns) and any(values[len(columns) :]):
        found = f"{len(values)} cells for {len(columns)} columns ({', '.join(columns)})"
        raise ValueError(f"{found}. Quote a name that holds the separator.")
    padded = [*values, *[""] * len(columns)][: len(columns)]
    cells = dict(zip(reversed(columns), reversed(padded), strict=True))
    if not cells.get("from"):
        raise ValueError("no class in the column `from`.")
    images = cells.get("images")
    quota = Quota.parse(images) if images else None
    return ClassRow(line, cells["from"], cells.get("class") or None, quota, cells.get("split") or None, table)
