"""A picture that stands for pictures that are gone, as a build found out."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from .inspection import Inspection

ID_BYTES = 8
LEARNED = "learned:"
"""How the evidence of a learned placeholder begins; its id follows."""


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
    gone_url: str = ""
    """Where its site sends whoever asks for what does not exist; empty: nowhere."""

    @property
    def id(self) -> str:
        """16 hexadecimal digits: how people and tables name it."""
        return self.sha256[:ID_BYTES].hex()

    @property
    def evidence(self) -> str:
        """The word for ``Ruling.evidence``."""
        return f"{LEARNED}{self.id}"

    def to_json(self) -> dict[str, Any]:
        """As the journal notes it: plain values, bytes as hexadecimal text."""
        return {
            "id": self.id,
            "sha256": self.sha256.hex(),
            "phash": f"{self.phash:016x}",
            "thumbnail": self.thumbnail.hex(),
            "width_px": self.width_px,
            "height_px": self.height_px,
            "proof": self.proof.value,
            "site": self.site,
            "url": self.url,
            "gone_url": self.gone_url,
        }

    @classmethod
    def from_json(cls, noted: Mapping[str, Any]) -> "LearnedPlaceholder":
        """The placeholder that ``to_json`` took apart."""
        return cls(
            bytes.fromhex(noted["sha256"]),
            int(noted["phash"], 16),
            bytes.fromhex(noted["thumbnail"]),
            noted["width_px"],
            noted["height_px"],
            Proof(noted["proof"]),
            noted["site"],
            noted["url"],
            noted["gone_url"],
        )


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """What a site sends for an address that cannot exist: a sound picture, or the way to another address."""

    url: str
    """The address that was asked."""
    picture: Inspection | None = None
    """None: only where it leads is known."""
    leads_to: str | None = None
    """Where a redirect led; None: there was none."""
