"""A chance of falling short is worth what it says: held against two hundred drawn webs."""

import numpy as np
import pytest

from gleanset.plan.beliefs import Beliefs
from gleanset.plan.forecast import Forecast
from gleanset.rotten.settings import WorldSettings
from gleanset.rotten.world import World
from gleanset.terms.knowledge import HostRecord
from gleanset.urls import host_of, normalise, politeness_group

from .census import a_census
from .worlds import NOW_S, Truth, a_truth, any_age, forecasts, of_2019, probed

N_WORLDS = 200
Outcomes = np.ndarray
"""(n, 2): the chance of falling short, and whether it did."""


def made_it(outcomes: Outcomes, least: float, most: float) -> tuple[float, int]:
    """Of the classes whose chance of making it was forecast within these bounds: the share that did, and
    their number.
    """
    chance = 1 - outcomes[:, 0]
    chosen = outcomes[(chance >= least) & (chance < most)]
    return 1 - chosen[:, 1].mean(), len(chosen)


def drawn_webs(n_asked: int, seed: int, n_worlds: int = N_WORLDS) -> Outcomes:
    """Webs of any age, each after a probe of so many URLs."""
    outcomes = []
    for number in range(n_worlds):
        dice = np.random.default_rng([seed, number])
        truth = a_truth(dice, any_age)
        outcomes += forecasts(dice, truth, Beliefs.of(probed(dice, truth, n_asked), now_s=NOW_S))
    return np.array(outcomes, float)


@pytest.mark.parametrize("n_asked", [60, 400], ids=["a thin probe", "a probe"])
def test_nine_in_ten_of_those_forecast_at_90_percent_make_it(n_asked: int) -> None:
    """The promise, with knowledge of 300 sites from 60 and from 400 tries."""
    outcomes = drawn_webs(n_asked, seed=1)
    share, n = made_it(outcomes, 0.85, 0.95)
    assert n > 500
    assert 0.85 <= share <= 0.95
    for least, most in ((0.3, 0.5), (0.5, 0.7), (0.7, 0.85)):
        assert made_it(outcomes, least, most)[0] == pytest.approx((least + most) / 2, abs=0.1)
    assert made_it(outcomes, 0.98, 1.01)[0] > 0.98


def test_the_rates_of_2019_are_calibrated_where_they_hold() -> None:
    """Nothing was learned, and the web is as it was."""
    outcomes = []
    for number in range(N_WORLDS):
        dice = np.random.default_rng([2, number])
        outcomes += forecasts(dice, a_truth(dice, of_2019), Beliefs.of())
    share, n = made_it(np.array(outcomes, float), 0.85, 0.95)
    assert n > 500
    assert 0.85 <= share <= 0.95


def a_rotten_web(dice: np.random.Generator, seed: int) -> Truth:
    """The simulated web that builds are tested on, three classes of it."""
    settings = WorldSettings(
        seed=seed,
        classes=tuple("abc"),
        urls_per_class=tuple(dice.integers(40, 220, 3).tolist()),
        flickr_share=dice.uniform(0, 0.8),
    )
    cells: dict[str, dict[str, int]] = {}
    good: dict[tuple[str, str], int] = {}
    world = World(settings)
    for row in world.rows():
        site = politeness_group(host_of(normalise(row.url) or ""))
        sites = cells.setdefault(row.label, {})
        sites[site] = sites.get(site, 0) + 1
        truth = world.truth(row.url)
        assert truth is not None
        good[row.label, site] = good.get((row.label, site), 0) + truth.fate.good
    living = [good[label, site] for label in sorted(cells) for site in sorted(cells[label])]
    return Truth(a_census(cells), np.array(living))


def test_the_rotten_web_keeps_the_promise_too() -> None:
    """Its sites are not drawn from our own model: 200 webs, each after a probe of 150 URLs."""
    outcomes = []
    for number in range(N_WORLDS):
        dice = np.random.default_rng([3, number])
        truth = a_rotten_web(dice, number)
        beliefs = Beliefs.of(probed(dice, truth, 150), now_s=NOW_S)
        for _ in range(3):
            outcomes += forecasts(dice, truth, beliefs)
    share, n = made_it(np.array(outcomes, float), 0.85, 0.95)
    assert n > 100
    assert 0.85 <= share <= 0.95


def test_more_knowledge_makes_a_forecast_surer() -> None:
    """The same web after more tries: fewer classes in doubt."""
    thin, thick = (drawn_webs(n, 5, 20)[:, 0] for n in (40, 4_000))
    doubtful = [int(((one > 0.05) & (one < 0.95)).sum()) for one in (thin, thick)]
    assert doubtful[1] < 0.6 * doubtful[0]


def test_what_one_site_is_known_for_is_no_news_of_a_class_elsewhere() -> None:
    """A dead site takes its own URLs out of the forecast and no others."""
    census = a_census({"there": {"dead.example": 50}, "elsewhere": {"alive.example": 50}})
    records = [
        HostRecord("dead.example", 40, 0, 200.0, False, None, NOW_S),
        HostRecord("alive.example", 40, 38, 40.0, True, None, NOW_S),
    ]
    forecast = Forecast(census, [("there",), ("elsewhere",)], Beliefs.of(records, now_s=NOW_S))
    assert forecast.images[0] < 1
    assert forecast.images[1] > 40
    assert forecast.shortfall_chances([0, 1], [10, 10]) == pytest.approx([1, 0], abs=0.05)
