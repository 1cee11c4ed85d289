"""What people know of placeholders: tables of their own, and pardons for what was taken for one."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from ..errors import UsageError
from ..judge.placeholders import Signatures

COLUMNS = ("site", "kind", "value", "bytes", "size", "note", "thumbnail")
"""Of a table of placeholders; the last four may be absent."""
_HEX_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "phash": 16}
_HEX = re.compile(r"[0-9a-f]+")
_SIZE = re.compile(r"\d+x\d+")
_PARDON = re.compile(r"(?:learned:)?([0-9a-f]{16}|[0-9a-f]{64})")
_EXAMPLE = "A row is like `mysite,md5,880a7a58e05d3e83797f27573bb6d35c`."


def signatures(words: Sequence[str]) -> str:
    """The placeholders that everybody knows, and behind them the user's own, as the text of one table.

    Raises:
        UsageError: as for `own_signatures`.
    """
    shipped = files("gleanset").joinpath("data/placeholders.csv").read_text(encoding="utf-8")
    return f"{','.join(COLUMNS)}\n{shipped.partition(chr(10))[2]}{own_signatures(words)}"


def own_signatures(words: Sequence[str]) -> str:
    """The rows of the user's tables, without a header.

    Raises:
        UsageError: a table cannot be read, or a row is none; its line is named.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for word in words:
        for line, row in _rows(_text("placeholders", word), word):
            writer.writerow(_checked(row, f"--placeholders {word}: line {line:,}"))
    return out.getvalue()


def _rows(text: str, word: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, row) of a table with a header."""
    lines = text.splitlines()
    header = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    names = [name.strip().casefold() for name in header.split(",")]
    if not {"site", "kind", "value"} <= set(names):
        raise UsageError(
            f"--placeholders {word}: its first line is {header!r:.80}. It names the columns: "
            f"site,kind,value[,bytes,size,note,thumbnail]. {_EXAMPLE}"
        )
    at = lines.index(header)
    for number, line in enumerate(lines[at + 1 :], at + 2):
        if line.strip() and not line.startswith("#"):
            cells = next(csv.reader([line]))
            yield number, {name: cell.strip() for name, cell in zip(names, cells, strict=False)}


def _checked(row: dict[str, str], place: str) -> list[str]:
    """The cells in the order of the shipped table."""
    cells = [row.get(name, "") for name in COLUMNS]
    site, kind, value, n_bytes, size, _, thumbnail = cells
    if not site or not value:
        raise UsageError(f"{place} has no {'site' if not site else 'value'}. {_EXAMPLE}")
    if kind == "final_url" and not re.search(r"[a-z0-9]", value, re.IGNORECASE):
        raise UsageError(f"{place}: {value!r:.40} would make a placeholder of everything. {_EXAMPLE}")
    digits = _HEX_DIGITS.get(kind)
    if digits and not (len(value) == digits and _HEX.fullmatch(value.lower())):
        raise UsageError(f"{place}: {value!r:.80} is no {kind}, which has {digits} hexadecimal digits.")
    if n_bytes and not n_bytes.isdecimal():
        raise UsageError(f"{place}: bytes {n_bytes!r:.40} is no whole number.")
    if size and not _SIZE.fullmatch(size):
        raise UsageError(f"{place}: size {size!r:.40} is not written like 500x374.")
    if thumbnail and not (len(thumbnail) == 512 and _HEX.fullmatch(thumbnail.lower())):
        raise UsageError(f"{place}: thumbnail {thumbnail!r:.40} has not 512 hexadecimal digits.")
    try:
        Signatures.parse("\n".join([",".join(COLUMNS), _line(cells)]))
    except ValueError as error:
        raise UsageError(f"{place}: {error}.") from error
    return cells


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def pardons(words: Sequence[str]) -> tuple[str, ...]:
    """What is no placeholder: ids of learned ones (16 hex digits) and SHA-256 of bodies (64), in lower case.

    Raises:
        UsageError: a word is neither such an id nor a file of them.
    """
    return tuple(dict.fromkeys(one for word in words for one in _pardoned(word)))


def _pardoned(word: str) -> Iterator[str]:
    if found := _PARDON.fullmatch(word.lower()):
        yield found[1]
        return
    lines = _text("pardon", word).splitlines()
    if not any(line.strip() and not line.lstrip().startswith("#") for line in lines):
        raise UsageError(f"--pardon {word}: the file names no picture.")
    for number, line in enumerate(lines, 1):
        entry = re.split(r"[\s,]", line.strip().lower())[0]
        if not entry or entry.startswith("#"):
            continue
        found = _PARDON.fullmatch(entry)
        if found is None:
            raise UsageError(
                f"--pardon {word}: line {number:,} is {line.strip()!r:.80}. A line is the id of a learned "
                "placeholder (16 hexadecimal digits), or the SHA-256 of a picture."
            )
        yield found[1]


def _text(option: str, word: str) -> str:
    try:
        return Path(word).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        hint = " An id has 16 hexadecimal digits, a SHA-256 has 64." if option == "pardon" else ""
        raise UsageError(f"--{option} {word}: there is no such file.{hint}") from None
    except OSError as error:
        raise UsageError(f"--{option} {word}: it cannot be read ({error.strerror or error}).") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"--{option} {word}: it is not UTF-8 text.") from error
