"""What goes over the wire, faults included, as values; and what each fate sends."""

import gzip
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cache
from random import Random
from typing import NamedTuple

from .designs import Version
from .fates import Fate


class Door(Enum):
    """What a connection attempt meets."""

    OPEN = auto()
    NO_NAME = auto()
    REFUSES = auto()
    DROPS = auto()


class Ending(Enum):
    """What follows the last byte that is sent."""

    WHOLE = auto()
    EARLY = auto()
    """The connection is closed, before the promised length."""
    RESET = auto()
    SILENCE = auto()
    """Nothing more, and no end either."""
    ENDLESS = auto()
    """The body again and again."""


class Picture(NamedTuple):
    """A picture to be drawn: the row that it was first drawn for."""

    label: int
    serial: int
    near: bool = False
    """Smaller and encoded again: other bytes, the same picture to an eye."""


class Notice(NamedTuple):
    """The picture with which a host says that a picture is gone."""

    host: str
    """Empty: the same everywhere."""
    design: int = -1
    """An index of ``designs.DESIGNS``; -1: the host's own plain one."""
    version: Version = Version()


Content = bytes | Picture | Notice

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, to the byte. Pictures are named, not drawn: ``World.render`` draws them."""

    status: int = 200
    headers: Headers = ()
    """Without ``Content-Length``, which follows from the rest."""
    content: Content = b""
    kept_share: float = 1.0
    """Of the content: what the server still has of it, from the beginning."""
    door: Door = Door.OPEN
    wait_s: float = 0.0
    """From the request to the first byte."""
    missing_bytes: int = 0
    """``Content-Length`` promises that many more than are sent."""
    bytes_per_s: float | None = None
    """Of the whole answer from its first byte; None: at once."""
    drips_from_head: bool = False
    """The head drips as well; otherwise it comes at once and the body drips."""
    ending: Ending = Ending.WHOLE
    raw: bytes | None = None
    """Sent instead of a well-formed head."""

    def head_lines(self) -> list[bytes]:
        """The headers as they go over the wire, ``Content-Length`` apart."""
        return [f"{name}: {value}\r\n".encode("latin-1") for name, value in self.headers]

    @property
    def is_connected(self) -> bool:
        """Whether there is anybody to talk to."""
        return self.door is Door.OPEN

    @property
    def is_mute(self) -> bool:
        """Whether nothing is ever said."""
        return self.raw == b"" and self.ending is Ending.SILENCE


class Place(NamedTuple):
    """What an answer has to know of the URL that was asked."""

    here: str
    elsewhere: str
    """Where the picture is if it has moved."""
    notice: str
    """Where the host's placeholder is."""
    picture: Picture
    picture_type: str
    host: str
    retry_after: str
    drip_bytes_per_s: float
    salt: int
    """Makes random bytes differ from URL to URL."""


JPEG = (("Content-Type", "image/jpeg"),)
PNG = (("Content-Type", "image/png"),)
HTML = (("Content-Type", "text/html; charset=utf-8"),)
PAGE = b"""<!DOCTYPE html><html><head><title>%s</title></head>
<body><h1>%s</h1><p>%s</p><p>%s</p></body></html>
"""
PIXEL = bytes.fromhex(
    "47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b"
)
"""The 43-byte GIF of trackers."""
BAD_CHUNKS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"10\r\n0123456789abcdef\r\nxyz\r\n"
)
BOMB_BYTES = 64 << 20
ENDLESS_BLOCK = bytes(range(256)) * 256


def page(title: str, sentence: str = "", padding: int = 40) -> bytes:
    """An HTML page, more than 1,000 bytes unless ``padding`` is cut."""
    words = [title.encode(), title.encode(), sentence.encode(), b"Please visit our home page. " * padding]
    return PAGE % tuple(words)


def junk(salt: int, n_bytes: int = 8000) -> bytes:
    """Bytes that no format begins with."""
    return b"\x00\x01\x02\x03" + Random(salt).randbytes(n_bytes)


