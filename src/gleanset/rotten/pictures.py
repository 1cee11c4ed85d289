"""Pictures from nothing but numbers: small scenes with a sky, a ground and things in them.

Only integers, rounded sines, Pillow and generators with a fixed stream are used, so equal settings give equal
bytes on any machine with the same Pillow and numpy.
"""

import io
import math
from functools import cached_property
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFont

from .looks import LOOKS, Colour, Look, Shape
from .responses import Picture
from .settings import WorldSettings

GRAINS = (
    (0.081, 0),
    (0.096, 16),
    (0.129, 32),
    (0.196, 64),
    (0.260, 96),
    (0.309, 128),
    (0.380, 192),
    (0.429, 256),
    (0.500, 384),
)
"""(bytes a pixel, strength of the grain): means of 60 JPEGs of 500x375 each, quality 88."""
MARGIN_PX = 64
MIDDLE = 128
"""Of a tone that changes nothing."""
QUALITY = 88
OVERSAMPLING = 2


def _seeded(*numbers: int) -> Random:
    seed = 0
    for number in numbers:
        seed = (seed * 1_000_003 + number + 7) & 0xFFFF_FFFF_FFFF_FFFF
    return Random(seed)


def _shaken(colour: Colour, chance: Random, by: int) -> Colour:
    red, green, blue = (max(0, min(255, c + int((2 * chance.random() - 1) * by))) for c in colour)
    return red, green, blue


