"""Which split an image belongs to: a function of its key alone."""

import math
import re
from collections.abc import Sequence
from hashlib import sha256

from ..errors import UsageError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


class Splits:
    """Shares by name, in order; ``of`` says where an image goes.

    A key is hashed to a number in [0, 1) and falls into one of the shares laid end to end. So an image never
    changes its split, whatever else is in the set; the sizes come out as shares only on average.

    Raises:
        UsageError: a name is no name, comes twice, or the shares are not positive numbers that add up to 1.
    """

    def __init__(self, shares: Sequence[tuple[str, float]]) -> None:
        said = ",".join(f"{name}={share:g}" for name, share in shares)
        for name, share in shares:
            if not _NAME.fullmatch(name):
                raise UsageError(f"--split {said}: {name!r} is no name of a split. Take letters and digits.")
            if not share > 0:
                raise UsageError(f"--split {said}: the share of {name} is not above 0. Leave it out.")
        if len({name.lower() for name, _ in shares}) < len(shares):
            raise UsageError(f"--split {said}: a name comes twice. Name every split once.")
        total = math.fsum(share for _, share in shares)
        if not math.isclose(total, 1.0, abs_tol=1e-9):
            raise UsageError(f"--split {said}: the shares add up to {total:g}. Make them add up to 1.")
        self.names = tuple(name for name, _ in shares)
        self._ends = [math.fsum(share for _, share in shares[: i + 1]) for i in range(len(shares) - 1)]

    def of(self, key: str) -> str:
        """The split of the image with this key."""
        place = hash_of("split", key) / 2**64
        return self.names[sum(end <= place for end in self._ends)]


def hash_of(*words: str) -> int:
    """64 bits of SHA-256 over the words, parted by NUL: the same on every machine and in every version."""
    return int.from_bytes(sha256("\0".join(words).encode()).digest()[:8], "big")
