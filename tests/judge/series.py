"""Honest pictures that come in series and look much alike: what must never be taken for a placeholder."""

from collections.abc import Iterator
from random import Random

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

Colour = tuple[int, int, int]
SIZE = (400, 400)


def bottles(chance: Random, n: int) -> Iterator[Image.Image]:
    """A shop's bottles before white: one outline, labels of all kinds."""
    for _ in range(n):
        image = Image.new("RGB", SIZE, (255, 255, 255))
        draw = ImageDraw.Draw(image)
        glass, wide = _colour(chance, 10, 90), chance.randint(42, 50)
        draw.rounded_rectangle((200 - wide, 140, 200 + wide, 380), 20, fill=glass)
        draw.rectangle((186, 30, 214, 150), fill=glass)
        draw.rectangle((184, 20, 216, 70), fill=_colour(chance, 10, 220))
        top = chance.randint(200, 225)
        draw.rectangle(
            (200 - wide, top, 200 + wide, top + chance.randint(80, 120)), fill=_colour(chance, 60, 250)
        )
        draw.ellipse((180, top + 20, 220, top + 60), fill=_colour(chance, 0, 255))
        yield image


def coins(chance: Random, n: int) -> Iterator[Image.Image]:
    """A collector's coins, all in the middle of white sheets: only the relief differs."""
    for _ in range(n):
        image = Image.new("RGB", SIZE, (255, 255, 255))
        draw = ImageDraw.Draw(image)
        metal = chance.choice(((184, 150, 90), (180, 180, 186), (150, 96, 60)))
        draw.ellipse((30, 30, 370, 370), fill=metal)
        for _ in range(9):
            x, y, r = chance.randint(110, 290), chance.randint(110, 290), chance.randint(8, 46)
            shade = tuple(max(0, min(255, c + chance.randint(-50, 50))) for c in metal)
            draw.ellipse((x - r, y - r, x + r, y + r), fill=shade)
        yield image


def moons(chance: Random, n: int) -> Iterator[Image.Image]:
    """The full moon, night after night: near the middle, nearly as large."""
    for _ in range(n):
        image = Image.new("RGB", SIZE, (4, 4, 8))
        draw = ImageDraw.Draw(image)
        x, y, r = 200 + chance.randint(-14, 14), 200 + chance.randint(-14, 14), chance.randint(120, 150)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=(214, 210, 196))
        spots = Random(7)
        for _ in range(12):
            a, b, s = spots.uniform(-0.6, 0.6), spots.uniform(-0.6, 0.6), spots.uniform(0.05, 0.2) * r
            draw.ellipse((x + a * r - s, y + b * r - s, x + a * r + s, y + b * r + s), fill=(160, 156, 150))
        yield image.filter(ImageFilter.GaussianBlur(3))


def pages(chance: Random, n: int) -> Iterator[Image.Image]:
    """Pages of one book: equal margins, equal lines, other words."""
    font = ImageFont.load_default(11)
    for number in range(n):
        image = Image.new("L", (360, 520), 244)
        draw = ImageDraw.Draw(image)
        y = 40
        while y < 480:
            last = chance.random() < 0.2
            words = " ".join(
                "".join(chance.choices("aeinorstlmdu", k=chance.randint(2, 9))) for _ in range(12)
            )
            draw.text((40, y), words[: chance.randint(10, 44) if last else 46], fill=20, font=font)
            y += 14 if not last else 20
        draw.text((180, 495), str(number), fill=20, font=font)
        yield image.convert("RGB")


def burst(photograph: Image.Image, chance: Random, n: int) -> Iterator[Image.Image]:
    """Shots from the hand within a second: moved by up to 3 %, a little lighter or darker, grain."""
    width, height = photograph.size
    for _ in range(n):
        x, y = (int(side * 0.03 * chance.random()) for side in (width, height))
        box = (x, y, width - int(width * 0.03) + x, height - int(height * 0.03) + y)
        yield ImageEnhance.Brightness(photograph.crop(box)).enhance(chance.uniform(0.94, 1.06))


def turntable(chance: Random, n: int) -> Iterator[Image.Image]:
    """One thing before white, turned by a few degrees from shot to shot."""
    inks = [_colour(chance, 30, 220) for _ in range(7)]
    at = [(chance.random(), chance.uniform(0.2, 0.8)) for _ in inks]
    for step in range(n):
        image = Image.new("RGB", SIZE, (255, 255, 255))
        draw = ImageDraw.Draw(image)
        draw.rounded_rectangle((90, 60, 310, 350), 40, fill=(90, 96, 110))
        for ink, (turn, y) in zip(inks, at, strict=True):
            x = 100 + 200 * ((turn + step * 0.03) % 1.0)
            draw.ellipse((x - 22, 400 * y - 22, x + 22, 400 * y + 22), fill=ink)
        yield image


def webcam(chance: Random, n: int) -> Iterator[Image.Image]:
    """A camera that never moves: the light changes, people walk."""
    spots = Image.frombytes("RGB", (9, 7), bytes(chance.randrange(20, 236) for _ in range(189)))
    scene = spots.resize((480, 360), Image.Resampling.BICUBIC)
    for _ in range(n):
        image = scene.copy()
        draw = ImageDraw.Draw(image)
        for _ in range(chance.randint(1, 5)):
            x, y, h = chance.randint(0, 460), chance.randint(150, 330), chance.randint(20, 70)
            draw.rectangle((x, y - h, x + h // 3, y), fill=_colour(chance, 0, 255))
        light = Image.frombytes("L", (3, 3), bytes(chance.randrange(150, 256) for _ in range(9)))
        dark = Image.new("RGB", image.size)
        yield Image.composite(image, dark, light.resize(image.size, Image.Resampling.BICUBIC))


def skies(chance: Random, n: int) -> Iterator[Image.Image]:
    """Evening skies without a cloud: a slope of grey, and noise."""
    for _ in range(n):
        top, bottom = _colour(chance, 20, 140), _colour(chance, 120, 255)
        ramp = Image.frombytes("RGB", (1, 2), bytes((*top, *bottom))).resize(
            (400, 300), Image.Resampling.BILINEAR
        )
        tilt = chance.uniform(-4, 4)
        yield ramp.resize((440, 340)).rotate(tilt, Image.Resampling.BILINEAR).crop((20, 20, 420, 320))


def charts(chance: Random, n: int) -> Iterator[Image.Image]:
    """Curves of one program: axes and a frame in the same place."""
    for _ in range(n):
        image = Image.new("RGB", (400, 300), (255, 255, 255))
        draw = ImageDraw.Draw(image)
        draw.rectangle((40, 20, 380, 260), outline=(0, 0, 0), width=2)
        for ink in ((200, 30, 30), (30, 60, 200)):
            y = chance.randint(60, 220)
            points = []
            for x in range(40, 381, 10):
                y = max(24, min(256, y + chance.randint(-22, 22)))
                points.append((x, y))
            draw.line(points, fill=ink, width=3)
        yield image


def _colour(chance: Random, least: int, most: int) -> Colour:
    return chance.randint(least, most), chance.randint(least, most), chance.randint(least, most)
