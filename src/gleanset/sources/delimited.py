"""Delimited text as columns: fields found by numpy; only lines with quotes pass through Python's csv reader.

A quote that is never closed costs its own line, not the rest of the file.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .base import OddLines
from .lines import BOM, Lines, Offsets
from .opening import ListFile

_QUOTE = ord('"')
MOST_LINES_IN_A_ROW = 50
"""A quoted field may hold line breaks; one that runs on for longer was never meant as a quote."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Which fields of a delimited file are wanted, and what has to stand in them."""

    delimiter: str
    """In a file parted by tabs quotes mean nothing."""
    n_fields: int
    indices: Mapping[str, int]
    """Our name to the place of the field, from 0."""
    has_header: bool
    required: frozenset[str] = frozenset()
    """Blanks around these are dropped, and where one is empty the line is odd."""
    patterns: Mapping[str, str] = field(default_factory=dict)
    """Regular expressions (RE2) for whole fields; where one does not match the line is odd."""


def read_fields(file: ListFile, wanted: Fields, odd: OddLines) -> Iterator[dict[str, pa.Array]]:
    """The wanted fields of every sound line, chunk by chunk, in order; the other lines go to ``odd``."""
    n_lines, carry, awaits_header = 0, b"", wanted.has_header
    for chunk in file.chunks():
        lines = Lines.of(carry + (chunk if n_lines else chunk.removeprefix(BOM)))
        rows = _Rows(lines, wanted.delimiter, wanted.n_fields)
        n_taken = rows.n_lines
        if awaits_header:
            awaits_header = not rows.drop_first()
        yield _columns_of(rows, wanted, n_lines, odd)
        n_lines += n_taken
        carry = lines.data[lines.starts[n_taken] :] if n_taken < len(lines) else b""
    if carry:
        rows = _Rows(Lines.of(carry), wanted.delimiter, wanted.n_fields, is_last=True)
        yield _columns_of(rows, wanted, n_lines, odd)


def _columns_of(rows: "_Rows", wanted: Fields, n_before: int, odd: OddLines) -> dict[str, pa.Array]:
    columns = {ours: rows.column(index) for ours, index in wanted.indices.items()}
    for name in wanted.required:
        columns[name] = pc.utf8_trim_whitespace(columns[name])
    sound = np.ones(len(rows.line_of_row), bool)
    for name in wanted.required:
        sound &= np.asarray(pc.not_equal(columns[name], ""))
    for name, pattern in wanted.patterns.items():
        sound &= np.asarray(pc.match_substring_regex(columns[name], f"^(?:{pattern})$"))
    for index in sorted([*rows.odd, *rows.line_of_row[~sound].tolist()]):
        odd.add(n_before + index + 1, rows.lines.line(index))
    return {name: values.filter(pa.array(sound)) for name, values in columns.items()}


class _Rows:
    """One chunk taken apart: rows without quotes by offsets, the others by the csv reader."""

    def __init__(self, lines: Lines, delimiter: str, n_fields: int, is_last: bool = False) -> None:
        self.lines = lines
        self.n_lines = len(lines)
        """Lines used up: fewer than there are where the last row may go on in the next chunk."""
        self.odd: list[int] = []
        self._delimiter = delimiter
        self._n_fields = n_fields
        self._quoted: dict[int, list[str]] = {}
        self._delimiters = lines.positions(ord(delimiter))
        is_whole = lines.holding(self._delimiters) == n_fields - 1
        is_blank = lines.ends == lines.starts
        has_quote = np.zeros(len(lines), bool)
        if delimiter != "\t":
            has_quote = lines.holding(lines.positions(_QUOTE)) > 0
        inside = self._read_quoted(np.flatnonzero(has_quote).tolist(), is_last)
        plain = ~has_quote & ~is_blank & ~inside
        self.odd += np.flatnonzero(plain & ~is_whole).tolist()
        self._plain = np.flatnonzero(plain & is_whole)

    @property
    def line_of_row(self) -> Offsets:
        """(n_rows,) the line on which each row begins, ascending."""
        return np.sort(self._unordered())

    def drop_first(self) -> bool:
        """Forget the first row: the header. False: there is none in this chunk."""
        begins = [*self._plain[:1].tolist(), *list(self._quoted)[:1], *self.odd[:1]]
        if not begins:
            return False
        first = min(begins)
        self._plain = self._plain[self._plain != first]
        self._quoted.pop(first, None)
        self.odd = [index for index in self.odd if index != first]
        return True

    def column(self, index: int) -> pa.Array:
        """One field of every row, in the order of the rows."""
        starts, ends = self.lines.starts[self._plain], self.lines.ends[self._plain]
        first = np.searchsorted(self._delimiters, starts)
        if index:
            starts = self._delimiters[first + index - 1] + 1
        if index < self._n_fields - 1:
            ends = self._delimiters[first + index]
        plain = self.lines.strings(starts, ends)
        if not self._quoted:
            return plain
        quoted = pa.array([row[index] for row in self._quoted.values()], pa.string())
        return pa.concat_arrays([plain, quoted]).take(pa.array(np.argsort(self._unordered())))

    def _unordered(self) -> Offsets:
        """(n_rows,) the lines of the rows without quotes, then those of the others."""
        return np.concatenate((self._plain, np.array(list(self._quoted), np.int64)))

    def _read_quoted(self, quoted: list[int], is_last: bool) -> np.ndarray:
        """Read the rows that hold quotes; (n_lines,) marks the lines inside of such a row."""
        inside = np.zeros(len(self.lines), bool)
        next_free = 0
        for index in quoted:
            if index < next_free:
                continue
            end = self._end_of_row(index)
            if end is None and not is_last and len(self.lines) - index < MOST_LINES_IN_A_ROW:
                inside[index:] = True
                self.n_lines = index
                break
            if end is None:
                self.odd.append(index)
                continue
            inside[index:end] = True
            next_free = end
            self._take(index, end)
        return inside

    def _end_of_row(self, index: int) -> int | None:
        """The line after the one where all quotes are closed; None: they never are."""
        n_quotes = 0
        for end in range(index, min(index + MOST_LINES_IN_A_ROW, len(self.lines))):
            n_quotes += self.lines.line(end).count(b'"')
            if n_quotes % 2 == 0:
                return end + 1
        return None

    def _take(self, index: int, end: int) -> None:
        text = self.lines.data[self.lines.starts[index] : self.lines.ends[end - 1]].decode()
        row = self._fields(text) or self._fields(text.replace("\r", ""))
        if len(row) == self._n_fields:
            self._quoted[index] = row
        else:
            self.odd.append(index)

    def _fields(self, text: str) -> list[str]:
        """Empty where the reader refuses: a lone return outside of quotes is too much for it."""
        try:
            return next(csv.reader([text], delimiter=self._delimiter), [])
        except csv.Error:
            return []
