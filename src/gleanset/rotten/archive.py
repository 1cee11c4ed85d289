"""Where the dead live on: Flickr's new name, sites that speak nothing but https, and an archive of copies."""

import re
from datetime import UTC, datetime

from gleanset.urls import host_of

from .fates import Fate
from .settings import WorldSettings
from .sites import FULL, Character, Site, uniform

ARCHIVE_HOST = "web.archive.org"
LIVE_HOST = "live.staticflickr.com"
_CAPTURE = re.compile(r"web/(?P<date>\d{14})id_/(?P<url>https?://.+)", re.ASCII)
_FIRST_S = datetime(2007, 1, 1, tzinfo=UTC).timestamp()
_LAST_S = datetime(2015, 1, 1, tzinfo=UTC).timestamp()
"""Between these moments things were captured."""


class Archive:
    """What the afterlife has of the rows of a list: pure functions of the settings and the row."""

    def __init__(self, settings: WorldSettings) -> None:
        self._seed = settings.seed
        self._wish = settings.afterlife
        self._mean_s = settings.afterlife.archive_s * settings.time_scale

    def sites(self) -> tuple[Site, ...]:
        """The archive itself, unless it has nothing."""
        if not self._wish.archive_share:
            return ()
        return (Site(ARCHIVE_HOST, Character.ARCHIVE, self._mean_s, (FULL,), (Fate.NOT_FOUND,)),)

    def has_copy(self, label: int, serial: int) -> bool:
        """Whether there is a copy of a row's picture."""
        return self._drawn("archive", label, serial) < self._wish.archive_share

    def is_live(self, label: int, serial: int) -> bool:
        """Whether Flickr's new name has the picture of a row that was on a farm host."""
        return self._drawn("live", label, serial) < self._wish.live_share

    def speaks_https(self, site: Site) -> bool:
        """Whether a site that refuses http serves everything by https."""
        return (
            site.character is Character.REFUSED
            and uniform(self._seed, "https", site.name) < self._wish.https_share
        )

    def capture_url(self, url: str, label: int, serial: int) -> str:
        """Where the one copy of a row's URL is."""
        return f"https://{ARCHIVE_HOST}/web/{self._moment(label, serial)}id_/{url}"

    def fate(self, path: str, label: int, serial: int) -> Fate:
        """What the archive does about a path that names a row's URL: another date leads to the nearest."""
        wanted = _CAPTURE.fullmatch(path)
        if wanted is None or not self.has_copy(label, serial):
            return Fate.NOT_FOUND
        return Fate.GOOD if wanted["date"] == self._moment(label, serial) else Fate.MOVED

    def _moment(self, label: int, serial: int) -> str:
        at_s = _FIRST_S + self._drawn("moment", label, serial) * (_LAST_S - _FIRST_S)
        return f"{datetime.fromtimestamp(at_s, UTC):%Y%m%d%H%M%S}"

    def _drawn(self, what: str, label: int, serial: int) -> float:
        return uniform(self._seed, what, label, serial)


def captured_url(path: str) -> str | None:
    """The URL whose copy a path of the archive (without its first slash) asks for; None: no such path."""
    wanted = _CAPTURE.fullmatch(path)
    if wanted is None or host_of(wanted["url"]) == ARCHIVE_HOST:
        return None
    return wanted["url"]
