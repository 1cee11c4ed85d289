"""The report is one file that says everything, asks nothing of the network and trusts no label."""

import base64
import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from gleanset.report.data import ClassRow, ContactSheet, ReportData, Thumbnail
from gleanset.report.page import MAX_INLINE_BYTES, render_report, render_sheet
from gleanset.terms.plan import Quota

Build = Callable[..., ReportData]
HOSTILE = (
    "<script>document.title='ran'</script>",
    '"><img src=x onerror="document.title=\'ran\'">',
    "'; alert(1); '",
    "</title><script>document.title='ran'</script>",
    "</script><script>document.title='ran'</script>",
    "{{ 7 * 7 }}{% raise %}",
    "&lt;b&gt;",
)
VOID = {"meta", "img", "input", "br", "link"}


class Outline(HTMLParser):
    """Every element with its attributes, and whether all of them were closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def hostile_build(build: Build, word: str) -> ReportData:
    """``word`` wherever a stranger, a list or a server may put text."""
    data = build(3)
    row = replace(data.classes[0], name=word, id=word)
    sheet = ContactSheet(word, word, 3, (Thumbnail(b"\xff\xd8", word, word),), href=f"javascript:{word}")
    assert data.plan is not None
    return replace(
        data,
        name=word,
        classes=(row, *data.classes[1:]),
        rejected=((f"check:{word}", 3),),
        hosts=(replace(data.hosts[0], name=word),),
        groups=(replace(data.groups[0], name=word),),
        sheets=(sheet,),
        learned=(replace(data.learned[0], url=word, sites=((word, 1),), labels=((word, 1),)),),
        signatures=((word, 1),),
        plan=replace(data.plan, notes=(word,), rates_from=word),
        recipe=word,
        lists=(word,),
        notes=(word,),
        out=word,
        splits=((word, 3),),
        digest=word,
        version=word,
    )


def test_everything_that_was_measured_is_on_the_page(a_build: Build) -> None:
    """A report that leaves out a part sends people back to the log."""
    text = " ".join(Outline(render_report(a_build())).text)
    for said in ("tabby, tabby cat", "n02084071", "not-found", "404: the picture has been", "flickr.com",
                 "Asked again later", "rate-limited 1,204", "18 Nov",
                 "Per success", "URLs encountered", "Time per success", "ImageFolder", "seed = 7",
                 "imagenet-fall11", "9f2c61a0e4b7",
                 "1,296 URLs were answered with them; 212 had been accepted", "1,204 URLs, 188 of them",
                 "flickr:md5", "echo pardon,0000000000000001 | gleanset review /data/twenty-things --from -",
                 "Success rates were learned", "Found against forecast"):  # fmt: skip
        assert said in text, said


@pytest.mark.parametrize("word", HOSTILE)
def test_text_of_strangers_stays_text(a_build: Build, word: str) -> None:
    """Labels and host names are attackers' text: no element and no attribute may come of them."""
    harmless = Outline(render_report(hostile_build(a_build, "harmless")))
    attacked = Outline(render_report(hostile_build(a_build, word)))
    names = [(tag, sorted(attributes)) for tag, attributes in attacked.elements]
    assert names == [(tag, sorted(attributes)) for tag, attributes in harmless.elements]
    assert word in " ".join(attacked.text)


def test_only_relative_links_to_sheets_are_kept(a_build: Build, a_sheet: Callable[..., ContactSheet]) -> None:
    """A ``javascript:`` or foreign address would be one click away."""
    data = a_build(3)
    for href, kept in (("report/n1.html", True), ("javascript:alert(1)", False), ("//evil.example/", False),
                       ("/etc/passwd", False), ("https://evil.example/", False)):  # fmt: skip
        sheet = replace(a_sheet(data.classes[0], 1), href=href)
        page = Outline(render_report(replace(data, sheets=(sheet,))))
        assert (href in [a.get("href") for a in page.all("a")]) is kept, href


def test_nothing_comes_from_outside(a_build: Build, a_sheet: Callable[..., ContactSheet]) -> None:
    """It must open in ten years, on a plane, from a mail."""
    data = a_build(3)
    page = render_report(replace(data, sheets=(a_sheet(data.classes[0], 4),)))
    outline = Outline(page)
    for _, attributes in outline.elements:
        assert not {name for name in attributes if name.startswith("on")} | ({"style"} & attributes.keys())
        assert (attributes.get("src") or "data:").startswith(
            "data:image/jpeg;base64,"
        ) or "src" not in attributes
        assert re.match(r"#|report/", attributes.get("href") or "#")
    assert not outline.all("link")
    assert "url(" not in page
    assert "@import" not in page


