"""Plans over the real class counts, held to the figures of the first tool."""

import csv
from pathlib import Path

import pytest

from gleanset.catalog.graph import Graph
from gleanset.catalog.select import Choice, select
from gleanset.errors import UsageError
from gleanset.plan.beliefs import Beliefs
from gleanset.plan.forecast import Forecast
from gleanset.plan.planner import make_plan
from gleanset.terms.plan import Census, Plan, Quota

from .census import in_one_place

pytestmark = pytest.mark.material
EIGHT_HUNDRED = Quota(800, 800)


@pytest.fixture(scope="module")
def census(material: Path) -> Census:
    """21,841 classes with their URLs and Flickr URLs."""
    with (material / "lists" / "imagenet_fall11_class_counts.csv").open(newline="") as file:
        rows = sorted(
            (row["synid"], int(row["urls"]), int(row["flickr_urls"])) for row in csv.DictReader(file)
        )
    labels, urls, flickr = zip(*rows, strict=True)
    return Census(labels, urls, flickr)


@pytest.fixture(scope="module")
def flickr_only(census: Census) -> Census:
    """What is left with ``--hosts flickr``."""
    return Census(census.labels, census.flickr_urls, census.flickr_urls)


def drawn(census: Census, n: int, seed: int = 0) -> Plan:
    choice = Choice(classes=n)
    selection = select(census.labels, census.urls, Graph(()), choice)
    return make_plan(in_one_place(census), selection, draw=n, quota=EIGHT_HUNDRED, seed=seed)


def test_the_first_tools_rule_admits_classes_that_fall_short(census: Census, flickr_only: Census) -> None:
    """Its pools for 800 images are 2,335 and 7,482 classes; by its own rates 531 and 4,274 fall short."""
    for counts, margin, n_admitted, n_short in ((flickr_only, 0.9, 2_335, 531), (census, 0.8, 7_482, 4_274)):
        members = [(label,) for label in counts.labels]
        images = Forecast(in_one_place(counts), members, Beliefs.of()).images
        admitted = [n for n, urls in zip(images, counts.urls, strict=True) if urls * margin > 800]
        short = [n for n in admitted if n < 800]
        assert (len(admitted), len(short)) == (n_admitted, n_short)


@pytest.mark.parametrize("seed", range(3))
def test_two_hundred_classes_of_eight_hundred_are_all_forecast_to_make_it(census: Census, seed: int) -> None:
    """The sentence that the project begins with."""
    plan = drawn(census, 200, seed)
    assert len(plan.classes) == 200
    assert all(one.forecast >= 800 and one.candidates >= 800 for one in plan.classes)
    assert plan.notes == ()


def test_all_with_enough_urls_stand_by(census: Census) -> None:
    """8,846 classes have 800 URLs: 200 are drawn, the others are reserves, the ready ones first."""
    plan = drawn(census, 200)
    assert len(plan.reserves) == 8_846 - 200
    ready = [one.forecast >= 800 for one in plan.reserves]
    assert ready == sorted(ready, reverse=True)


def test_too_many_classes_are_refused_with_what_would_fit(census: Census, flickr_only: Census) -> None:
    """8,846 classes have 800 URLs, 3,063 have 800 on Flickr."""
    with pytest.raises(UsageError, match=r"only 8,846 of 21,841 .* --classes 8846 or --images 774"):
        drawn(census, 9_000)
    with pytest.raises(UsageError, match="only 3,063 of 21,841"):
        drawn(flickr_only, 3_064)


def test_a_million_images_over_all_classes(census: Census) -> None:
    """Every class gives what it has up to one level; nobody is asked for more than its URLs."""
    selection = select(census.labels, census.urls, Graph(()), Choice())
    plan = make_plan(in_one_place(census), selection, total=1_000_000, quota=Quota())
    quotas = [one.quota.at_least for one in plan.classes]
    level = max(quotas)
    assert sum(quotas) == 1_000_000
    assert all(one.quota.at_least >= min(level - 1, int(one.forecast)) for one in plan.classes)
    assert all(one.quota.at_least <= one.candidates for one in plan.classes)
