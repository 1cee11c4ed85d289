"""What a text file is, told from its first lines: Fall 2011, a table, JSON lines, bare URLs, or no list."""

import csv
import json
import re
from collections.abc import Iterable
from pathlib import Path

from ..errors import ListError
from .base import Columns, Source
from .guess import guess_columns, has_url_column, is_url_name
from .imagenet import LOOKS_LIKE_FALL_2011, Fall2011List
from .lines import BOM, percent_encode_strays
from .opening import HEAD_BYTES, ListFile
from .records import JsonLines
from .text import DelimitedTable, UrlLines

_URL = re.compile(r"\s*https?:[/\\]", re.IGNORECASE)
_SCORED = re.compile(r"\s*https?:\S+(?:[ \t]+\d+:[\d.]+)+\s*", re.IGNORECASE)
"""An address, then ``class:score`` as often as it has classes: Tencent ML-Images."""
_MARKUP = re.compile(rb"\s*<(!doctype|html|head|body|\?xml|script|!--)", re.IGNORECASE)
_BINARY = {
    b"PK\x03\x04": "a zip archive",
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG": "a PNG picture",
    b"GIF8": "a GIF picture",
    b"RIFF": "a media file",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "an SQLite database",
    b"ARROW1": "an Arrow file",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"7z\xbc\xaf": "a 7z archive",
}
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\x0b\x0c\x1b\x00")
MOST_LINES = 1000
DELIMITERS = (",", "\t", ";", "|")


def open_text(file: ListFile, head: bytes, columns: Columns, fmt: str | None) -> Source:
    """The source for a text file whose first bytes are ``head``; ListError where it is no list."""
    head = head.removeprefix(BOM)
    head = head.rstrip(b"\0") or head  # what a crash left behind the last line
    _refuse_foreign(file.name, head)
    lines = _first_lines(head)
    _refuse_scores(file.name, lines)
    match fmt or _guess(file, lines, columns):
        case "imagenet":
            return Fall2011List(file)
        case "jsonl":
            return _json_lines(file, lines, columns)
        case "urls":
            return _url_lines(file, lines)
        case "tsv":
            return _table(file, lines, columns, "\t")
        case "csv":
            return _table(file, lines, columns, _delimiter(lines, columns))
        case _:
            raise ListError(_unknown(file.name, lines))


def _refuse_foreign(name: str, head: bytes) -> None:
    if not head.strip():
        raise ListError(f"{name}: the file is empty. Download it again, or check how it was written.")
    if _MARKUP.match(head):
        raise ListError(
            f"{name}: a web page, not a list; its address answers with HTML by now. "
            "Look for another copy of the list."
        )
    for magic, what in _BINARY.items():
        if head.startswith(magic):
            raise ListError(
                f"{name}: {what}, not a list of URLs. Unpack or convert it, or name another file."
            )
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ListError(f"{name}: text in UTF-16. Save it as UTF-8 (iconv -f UTF-16 -t UTF-8).")
    n_control = sum(byte in _CONTROL for byte in head[:4096]) + head[:4096].count(0) // 2
    if n_control > len(head[:4096]) // 30:
        raise ListError(
            f"{name}: binary data, not a list of URLs. Unpack or convert it, or name another file."
        )


def _refuse_scores(name: str, lines: list[str]) -> None:
    if _share(bool(_SCORED.fullmatch(line)) for line in lines) > 0.5:
        raise ListError(
            f"{name}: several labels a URL, each with a score ({lines[0][:60]!r}). Multi-label lists are not "
            "read yet: write one row for each URL and the label you want of it, as CSV with url,label."
        )


def _first_lines(head: bytes) -> list[str]:
    """The first lines that are not blank, whole ones only where there is more than one."""
    lines = head.split(b"\n")
    if len(head) >= HEAD_BYTES and len(lines) > 1:
        lines.pop()
    texts = (percent_encode_strays(line).decode().removesuffix("\r") for line in lines[:MOST_LINES])
    return [text for text in texts if text.strip()]


