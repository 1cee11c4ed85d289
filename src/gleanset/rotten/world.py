"""The rotten web itself: a pure function of its settings. No socket, no clock, no file."""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from statistics import NormalDist
from typing import NamedTuple

from gleanset.terms.candidate import LabelledUrl

from .archive import LIVE_HOST, Archive, captured_url
from .fates import HOST_FATES, Fate
from .photographs import Photograph, Photographs
from .pictures import Artist
from .placards import Placards, designed_fate, designed_notice_url
from .responses import ANSWERS, Door, Notice, Picture, Place, Response
from .rows import Draws, Rows
from .settings import FOLDERS, WorldSettings
from .sites import (
    FULL,
    STATIC_SITES,
    UNAVAILABLE_HOST,
    Character,
    Site,
    flickr_sites,
    notice_sites,
    other_sites,
    static_sites,
    uniform,
)
from .wishes import Wishes

UNAVAILABLE_URL = f"http://{UNAVAILABLE_HOST}/pw/images/photo_unavailable.png"
"""Where Flickr sent those who asked for a picture that was gone."""
_PERMANENTLY, _FOR_NOW = 301, 302
NOTICE_PATH = "/images/no_image.jpg"
_TRIES, _MANY = 2000, 50


def _spread() -> tuple[float, ...]:
    """Answer times of one site around their mean of 1: log-normal with sigma 0.6, in 256 steps."""
    raw = [math.exp(0.6 * NormalDist().inv_cdf((k + 0.5) / 256)) for k in range(256)]
    return tuple(x * 256 / sum(raw) for x in raw)


SPREAD = _spread()


class Asked(NamedTuple):
    """What a URL is to this web: the cheap half of an answer."""

    fate: Fate
    site: Site
    label: int
    """-1: no row of the list (a probe, a placeholder's own address, robots.txt)."""
    serial: int
    time_draw: int


class Truth(NamedTuple):
    """What is true of a URL of the list."""

    fate: Fate
    label: str
    character: Character
    picture: Picture | None
    """What a patient collector gets; None: nothing."""


