"""What passes between the engine and a worker: JSON in frames of a length and a payload.

JSON and not pickle: a worker decodes hostile pictures, and nothing that it says may run here. What comes
back is checked value by value, so that nothing of it can upset the journal or the minds either.
"""

import json
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar, get_args

from ..terms.inspection import Flaw, Inspection, Stored, StoredFormat
from ..terms.outcome import FAILURE_BY_WORD, Errand, Failed, Moved
from ..terms.verdict import BlobRef, Finding
from ..urls import LONGEST_URL
from .vitals import Vitals

WORD = re.compile(r"[a-z0-9-]{1,40}")
"""What the user's check may answer: small letters, digits and dashes."""

_LENGTH = struct.Struct("<I")
MAX_FRAME_BYTES = 64 * 2**20
LONGEST_TEXT = LONGEST_URL
"""Characters. URLs are the longest texts that travel: values of headers and details are cut far below."""
LONGEST_RULES = 500 * 1024
"""Characters of a robots.txt that are read (RFC 9309, 2.5: at least 500 KiB)."""
_MOST_HEADERS = 10_000
_OUTCOMES = 5
_END_OF_WHOLE = 2**63
"""What the journal's integers hold."""
_END_OF_TIME = 1e13
"""Seconds: no clock and no ``Retry-After`` (12 digits) gets there."""
QUARTER_TURNS = frozenset({0, 90, 180, 270})
_STORED_FORMATS = get_args(StoredFormat)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Task:
    """A lease as a worker sees it: what to ask and what to write on the answer."""

    candidate: int
    attempt: int
    host: int
    serial: int
    url: str
    group: str
    hops: int
    errand: str = Errand.IMAGE.value
    address: str | None = None
    """The address that the lease is for; empty: none is known yet, None: any will do."""
    rotation: int = 0
    """Degrees counter-clockwise by which the picture is turned after the EXIF turn: 0, 90, 180 or 270."""
    about: tuple[tuple[str, str], ...] = ()
    """What the user's check is told of the candidate, by name; empty where nobody checks."""


def frame(message: list[Any]) -> bytes:
    """A message as bytes."""
    payload = json.dumps(message, separators=(",", ":")).encode()
    return _LENGTH.pack(len(payload)) + payload


