"""Real odd, broken and hostile files: each is answered as expected, or stands in the table of deviations."""

import csv
import importlib.util
import io
import sys
from pathlib import Path

import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "chaos"))
from alone import inspect_files

from gleanset.inspection.inspector import inspect
from gleanset.inspection.sniff import sniff
from gleanset.terms.inspection import Flaw, Treatment

pytestmark = pytest.mark.material

ANY_SIZE = Treatment(min_side_px=1)
NOTHING_TO_SEE = {Flaw.BLANK, Flaw.BAD_SHAPE}
"""Found after a whole decode, or by the shape alone: no complaint about the file."""
OPENED = {"jpeg", "png", "webp", "gif", "bmp", "tiff", "avif"}
ALSO_CALLED = {"heif": "heic"}


@pytest.fixture(scope="module")
def corpora(material):
    return material / "corpora"


@pytest.fixture(scope="module")
def rows(corpora):
    with (corpora / "INDEX.csv").open(newline="") as index:
        return list(csv.DictReader(index))


@pytest.fixture(scope="module")
def deviations():
    with Path(__file__).with_name("deviations.csv").open(newline="") as table:
        rows = {row["file"]: row for row in csv.DictReader(table)}
    if importlib.util.find_spec("pillow_heif") is None:
        rows = {name: row for name, row in rows.items() if not name.endswith(".heif")}
    return rows


@pytest.fixture(scope="module")
def answers(corpora, rows):
    """Every file inspected once: (inspection, stored) by name."""
    return {row["file"]: inspect((corpora / row["file"]).read_bytes(), ANY_SIZE) for row in rows}


def test_every_file_is_answered_as_expected(rows, answers, deviations):
    """``decode`` is decoded, ``reject`` and ``reject-bomb`` are refused; other formats are no images."""
    wrong = {}
    for row in rows:
        inspection, _ = answers[row["file"]]
        fine = inspection.flaw is None or inspection.flaw in NOTHING_TO_SEE
        expected = {"decode": row["sniffed"] in OPENED, "reject": False, "reject-bomb": False}.get(
            row["expected"]
        )
        if expected is not None and fine != expected:
            wrong[row["file"]] = inspection.flaw.word if inspection.flaw else "kept"
    assert wrong == {name: row["answer"] for name, row in deviations.items()}


def test_every_deviation_has_its_reason(deviations):
    assert all(len(row["reason"]) > 20 for row in deviations.values())
    assert len(deviations) < 12


def test_formats_are_told_apart_by_their_bytes(corpora, rows):
    """As an independent tool told them; bitmaps with an impossible header are none."""
    for row in rows:
        kind = sniff((corpora / row["file"]).read_bytes())
        if kind is not None:
            assert ALSO_CALLED.get(kind, kind) == row["sniffed"], row["file"]
        elif row["sniffed"] in OPENED:
            assert row["expected"] == "reject", row["file"]


def test_whatever_is_stored_opens_without_a_word(answers, recwarn):
    """Upright, 8 bit, grey or RGB, one frame."""
    for name, (inspection, stored) in answers.items():
        if stored is None:
            continue
        with Image.open(io.BytesIO(stored), formats=("JPEG", "PNG", "WEBP")) as image:
            image.load()
            assert image.mode in {"RGB", "L"}, name
            assert image.size == (inspection.stored.width_px, inspection.stored.height_px), name
            assert image.getexif().get(0x0112, 1) not in range(2, 9), name
    about_metadata = ("malformed MPO", "Corrupt EXIF")
    said = [str(warning.message) for warning in recwarn]
    assert [words for words in said if not any(known in words for known in about_metadata)] == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize("treatment", [{"min_side_px": 1}, {"min_side_px": 1, "size_px": 64}])
def test_no_file_takes_more_than_512_megabytes_or_five_seconds(corpora, rows, treatment):
    """Promise G16, in a process that has to survive all of them; bombs may take 100 MB."""
    alone = inspect_files({row["file"]: corpora / row["file"] for row in rows}, **treatment)
    bombs = {row["file"] for row in rows if row["expected"] == "reject-bomb"}
    assert len(alone.costs) == len(rows) > 1500
    for name, cost in alone.costs.items():
        assert cost.cpu_s < 5.0, name
        assert cost.grown_bytes < (100_000_000 if name in bombs else 512_000_000), name
        assert cost.flaw != Flaw.DECODER_CRASH.word, name
    assert alone.started == []


@pytest.mark.timeout(600)
def test_real_photographs_are_all_kept(material):
    """Strictness must not cost good pictures: not one of 1,296 is refused, blank or encoded anew."""
    photos = sorted((material / "photos").glob("*/*.jpg"))
    refused = {}
    for photo in photos:
        body = photo.read_bytes()
        inspection, stored = inspect(body, Treatment())
        if stored is not body:
            refused[photo.name] = (inspection.flaw, inspection.stored)
    assert len(photos) > 1000
    assert refused == {}


def test_exif_examples_are_all_the_same_picture(corpora):
    """Eight files a motif, stored turned in eight ways, look alike once they are upright."""
    for motif in ("Landscape", "Portrait"):
        files = [corpora / "exif-orientation" / f"{motif}_{n}.jpg" for n in range(1, 9)]
        looks = [inspect(file.read_bytes(), Treatment())[0] for file in files]
        assert len({(look.width_px, look.height_px) for look in looks}) == 1
        assert all((look.phash ^ looks[0].phash).bit_count() <= 6 for look in looks)
