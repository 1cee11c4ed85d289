"""The book of probes: which site is asked for an address that cannot exist, and what it answered.

A site that has lost a picture often sends another one in its place, with status 200. What it sends for an
address that nobody ever used is that other picture (Bar-Yossef and others, "Sic Transit Gloria Telae", 2004).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from string import ascii_lowercase
from typing import Final

from ..terms.placeholder import ProbeAnswer
from ..terms.verdict import Finding
from ..urls import site_of

FIRST_AFTER: Final = 3
"""Pictures from a site before it is probed: a site that brings nothing needs no probe."""
AGAIN_AFTER: Final = 500
"""Pictures until it is probed again, since sites change their ways; two requests of 500 are 0.4 %."""
LEAST_URLS: Final = 10
"""URLs that a politeness group has in the list, for its sites to be probed at all."""
ANSWERS: Final = 2
"""Alike ones are a habit; one alone may be a picture that somebody has under that very name."""
STEM_LETTERS: Final = 16
MOST_REFUSALS: Final = 3
"""Probes that failed for a passing reason (a time-out, a 503) before a site is left alone."""
_SECRET: Final = re.compile(r"([0-9]{5,}_)([0-9a-f]{8,})((?:_[a-z0-9]{1,2})?\.[a-z]+)", re.IGNORECASE)
"""``ID_secret.jpg`` and ``ID_secret_b.jpg``, as Flickr names its files: it looks at the form first."""
_IS_PICTURE: Final = re.compile(r"\.(?:jpe?g|png|gif|webp|bmp|tiff?|avif)$", re.IGNORECASE)
_EXTENSION: Final = re.compile(r"\.[a-z0-9]{2,5}", re.IGNORECASE)


@dataclass(slots=True)
class _Group:
    """A politeness group, whose operator pays for what all its sites are asked."""

    n_pictures: int = 0
    n_asked: int = 0

    @property
    def may_be_asked(self) -> bool:
        """Both requests of a probe together stay within two, and 0.4 % of what came."""
        return self.n_asked + ANSWERS <= ANSWERS * (1 + self.n_pictures / AGAIN_AFTER)


@dataclass(slots=True)
class _Site:
    group: _Group = field(default_factory=_Group)
    n_pictures: int = 0
    next_at: int = FIRST_AFTER
    asking: bool = False
    neighbour: str = ""
    """The address of the list beside which the last probe was made up."""
    n_asked: int = 0
    n_refusals: int = 0
    answers: list[ProbeAnswer] = field(default_factory=list)


class Probes:
    """Says when a site is to be probed, and with which address. Pure; its dice are seeded."""

    def __init__(self, n_urls: Callable[[int], int], seed: int) -> None:
        """``n_urls``: how many candidates a politeness group has in the list."""
        self._n_urls = n_urls
        self._seed = seed
        self._sites: dict[str, _Site] = {}
        self._groups: dict[int, _Group] = {}
        self.n_asked = 0
        """Probes of this run."""

    def saw_picture(self, url: str, group: int) -> None:
        """A sound picture came, in the end, for this address of the list."""
        if self._n_urls(group) < LEAST_URLS:
            return
        site = self._sites.setdefault(site_of(url), _Site())
        site.group = self._groups.setdefault(group, site.group)
        site.n_pictures += 1
        site.group.n_pictures += 1

    def known(self, site: str) -> None:
        """An earlier run has probed this site: the next probe is due when it has sent many more."""
        self._sites[site] = _Site(next_at=AGAIN_AFTER)

    def due(self, url: str) -> str | None:
        """The address with which the site of ``url`` is to be probed now; None: it is not.

        The second one is made up beside another address of the list: a server that looks at a part of it
        only (``/photos/17/any-words.jpg``) sends one photograph for both otherwise.
        """
        site = self._sites.get(site_of(url))
        if site is None or site.asking or site.n_pictures < site.next_at:
            return None
        if site.neighbour == url if site.answers else not site.group.may_be_asked:
            return None
        return impossible(url, Random(f"{self._seed}|{site_of(url)}|{site.n_asked}"))

    def asking(self, url: str) -> None:
        """The site of ``url``, an address of the list, is being probed: until ``hear`` or ``lost``."""
        site = self._sites[site_of(url)]
        site.asking = True
        site.neighbour = url
        site.n_asked += 1
        site.group.n_asked += 1
        self.n_asked += 1

    def forbid(self, url: str) -> None:
        """The site's rules forbid such an address, or it cannot be asked: it is left alone for now."""
        site = self._sites[site_of(url)]
        site.answers.clear()
        site.next_at = site.n_pictures + AGAIN_AFTER

    def lost(self, url: str, *, fatal: bool = False) -> None:
        """No answer came. ``fatal``: it cost a worker its life."""
        self._sites[site_of(url)].asking = False
        if fatal:
            self.forbid(url)

    def _failed(self, url: str) -> None:
        site = self._sites[site_of(url)]
        site.asking = False
        site.n_refusals += 1
        if site.n_refusals >= MOST_REFUSALS:
            self.forbid(url)

    def hear(self, url: str, finding: Finding) -> tuple[ProbeAnswer, ...] | None:
        """What the probe at ``url`` came to. Both answers, once there are two that may mean something; empty:
        the site admits that there is nothing; None: it has to be asked once more.
        """
        if finding.failed is not None and finding.failed.failure.transient:
            self._failed(url)
            return None
        site = self._sites[site_of(url)]
        site.asking = False
        answer = _answer(url, finding)
        if answer is None:
            self.forbid(url)
            return ()
        site.answers.append(answer)
        if len(site.answers) < ANSWERS:
            return None
        answers = tuple(site.answers)
        self.forbid(url)
        return answers


def _answer(url: str, finding: Finding) -> ProbeAnswer | None:
    if finding.moved is not None:
        return ProbeAnswer(url, leads_to=finding.moved.url)
    seen = finding.inspection
    if seen is None or seen.flaw is not None:
        return None
    leads_to = finding.final_url if finding.final_url not in {None, url} else None
    return ProbeAnswer(url, seen, leads_to)


def impossible(url: str, random: Random) -> str:
    """A neighbour of ``url`` that nobody has ever used: same site, depth and kind, a random name.

    Where a query tells the pictures apart, its last value is made up instead.
    """
    name = "".join(random.choices(ascii_lowercase, k=STEM_LETTERS))
    path, question, query = url.partition("#")[0].partition("?")
    head, _, last = path.rpartition("/")
    if question and not _IS_PICTURE.search(last):
        before, equals, _ = query.rpartition("=")
        return f"{path}?{before}{equals}{name}"
    if secret := _SECRET.fullmatch(last):
        made_up = "".join(random.choices("0123456789abcdef", k=len(secret[2])))
        return f"{head}/{secret[1]}{made_up}{secret[3]}"
    _, dot, extension = last.rpartition(".")
    ending = f".{extension}" if dot and _EXTENSION.fullmatch(f".{extension}") else ""
    return f"{head}/{name}{ending}"