def _guess(file: ListFile, lines: list[str], columns: Columns) -> str | None:
    first = lines[0].lstrip()
    if _share(bool(LOOKS_LIKE_FALL_2011.match(line.encode())) for line in lines) > 0.5:
        return "imagenet"
    if first.startswith("{"):
        return "jsonl"
    if first.startswith("["):
        raise ListError(
            f"{file.name}: one JSON array. "
            "Write one object a line instead (jq -c '.[]' file.json > file.jsonl)."
        )
    if is_url_name(first):
        return "urls"
    if _has_header(lines, columns):
        return "tsv" if _delimiter(lines, columns) == "\t" else "csv"
    if _url_column(lines, "\t") is not None:
        return "tsv"
    if ".csv" in Path(file.file_name).suffixes and _url_column(lines, ",") is not None:
        return "csv"
    if _share(bool(_URL.match(line)) and "\t" not in line.strip() for line in lines) > 0.5:
        return "urls"
    return "csv" if ".csv" in Path(file.file_name).suffixes or columns.url else None


def _has_header(lines: list[str], columns: Columns) -> bool:
    return any(has_url_column(_split(lines[0], delimiter), columns) for delimiter in DELIMITERS)


def _delimiter(lines: list[str], columns: Columns) -> str:
    """The one that parts a header's columns, else the one that the first line has most of."""
    for delimiter in DELIMITERS:
        names = _split(lines[0], delimiter)
        if len(names) > 1 and has_url_column(names, columns):
            return delimiter
    return max(DELIMITERS, key=lines[0].count)


def _split(line: str, delimiter: str) -> list[str]:
    if delimiter == "\t":
        return [field.strip() for field in line.split("\t")]
    try:
        return [field.strip() for field in next(csv.reader([line], delimiter=delimiter))]
    except (csv.Error, StopIteration):
        return []


def _url_column(lines: list[str], delimiter: str) -> int | None:
    """Which of exactly two columns is plainly the one with URLs; None: neither, both, or not two columns."""
    pairs = [fields for line in lines if len(fields := _split(line, delimiter)) == 2]
    if len(pairs) < 0.5 * len(lines):
        return None
    shares = [_share(bool(_URL.match(pair[column])) for pair in pairs) for column in (0, 1)]
    plain = [share > 0.9 for share in shares]
    return plain.index(True) if sum(plain) == 1 else None


def _share(claims: Iterable[bool]) -> float:
    known = list(claims)
    return sum(known) / len(known) if known else 0.0


def _table(file: ListFile, lines: list[str], columns: Columns, delimiter: str) -> Source:
    url_column = None if _has_header(lines, columns) else _url_column(lines, delimiter)
    if url_column is not None and columns == Columns():
        names = ["url", "label"] if url_column == 0 else ["label", "url"]
        same = {name: name for name in names}
        return DelimitedTable(file, delimiter, names, same, None, has_header=False)
    names = _split(lines[0], delimiter)
    found = guess_columns(names, columns, file.name)
    _refuse_column_without_urls(file.name, found["url"], _sample(lines, names.index(found["url"]), delimiter))
    return DelimitedTable(file, delimiter, names, found, _class_of(file), has_header=True)


def _sample(lines: list[str], index: int, delimiter: str) -> list[str]:
    rows = (_split(line, delimiter) for line in lines[1:])
    return [row[index] for row in rows if index < len(row)]


def _json_lines(file: ListFile, lines: list[str], columns: Columns) -> Source:
    names: dict[str, None] = {}
    for line in lines[:100]:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            names |= dict.fromkeys(record)
    if not names:
        raise ListError(f"{file.name}: its lines are no JSON objects. Check the file, or name its --source.")
    return JsonLines(file, guess_columns(list(names), columns, file.name), _class_of(file))


def _url_lines(file: ListFile, lines: list[str]) -> Source:
    addresses = lines[1:] if is_url_name(lines[0]) else lines
    _refuse_column_without_urls(file.name, "every line", addresses)
    return UrlLines(file, _class_of(file))


def _refuse_column_without_urls(name: str, column: str, cells: list[str]) -> None:
    if cells and not any(_URL.match(cell) for cell in cells):
        raise ListError(
            f"{name}: {column!r} should hold URLs, but has {cells[0][:60]!r}. "
            "Addresses begin with http:// or https://: add that, or name another column with --url-col."
        )


def _class_of(file: ListFile) -> str:
    """The class of a list without labels: its file's name without endings."""
    name = file.file_name
    for ending in (".gz", ".bz2", ".xz", ".tgz", ".tar", ".txt", ".csv", ".tsv", ".jsonl", ".ndjson"):
        name = name.removesuffix(ending)
    return name or "images"


def _unknown(name: str, lines: list[str]) -> str:
    return (
        f"{name}: no list of labelled URLs that we know; it begins with {lines[0][:60]!r}. "
        "Addresses begin with http:// or https://; columns are named with --url-col and --label-col, "
        "a format with --source."
    )