@cache
def _bomb() -> bytes:
    """64 MB of zeros as 64 kB of gzip: one compressed block again and again."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    n_blocks = BOMB_BYTES >> 20
    crc = zlib.crc32(bytes(BOMB_BYTES))
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return head + block * n_blocks + packer.flush() + struct.pack("<II", crc, BOMB_BYTES)


def _picture(at: Place) -> Response:
    return Response(200, (("Content-Type", at.picture_type),), at.picture)


def _drip(at: Place) -> Response:
    return replace(_picture(at), bytes_per_s=at.drip_bytes_per_s)


def _moved(status: int, url: str) -> Response:
    return Response(status, (*HTML, ("Location", url)), page("Moved", url, 0))


def _error(status: int, title: str, *headers: tuple[str, str]) -> Response:
    return Response(status, (*HTML, *headers), page(f"{status} {title}"))


def _bad_gzip(_: Place) -> Response:
    packed = bytearray(gzip.compress(junk(7), mtime=0))
    packed[40:80] = bytes(40)
    return Response(200, (*JPEG, ("Content-Encoding", "gzip")), bytes(packed))


ANSWERS: dict[Fate, Callable[[Place], Response]] = {
    Fate.GOOD: _picture,
    Fate.MOVED: lambda at: _moved(301, at.elsewhere),
    Fate.FLAKY: _picture,
    Fate.UNTYPED: lambda at: Response(200, (("Content-Type", "application/octet-stream"),), at.picture),
    Fate.NOT_FOUND: lambda _: _error(404, "Not Found"),
    Fate.NOT_FOUND_PICTURE: lambda at: Response(404, PNG, Notice(at.host)),
    Fate.GONE: lambda _: _error(410, "Gone"),
    Fate.FORBIDDEN: lambda _: _error(403, "Forbidden"),
    Fate.RATE_LIMITED: lambda at: _error(429, "Too Many Requests", ("Retry-After", at.retry_after)),
    Fate.UNAVAILABLE: lambda _: _error(503, "Service Unavailable"),
    Fate.SERVER_ERROR: lambda _: _error(500, "Internal Server Error"),
    Fate.UNRESOLVABLE: lambda _: Response(0, door=Door.NO_NAME),
    Fate.REFUSED: lambda _: Response(0, door=Door.REFUSES),
    Fate.BLACKHOLE: lambda _: Response(0, door=Door.DROPS),
    Fate.HANG: lambda _: Response(0, raw=b"", ending=Ending.SILENCE),
    Fate.DRIP: _drip,
    Fate.SLOW_HEADERS: lambda at: replace(_picture(at), bytes_per_s=1.0, drips_from_head=True),
    Fate.TRUNCATED: lambda at: replace(_picture(at), missing_bytes=4096, ending=Ending.EARLY),
    Fate.RESET: lambda at: replace(_picture(at), missing_bytes=4096, ending=Ending.RESET),
    Fate.CUT: lambda at: replace(_picture(at), kept_share=0.5),
    Fate.PARKED: lambda at: Response(200, HTML, page(f"{at.host} is for sale", "This domain may be yours.")),
    Fate.HTML: lambda _: Response(200, HTML, page("Page not found", "We are sorry.")),
    Fate.JUNK: lambda at: Response(200, JPEG, junk(at.salt)),
    Fate.TINY: lambda _: Response(200, (("Content-Type", "image/gif"),), PIXEL),
    Fate.EMPTY: lambda _: Response(200, JPEG, b""),
    Fate.LOOP: lambda at: _moved(302, at.here.partition("?")[0] + ("" if "?" in at.here else "?again=1")),
    Fate.MOVED_PLACEHOLDER: lambda at: _moved(302, at.notice),
    Fate.PLACEHOLDER: lambda at: Response(200, PNG, Notice(at.host)),
    Fate.BAD_GZIP: _bad_gzip,
    Fate.BAD_CHUNK: lambda at: Response(raw=BAD_CHUNKS + junk(at.salt, 64)),
    Fate.GARBAGE: lambda at: Response(0, raw=b"\x16\x03\x01 no HTTP at all\r\n" + junk(at.salt, 200)),
    Fate.PARTIAL: lambda at: Response(206, (*JPEG, ("Content-Range", "bytes 0-99/100")), at.picture),
    Fate.GZIP_BOMB: lambda _: Response(200, (*JPEG, ("Content-Encoding", "gzip")), _bomb()),
    Fate.ENDLESS: lambda _: Response(200, JPEG, ENDLESS_BLOCK, ending=Ending.ENDLESS),
}
"""Every fate's answer."""

BAD_REQUEST = _error(400, "Bad Request")
NO_SUCH_SITE = _error(404, "No such site here")


def too_many(wait_s: float, *, says_when: bool = True) -> Response:
    """429 of a site whose allowance is spent for ``wait_s`` more seconds."""
    seconds = max(1, -int(-wait_s // 1))
    when = (("Retry-After", str(seconds)),) if says_when else ()
    return _error(429, "Too Many Requests", *when)
