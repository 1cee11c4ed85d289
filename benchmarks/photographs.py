"""Photographs for benchmarks: different JPEGs of about 500x375, 92 kB in the mean, 15 % progressive.

    python benchmarks/photographs.py [--photos 2000] [--originals FOLDER]

They are crops of a few real photographs, each with a film grain of its own, so that no two are alike and a
decoder has as much to do as with pictures of the web. The originals are those that come with Debian's
``mate-backgrounds`` and with the packages ``scikit-image`` and ``scikit-learn`` (fetched once by ``apt-get
download`` and ``pip download``), or those in a folder of your own. The same originals give the same pictures.
"""

import argparse
import random
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

OUT = Path(__file__).resolve().parents[1] / "bench-out"
PROGRESSIVE_SHARE = 0.15
SHAPES_PX = ((500, 375), (500, 375), (500, 333), (375, 500))
QUALITIES = (88, 95)
GRAINS = (6.0, 20.0)
"""Standard deviations in steps of 256. With these and the qualities above the mean is 92 kB."""
SMALLEST_PX = 500
LARGEST_PX = 3000
WIDEST_CROP = 4.0
"""At most so many pixels of the original for one of the crop, along each side."""
NO_PHOTOGRAPHS = (  # beginnings of the names of what is none
    "chessboard",
    "color",
    "logo",
    "microaneurysms",
    "phantom",
    "text",
    "page",
    "horse",
    "moon",
)


def photographs(n: int, originals: Path | None = None) -> list[Path]:
    """The first ``n`` of the series; those that are not there yet are made."""
    folder = OUT / "photographs"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"s{number:05d}.jpg" for number in range(n)]
    missing = [(number, path) for number, path in enumerate(paths) if not path.exists()]
    if missing:
        pictures = [Image.open(path).convert("RGB") for path in find_originals(originals)]
        for number, path in missing:
            develop(pictures, number, path)
    return paths


def develop(pictures: list[Image.Image], number: int, path: Path) -> None:
    """Photograph ``number``: a crop of one of the pictures, scaled, with grain."""
    chance = random.Random(number)
    picture = chance.choice(pictures)
    size = chance.choice(SHAPES_PX)
    crop = _crop(picture, size, chance).astype(np.float32)
    dice = np.random.default_rng(number)
    crop += dice.normal(0.0, chance.uniform(*GRAINS), (*crop.shape[:2], 1)).astype(np.float32)
    image = Image.fromarray(np.clip(crop, 0, 255).astype(np.uint8))
    partial = path.with_suffix(".part")
    progressive = chance.random() < PROGRESSIVE_SHARE
    image.save(partial, "JPEG", quality=chance.randint(*QUALITIES), progressive=progressive)
    partial.rename(path)


def _crop(picture: Image.Image, size: tuple[int, int], chance: random.Random) -> np.ndarray:
    widest = min(picture.width / size[0], picture.height / size[1])
    scale = chance.uniform(min(1.0, widest), min(widest, WIDEST_CROP))
    width, height = int(size[0] * scale), int(size[1] * scale)
    left = chance.randint(0, picture.width - width)
    top = chance.randint(0, picture.height - height)
    crop = picture.resize(size, Image.Resampling.BOX, (left, top, left + width, top + height))
    if chance.random() < 0.5:
        crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return np.asarray(crop)


def find_originals(folder: Path | None) -> list[Path]:
    """Every photograph of ``folder``; without one, those of the packages."""
    folder = folder or _fetched(OUT / "originals")
    pictures = sorted(path for path in folder.rglob("*") if path.suffix in {".jpg", ".png"})
    found = [path for path in pictures if _is_photograph(path)]
    if not found:
        raise SystemExit(f"No photographs in {folder}. Give a folder of your own by --originals.")
    return found


def _is_photograph(path: Path) -> bool:
    if path.stem.startswith(NO_PHOTOGRAPHS) or (path.suffix == ".png" and "skimage" not in path.parts):
        return False
    with Image.open(path) as picture:
        return min(picture.size) >= SMALLEST_PX and max(picture.size) <= LARGEST_PX


def _fetched(folder: Path) -> Path:
    if not folder.exists():
        partial = folder.with_suffix(".part")
        partial.mkdir(parents=True, exist_ok=True)
        for command in _commands():
            subprocess.run(command, cwd=partial, check=True, capture_output=True)
        for package in partial.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", package.name, "debian"], cwd=partial, check=True)
        for wheel in partial.glob("*.whl"):
            _unpack(wheel, partial)
        partial.rename(folder)
    return folder


def _commands() -> Iterator[list[str]]:
    yield ["apt-get", "download", "mate-backgrounds"]
    yield [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "scikit-image", "scikit-learn"]


def _unpack(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith((".jpg", ".png")) and "/tests/" not in name:
                archive.extract(name, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the photographs that benchmarks serve.")
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--originals", type=Path)
    options = parser.parse_args()
    sizes = [path.stat().st_size for path in photographs(options.photos, options.originals)]
    mean = sum(sizes) / len(sizes)
    print(f"{len(sizes):,} photographs in {OUT / 'photographs'}, {mean:,.0f} bytes in the mean")


if __name__ == "__main__":
    main()
