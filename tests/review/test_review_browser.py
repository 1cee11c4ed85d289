"""The page in a real browser: keys reject, clicks pardon, nothing of a stranger's runs."""

import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pyarrow.parquet as pq
import pytest

from gleanset import api
from gleanset.terms.verdict import Verdict

from .conftest import DOGS, HOSTILE, STAND_IN, Folder, Folders, Open, picture, serving
from .driver import BOUND_S, Tab, tab_of

pytestmark = [pytest.mark.browser, pytest.mark.sockets]


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Tab]:
    """One for all tests here: beginning costs a second."""
    with tab_of(chromium) as tab:
        yield tab


@pytest.fixture
def tab(browser: Tab) -> Tab:
    """Nothing was said, nothing was asked for."""
    browser.call("Page.navigate", url="about:blank")
    browser.value("1")
    browser.complaints.clear()
    browser.requests.clear()
    return browser


def decided(tab: Tab) -> list[str]:
    """Keys of the images that are marked."""
    keys: list[str] = tab.value("[...document.querySelectorAll('.cell.decided')].map(one => one.title)")
    return keys


def key_of(opened: Open, url: str) -> str:
    return opened.build.pool.key(opened.number(url))


def test_the_page_asks_nobody_but_us(opened: Open, tab: Tab) -> None:
    """It works on a plane: all pictures come from here, and the policy has nothing to complain about."""
    tab.open(opened.review.url)
    for view in ("images", "learned", "known", "conflicts", "near"):
        tab.click(f"[data-view={view}]")
        tab.wait("document.querySelector('#shown img')")
        tab.wait("[...document.querySelectorAll('#shown img')].every(one => one.naturalWidth)")
    assert not tab.value("document.querySelector('.broken')")
    assert tab.complaints == []
    ours = opened.review.url
    assert len(tab.requests) > 10
    assert [url for url in tab.requests if not url.startswith((ours, "about:", "data:,"))] == []


def test_keys_move_reject_and_undo(opened: Open, tab: Tab) -> None:
    """The whole review without a mouse."""
    tab.open(opened.review.url)
    _, second = tab.value("[...document.querySelectorAll('.cell')].map(one => one.title)")
    tab.press("ArrowRight", "x")
    tab.wait("document.querySelectorAll('.cell.decided').length == 1")
    assert decided(tab) == [second]
    tab.press("ArrowLeft", "x")
    tab.wait("document.querySelectorAll('.cell.decided').length == 2")
    tab.wait("document.getElementById('sum').textContent == '2 rejected'")
    tab.press("z")
    tab.wait("document.querySelectorAll('.cell.decided').length == 1")
    assert decided(tab) == [second]
    tab.wait("document.querySelector('#classes [aria-current]').textContent == 'cat1 −1'")
    assert [one.what for one in opened.review.desk.decisions()] == [second]
    tab.press("n")
    tab.wait("document.getElementById('title').textContent == 'dog' && document.querySelector('.cell')")
    assert decided(tab) == []
    tab.press("p")
    tab.wait("document.querySelector('.cell.decided')")
    assert decided(tab) == [second]


def test_a_click_rejects_and_a_second_one_keeps(opened: Open, tab: Tab) -> None:
    tab.open(opened.review.url)
    tab.click(".cell")
    tab.wait("document.querySelector('.cell.decided')")
    tab.wait("!document.getElementById('undo').disabled")
    tab.click(".cell")
    tab.wait("!document.querySelector('.cell.decided')")
    assert opened.review.desk.decisions() == []


def test_an_image_is_enlarged_looked_through_and_rejected(opened: Open, tab: Tab) -> None:
    """The dialog follows the arrows; where it ends, one goes on."""
    tab.open(opened.review.url)
    second = tab.value("document.querySelectorAll('.cell')[1].title")
    tab.press(" ")
    tab.wait("document.getElementById('large').open && document.getElementById('largeimg').naturalWidth")
    tab.press("ArrowRight", "x")
    tab.wait("document.querySelector('#large.decided')")
    assert tab.value("document.getElementById('largekey').textContent") == second
    tab.press("Escape")
    tab.wait("!document.getElementById('large').open")
    tab.wait(f"document.activeElement.title == '{second}'")
    assert decided(tab) == [second]


