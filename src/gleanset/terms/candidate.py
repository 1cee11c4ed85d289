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
    """What the list says of a row's body; None where it says nothing.

    A manifest that is rebuilt knows the picture that its maker accepted; other lists know the file that they
    saw, good or bad.
    """

    sha256: bytes | None = None
    phash: int | None = None
    md5: bytes | None = None
    """16 bytes."""
    n_bytes: int | None = None

    @property
    def is_vouched_for(self) -> bool:
        """Whether a manifest answers for the picture: it was looked at and accepted before."""
        return self.sha256 is not None and self.phash is not None


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
    rotation: int = 0
    """Degrees counter-clockwise by which its picture is turned after the EXIF turn: 0, 90, 180 or 270."""
