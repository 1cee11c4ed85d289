"""The placeholders of forty designs as pictures, and as what goes over the wire."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .designs import (
    COLOURED,
    DATED,
    DESIGNS,
    EPOCH,
    NAMED,
    QUALITIES,
    QUOTED,
    RECODED,
    SCALES,
    SIZED,
    Design,
    Serving,
    Version,
    notice_host,
)
from .emblems import EMBLEMS
from .fates import Fate
from .looks import Colour
from .pictures import OVERSAMPLING, Artist, draw_shape
from .responses import Headers, Notice, Response
from .settings import WorldSettings
from .sites import Character, Site, uniform

LONG_AGO = datetime(2026, 3, 1, tzinfo=UTC)
"""What dated placeholders take second 0 for."""
_REFERENCES = 100_000


class Placards:
    """Draws the placeholders of one world's designs. Equal notices are equal bytes."""

    def __init__(self, settings: WorldSettings, artist: Artist) -> None:
        self._seed = settings.seed
        self._artist = artist
        self._backdrop = lru_cache(maxsize=len(DESIGNS))(self._drawn_backdrop)

    def notice(self, site: Site, url: str, now_s: float) -> Notice:
        """What a site with a design shows to whoever asks for ``url`` now."""
        number = site.habit.design
        changes = DESIGNS[number].changes
        version = Version(
            second=int(now_s) if DATED in changes else 0,
            quality=self._chance(QUALITIES[1], "quality", url, now_s) if RECODED in changes else 0,
            size=self._chance(len(SCALES), "size", url) if SIZED in changes else 0,
            reference=self._chance(_REFERENCES, "reference", url) if QUOTED in changes else 0,
        )
        host = site.name if changes & {COLOURED, NAMED} else ""
        return Notice(host, number, version)

    def applied(self, answer: Response, site: Site, url: str, now_s: float) -> Response:
        """An answer that shows a notice, with the one of the site's own design."""
        notice = self.notice(site, url, now_s)
        return replace(answer, content=notice, headers=headers_of(DESIGNS[notice.design]))

    def draw(self, notice: Notice) -> bytes:
        """The encoded picture."""
        design = DESIGNS[notice.design]
        image = self._composed(design, notice)
        scale = SCALES[notice.version.size]
        if scale != 1:
            smaller = (round(image.width * scale), round(image.height * scale))
            image = image.resize(smaller, Image.Resampling.LANCZOS)
        out = io.BytesIO()
        match design.format:
            case "gif":
                image.quantize(64).save(out, "GIF")
            case "jpeg" | "webp" as form:
                image.save(out, form, quality=QUALITIES[0] + notice.version.quality)
            case "png":
                image.save(out, "PNG")
        return out.getvalue()

    def _chance(self, n: int, *words: object) -> int:
        return int(uniform(self._seed, *words) * n)

    def _composed(self, design: Design, notice: Notice) -> Image.Image:
        """Backdrop, emblem, captions."""
        paper, ink = _colours(design, notice.host)
        image = self._backdrop(notice.design, paper, ink).copy()
        if design.backdrop == "photograph":
            ink = (255, 255, 255)
        chance = Random(f"layout {design.word}")
        lines = _lines(design, notice)
        _stamp(image, design.emblem, ink, chance, alone=not lines)
        _write(image, lines, ink, chance)
        return image

    def _drawn_backdrop(self, number: int, paper: Colour, ink: Colour) -> Image.Image:
        design = DESIGNS[number]
        if design.backdrop == "photograph":
            scene = self._artist.scene(number, -1 - number)
            return scene.resize(design.size_px, Image.Resampling.BILINEAR)
        return _paper(design, paper, ink)


def headers_of(design: Design) -> Headers:
    """What comes with a design's picture."""
    headers: Headers = (("Content-Type", f"image/{design.format}"),)
    match design.known_by:
        case "etag":
            return (*headers, ("ETag", design.etag))
        case "header":
            return (*headers, ("Last-Modified", f"Thu, {EPOCH} GMT"))
    return headers


def designed_fate(site: Site, path: str) -> Fate:
    """What a site with a design does about an address that is not in the list."""
    design = DESIGNS[site.habit.design]
    is_redirecting = design.serving.fate is Fate.MOVED_PLACEHOLDER
    if is_redirecting and path == design.notice_path and site.name == _notice_host(site):
        return Fate.PLACEHOLDER
    if site.habit.is_shy or site.character is Character.STATIC:
        return Fate.NOT_FOUND
    return design.serving.fate


