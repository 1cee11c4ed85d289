"""What goes into the dataset: the body itself, or an upright RGB picture that every trainer opens."""

import hashlib
import io
import struct
import zlib

import numpy as np
import pytest
import simplejpeg
from PIL import Image, ImageCms

from gleanset.inspection.inspector import inspect
from gleanset.terms.inspection import Treatment

AS_IT_IS = Treatment()


def opened(body):
    with Image.open(io.BytesIO(body)) as image:
        image.load()
        return image


def mean_difference(a, b):
    """Grey levels between two pictures of the same size, on average over all channels."""
    a, b = (np.asarray(image.convert("RGB"), np.int16) for image in (a, b))
    assert a.shape == b.shape
    return float(np.abs(a - b).mean())


def stored_of(body, treatment=AS_IT_IS):
    inspection, stored = inspect(body, treatment)
    assert inspection.flaw is None, inspection.detail
    facts, image = inspection.stored, opened(stored)
    assert (facts.width_px, facts.height_px) == image.size
    assert (facts.n_bytes, facts.sha256) == (len(stored), hashlib.sha256(stored).digest())
    assert facts.format.upper() == image.format
    return inspection, stored


@pytest.mark.parametrize(
    ("form", "mode", "options"),
    [
        ("JPEG", "RGB", {"quality": 80}),
        ("JPEG", "RGB", {"quality": 80, "progressive": True}),
        ("JPEG", "RGB", {"quality": 95, "subsampling": 0}),
        ("JPEG", "RGB", {"quality": 80, "keep_rgb": True}),
        ("JPEG", "L", {}),
        ("PNG", "RGB", {}),
        ("PNG", "L", {}),
        ("WEBP", "RGB", {"quality": 80}),
        ("WEBP", "RGB", {"lossless": True}),
    ],
)
def test_what_every_trainer_opens_is_kept_byte_for_byte(photograph, file_of, form, mode, options):
    """Encoding again costs quality, time and the identity of the file."""
    body = file_of(photograph().convert(mode), form, **options)
    inspection, stored = stored_of(body)
    assert stored is body
    assert (inspection.stored.how, inspection.mode) == ("original", mode)
    assert inspection.stored.sha256 == inspection.sha256


def in_16_bit_grey(image):
    return Image.fromarray((np.asarray(image.convert("L")).astype(np.uint16) << 8) + 77)


ODD = {
    "cmyk jpeg": ("JPEG", lambda p: p.convert("CMYK"), {"quality": 95}, "CMYK"),
    "palette png": ("PNG", lambda p: p.quantize(200), {}, "P"),
    "16 bit grey png": ("PNG", in_16_bit_grey, {}, "I;16"),
    "16 bit grey tiff": ("TIFF", in_16_bit_grey, {}, "I;16"),
    "1 bit png": ("PNG", lambda p: p.convert("1"), {}, "1"),
    "gif": ("GIF", lambda p: p.quantize(200), {}, "P"),
    "bmp": ("BMP", lambda p: p, {}, "RGB"),
    "tiff": ("TIFF", lambda p: p, {}, "RGB"),
    "compressed tiff": ("TIFF", lambda p: p, {"compression": "tiff_lzw"}, "RGB"),
    "cmyk tiff": ("TIFF", lambda p: p.convert("CMYK"), {}, "CMYK"),
    "avif": ("AVIF", lambda p: p, {"quality": 95}, "RGB"),
}


@pytest.mark.parametrize("case", ODD)
def test_anything_else_is_stored_as_rgb_jpeg(photograph, file_of, case):
    """The colours are those that Pillow shows, and the manifest says what was done."""
    form, convert, options, mode = ODD[case]
    source = convert(photograph())
    body = file_of(source, form, **options)
    inspection, stored = stored_of(body)
    image = opened(stored)
    assert (image.format, image.mode) == ("JPEG", "RGB")
    assert inspection.mode == mode
    assert inspection.stored.how == ("rgb" if mode != "RGB" else "encoded")
    reference = photograph().convert("L") if mode == "I;16" else opened(body).convert("RGB")
    assert mean_difference(image, reference) < (8 if mode == "P" else 3)  # dithering is hard on JPEG


def test_adobe_s_inverted_cmyk_comes_out_right_side_up(photograph, file_of):
    """Photoshop stores ink as its complement; a reader that forgets it shows a negative."""
    picture = photograph()
    body = file_of(picture.convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in body[:2000]
    assert mean_difference(opened(stored_of(body)[1]), picture) < 4


def test_a_cmyk_jpeg_is_as_strictly_read_as_any(photograph, file_of):
    """Pillow, which does its colours, would not complain."""
    body = file_of(photograph().convert("CMYK"), "JPEG", quality=95, restart_marker_blocks=8)
    middle = len(body) // 2
    inspection, _ = inspect(body[:middle] + bytes(300) + body[middle + 300 :], AS_IT_IS)
    assert inspection.flaw is not None


def test_16_bit_colour_is_no_8_bit_colour(photograph, file_of):
    """Pillow reads it as RGB, but a trainer that uses libpng sees 16 bits."""
    rgb = np.asarray(photograph()).astype(np.uint16) << 8
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in rgb)
    inspection, stored = stored_of(png(200, 150, 16, 2, rows))
    assert inspection.stored.how == "rgb"
    assert mean_difference(opened(stored), photograph()) < 3


