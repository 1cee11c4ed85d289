"""How long an answer takes and what a patient of limited patience makes of it: arithmetic, no waiting."""

import zlib

from gleanset.fetch.base import FetchSettings
from gleanset.terms.outcome import Failure

from .responses import Door, Ending, Response

LOOK_UP_S = 0.03
REFUSAL_S = 0.05
"""A round trip; both before ``time_scale``."""
ENDLESS_BYTES_PER_S = 20_000_000
STATUS_LINE_BYTES = 17
HEAD_BYTES = 80
"""``HTTP/1.1 200 OK`` with a type and a length, as the server writes it."""

Course = tuple[float, Failure | None]
"""Seconds until the end, and what went wrong on the wire; None: the answer came to its end."""


def course(response: Response, n_bytes: int, limits: FetchSettings, time_scale: float) -> Course:
    """One request under the limits of a fetcher (the total time apart, which spans redirects).

    ``n_bytes``: of the body as it is sent. With TIMEOUT no status line had come.
    """
    if response.door is not Door.OPEN:
        return _closed(response.door, limits, time_scale)
    if response.is_mute or response.wait_s > limits.first_byte_s:
        return limits.first_byte_s, Failure.TIMEOUT
    begun_s = response.wait_s
    if response.bytes_per_s is not None:
        return _dripping(response, n_bytes, response.bytes_per_s, limits)
    if response.raw is not None:
        return begun_s, Failure.PROTOCOL
    if response.ending is Ending.ENDLESS:
        most = min(limits.max_body_bytes, limits.max_decoded_bytes)
        return begun_s + most / ENDLESS_BYTES_PER_S, Failure.TOO_LARGE
    if response.ending in (Ending.EARLY, Ending.RESET):
        return begun_s, Failure.RESET
    too_large = response.status == 200 and n_bytes > limits.max_body_bytes
    return begun_s, Failure.TOO_LARGE if too_large else None


def _closed(door: Door, limits: FetchSettings, time_scale: float) -> Course:
    match door:
        case Door.NO_NAME:
            return LOOK_UP_S * time_scale, Failure.NAME_NOT_FOUND
        case Door.REFUSES:
            return REFUSAL_S * time_scale, Failure.REFUSED
        case _:
            return limits.connect_timeout_s, Failure.CONNECT_TIMEOUT


def _dripping(response: Response, n_bytes: int, rate: float, limits: FetchSettings) -> Course:
    begun_s = response.wait_s
    if response.drips_from_head:
        if begun_s + STATUS_LINE_BYTES / rate > limits.first_byte_s:
            return limits.first_byte_s, Failure.TIMEOUT
        begun_s += HEAD_BYTES / rate
        if begun_s > limits.timeout_s:
            return limits.timeout_s, Failure.TIMEOUT
    needed_s = n_bytes / rate
    if rate < limits.min_speed_bytes_per_s and needed_s > limits.min_speed_over_s:
        return begun_s + limits.min_speed_over_s, Failure.TOO_SLOW
    return begun_s + needed_s, None


def unpack(body: bytes, most: int) -> bytes | Failure:
    """A gzip body unpacked, at most ``most`` bytes of it."""
    reader = zlib.decompressobj(wbits=31)
    try:
        unpacked = reader.decompress(body, most + 1)
    except zlib.error:
        return Failure.PROTOCOL
    if len(unpacked) > most:
        return Failure.TOO_LARGE
    return unpacked if reader.eof else Failure.PROTOCOL
