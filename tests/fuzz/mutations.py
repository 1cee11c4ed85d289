"""How bodies are spoilt: a little, so that readers get far into them."""

import random
import struct
import zlib
from collections.abc import Sequence

NUMBERS = (0, 1, 2, 3, *(2**n + d for n in (3, 7, 8, 15, 16, 31, 32) for d in (-1, 0)))
_PNG = b"\x89PNG\r\n\x1a\n"


def spoilt(body: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """The body with up to eight faults; the check sums of a PNG are mostly made right again."""
    data = bytearray(body)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        _spoil(data, others, chance)
    if data.startswith(_PNG) and chance.random() < 0.8:
        mend_check_sums(data)
    return bytes(data)


def _spoil(data: bytearray, others: Sequence[bytes], chance: random.Random) -> None:
    at = chance.randrange(len(data) + 1)
    length = chance.choice((1, 2, 4, 8, 32, 200))
    match chance.randrange(8):
        case 0 if at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        case 1:
            data[at : at + length] = chance.randbytes(length)
        case 2:
            del data[at : at + length]
        case 3:
            data[at:at] = data[at : at + length] * chance.choice((1, 1, 2, 100))
        case 4:
            size, order = chance.choice((("B", ""), ("H", "<"), ("H", ">"), ("I", "<"), ("I", ">")))
            packed = struct.pack(order + size, chance.choice(NUMBERS) % 256 ** struct.calcsize(size))
            data[at : at + len(packed)] = packed
        case 5:
            del data[at:]
        case 6:
            other = chance.choice(others)
            start = chance.randrange(len(other))
            data[at : at + length] = other[start : start + length]
        case _:
            source = chance.randrange(len(data) + 1)
            data[at : at + length] = data[source : source + length]


def mend_check_sums(data: bytearray) -> None:
    """Of all chunks of a PNG whose length is believable."""
    at = len(_PNG)
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if end + 4 > len(data):
            return
        data[end : end + 4] = zlib.crc32(data[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
