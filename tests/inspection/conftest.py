"""Pictures to inspect, made on the spot."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

Photograph = Callable[..., Image.Image]
FileOf = Callable[..., bytes]


@pytest.fixture(scope="session")
def photograph() -> Photograph:
    """Makes an RGB picture with large shapes, edges and grain, never twice the same for two seeds."""

    def make(width: int = 200, height: int = 150, seed: int = 0, grain: float = 4) -> Image.Image:
        random = np.random.default_rng(seed)
        shapes = Image.fromarray(random.integers(0, 256, (9, 12, 3), np.uint8))
        smooth = np.asarray(shapes.resize((width, height), Image.Resampling.BICUBIC), np.int16)
        noise = random.normal(0, grain, (height, width, 1)).astype(np.int16)
        return Image.fromarray(np.clip(smooth + noise, 0, 255).astype(np.uint8))

    return make


@pytest.fixture(scope="session")
def file_of() -> FileOf:
    """Saves a picture in memory: ``file_of(image, "PNG", **options)``."""

    def save(image: Image.Image, form: str, **options: object) -> bytes:
        out = io.BytesIO()
        image.save(out, form, **options)
        return out.getvalue()

    return save
