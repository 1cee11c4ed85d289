"""How surely copies of photographs are found, what is lost to look-alikes, and what the search costs.

    python benchmarks/bench_near.py [--material FOLDER] [--every 4] [--pictures 1000000]

Photographs are those below ``photos`` in FOLDER (or ``GLEANSET_MATERIAL``; without either only the search is
measured). Copies are made of every N-th photograph, look-alikes are counted among all of them. The labels'
two halves, by the parity of their names' CRC, are told apart: limits that fit one by chance would fail the
other. The kinds below the line are not promised: they show where recognition ends. Search times are CPU time
of one thread, the median of 300 pictures that are new.
"""

import argparse
import io
import os
import random
import statistics
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from machine import machine
from PIL import Image, ImageEnhance

from gleanset.inspection.inspector import inspect_image
from gleanset.judge.gallery import Gallery
from gleanset.judge.near import shows_the_same

Seen = tuple[int, bytes]
Copy = Callable[[Image.Image, random.Random], bytes]

FILTERS = list(Image.Resampling)
QUERIES = 300


def encoded(image: Image.Image, form: str = "JPEG", quality: int = 90) -> bytes:
    out = io.BytesIO()
    image.save(out, form, quality=quality, compress_level=1, method=2)
    return out.getvalue()


def scaled(image: Image.Image, by: float, how: int = Image.Resampling.BICUBIC) -> Image.Image:
    return image.resize((round(image.width * by), round(image.height * by)), Image.Resampling(how))