class Artist:
    """Draws every picture of one world. Remembers nothing but its paper: equal calls give equal bytes."""

    def __init__(self, settings: WorldSettings) -> None:
        self._seed = settings.seed
        self._look = settings.look
        self._grain = _grain_for(
            settings.look.mean_bytes / (settings.look.width_px * settings.look.height_px)
        )

    def media_type(self, picture: Picture, dress: float) -> str:
        return f"image/{self.format(picture, dress)}"

    def format(self, picture: Picture, dress: float) -> str:
        """``jpeg``, ``png``, ``webp`` or ``gif``; ``dress`` is the picture's own chance, 0 to 1."""
        look = self._look
        if picture.near or dress >= look.png_share + look.webp_share + look.gif_share:
            return "jpeg"
        if dress < look.png_share:
            return "png"
        return "webp" if dress < look.png_share + look.webp_share else "gif"

    def is_turned(self, picture: Picture, dress: float) -> bool:
        return not picture.near and dress >= 1 - self._look.turned_share

    def paint(self, picture: Picture, dress: float) -> bytes:
        """The encoded picture."""
        image = self.scene(picture.label, picture.serial)
        out = io.BytesIO()
        match self.format(picture, dress):
            case "png":
                image.save(out, "PNG", compress_level=1)
            case "webp":
                image.save(out, "WEBP", quality=80, method=0)
            case "gif":
                image.quantize(128, Image.Quantize.FASTOCTREE).save(out, "GIF")
            case _:
                self._save_jpeg(image, out, picture, dress)
        return out.getvalue()

    def _save_jpeg(self, image: Image.Image, out: io.BytesIO, picture: Picture, dress: float) -> None:
        if picture.near:
            smaller = (max(8, image.width * 4 // 5), max(8, image.height * 4 // 5))
            image.resize(smaller, Image.Resampling.BILINEAR).save(out, "JPEG", quality=80)
        elif self.is_turned(picture, dress):
            exif = Image.Exif()
            exif[0x0112] = 6
            image.transpose(Image.Transpose.ROTATE_90).save(out, "JPEG", quality=QUALITY, exif=exif)
        else:
            image.save(out, "JPEG", quality=QUALITY)

    def scene(self, label: int, serial: int) -> Image.Image:
        """RGB, upright, before it is encoded."""
        chance = _seeded(self._seed, label, serial)
        look = LOOKS[label % len(LOOKS)]
        scene = self._scene(look, chance)
        self._add_light(scene, look, chance)
        self._add_motifs(scene, look, chance)
        return self._developed(scene, chance)

    def _scene(self, look: Look, chance: Random) -> Image.Image:
        """Sky and ground, each a gradient, with a soft rolling horizon between them."""
        width, height = self._look.width_px, self._look.height_px
        horizon = height * (0.55 + 0.25 * chance.random())
        colours = [_shaken(colour, chance, 14) for colour in (*look.sky, *look.ground)]
        sky = _gradient(colours[0], colours[1], (width, height))
        line = _horizon(width, horizon, height * 0.05 * look.hilly, chance)
        rows = np.arange(height, dtype=np.int32)[:, None] * 256
        cover = np.clip(rows - line[None, :], 0, 255).astype(np.uint8)
        return Image.composite(
            _gradient(colours[2], colours[3], (width, height)), sky, Image.fromarray(cover)
        )

    def _add_light(self, scene: Image.Image, look: Look, chance: Random) -> None:
        """A sun or moon in every other sky."""
        if look.indoors or chance.random() < 0.5:
            return
        radius = self._look.height_px * (0.05 + 0.07 * chance.random())
        x, y = self._look.width_px * chance.random(), self._look.height_px * (0.08 + 0.3 * chance.random())
        bright = sum(look.sky[0]) > 200
        disc = Image.new("L", (round(radius * 4), round(radius * 4)))
        ImageDraw.Draw(disc).ellipse((0, 0, radius * 4 - 1, radius * 4 - 1), fill=200)
        mask = disc.reduce(OVERSAMPLING)
        ink = (255, 246, 210) if bright else (226, 226, 240)
        scene.paste(ink, (round(x - radius), round(y - radius)), mask)

    def _add_motifs(self, scene: Image.Image, look: Look, chance: Random) -> None:
        count = 1 + int(look.most * chance.random() ** 1.5)
        feet = sorted(chance.random() for _ in range(count))
        for depth in feet:
            shrink = 1.0 if count == 1 else 0.62 + 0.3 * depth
            share = (look.size[0] + (look.size[1] - look.size[0]) * chance.random()) * shrink
            side = max(8, round(self._look.height_px * share))
            motif, mask = _motif(look, side, chance)
            x = round((self._look.width_px - side * 0.7) * chance.random() - side * 0.15)
            scene.paste(motif, (x, round(self._foot(look, depth, side, chance) - side)), mask)

    def _foot(self, look: Look, depth: float, side: int, chance: Random) -> float:
        height = self._look.height_px
        if look.place == "air":
            return side + (height - side) * chance.random()
        if look.place == "far":
            return height * (0.72 + 0.14 * chance.random())
        return height * (0.78 + 0.2 * depth)

    def _developed(self, scene: Image.Image, chance: Random) -> Image.Image:
        """Dappled light and film grain over everything: no two pictures share their broad shading."""
        width, height = scene.size
        spots = bytes(MIDDLE + (int(256 * chance.random()) - 128) * 7 // 32 for _ in range(30))
        light = Image.frombytes("L", (6, 5), spots).resize(scene.size, Image.Resampling.BICUBIC)
        x, y = int(MARGIN_PX * chance.random()), int(MARGIN_PX * chance.random())
        tone = _sum(light, self._paper.crop((x, y, x + width, y + height)))
        return _sum(scene, Image.merge("RGB", (tone, tone, tone)))

    @cached_property
    def _paper(self) -> Image.Image:
        """Grain for a picture and a margin to slide in: three bytes added up are nearly a bell curve."""
        shape = (self._look.height_px + MARGIN_PX, self._look.width_px + MARGIN_PX)
        raw = Random(self._seed ^ 0x6EA1).randbytes(3 * shape[0] * shape[1])
        noise: NDArray[np.int32] = np.frombuffer(raw, np.uint8).reshape(3, *shape).sum(axis=0, dtype=np.int32)
        grain = MIDDLE + (noise - 382) * self._grain // 2048
        return Image.fromarray(grain.clip(0, 255).astype(np.uint8))

    def notice(self, host: str) -> bytes:
        """A host's own "this picture is gone", 500x374 PNG: grey on white at Flickr's, coloured elsewhere."""
        chance = Random(f"{self._seed} {host}")
        flickr = host.endswith(".yimg.com")
        paper = (255, 255, 255) if flickr else _shaken((215, 215, 215), chance, 40)
        ink = (180, 180, 180) if flickr else _shaken((110, 110, 110), chance, 90)
        image = Image.new("RGB", (500, 374), paper)
        draw = ImageDraw.Draw(image)
        x, y, r = 90 + int(320 * chance.random()), 90 + int(120 * chance.random()), 45
        if flickr:
            x, y, r = 250, 150, 60
        draw.ellipse((x - r, y - r, x + r, y + r), outline=ink, width=12)
        draw.line((x - r // 2, y - r // 2, x + r // 2, y + r // 2), fill=ink, width=12)
        draw.line((x - r // 2, y + r // 2, x + r // 2, y - r // 2), fill=ink, width=12)
        words = "This photo is no longer available" if flickr else f"Image not found\n{host}"
        font = ImageFont.load_default(24)
        draw.multiline_text((250, 290), words, fill=ink, font=font, anchor="mm", align="center")
        out = io.BytesIO()
        image.save(out, "PNG")
        return out.getvalue()


def _sum(image: Image.Image, tone: Image.Image) -> Image.Image:
    """Lighter where ``tone`` is above ``MIDDLE``, darker where it is below."""
    return ImageChops.add(image, tone, 1, -MIDDLE)


def _gradient(top: Colour, bottom: Colour, size: tuple[int, int]) -> Image.Image:
    steps = np.arange(size[1], dtype=np.int32)[:, None]
    first, last = np.array(top, np.int32), np.array(bottom, np.int32)
    column = (first + (last - first) * steps // max(1, size[1] - 1)).astype(np.uint8)
    return Image.fromarray(column[:, None, :]).resize(size, Image.Resampling.NEAREST)


def _horizon(width: int, level: float, swing: float, chance: Random) -> NDArray[np.int32]:
    """The height of the ground's edge for each column, in 256ths of a pixel."""
    waves = [(swing * chance.random(), 1 + 4 * chance.random(), 6.3 * chance.random()) for _ in range(3)]
    slope = swing * (2 * chance.random() - 1)
    heights = [
        level + slope * (x / width - 0.5) + sum(a * math.sin(6.2832 * f * x / width + p) for a, f, p in waves)
        for x in range(0, width + 8, 8)
    ]
    knots = np.array([round(256 * height) for height in heights], np.int32)
    between = np.arange(8, dtype=np.int32)
    return (knots[:-1, None] + (np.diff(knots)[:, None] * between >> 3)).reshape(-1)[:width]


def _motif(look: Look, side: int, chance: Random) -> tuple[Image.Image, Image.Image]:
    """The look's thing, (side, side) RGB and its mask, edges smooth, colours a little different each time."""
    inks = [_shaken(ink, chance, 16) for ink in look.inks]
    large = side * OVERSAMPLING
    image = Image.new("RGB", (large, large), inks[0])
    mask = Image.new("L", (large, large))
    flip = chance.random() < 0.5
    for canvas in (image, mask):
        draw = ImageDraw.Draw(canvas)
        for shape in look.motif:
            draw_shape(draw, shape, inks[shape[1]] if canvas is image else 255, large, flip)
    return image.reduce(OVERSAMPLING), mask.reduce(OVERSAMPLING)


def draw_shape(draw: ImageDraw.ImageDraw, shape: Shape, ink: Colour | int, side: int, flip: bool) -> None:
    """Draw a shape of ``looks`` into a square of ``side`` pixels, mirrored if ``flip``."""
    kind, _, numbers = shape
    points = [n * side for n in (numbers if kind == "poly" else numbers[:4])]
    if flip:
        points[::2] = [side - x for x in points[::2]]
    if kind == "poly":
        draw.polygon(points, fill=ink)
        return
    box = (min(points[0], points[2]), points[1], max(points[0], points[2]), points[3])
    match kind:
        case "oval":
            draw.ellipse(box, fill=ink)
        case "box":
            draw.rectangle(box, fill=ink)
        case "ring":
            draw.ellipse(box, outline=ink, width=round(numbers[4] * side))
        case "arc":
            draw.arc(box, 180, 360, fill=ink, width=round(numbers[4] * side))


def _grain_for(bytes_per_px: float) -> int:
    """The strength of grain that makes a JPEG as large as asked, as far as grain can."""
    sizes, strengths = zip(*GRAINS, strict=True)
    return round(float(np.interp(bytes_per_px, sizes, strengths)))
