"""Lists that lie elsewhere, kept on this disk: whole or not at all, and gone on with after a stop.

A file of the cache is ``NAME``, with ``NAME.json`` beside it, which says where it came from. What has come of
one that is not whole is ``NAME.part``. Two processes that want the same file wait for one another.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from ..errors import storage_errors
from ..terms.outcome import Failed
from .lines import is_markup

Headers = Mapping[str, str]


class Get(Protocol):
    """What downloads: ``fetch.download.Downloader``."""

    def __call__(
        self, url: str, file: BinaryIO, start: int = 0, same: str = "", begin: Callable[[Headers], None] = ...
    ) -> tuple[int, Headers] | Failed:
        """Status and headers of a whole answer that is in ``file`` now; 304: it is ``same``."""
        ...


_NOT_MODIFIED = 304


class Kept:
    """One file of the cache."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._facts = path.with_name(f"{path.name}.json")
        self._part = path.with_name(f"{path.name}.part")
        self._part_facts = path.with_name(f"{path.name}.part.json")

    @property
    def is_there(self) -> bool:
        """Whether the file is there, fetched or put there by hand."""
        return self.path.is_file()

    @property
    def is_page(self) -> bool:
        """Whether it is a web page, or nothing: what servers send with status 200 for what they have lost."""
        with self.path.open("rb") as body:
            head = body.read(1024)
        return not head.strip() or is_markup(head)

    @property
    def facts(self) -> dict[str, Any]:
        """``url``, ``same`` and what else was noted of it; empty: nothing, or of another file."""
        facts = _read(self._facts)
        return facts if self.is_there and facts.get("stamp") == self._stamp() else {}

    def note(self, **facts: Any) -> None:
        """Note something of the file as it is."""
        _write(self._facts, {**self.facts, **facts, "stamp": self._stamp()})

    def _stamp(self) -> str:
        stat = self.path.stat()
        return f"{stat.st_size} {stat.st_mtime_ns}"

    def drop(self) -> None:
        """Remove the file and all that is known of it."""
        for path in (self.path, self._facts, self._part, self._part_facts):
            path.unlink(missing_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else fetches this file meanwhile; waits for as long as another process does."""
        with storage_errors("keeping a list in", self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = self.path.with_name(f".{self.path.name}.lock").open("a")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def fetch(self, url: str, get: Get) -> Failed | None:
        """Have the file as it is at ``url`` now; a failure leaves an older file alone. Call it while held."""
        with storage_errors("keeping a list in", self.path.parent):
            known = self.facts
            if known.get("url") == url and known.get("same"):
                return self._fetch(url, get, 0, str(known["same"]))
            begun = _read(self._part_facts)
            if begun.get("url") == url and begun.get("same") and self._part.exists():
                return self._fetch(url, get, self._part.stat().st_size, str(begun["same"]))
            return self._fetch(url, get, 0, "")

    def _fetch(self, url: str, get: Get, start: int, same: str) -> Failed | None:
        def begin(headers: Headers) -> None:
            _write(self._part_facts, {"url": url, "same": _same(headers)})

        with self._part.open("ab" if start else "wb") as part:
            answer = get(url, part, start, same, begin)
            part.flush()
            os.fsync(part.fileno())
        if isinstance(answer, Failed):
            return answer
        status, headers = answer
        if status == _NOT_MODIFIED:
            self._part.unlink()
            return None
        self._part.replace(self.path)
        self._part_facts.unlink(missing_ok=True)
        self._facts.unlink(missing_ok=True)
        self.note(url=url, same=_same(headers))
        return None


def _same(headers: Headers) -> str:
    """What tells this body from later ones at the same address."""
    return headers.get("etag") or headers.get("last-modified") or ""


def _read(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _write(path: Path, facts: Mapping[str, Any]) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(facts), "utf-8")
    draft.replace(path)
