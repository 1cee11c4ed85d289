"""What inspecting a photograph costs, beside the bare codec calls of the same run.

    python benchmarks/bench_inspect.py [--photos FOLDER] [--images 100] [--rounds 9]

Photographs are made 500x375 with grain, about 95 kB, one in seven progressive: from the JPEGs below FOLDER,
else from random shapes. Two tables: ``inspect`` against what cannot be saved, in CPU milliseconds an image,
with the median over the rounds of the ratio within a round; and the ways to a size of 256, with their
distance from a full decode and an area mean before encoding. One thread on one processor: whatever shares its
caches makes the ratios worse.
"""

import argparse
import hashlib
import io
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import simplejpeg
from machine import machine
from PIL import Image

from gleanset.inspection.inspector import inspect
from gleanset.inspection.resample import shrink
from gleanset.inspection.resize import scaled_size
from gleanset.terms.inspection import Treatment

SIZE = (500, 375)
RESIZED = Treatment(size_px=256)


def photographs(folder: Path | None, n: int) -> list[bytes]:
    """JPEG bodies that look to a decoder like the pictures of a 2011 list."""
    sources = sorted(folder.rglob("*.jpg")) if folder else []
    random.Random(3).shuffle(sources)
    generator = np.random.default_rng(7)
    return [_photograph(sources[i % len(sources)] if sources else None, i, generator) for i in range(n)]


def _photograph(source: Path | None, number: int, generator: np.random.Generator) -> bytes:
    if source is None:
        picture = Image.fromarray(generator.integers(0, 256, (24, 32, 3), np.uint8))
    else:
        picture = Image.open(source).convert("RGB")
    size = SIZE if number % 3 else SIZE[::-1]
    pixels = np.asarray(picture.resize(size, Image.Resampling.LANCZOS), np.float32)
    pixels = pixels + generator.normal(0, 9, (*pixels.shape[:2], 1)) + generator.normal(0, 3, pixels.shape)
    out = io.BytesIO()
    image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    image.save(out, "JPEG", quality=92, subsampling=2 if number % 4 else 0, progressive=number % 7 == 0)
    return out.getvalue()


def bare_keep(body: bytes) -> None:
    """All that a kept picture cannot do without: its entropy data read strictly, its SHA-256."""
    simplejpeg.decode_jpeg(body, "GRAY", min_height=1, min_width=1)
    hashlib.sha256(body).digest()


def bare_resize(body: bytes) -> None:
    """The cheapest good path to 256: full decode, area mean, encoding, SHA-256."""
    pixels = simplejpeg.decode_jpeg(body, "RGB")
    small = shrink(pixels, target(pixels))
    simplejpeg.encode_jpeg(small, 95, "RGB", "420")
    hashlib.sha256(body).digest()


def target(pixels: np.ndarray) -> tuple[int, int]:
    return scaled_size(pixels.shape[1], pixels.shape[0], RESIZED)


def area_mean(pixels: np.ndarray) -> np.ndarray:
    """The reference, slowly and unrounded."""

    def weights(n: int, m: int) -> np.ndarray:
        edges = np.linspace(0, n, m + 1)
        covered = np.minimum(edges[1:, None], np.arange(n) + 1) - np.maximum(edges[:-1, None], np.arange(n))
        return np.maximum(covered, 0) * m / n

    width, height = target(pixels)
    down, across = weights(pixels.shape[0], height), weights(pixels.shape[1], width)
    return np.einsum("ij,jkc,lk->ilc", down, pixels.astype(float), across, optimize=True)


def by_pillow(how: Image.Resampling) -> Callable[[np.ndarray], np.ndarray]:
    return lambda pixels: np.asarray(Image.fromarray(pixels).resize(target(pixels), how))


def by_twice_and_half(pixels: np.ndarray) -> np.ndarray:
    """Linear to exactly twice the size, then the mean of 2x2."""
    width, height = target(pixels)
    twice = Image.fromarray(pixels).resize((2 * width, 2 * height), Image.Resampling.BILINEAR)
    return np.asarray(twice.reduce(2))


WAYS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "ours: banded area mean": lambda pixels: shrink(pixels, target(pixels)),
    "Pillow BOX": by_pillow(Image.Resampling.BOX),
    "Pillow HAMMING": by_pillow(Image.Resampling.HAMMING),
    "Pillow BILINEAR": by_pillow(Image.Resampling.BILINEAR),
    "Pillow linear to twice, then reduce(2)": by_twice_and_half,
}


def cpu_ms(work: Callable[..., object], items: Sequence[object]) -> float:
    start = time.thread_time()
    for item in items:
        work(item)
    return (time.thread_time() - start) / len(items) * 1000


def compare(bodies: Sequence[bytes], rounds: int) -> None:
    pairs = {
        "kept byte for byte": (lambda body: inspect(body, Treatment()), bare_keep),
        "resized to 256, JPEG 95": (lambda body: inspect(body, RESIZED), bare_resize),
    }
    print(f"{'':40}{'inspect':>9}{'bare':>9}{'ratio':>9}   ms of CPU an image, median of {rounds} rounds")
    for name, (ours, bare) in pairs.items():
        measured = [(cpu_ms(ours, bodies), cpu_ms(bare, bodies)) for _ in range(rounds + 1)][
            1:
        ]  # the first warms
        a, b = (statistics.median(column) for column in zip(*measured, strict=True))
        ratio = statistics.median(x / y for x, y in measured)
        print(f"{name:40}{a:9.3f}{b:9.3f}{ratio:9.2f}")


def ways_to_a_size(bodies: Sequence[bytes], rounds: int) -> None:
    pictures = [simplejpeg.decode_jpeg(body, "RGB") for body in bodies]
    references = [area_mean(pixels) for pixels in pictures[:20]]
    print(f"\n{'':40}{'ms':>9}{'dB':>9}{'worst':>9}   against a full decode and an area mean")
    for name, way in WAYS.items():
        spent = statistics.median(cpu_ms(way, pictures) for _ in range(rounds))
        errors = [np.mean((way(p) - r) ** 2) for p, r in zip(pictures[:20], references, strict=True)]
        decibels = [10 * np.log10(255**2 / error) for error in errors]
        print(f"{name:40}{spent:9.3f}{np.mean(decibels):9.1f}{min(decibels):9.1f}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--photos", type=Path, help="a folder of photographs")
    options.add_argument("--images", type=int, default=100)
    options.add_argument("--rounds", type=int, default=9)
    chosen = options.parse_args()
    bodies = photographs(chosen.photos, chosen.images)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(machine())
    print(f"simplejpeg {simplejpeg.__version__}, numpy {np.__version__}, Pillow {Image.__version__}")
    print(f"{len(bodies)} images, {statistics.mean(map(len, bodies)) / 1000:.0f} kB on average\n")
    compare(bodies, chosen.rounds)
    ways_to_a_size(bodies, max(3, chosen.rounds // 3))


if __name__ == "__main__":
    main()
