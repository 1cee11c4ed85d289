"""Against libvips, an independent reader: what is stored opens there in its strictest mode, and looks as it
shows the original.
"""

import io

import numpy as np
import pytest
from PIL import Image
from profiles import ADOBE_RGB, DISPLAY_P3, GREY_OF_A_MAC

from gleanset.inspection.inspector import inspect
from gleanset.terms.inspection import Treatment

pyvips = pytest.importorskip("pyvips")

TREATMENTS = {
    "kept": Treatment(min_side_px=1),
    "resized": Treatment(min_side_px=1, size_px=256, resize="longer"),
    "png": Treatment(min_side_px=1, encode="png"),
    "webp": Treatment(min_side_px=1, encode="webp"),
}
TOLERANCE = 1.5
"""Grey levels, in the mean: libvips rounds 16 bits and reckons colours a little differently."""


def opened(body):
    """RGB as libvips shows it: upright, sRGB, 8 bit, alpha on white."""
    image = pyvips.Image.new_from_buffer(body, "", fail_on="warning").autorot()
    if image.get_typeof("icc-profile-data"):
        image = image.icc_transform("srgb", embedded=True, intent="perceptual")
    image = image.colourspace("srgb")
    if image.hasalpha():
        image = image.flatten(background=255)
    return image.cast("uchar").numpy()


def complaint(stored, facts):
    """What strict libvips has against a stored picture; empty: nothing."""
    try:
        image = pyvips.Image.new_from_buffer(stored, "", fail_on="warning", access="sequential")
        image.copy_memory()
    except pyvips.Error as error:
        return str(error)
    return "" if (image.width, image.height) == (facts.width_px, facts.height_px) else "of another size"


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return {"exif": exif.tobytes()}


def in_16_bit(image):
    return Image.fromarray((np.asarray(image.convert("L")).astype(np.uint16) << 8) + 77)


def with_alpha(image):
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


def as_it_is(image):
    return image


TWO_FRAMES = {"save_all": True, "append_images": [Image.new("RGB", (200, 150))]}
FORMS = {
    "jpeg": ("JPEG", as_it_is, {"quality": 92, "subsampling": 0}),
    "progressive": ("JPEG", as_it_is, {"quality": 92, "subsampling": 0, "progressive": True}),
    "grey": ("JPEG", lambda i: i.convert("L"), {"quality": 92}),
    "png": ("PNG", as_it_is, {}),
    "palette": ("PNG", lambda i: i.quantize(64), {}),
    "palette with alpha": ("PNG", lambda i: i.quantize(64), {"transparency": 5}),
    "1 bit": ("PNG", lambda i: i.convert("1"), {}),
    "grey of 16 bits": ("PNG", in_16_bit, {}),
    "tiff of 16 bits": ("TIFF", in_16_bit, {}),
    "alpha": ("PNG", with_alpha, {}),
    "grey with alpha": ("PNG", lambda i: with_alpha(i).convert("LA"), {}),
    "webp": ("WEBP", as_it_is, {"quality": 92}),
    "webp with alpha": ("WEBP", with_alpha, {"lossless": True}),
    "gif": ("GIF", lambda i: i.quantize(64), {}),
    "animated gif": ("GIF", lambda i: i.quantize(64), TWO_FRAMES),
    "animated webp": ("WEBP", as_it_is, {"lossless": True, **TWO_FRAMES}),
    "mpo": ("MPO", as_it_is, {"quality": 92, **TWO_FRAMES}),
    "tiff": ("TIFF", as_it_is, {"compression": "tiff_lzw"}),
    "avif": ("AVIF", as_it_is, {"quality": 92, "subsampling": "4:4:4"}),
    **{f"turn {n}": ("JPEG", as_it_is, {"quality": 92, "subsampling": 0, **turned(n)}) for n in range(1, 9)},
    "turn 99": ("JPEG", as_it_is, {"quality": 92, "subsampling": 0, **turned(99)}),
    "adobe rgb": ("JPEG", as_it_is, {"quality": 92, "subsampling": 0, "icc_profile": ADOBE_RGB.icc()}),
    "adobe rgb with alpha": ("PNG", with_alpha, {"icc_profile": ADOBE_RGB.icc()}),
    "display p3": ("WEBP", as_it_is, {"lossless": True, "icc_profile": DISPLAY_P3.icc()}),
    "grey of a mac": ("PNG", lambda i: i.convert("L"), {"icc_profile": GREY_OF_A_MAC.icc()}),
}


