"""What must not get in: pictures of a test set, of another dataset, or known by their hash."""

from dataclasses import dataclass, field

from gleanset.terms.inspection import Inspection


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Pictures that the dataset must not contain. Empty by default."""

    digests: dict[bytes, str] = field(default_factory=dict)
    """SHA-256, SHA-1 or MD5 of bodies (32, 20 or 16 bytes), to where each was named."""

    def match(self, inspection: Inspection) -> str | None:
        """Where a picture was named that this one is, or is a copy of; None: nowhere."""
        digests = (inspection.sha256, inspection.md5, inspection.sha1)
        return next((self.digests[d] for d in digests if d is not None and d in self.digests), None)
