"""The report in a real browser: it draws, it sorts, it filters, and nothing of a stranger's runs."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PIL import Image

from gleanset.report.data import ClassRow, ContactSheet, ReportData, Thumbnail
from gleanset.report.page import render_report, render_survey
from gleanset.terms.plan import Survey

pytestmark = pytest.mark.browser
Build = Callable[..., ReportData]
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--enable-logging=stderr", "--disable-dev-shm-usage",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Browser:
    """Chromium with a profile of its own for every page."""

    program: Path
    folder: Path

    def dom(self, page: str, fragment: str = "") -> str:
        """The document as it stands once its script has run."""
        return self._run(page, fragment, "--dump-dom", "--virtual-time-budget=2000").stdout

    def console(self, page: str, fragment: str = "") -> list[str]:
        """What the page complained about."""
        done = self._run(page, fragment, "--dump-dom", "--virtual-time-budget=2000")
        return [line for line in done.stderr.splitlines() if "CONSOLE" in line]

    def picture(self, page: str, width: int, height: int, *flags: str) -> Image.Image:
        """A screenshot."""
        shot = self.folder / "shot.png"
        self._run(page, "", f"--screenshot={shot}", f"--window-size={width},{height}", *flags)
        with Image.open(shot) as image:
            return image.convert("RGB")

    def _run(self, page: str, fragment: str, *flags: str) -> subprocess.CompletedProcess[str]:
        file = self.folder / "page.html"
        file.write_text(page, encoding="utf-8")
        profile = self.folder / "profile"
        command = [self.program, *FLAGS, f"--user-data-dir={profile}", *flags, f"{file.as_uri()}{fragment}"]
        try:
            return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        finally:
            shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture
def browser(chromium: Path, tmp_path: Path) -> Iterator[Browser]:
    """A browser that can be told to open a page."""
    return Browser(chromium, tmp_path)


def accepted_in_order(dom: str) -> list[str]:
    table = re.search(r'<table id="class-table".*?</table>', dom, re.DOTALL)
    assert table is not None
    return re.findall(r"</svg></td><td>([\d,]+)", table[0])


def visible_rows(dom: str, table_id: str) -> int:
    table = re.search(rf'<table id="{table_id}".*?</table>', dom, re.DOTALL)
    assert table is not None
    return len(re.findall(r'<tr class="(?:full|short)"(?![^>]*hidden)', table[0]))


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (400, True)])
def test_the_page_is_drawn(browser: Browser, a_build: Build, width: int, dark: bool) -> None:
    """Light and dark, wide and narrow: paper and ink differ, and the green of full classes is there."""
    flags = ("--force-dark-mode", "--blink-settings=preferredColorScheme=0") if dark else ()
    shot = browser.picture(render_report(a_build()), width, 1600, *flags)
    colours = shot.getcolors(1 << 24) or []
    (_, paper), *_ = sorted(colours, reverse=True)
    assert len(colours) > 100
    assert isinstance(paper, tuple)
    assert (sum(paper) < 150) is dark
    green = (0x74, 0xB9, 0x8B) if dark else (0x45, 0x80, 0x5A)
    assert {colour: n for n, colour in colours}.get(green, 0) > 500


def test_the_narrow_page_does_not_scroll_sideways(browser: Browser, a_build: Build) -> None:
    """On a telephone the page is as wide as the telephone."""
    probe = "<script>document.title = document.documentElement.scrollWidth</script>"
    framed = open_to_scripts(render_report(a_build(60, 5))).replace("<main>", '<main id="m">')
    page = framed.replace("</body>", f"{probe}</body>")
    done = browser._run(page, "", "--dump-dom", "--virtual-time-budget=2000", "--window-size=500,900")
    title = re.search(r"<title>(\d+)</title>", done.stdout)
    assert title is not None
    assert int(title[1]) <= 500


def test_the_console_stays_silent(
    browser: Browser, a_build: Build, a_sheet: Callable[..., ContactSheet]
) -> None:
    """A violation of the policy, or a mistake in the script, would show here."""
    data = a_build(60, 3)
    page = render_report(replace(data, sheets=tuple(a_sheet(row, 3) for row in data.classes[:5])))
    assert browser.console(page) == []
    broken = page.replace("<h2>", '<h2 style="color:red">', 1)
    assert any("Content Security Policy" in line for line in browser.console(broken))


def test_a_survey_draws_without_a_complaint(browser: Browser, a_survey: Callable[..., Survey]) -> None:
    """Its script is the same, its tables are others."""
    assert browser.console(render_survey(a_survey(), "list")) == []


def test_sorting_by_address_orders_each_group(browser: Browser, a_build: Build) -> None:
    """The fragment keeps how one looked at it, so that a page kept open survives its reload."""
    page = render_report(a_build(30, 6, 800))
    rows = [int(n) for n in accepted_in_order(browser.dom(page, "#class-table.sort=-2"))]
    short = rows[:6]
    assert short == sorted(short, reverse=True)
    assert short != sorted(short)
    assert rows[6:] == [800] * 24


def test_a_click_sorts_and_a_word_filters(browser: Browser, a_build: Build) -> None:
    """The head of a column is a button; a second click turns the order."""
    hook = """<script>
      const button = document.querySelectorAll('#class-table thead button')[2];
      button.click(); button.click();
      const box = document.querySelector('[data-for=class-table] input');
      box.value = 'CLOCK'; box.dispatchEvent(new Event('input'));
    </script>"""
    page = open_to_scripts(render_report(a_build(200, 8))).replace("</body>", f"{hook}</body>")
    dom = browser.dom(page)
    short = [int(n) for n in accepted_in_order(dom)][:8]
    assert short == sorted(short)
    assert 'aria-sort="ascending"' in dom
    assert visible_rows(dom, "class-table") == 20


def test_long_tables_show_their_beginning_and_a_button(browser: Browser, a_build: Build) -> None:
    """A thousand rows at once would bury all that follows."""
    page = render_report(a_build(1000, 5))
    dom = browser.dom(page)
    assert visible_rows(dom, "class-table") == 60
    assert "Show all 1,000" in dom
    assert visible_rows(browser.dom(page, "#class-table.q=teapot"), "class-table") == 50


def test_nothing_of_a_stranger_runs(browser: Browser, a_build: Build) -> None:
    """Labels, hosts, keys, reasons, recipe and even the fragment try; the title stays."""
    data = a_build(12)
    run = "document.title='ran'"
    words = (
        f"<script>{run}</script>", f'"><img src=x onerror="{run}">', f"</script><script>{run}</script>",
        f"<svg onload={run}>", f"' autofocus onfocus={run} x='", f"</style><script>{run}</script>",
    )  # fmt: skip
    rows = tuple(replace(row, name=word, id=word) for row, word in zip(data.classes, words, strict=False))
    sheets = tuple(
        ContactSheet(w, w, 1, (Thumbnail(b"\xff\xd8", w, w),), href=f"javascript:{run}") for w in words
    )
    attacked = replace(
        data, name="kept", classes=(*rows, *data.classes), sheets=sheets, recipe="".join(words), notes=words,
        hosts=tuple(replace(data.hosts[0], name=w) for w in words), rejected=tuple((w, 1) for w in words),
    )  # fmt: skip
    dom = browser.dom(render_report(attacked), "#class-table.q=%3Cscript%3E&class-table.sort=0")
    assert "<title>kept – gleanset report</title>" in dom
    assert visible_rows(dom, "class-table") == 3


def open_to_scripts(page: str) -> str:
    """The page without its policy, so that a test may press its buttons."""
    opened, n = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    assert n == 1
    return opened


def test_the_row_type_is_what_the_page_counts(a_build: Build) -> None:
    """Guards the patterns above: they must find the rows that the page writes."""
    page = render_report(a_build(3))
    assert visible_rows(page, "class-table") == 3
    assert len(accepted_in_order(page)) == len(
        [row for row in a_build(3).classes if isinstance(row, ClassRow)]
    )
