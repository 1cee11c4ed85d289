"""How many different words the user's check may have for what it does not like."""

from ..terms.verdict import CHECK

MOST = 100
"""Different words; tables, charts and counts by reason stay readable, and small."""
OTHER = "other"
"""Stands for all further ones."""
ERROR = "error"
"""Where the check itself failed; such pictures are asked for again by a build that goes on."""


class CheckWords:
    """The words that were met so far: the first hundred are kept, whatever comes later is ``other``."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def recall(self, reason: str) -> None:
        """An earlier run settled a candidate for this reason."""
        if reason.startswith(CHECK):
            self._known.add(reason.removeprefix(CHECK))

    def bounded(self, word: str) -> str:
        """The word itself, or ``other``."""
        if word not in self._known:
            if len(self._known) >= MOST:
                return OTHER
            self._known.add(word)
        return word
