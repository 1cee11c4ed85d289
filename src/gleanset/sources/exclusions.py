"""What must not get into a dataset, as people write it down: hashes, URLs, tables of either.

A file of lines has one hash or URL each; what stands behind a hash is its file's name, as ``sha256sum``
writes it. A table has columns: ``sha256``, ``md5``, ``sha1``, ``phash``, and URLs.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import ListError, UsageError
from .base import Columns
from .guess import is_url_name
from .manifest import as_phash
from .opening import ListFile
from .registry import open_sources

DIGESTS = ("sha256", "stored_sha256", "sha1", "md5")
PHASH_DIGITS = 16
_DIGEST_DIGITS = (32, 40, 64)
_HEX = re.compile(r"[0-9a-fA-F]{16}|[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_URL = re.compile(r"https?:[/\\]", re.IGNORECASE)
_LINES_LOOKED_AT = 20
_RIGHT = "A line is a URL, or a hash in hex: SHA-256, SHA-1, MD5, or a perceptual hash of 16 digits."


@dataclass(frozen=True, slots=True)
class Named:
    """What one file names."""

    urls: pa.StringArray
    """As they are written."""
    digests: tuple[bytes, ...] = ()
    phashes: tuple[int, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (len(self.urls) or self.digests or self.phashes)


def read_named(path: Path, name: str) -> Named:
    """What a file names; ``name`` is how the user wrote it.

    Raises:
        UsageError: it cannot be read, holds nothing of the kind, or a line that is neither.
    """
    try:
        named = _read(path, name)
    except OSError as error:
        raise UsageError(f"--exclude {name}: it cannot be read ({error.strerror or error}).") from error
    except (pa.ArrowInvalid, csv.Error) as error:
        raise UsageError(f"--exclude {name}: the table is damaged ({error}). Write it again.") from error
    if named.is_empty:
        raise UsageError(f"--exclude {name}: it names nothing. {_RIGHT}")
    return named


def _read(path: Path, name: str) -> Named:
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            return _read_parquet(path, name)
    head = _text(ListFile(path, name).head(), name)
    lines = list(_lines(head.splitlines()))[:_LINES_LOOKED_AT]
    if lines and set(_cells(lines[0][1])) & {*DIGESTS, "phash"}:
        return _read_csv(_whole_text(path, name), name)
    if any(_HEX.fullmatch(line.split()[0]) for _, line in lines):
        return _read_lines(_whole_text(path, name).splitlines(), name)
    return _read_list(path, name)


def _read_list(path: Path, name: str) -> Named:
    """A list of URLs in any form that can be built from. A bare line that is none may be a slip."""
    try:
        (source,) = open_sources([str(path)], Columns(), None)
        urls = [batch.column("url") for batch in source.batches()]
    except ListError as error:
        raise UsageError(f"--exclude {str(error).replace(str(path), name)} {_RIGHT}") from error
    for _, number, line in source.odd_examples:
        if source.reading == "urls" or _HEX.fullmatch(line):
            raise UsageError(f"--exclude {name}: line {number:,} is {line!r:.80}. {_RIGHT}")
    return Named(pa.chunked_array(urls, pa.string()).combine_chunks())


def _read_parquet(path: Path, name: str) -> Named:
    names = pq.read_schema(path).names
    urls = [one for one in names if is_url_name(one) or one == "final_url"]
    known = [one for one in (*DIGESTS, "phash") if one in names]
    if not urls and not known:
        wanted = ", ".join((*DIGESTS, "phash"))
        raise UsageError(f"--exclude {name}: a table without URLs and without any of {wanted}.")
    table = pq.read_table(path, columns=[*urls, *known])
    columns = [table.column(one).cast(pa.string()).combine_chunks().drop_null() for one in urls]
    digests = (value for one in known if one != "phash" for value in table.column(one).to_pylist())
    phashes = as_phash(table.column("phash").combine_chunks()).to_pylist() if "phash" in known else []
    return Named(
        pa.chunked_array(columns, pa.string()).combine_chunks(),
        tuple({digest for value in digests if (digest := _as_bytes(value)) is not None}),
        tuple({phash for phash in phashes if phash is not None}),
    )


def _read_csv(text: str, name: str) -> Named:
    """A table in text with hashes among its columns."""
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [cell.strip().casefold() for cell in next(reader)]
    entries = []
    for row in reader:
        for column, cell in zip(header, row, strict=False):
            known = column in {*DIGESTS, "phash", "final_url"} or is_url_name(column)
            if known and cell.strip():
                entries.append((reader.line_num, cell.strip()))
    return _named(entries, name)


def _read_lines(lines: Iterable[str], name: str) -> Named:
    entries = list(_lines(lines))
    return _named(((n, line if _URL.match(line) else line.split()[0]) for n, line in entries), name)


def _named(entries: Iterable[tuple[int, str]], name: str) -> Named:
    urls, digests, phashes = [], dict[bytes, None](), dict[int, None]()
    for number, entry in entries:
        if _URL.match(entry):
            urls.append(entry)
        elif not _HEX.fullmatch(entry):
            raise UsageError(f"--exclude {name}: line {number:,} is {entry!r:.80}. {_RIGHT}")
        elif len(entry) == PHASH_DIGITS:
            phashes[int(entry, 16)] = None
        else:
            digests[bytes.fromhex(entry)] = None
    return Named(pa.array(urls, pa.string()), tuple(digests), tuple(phashes))


def _lines(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """(number, text) of the lines that say something."""
    for number, line in enumerate(lines, 1):
        if (words := line.strip().strip("\ufeff")) and not words.startswith("#"):
            yield number, words


def _is_entry(line: str) -> bool:
    return bool(_URL.match(line) or _HEX.fullmatch(line.split(maxsplit=1)[0]))


def _cells(line: str) -> list[str]:
    return [cell.strip().strip('"').casefold() for cell in re.split("[,\t]", line)]


def _whole_text(path: Path, name: str) -> str:
    return _text(b"".join(ListFile(path, name).chunks()), name)


def _text(data: bytes, name: str) -> str:
    if b"\0" in data:
        raise UsageError(f"--exclude {name}: binary data: neither text, nor Parquet, nor a picture. {_RIGHT}")
    return data.decode("utf-8-sig", errors="replace")


def _as_bytes(value: object) -> bytes | None:
    """A digest as bytes; None: it is none."""
    if isinstance(value, str) and len(value) in _DIGEST_DIGITS and _HEX.fullmatch(value):
        return bytes.fromhex(value)
    return value if isinstance(value, bytes) and 2 * len(value) in _DIGEST_DIGITS else None