def trimmed(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = image.size
    box = (left * width, top * height, width - right * width, height - bottom * height)
    return image.crop(tuple(map(round, box)))


def any_trim(image: Image.Image, dice: random.Random, most: float = 0.03) -> Image.Image:
    return trimmed(image, *(dice.uniform(0, most) for _ in range(4)))


def any_body(image: Image.Image, dice: random.Random) -> bytes:
    """Scaled by some filter and encoded somehow."""
    image = scaled(image, dice.uniform(0.5, 2), dice.choice(FILTERS))
    return encoded(image, dice.choice(("JPEG", "WEBP", "PNG")), dice.randint(30, 95))


def one_side(image: Image.Image, dice: random.Random) -> Image.Image:
    return trimmed(image, *dice.sample((0.03, 0, 0, 0), 4))


def corner(image: Image.Image, dice: random.Random) -> Image.Image:
    x, y = dice.sample((0.03, 0), 2), dice.sample((0.03, 0), 2)
    return trimmed(image, x[0], y[0], x[1], y[1])


PROMISED: dict[str, Copy] = {
    "JPEG, quality 30 to 95": lambda im, dice: encoded(im, "JPEG", dice.randint(30, 95)),
    "WebP, quality 30 to 95": lambda im, dice: encoded(im, "WEBP", dice.randint(30, 95)),
    "PNG": lambda im, _: encoded(im, "PNG"),
    "x0.5": lambda im, _: encoded(scaled(im, 0.5)),
    "x2": lambda im, _: encoded(scaled(im, 2)),
    "x0.5 to x2, any filter, any format": any_body,
    "3 % off one side": lambda im, dice: encoded(one_side(im, dice)),
    "3 % off two sides": lambda im, dice: encoded(corner(im, dice)),
    "up to 3 % off each side": lambda im, dice: encoded(any_trim(im, dice)),
    "3 % off each side": lambda im, _: encoded(trimmed(im, 0.03, 0.03, 0.03, 0.03)),
    "up to 3 % off each side, scaled, encoded": lambda im, dice: any_body(any_trim(im, dice), dice),
    "3 % off each side, scaled, encoded": lambda im, dice: any_body(
        trimmed(im, 0.03, 0.03, 0.03, 0.03), dice
    ),
}
BEYOND: dict[str, Copy] = {
    "grey": lambda im, _: encoded(im.convert("L")),
    "brightness x0.9": lambda im, _: encoded(ImageEnhance.Brightness(im).enhance(0.9)),
    "brightness x1.1": lambda im, _: encoded(ImageEnhance.Brightness(im).enhance(1.1)),
    "contrast x1.3": lambda im, _: encoded(ImageEnhance.Contrast(im).enhance(1.3)),
    "5 % off each side": lambda im, _: encoded(trimmed(im, 0.05, 0.05, 0.05, 0.05)),
    "turned by 1 degree": lambda im, _: encoded(im.rotate(1, Image.Resampling.BICUBIC)),
    "mirrored": lambda im, _: encoded(im.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    "upside down": lambda im, _: encoded(im.transpose(Image.Transpose.ROTATE_180)),
}


def seen(body: bytes) -> Seen:
    inspection = inspect_image(body)
    assert inspection.phash is not None
    assert inspection.thumbnail is not None
    return inspection.phash, inspection.thumbnail


def half_of(path: Path) -> int:
    """Look-alikes are of one label, so that no pair is torn apart."""
    return zlib.crc32(f"{path.parent.name}".encode()) & 1


def recall(paths: list[Path], looks: list[Seen], make: Copy) -> str:
    """The share of copies that are recognised, of each half."""
    found: tuple[list[bool], list[bool]] = ([], [])
    for path, original in zip(paths, looks, strict=True):
        with Image.open(path) as image:
            body = make(image.convert("RGB"), random.Random(path.stem + path.parent.name))
        found[half_of(path)].append(shows_the_same(*original, *seen(body)))
    return "  ".join(f"{statistics.mean(half):7.2%} of {len(half)}" for half in found if half)


def look_alikes(paths: list[Path], looks: list[Seen]) -> list[tuple[str, str]]:
    """Pairs of photographs that count as the same."""
    gallery, pairs, places = Gallery(), [], []
    for path, look in zip(paths, looks, strict=True):
        name = f"{path.parent.name}/{path.name}"
        pairs += [(name, places[one.place]) for one in gallery.similar(*look) if one.same]
        if gallery.add(*look) == len(places):
            places.append(name)
    return pairs


def tell_photographs(paths: list[Path], every: int) -> None:
    looks = [seen(path.read_bytes()) for path in paths]
    pairs = look_alikes(paths, looks)
    print(
        f"{len(pairs)} pairs of {len(paths):,} photographs count as the same, {len(pairs) / len(paths):.2%}"
    )
    for pair in pairs:
        print("   ", *pair)
    print(f"{'copies of every ' + str(every) + 'th photograph':44} one half          the other")
    for kinds in (PROMISED, BEYOND):
        for name, make in kinds.items():
            print(f"{name:44} {recall(paths[::every], looks[::every], make)}", flush=True)
        print("-" * 80)


def tell_search(most: int) -> None:
    """A gallery that grows; hashes have half of their bits set, as real ones do."""
    dice = np.random.default_rng(1)
    thumbnails = [row.tobytes() for row in dice.integers(0, 256, (1000, 256), np.uint8)]
    gallery = Gallery()
    for n in (10_000, 160_000, 1_000_000):
        if n > most:
            break
        began_s = time.thread_time()
        missing = n - len(gallery)
        for number, phash in enumerate(balanced(dice, missing)):
            gallery.add(phash, thumbnails[number % 1000])
        adding_us = (time.thread_time() - began_s) / missing * 1e6
        spent_us = [asking_us(gallery, phash, thumbnails[0]) for phash in balanced(dice, QUERIES)]
        print(
            f"{n:9,} pictures: similar {statistics.median(spent_us):4.0f} us (fastest {min(spent_us):4.0f}), "
            f"add {adding_us:.1f} us"
        )


def asking_us(gallery: Gallery, phash: int, thumbnail: bytes) -> float:
    began_s = time.thread_time()
    gallery.similar(phash, thumbnail)
    return (time.thread_time() - began_s) * 1e6


def balanced(dice: np.random.Generator, n: int) -> list[int]:
    """Hashes with the highest bit and 31 others set: a mean colour, and a median."""
    ranks = dice.random((n, 63), np.float32).argsort(axis=1) < 31
    bits = np.concatenate([np.ones((n, 1), bool), ranks], axis=1)
    return np.packbits(bits, axis=1).view(">u8")[:, 0].astype(np.uint64).tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the recognition of copies.")
    parser.add_argument("--material", type=Path, default=os.environ.get("GLEANSET_MATERIAL"))
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--pictures", type=int, default=1_000_000)
    options = parser.parse_args()
    print(machine())
    tell_search(options.pictures)
    if options.material:
        tell_photographs(sorted((Path(options.material) / "photos").rglob("*.jpg")), options.every)


if __name__ == "__main__":
    main()
