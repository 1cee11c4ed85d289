"""What a text file is, told from its first lines: Fall 2011, a table, JSON lines, bare URLs, or no list."""

import csv
import json
import re
from collections.abc import Iterable
from pathlib import Path

from ..errors import ListError
from .base import Columns, Reading, Source
from .captions import LabelledCaptions, is_labelled
from .guess import guess_columns, has_url_column, is_url_name
from .imagenet import LOOKS_LIKE_2011, ImageNetList
from .lines import BOM, is_markup, percent_encode_strays
from .opening import HEAD_BYTES, ListFile
from .records import JsonLines
from .tencent import TencentImages
from .text import DelimitedTable, UrlLines
from .yfcc import YfccByTag, names_of

_URL = re.compile(r"\s*https?:[/\\]", re.IGNORECASE)
_SCORED = re.compile(r"\s*https?:\S+(?:[ \t]+\d+:[\d.]+)+\s*", re.IGNORECASE)
"""An address, then ``class:score`` as often as it has classes: Tencent ML-Images."""
_BINARY = {
    b"PK\x03\x04": "a zip archive",
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG": "a PNG picture",
    b"GIF8": "a GIF picture",
    b"RIFF": "a media file",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "an SQLite database",
    b"ARROW1": "an Arrow file",
    b"7z\xbc\xaf": "a 7z archive",
}
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\x0b\x0c\x1b\x00")
MOST_LINES = 1000
_FEWEST_CAPTIONS = 5
DELIMITERS = (",", "\t", ";", "|")


def open_text(file: ListFile, head: bytes, reading: Reading, fmt: str | None) -> Source:
    """The source for a text file whose first bytes are ``head``; ListError where it is no list."""
    columns = reading.columns
    head = head.removeprefix(BOM)
    head = head.rstrip(b"\0") or head  # what a crash left behind the last line
    _refuse_foreign(file.name, head)
    lines = _first_lines(head)
    if fmt in ("urls", "csv", "tsv"):
        _refuse_scores(file.name, lines)
    match fmt or _guess(file, lines, columns):
        case "tencent":
            return TencentImages(file, reading)
        case "conceptual-captions":
            return LabelledCaptions(file, reading)
        case "yfcc":
            return _yfcc(file, lines, reading)
        case "imagenet":
            return ImageNetList(file, _share(is_blank for is_blank in _separators(lines)) > 0.5)
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
    if is_markup(head):
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
    """Scores would become parts of addresses, and the file's name the only class."""
    if _share(bool(_SCORED.fullmatch(line)) for line in lines) > 0.5:
        raise ListError(
            f"{name}: several labels a URL, each with a score ({lines[0][:60]!r}). "
            "That is the form of Tencent ML-Images: leave --source out, or say --source tencent."
        )


def _yfcc(file: ListFile, lines: list[str], reading: Reading) -> Source:
    for delimiter in ("\t", ","):
        first = _split(lines[0], delimiter)
        names = names_of(first)
        if names is not None:
            return YfccByTag(file, delimiter, first, names, reading)
    raise ListError(
        f"{file.name}: no table of YFCC100M: neither 23 nor 25 columns parted by tabs, nor a header with "
        "photoid, usertags and downloadurl. Check that it is the list you meant."
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
    if len(_separators(lines)) > 0.5 * len(lines):
        return "imagenet"
    if columns == Columns() and (known := _known_layout(lines)):
        return known
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


def _separators(lines: list[str]) -> list[bool]:
    """Of the lines that look like ImageNet's of 2011: whether a blank parts id and URL."""
    found = (LOOKS_LIKE_2011.match(line.encode()) for line in lines)
    return [match[1] == b" " for match in found if match]


def _known_layout(lines: list[str]) -> str | None:
    """A published list that its lines tell apart from any other table."""
    if _share(bool(_SCORED.fullmatch(line)) for line in lines) > 0.5:
        return "tencent"
    if _share(is_labelled(line.split("\t")) for line in lines) > 0.5:
        return "conceptual-captions"
    is_yfcc = any(names_of(_split(lines[0], delimiter)) for delimiter in ("\t", ","))
    return "yfcc" if is_yfcc else None


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
        other = "caption" if _are_captions(lines, 1 - url_column, delimiter) else "label"
        names = ["url", other] if url_column == 0 else [other, "url"]
        same = {name: name for name in names}
        return DelimitedTable(file, delimiter, names, same, _class_of(file), has_header=False)
    names = _split(lines[0], delimiter)
    found = guess_columns(names, columns, file.name)
    found.pop("score", None)
    _refuse_column_without_urls(file.name, found["url"], _sample(lines, names.index(found["url"]), delimiter))
    return DelimitedTable(file, delimiter, names, found, _class_of(file), has_header=True)


def _are_captions(lines: list[str], column: int, delimiter: str) -> bool:
    """Whether the texts beside the URLs are sentences (CC3M, CC12M), which no class is called by."""
    texts = [fields[column] for line in lines if len(fields := _split(line, delimiter)) == 2]
    are_long = _share(len(text.split()) >= 4 for text in texts) > 0.5
    return len(texts) >= _FEWEST_CAPTIONS and are_long and len(set(texts)) > 0.9 * len(texts)


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
    for ending in (".gz", ".bz2", ".xz", ".zst", ".tgz", ".tar", ".txt", ".csv", ".tsv", ".jsonl", ".ndjson"):
        name = name.removesuffix(ending)
    return name or "images"


def _unknown(name: str, lines: list[str]) -> str:
    return (
        f"{name}: no list of labelled URLs that we know; it begins with {lines[0][:60]!r}. "
        "Addresses begin with http:// or https://; columns are named with --url-col and --label-col, "
        "a format with --source."
    )