class Frames:
    """Cuts a stream of bytes into messages; keeps what is incomplete."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> Iterator[list[Any]]:
        """The messages that ``chunk`` completes. Raises ``ValueError`` for what is no frame of ours."""
        self._buffer += chunk
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > MAX_FRAME_BYTES:
                raise ValueError(f"a frame of {length} bytes")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            message = json.loads(bytes(self._buffer[_LENGTH.size : end]))
            del self._buffer[:end]
            yield message


def task_out(task: Task) -> list[Any]:
    """A task as plain values."""
    return [
        task.candidate,
        task.attempt,
        task.host,
        task.serial,
        task.url,
        task.group,
        task.hops,
        task.errand,
        task.address,
        task.rotation,
        task.about,
    ]


def task_in(fields: list[Any]) -> Task:
    """The task that ``task_out`` took apart. Raises ``ValueError`` for a turn that is none."""
    *known, about = fields
    task = Task(*known)
    if type(task.rotation) is not int or task.rotation not in QUARTER_TURNS:
        raise ValueError("no quarter turn")
    return replace(task, about=tuple((name, value) for name, value in about)) if about else task


def finding_out(finding: Finding) -> list[Any]:
    """A finding as plain values; bytes as hexadecimal text."""
    failed, moved, seen, blob = finding.failed, finding.moved, finding.inspection, finding.blob
    return [
        finding.candidate,
        finding.attempt,
        finding.host,
        finding.elapsed_s,
        finding.at_s,
        failed and [failed.failure.word, failed.status, failed.detail, failed.retry_after_s],
        moved and [moved.url, moved.hops],
        seen and _inspection_out(seen),
        blob and [blob.segment, blob.offset, blob.length],
        finding.status,
        finding.final_url,
        finding.headers,
        finding.address,
        finding.hops,
        finding.serial,
        finding.located,
        finding.rules,
    ]


def finding_in(fields: list[Any]) -> Finding:
    """The finding that ``finding_out`` took apart.

    Raises ``ValueError``, ``LookupError``, ``TypeError`` or ``AttributeError`` for whatever no honest worker
    says: numbers the journal cannot hold, text without end, more than one outcome.
    """
    candidate, attempt, host, elapsed_s, at_s, failed, moved, seen, blob, *rest = fields
    status, final_url, headers, address, hops, serial, located, rules = rest
    if [failed, moved, seen, located, rules].count(None) != _OUTCOMES - 1:
        raise ValueError("not exactly one outcome")
    if len(headers) > _MOST_HEADERS:
        raise ValueError(f"{len(headers)} headers")
    finding = Finding(
        _whole(candidate),
        _whole(attempt),
        _whole(host),
        _number(elapsed_s),
        _number(at_s),
        None if failed is None else _failed_in(*failed),
        None if moved is None else _moved_in(*moved),
        None if seen is None else _inspection_in(seen),
        None if blob is None else _blob_in(*blob),
        _or_none(_whole, status),
        _or_none(_text, final_url),
        tuple((_text(name), _text(value)) for name, value in headers),
        _or_none(_text, address),
        _whole(hops),
        _whole(serial),
        _or_none(_text, located),
        _or_none(_rules, rules),
    )
    if (finding.blob is None) != (finding.inspection is None or finding.inspection.stored is None):
        raise ValueError("a body that is stored nowhere, or that nobody wants")
    return finding


def vitals_out(vitals: Vitals) -> dict[str, Any]:
    """Vitals as plain values, without the worker: whoever hears them knows."""
    fields = asdict(vitals)
    del fields["worker"]
    return fields


def vitals_in(worker: int, fields: dict[str, Any]) -> Vitals:
    """The vitals that ``vitals_out`` took apart. Raises like ``finding_in``."""
    lag_s = _number(fields.pop("lag_s"))
    return Vitals(worker, lag_s=lag_s, **{name: _whole(value) for name, value in fields.items()})


def _inspection_out(seen: Inspection) -> list[Any]:
    stored = seen.stored
    return [
        seen.n_bytes,
        seen.sha256.hex(),
        seen.flaw and seen.flaw.value,
        seen.detail,
        seen.format,
        seen.width_px,
        seen.height_px,
        seen.mode,
        seen.frames,
        seen.phash,
        _hex(seen.thumbnail),
        _hex(seen.md5),
        _hex(seen.sha1),
        stored
        and [
            stored.format,
            stored.width_px,
            stored.height_px,
            stored.n_bytes,
            stored.sha256.hex(),
            stored.how,
        ],
        seen.refused,
    ]


def _failed_in(word: str, status: Any, detail: Any, retry_after_s: Any) -> Failed:
    return Failed(
        FAILURE_BY_WORD[word], _or_none(_whole, status), _text(detail), _or_none(_number, retry_after_s)
    )


def _moved_in(url: Any, hops: Any) -> Moved:
    return Moved(_text(url), _whole(hops))


def _blob_in(segment: Any, offset: Any, length: Any) -> BlobRef:
    return BlobRef(_text(segment), _whole(offset), _whole(length))


def _inspection_in(fields: list[Any]) -> Inspection:
    n_bytes, sha256, flaw, detail, form, width_px, height_px, mode, frames, phash, *rest = fields
    thumbnail, md5, sha1, stored, refused = rest
    if refused and (flaw is not None or stored is not None):
        raise ValueError("a picture that a check refused, and that is flawed or kept")
    if flaw is None and not refused and (phash is None or thumbnail is None):
        raise ValueError("a sound picture without a look")
    return Inspection(
        _whole(n_bytes),
        _bytes(sha256, 32),
        None if flaw is None else Flaw(flaw),
        _text(detail),
        _or_none(_text, form),
        _whole(width_px),
        _whole(height_px),
        _text(mode),
        _whole(frames),
        None if phash is None else _whole(phash, 2**64),
        None if thumbnail is None else _bytes(thumbnail, 256),
        None if md5 is None else _bytes(md5, 16),
        None if sha1 is None else _bytes(sha1, 20),
        None if stored is None else _stored_in(*stored),
        _word(refused),
    )


def _stored_in(form: Any, width_px: Any, height_px: Any, n_bytes: Any, sha256: Any, how: Any) -> Stored:
    if form not in _STORED_FORMATS:
        raise ValueError("a format that is never stored")
    return Stored(form, _whole(width_px), _whole(height_px), _whole(n_bytes), _bytes(sha256, 32), _text(how))


def _or_none(check: Callable[[Any], T], value: Any) -> T | None:
    return None if value is None else check(value)


def _whole(value: Any, end: int = _END_OF_WHOLE) -> int:
    """A JSON integer of 0 or more, below ``end``."""
    if type(value) is not int or not 0 <= value < end:
        raise ValueError("a number out of range")
    return value


def _number(value: Any) -> float:
    """Finite, 0 or more."""
    if type(value) not in (int, float) or not 0 <= value < _END_OF_TIME:
        raise ValueError("a number out of range")
    return float(value)


def _word(value: Any) -> str:
    """Of the user's check, or empty."""
    if value != "" and not WORD.fullmatch(value):
        raise ValueError("no word of a check")
    return _text(value)


def _rules(value: Any) -> str:
    return _text(value, LONGEST_RULES)


def _text(value: Any, longest: int = LONGEST_TEXT) -> str:
    """Not without end, and nothing that cannot be written as UTF-8."""
    if type(value) is not str or len(value) > longest:
        raise ValueError("a text out of bounds")
    if not value.isascii():
        value.encode()
    return value


def _bytes(value: Any, length: int) -> bytes:
    data = bytes.fromhex(value)
    if len(data) != length:
        raise ValueError(f"{len(data)} bytes where {length} belong")
    return data


def _hex(data: bytes | None) -> str | None:
    return None if data is None else data.hex()
