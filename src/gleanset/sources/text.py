"""Lists as text: comma or tab separated tables, and bare URLs, one a line."""

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .delimited import Fields, read_fields
from .guess import is_url_name
from .lines import BOM, Lines
from .opening import ListFile
from .rows import TableSource


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
        self._fields = Fields(
            delimiter,
            len(names),
            {ours: names.index(theirs) for ours, theirs in columns.items()},
            has_header,
            frozenset(columns.keys() & {"url", "label"}),
        )

    def _read(self) -> Iterator[dict[str, pa.Array]]:
        return read_fields(self._file, self._fields, self._odd)


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