def png(width, height, depth, colour, rows):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


def with_a_hole(image, mode):
    """The picture with full transparency in its left third and half of it in the middle."""
    alpha = np.full((image.height, image.width), 255, np.uint8)
    alpha[:, : image.width // 3] = 0
    alpha[:, image.width // 3 : image.width // 2] = 128
    image = image.convert(mode[:-1] if mode.endswith("A") else mode)
    image.putalpha(Image.fromarray(alpha))
    return image


@pytest.mark.parametrize(
    ("form", "mode"), [("PNG", "RGBA"), ("PNG", "LA"), ("WEBP", "RGBA"), ("TIFF", "RGBA")]
)
def test_alpha_is_put_on_white(photograph, file_of, form, mode):
    """What lies under transparency is garbage that no person ever saw."""
    options = {"lossless": True} if form == "WEBP" else {}
    source = with_a_hole(photograph(), mode)
    _, stored = stored_of(file_of(source, form, **options))
    white = Image.new("RGBA", source.size, "white")
    reference = Image.alpha_composite(white, source.convert("RGBA"))
    assert mean_difference(opened(stored), reference) < 3
    assert np.asarray(opened(stored))[:, :50].min() > 240


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_a_transparent_palette_entry_is_put_on_white(photograph, file_of, form):
    """One entry of the palette says "nothing here"."""
    image = photograph().quantize(100)
    image.paste(7, (0, 0, 60, image.height))
    _, stored = stored_of(file_of(image, form, transparency=7))
    shown = np.asarray(opened(stored).convert("RGB"))
    assert shown[:, :40].min() > 240


def test_a_transparent_shade_of_a_grey_or_rgb_png_is_alpha_too(photograph, file_of):
    """tRNS names one colour as transparent; readers differ in whether they look."""
    body = file_of(photograph(), "PNG", transparency=(1, 2, 3))
    assert stored_of(body)[0].stored.how == "rgb"


@pytest.mark.parametrize(
    ("form", "options"), [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {}), ("TIFF", {})]
)
def test_of_an_animation_the_first_frame_is_stored(photograph, file_of, form, options):
    """A trainer would take the first frame or stumble; frames are not counted to the end."""
    first, second = photograph(seed=1), photograph(seed=2)
    body = file_of(first, form, save_all=True, append_images=[second, second])
    inspection, stored = stored_of(body)
    assert (inspection.frames, inspection.stored.how.split("+")[0]) == (2, "first-frame")
    assert mean_difference(opened(stored), first) < mean_difference(opened(stored), second) / 3


def test_of_two_pictures_in_one_jpeg_the_first_is_stored(photograph, file_of):
    """Stereo cameras write MPO; libjpeg sees one picture, Pillow two."""
    first, second = photograph(seed=1), photograph(seed=2)
    body = file_of(first, "MPO", save_all=True, append_images=[second])
    inspection, stored = stored_of(body)
    assert (inspection.frames, inspection.stored.how) == (2, "first-frame")
    assert mean_difference(opened(stored), first) < 5


def test_a_gain_map_is_no_second_picture(photograph, file_of):
    """Ultra HDR photographs of telephones are kept as they are: every trainer sees one picture."""
    body = file_of(photograph(), "MPO", save_all=True, append_images=[photograph(seed=2)])
    note = b'http://ns.adobe.com/xap/1.0/\0<x hdrgm:Version="1.0"/>'
    marked = body[:2] + b"\xff\xe1" + (len(note) + 2).to_bytes(2, "big") + note + body[2:]
    inspection, stored = stored_of(marked)
    assert (stored is marked, inspection.frames) == (True, 1)


def test_what_is_encoded_carries_no_metadata(photograph, file_of):
    """Places, cameras and thumbnails of the old picture do not belong to the new one."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    _, stored = stored_of(file_of(photograph(), "JPEG", exif=exif, icc_profile=profile, comment=b"secret"))
    assert not {"exif", "icc_profile", "comment"} & set(opened(stored).info)


@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
def test_one_format_may_be_asked_for_all(photograph, file_of, form):
    """Bodies that have it already stay as they are."""
    for source in ("JPEG", "PNG", "WEBP"):
        body = file_of(photograph(), source)
        inspection, stored = stored_of(body, Treatment(encode=form))
        assert inspection.stored.format == form
        assert (stored is body) == (source.lower() == form)
        assert inspection.stored.how == ("original" if stored is body else "encoded")


def test_png_loses_nothing(photograph, file_of):
    body = file_of(photograph(), "WEBP", lossless=True)
    _, stored = stored_of(body, Treatment(encode="png"))
    assert mean_difference(opened(stored), photograph()) == 0


@pytest.mark.parametrize("form", ["jpeg", "webp"])
def test_quality_costs_bytes(photograph, file_of, form):
    body = file_of(photograph(), "BMP")
    sizes = [len(stored_of(body, Treatment(encode=form, quality=q))[1]) for q in (30, 75, 95)]
    assert sizes == sorted(set(sizes))


def test_encoded_jpegs_halve_the_colours(photograph, file_of):
    """4:2:0 like nearly all photographs of the web."""
    _, stored = stored_of(file_of(photograph(), "BMP"))
    assert simplejpeg.decode_jpeg_header(stored)[3] == "420"
