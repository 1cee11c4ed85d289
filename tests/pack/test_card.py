"""The card tells people and loaders what they need, and nothing that a stranger put there."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from gleanset.pack.card import render_card
from gleanset.pack.job import Crawl, PackClass, PackJob, PackResult, Story

yaml = pytest.importorskip("yaml")


def a_job(**facts: Any) -> PackJob:
    classes = facts.pop("classes", (PackClass("n1", "dog"),))
    return PackJob((), classes, Path(), Path(), Path(), **facts)


def a_card(job: PackJob, crawl: Crawl | None = None, splits: Any = ((None, 5),)) -> str:
    accepted = {one.label: 5 for one in job.classes}
    folders = {one.label: one.label for one in job.classes}
    return render_card(job, PackResult("ab" * 32, 5, 5000, accepted, 0, folders), crawl or Crawl(), splits)


def front_matter(card: str) -> dict[str, Any]:
    _, matter, _ = card.split("---\n", 2)
    read: dict[str, Any] = yaml.safe_load(matter)
    return read


def test_loaders_are_told_which_files_are_images() -> None:
    """Without it `datasets` may take manifest.parquet for the dataset of a small build."""
    splits = [("train", 4), ("val", 1)]
    assert front_matter(a_card(a_job(), splits=splits))["configs"][0]["data_files"] == [
        {"split": "train", "path": "data/train/**"},
        {"split": "validation", "path": "data/val/**"},
    ]
    assert front_matter(a_card(a_job(form="webdataset"), splits=splits))["configs"][0]["data_files"] == [
        {"split": "train", "path": "data/train-*.tar"},
        {"split": "validation", "path": "data/val-*.tar"},
    ]
    assert front_matter(a_card(a_job()))["configs"][0]["data_files"] == [
        {"split": "train", "path": "data/**"}
    ]


def test_no_images_name_no_files() -> None:
    """A pattern that matches nothing is an error for `datasets`."""
    assert "configs" not in front_matter(a_card(a_job(), splits=()))


def test_the_methods_say_what_a_paper_has_to_say() -> None:
    """List, digest, version, dates, how many were asked, why the others are missing."""
    story = Story(version="1.2.3", lists=(("fall11.txt", "cd" * 32),), notes=("Classes were drawn.",))
    crawl = Crawl(
        1234,
        (("not-found", 700), ("too-small", 3)),
        datetime(2026, 1, 2, tzinfo=UTC),
        datetime(2026, 1, 4, tzinfo=UTC),
    )
    card = a_card(a_job(story=story), crawl)
    for words in (
        "gleanset 1.2.3",
        "cd" * 32,
        "from 2026-01-02 to 2026-01-04",
        "1,234 URLs were asked",
        "not-found 700, too-small 3",
        "Classes were drawn",
    ):
        assert words in card


def test_rights_and_contact_are_named() -> None:
    """Authors must find out how to have their picture removed."""
    card = a_card(a_job(story=Story(contact="me@uni.example")))
    assert "belong to their authors" in card
    assert "write to me@uni.example" in card


def test_the_first_lines_of_code_are_python() -> None:
    """Each block compiles, for every form and with splits or without."""
    for form in ("imagefolder", "webdataset"):
        for splits in ([("train", 4), ("val", 1)], [(None, 5)]):
            card = a_card(a_job(form=form), splits=splits)
            blocks = [block.split("```")[0] for block in card.split("```python\n")[1:]]
            assert len(blocks) == 2
            for block in blocks:
                compile(block, "card", "exec")


HOSTILE = "evil\n---\nlicense: mit\n# Heading <script>alert(1)</script> [x](javascript:1) | `c` ![i](http://t/p.png)"


def marks(card: str) -> Counter[str]:
    """How often each kind of markup comes out of the card."""
    body = card.split("---\n", 2)[2]
    blocks = MarkdownIt("commonmark").enable("table").parse(body)
    return Counter(token.type for block in blocks for token in (block, *(block.children or ())))


@pytest.mark.parametrize("where", ["title", "label", "name", "list", "contact", "note", "reason"])
def test_foreign_words_stay_words(where: str) -> None:
    """No heading, no markup, no link, no image, no line of front matter comes from outside."""
    story = Story(
        title=HOSTILE if where == "title" else "t",
        lists=((HOSTILE if where == "list" else "l", "00"),),
        contact=HOSTILE if where == "contact" else None,
        notes=(HOSTILE,) if where == "note" else (),
    )
    one = PackClass(HOSTILE if where == "label" else "n1", HOSTILE if where == "name" else "dog")
    crawl = Crawl(1, ((HOSTILE if where == "reason" else "r", 1),))
    card = a_card(a_job(story=story, classes=(one,)), crawl)
    plain = a_card(a_job(story=Story(title="t", lists=(("l", "00"),))), Crawl(1, (("r", 1),)))
    assert front_matter(card).keys() == front_matter(plain).keys()
    assert front_matter(card)["license"] == "other"
    unlike = marks(card) - marks(plain)
    del unlike["text"], unlike["text_special"], unlike["inline"]
    assert not unlike, "a note adds words to the methods, and nothing adds markup"
