"""HEIF, and AVIF beside it: the formats of telephones and of newer sites."""

import io
import subprocess
import sys
from base64 import b64encode

import numpy as np
import pytest
from PIL import Image

from gleanset.inspection.inspector import inspect
from gleanset.terms.inspection import Treatment

WITHOUT_EXTRA = """
import base64, sys
sys.modules["pillow_heif"] = None
from gleanset.inspection.inspector import inspect_image
seen = inspect_image(base64.b64decode(sys.stdin.read()))
print(seen.flaw.word, seen.format, seen.detail, sep="|")
"""


@pytest.fixture(scope="module")
def heif():
    """Makes HEIF files; the test skips without the extra."""
    plugin = pytest.importorskip("pillow_heif")
    plugin.register_heif_opener()

    def make(image, **options):
        out = io.BytesIO()
        image.save(out, "HEIF", **options)
        return out.getvalue()

    return make


@pytest.mark.parametrize("size_px", [None, 100])
def test_a_heif_is_stored_as_jpeg(photograph, heif, size_px):
    """No trainer opens HEIF."""
    inspection, stored = inspect(heif(photograph(), quality=90), Treatment(size_px=size_px))
    assert (inspection.flaw, inspection.format) == (None, "heif")
    assert (inspection.stored.format, inspection.stored.how) == ("jpeg", "resized" if size_px else "encoded")
    reference = photograph().resize((inspection.stored.width_px, inspection.stored.height_px))
    with Image.open(io.BytesIO(stored)) as image:
        assert np.abs(np.asarray(image, float) - np.asarray(reference, float)).mean() < 5


def test_a_heif_stands_upright(photograph, heif):
    """Its reader turns it by the container's own word; a tag left in EXIF must not turn it once more."""
    exif = Image.Exif()
    exif[0x0112] = 6
    inspection, stored = inspect(heif(photograph(200, 150), exif=exif.tobytes(), quality=90), Treatment())
    with Image.open(io.BytesIO(stored)) as image:
        assert (inspection.width_px, inspection.height_px) == image.size == (150, 200)
        upright = photograph(200, 150).transpose(Image.Transpose.ROTATE_270)
        assert np.abs(np.asarray(image, float) - np.asarray(upright, float)).mean() < 5


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_half_a_heif_is_refused(photograph, heif, share):
    body = heif(photograph())
    assert inspect(body[: int(len(body) * share)], Treatment())[0].flaw is not None


def test_without_its_extra_a_heif_names_what_to_install(photograph):
    """The picture may be sound: a person has to learn why it is not there."""
    body = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)
    command = [sys.executable, "-c", WITHOUT_EXTRA]
    done = subprocess.run(command, input=b64encode(body).decode(), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "undecodable|heif|HEIF: pip install 'gleanset[heif]' brings its reader"


def test_an_avif_needs_no_extra(photograph, file_of):
    inspection, _ = inspect(file_of(photograph(), "AVIF", quality=90), Treatment())
    assert (inspection.flaw, inspection.format, inspection.stored.format) == (None, "avif", "jpeg")
