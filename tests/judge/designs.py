"""Pictures that stand for pictures that are gone: designs that no table knows, drawn from seeds."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

Colour = tuple[int, int, int]
Size = tuple[int, int]
WORDS = (
    "This picture is no longer available",
    "Image not found",
    "404 - file removed by its owner",
    "Sorry, this photo was deleted",
    "HOTLINKING FORBIDDEN",
    "Bandwidth exceeded",
    "Bild nicht gefunden",
    "Imagen no disponible",
    "View this picture on our site",
    "NO PHOTO",
)


@dataclass(frozen=True, slots=True)
class Request:
    """What a server knows when it draws a placeholder."""

    host: int
    serial: int
    chance: Random
    """Of this request."""


@dataclass(frozen=True, slots=True)
class Design:
    """One placeholder and how it changes from request to request."""

    kind: str
    """One of ``KINDS``."""
    name: str
    answer: Callable[[Request], bytes]


KINDS = ("fixed", "re-encoded", "dated", "coloured", "sized", "laid out", "captioned")
"""``coloured``: by host. ``sized``: scaled from one original. ``laid out``: drawn for one of four sizes,
and dated. ``captioned``: with the name of the file that is missing."""


def designs(edition: int = 0) -> tuple[Design, ...]:
    """Ten bases in all ways in which they vary; each edition has other sizes, colours and words."""
    return tuple(
        Design(
            kind, f"{base.__name__.strip('_')}, {kind}", _answers(kind, base, f"{edition} {kind} {number}")
        )
        for number, base in enumerate(_BASES)
        for kind in KINDS
    )


@dataclass(frozen=True, slots=True)
class _Dress:
    """The colours of a design, and the text that a request adds to it."""

    paper: Colour
    ink: Colour
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Print:
    """One picture to be drawn."""

    dress: _Dress
    drawn: Size
    sent: Size
    form: str
    quality: int = 88


_Base = Callable[[Random, _Dress, Size], Image.Image]
_SIZES = ((500, 375), (320, 240), (640, 480), (400, 400), (240, 180), (1024, 683), (150, 150))
_SIDES = (60, 75, 100, 128, 160, 240, 320, 500, 640, 800, 1024)


def _answers(kind: str, base: _Base, seed: str) -> Callable[[Request], bytes]:
    own = Random(seed)
    size = own.choice(_SIZES)
    if kind in {"dated", "captioned"} and size[0] < 240:
        size = (300, 225)
    dress = _Dress(_colour(own, 190, 255), _colour(own, 20, 150))
    original = _Print(dress, size, size, "PNG" if own.random() < 0.5 else "JPEG")

    def answer(request: Request) -> bytes:
        wanted = _varied(original, kind, request, seed)
        image = base(Random(seed), wanted.dress, wanted.drawn)
        if wanted.sent != wanted.drawn:
            image = image.resize(wanted.sent, Image.Resampling.LANCZOS)
        out = io.BytesIO()
        image.save(out, wanted.form, **({"quality": wanted.quality} if wanted.form == "JPEG" else {}))
        return out.getvalue()

    return answer


def _varied(original: _Print, kind: str, request: Request, seed: str) -> _Print:
    chance, dress = request.chance, original.dress
    match kind:
        case "re-encoded":
            return replace(original, form="JPEG", quality=chance.randrange(45, 96))
        case "dated":
            return replace(original, dress=replace(dress, note=_date(chance)))
        case "captioned":
            note = f"/img/{chance.choice(_NAMES)}_{chance.randrange(9999)}.jpg"
            return replace(original, dress=replace(dress, note=note))
        case "coloured":
            of_host = Random(f"{seed} {request.host}")
            return replace(original, dress=_Dress(_colour(of_host, 180, 255), _colour(of_host, 0, 140)))
        case "sized":
            return replace(original, form="JPEG", sent=_size(original.drawn, chance))
        case "laid out":
            width = chance.choice((100, 240, 500, 1024))
            size = (width, width * original.drawn[1] // original.drawn[0])
            return replace(original, drawn=size, sent=size, dress=replace(dress, note=_date(chance)))
    return original


def _size(like: Size, chance: Random) -> Size:
    """60 to 1024 pixels wide, and in one of four cases a little taller or flatter."""
    width = chance.choice(_SIDES)
    return width, max(40, width * like[1] // like[0] * chance.choice((90, 100, 100, 110)) // 100)


def _date(chance: Random) -> str:
    day = f"{chance.randrange(2005, 2020)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    return f"{day} {chance.randrange(24):02}:{chance.randrange(60):02}"


_NAMES = ("dog", "black_cat", "holiday", "p", "kitchen_table_with_chairs", "DSC")


def _colour(chance: Random, least: int, most: int) -> Colour:
    return chance.randint(least, most), chance.randint(least, most), chance.randint(least, most)


def _words(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, ink: Colour, height: float) -> None:
    font = ImageFont.load_default(max(7, height))
    draw.text(at, text, fill=ink, font=font, anchor="mm", align="center")


def _note(draw: ImageDraw.ImageDraw, dress: _Dress, size: Size) -> None:
    if dress.note:
        width, height = size
        _words(draw, (width / 2, height * 0.92), dress.note, dress.ink, height * 0.05)


def _text_on_white(chance: Random, dress: _Dress, size: Size) -> Image.Image:
    width, height = size
    image = Image.new("RGB", size, (255, 255, 255))
    draw = ImageDraw.Draw(image)
    text = chance.choice(WORDS).replace(" ", "\n", 1)
    _words(draw, (width / 2, height / 2), text, dress.ink, height * 0.09)
    _note(draw, dress, size)
    return image


def _crossed_circle(chance: Random, dress: _Dress, size: Size) -> Image.Image:
    width, height = size
    image = Image.new("RGB", size, dress.paper)
    draw = ImageDraw.Draw(image)
    r, x, y = height * 0.22, width * (0.3 + 0.4 * chance.random()), height * 0.38
    draw.ellipse((x - r, y - r, x + r, y + r), outline=dress.ink, width=max(3, int(height * 0.05)))
    draw.line((x - r * 0.7, y - r * 0.7, x + r * 0.7, y + r * 0.7), dress.ink, max(3, int(height * 0.05)))
    _words(draw, (width / 2, height * 0.77), chance.choice(WORDS), dress.ink, height * 0.06)
    _note(draw, dress, size)
    return image


def _camera_icon(chance: Random, dress: _Dress, size: Size) -> Image.Image:
    width, height = size
    shade = chance.randint(225, 245)
    image = Image.new("RGB", size, (shade, shade, shade))
    draw = ImageDraw.Draw(image)
    draw.rectangle((width * 0.3, height * 0.35, width * 0.7, height * 0.68), fill=dress.ink)
    draw.rectangle((width * 0.4, height * 0.28, width * 0.55, height * 0.36), fill=dress.ink)
    draw.ellipse((width * 0.42, height * 0.4, width * 0.58, height * 0.62), fill=(shade, shade, shade))
    _note(draw, dress, size)
    return image


def _logo(chance: Random, dress: _Dress, size: Size) -> Image.Image:
    """A trade mark on white, off the middle."""
    width, height = size
    image = Image.new("RGB", size, (255, 255, 255))
    draw = ImageDraw.Draw(image)
    for _ in range(5):
        x, y = width * (0.2 + 0.4 * chance.random()), height * (0.2 + 0.4 * chance.random())
        r = height * (0.05 + 0.12 * chance.random())
        draw.ellipse((x - r, y - r, x + r, y + r), fill=dress.ink if chance.random() < 0.6 else dress.paper)
    _words(draw, (width * 0.6, height * 0.7), f"{chance.choice(_NAMES)}host", dress.ink, height * 0.13)
    _note(draw, dress, size)
    return image


def _gradient(chance: Random, dress: _Dress, size: Size) -> Image.Image:
    ramp = Image.linear_gradient("L").rotate(chance.choice((0, 90, 180, 270))).resize(size)
    image = ImageOps.colorize(ramp, dress.ink, dress.paper)
    draw = ImageDraw.Draw(image)
    _words(draw, (size[0] / 2, size[1] * 0.45), chance.choice(WORDS), (255, 255, 255), size[1] * 0.07)
    _note(draw, dress, size)
    return image


def _parked_domain(chance: Random, dress: _Dress, size: Size) -> Image.Image:
    width, height = size
    image = Image.new("RGB", size, (250, 250, 250))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width, height * 0.22), fill=dress.ink)
    _words(draw, (width / 2, height * 0.11), "This domain is for sale", (255, 255, 255), height * 0.08)
    for row in range(4):
        y = height * (0.33 + 0.13 * row)
        draw.rectangle(
            (width * 0.1, y, width * (0.4 + 0.5 * chance.random()), y + height * 0.06), fill=dress.paper
        )
    _note(draw, dress, size)
    return image


def _forbidden_sign(chance: Random, dress: _Dress, size: Size) -> Image.Image:
    width, height = size
    image = Image.new("RGB", size, (12, 12, 12))
    draw = ImageDraw.Draw(image)
    stripe = max(6, width // 14)
    for x in range(-height, width, 2 * stripe):
        draw.polygon(
            ((x, 0), (x + stripe, 0), (x + stripe + height, height), (x + height, height)),
            fill=(230, 190, 20),
        )
    draw.rectangle((width * 0.1, height * 0.25, width * 0.9, height * 0.75), fill=(170, 20, 20))
    _words(draw, (width / 2, height / 2), chance.choice(WORDS), (255, 255, 255), height * 0.08)
    _note(draw, _Dress(dress.paper, (255, 255, 255), dress.note), size)
    return image


def _photograph(chance: Random, dress: _Dress, size: Size) -> Image.Image:
    """Words over a soft landscape: a design without a plain part."""
    width, height = size
    spots = Image.frombytes("RGB", (8, 6), bytes(chance.randrange(30, 226) for _ in range(144)))
    image = spots.resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        x, y, r = width * chance.random(), height * chance.random(), height * 0.16 * chance.random()
        draw.ellipse((x - r, y - r, x + 2 * r, y + r), fill=_colour(chance, 10, 245))
    image = image.filter(ImageFilter.GaussianBlur(2))
    draw = ImageDraw.Draw(image)
    _words(draw, (width / 2, height * 0.4), chance.choice(WORDS), dress.paper, height * 0.07)
    _note(draw, _Dress(dress.paper, (255, 255, 255), dress.note), size)
    return image


def _mascot(chance: Random, dress: _Dress, size: Size) -> Image.Image:
    """A dark sheet with a face."""
    width, height = size
    image = Image.new("RGB", size, dress.ink)
    draw = ImageDraw.Draw(image)
    x, y, r = width * (0.3 + 0.3 * chance.random()), height * 0.42, height * 0.28
    draw.ellipse((x - r, y - r, x + r, y + r), fill=dress.paper)
    for side in (-1, 1):
        draw.ellipse(
            (x + side * r * 0.4 - 6, y - r * 0.3 - 6, x + side * r * 0.4 + 6, y - r * 0.3 + 6), fill=dress.ink
        )
    draw.arc((x - r * 0.5, y + r * 0.1, x + r * 0.5, y + r * 0.8), 200, 340, fill=dress.ink, width=4)
    _words(draw, (width / 2, height * 0.83), chance.choice(WORDS), dress.paper, height * 0.06)
    _note(draw, _Dress(dress.paper, dress.paper, dress.note), size)
    return image


def _framed(chance: Random, dress: _Dress, size: Size) -> Image.Image:
    """A border, a broken picture in a corner, words."""
    width, height = size
    image = Image.new("RGB", size, dress.paper)
    draw = ImageDraw.Draw(image)
    draw.rectangle((2, 2, width - 3, height - 3), outline=dress.ink, width=max(2, width // 60))
    draw.rectangle((width * 0.08, height * 0.1, width * 0.3, height * 0.32), outline=dress.ink, width=3)
    draw.line((width * 0.08, height * 0.1, width * 0.3, height * 0.32), fill=dress.ink, width=3)
    _words(draw, (width / 2, height * 0.55), chance.choice(WORDS), dress.ink, height * 0.065)
    _note(draw, dress, size)
    return image


_BASES: tuple[_Base, ...] = (
    _text_on_white,
    _crossed_circle,
    _camera_icon,
    _logo,
    _gradient,
    _parked_domain,
    _forbidden_sign,
    _photograph,
    _mascot,
    _framed,
)
