"""ImageNet's list class by class: ``imagenet-api:http://HOST/api/text/imagenet.synset.geturls?wnid=``.

The address answers with one URL a line for the wnid at its end; ``imagenet.synset.obtain_synset_list`` beside
it names all wnids. Each class is asked for once, one at a time and with a pause, and then kept.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import ListError
from ..terms.outcome import Failed, Failure
from .base import OddLines, Reading
from .cache import Get, Kept
from .lines import BOM, Lines
from .rows import to_schema
from .settings import read_settings

SCHEME = "imagenet-api:"
WNID = re.compile(r"n\d{8}")
_URLS, _ALL = "geturls?wnid=", "obtain_synset_list"
_TRIES = 3


class ImageNetApi:
    """The URLs of some classes, or of all that the API names."""

    format = "imagenet-api"
    is_manifest = False

    def __init__(
        self,
        word: str,
        home: Path,
        get: Get,
        reading: Reading,
        wanted: Sequence[str] = (),
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """``wanted``: wnids that were chosen; empty: all. Raises ListError for an address that is none."""
        self.name = word
        self._address = word.removeprefix(SCHEME)
        if not self._address.lower().startswith(("http://", "https://")):
            raise ListError(
                f"{word}: no address of an API. Write {SCHEME}http://HOST/api/text/imagenet.synset.{_URLS}"
            )
        said = read_settings(self.format, reading.settings)
        self._folder = home / "lists" / hashlib.sha256(self._address.encode()).hexdigest()[:16]
        self._get, self._wait, self._pause_s = get, wait, float(said["pause"])
        self._has_asked = False
        self._wnids = _read_wnids(Path(said["wnids"])) if said["wnids"] else tuple(sorted(set(wanted)))
        self._odd = OddLines(word)

    @property
    def reading(self) -> str:
        return f"imagenet-api {' '.join(self._wnids)}".rstrip()

    @property
    def known_digest(self) -> str | None:
        return None

    @property
    def odd_lines(self) -> int:
        return self._odd.count

    @property
    def odd_examples(self) -> list[tuple[str, int, str]]:
        return self._odd.examples

    def digest(self) -> str:
        """SHA-256 over what the API said of every class; asks for those that are not kept."""
        digest = hashlib.sha256()
        for wnid in self._all():
            digest.update(f"{wnid} {hashlib.sha256(self._answer(wnid)).hexdigest()}\n".encode())
        return digest.hexdigest()

    def batches(self) -> Iterator[pa.RecordBatch]:
        self._odd.clear()
        n_rows = 0
        for wnid in self._all():
            batch = self._rows(wnid)
            n_rows += batch.num_rows
            yield batch
        if not n_rows:
            raise ListError(
                f"{self.name}: it has no URL for any of {len(self._all()):,} classes. "
                "Open the address of one in a browser: the API wants a login by now, or is gone."
            )

    def _rows(self, wnid: str) -> pa.RecordBatch:
        lines = Lines.of(self._answer(wnid).removeprefix(BOM) + b"\n")
        text = pc.utf8_trim_whitespace(lines.strings(lines.starts, lines.ends))
        is_url = np.asarray(pc.match_substring_regex(text, r"(?i)^https?:[^\t]*$"))
        is_blank = np.asarray(pc.equal(text, ""))
        for index in np.flatnonzero(~is_url & ~is_blank).tolist():
            self._odd.add(index + 1, f"{wnid}: ".encode() + lines.line(index))
        return to_schema({"url": text.filter(pa.array(is_url))}, wnid)

    def _all(self) -> Sequence[str]:
        if not self._wnids:
            address = self._address.replace(_URLS, _ALL)
            if address == self._address:
                raise ListError(
                    f"{self.name}: the address does not end in {_URLS}, so there is no telling which "
                    f"classes there are. Choose some with --class, or name a file: "
                    f"--source {self.format}:wnids=FILE."
                )
            self._wnids = tuple(sorted(set(WNID.findall(self._ask("synsets", address).decode("latin-1")))))
        return self._wnids

    def _answer(self, wnid: str) -> bytes:
        return self._ask(wnid, f"{self._address}{wnid}")

    def _ask(self, what: str, url: str) -> bytes:
        """An answer, kept from the first time on. That there is nothing (404, 410) is an answer."""
        kept = Kept(self._folder / f"{what}.txt")
        if not kept.is_there:
            with kept.held():
                failed = self._fetch(kept, url)
            if failed is not None:
                raise ListError(
                    f"{self.name}: {url} could not be fetched: {failed.failure.word} {failed.detail}".rstrip()
                    + ". What came before is kept: run the same command again, it goes on from there."
                )
        return kept.path.read_bytes()

    def _fetch(self, kept: Kept, url: str) -> Failed | None:
        failed = None
        for attempt in range(_TRIES):
            if self._has_asked:
                self._wait(self._pause_s * 2**attempt)
            self._has_asked = True
            failed = kept.fetch(url, self._get)
            if failed is None and kept.path.stat().st_size and kept.is_page:
                kept.drop()
                return Failed(Failure.PROTOCOL, 200, "a web page came in place of the list")
            if failed is None:
                return None
            if failed.status in (404, 410):
                kept.path.write_bytes(f"HTTP {failed.status}".encode())
                return None
            if not failed.failure.transient:
                break
        return failed


def _read_wnids(path: Path) -> tuple[str, ...]:
    try:
        found = WNID.findall(path.read_text("latin-1"))
    except OSError as error:
        raise ListError(f"{path}: the wnids cannot be read ({error.strerror}). Check the path.") from error
    if not found:
        raise ListError(f"{path}: no wnid like n02084071 in it. Write one a line.")
    return tuple(sorted(set(found)))
