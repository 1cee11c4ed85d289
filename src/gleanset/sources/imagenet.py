"""ImageNet's lists of 2011: ``n02084071_1234<TAB>http://..``, no header, no quoting, not quite UTF-8.

The winter's list has a blank for the tab. The fall's has 14,197,122 lines in 21,841 classes; 8 of them do not
have exactly two fields.
"""

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from ..errors import ListError
from .base import OddLines
from .lines import BOM, Lines
from .opening import ListFile

LOOKS_LIKE_2011 = re.compile(rb"n\d{8}_\d+([\t ])\s*http", re.IGNORECASE)
_TAB, _UNDERSCORE = 9, 95
_NAMES = ["url", "label", "origin"]


class ImageNetList:
    """A list in the format of 2011. The label is the id up to its last underscore."""

    format = "imagenet"
    is_manifest = False

    def __init__(self, file: ListFile, is_parted_by_blanks: bool = False) -> None:
        """``is_parted_by_blanks``: the first blank of a line stands for the tab; a URL may hold more."""
        self._file = file
        self._separator = ord(" ") if is_parted_by_blanks else _TAB
        self._odd = OddLines(file.name)

    @property
    def name(self) -> str:
        return self._file.name

    @property
    def reading(self) -> str:
        return "imagenet" if self._separator == _TAB else "imagenet blanks"

    @property
    def odd_lines(self) -> int:
        return self._odd.count

    @property
    def odd_examples(self) -> list[tuple[str, int, str]]:
        return self._odd.examples

    @property
    def known_digest(self) -> str | None:
        return self._file.known_digest

    def digest(self) -> str:
        return self._file.digest()

    def batches(self) -> Iterator[pa.RecordBatch]:
        self._odd.clear()
        n_lines = n_rows = 0
        for chunk in self._file.chunks():
            lines = Lines.of(chunk if n_lines else chunk.removeprefix(BOM))
            batch = self._parse(lines, n_lines)
            n_lines += len(lines)
            n_rows += batch.num_rows
            yield batch
        if not n_rows:
            raise ListError(
                f"{self.name}: none of its {n_lines:,} lines is an id, a tab and a URL. "
                "Check that it is the list you meant, or name its format with --source."
            )

    def _parse(self, lines: Lines, n_before: int) -> pa.RecordBatch:
        tabs = lines.positions(self._separator)
        n_tabs = lines.holding(tabs)
        has_one_tab = n_tabs == 1 if self._separator == _TAB else n_tabs >= 1
        tab_of_line = np.searchsorted(tabs, lines.starts)
        tab = np.append(tabs, 0)[tab_of_line]
        good = has_one_tab & (tab > lines.starts) & (tab + 1 < lines.ends)
        for index in np.flatnonzero(~good).tolist():
            self._odd.add(n_before + index + 1, lines.line(index))
        starts, tab, ends = lines.starts[good], tab[good], lines.ends[good]
        return pa.RecordBatch.from_arrays(
            [
                lines.strings(tab + 1, ends),
                lines.strings(starts, _end_of_label(lines, starts, tab)),
                lines.strings(starts, tab),
            ],
            names=_NAMES,
        )


def _end_of_label(lines: Lines, starts: np.ndarray, tab: np.ndarray) -> np.ndarray:
    """Where the last underscore of each id stands; the id's end where it has none or begins with it."""
    underscores = np.concatenate(([-1], lines.positions(_UNDERSCORE)))
    last = underscores[np.searchsorted(underscores, tab) - 1]
    return np.where(last > starts, last, tab)
