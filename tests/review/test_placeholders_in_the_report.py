"""The report shows each learned placeholder as a picture, with its proof, where it was met, what it cost."""

import base64
import re
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from gleanset import api
from gleanset.terms.placeholder import Proof
from gleanset.terms.verdict import Verdict

from .conftest import CATS, DOGS, HOSTILE, STAND_IN, Folder, Folders, picture


def page_of(one: Folder) -> str:
    """Its report, drawn anew."""
    one.leave()
    return Path(api.report(one.root)).read_text(encoding="utf-8")


def section(page: str) -> str:
    """The text of the chapter, tags left out; empty: there is none."""
    found = re.search(r'<section id="placeholders">(.*?)</section>', page, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found[1])).split()) if found else ""


def shown(page: str) -> Image.Image:
    """The first placeholder's picture."""
    found = re.search(r'alt="Placeholder [^"]*" src="data:image/jpeg;base64,([^"]*)"', page)
    assert found is not None
    return Image.open(BytesIO(base64.b64decode(found[1])))


def test_a_learned_placeholder_is_shown_with_all_that_is_known_of_it(judged: Folder) -> None:
    """Cost, proof, sites, labels, an example, its id, and the line that pardons it."""
    page = page_of(judged)
    text = section(page)
    id_ = judged.learned_id
    for said in (
        "1 picture that stands for what is gone", "3 URLs were answered with it; 1 had been accepted before",
        "3 URLs, 1 of them accepted until then", "The same bytes came for many URLs",
        "cat2.example 1, cat3.example 1, dog2.example 1", "cat 2, dog 1", "200 × 150 px", CATS[2][1],
        f"echo pardon,{id_} | gleanset review {judged.root} --from -", "flickr:md5 1",
    ):  # fmt: skip
        assert said in text, said


def test_its_picture_is_drawn_anew(judged: Folder) -> None:
    """The colours are those of the body; the bytes are not, and nothing hidden in them comes along."""
    page = page_of(judged)
    with Image.open(BytesIO(STAND_IN)) as body, shown(page) as drawn:
        assert drawn.size == body.size
        assert drawn.resize((1, 1)).getpixel((0, 0)) == pytest.approx(
            body.resize((1, 1)).getpixel((0, 0)), abs=3
        )
    assert base64.b64encode(STAND_IN).decode() not in page


def test_a_body_that_hides_something_gives_only_its_pixels(folder: Folders) -> None:
    """A comment in the file is as far as a stranger gets."""
    one = folder([*CATS, *DOGS])
    out = BytesIO()
    Image.open(BytesIO(STAND_IN)).save(out, "JPEG", comment=b"<script>here I am</script>")
    learned = one.learn(out.getvalue(), CATS[0][1])
    one.judge(CATS[0][1], out.getvalue(), Verdict.REJECTED, "placeholder", learned.evidence)
    with shown(page_of(one)) as drawn:
        assert "comment" not in drawn.info


def test_without_a_body_the_grey_levels_are_shown(folder: Folders) -> None:
    """A probe's own answer is no candidate of the list: its body was never kept."""
    one = folder([*CATS, *DOGS])
    one.learn(STAND_IN, CATS[0][1], Proof.PROBE)
    page = page_of(one)
    with shown(page) as drawn:
        assert drawn.size == (128, 128)
    assert "addresses that cannot exist" in section(page)
    assert "No URL of the list was answered with it" in section(page)


def test_a_damaged_body_costs_its_picture_alone(judged: Folder) -> None:
    """The report of a build is drawn all the same."""
    judged.leave()
    for segment in judged.workdir.blobs.iterdir():
        segment.write_bytes(b"\0" * segment.stat().st_size)
    with shown(page_of(judged)) as drawn:
        assert drawn.size == (128, 128)


def test_a_pardoned_one_is_marked(judged: Folder) -> None:
    """By its id or by the SHA-256 of its body; there is nothing left to pardon."""
    sha256 = judged.rows()[CATS[3][1]].inspection
    assert sha256 is not None
    judged.journal.note("pardon", {"picture": sha256.sha256.hex()})
    page = page_of(judged)
    assert "pardoned" in section(page)
    assert "echo pardon" not in section(page)


def test_without_placeholders_there_is_no_chapter(folder: Folders) -> None:
    one = folder([*CATS, *DOGS])
    one.accept(CATS[0][1], picture(0))
    page = page_of(one)
    assert section(page) == ""
    assert "#placeholders" not in page


def test_the_other_judgements_stay_in_the_chapter_on_reasons(judged: Folder) -> None:
    """Near duplicates and conflicts are counted where they were."""
    page = page_of(judged)
    for reason, n in (("placeholder", 4), ("near-duplicate", 1), ("label-conflict", 2)):
        assert re.search(rf"<code>{reason}</code>.*?<td class=\"n\">{n}</td>", page, re.DOTALL), reason


def test_strangers_words_stay_words(folder: Folders) -> None:
    """Labels and addresses are an attacker's to choose."""
    url = "http://evil.example/'%22%3E%3Cscript%3E.jpg"
    one = folder([(HOSTILE, url), *DOGS])
    learned = one.learn(STAND_IN, url)
    one.judge(url, STAND_IN, Verdict.REJECTED, "placeholder", learned.evidence)
    page = page_of(one)
    assert HOSTILE not in page
    assert HOSTILE in section(page)
