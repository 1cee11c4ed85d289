"""What passes between the engine and a worker: JSON in frames of a length and a payload.

JSON and not pickle: a worker decodes hostile pictures, and nothing that it says may run here.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..terms.inspection import Flaw, Inspection, Stored, StoredFormat
from ..terms.outcome import FAILURE_BY_WORD, Failed, Moved
from ..terms.verdict import BlobRef, Finding

_LENGTH = struct.Struct("<I")
MAX_FRAME_BYTES = 64 * 2**20


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
    return [task.candidate, task.attempt, task.host, task.serial, task.url, task.group, task.hops]


def task_in(fields: list[Any]) -> Task:
    """The task that ``task_out`` took apart."""
    return Task(*fields)


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
    ]


def finding_in(fields: list[Any]) -> Finding:
    """The finding that ``finding_out`` took apart. Raises ValueError or KeyError for anything else."""
    candidate, attempt, host, elapsed_s, at_s, failed, moved, seen, blob, *rest = fields
    status, final_url, headers, address, hops, serial = rest
    return Finding(
        candidate,
        attempt,
        host,
        elapsed_s,
        at_s,
        failed and Failed(FAILURE_BY_WORD[failed[0]], *failed[1:]),
        moved and Moved(*moved),
        seen and _inspection_in(seen),
        blob and BlobRef(*blob),
        status,
        final_url,
        tuple((name, value) for name, value in headers),
        address,
        hops,
        serial,
    )


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
    ]


def _inspection_in(fields: list[Any]) -> Inspection:
    n_bytes, sha256, flaw, detail, form, width_px, height_px, mode, frames, phash, *hexes, stored = fields
    thumbnail, md5, sha1 = map(_unhex, hexes)
    return Inspection(
        n_bytes,
        bytes.fromhex(sha256),
        flaw and Flaw(flaw),
        detail,
        form,
        width_px,
        height_px,
        mode,
        frames,
        phash,
        thumbnail,
        md5,
        sha1,
        stored and _stored_in(*stored),
    )


def _stored_in(
    form: StoredFormat, width_px: int, height_px: int, n_bytes: int, sha256: str, how: str
) -> Stored:
    return Stored(form, width_px, height_px, n_bytes, bytes.fromhex(sha256), how)


def _hex(data: bytes | None) -> str | None:
    return None if data is None else data.hex()


def _unhex(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)
