"""The inspector meets the worst of the web: it answers, whatever the bytes."""

import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gleanset.inspection.inspector import inspect, inspect_image
from gleanset.terms.inspection import Inspection, Treatment

MAGICS = [
    b"\xff\xd8\xff\xe0",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"RIFF\x20\x00\x00\x00WEBPVP8X",
    b"II*\x00\x08\x00\x00\x00",
    b"MM\x00*\x00\x00\x00\x08",
    b"BM" + bytes(12) + b"\x28\x00\x00\x00",
    b"\x00\x00\x00\x18ftypavif",
]
FORMS = ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"]
TREATMENTS = [Treatment(), Treatment(min_side_px=1), Treatment(size_px=16, resize="pad", min_side_px=1)]


def answers(body, treatment=TREATMENTS[1]):
    inspection, stored = inspect(body, treatment)
    assert isinstance(inspection, Inspection)
    assert (inspection.flaw is None) == (stored is not None)
    assert inspection.detail.isprintable()
    assert len(inspection.detail) <= 200
    return inspection


@given(st.binary(max_size=300))
def test_random_bytes(body):
    answers(body)


@given(st.sampled_from(MAGICS), st.binary(max_size=300), st.sampled_from(TREATMENTS))
def test_random_bytes_behind_a_true_beginning(magic, rest, treatment):
    answers(magic + rest, treatment)


EXIF = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"


@pytest.fixture(scope="module")
def small_files(photograph, file_of):
    """One valid body a format, turned by EXIF where the format can say so."""
    options = {form: {"exif": EXIF} for form in ("JPEG", "PNG", "WEBP")}
    return {form: file_of(photograph(40, 36), form, **options.get(form, {})) for form in FORMS}


@settings(max_examples=150)
@given(st.sampled_from(FORMS), st.data())
def test_mutated_pictures(small_files, form, data):
    """Bits flipped, parts cut out, doubled and overwritten, in every format."""
    body = bytearray(small_files[form])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        length = data.draw(st.integers(0, 12))
        match data.draw(st.sampled_from(["flip", "cut", "double", "overwrite"])):
            case "flip":
                body[at] ^= 1 << data.draw(st.integers(0, 7))
            case "cut":
                del body[at : at + length]
            case "double":
                body[at:at] = body[at : at + length]
            case _:
                body[at : at + length] = data.draw(st.binary(min_size=length, max_size=length))
        if not body:
            break
    answers(bytes(body), data.draw(st.sampled_from(TREATMENTS)))


def test_two_threads_see_what_one_sees(photograph, file_of):
    """Codec threads share a process: working memory and Pillow's warnings must not leak between them."""
    bodies = [
        file_of(photograph(120 + 7 * seed, 100 + 5 * seed, seed=seed), form)
        for seed in range(8)
        for form in ("JPEG", "PNG", "WEBP", "TIFF")
    ]
    treatment = Treatment(size_px=64)
    alone = [inspect(body, treatment) for body in bodies]
    with ThreadPoolExecutor(4) as threads:
        for _ in range(4):
            assert list(threads.map(lambda body: inspect(body, treatment), bodies)) == alone


def test_warnings_of_pillow_are_ours_only_while_we_work(photograph, file_of):
    """In a notebook the caller's own use of Pillow goes on as before."""
    before = list(warnings.filters)
    done = threading.Barrier(3)

    def work():
        inspect_image(file_of(photograph(), "PNG"))
        done.wait()

    for _ in range(2):
        threading.Thread(target=work).start()
    done.wait()
    assert list(warnings.filters) == before


def test_it_loads_no_more_than_it_needs():
    """Worker processes import this wing: a start stays cheap, and no plugin comes that runs programs."""
    script = (
        "import sys, gleanset.inspection.inspector, gleanset.judge.judge\n"
        "heavy = {'duckdb', 'pyarrow', 'pydantic', 'cyclopts', 'click', 'rich', 'jinja2', 'scipy', 'cv2',"
        " 'PIL.EpsImagePlugin', 'PIL.PdfImagePlugin', 'asyncio', 'socket'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
