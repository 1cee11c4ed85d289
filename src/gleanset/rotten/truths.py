"""The ground truth of a world: what a perfect collector could gather, and where every URL ends."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from gleanset.fetch.revive import alternatives
from gleanset.urls import host_of

from .designs import DESIGNS
from .fates import Fate
from .responses import Picture
from .sites import Character
from .world import World

PLACEHOLDERS = frozenset({Fate.PLACEHOLDER, Fate.MOVED_PLACEHOLDER, Fate.NOT_FOUND_PICTURE})
"""Fates that end with a picture which says that the picture is gone."""


@dataclass(frozen=True, slots=True)
class ClassTruth:
    """What there is to be had of one class, if every URL is asked, patiently."""

    label: str
    urls: int
    good: int
    """URLs that bring a sound picture of their own (no placeholder) that may be taken, copies included."""
    bodies: int
    """Distinct among them, to the byte."""
    conflicts: int
    """Bodies that another class can show as well, so that neither may keep them."""
    acceptable: int
    """Bodies without the conflicts: what a collector that keeps near-duplicates accepts in the end."""
    apart: int
    """The same, of near-duplicates one each."""


def truths(world: World) -> tuple[ClassTruth, ...]:
    """The truth about each class, in the order of the settings. Some microseconds a row."""
    shown = [_shown(world, label) for label in range(len(world.settings.classes))]
    classes_of = Counter(picture for pictures in shown for picture in pictures)
    return tuple(_truth(world, label, pictures, classes_of) for label, pictures in enumerate(shown))


@dataclass(frozen=True, slots=True)
class UrlTruth:
    """What a patient client ends with at one URL of the list."""

    url: str
    label: str
    picture: Picture | None
    """A sound picture of its own; None: none."""
    photograph: int | None = None
    """Which of the photographs that were given that is, or is a copy of; None: a drawn one, or none."""
    placeholder: str = ""
    """The picture that says that the picture is gone: the word of its design, ``flickr``, or the site's name
    where it has a plain one; empty: none."""


def url_truths(world: World) -> Iterator[UrlTruth]:
    """The truth about every URL, in the order of the list. Some microseconds a row."""
    for label, name in enumerate(world.settings.classes):
        for serial in range(world.settings.counts()[label]):
            url, fate = world.url(label, serial), world.fate(label, serial)
            if fate.good:
                picture = world.picture(label, serial)
                yield UrlTruth(url, name, picture, world.photographs.index(picture))
            else:
                yield UrlTruth(url, name, None, placeholder=_placeholder(world, url, fate))


def _placeholder(world: World, url: str, fate: Fate) -> str:
    if fate not in PLACEHOLDERS:
        return ""
    site = world.sites[host_of(url)]
    if site.habit.has_design:
        return DESIGNS[site.habit.design].word
    return "flickr" if site.character is Character.FLICKR else site.name


def way_back(world: World, label: int, serial: int, ways: Collection[str]) -> str | None:
    """By which way of ``fetch.revive`` a dead row's picture can be had; None: by none, or it is not dead."""
    reason = world.fate(label, serial).reason
    for one in alternatives(world.url(label, serial), ways):
        if reason is None or not one.helps(reason.word):
            continue
        asked = world.look_up(one.url)
        fate = asked.fate if asked is not None else Fate.UNRESOLVABLE
        if fate.good:
            return one.way
        reason = fate.reason
    return None


def endings(world: World) -> Counter[str]:
    """How many URLs end with each fate, by word; what reason that is, ``Fate.reason`` tells."""
    return Counter(
        world.fate(label, serial).word
        for label, count in enumerate(world.settings.counts())
        for serial in range(count)
    )


def _shown(world: World, label: int) -> Counter[Picture]:
    """The pictures that a class's good URLs show, and how many show each."""
    return Counter(
        world.picture(label, serial)
        for serial in range(world.settings.counts()[label])
        if world.fate(label, serial).good and not world.unwelcome(label, serial)
    )


def _truth(world: World, label: int, shown: Counter[Picture], classes_of: Counter[Picture]) -> ClassTruth:
    own = [picture for picture in shown if classes_of[picture] == 1]
    return ClassTruth(
        label=world.settings.classes[label],
        urls=world.settings.counts()[label],
        good=shown.total(),
        bodies=len(shown),
        conflicts=len(shown) - len(own),
        acceptable=len(own),
        apart=len({picture._replace(near=False) for picture in own}),
    )
