"""Placeholders that no table knows: learned from how often, and where, the same picture comes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from gleanset.terms.inspection import Inspection
from gleanset.terms.placeholder import ID_BYTES, LEARNED, LearnedPlaceholder, Proof
from gleanset.urls import host_of

from .gallery import Gallery, Similar
from .lookalikes import agreement, plain_share
from .looks import Looks, may_be_compared
from .proofs import (
    CROWD_AGREEMENT,
    N_URLS,
    PLAIN_SHARE,
    Alike,
    is_sent_too_often,
    is_shown_too_often,
    may_be_shown_too_often,
)
from .sightings import Row, Sighting, Sightings, body_key, size_key

MOST_ALIKE: Final = 500
"""Pictures that look like one, up to which its look may prove anything: charts and icons by the thousand make
a crowd of their own, and to ask them all at each arrival would take as many steps as their number squared."""
MOST_ROWS: Final = 500
"""Sightings of one picture that are counted, the newest ones; five suffice to prove what can be proven."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A placeholder that nobody knew before."""

    placeholder: LearnedPlaceholder
    candidates: tuple[int, ...]
    """All met so far that showed it, ascending: accepted, spare and rejected ones, the newest included."""
    places: frozenset[int]
    """Of their pictures of it in the gallery. A candidate that was looked for elsewhere may hold another."""


