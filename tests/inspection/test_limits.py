"""The largest pictures that are admitted, in the forms that cost most: none takes 512 MB or five seconds."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "chaos"))
from alone import inspect_bodies

from gleanset.inspection.picture import MAX_PIXELS, most_pixels

TURNED = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"


def large(n_pixels, mode="RGB"):
    """A smooth picture of just so many pixels, four by three."""
    height = int((n_pixels * 3 / 4) ** 0.5)
    ramp = Image.linear_gradient("L").resize((n_pixels // height, height))
    if mode == "I;16":
        return Image.fromarray(np.asarray(ramp).astype(np.uint16) * 257)
    bands = (ramp, ramp.transpose(Image.Transpose.FLIP_TOP_BOTTOM), ramp, ramp)
    return Image.merge(mode, bands[: len(mode)])


HUNGRIEST = {
    "progressive and turned": ("JPEG", "RGB", {"progressive": True, "subsampling": 0, "exif": TURNED}),
    "ink": ("JPEG", "CMYK", {"progressive": True}),
    "webp": ("WEBP", "RGBA", {"method": 0, "quality": 50}),
    "grey of 16 bits": ("PNG", "I;16", {"compress_level": 1}),
    "alpha": ("TIFF", "RGBA", {"compression": "tiff_lzw"}),
    "avif": ("AVIF", "RGBA", {"speed": 10, "quality": 50, "subsampling": "4:4:4"}),
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", HUNGRIEST)
def test_the_largest_pictures_stay_within_their_bounds(tmp_path, file_of, case):
    """And one row more is refused without being decoded."""
    form, mode, options = HUNGRIEST[case]
    most = MAX_PIXELS if (form, mode) == ("JPEG", "RGB") else most_pixels(form.lower())
    bodies = {"largest": file_of(large(most, mode), form, **options)}
    if mode != "I;16":
        bodies["too large"] = file_of(large(most + 20_000, mode), form, **options)
    for treatment in ({}, {"size_px": 256}):
        costs = inspect_bodies(tmp_path, bodies, **treatment).costs
        assert costs["largest"].flaw is None, costs["largest"].detail
        assert costs["largest"].grown_bytes < 512_000_000
        assert costs["largest"].cpu_s < 5.0
        if "too large" in costs:
            assert costs["too large"].flaw == "too-many-pixels"
            assert costs["too large"].grown_bytes < 100_000_000


@pytest.mark.parametrize(("form", "most_s"), [("png", 5.0), ("webp", 5.0)])
def test_the_largest_results_are_encoded_in_five_seconds(tmp_path, file_of, form, most_s):
    """Of noise, which costs encoders most; beyond, the picture is refused."""
    noise = np.random.default_rng(1).normal(0, 12, (3000, 4000, 1)).astype(np.int16)
    noisy = np.asarray(large(12_000_000).resize((4000, 3000)), np.int16) + noise
    bodies = {
        "noise": file_of(Image.fromarray(noisy.clip(0, 255).astype(np.uint8)), "JPEG", quality=50),
        "too large": file_of(large(24_100_000), "JPEG"),
    }
    costs = inspect_bodies(tmp_path, bodies, encode=form).costs
    assert costs["noise"].flaw is None
    assert costs["noise"].cpu_s < most_s
    assert costs["too large"].flaw == "too-many-pixels"
