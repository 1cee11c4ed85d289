"""Open Images' originals: verified by what the table says of them, and turned where it says so."""

import base64
import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gleanset.inspection.hashes import PLACEHOLDER_MAX_BYTES

from .program import Left, Program
from .site import Answer, Site

pytestmark = pytest.mark.sockets

HEAD = (
    "ImageID,Subset,OriginalURL,OriginalLandingURL,License,AuthorProfileURL,Author,Title,OriginalSize,"
    "OriginalMD5,Thumbnail300KURL,Rotation"
)
DOG = "/m/0bt9lr"
RIGHT, OTHER_MD5, OTHER_SIZE, TURNED, SMALL_OTHER = range(5)
NAMES = ("right", "other-md5", "other-size", "turned", "small-other")


def photograph(number: int, size: tuple[int, int] = (320, 240)) -> bytes:
    """No picture like another."""
    grid = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    out = BytesIO()
    Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC).save(out, "JPEG", quality=100)
    return out.getvalue()


BODIES = [*(photograph(number) for number in range(4)), photograph(4, (80, 60))]
URLS = [f"http://c{number}.example/{name}_o.jpg" for number, name in enumerate(NAMES)]
THUMBNAILS = [url.replace("_o", "_z") for url in URLS]


@pytest.fixture
def site() -> Iterator[Site]:
    """Five originals and their thumbnails, which are other files."""
    one = Site()
    for number in range(5):
        one.answers[URLS[number]] = Answer(BODIES[number])
        one.answers[THUMBNAILS[number]] = Answer(photograph(number, (160, 120)))
    yield one
    one.close()


@pytest.fixture
def program(site: Site, tmp_path: Path) -> Program:
    """Beside the tables of those five, all of one class."""
    images, labels = [HEAD], ["ImageID,Source,LabelName,Confidence"]
    for number, body in enumerate(BODIES):
        wrong = number in {OTHER_MD5, SMALL_OTHER}
        digest = hashlib.md5(b"another file" if wrong else body).digest()
        md5 = base64.b64encode(digest).decode()
        n_bytes = len(body) + (number == OTHER_SIZE)
        turn = "90.0" if number == TURNED else "0.0"
        images.append(f"{number:016x},train,{URLS[number]},,,,,,{n_bytes},{md5},{THUMBNAILS[number]},{turn}")
        labels.append(f"{number:016x},verification,{DOG},1")
    folder = tmp_path / "openimages"
    folder.mkdir()
    for name, lines in (
        ("oidv6-train-images-with-labels-with-rotation.csv", images),
        ("oidv7-train-annotations-human-imagelabels.csv", labels),
    ):
        (folder / name).write_text("".join(f"{line}\n" for line in lines))
    return Program(tmp_path, site.resolve_rules)


def pixels(body: bytes) -> NDArray[np.int16]:
    return np.asarray(Image.open(BytesIO(body)).convert("RGB"), np.int16)


def same(a: NDArray[np.int16], b: NDArray[np.int16]) -> bool:
    return a.shape == b.shape and float(np.abs(a - b).mean()) < 4


def by_url(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["url"]: row for row in rows}


def test_another_file_than_the_table_says_is_changed_and_a_lying_one_is_turned(
    program: Program, tmp_path: Path
) -> None:
    """Also of bodies whose MD5 is not taken otherwise; and a rebuild from the manifest turns again."""
    assert all(len(body) > PLACEHOLDER_MAX_BYTES for body in BODIES[:4])
    said = program.build("openimages", "-o", "out")
    left = Left(tmp_path / "out")
    left.check(said)
    fates = {url: (row["reason"] or "", row["evidence"]) for url, row in by_url(left.outcomes).items()}
    assert fates == {
        URLS[RIGHT]: ("", None),
        URLS[OTHER_MD5]: ("changed", "md5"),
        URLS[OTHER_SIZE]: ("changed", "size"),
        URLS[TURNED]: ("", None),
        URLS[SMALL_OTHER]: ("changed", "md5"),
    }
    kept = by_url(left.manifest)
    right, turned = kept[URLS[RIGHT]], kept[URLS[TURNED]]
    assert (left.out / right["path"]).read_bytes() == BODIES[RIGHT]
    assert (right["stored_as"], right["rotation"]) == ("original", None)
    assert (turned["stored_as"], turned["rotation"]) == ("upright", 90)
    assert (turned["width"], turned["height"]) == (240, 320)
    assert turned["sha256"] == hashlib.sha256(BODIES[TURNED]).hexdigest()
    upright = (left.out / turned["path"]).read_bytes()
    lying = pixels(BODIES[TURNED])
    assert same(pixels(upright), np.rot90(lying)), "numpy turns counter-clockwise"
    assert not same(pixels(upright), np.rot90(lying, 3))

    program.build("out/manifest.parquet", "-o", "copy")
    copy = Left(tmp_path / "copy")
    copy.check()
    again = by_url(copy.manifest)
    assert {url: row["stored_sha256"] for url, row in again.items()} == {
        url: row["stored_sha256"] for url, row in kept.items()
    }


def test_thumbnails_are_not_held_against_the_original(program: Program, tmp_path: Path) -> None:
    """They are made on the fly, upright: neither size, nor MD5, nor rotation is theirs."""
    program.build("openimages", "-o", "out", "--source", "open-images:images=thumbnail")
    left = Left(tmp_path / "out")
    left.check()
    assert {row["url"] for row in left.manifest} == set(THUMBNAILS)
    assert {(row["stored_as"], row["rotation"]) for row in left.manifest} == {("original", None)}


def test_a_local_copy_is_turned_and_not_verified(program: Program, site: Site, tmp_path: Path) -> None:
    """Whoever has Open Images has it shrunk, and lying as it lay."""
    own = tmp_path / "own" / "m"
    own.mkdir(parents=True)
    shrunk = [photograph(number, (160, 120)) for number in range(5)]
    for number, body in enumerate(shrunk):
        (own / f"{number:016x}.jpg").write_bytes(body)
    program.build("openimages", "-o", "out", "--local", "own")
    left = Left(tmp_path / "out")
    left.check()
    assert not site.visits
    kept = by_url(left.manifest)
    assert set(kept) == set(URLS)
    upright = (left.out / kept[URLS[TURNED]]["path"]).read_bytes()
    assert same(pixels(upright), np.rot90(pixels(shrunk[TURNED])))
