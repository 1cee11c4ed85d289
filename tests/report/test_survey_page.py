"""The survey's page and its charts as text reproduce the analysis of 2019."""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gleanset.report.data import CrawlPoint, GroupRow, ProbeData, Reach
from gleanset.report.page import render_probe, render_survey
from gleanset.report.reach_view import reach_figure
from gleanset.report.survey_view import reverse_cumulative, survey_figures
from gleanset.report.tables import bar, survey_charts
from gleanset.terms.plan import Census, Survey

LEVELS = (200, 500, 800, 1000, 1200)


def text_of(page: str) -> str:
    return re.sub(r"<[^>]+>", " ", page)


@pytest.fixture(scope="module")
def fall_2011(material: Path) -> Survey:
    """The true list: 21,841 classes with their URLs."""
    with (material / "lists/imagenet_fall11_class_counts.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    urls = tuple(int(row["urls"]) for row in rows)
    flickr = tuple(int(row["flickr_urls"]) for row in rows)
    levels = zip(LEVELS, reverse_cumulative(urls, LEVELS), reverse_cumulative(flickr, LEVELS), strict=True)
    census = Census(tuple(row["synid"] for row in rows), urls, flickr)
    return Survey(len(rows), sum(urls), sum(flickr), 8, 300_000, tuple(levels), census, ())


@pytest.mark.material
def test_the_published_figures_of_fall_2011(fall_2011: Survey) -> None:
    """Classes with at least so many URLs: all, and on Flickr."""
    assert fall_2011.at_least == (
        (200, 15_292, 9_672),
        (500, 11_230, 6_454),
        (800, 8_846, 3_063),
        (1000, 7_492, 1_630),
        (1200, 4_849, 768),
    )


@pytest.mark.material
def test_the_page_of_fall_2011_says_what_the_notebook_said(fall_2011: Survey) -> None:
    """Totals, extremes, the middle, and classes that have nothing on Flickr."""
    said = text_of(render_survey(fall_2011, "imagenet-fall11"))
    for figure in ("14,197,114", "7,065,092", "49.8 %", "21,841", "1 to 3,047", "middle class has 530",
                   "1,628 without a Flickr URL", "8,846", "3,063"):  # fmt: skip
        assert figure in said, figure


@pytest.mark.material
def test_the_crawl_of_2019_is_drawn_from_its_own_file(material: Path) -> None:
    """G4 to G7 end at the published sums."""
    with (material / "lists/first_tool_crawl_stats.csv").open(encoding="utf-8") as file:
        crawl = tuple(_point(row) for row in csv.DictReader(file))
    last = crawl[-1]
    groups = (
        GroupRow("flickr", last.flickr_tried, last.flickr_accepted, last.flickr_s),
        GroupRow("other", last.other_tried, last.other_accepted, last.other_s),
        GroupRow("all", 26_899, 15_419, last.flickr_s + last.other_s),
    )
    page = render_probe(ProbeData(groups, crawl, ()), "fall11")
    for figure in ("82.2 %", "31.4 %", "57.3 %", "0.43 s", "4.62 s", "15,419 of 26,899"):
        assert figure in text_of(page), figure
    assert page.count('<svg class="chart"') == 4


def _point(row: dict[str, str]) -> CrawlPoint:
    return CrawlPoint(
        int(row["is_flickr_tried"]),
        int(row["is_flickr_success"]),
        float(row["is_flickr_time_spent"]),
        int(row["not_flickr_tried"]),
        int(row["not_flickr_success"]),
        float(row["not_flickr_time_spent"]),
    )


def test_a_survey_has_its_charts_and_its_odd_lines(a_survey: Callable[..., Survey]) -> None:
    """G1 to G3, other hosts and domains beside them, and examples of what could not be read, as text."""
    page = render_survey(a_survey(), "a list")
    assert page.count('<svg class="chart"') == 5
    assert "&lt;script&gt;document.title=" in page
    assert "7,204,511" in page


def test_the_histogram_leaves_its_range_when_the_list_is_another(a_survey: Callable[..., Survey]) -> None:
    """Classes of 3 to 40 URLs would all lie outside 100 to 2000."""
    small = Census(("a", "b", "c"), (3, 40, 25), (0, 20, 5))
    figures = survey_figures(replace(a_survey(), classes=3, per_class=small))
    assert "0 classes have fewer than 0" in figures[1].caption
    assert sum(int(row[1]) for row in figures[1].rows) == 3


def test_an_empty_list_has_a_page() -> None:
    """Whoever surveys an empty list is told so."""
    empty = Survey(0, 0, 0, 0, 0, (), Census((), (), ()), ())
    assert "No labelled URL was found." in render_survey(empty, "empty")
    assert survey_charts(empty) == ""


def test_charts_as_text_fit_their_width(a_survey: Callable[..., Survey]) -> None:
    """A wrapped bar is unreadable."""
    for width in (60, 80, 200):
        lines = survey_charts(a_survey(), width).splitlines()
        assert len([line for line in lines if "█" in line or "▒" in line]) > 20
        assert max(map(len, lines)) <= max(width, 80)


def test_charts_as_text_say_the_figures(a_survey: Callable[..., Survey]) -> None:
    """The number stands beside its bar."""
    survey = a_survey()
    text = survey_charts(survey)
    for _, every, flickr in survey.at_least:
        assert f"{every:,} ({flickr:,})" in text


@pytest.mark.parametrize(("part", "drawn"), [(0, ""), (1e-9, "▏"), (0.5, "██"), (1, "████"), (0.53, "██▏")])
def test_a_bar_of_blocks_is_exact_to_an_eighth(part: float, drawn: str) -> None:
    """And something is never drawn as nothing."""
    assert bar(part, 4) == drawn


def test_the_curve_of_the_forecast_is_whole_without_its_script() -> None:
    """Every number of images from 0 to the top, exactly; the numbers shown first stand in the page."""
    urls = (900, 700, 40, 5)
    figure = reach_figure(Reach(urls, tuple(n * 0.5 for n in urls), (300, 200, 10, 0), "rates"))
    assert figure is not None
    data = json.loads(figure.data)
    assert (data["step"], data["top"]) == (1, 1000)
    assert [curve[0] for curve in data["curves"]] == [4, 4, 4]
    assert [sum(n >= m for n in urls) for m in range(1001)] == data["curves"][0]
    assert (figure.images, [one.classes for one in figure.answers]) == (800, [1, 0, 0])


@pytest.mark.parametrize("most", [1, 7, 1999, 12_345, 3_000_000])
def test_a_curve_has_few_steps_however_rich_the_classes(most: int) -> None:
    """The page stays small, its top is reached, and every step is a whole number of images."""
    figure = reach_figure(Reach((most,) * 3, (most / 2,) * 3, (0,) * 3))
    assert figure is not None
    assert len(json.loads(figure.data)["curves"][0]) <= 2001
    assert figure.top % figure.step == 0
    assert figure.top >= most
    assert 1 <= figure.images <= figure.top


def test_a_list_without_classes_has_no_curve() -> None:
    """Nothing to ask of it."""
    assert reach_figure(Reach((), (), ())) is None