class World:
    """One rotten web.

    Everything about a row (class index, serial from 0) follows from the settings, the row and the time;
    nothing is remembered. Making a world costs milliseconds, asking it microseconds, drawing milliseconds.
    """

    def __init__(self, settings: WorldSettings, photographs: Sequence[Photograph] = ()) -> None:
        """``photographs``: shown in the place of drawings, each as the original of one good URL."""
        self.settings = settings
        self.artist = Artist(settings)
        self.placards = Placards(settings, self.artist)
        self.wishes = Wishes(settings) if settings.wishes.any else None
        """None: nobody asks anything."""
        self._rows = Rows(settings)
        self._flickr_bound = round(settings.flickr_share * FULL)
        self._flickr = flickr_sites(settings)
        self._others, self._bounds = other_sites(settings)
        notice_s = settings.flickr_s * settings.time_scale / 4
        notices = Site(UNAVAILABLE_HOST, Character.STATIC, notice_s, (FULL,), (Fate.NOT_FOUND,))
        self.archive = Archive(settings)
        everywhere = (
            *self._flickr,
            *self._others,
            *static_sites(settings),
            *notice_sites(settings),
            *self.archive.sites(),
            notices,
        )
        self.sites = {site.name: site for site in everywhere}
        """Every host name that there is, those without an address included."""
        self.photographs = Photographs(settings.classes, photographs, self._places())

    @property
    def n(self) -> int:
        """Rows of the list."""
        return self._rows.n

    # The list

    def rows(self) -> Iterator[LabelledUrl]:
        """The list, class by class; ids are ``n02084071_0``, ``n02084071_1`` .."""
        for label, (name, count) in enumerate(zip(self.settings.classes, self._rows.counts, strict=True)):
            for serial in range(count):
                yield LabelledUrl(self.url(label, serial), name, f"{name}_{serial}")

    def lines(self) -> Iterator[str]:
        """The list in the format of the Fall 2011 file, line ends included."""
        return (f"{row.origin}\t{row.url}\n" for row in self.rows())

    def url(self, label: int, serial: int) -> str:
        draws = self._rows.draws(label, serial)
        site = self._site(draws)
        return f"http://{site.name}/{_path(site, f'{self._rows.photo(label, serial):010d}', draws)}"

    def fate(self, label: int, serial: int) -> Fate:
        """The fate of a row."""
        draws = self._rows.draws(label, serial)
        return self._site(draws).fate(draws[2])

    def picture(self, label: int, serial: int) -> Picture:
        """Which picture a row shows, if it shows one."""
        return self._rows.picture(label, serial)

    def dress(self, picture: Picture) -> float:
        """The chance, 0 to 1, by which a picture gets its format (see ``Artist.format``)."""
        return self._rows.draws(picture.label, picture.serial)[6] / FULL

    def new_url(self, label: int, serial: int) -> str:
        """Where a row's picture is if its fate is ``MOVED``."""
        photo = self._rows.photo(label, serial)
        return f"http://static{photo % STATIC_SITES}.example/o/{photo:010d}.jpg"

    def elsewhere(self, asked: Asked) -> str:
        """Where whoever asks for a row is sent if its fate there is ``MOVED``."""
        if asked.site.character is Character.ARCHIVE:
            url = self.url(asked.label, asked.serial)
            return self.archive.capture_url(url, asked.label, asked.serial)
        return self.new_url(asked.label, asked.serial)

    def notice_url(self, site: Site, url: str = "") -> str:
        """Where a site sends those who ask for a picture that is gone, here for that at ``url``."""
        if site.habit.has_design:
            return designed_notice_url(site, url)
        return UNAVAILABLE_URL if site.character is Character.FLICKR else f"http://{site.name}{NOTICE_PATH}"

    def truth(self, url: str) -> Truth | None:
        """None: the URL is none of this web's list."""
        asked = self.look_up(url)
        if asked is None or asked.label < 0:
            return None
        picture = self.picture(asked.label, asked.serial) if asked.fate.good else None
        return Truth(asked.fate, self.settings.classes[asked.label], asked.site.character, picture)

    def unwelcome(self, label: int, serial: int) -> bool:
        """Whether the wishes of the sites concerned, respected, keep a row's picture from everybody."""
        if self.wishes is None:
            return False
        urls = [self.url(label, serial)]
        if self.fate(label, serial) is Fate.MOVED:
            urls.append(self.new_url(label, serial))
        for host, _, path in (url.partition("://")[2].partition("/") for url in urls):
            site = self.sites[host]
            if self.wishes.cannot_say(site) or self.wishes.forbids(site, f"/{path}"):
                return True
        return self.wishes.opts_out(label, serial)

    # Answers

    def look_up(self, url: str) -> Asked | None:
        """What a URL is to this web; None: there is no such host name."""
        scheme, _, address = url.partition("://")
        host, _, rest = address.partition("/")
        site = self.sites.get(host)
        if site is None:
            return None
        path = rest.partition("?")[0]
        asked = self._row_at(site, path) or self._no_row_at(site, path)
        if scheme == "https" and asked.label >= 0 and self.archive.speaks_https(site):
            return asked._replace(fate=Fate.GOOD)
        return asked

    def respond(self, url: str, now_s: float, attempt: int = 1) -> Response:
        """The answer to one request at ``now_s`` (the zero is the web's own); ``attempt`` counts from 1.

        The allowances of busy sites are not applied: they depend on all requests before, so whoever holds a
        door keeps them (see ``allowance``).
        """
        asked = self.look_up(url)
        if asked is None:
            return Response(0, door=Door.NO_NAME)
        fate = self.fate_now(asked, now_s, attempt)
        answer = ANSWERS[fate](self._place(url, asked))
        if isinstance(answer.content, Notice) and asked.site.habit.has_design:
            answer = self.placards.applied(answer, asked.site, url, now_s)
        is_listed = asked.label >= 0 or url.endswith("/robots.txt")
        if self.wishes is not None and fate.good and is_listed:
            answer = self.wishes.applied(answer, asked.site, asked.label, asked.serial)
        if asked.site.character is Character.ARCHIVE and answer.status == _PERMANENTLY:
            answer = replace(answer, status=_FOR_NOW)
        return replace(answer, wait_s=self.wait_s(asked, attempt))

    def fate_now(self, asked: Asked, now_s: float, attempt: int) -> Fate:
        """The fate of this one request: flaky URLs and ailing sites change their minds."""
        if asked.fate is Fate.FLAKY:
            return Fate.SERVER_ERROR if attempt == 1 else Fate.GOOD
        if asked.site.character is Character.AILING and self._ails(asked.site.name, now_s):
            return Fate.UNAVAILABLE
        return asked.fate

    def wait_s(self, asked: Asked, attempt: int = 1) -> float:
        """From the request to the first byte."""
        return asked.site.mean_s * SPREAD[((asked.time_draw >> 24) + 97 * (attempt - 1)) & 255]

    def allowance(self, host: str) -> tuple[float, int] | None:
        """(requests a second, burst) that a host allows before it answers 429; None: any number."""
        site = self.sites.get(host)
        if site is not None and site.character is Character.ARCHIVE:
            return self.settings.afterlife.archive_per_s, self.settings.afterlife.archive_burst
        if site is None or site.character is not Character.BUSY:
            return None
        return self.settings.busy_per_s, self.settings.busy_burst

    def render(self, response: Response) -> bytes:
        """The body that a response stands for, before any fault of the wire."""
        match response.content:
            case Picture() as picture:
                body = self.photographs.body(picture) or self.artist.paint(picture, self.dress(picture))
            case Notice(host, design) as notice:
                body = self.artist.notice(host) if design < 0 else self.placards.draw(notice)
            case bytes() as body:
                pass
        return body[: round(len(body) * response.kept_share)]

    def any_picture(self, site: Site, url: str) -> Picture:
        """One that a site with many pictures might show at an address that it does not know.

        One of its own where it has so many that two addresses hardly get the same, else any of the list.
        """
        chance = Random(f"{self.settings.seed} {url}")
        own: list[Picture] = []
        others: list[Picture] = []
        for _ in range(_TRIES):
            label = chance.choices(range(len(self._rows.counts)), self._rows.counts)[0]
            serial = chance.randrange(self._rows.counts[label])
            draws = self._rows.draws(label, serial)
            home = self._site(draws)
            if home.fate(draws[2]).good:
                (own if home is site else others).append(self.picture(label, serial))
        shown = own if len(set(own)) >= _MANY else others
        return shown[0] if shown else Picture(0, 0)

    # Inside

    def _media_type(self, picture: Picture) -> str:
        given = self.photographs.media_type(picture)
        return given or self.artist.media_type(picture, self.dress(picture))

    def _places(self) -> Iterator[Picture]:
        """The pictures that some good URL shows first."""
        for label, count in enumerate(self._rows.counts):
            for serial in range(count):
                picture = Picture(label, serial)
                is_own = self.picture(label, serial) == picture
                if is_own and self.fate(label, serial).good and not self.unwelcome(label, serial):
                    yield picture

    def _site(self, draws: Draws) -> Site:
        if draws[0] < self._flickr_bound:
            return self._flickr[draws[1] * len(self._flickr) >> 32]
        return self._others[bisect_right(self._bounds, draws[1])]

    def _row_at(self, site: Site, path: str) -> Asked | None:
        """The row whose picture is, or was, at this path (without its first slash) of a site."""
        if site.character is Character.ARCHIVE:
            return self._copy_at(site, path)
        number = path.rpartition("/")[2][:10]
        if len(number) != 10 or not (number.isascii() and number.isdecimal()):
            return None
        row = self._rows.find(int(number))
        if row is None:
            return None
        draws = self._rows.draws(*row)
        home = self._site(draws)
        if home is site and path == _path(site, number, draws):
            return Asked(site.fate(draws[2]), site, *row, draws[3])
        if site.name == LIVE_HOST and home.character is Character.FLICKR and self.archive.is_live(*row):
            return Asked(Fate.GOOD, site, *row, draws[3]) if path == _path(home, number, draws) else None
        moved = site.character is Character.STATIC and home.fate(draws[2]) is Fate.MOVED
        if moved and f"http://{site.name}/{path}" == self.new_url(*row):
            return Asked(Fate.GOOD, site, *row, draws[3])
        return None

    def _copy_at(self, site: Site, path: str) -> Asked | None:
        """The row whose URL the archive is asked for."""
        url = captured_url(path)
        listed = self.look_up(url) if url is not None else None
        if listed is None or listed.label < 0 or url != self.url(listed.label, listed.serial):
            return None
        fate = self.archive.fate(path, listed.label, listed.serial)
        return Asked(fate, site, listed.label, listed.serial, listed.time_draw)

    def _no_row_at(self, site: Site, path: str) -> Asked:
        draw = int(uniform(self.settings.seed, "time", site.name, path) * FULL)
        fate = _fate_without_row(site, f"/{path}")
        if self.wishes is not None and path == "robots.txt" and fate is Fate.NOT_FOUND:
            fate = self.wishes.robots_fate(site)
        return Asked(fate, site, -1, 0, draw)

    def _ails(self, host: str, now_s: float) -> bool:
        phase = now_s / self.settings.ailing_period_s + uniform(self.settings.seed, "phase", host)
        return phase % 1 >= 2 / 3

    def _place(self, url: str, asked: Asked) -> Place:
        label, serial = max(asked.label, 0), asked.serial
        picture = self.picture(label, serial)
        if asked.label < 0 and asked.site.habit.is_random:
            picture = self.any_picture(asked.site, url)
        return Place(
            here=url,
            elsewhere=self.elsewhere(asked._replace(label=label)),
            notice=self.notice_url(asked.site, url),
            picture=picture,
            picture_type=self._media_type(picture),
            host=asked.site.name,
            retry_after=self.settings.retry_after,
            drip_bytes_per_s=self.settings.drip_bytes_per_s,
            salt=asked.time_draw,
        )


def _path(site: Site, number: str, draws: Draws) -> str:
    """Where a row's picture is on its site, without the first slash."""
    if site.character is Character.FLICKR:
        secret = draws[5] << 8 | draws[4] >> 24
        return f"{2000 + draws[4] % 5000}/{number}_{secret:010x}.jpg"
    return f"{FOLDERS[draws[4] & 7]}/{number}.jpg"


def _fate_without_row(site: Site, path: str) -> Fate:
    """What a site does about an address that is not in the list."""
    if site.fates[0] in HOST_FATES and site.character is not Character.FLICKR:
        return site.fates[0]
    if path == "/robots.txt":
        return Fate.NOT_FOUND
    if site.habit.has_design:
        return designed_fate(site, path)
    if site.habit.is_random:
        return Fate.GOOD
    if path == NOTICE_PATH or f"http://{site.name}{path}" == UNAVAILABLE_URL:
        return Fate.PLACEHOLDER
    if site.character is Character.FLICKR:
        return Fate.MOVED_PLACEHOLDER
    return Fate.PLACEHOLDER if site.hides_missing else Fate.NOT_FOUND
