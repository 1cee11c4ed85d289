"""A picture that stands for pictures that are gone, as a build found out."""

from dataclasses import dataclass
from enum import Enum

ID_BYTES = 8


class Proof(Enum):
    """How a placeholder gave itself away, as a closed list."""

    PROBE = "probe"
    """Its host sent it for addresses that cannot exist."""
    SAME_BODY = "same-body"
    """The same bytes came for many URLs of one host, or under several labels."""
    SAME_PICTURE = "same-picture"
    """Pictures that look alike came for many URLs of one host, or under several labels."""


@dataclass(frozen=True, slots=True)
class LearnedPlaceholder:
    """One placeholder, by the body through which it was learned."""

    sha256: bytes
    """Of that body, 32 bytes."""
    phash: int
    """64 bits."""
    thumbnail: bytes
    """16x16 grey levels, row by row."""
    width_px: int
    height_px: int
    proof: Proof
    site: str
    """The host, or the politeness group, where it was met."""
    url: str
    """An address that was answered with it."""

    @property
    def id(self) -> str:
        """16 hexadecimal digits: how people and tables name it."""
        return self.sha256[:ID_BYTES].hex()

    @property
    def evidence(self) -> str:
        """The word for ``Ruling.evidence``."""
        return f"learned:{self.id}"
