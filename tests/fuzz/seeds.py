"""Small sound pictures of all forms, to be spoilt. Made on the spot, the same each time."""

import io
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageCms

SIZE = (44, 36)
EXIF = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"


def picture(seed: int = 0) -> Image.Image:
    """RGB with large shapes."""
    shapes = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), np.uint8)
    return Image.fromarray(shapes).resize(SIZE, Image.Resampling.BICUBIC)


def _sixteen(image: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)


def _with_alpha(image: Image.Image) -> Image.Image:
    image.putalpha(Image.linear_gradient("L").resize(SIZE))
    return image


AS_IT_IS: Callable[[Image.Image], Image.Image] = lambda image: image  # noqa: E731
SEEDS: tuple[tuple[str, str, Callable[[Image.Image], Image.Image], dict[str, object]], ...] = (
    ("jpeg", "JPEG", AS_IT_IS, {"quality": 85}),
    ("jpeg-progressive", "JPEG", AS_IT_IS, {"progressive": True, "subsampling": 0}),
    ("jpeg-grey", "JPEG", lambda i: i.convert("L"), {"optimize": True}),
    ("jpeg-cmyk", "JPEG", lambda i: i.convert("CMYK"), {}),
    ("jpeg-turned", "JPEG", AS_IT_IS, {"exif": EXIF, "restart_marker_blocks": 2}),
    ("jpeg-profile", "JPEG", AS_IT_IS, {"icc_profile": True}),
    ("mpo", "MPO", AS_IT_IS, {"save_all": True, "append_images": [picture(1)]}),
    ("png", "PNG", AS_IT_IS, {"exif": EXIF}),
    ("png-alpha", "PNG", _with_alpha, {"icc_profile": True}),
    ("png-palette", "PNG", lambda i: i.quantize(16), {"transparency": 3, "bits": 4}),
    ("png-16", "PNG", _sixteen, {}),
    ("png-1", "PNG", lambda i: i.convert("1"), {}),
    ("apng", "PNG", AS_IT_IS, {"save_all": True, "append_images": [picture(1)]}),
    ("gif", "GIF", lambda i: i.quantize(30), {"transparency": 3}),
    ("gif-animated", "GIF", AS_IT_IS, {"save_all": True, "append_images": [picture(1)]}),
    ("webp", "WEBP", AS_IT_IS, {"quality": 60}),
    ("webp-lossless", "WEBP", _with_alpha, {"lossless": True}),
    ("webp-extended", "WEBP", AS_IT_IS, {"exif": EXIF, "icc_profile": True, "xmp": b"<x/>"}),
    ("webp-animated", "WEBP", AS_IT_IS, {"save_all": True, "append_images": [picture(1)]}),
    ("bmp", "BMP", AS_IT_IS, {}),
    ("bmp-palette", "BMP", lambda i: i.quantize(16), {}),
    ("tiff", "TIFF", AS_IT_IS, {}),
    ("tiff-lzw", "TIFF", lambda i: i.quantize(30), {"compression": "tiff_lzw"}),
    ("tiff-deflate", "TIFF", _with_alpha, {"compression": "tiff_adobe_deflate", "icc_profile": True}),
    ("tiff-jpeg", "TIFF", AS_IT_IS, {"compression": "jpeg"}),
    ("tiff-fax", "TIFF", lambda i: i.convert("1"), {"compression": "group4"}),
    ("tiff-16", "TIFF", _sixteen, {"compression": "packbits"}),
    ("tiff-cmyk", "TIFF", lambda i: i.convert("CMYK"), {}),
    ("tiff-pages", "TIFF", AS_IT_IS, {"save_all": True, "append_images": [picture(1)]}),
    ("avif", "AVIF", AS_IT_IS, {"quality": 50, "exif": EXIF}),
    ("avif-alpha", "AVIF", _with_alpha, {"quality": 50, "icc_profile": True}),
    ("avif-animated", "AVIF", AS_IT_IS, {"save_all": True, "append_images": [picture(1)]}),
    ("heif", "HEIF", AS_IT_IS, {"quality": 50}),
)


def seeds() -> Iterator[tuple[str, bytes]]:
    """Name and body of each; HEIF where its extra is installed."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace(b"rXYZ", b"?").replace(b"gXYZ", b"rXYZ").replace(b"?", b"gXYZ")  # not sRGB
    try:
        import pillow_heif

        pillow_heif.register_heif_opener()
        left_out = set()
    except ImportError:
        left_out = {"HEIF"}
    for name, form, convert, wanted in SEEDS:
        options = dict(wanted)
        if form in left_out:
            continue
        if "icc_profile" in options:
            options["icc_profile"] = profile
        out = io.BytesIO()
        convert(picture()).save(out, form, **options)
        yield name, out.getvalue()