class Learner:
    """Counts who showed which picture, and concludes what is a placeholder.

    It promises:

    - what it answers follows from the sightings, the placeholders and the pardons it was told, not from their
      order: a journal may be read in any (but for pictures with more than ``MOST_ROWS`` sightings, of which
      the newest count);
    - ``Learned.candidates`` holds nobody who did not show that body or a picture that agrees with it;
    - what was pardoned, body and look, is never learned or recognised again.

    It knows no verdicts: whom to revoke is for the judge to say.
    """

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self._sightings = Sightings()
        self._told: dict[bytes, LearnedPlaceholder] = {}
        """By SHA-256, pardoned ones included: their looks are still needed."""
        self._pardoned: set[str] = set()
        """Ids."""
        self._known: dict[bytes, LearnedPlaceholder] = {}
        self._looks = Looks()
        self._pardoned_looks = Looks()

    def recognise(self, inspection: Inspection) -> LearnedPlaceholder | None:
        """The learned placeholder that a sound picture is: the same body, or one that looks like it."""
        found = self._known.get(inspection.sha256) or _match(self._looks, inspection)
        return None if found is None or self.is_pardoned(inspection) else found

    def saw(self, sighting: Sighting, similar: Sequence[Similar]) -> Learned | None:
        """Count a sound picture, recognised or not, and say what that teaches.

        ``similar``: what ``Gallery.similar`` says of it, with or without its own place.
        """
        self.restore(sighting)
        inspection = sighting.inspection
        if self.recognise(inspection) is not None or self.is_pardoned(inspection):
            return None
        proof = self._proof(sighting, similar)
        if proof is None:
            return None
        return self._conclude(inspection, proof, sighting.url, {sighting.place, *_places(similar)})

    def probed(self, answers: Sequence[tuple[str, Inspection]], similar: Sequence[Similar]) -> Learned | None:
        """What a host sent for addresses that cannot exist: (URL, sound picture) each, two at least.

        Only one and the same picture proves anything: a host may send a random photograph each time.
        ``similar`` is of the first one.
        """
        (url, first), *others = answers
        if not others or not all(_is_the_same(first, other) for _, other in others):
            return None
        if self.recognise(first) is not None or self.is_pardoned(first):
            return None
        return self._conclude(first, Proof.PROBE, url, _places(similar))

    def led_to(self, sighting: Sighting, similar: Sequence[Similar]) -> Learned | None:
        """A sound picture from where a site leads whoever asks for what does not exist."""
        self.restore(sighting)
        inspection = sighting.inspection
        if self.recognise(inspection) is not None or self.is_pardoned(inspection):
            return None
        return self._conclude(inspection, Proof.PROBE, sighting.url, {sighting.place, *_places(similar)})

    def restore(self, sighting: Sighting) -> None:
        """Count what the journal tells, without conclusions: those are told as well."""
        self._sightings.add(sighting)

    def learn(self, placeholder: LearnedPlaceholder) -> None:
        """Know a placeholder from now on, unless it was pardoned or will be."""
        if placeholder.sha256 in self._told:
            return
        self._told[placeholder.sha256] = placeholder
        if placeholder.id in self._pardoned:
            self._sort()
        elif not self._is_excused(placeholder):
            self._known[placeholder.sha256] = placeholder
            self._looks.add(placeholder)

    def pardon(self, placeholder: str) -> None:
        """The id of what is no placeholder after all, or the SHA-256 of its body, in hex."""
        self._pardoned.add(placeholder.lower()[: 2 * ID_BYTES])
        self._sort()

    def _sort(self) -> None:
        """Who is known and who is pardoned, from all that was told."""
        self._pardoned_looks = Looks(p for p in self._told.values() if p.id in self._pardoned)
        self._known = {p.sha256: p for p in self._told.values() if not self._is_excused(p)}
        self._looks = Looks(self._known.values())

    def _is_excused(self, one: LearnedPlaceholder) -> bool:
        size = size_key(one.width_px, one.height_px)
        return one.id in self._pardoned or self._has_pardoned_look(one.phash, one.thumbnail, size)

    def is_pardoned(self, inspection: Inspection, evidence: str = "") -> bool:
        """Whether a picture, or what it was taken for, is no placeholder after all."""
        if evidence.removeprefix(LEARNED) in self._pardoned:
            return True
        if inspection.sha256[:ID_BYTES].hex() in self._pardoned:
            return True
        return _match(self._pardoned_looks, inspection) is not None

    def _has_pardoned_look(self, phash: int, thumbnail: bytes, size: int) -> bool:
        return self._pardoned_looks.match(phash, thumbnail, size) is not None

    def _proof(self, sighting: Sighting, similar: Sequence[Similar]) -> Proof | None:
        """Most pictures are like no other: they cost a look at one row."""
        places = {sighting.place, *_places(similar)}
        is_crowded = len(places) > MOST_ALIKE
        shown = {place: self._newest(place) for place in ({sighting.place} if is_crowded else places)}
        if sum(map(len, shown.values())) < N_URLS:
            return None
        thumbnail = self._gallery.thumbnail(sighting.place)
        plain = plain_share(thumbnail) >= PLAIN_SHARE
        key = body_key(sighting.inspection.sha256)
        if is_sent_too_often([row for row in shown[sighting.place] if row.body == key], plain):
            return Proof.SAME_BODY
        if is_crowded:
            return None
        alike = self._alike(sighting, shown)
        if not may_be_shown_too_often(sighting.host, alike, plain):
            return None
        unknown = [one for one in alike if not self._is_settled(one)]
        if is_shown_too_often(sighting.host, _size_of(sighting.inspection), unknown, plain):
            return Proof.SAME_PICTURE
        return None

    def _newest(self, place: int) -> list[Row]:
        return list(islice(self._sightings.at(place), MOST_ROWS))

    def _alike(self, sighting: Sighting, shown: Mapping[int, Sequence[Row]]) -> list[Alike]:
        """Everyone whose picture agrees with this one at least as a crowd does."""
        size = _size_of(sighting.inspection)
        thumbnails = [self._gallery.thumbnail(place) for place in shown]
        degrees = agreement(self._gallery.thumbnail(sighting.place), thumbnails).tolist()
        return [
            Alike(degree, place, row)
            for (place, rows), degree in zip(shown.items(), degrees, strict=True)
            if degree >= CROWD_AGREEMENT
            for row in rows
            if may_be_compared(size, row.size)
        ]

    def _is_settled(self, one: Alike) -> bool:
        """Whether what is known or pardoned explains this picture already."""
        look = (self._gallery.phash(one.place), self._gallery.thumbnail(one.place), one.row.size)
        return self._looks.match(*look) is not None or self._has_pardoned_look(*look)

    def _conclude(self, shown: Inspection, proof: Proof, url: str, places: Iterable[int]) -> Learned:
        assert shown.phash is not None
        assert shown.thumbnail is not None
        placeholder = LearnedPlaceholder(
            shown.sha256,
            shown.phash,
            shown.thumbnail,
            shown.width_px,
            shown.height_px,
            proof,
            host_of(url),
            url,
        )
        self.learn(placeholder)
        look = Looks([placeholder])
        showed = {place: set(self._who_showed(placeholder, look, place)) for place in places}
        candidates = sorted(set(chain.from_iterable(showed.values())))
        return Learned(placeholder, tuple(candidates), frozenset(place for place in showed if showed[place]))

    def _who_showed(self, placeholder: LearnedPlaceholder, look: Looks, place: int) -> Iterable[int]:
        key = body_key(placeholder.sha256)
        phash, thumbnail = self._gallery.phash(place), self._gallery.thumbnail(place)
        for row in self._sightings.at(place):
            is_it = row.body == key or look.match(phash, thumbnail, row.size) is not None
            if is_it and not self._has_pardoned_look(phash, thumbnail, row.size):
                yield row.candidate


def _places(similar: Sequence[Similar]) -> set[int]:
    return {one.place for one in similar}


def _match(looks: Looks, inspection: Inspection) -> LearnedPlaceholder | None:
    if inspection.phash is None or inspection.thumbnail is None:
        return None
    return looks.match(inspection.phash, inspection.thumbnail, _size_of(inspection))


def _size_of(inspection: Inspection) -> int:
    return size_key(inspection.width_px, inspection.height_px)


def _is_the_same(first: Inspection, other: Inspection) -> bool:
    """Whether two answers of a host are one picture."""
    if first.sha256 == other.sha256:
        return True
    if first.phash is None or first.thumbnail is None:
        return False
    as_known = LearnedPlaceholder(
        first.sha256, first.phash, first.thumbnail, first.width_px, first.height_px, Proof.PROBE, "", ""
    )
    return _match(Looks([as_known]), other) is not None
