"""URLs by the column: normal forms, and hosts as numbers.

Per row there is no Python: only URLs that a regular expression cannot vouch for pass through the parser, and
hosts are looked at once per distinct beginning (everything before a URL's third slash).
"""

import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..urls import NEEDS_PARSER, NORMAL_FORM, host_of, normalise, politeness_group

Numbers = npt.NDArray[np.int32]

_SLASH = ord("/")
_PLAIN_BEGINNING = re.compile(r"https?://([a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.[a-z]{2,24})")
_MOST_BEGINNINGS = 1 << 20
_LONGEST_VOUCHED_FOR = 2000


def normalised(urls: pa.StringArray) -> pa.StringArray:
    """The column in normal form, null where a URL is none. See ``urls.normalise``."""
    vouched = pc.and_(
        pc.match_substring_regex(urls, NORMAL_FORM),
        pc.and_not(
            pc.less(pc.binary_length(urls), _LONGEST_VOUCHED_FOR),
            pc.match_substring_regex(urls, NEEDS_PARSER),
        ),
    )
    doubtful = pc.invert(vouched)
    parsed = [normalise(url) for url in urls.filter(doubtful).to_pylist()]
    return pc.replace_with_mask(urls, doubtful, pa.array(parsed, pa.string())) if parsed else urls


class Hosts:
    """Numbers host names in the order in which they are met, and knows the politeness group of each."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.groups: list[str] = []
        self._numbers: dict[str, int] = {}
        self._by_beginning: dict[str, int] = {}

    def of(self, urls: pa.StringArray) -> Numbers:
        """(n,) the number of every URL's host, -1 where there is none."""
        return self.of_beginnings(beginnings(urls))

    def of_beginnings(self, column: pa.DictionaryArray) -> Numbers:
        """The same of ``beginnings(urls)``, where somebody else needs them as well."""
        known, texts = self._by_beginning, column.dictionary.to_pylist()
        if len(known) > _MOST_BEGINNINGS:
            known.clear()
        for text in texts:
            if text not in known:
                known[text] = self._number(text)
        numbers: Numbers = np.array([known[text] for text in texts], np.int32)[np.asarray(column.indices)]
        return numbers

    def _number(self, beginning: str) -> int:
        name = _host_of_beginning(beginning)
        if name is None:
            return -1
        number = self._numbers.setdefault(name, len(self.names))
        if number == len(self.names):
            self.names.append(name)
            self.groups.append(politeness_group(name))
        return number


def _host_of_beginning(beginning: str) -> str | None:
    plain = _PLAIN_BEGINNING.fullmatch(beginning)
    if plain and "xn--" not in beginning:
        return plain[1]
    url = normalise(beginning)
    return None if url is None else host_of(url)


class HostClaims:
    """A yes or no for every host of a ``Hosts``, each asked once: (name, group) -> bool."""

    def __init__(self, hosts: Hosts, claim: Callable[[str, str], bool]) -> None:
        self._hosts = hosts
        self._claim = claim
        self._known = np.zeros(0, bool)

    def of(self, numbers: Numbers) -> npt.NDArray[np.bool_]:
        """(n,) the claim for each host number; false for -1."""
        done, hosts = len(self._known), self._hosts
        fresh = map(self._claim, hosts.names[done:], hosts.groups[done:])
        self._known = np.concatenate((self._known, np.array(list(fresh), bool)))
        claims: npt.NDArray[np.bool_] = np.append(self._known, False)[numbers]
        return claims


def beginnings(urls: pa.StringArray) -> pa.DictionaryArray:
    """Everything before each URL's third slash, as a dictionary: it decides the host."""
    offsets = np.frombuffer(urls.buffers()[1], np.int32)[urls.offset : urls.offset + len(urls) + 1]
    if not len(urls) or offsets[0] == offsets[-1]:
        return urls.dictionary_encode()
    data = urls.buffers()[2]
    starts, ends = offsets[:-1], offsets[1:]
    slashes = np.flatnonzero(np.frombuffer(data, np.uint8)[: ends[-1]] == _SLASH).astype(np.int32)
    slashes = np.concatenate((slashes, np.full(3, ends[-1], np.int32)))
    third = slashes[np.searchsorted(slashes, starts) + 2]
    return _pieces(data, starts, np.minimum(third, ends)).dictionary_encode()


def _pieces(data: pa.Buffer, starts: Numbers, ends: Numbers) -> pa.StringArray:
    """Ascending pieces of a buffer as strings: every second value of an array that holds the gaps as well."""
    offsets = np.empty(2 * len(starts), np.int32)
    offsets[0::2] = starts
    offsets[1::2] = ends
    with_gaps = pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), data)
    return with_gaps.take(pa.array(np.arange(0, len(offsets), 2, dtype=np.int32)))
