"""``--size`` and ``--resize``: exact sizes, nothing enlarged, as good as a full decode and an area mean."""

import io
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gleanset.inspection.inspector import inspect
from gleanset.inspection.jpeg import Jpeg, read_header
from gleanset.inspection.resample import shrink
from gleanset.inspection.resize import final_size, frame, scaled_size, wide_enough
from gleanset.terms.inspection import Flaw, Treatment

RESIZES = ("shorter", "longer", "crop", "squash", "pad")


def area_mean(pixels, size):
    """The definition, slowly: the mean of the source area that each output pixel covers."""

    def weights(n, m):
        edges = np.linspace(0, n, m + 1)
        left = np.maximum(edges[:-1, None], np.arange(n))
        right = np.minimum(edges[1:, None], np.arange(n) + 1)
        return np.maximum(right - left, 0) * m / n

    down, across = weights(pixels.shape[0], size[1]), weights(pixels.shape[1], size[0])
    return np.einsum("ij,jkc,lk->ilc", down, pixels.astype(float), across, optimize=True)


def psnr_db(pixels, reference):
    return 10 * np.log10(255**2 / max(np.mean((pixels - reference) ** 2), 1e-9))


@pytest.mark.parametrize(
    ("resize", "scaled", "final"),
    [
        ("shorter", (133, 100), (133, 100)),
        ("longer", (100, 75), (100, 75)),
        ("crop", (133, 100), (100, 100)),
        ("squash", (100, 100), (100, 100)),
        ("pad", (100, 75), (100, 100)),
    ],
)
def test_five_ways_to_a_size(photograph, file_of, resize, scaled, final):
    """For 400x300 and a size of 100."""
    treatment = Treatment(size_px=100, resize=resize)
    assert scaled_size(400, 300, treatment) == scaled
    assert final_size(400, 300, treatment) == final
    inspection, stored = inspect(file_of(photograph(400, 300), "JPEG"), treatment)
    assert Image.open(io.BytesIO(stored)).size == final
    assert (inspection.width_px, inspection.height_px) == (400, 300)
    assert inspection.stored.how == "resized"


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.integers(1, 2_000), st.sampled_from(RESIZES))
def test_nothing_is_ever_enlarged(width, height, size, resize):
    """Invented pixels teach nothing; a picture that would need them is too small."""
    treatment = Treatment(size_px=size, resize=resize)
    if wide_enough(width, height, treatment):
        scaled = scaled_size(width, height, treatment)
        assert 1 <= scaled[0] <= width
        assert 1 <= scaled[1] <= height
        assert size in final_size(width, height, treatment)


@pytest.mark.parametrize(
    ("resize", "size", "fits"),
    [
        (resize, size, size <= (200 if resize in {"longer", "pad"} else 150))
        for resize, size in itertools.product(RESIZES, (150, 151, 200, 201))
    ],
)
def test_a_smaller_picture_is_too_small(photograph, file_of, resize, size, fits):
    """By the side that the way of resizing looks at."""
    inspection, _ = inspect(file_of(photograph(200, 150), "PNG"), Treatment(size_px=size, resize=resize))
    assert inspection.flaw is (None if fits else Flaw.TOO_SMALL)


def test_a_picture_of_the_right_size_is_kept_as_it_is(photograph, file_of):
    body = file_of(photograph(200, 150), "JPEG")
    for treatment in (Treatment(size_px=150), Treatment(size_px=200, resize="longer")):
        assert inspect(body, treatment)[1] is body


def test_the_middle_is_cut_out_and_white_is_put_around():
    pixels = np.arange(6 * 4 * 3, dtype=np.uint8).reshape(4, 6, 3)
    cut = frame(pixels, Treatment(size_px=4, resize="crop"))
    assert np.array_equal(cut, pixels[:, 1:5])
    padded = frame(pixels, Treatment(size_px=6, resize="pad"))
    assert padded.shape == (6, 6, 3)
    assert np.array_equal(padded[1:5], pixels)
    assert (padded[[0, 5]] == 255).all()


@pytest.mark.parametrize(
    ("source", "target"),
    [((500, 375), (341, 256)), ((375, 500), (256, 341)), ((257, 300), (256, 299)), ((640, 480), (320, 240)),
     ((300, 2000), (33, 220)), ((1000, 700), (999, 1)), ((64, 64), (1, 1)), ((700, 700), (511, 300))],
)  # fmt: skip
def test_resampling_is_the_area_mean(photograph, source, target):
    """To the rounding of the last digit; from four times smaller on an integer mean comes first."""
    pixels = np.asarray(photograph(*source))
    result, reference = shrink(pixels, target), area_mean(pixels, target)
    assert result.shape == (target[1], target[0], 3)
    exact = source[0] < 4 * target[0] and source[1] < 4 * target[1]
    assert psnr_db(result, reference) > (57 if exact else 45)


@given(st.integers(1, 90), st.integers(1, 90), st.data())
def test_any_smaller_size_can_be_had(width, height, data):
    """And a plain picture stays exactly what it is."""
    target = data.draw(st.integers(1, width)), data.draw(st.integers(1, height))
    pixels = np.full((height, width, 3), (3, 128, 254), np.uint8)
    for interpolate in (False, True):
        result = shrink(pixels, target, interpolate)
        assert result.shape == (target[1], target[0], 3)
        assert (result == (3, 128, 254)).all()


def test_the_cubic_curve_does_not_swing_beyond_black_and_white():
    """An overshoot that wraps around would put black dots on white edges."""
    pixels = np.zeros((90, 90, 3), np.uint8)
    pixels[:, 31:] = 255
    result = shrink(pixels, (60, 60), interpolate=True)
    assert (result[:, :19] < 60).all()
    assert (result[:, 22:] > 195).all()


@pytest.mark.parametrize("size_px", [64, 100, 160, 256])
@pytest.mark.parametrize("source", [(500, 375), (1024, 768), (1600, 1200)])
def test_shrinking_on_load_stays_within_45_db(photograph, file_of, source, size_px):
    """Of a full decode and an area mean, before encoding, with the grain of a good camera."""
    body = file_of(photograph(*source, grain=3), "JPEG", quality=92)
    target = scaled_size(*source, Treatment(size_px=size_px))
    full = np.asarray(Image.open(io.BytesIO(body)))
    loaded = Jpeg(body, read_header(body), Treatment()).rgb(target)
    shrunk = shrink(loaded, target, interpolate=loaded.shape != full.shape)
    assert psnr_db(shrunk, area_mean(full, target)) >= 45


@pytest.mark.parametrize(
    ("source", "target", "loaded"),
    [
        ((1600, 1200), (341, 256), (800, 600)),
        ((1600, 1200), (266, 200), (400, 300)),
        ((1600, 1200), (267, 200), (800, 600)),
        ((1600, 1200), (88, 66), (200, 150)),
        ((1600, 1200), (90, 67), (400, 300)),
        ((500, 375), (341, 256), (500, 375)),
        ((1601, 1201), (88, 66), (201, 151)),
    ],
)
def test_a_jpeg_is_loaded_shrunk_by_half_quarter_or_eighth_only(photograph, file_of, source, target, loaded):
    """It stays 1.5 times (an eighth: 2.25) as large as the target; other scales are slower and worse."""
    body = file_of(photograph(*source), "JPEG")
    pixels = Jpeg(body, read_header(body), Treatment()).rgb(target)
    assert pixels.shape == (loaded[1], loaded[0], 3)
