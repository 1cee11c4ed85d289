"""What the first bytes claim."""

import pytest

from gleanset.inspection.sniff import sniff


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("JPEG", "jpeg"),
        ("PNG", "png"),
        ("WEBP", "webp"),
        ("GIF", "gif"),
        ("BMP", "bmp"),
        ("TIFF", "tiff"),
        ("AVIF", "avif"),
    ],
)
def test_seven_formats_are_known_by_their_bytes(photograph, file_of, form, kind):
    """The format decides which decoder sees the body, so nothing but the body may decide the format."""
    assert sniff(file_of(photograph(), form)) == kind


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"\xff\xd8",
        b"<html><body>not found</body></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b"%PDF-1.7\n",
        b"PK\x03\x04" + bytes(40),
        b"\x7fELF" + bytes(40),
        b"\x00\x00\x01\x00\x01\x00" + bytes(40),
        b"RIFF\x10\x00\x00\x00WAVEfmt ",
        b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
        b"BMW was founded in 1916 in Munich",
    ],
)
def test_everything_else_is_not_an_image(body):
    """A page, a script, an archive or a film named .jpg reaches no decoder."""
    assert sniff(body) is None


def test_an_avif_is_found_among_the_compatible_brands():
    """Encoders write ``mif1`` or ``heif`` as major brand."""
    assert sniff(b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avifmiaf") == "avif"


@pytest.mark.parametrize("brands", [b"heic\0\0\0\0mif1heic", b"mif1\0\0\0\0mif1heix", b"msf1\0\0\0\0hevc"])
def test_a_heif_is_told_from_an_avif_and_from_a_film(brands):
    """The same container with another codec in it."""
    assert sniff((len(brands) + 8).to_bytes(4, "big") + b"ftyp" + brands) == "heif"
