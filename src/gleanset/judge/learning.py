"""Placeholders that no table knows: learned from how often, and where, the same picture comes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple

from gleanset.terms.inspection import Inspection
from gleanset.terms.placeholder import ID_BYTES, LEARNED, LearnedPlaceholder, Proof
from gleanset.urls import host_of

from .gallery import Gallery, Similar
from .lookalikes import agreement, plain_share
from .looks import LOOK_AGREEMENT, Looks, may_be_compared
from .sightings import Row, Sighting, Sightings, body_key, size_key

N_URLS: Final = 3
"""Different URLs that suffice for one picture where they stand under several labels."""
N_STRAYS: Final = 2
"""So many of look-alikes have to stand under another label than most of them do: a series of honest pictures
has its one label, and now and then a mistaken one."""
N_URLS_OF_HOST: Final = 5
"""Different URLs of one host that suffice even under one label."""
PLAIN_SHARE: Final = 0.45
"""A picture of which so much has one shade, or is smooth, is suspicious, no more: its copies may differ
further, and may come from hosts that showed it once each. 0.33 is the highest of 1,296 photographs, 0.43 of
12,000 drawn pictures."""
CROWD_AGREEMENT: Final = 0.95
"""From here on, what does not agree enough belongs to a crowd: a shelf of bottles has pictures at every
degree of likeness, a placeholder has copies of itself and then nothing for long."""
MAX_CROWD_SHARE: Final = 1 / 4
"""How large the crowd may be beside those that agree, since designs with captions have outliers."""


class _Rule(NamedTuple):
    """What look-alikes have to fulfil, together, to be one placeholder."""

    one_host: bool
    """Whether only those of the newest one's host count."""
    plain: bool
    """Whether the rule is for plain pictures alone."""
    n_urls: int
    n_strays: int
    agreement: float


_RULES: Final = (
    _Rule(True, True, N_URLS, N_STRAYS, LOOK_AGREEMENT),
    _Rule(True, False, N_URLS, N_STRAYS, 0.99),
    _Rule(True, False, N_URLS_OF_HOST, 0, 0.998),
    _Rule(False, True, N_URLS, N_STRAYS, 0.99),
    _Rule(False, False, N_URLS_OF_HOST, N_STRAYS, 0.998),
)


@dataclass(frozen=True, slots=True)
class Learned:
    """A placeholder that nobody knew before."""

    placeholder: LearnedPlaceholder
    candidates: tuple[int, ...]
    """All met so far that showed it, ascending: accepted, spare and rejected ones, the newest included."""


class Learner:
    """Counts who showed which picture, and concludes what is a placeholder.

    It promises:

    - what it answers follows from the sightings, the placeholders and the pardons it was told, not from their
      order: a journal may be read in any;
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
        self._told.setdefault(placeholder.sha256, placeholder)
        self._sort()

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
        shown = {place: list(self._sightings.at(place)) for place in {sighting.place, *_places(similar)}}
        if sum(map(len, shown.values())) < N_URLS:
            return None
        thumbnail = self._gallery.thumbnail(sighting.place)
        plain = plain_share(thumbnail) >= PLAIN_SHARE
        key = body_key(sighting.inspection.sha256)
        if _is_often_sent([row for row in shown[sighting.place] if row.body == key], plain):
            return Proof.SAME_BODY
        rules = [rule for rule in _RULES if plain or not rule.plain]
        alike = _alike(self._gallery, sighting, shown)
        if not any(_has_enough(rule, sighting.host, alike) for rule in rules):
            return None
        alike = [one for one in alike if not self._is_settled(one)]
        proven = any(_holds(rule, sighting.host, alike) for rule in rules)
        return Proof.SAME_PICTURE if proven else None

    def _is_settled(self, one: "_Alike") -> bool:
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
        showed = chain.from_iterable(self._who_showed(placeholder, place) for place in places)
        return Learned(placeholder, tuple(sorted(set(showed))))

    def _who_showed(self, placeholder: LearnedPlaceholder, place: int) -> Iterable[int]:
        look, key = Looks([placeholder]), body_key(placeholder.sha256)
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
    size = size_key(inspection.width_px, inspection.height_px)
    return looks.match(inspection.phash, inspection.thumbnail, size)


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


class _Alike(NamedTuple):
    """Someone whose picture agrees with the newest one at least as a crowd does."""

    agreement: float
    place: int
    row: Row


def _alike(gallery: Gallery, sighting: Sighting, shown: Mapping[int, Sequence[Row]]) -> list[_Alike]:
    size = size_key(sighting.inspection.width_px, sighting.inspection.height_px)
    thumbnails = [gallery.thumbnail(place) for place in shown]
    degrees = agreement(gallery.thumbnail(sighting.place), thumbnails).tolist()
    return [
        _Alike(degree, place, row)
        for (place, rows), degree in zip(shown.items(), degrees, strict=True)
        if degree >= CROWD_AGREEMENT
        for row in rows
        if may_be_compared(size, row.size)
    ]


def _is_often_sent(rows: Sequence[Row], plain: bool) -> bool:
    """Whether one body came for so many URLs that it can be no photograph.

    A popular photograph stands on three sites under two labels as well: that is a label conflict, and no more
    unless it is plain, or one host sends it twice, or there are five of them.
    """
    urls = {row.candidate: row for row in rows}.values()
    of_one_host = max(Counter(row.host for row in urls).values(), default=0)
    if of_one_host >= N_URLS_OF_HOST:
        return True
    several = len(urls) >= N_URLS and len({row.label for row in urls}) > 1
    return several and (plain or of_one_host > 1 or len(urls) >= N_URLS_OF_HOST)


def _has_enough(rule: _Rule, host: int, alike: Sequence[_Alike]) -> bool:
    """Whether so many agree, the crowd aside."""
    urls = _agreed(rule, host, alike)
    of_most = max(Counter(urls.values()).values(), default=0)
    return len(urls) >= rule.n_urls and len(urls) - of_most >= rule.n_strays


def _holds(rule: _Rule, host: int, alike: Sequence[_Alike]) -> bool:
    """Whether so many agree, and hardly anyone nearly."""
    if not _has_enough(rule, host, alike):
        return False
    urls = _agreed(rule, host, alike)
    crowd = {one.row.candidate for one in alike if one.row.host == host or not rule.one_host} - urls.keys()
    return len(crowd) <= MAX_CROWD_SHARE * len(urls)


def _agreed(rule: _Rule, host: int, alike: Sequence[_Alike]) -> dict[int, int]:
    """Candidates that the rule counts, and their labels."""
    return {
        one.row.candidate: one.row.label
        for one in alike
        if one.agreement >= rule.agreement and (one.row.host == host or not rule.one_host)
    }
