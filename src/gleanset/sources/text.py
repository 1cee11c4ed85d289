"""Tables in text: comma or tab separated values, and bare URLs, one a line.

Fields are found by numpy; only lines with quotes pass through Python's csv reader. A quote that is never
closed costs its own line, not the rest of the file.
"""

import csv
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .guess import is_url_name
from .lines import BOM, Lines, Offsets
from .opening import ListFile
from .rows import TableSource

_QUOTE = ord('"')
MOST_LINES_IN_A_ROW = 50
"""A quoted field may hold line breaks; one that runs on for longer was never meant as a quote."""


class DelimitedTable(TableSource):
    """CSV or TSV. In TSV quotes mean nothing."""

    def __init__(
        self,
        file: ListFile,
        delimiter: str,
        names: list[str],
        columns: Mapping[str, str],
        label: str | None,
        has_header: bool,
    ) -> None:
        super().__init__(file, "tsv" if delimiter == "\t" else "csv", columns, label)
        self._delimiter = delimiter
        self._n_fields = len(names)
        self._indices = {ours: names.index(theirs) for ours, theirs in columns.items()}
        self._has_header = has_header

    def _read(self) -> Iterator[dict[str, pa.Array]]:
        n_lines, carry, awaits_header = 0, b"", self._has_header
        for chunk in self._file.chunks():
            lines = Lines.of(carry + (chunk if n_lines else chunk.removeprefix(BOM)))
            reading = _Reading(lines, self._delimiter, self._n_fields)
            n_taken = reading.n_lines
            if awaits_header:
                awaits_header = not reading.drop_first()
            yield self._columns_of(reading, n_lines)
            n_lines += n_taken
            carry = lines.data[lines.starts[n_taken] :] if n_taken < len(lines) else b""
        if carry:
            lines = Lines.of(carry)
            yield self._columns_of(_Reading(lines, self._delimiter, self._n_fields, is_last=True), n_lines)

    def _columns_of(self, reading: "_Reading", n_before: int) -> dict[str, pa.Array]:
        columns = {ours: reading.column(index) for ours, index in self._indices.items()}
        for name in columns.keys() & {"url", "label"}:
            columns[name] = pc.utf8_trim_whitespace(columns[name])
        full = _is_full(columns)
        for index in sorted([*reading.odd, *reading.line_of_row[~full].tolist()]):
            self._odd.add(n_before + index + 1, reading.lines.line(index))
        return {name: values.filter(pa.array(full)) for name, values in columns.items()}


def _is_full(columns: Mapping[str, pa.Array]) -> np.ndarray:
    full = np.ones(len(columns["url"]), bool)
    for name in columns.keys() & {"url", "label"}:
        full &= np.asarray(pc.fill_null(pc.not_equal(columns[name], ""), False))
    return full


class _Reading:
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


class UrlLines(TableSource):
    """Bare URLs, one a line, all of one class. Commas, quotes and blanks are part of a URL, tabs are not."""

    def __init__(self, file: ListFile, label: str) -> None:
        super().__init__(file, "urls", {"url": "url"}, label)

    def _read(self) -> Iterator[dict[str, pa.Array]]:
        n_lines = 0
        for chunk in self._file.chunks():
            lines = Lines.of(chunk if n_lines else chunk.removeprefix(BOM))
            text = pc.utf8_trim_whitespace(lines.strings(lines.starts, lines.ends))
            is_url = np.asarray(pc.match_substring_regex(text, r"(?i)^https?:[^\t]*$"))
            is_blank = np.array(pc.equal(text, ""))
            if not n_lines and is_url_name(text[0].as_py()):
                is_blank[0] = True
            for index in np.flatnonzero(~is_url & ~is_blank).tolist():
                self._odd.add(n_lines + index + 1, lines.line(index))
            n_lines += len(lines)
            yield {"url": text.filter(pa.array(is_url))}
