"""A URL of the list, before and after it was numbered."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LabelledUrl:
    """A row of a list, untouched."""

    url: str
    label: str
    origin: str | None = None
    """The list's own image id (``n02084071_1234``), where it has one."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a manifest says of a row's body when it is rebuilt."""

    sha256: bytes
    phash: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A URL that may be asked: normalised, without a twin, numbered."""

    id: int
    """Its row in the pool, which is sorted by (label, seeded hash of the URL): 0, 1, 2 .."""
    url: str
    """As it goes on the wire: ASCII, WHATWG-normalised, no fragment."""
    key: str
    """The stem of its file: stable, unique in the pool, ``[A-Za-z0-9_-]{1,64}``."""
    label: int
    """The class, as an index into the plan's classes (reserves included)."""
    host: int
    """The politeness group, as an index into the pool's hosts."""
    expected: Expected | None = None
    split: str | None = None
    """The split that the list demands (a manifest's rows keep theirs)."""
