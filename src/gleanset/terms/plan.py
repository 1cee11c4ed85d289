"""What is in a list, and what will be built from it."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, slots=True)
class Quota:
    """How many images a class shall have.

    ``at_most`` None takes all there are; fewer than ``at_least`` makes the class short.
    """

    at_least: int = 0
    at_most: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """``M`` exactly, ``K:M`` between, ``K:`` at least, ``:M`` at most. ValueError says what is wrong."""
        least, colon, most = (part.strip().replace("_", "") for part in text.strip().partition(":"))
        if not (least + most).isdecimal() or not text.isascii():
            raise ValueError(f"{text!r} is no number of images. Write 800, 500:800 or 500: for at least 500.")
        at_least = int(least) if least else 0
        at_most = int(most) if most else (None if colon else at_least)
        if at_most == 0 or (at_most is not None and at_most < at_least):
            raise ValueError(
                f"{text!r} lets no image in. A quota is at least 1; the larger number comes last."
            )
        return cls(at_least, at_most)


@dataclass(frozen=True, slots=True)
class Census:
    """Rows by class and kind of host: what a survey counts and a choice of classes needs."""

    labels: tuple[str, ...]
    """Sorted by the label's own text."""
    urls: tuple[int, ...]
    """URLs a class, Flickr included, in the order of ``labels``."""
    flickr_urls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GroupCensus:
    """Rows by class and politeness group: all that a forecast sees. Sparse, by column, 8 bytes a cell.

    Class ``c`` has the cells ``starts[c]`` to ``starts[c + 1]``: ``n[i]`` of its URLs at
    ``groups[group[i]]``, groups ascending, no group twice. Rows whose URL names no host are in no cell.
    """

    labels: tuple[str, ...]
    """Sorted by the label's own text."""
    groups: tuple[str, ...]
    """Names of politeness groups, sorted."""
    starts: "array[int]"
    """One more than classes; type ``q``."""
    group: "array[int]"
    """A number a cell; type ``i``."""
    n: "array[int]"
    """URLs in the cell, 1 or more; type ``i``."""


@dataclass(frozen=True, slots=True)
class PlannedClass:
    """A class of the plan."""

    label: str
    """As the list writes it (a wnid, a word ..)."""
    name: str
    """For people: the first WordNet lemma where the label is a wnid, else the label."""
    quota: Quota
    candidates: int
    forecast: float
    """Expected number of accepted images if every candidate were asked."""
    shortfall_chance: float
    """0 to 1: the chance that asking every candidate brings fewer than ``quota.at_least`` images."""
    named: bool = False
    """A person chose it by name: if it falls short it is kept and reported, never replaced."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How a whole build went on virtual time, against one web that may well be so."""

    seed: int
    """Of the web and of all luck."""
    elapsed_s: float
    requests: int
    accepted: int
    throttled: int
    """Answers 429."""
    most_at_once: int
    """Requests under way at the same time."""
    busiest: str
    """The politeness group with the most of them."""
    most_at_busiest: int
    short: tuple[tuple[str, int], ...] = ()
    """(label, images missing) of classes of the dataset that stayed short, most missing first."""
    replaced: tuple[tuple[str, str], ...] = ()
    """(label, label of the reserve that took its place), in order."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build will do. Pure: the same census and choice give the same plan."""

    classes: tuple[PlannedClass, ...]
    reserves: tuple[PlannedClass, ...]
    """In the order in which they step in for a class that falls short; empty unless drawn."""
    seed: int
    total: int | None = None
    """``--total``: the sum over all classes."""
    rates_from: str = ""
    """Origin and age of the success rates, as a sentence."""
    notes: tuple[str, ...] = ()
    """What a person should know: ambiguous names, senses chosen, forecasts not met."""
    expected_requests: float = 0.0
    expected_s: float = 0.0
    expected_bytes: float = 0.0
    """On disk at the end, both copies counted."""
    rehearsals: tuple[Rehearsal, ...] = ()
    """Empty unless asked for."""

    @property
    def drawn(self) -> bool:
        """Whether the classes were drawn at random, so that reserves may step in."""
        return bool(self.reserves)


@dataclass(frozen=True, slots=True)
class Survey:
    """What is in a list (feature F14 and charts G1 to G3 of the 2019 analysis)."""

    classes: int
    urls: int
    flickr_urls: int
    odd_lines: int
    hosts: int
    """Distinct politeness groups are ``groups``; these are distinct host names."""
    at_least: tuple[tuple[int, int, int], ...]
    """(images, classes with at least that many URLs, the same counting Flickr alone)."""
    per_class: Census
    top_hosts: tuple[tuple[str, int], ...]
    """(registered domain, URLs), most first, at most 50."""
    odd_examples: tuple[tuple[str, int, str], ...] = ()
    """(file, line number from 1, the line's first 80 characters), at most 20."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Label to a name for people, where one is known."""
    licences: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """(licence as ``licence.canonical`` names it, URLs of each class in the order of ``per_class``), the most
    frequent first; empty where the lists say nothing of licences."""