def _notice_host(site: Site) -> str:
    is_elsewhere = DESIGNS[site.habit.design].serving is Serving.ELSEWHERE
    return notice_host(site.habit.design) if is_elsewhere else site.name


def designed_notice_url(site: Site, url: str) -> str:
    """Where a site with a design sends those who ask for the picture at ``url``, which is gone."""
    design = DESIGNS[site.habit.design]
    address = f"http://{_notice_host(site)}{design.notice_path}"
    if design.serving is not Serving.OWN_MUTE:
        return address
    stem = url.partition("?")[0].rpartition("/")[2].partition(".")[0]
    return f"{address}?for={stem}"


def _colours(design: Design, host: str) -> tuple[Colour, Colour]:
    """(paper, ink): light and dark, by design or by host."""
    chance = Random(f"{design.word} {host if COLOURED in design.changes else ''}")
    paper = _colour(chance, 205, 255)
    return paper, _colour(chance, 40, 130)


def _colour(chance: Random, darkest: int, lightest: int) -> Colour:
    red, green, blue = (chance.randint(darkest, lightest) for _ in range(3))
    return red, green, blue


def _lines(design: Design, notice: Notice) -> tuple[str, ...]:
    lines = list(design.lines)
    if DATED in design.changes:
        lines.append(f"{LONG_AGO + timedelta(seconds=notice.version.second):%Y-%m-%d %H:%M:%S}")
    if NAMED in design.changes:
        lines.append(notice.host)
    if QUOTED in design.changes:
        lines.append(f"#{notice.version.reference:05d}")
    return tuple(lines)


def _paper(design: Design, paper: Colour, ink: Colour) -> Image.Image:
    width, height = design.size_px
    image = Image.new("RGB", design.size_px, paper)
    pale = _between(paper, ink, 0.25)
    draw = ImageDraw.Draw(image)
    match design.backdrop:
        case "framed":
            thick = max(3, height // 24)
            draw.rectangle((thick, thick, width - thick - 1, height - thick - 1), outline=ink, width=thick)
        case "shaded":
            column = np.linspace(np.array(paper), np.array(pale), height).round().astype(np.uint8)
            return Image.fromarray(np.repeat(column[:, None, :], width, axis=1))
        case "striped":
            for x in range(-height, width, height // 4):
                draw.line((x, height, x + height, 0), fill=pale, width=height // 12)
        case "checked":
            side = max(4, height // 8)
            for x in range(0, width, side):
                for y in range(side * (x // side % 2), height, 2 * side):
                    draw.rectangle((x, y, x + side - 1, y + side - 1), fill=pale)
    return image


def _between(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _stamp(image: Image.Image, emblem: str, ink: Colour, chance: Random, *, alone: bool) -> None:
    """The emblem: in the middle if nothing else is there, else in the upper half or at a side."""
    side = round(min(image.size) * (0.7 if alone else chance.uniform(0.36, 0.5)))
    x = (image.width - side) * (0.5 if alone else chance.choice((0.12, 0.5, 0.88)))
    y = (image.height - side) * (0.5 if alone else 0.12)
    mask = Image.new("L", (side * OVERSAMPLING, side * OVERSAMPLING))
    draw = ImageDraw.Draw(mask)
    for shape in EMBLEMS[emblem]:
        draw_shape(draw, shape, 255, side * OVERSAMPLING, flip=False)
    image.paste(ink, (round(x), round(y)), mask.reduce(OVERSAMPLING))


def _write(image: Image.Image, lines: tuple[str, ...], ink: Colour, chance: Random) -> None:
    """Captions in the lower half, each as large as fits."""
    if not lines:
        return
    room = image.height * 0.44 / len(lines)
    for n, line in enumerate(lines):
        size = min(room * 0.8, image.width * 0.9 / (0.55 * max(4, len(line))))
        font = ImageFont.load_default(max(8, round(size * chance.uniform(0.85, 1.0))))
        middle = (image.width / 2, image.height * 0.54 + room * (n + 0.5))
        ImageDraw.Draw(image).text(middle, line, fill=ink, font=font, anchor="mm")