def test_the_policy_names_exactly_our_style_and_script(a_build: Build) -> None:
    """Were the hashes wrong the page would be bare; were they ``unsafe-inline`` it would be open."""
    page = render_report(a_build(3))
    policy = next(m["content"] or "" for m in Outline(page).all("meta") if "http-equiv" in m)
    for tag in ("style", "script"):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert text is not None
        digest = base64.b64encode(hashlib.sha256(text[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy


def test_the_same_build_gives_the_same_page(a_build: Build) -> None:
    """Two reports can be compared line by line."""
    assert render_report(a_build()) == render_report(a_build())


def test_twenty_classes_take_less_than_65_kb(a_build: Build) -> None:
    """Small enough for a mail; pictures come on top."""
    assert len(render_report(replace(a_build(), learned=())).encode()) < 65_000


def test_a_thousand_classes_are_all_there(a_build: Build) -> None:
    """The limit on rows shown is the browser's business; without scripts all of them are readable."""
    page = render_report(a_build(1000, 37))
    assert len(re.findall(r'<tr class="(?:full|short)"><th scope="row">', page)) == 1000
    assert page.count("<rect class=") >= 1000
    assert len(page) < 700_000


def test_every_chart_is_well_formed_and_has_a_name(a_build: Build) -> None:
    """A screen reader says the name; the tables behind the charts say the rest."""
    page = render_report(a_build(60))
    charts = re.findall(r'<svg class="(?:chart|cells|shares)".*?</svg>', page, re.DOTALL)
    assert len(charts) == 8
    for chart in charts:
        root = ET.fromstring(chart)
        assert root.get("role") == "img"
        assert root.get("aria-label")


def test_an_empty_build_has_a_page_too() -> None:
    """A build may be interrupted before anything came."""
    page = render_report(ReportData("empty", "interrupted", (), 0, 0, (), 0, 0.0))
    assert "0 images in 0 classes so far" in page
    assert not re.search(r"\bnan\b|\binf\b", " ".join(Outline(page).text))


@pytest.mark.parametrize(
    ("quotas", "accepted", "status", "state", "sentence"),
    [
        (
            [(5, 5), (5, 5)],
            [5, 5],
            "complete",
            "Exact",
            "2 classes with exactly 5 images each: 10 images in all.",
        ),
        ([(5, 5), (3, 3)], [5, 3], "complete", "Exact", "8 images in 2 classes, each with exactly as many"),
        ([(5, 9), (5, 9)], [5, 7], "complete", "Complete", "12 images in 2 classes; every class has what"),
        ([(0, None)], [7], "complete", "Complete", "7 images in 1 class; every class"),
        ([(5, 5), (5, 5)], [5, 4], "short", "Short", "1 of them is short, by 1 image together."),
        ([(5, 5), (5, 5)], [1, 4], "short", "Short", "2 of them are short, by 5 images together."),
        ([(5, 5)], [1], "interrupted", "Interrupted", "the same command goes on"),
        ([(5, 5)], [1], "running", "Collecting", "4 images to go"),
        ([(5, 5)], [1], "failed", "Stopped by an error", "1 image in 1 class so far"),
    ],
)
def test_the_first_sentence_says_how_it_ended(
    quotas: list[tuple[int, int | None]], accepted: list[int], status: str, state: str, sentence: str
) -> None:
    """Exact and short must be told apart at a glance."""
    rows = tuple(
        ClassRow(f"c{i}", f"c{i}", Quota(low, high), n, n, n)
        for i, ((low, high), n) in enumerate(zip(quotas, accepted, strict=True))
    )
    data = ReportData("d", status, rows, sum(accepted), sum(accepted), (), 9, 1.0)  # type: ignore[arg-type]
    page = render_report(data)
    assert f">{state}</span>" in page
    assert sentence in page


def test_inline_thumbnails_stay_within_their_budget(a_build: Build) -> None:
    """A thousand contact sheets must not make a page that no browser opens."""
    data = a_build(100)
    big = Thumbnail(b"\xff\xd8" + bytes(9_998), "k")
    sheets = tuple(ContactSheet(row.id, row.name, 800, (big,) * 12) for row in data.classes)
    page = render_report(replace(data, sheets=sheets, learned=()))
    shown = page.count("<img ")
    assert shown == 100 * (MAX_INLINE_BYTES // (100 * 10_000))
    assert "800 images, 6 shown" in page


def test_a_whole_sheet_is_a_page_of_its_own(a_build: Build, a_sheet: Callable[..., ContactSheet]) -> None:
    """Large sheets lie beside the report."""
    page = Outline(render_sheet(a_sheet(a_build(3).classes[0], 40)))
    assert len(page.all("img")) == 40
    assert all(picture["loading"] == "lazy" and picture["alt"] for picture in page.all("img"))
