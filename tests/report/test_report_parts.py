"""The parts of the report, each by itself."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.report.class_view import class_groups, class_map, quota_text, state_of
from gleanset.report.crawl_view import crawl_figures, group_lines, timeline_figure
from gleanset.report.data import ClassRow, CrawlPoint, GroupRow, ReportData
from gleanset.report.loading import loading_lines
from gleanset.report.reasons import FAILED, FLAWED, UNWANTED, kind_of, meaning_of
from gleanset.report.scales import thin, ticks, time_ticks, whole_ticks
from gleanset.report.summary import fates_of, reason_groups
from gleanset.report.survey_view import histogram, reverse_cumulative
from gleanset.terms.inspection import Flaw
from gleanset.terms.outcome import Failure
from gleanset.terms.plan import Quota
from gleanset.terms.verdict import Judgement

Build = Callable[..., ReportData]
WORDS = [one.word for kind in (Failure, Flaw, Judgement) for one in kind]


@pytest.mark.parametrize("word", WORDS)
def test_every_reason_has_plain_words(word: str) -> None:
    """A reason without an explanation is a riddle; a new one fails here."""
    assert "no words" not in meaning_of(word)
    assert meaning_of(word)[-1] in ".”"


def test_reasons_stand_under_the_right_heading() -> None:
    """The web's fault, the picture's fault, our choice."""
    assert {kind_of(one.word) for one in Failure} == {FAILED}
    assert {kind_of(one.word) for one in Flaw} == {FLAWED}
    assert {kind_of(one.word) for one in Judgement} | {kind_of("check:blurred")} == {UNWANTED}
    assert "blurred" in meaning_of("check:blurred")
    assert meaning_of("a-word-of-tomorrow")


@given(st.dictionaries(st.sampled_from(WORDS), st.integers(0, 10**9)))
def test_no_rejection_is_lost_between_the_headings(counts: dict[str, int]) -> None:
    """The groups add up to what was rejected."""
    assert sum(group.total for group in reason_groups(tuple(counts.items()))) == sum(counts.values())


def test_the_fates_add_up_to_the_pool(a_build: Build) -> None:
    """Every URL is somewhere in the bar, once."""
    data = a_build()
    fates = fates_of(data)
    assert fates is not None
    assert sum(int(n.replace(",", "")) for _, _, n, _ in fates.parts) == data.candidates


def test_fates_without_a_known_pool_have_no_unasked(a_build: Build) -> None:
    """Nothing is claimed of what is not known."""
    fates = fates_of(replace(a_build(), candidates=0))
    assert fates is not None
    assert "never asked" not in [name for name, *_ in fates.parts]


@pytest.mark.parametrize(
    ("quota", "text"),
    [
        (Quota(800, 800), "800"),
        (Quota(500, 800), "500 to 800"),
        (Quota(500, None), "at least 500"),
        (Quota(0, None), "all"),
        (Quota(0, 1200), "1,200"),
    ],
)
def test_quotas_in_words(quota: Quota, text: str) -> None:
    """The same four forms that ``--images`` knows."""
    assert quota_text(quota) == text


def test_a_lacking_class_is_short_only_when_the_build_is_over() -> None:
    """While it runs nobody has failed."""
    row = ClassRow("a", "a", Quota(5, 5), 3, 4, 9)
    assert state_of(row, "running") == state_of(row, "interrupted") == state_of(row, "failed") == "filling"
    assert state_of(row, "short") == "short"
    assert state_of(replace(row, replaced=True), "short") == "replaced"
    assert state_of(replace(row, accepted=5), "short") == "full"


def test_short_classes_come_first_and_the_emptiest_of_them_on_top(a_build: Build) -> None:
    """They are what one looks for."""
    data = a_build(50, 5)
    groups = class_groups(data.classes, "short", {})
    assert [group.state for group in groups] == ["short", "full"]
    accepted = [line.row.accepted for line in groups[0].lines]
    assert accepted == sorted(accepted)
    assert sum(len(group.lines) for group in groups) == 50


def test_bars_mark_the_lower_end_of_a_quota() -> None:
    """Between K and M the bar is full at M, with a tick at K."""
    row = ClassRow("a", "a", Quota(50, 200), 100, 150, 300)
    line = class_groups([row], "complete", {})[0].lines[0]
    assert (line.fill, line.tick, line.quota_order) == ("50", "25.0", 200)


def test_the_field_of_squares_is_for_many_classes(a_build: Build) -> None:
    """Below fifty the table itself shows them all."""
    assert class_map(a_build(20).classes, "short") is None
    assert str(class_map(a_build(300).classes, "short")).count("<rect") == 300
    assert class_map(a_build(1).classes * 6000, "short") is None


def test_the_published_statistics_of_the_first_tool() -> None:
    """Its crawl of 26,899 URLs, figure by figure."""
    rows = (
        GroupRow("flickr", 13_718, 11_283, 5862.15),
        GroupRow("other", 13_181, 4_136, 19_120.26),
        GroupRow("none", 0, 0, 0.0),
    )
    assert group_lines(rows) == [
        ("flickr", "13,718", "11,283", "82.2 %", "1 h 37 min", "0.43 s", "0.52 s"),
        ("other", "13,181", "4,136", "31.4 %", "5 h 18 min", "1.45 s", "4.62 s"),
        ("none", "0", "0", "–", "0 s", "–", "–"),
    ]


def test_charts_need_two_points() -> None:
    """A line through one point is no line."""
    point = CrawlPoint(1, 1, 1.0, 1, 0, 2.0)
    assert crawl_figures([]) == crawl_figures([point]) == ()
    assert timeline_figure([(0.0, 0)], None) is None
    assert len(crawl_figures([CrawlPoint(0, 0, 0.0, 0, 0, 0.0), point])) == 4


def test_time_per_success_survives_hosts_that_never_answer() -> None:
    """No success yet is no division by zero."""
    points = [CrawlPoint(i, 0, float(i), i, i // 2, float(i)) for i in range(6)]
    figure = crawl_figures(points)[3]
    assert figure.title == "Time per success"
    assert figure.rows[-1] == ("10", "0 s", "1 s")


@given(st.floats(0.001, 1e15))
def test_ticks_are_few_and_reach_the_top(top: float) -> None:
    """An axis with a hundred numbers, or one that cuts its line off, is no help."""
    for made in (ticks(top), time_ticks(top)):
        assert 2 <= len(made) <= 13
        assert made[0] == 0
        assert made[-1] >= top * (1 - 1e-6)


@given(st.integers(1, 10**9))
def test_counted_things_have_whole_ticks(top: int) -> None:
    """There is no half image."""
    assert all(tick == int(tick) for tick in whole_ticks(top))


@given(st.integers(0, 500), st.integers(2, 50))
def test_thinning_keeps_both_ends(n: int, most: int) -> None:
    """The last value is the one that people read."""
    kept = thin(n, most)
    assert len(kept) <= most
    assert kept == sorted(set(kept))
    assert not n or (kept[0], kept[-1]) == (0, n - 1)


@given(st.lists(st.integers(0, 4000), max_size=300))
def test_the_histogram_is_the_one_of_the_notebook(values: list[int]) -> None:
    """numpy's rule for 50 bins from 100 to 2000: the last bin holds its upper edge."""
    expected, edges = np.histogram(values, bins=50, range=(100, 2000))
    counts, ours = histogram(values, 100, 2000)
    assert list(counts) == list(expected)
    assert np.allclose(ours, edges)


@given(st.lists(st.integers(0, 3000), max_size=100), st.lists(st.integers(0, 3000), max_size=20))
def test_reverse_cumulative_counts_who_reaches_each_level(values: list[int], levels: list[int]) -> None:
    """The definition, word for word."""
    assert list(reverse_cumulative(values, levels)) == [sum(v >= level for v in values) for level in levels]


@pytest.mark.parametrize("format", ["imagefolder", "webdataset", "parquet", "tfrecord"])
def test_three_lines_of_python_open_the_dataset(format: str) -> None:
    """They compile, also where the folder's name holds quotes."""
    for splits in ((), ("train", "val"), ("my split",)):
        code = loading_lines('/data/it\'s "mine"/', format, splits)
        assert len(code.splitlines()) == 3
        compile(code, "lines", "exec")


def test_image_folders_are_opened_at_the_split() -> None:
    """``data`` itself holds splits, not classes, once there are splits."""
    assert "'d/data/train'" in loading_lines("d", "imagefolder", ["train", "val"])
    assert "'d/data'" in loading_lines("d", "imagefolder", [])
