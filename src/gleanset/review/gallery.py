"""What the page asks for: classes, quarantine and pictures, as plain values. Attacker text stays text."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock
from typing import Any

from ..errors import StorageError
from ..report.placeholder_view import proof_in_words
from ..store.blobs import BlobReader
from ..store.pool import Pool
from .album import Album, Shelf
from .desk import Desk
from .placeholders import Met, Placeholders
from .redraw import UndrawableError, drawn_grey, redrawn

PAGE = 200
"""Images or cases in one answer."""
SMALL_PX, LARGE_PX = (480, 320), (1600, 1200)
_AT_ONCE = 2
"""Pictures that are decoded at once: each may take 150 MB for a moment."""
_FEW = 6
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sight:
    """What is looked at."""

    name: str
    """Of the dataset."""
    pool: Pool
    album: Album
    placeholders: Placeholders
    labels: Sequence[str]
    """The names of all classes, by number."""


class Gallery:
    """Answers questions about one build; threads may ask at once."""

    def __init__(self, sight: Sight, desk: Desk, blobs: BlobReader) -> None:
        self._sight = sight
        self._album, self._pool = sight.album, sight.pool
        self._desk = desk
        self._blobs = blobs
        self._reading = Lock()
        self._decoding = BoundedSemaphore(_AT_ONCE)

    def overview(self) -> Answer:
        """The dataset's name, its classes, how much lies in quarantine."""
        decided = set(self._desk.decided_images()) - set(self._album.by_hand)
        return {
            "name": self._sight.name,
            "classes": [
                {
                    "id": shelf.id,
                    "name": shelf.name,
                    "images": len(shelf.candidates),
                    "rejected": _inside(shelf, decided),
                }
                for shelf in self._album.shelves
            ],
            "placeholders": len(self._sight.placeholders.found),
            "known": sum(len(one.bodies) for one in self._sight.placeholders.known.values()),
            "conflicts": len(self._album.conflicts),
            "near": len(self._album.near),
            "hand": len(self._album.by_hand),
            **self.decided(),
        }

    def decided(self) -> Answer:
        """How much is decided, and what of an earlier time is no longer there."""
        return {"decided": self._desk.counts(), "stale": self._desk.n_stale}

    def of_class(self, number: int, start: int) -> Answer | None:
        """Some images of a class; None: there is no such class."""
        if number >= len(self._album.shelves):
            return None
        candidates = self._album.shelves[number].candidates
        images = [self._image(int(c)) for c in candidates[start : start + PAGE]]
        return {"images": images, "total": len(candidates)}

    def by_hand(self, start: int) -> Answer:
        """Images that were rejected by hand before."""
        images = [self._image(c) for c in self._album.by_hand[start : start + PAGE]]
        return {"images": images, "total": len(self._album.by_hand)}

    def learned(self, start: int) -> Answer:
        """Learned placeholders, those that cost most first."""
        dearest = self._sight.placeholders.dearest()
        return {"cards": [self._card(met) for met in dearest[start : start + PAGE]], "total": len(dearest)}

    def known(self, start: int) -> Answer:
        """Bodies that gave themselves away by a known signature."""
        bodies = [
            {"picture": sha256.hex(), "signature": name, "met": n, **self._image(candidate)}
            for name, one in self._sight.placeholders.known.items()
            for sha256, (n, candidate) in one.bodies.items()
        ]
        bodies.sort(key=lambda body: -int(body["met"]))
        shown = bodies[start : start + PAGE]
        cards = [body | self._mercy(str(body["picture"])) for body in shown]
        return {"cards": cards, "total": len(bodies)}

    def conflicts(self, start: int) -> Answer:
        """Pictures that came under several labels."""
        groups = self._album.conflicts[start : start + PAGE]
        cases = [{"images": [self._image(c) for c in group]} for group in groups]
        return {"cases": cases, "total": len(self._album.conflicts)}

    def near(self, start: int) -> Answer:
        """The kept picture and its copy, side by side."""
        pairs = self._album.near[start : start + PAGE]
        cases = [{"images": [self._image(kept), self._image(copy)]} for kept, copy in pairs]
        return {"cases": cases, "total": len(self._album.near)}

    def picture(self, candidate: int, *, large: bool) -> bytes | None:
        """A candidate's picture as a JPEG of our own; None: no body of it is kept, or it is damaged."""
        ref = self._album.bodies.ref(candidate)
        if ref is None:
            return None
        try:
            with self._reading:
                body = self._blobs.read(ref)
            with self._decoding:
                return redrawn(body, *(LARGE_PX if large else SMALL_PX), quality=88 if large else 80)
        except (StorageError, UndrawableError):
            return None

    def placeholder(self, id: str) -> bytes | None:
        """The picture of a learned placeholder; its grey levels where no body is left."""
        met = self._sight.placeholders.of(id)
        if met is None:
            return None
        drawn = None if met.candidate is None else self.picture(met.candidate, large=False)
        return drawn or drawn_grey(met.learned.thumbnail)

    def may_decide(self, what: int | str) -> bool:
        """Whether this is an image of the dataset, or a picture that can be pardoned."""
        if isinstance(what, str):
            return self._sight.placeholders.pardonable(what)
        return self._album.holds(what)

    def _image(self, candidate: int) -> Answer:
        width_px, height_px = self._album.bodies.size_px(candidate)
        return {
            "c": candidate,
            "key": self._pool.key(candidate),
            "url": self._pool.url(candidate),
            "label": self._sight.labels[int(self._pool.label[candidate])],
            "w": width_px,
            "h": height_px,
            "decided": self._desk.is_decided(candidate),
        }

    def _card(self, met: Met) -> Answer:
        learned = met.learned
        return {
            "picture": learned.id,
            "proof": proof_in_words(learned.proof),
            "url": learned.url,
            "w": learned.width_px,
            "h": learned.height_px,
            "met": met.n,
            "revoked": met.revoked,
            "sites": met.sites.most_common(_FEW),
            "n_sites": len(met.sites),
            "labels": [(self._sight.labels[c], n) for c, n in met.labels.most_common(_FEW)],
            "n_labels": len(met.labels),
            **self._mercy(learned.id),
        }

    def _mercy(self, picture: str) -> Answer:
        return {
            "pardoned": picture in self._sight.placeholders.pardoned,
            "decided": self._desk.is_decided(picture),
        }


def _inside(shelf: Shelf, decided: set[int]) -> int:
    if not decided or not len(shelf.candidates):
        return 0
    low, high = int(shelf.candidates[0]), int(shelf.candidates[-1])
    return sum(low <= candidate <= high for candidate in decided)
