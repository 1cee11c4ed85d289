"""Colour profiles: what is stored shows on any screen what the picture's own profile says.

References are reckoned from the profiles' primaries by numpy, without any colour library.
"""

import io

import numpy as np
import pytest
from PIL import Image
from profiles import ADOBE_RGB, DISPLAY_P3, GREY_OF_A_MAC, GREY_OF_A_PC, NEARLY_SRGB, OLD_MAC

from gleanset.inspection.colour import MAX_PROFILE_BYTES
from gleanset.inspection.inspector import inspect
from gleanset.terms.inspection import Treatment

TO_PNG = Treatment(encode="png")
TOLERANCE = 1.0
"""Grey levels, in the mean. Colour libraries round differently; without a conversion it is 5 to 15."""
LOSSLESS = [("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {})]


def shown(body, treatment):
    """What is stored, as RGB, and how it was made."""
    inspection, stored = inspect(body, treatment)
    assert inspection.flaw is None, inspection.detail
    with Image.open(io.BytesIO(stored)) as image:
        assert not image.info.get("icc_profile") or stored == body
        return np.asarray(image.convert("RGB"), float), inspection.stored.how


def decoded(body, mode="RGB"):
    with Image.open(io.BytesIO(body)) as image:
        return np.asarray(image.convert(mode))


def off_by(pixels, reference):
    return float(np.abs(pixels - reference).mean())


@pytest.mark.parametrize("profile", [ADOBE_RGB, DISPLAY_P3, OLD_MAC], ids=["adobe", "p3", "gamma-1.8"])
@pytest.mark.parametrize(
    ("form", "options"),
    [*LOSSLESS, ("JPEG", {"quality": 90}), ("WEBP", {"quality": 90}), ("AVIF", {"quality": 90})],
)
def test_other_colours_become_srgb(photograph, file_of, form, options, profile):
    """A trainer that ignores the profile would learn pale or garish pictures."""
    body = file_of(photograph(), form, icc_profile=profile.icc(), **options)
    source = decoded(body)
    pixels, how = shown(body, TO_PNG)
    assert how == "srgb"
    assert off_by(pixels, profile.to_srgb(source)) < TOLERANCE
    assert off_by(pixels, source) > 4


def test_a_resized_picture_has_srgb_colours_too(photograph, file_of):
    """The other way through the inspector: shrunk while it is decoded."""
    body = file_of(photograph(1200, 900, grain=0), "JPEG", quality=95, icc_profile=ADOBE_RGB.icc())
    pixels, how = shown(body, Treatment(size_px=100, encode="png"))
    reference = np.asarray(Image.fromarray(decoded(body)).resize((133, 100), Image.Resampling.BOX))
    assert how == "srgb+resized"
    assert off_by(pixels, ADOBE_RGB.to_srgb(reference)) < 2


@pytest.mark.parametrize(("form", "options"), [("JPEG", {"quality": 90}), *LOSSLESS[::2]])
def test_grey_has_profiles_of_its_own(photograph, file_of, form, options):
    body = file_of(photograph().convert("L"), form, icc_profile=GREY_OF_A_MAC.icc(), **options)
    pixels, how = shown(body, TO_PNG)
    assert how == "srgb+rgb"
    assert off_by(pixels, GREY_OF_A_MAC.to_srgb(decoded(body, "L"))) < TOLERANCE


def test_alpha_is_laid_on_white_after_the_colours_are_srgb(photograph, file_of):
    """White stays white."""
    image = photograph()
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    pixels, _ = shown(file_of(image, "PNG", icc_profile=ADOBE_RGB.icc()), TO_PNG)
    alpha = np.asarray(image.getchannel("A"), float)[:, :, None] / 255
    reference = ADOBE_RGB.to_srgb(np.asarray(image.convert("RGB"))) * alpha + 255 * (1 - alpha)
    assert off_by(pixels, reference) < TOLERANCE


@pytest.mark.parametrize(
    ("form", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("PNG", "RGB"), ("PNG", "L"), ("WEBP", "RGB")]
)
def test_what_is_srgb_but_for_a_shade_is_kept_byte_for_byte(photograph, file_of, form, mode):
    """A gamma of 2.2 is within two grey levels of it; encoding again would cost more."""
    profile = NEARLY_SRGB if mode == "RGB" else GREY_OF_A_PC
    body = file_of(photograph().convert(mode), form, icc_profile=profile.icc())
    assert inspect(body, Treatment())[1] is body


@pytest.mark.parametrize(
    "profile",
    [
        b"nonsense",
        ADOBE_RGB.icc()[:200],
        ADOBE_RGB.icc()[:16] + b"CMYK" + ADOBE_RGB.icc()[20:],
        GREY_OF_A_MAC.icc(),
        ADOBE_RGB.icc()[:132] + b"\xff" * 300,
        ADOBE_RGB.icc() + bytes(MAX_PROFILE_BYTES),
    ],
    ids=["nonsense", "cut", "of-other-colours", "of-grey", "overwritten", "endless"],
)
def test_a_profile_that_makes_no_sense_counts_as_none(photograph, file_of, profile):
    """As browsers take it: the picture is sound."""
    body = file_of(photograph(), "JPEG", icc_profile=profile)
    inspection, stored = inspect(body, Treatment())
    assert inspection.flaw is None
    assert (stored is body) == (len(profile) < 1000)


def test_a_profile_in_several_parts_in_any_order_is_one(photograph, file_of):
    """JPEG's segments end at 64 kB: large profiles are cut, and some writers shuffle the parts."""
    profile = ADOBE_RGB.icc()
    body = file_of(photograph(), "JPEG", quality=90)

    def part(number, data):
        data = b"ICC_PROFILE\0" + bytes([number, 2]) + data
        return b"\xff\xe2" + (len(data) + 2).to_bytes(2, "big") + data

    shuffled = body[:2] + part(2, profile[150:]) + part(1, profile[:150]) + body[2:]
    pixels, how = shown(shuffled, TO_PNG)
    assert how == "srgb"
    assert off_by(pixels, ADOBE_RGB.to_srgb(decoded(body))) < TOLERANCE