def test_a_button_pardons_a_placeholder(opened: Open, tab: Tab) -> None:
    """And takes the pardon back."""
    tab.open(f"{opened.review.url}#view=learned")
    (card,) = opened.said("learned")["cards"]
    assert tab.value("document.querySelector('.card code').textContent") == card["picture"]
    tab.click(".card .mercy")
    tab.wait("document.querySelector('.card.decided')")
    assert [one.line() for one in opened.review.desk.decisions()] == [f"pardon,{card['picture']}\n"]
    tab.click(".card .mercy")
    tab.wait("!document.querySelector('.card.decided')")
    assert opened.review.desk.decisions() == []


def test_what_was_decided_is_there_after_a_reload(opened: Open, tab: Tab) -> None:
    tab.open(opened.review.url)
    tab.press("x")
    tab.wait("document.querySelector('.cell.decided')")
    before = decided(tab)
    tab.call("Page.reload")
    tab.wait("document.body?.dataset.ready && document.querySelector('.cell.decided')")
    assert decided(tab) == before
    assert tab.value("document.getElementById('sum').textContent") == "1 rejected"


def test_nothing_of_a_stranger_runs(folder: Folders, tab: Tab) -> None:
    """Labels, keys and addresses try; the title stays."""
    url = "http://evil.example/%22%3E%3Cimg%20src=x%20onerror=%22document.title='ran'%22%3E.jpg"
    one = folder([(HOSTILE, url), (HOSTILE, f"{url}?2"), (HOSTILE, f"{url}?3"), *DOGS])
    one.accept(url, picture(1))
    learned = one.learn(STAND_IN, f"{url}?2")
    one.judge(f"{url}?2", STAND_IN, Verdict.REJECTED, "placeholder", learned.evidence)
    of = f"of:{one.number(url)}"
    one.judge(f"{url}?3", picture(1, 240, 180), Verdict.REJECTED, "near-duplicate", of)
    one.judge(DOGS[0][1], picture(5), Verdict.REJECTED, "placeholder", f"{HOSTILE}:md5")
    one.leave()
    with serving(one.root) as opened:
        for view in ("images", "learned", "known", "near"):
            tab.call("Page.navigate", url="about:blank")
            tab.open(f"{opened.review.url}#view={view}&class=<script>")
            tab.wait("document.querySelector('#shown img')")
            assert tab.value("document.title") == "d – gleanset review"
            assert tab.value("document.querySelectorAll('#shown script, #shown [onerror]').length") == 0
        tab.press(" ")
        tab.click("[data-view=images]")
        tab.wait("document.querySelector('.cell')")
        tab.press(" ")
        tab.wait("document.getElementById('large').open")
        assert url in tab.value("document.getElementById('largeurl').textContent")
        assert HOSTILE in tab.value("document.getElementById('classes').textContent")
        assert tab.value("document.title") == "d – gleanset review"
    assert tab.complaints == []


def test_done_means_packed(judged: Folder, tab: Tab) -> None:
    """From the first look to the last word, with the real command behind it."""
    judged.leave()
    address: Queue[str] = Queue()
    ended: Queue[api.Report] = Queue()
    stop = api.StopSignal()
    look = threading.Thread(
        target=lambda: ended.put(api.review(judged.root, announce=address.put, stop=stop)), daemon=True
    )
    look.start()
    try:
        tab.open(address.get(timeout=BOUND_S))
        tab.press("x")
        tab.wait("document.querySelector('.cell.decided')")
        key = decided(tab)[0]
        tab.click("#done")
        tab.wait("document.getElementById('ask').open")
        assert tab.value("document.getElementById('asked').textContent") == "1 rejected."
        tab.click("#sure")
        tab.wait("document.getElementById('endtitle').textContent == 'Done, with gaps'")
        said = tab.value("document.getElementById('ending').innerText")
        assert "3 images in 2 classes. Missing: cat 1." in said
        assert f"gleanset build -o {judged.root}" in said
    finally:
        stop.request()
    report = ended.get(timeout=BOUND_S)
    assert (report.status, report.accepted) == ("short", 3)
    assert key not in pq.read_table(judged.root / "manifest.parquet").column("key").to_pylist()
    assert not (judged.workdir.state / "review.csv").exists()
    assert tab.complaints == []
