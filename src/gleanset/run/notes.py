"""What a run notes beside the settlements: for the run that comes after it, and for people."""

from ..clock import Clock
from ..terms.placeholder import ProbeAnswer
from ..terms.verdict import Ruling
from .atlas import Atlas
from .pen import Pen

PARDON = "pardon"
"""The kind of note that names a picture which is no placeholder: an id, or the SHA-256 of a body."""
PLACEHOLDER = "placeholder"
"""The kind of note that keeps a placeholder which this build has learned (``LearnedPlaceholder.to_json``)."""
PROBED = "probed"
"""The kind of note that names a site which was asked for an address that cannot exist."""
REPLACED = "class-replaced"
"""The kind of note that names a class, and the reserve that stepped in for it."""
REST = "rest"
"""The kind of note that says until when a host wants to be left alone."""
SHORT_REST_S = 1.0
"""A rest that is over when another run could have begun is not noted, nor one that is hardly longer."""


class Notes:
    """Writes down what the engine comes to know, before the settlements that follow from it."""

    def __init__(self, pen: Pen, atlas: Atlas, clock: Clock, n_replaced: int) -> None:
        """``n_replaced``: replacements that the journal knows already."""
        self._pen = pen
        self._atlas = atlas
        self._clock = clock
        self._n_replaced = n_replaced
        self._rests: dict[int, float] = {}
        """Until when (wall clock) hosts asked to be left alone, as it was noted."""

    def learned(self, ruling: Ruling) -> None:
        """What nobody knew before."""
        for placeholder in ruling.learned:
            self._pen.note(PLACEHOLDER, placeholder.to_json())

    def probed(self, site: str, answers: tuple[ProbeAnswer, ...]) -> None:
        """A site has answered for addresses that cannot exist; where it leads, if always to one place."""
        lead = {answer.leads_to for answer in answers}
        self._pen.note(PROBED, {"site": site, "leads_to": lead.pop() if len(lead) == 1 else None})

    def rest(self, host: int, until_s: float) -> None:
        """A host wants to be left alone."""
        if until_s > max(self._rests.get(host, 0.0), self._clock.wall_s()) + SHORT_REST_S:
            self._rests[host] = until_s
            self._pen.note(REST, {"group": self._atlas.group_name(host), "until_s": until_s})

    def replacements(self, replaced: list[tuple[int, int]]) -> None:
        """Reserves that stepped in, all of this build: the dataset's classes are not what the plan said."""
        for old, new in replaced[self._n_replaced :]:
            self._pen.note(REPLACED, {"class": old, "by": new})
        self._n_replaced = len(replaced)
