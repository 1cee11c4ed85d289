"""A build's manifest read as a list: its rows come with their keys, splits and what their bodies were.

A manifest is known by its columns (``key, label, url, sha256, phash``), so a filtered one, several together
or one that was saved as CSV serve as well.
"""

import binascii
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

SHA256_BYTES = 32


def living_url(columns: Mapping[str, pa.Array]) -> pa.Array:
    """Where each picture was found: a revived one where it was revived, since the list's URL is dead.

    So a rebuild needs no luck and no option, and an archive's copy, whose address has its moment, is the same
    to the byte.
    """
    found, revived = columns["final_url"], columns["revived"]
    there = pc.and_(pc.not_equal(pc.fill_null(revived, ""), ""), pc.not_equal(pc.fill_null(found, ""), ""))
    return pc.if_else(there, found, columns["url"])


def as_sha256(values: pa.Array) -> pa.Array:
    """Digests as 32 bytes; hex digits are read as well. Null: absent or no digest."""
    if pa.types.is_binary(values.type) or pa.types.is_fixed_size_binary(values.type):
        return pa.array([_sized(value) for value in values.to_pylist()], pa.binary())
    return pa.array([_unhexed(value) for value in _strings(values)], pa.binary())


def as_phash(values: pa.Array) -> pa.Array:
    """Perceptual hashes as unsigned numbers; signed ones and 16 hex digits are read as well. Null: absent."""
    if pa.types.is_uint64(values.type):
        return values
    return pa.array([_unsigned(value) for value in values.to_pylist()], pa.uint64())


def as_degrees(values: pa.Array) -> pa.Array:
    """Whole degrees, also as ``90.0``. Null: absent or no such number."""
    if pa.types.is_integer(values.type):
        return values.cast(pa.int32())
    texts = values.cast(pa.string())
    is_sound = pc.match_substring_regex(texts, r"^-?\d{1,3}(?:\.0+)?$")
    return pc.if_else(is_sound, texts, pa.scalar(None, pa.string())).cast(pa.float64()).cast(pa.int32())


def _strings(values: pa.Array) -> Sequence[str | None]:
    strings: Sequence[str | None] = values.cast(pa.string()).to_pylist()
    return strings


def _sized(value: bytes | None) -> bytes | None:
    return value if value is not None and len(value) == SHA256_BYTES else None


def _unhexed(value: str | None) -> bytes | None:
    try:
        return _sized(binascii.unhexlify(value)) if value else None
    except (binascii.Error, ValueError):
        return None


def _unsigned(value: int | float | str | None) -> int | None:
    """16 hex digits, or a number; a negative one is two's complement."""
    try:
        if value is None:
            return None
        number = int(value, 16) if isinstance(value, str) and len(value) == 16 else int(value)
    except ValueError:
        return None
    return number % 2**64 if -(2**63) <= number < 2**64 else None