@pytest.mark.parametrize("case", FORMS)
def test_all_forms_look_as_libvips_shows_them(photograph, file_of, case):
    """Row 54: colours, depths, alpha, turns, first frames."""
    form, convert, options = FORMS[case]
    body = file_of(convert(photograph()), form, **options)
    inspection, stored = inspect(body, TREATMENTS["png"])
    assert complaint(stored, inspection.stored) == ""
    with Image.open(io.BytesIO(stored)) as image:
        ours = np.asarray(image.convert("RGB"), float)
    theirs = opened(body).astype(float)
    if theirs.shape[-1] == 1:
        theirs = np.repeat(theirs, 3, axis=-1)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).mean() < TOLERANCE


def test_ink_with_a_profile_looks_as_libvips_shows_it(photograph, file_of):
    """Printing colours are nothing without their profile; Little CMS does both, by different roads."""
    rgb = file_of(photograph(), "PNG")
    ink = pyvips.Image.new_from_buffer(rgb, "").icc_export(output_profile="cmyk")
    body = ink.jpegsave_buffer(Q=95, subsample_mode="off")
    inspection, stored = inspect(body, TREATMENTS["png"])
    assert (inspection.mode, inspection.stored.how) == ("CMYK", "srgb+rgb")
    with Image.open(io.BytesIO(stored)) as image:
        ours = np.asarray(image, float)
    assert np.abs(ours - opened(body)).mean() < 2
    with Image.open(io.BytesIO(body)) as image:
        naive = np.asarray(image.convert("RGB"), float)
    assert np.abs(naive - opened(body)).mean() > 8


def test_ink_without_a_profile_is_what_browsers_show(photograph, file_of):
    """Each colour is the light that its ink and the black leave."""
    body = file_of(photograph().convert("CMYK"), "TIFF")
    _, stored = inspect(body, TREATMENTS["png"])
    with Image.open(io.BytesIO(body)) as image:
        ink = np.asarray(image, float) / 255
    with Image.open(io.BytesIO(stored)) as image:
        ours = np.asarray(image, float)
    assert np.abs(ours - 255 * (1 - ink[:, :, :3]) * (1 - ink[:, :, 3:])).mean() < 1


def with_transform(body, transform):
    """Adobe's segment says how its four components are meant: 0 as ink, 2 as YCCK (Adobe TN 5116)."""
    at = body.index(b"Adobe") + 11
    return body[:at] + bytes([transform]) + body[at + 1 :]


@pytest.mark.parametrize("transform", [0, 2])
def test_four_components_are_taken_as_adobe_says(photograph, file_of, transform):
    """CMYK and YCCK differ in nothing else; libvips shows what either comes to."""
    body = with_transform(file_of(photograph().convert("CMYK"), "JPEG", quality=95, subsampling=0), transform)
    _, stored = inspect(body, TREATMENTS["png"])
    ink = pyvips.Image.new_from_buffer(body, "", fail_on="warning")
    assert ink.interpretation == "cmyk"
    left = 1 - ink.numpy().astype(float) / 255
    with Image.open(io.BytesIO(stored)) as image:
        ours = np.asarray(image, float)
    assert np.abs(ours - 255 * left[:, :, :3] * left[:, :, 3:]).mean() < TOLERANCE


@pytest.mark.material
@pytest.mark.timeout(600)
@pytest.mark.parametrize("treatment", TREATMENTS)
def test_all_that_is_stored_of_real_pictures_opens_in_strict_libvips(material, treatment):
    """Promise G17, over odd files and photographs: 100 %."""
    odd = sorted(path for path in (material / "corpora").rglob("*") if path.is_file())
    photos = sorted((material / "photos").glob("*/*.jpg"))[:: 2 if treatment == "kept" else 16]
    complaints, n_stored = {}, 0
    for path in (*odd, *photos):
        inspection, stored = inspect(path.read_bytes(), TREATMENTS[treatment])
        if stored is not None:
            n_stored += 1
            if said := complaint(stored, inspection.stored):
                complaints[path.name] = said
    assert complaints == {}
    assert n_stored > (300 if treatment == "resized" else 1000)
