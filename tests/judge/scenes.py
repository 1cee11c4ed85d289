"""A small build: pictures come from hosts under labels, and a learner watches."""

from collections.abc import Iterable, Sequence
from functools import cache
from random import Random

from gleanset.inspection.inspector import inspect_image
from gleanset.judge.gallery import Gallery
from gleanset.judge.learning import Learned, Learner
from gleanset.judge.sightings import Sighting
from gleanset.terms.inspection import Inspection

from .designs import Design, Request, designs

N_COPIES = 6


class Scene:
    """Counts candidates, keeps what the learner concluded, and checks that it wrongs nobody."""

    def __init__(self) -> None:
        self.gallery = Gallery()
        self.learner = Learner(self.gallery)
        self.sightings: list[Sighting] = []
        self.learned: list[Learned] = []
        self.out: set[int] = set()
        """Candidates that were recognised when they came, or found out later."""

    def show(self, picture: Inspection, host: int = 0, label: int = 0) -> int:
        """The candidate that showed it; the next number."""
        sighting = self.sighting(picture, host, label)
        similar = self._similar(picture)
        if self.learner.recognise(picture) is not None:
            self.out.add(sighting.candidate)
        if (learned := self.learner.saw(sighting, similar)) is not None:
            self.note(learned)
        return sighting.candidate

    def probe(self, *answers: Inspection) -> Learned | None:
        """A host's answers to addresses that cannot exist."""
        urls = [f"http://host.example/{n}" for n in range(len(answers))]
        learned = self.learner.probed(list(zip(urls, answers, strict=True)), self._similar(answers[0]))
        if learned is not None:
            self.note(learned)
        return learned

    def sighting(self, picture: Inspection, host: int, label: int) -> Sighting:
        place = self._place(picture)
        number = len(self.sightings)
        made = Sighting(number, host, label, place, picture, f"http://host{host}.example/{number}.jpg")
        self.sightings.append(made)
        return made

    def note(self, learned: Learned) -> None:
        self.learned.append(learned)
        self.out.update(learned.candidates)

    def _similar(self, picture: Inspection):
        assert picture.phash is not None
        assert picture.thumbnail is not None
        return self.gallery.similar(picture.phash, picture.thumbnail)

    def _place(self, picture: Inspection) -> int:
        assert picture.phash is not None
        assert picture.thumbnail is not None
        return self.gallery.add(picture.phash, picture.thumbnail)


@cache
def copies(design: Design) -> tuple[Inspection, ...]:
    """How six requests to one host were answered."""
    answers = (design.answer(Request(0, n, Random(f"{design.name} {n}"))) for n in range(N_COPIES))
    return tuple(map(inspect_image, answers))


def inspected(bodies: Iterable[bytes]) -> list[Inspection]:
    return [seen for seen in map(inspect_image, bodies) if seen.flaw is None]


def of_kind(kind: str) -> list[Design]:
    return [one for one in designs() if one.kind == kind]


def named(name: str) -> Design:
    return next(one for one in designs() if one.name == name)


def recall(some: Sequence[Design], n_labels: int, n_hosts: int = 1) -> float:
    """Which share of all copies is out in the end, each design in a build of its own."""
    out = total = 0
    for design in some:
        scene, chance = Scene(), Random(design.name)
        for copy in copies(design):
            scene.show(copy, chance.randrange(n_hosts), chance.randrange(n_labels))
        out, total = out + len(scene.out), total + len(scene.sightings)
    return out / total
