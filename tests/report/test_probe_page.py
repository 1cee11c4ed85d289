"""The page and the charts of a probe: what was measured, and the crawl of 2019 from its own file."""

import csv
import html
import re
from pathlib import Path

import pytest

from gleanset.report.crawl_tables import crawl_charts
from gleanset.report.crawl_view import seconds_per_success
from gleanset.report.data import CrawlPoint, GroupRow, MeasuredRow, ProbeData
from gleanset.report.page import render_probe


def text_of(page: str) -> str:
    """What a reader sees."""
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


def make_crawl(n_points: int = 108) -> tuple[CrawlPoint, ...]:
    """Running sums with the rates of 2019, a point every 250 URLs."""
    steps = range(250, 250 * n_points + 1, 250)
    return tuple(
        CrawlPoint(n // 2, int(n * 0.41), n * 0.218, n // 2, int(n * 0.157), n * 0.71) for n in steps
    )


def _point(row: dict[str, str]) -> CrawlPoint:
    sides = ("is_flickr", "not_flickr")
    tried, good, seconds = (
        [row[f"{side}_{what}"] for side in sides] for what in ("tried", "success", "time_spent")
    )
    return CrawlPoint(
        int(tried[0]), int(good[0]), float(seconds[0]), int(tried[1]), int(good[1]), float(seconds[1])
    )


@pytest.mark.material
def test_the_crawl_of_2019_is_drawn_on_a_terminal(material: Path) -> None:
    """The same sums and the same time per success, in blocks: 0.5 s on Flickr, 3 to 8 s elsewhere."""
    with (material / "lists/first_tool_crawl_stats.csv").open(encoding="utf-8") as file:
        crawl = tuple(_point(row) for row in csv.DictReader(file))
    text = crawl_charts(crawl)
    for figure in ("26,899 (13,718)", "6 h 56 min (1 h 37 min)", "15,419 (11,283)"):
        assert figure in text, figure
    flickr, other = seconds_per_success(crawl)
    assert all(0.45 < value < 0.6 for value in flickr[10:])
    assert all(2.5 < value < 8.5 for value in other[10:])
    last = crawl[-1]
    assert last.flickr_s / last.flickr_accepted == pytest.approx(0.52, abs=0.005)
    assert last.other_s / last.other_accepted == pytest.approx(4.62, abs=0.005)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_charts_of_a_crawl_fit_their_width(width: int) -> None:
    """Eight rows each for G4 to G7, none wrapped."""
    lines = crawl_charts(make_crawl(), width).splitlines()
    assert len([line for line in lines if line[:1].isspace() or line[:1].isdigit()]) == 4 * 8
    assert max(map(len, lines)) <= max(width, 80)


def test_two_points_are_a_chart_and_one_is_none() -> None:
    """A probe that was stopped at once has nothing to draw, and does not fail for it."""
    assert crawl_charts(make_crawl(1)) == ""
    assert "URLs encountered" in crawl_charts(make_crawl(2))


def test_a_probe_without_a_success_has_its_page() -> None:
    """A dead list is a finding too."""
    crawl = (CrawlPoint(0, 0, 0.0, 1, 0, 5.0), CrawlPoint(0, 0, 0.0, 2, 0, 9.0))
    dead = MeasuredRow("all", 900, 2, 0, (0.0, 0.0, 0.65), None)
    groups = (GroupRow("all", 2, 0, 9.0),)
    data = ProbeData(
        groups, crawl, (("timeout", 2),), measured=(dead,), urls=900, notes=("Stopped <early>.",)
    )
    page = text_of(render_probe(data, "dead"))
    assert "About 0 % to 65 % of the list's 900 URLs bring a picture." in page
    assert "0.0 % (0.0 to 65.0)" in page
    assert "Stopped <early>." in page
    assert "–" in page


def test_without_a_success_there_is_no_time_per_success() -> None:
    """0 s would read as if pictures came for nothing."""
    crawl = (CrawlPoint(0, 0, 0.0, 1, 0, 5.0), CrawlPoint(0, 0, 0.0, 2, 0, 9.0))
    last = crawl_charts(crawl).splitlines()[-1]
    assert last.split() == ["2", "–", "–"]


def test_hosts_of_a_probe_are_escaped() -> None:
    """A list names what it likes."""
    host = MeasuredRow("<script>evil</script>.example", 5, 5, 1, (0.2, 0.04, 0.62), (3.0, 1.0, 9.0))
    page = render_probe(ProbeData((), (), (), hosts=(host,)), "<b>list</b>")
    assert "<script>evil" not in page and "<b>list" not in page
    assert "3.00 s (1.00 to 9.00)" in page
