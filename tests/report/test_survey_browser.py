"""The survey in a real browser: its curve answers to slider, field and pointer, and stands without."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gleanset.report.data import Reach
from gleanset.report.page import render_survey
from gleanset.terms.plan import Survey

from .test_report_browser import Browser, open_to_scripts

pytestmark = pytest.mark.browser
URLS = tuple(range(10, 2010, 10))
"""Two hundred classes of 10, 20 .. 2,000 URLs."""
REACH = Reach(URLS, tuple(n / 2 for n in URLS), tuple(n // 4 for n in URLS), "Rates of a test.")


@pytest.fixture
def browser(chromium: Path, tmp_path: Path) -> Browser:
    """A browser that can be told to open a page."""
    return Browser(chromium, tmp_path)


@pytest.fixture
def page(a_survey: Callable[..., Survey]) -> str:
    return render_survey(a_survey(), "list", REACH)


def answers(dom: str) -> list[str]:
    """Classes with the URLs, with the forecast, and sure of it, as they stand in the page."""
    return re.findall(r"<output>([\d,]+)</output>", dom[dom.index("data-reach") :])


def acted(page: str, script: str) -> str:
    """The page with a person who does something."""
    return open_to_scripts(page).replace("</body>", f"<script>{script}</script></body>")


def test_the_curve_answers_to_an_address(browser: Browser, page: str) -> None:
    """800 images at first; a kept address brings back what one had looked at."""
    assert answers(browser.dom(page)) == ["121", "41", "0"]
    assert answers(browser.dom(page, "#images=400")) == ["161", "121", "41"]
    assert browser.console(page, "#images=400") == []


@pytest.mark.parametrize("kind", ["range", "number"])
def test_the_curve_answers_to_its_controls(browser: Browser, page: str, kind: str) -> None:
    """A slider for the keyboard and the hand, a field for a number; each moves the other, and both speak."""
    script = f"""const box = document.querySelector('[data-reach]');
      const input = box.querySelector('[type={kind}]'); input.focus(); input.value = 1200;
      input.dispatchEvent(new Event('input')); input.dispatchEvent(new Event('change'));
      document.title = [...box.querySelectorAll('input')].map(one => one.value) + ' ' + location.hash + ' '
        + box.querySelector('[type=range]').getAttribute('aria-valuetext');"""
    dom = browser.dom(acted(page, script))
    assert answers(dom) == ["81", "0", "0"]
    assert "<title>1200,1200 #images=1200 1,200 images: 81 classes have the URLs, 0 classes" in dom


def test_the_curve_answers_to_the_pointer(browser: Browser, page: str) -> None:
    """Pointing shows, leaving goes back, pressing keeps."""
    script = """const svg = document.querySelector('[data-reach] svg'), box = svg.getBoundingClientRect();
      const at = images => box.left + box.width * (46 + (468 - 46) * images / 2000) / 480;
      const send = (kind, images) => svg.dispatchEvent(new PointerEvent(kind, {clientX: at(images)}));
      const said = () => document.querySelector('[data-reach] output').value;
      const heard = [];
      send('pointermove', 400); heard.push(said()); send('pointerleave', 400); heard.push(said());
      send('pointerdown', 1600); send('pointerleave', 0); heard.push(said());
      document.title = heard.join(' ');"""
    assert "<title>161 121 41</title>" in browser.dom(acted(page, script))


@pytest.mark.parametrize("wild", ["0", "-5", "1e9", "many"])
def test_no_address_breaks_it(browser: Browser, page: str, wild: str) -> None:
    """Whatever stands in the address, an answer stands in the page."""
    assert len(answers(browser.dom(page, f"#images={wild}"))) == 3
    assert browser.console(page, f"#images={wild}") == []


def test_without_a_script_it_is_a_chart_with_an_answer(browser: Browser, page: str) -> None:
    """The numbers at 800 images, the dots on the curves, a table; and no control that would do nothing."""
    still = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    dom = browser.dom(still)
    assert answers(dom) == ["121", "41", "0"]
    assert dom.count("<circle") >= 3
    assert re.search(r'<input type="range"[^>]* hidden', dom)
    assert re.search(r'<input type="number"[^>]* disabled', dom)
    assert "<td>1,200</td><td>81</td><td>0</td>" in dom


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (400, True)])
def test_the_survey_is_drawn(browser: Browser, page: str, width: int, dark: bool) -> None:
    """Light and dark, wide and narrow: paper and ink differ, and the forecast's green is there."""
    flags = ("--force-dark-mode", "--blink-settings=preferredColorScheme=0") if dark else ()
    colours = browser.picture(page, width, 1200, *flags).getcolors(1 << 24) or []
    (_, paper), *_ = sorted(colours, reverse=True)
    assert isinstance(paper, tuple)
    assert (sum(paper) < 150) is dark
    green = (0x74, 0xB9, 0x8B) if dark else (0x45, 0x80, 0x5A)
    assert {colour: n for n, colour in colours}.get(green, 0) > 200


def test_a_narrow_survey_does_not_scroll_sideways(browser: Browser, page: str) -> None:
    """On a telephone the page is as wide as the telephone."""
    probed = acted(page, "document.title = document.documentElement.scrollWidth")
    done = browser._run(probed, "", "--dump-dom", "--virtual-time-budget=2000", "--window-size=500,900")
    title = re.search(r"<title>(\d+)</title>", done.stdout)
    assert title is not None
    assert int(title[1]) <= 500
