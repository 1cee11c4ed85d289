"""What the sites of a rotten web ask of those who come for pictures: robots.txt, and headers that opt out."""

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from itertools import accumulate

from .fates import Fate
from .responses import Headers, Response
from .settings import FOLDERS, WorldSettings
from .sites import ANSWERING, Character, Site, uniform

HUGE_BYTES = 5_000_000
TEXT = (("Content-Type", "text/plain; charset=utf-8"),)


class Robots(Enum):
    """What a site answers to /robots.txt; the value is its share's name in ``WishShares``."""

    ALLOWS = "allows"
    """Rules without effect on anybody's pictures."""
    FORBIDS_ALL = "forbids_all"
    FORBIDS_US = "forbids_us"
    """Everybody may, gleanset may not."""
    FORBIDS_FOLDER = "forbids_folder"
    """Whatever lies in one of the site's folders."""
    SIGNALS = "signals"
    """``Content-Signal: ai-train=no``, and no rule."""
    HUGE = "huge"
    """5 MB: a forbidden folder at the top, everything forbidden at the end, where nobody reads it."""
    HTML = "html"
    FORBIDDEN = "forbidden"
    UNAVAILABLE = "unavailable"
    LOOP = "loop"


_OTHER_FATES = {
    Robots.HTML: Fate.HTML,
    Robots.FORBIDDEN: Fate.FORBIDDEN,
    Robots.UNAVAILABLE: Fate.UNAVAILABLE,
    Robots.LOOP: Fate.LOOP,
}
_NEVER = frozenset({Robots.FORBIDS_ALL, Robots.FORBIDS_US, Robots.SIGNALS})
_IN_ONE_FOLDER = frozenset({Robots.FORBIDS_FOLDER, Robots.HUGE})
_CANNOT_SAY = frozenset({Robots.UNAVAILABLE, Robots.LOOP})

OPT_OUTS: tuple[Headers, ...] = (
    (("X-Robots-Tag", "noai"),),
    (("X-Robots-Tag", "noai, noimageai"),),
    (("x-robots-tag", "NOINDEX"),),
    (("X-Robots-Tag", "none"),),
    (("X-Robots-Tag", "max-image-preview:large, noai"),),
    (("X-Robots-Tag", "unavailable_after: Wed, 25 Jun 2031 15:00:00 GMT, noimageindex"),),
    (("X-Robots-Tag", "otherbot: nofollow"), ("X-Robots-Tag", "gleanset: noindex")),
    (("X-Robots-Tag", "nofollow,\r\n noai"),),
    (("TDM-Reservation", "1"),),
)
"""Headers that ask not to take a picture; each such row has one of these forms."""
LOOKALIKES: tuple[Headers, ...] = (
    (("X-Robots-Tag", "nofollow"),),
    (("X-Robots-Tag", "otherbot: noai, noimageai"),),
    (("X-Robots-Tag", "max-image-preview:none"),),
    (("TDM-Reservation", "0"),),
)
"""As many rows have one of these, which ask nothing of us."""


class Wishes:
    """The wishes of one world. They depend on its seed, the site and the row alone."""

    def __init__(self, settings: WorldSettings) -> None:
        self._seed = settings.seed
        self._shares = settings.wishes
        self._bounds = tuple(accumulate(getattr(self._shares, kind.value) for kind in Robots))
        self._sites: dict[str, Robots | None] = {}

    def robots(self, site: Site) -> Robots | None:
        """None: it has no robots.txt, or does not talk at all."""
        if site.name not in self._sites:
            self._sites[site.name] = self._draw(site)
        return self._sites[site.name]

    def robots_fate(self, site: Site) -> Fate:
        """What becomes of /robots.txt; ``GOOD``: there is one, see ``robots_txt``."""
        kind = self.robots(site)
        return Fate.NOT_FOUND if kind is None else _OTHER_FATES.get(kind, Fate.GOOD)

    def robots_txt(self, site: Site) -> Response:
        """The file of a site that has one."""
        kind = self.robots(site)
        assert kind is not None, site.name
        return Response(200, TEXT, _text(kind, self.folder(site)))

    def folder(self, site: Site) -> str:
        """The folder that a site forbids if it forbids one: ``/images/``."""
        return f"/{FOLDERS[int(uniform(self._seed, 'folder', site.name) * len(FOLDERS))]}/"

    def headers(self, label: int, serial: int) -> Headers:
        """What comes with a row's picture beside its type."""
        share = self._shares.opts_out
        draw = uniform(self._seed, "wish", label, serial) if share else 1.0
        if draw < share:
            return OPT_OUTS[int(draw / share * len(OPT_OUTS))]
        if draw < 2 * share:
            return LOOKALIKES[int((draw - share) / share * len(LOOKALIKES))]
        return ()

    def opts_out(self, label: int, serial: int) -> bool:
        """Whether the headers of a row's picture ask not to take it."""
        return self.headers(label, serial) in OPT_OUTS

    def forbids(self, site: Site, path: str) -> bool:
        """Whether a site's rules, read right, forbid a path (which begins with a slash)."""
        kind = self.robots(site)
        return kind in _NEVER or (kind in _IN_ONE_FOLDER and path.startswith(self.folder(site)))

    def cannot_say(self, site: Site) -> bool:
        """Whether a site's robots.txt can never be had, so that nothing of it may be taken."""
        return self.robots(site) in _CANNOT_SAY

    def applied(self, answer: Response, site: Site, label: int, serial: int) -> Response:
        """A good answer with the headers of its row's wish; without a row (-1) the site's robots.txt."""
        if label < 0:
            return self.robots_txt(site)
        more = self.headers(label, serial) if answer.status == 200 else ()
        return replace(answer, headers=(*answer.headers, *more)) if more else answer

    def _draw(self, site: Site) -> Robots | None:
        if site.character not in ANSWERING and site.character is not Character.STATIC:
            return None
        draw = uniform(self._seed, "robots", site.name)
        return next((kind for kind, b in zip(Robots, self._bounds, strict=True) if draw < b), None)


def _text(kind: Robots, folder: str) -> bytes:
    texts: Mapping[Robots, str] = {
        Robots.ALLOWS: "User-agent: *\nDisallow: /cgi-bin/\n",
        Robots.FORBIDS_ALL: "# Go away\nUser-agent: *\nDisallow: /\n",
        Robots.FORBIDS_US: "User-agent: *\nDisallow:\n\nUser-agent: Gleanset\nDisallow: /\n",
        Robots.FORBIDS_FOLDER: f"User-agent: *\nAllow: /\nDisallow: {folder}\n",
        Robots.SIGNALS: "User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /\n",
    }
    if kind is not Robots.HUGE:
        return texts[kind].encode()
    top = f"User-agent: *\nDisallow: {folder}\n".encode()
    line = b"# " + b"x" * 97 + b"\n"
    return top + line * (HUGE_BYTES // len(line)) + b"Disallow: /\n"
