"""Plans that stand on what was learned, from the file in GLEANSET_HOME."""

import time
from pathlib import Path

import pytest

import gleanset
from gleanset.store.knowledge import Knowledge, scope_of
from gleanset.terms.knowledge import HostRecord


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of this test alone."""
    monkeypatch.setenv("GLEANSET_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def a_list(tmp_path: Path) -> Path:
    """Two classes, each with forty URLs at one site."""
    rows = [f"http://{site}.example/{i}.jpg,{site}" for site in ("dead", "alive") for i in range(40)]
    path = tmp_path / "list.csv"
    path.write_text("url,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def learn(home: Path, resolve: tuple[str, ...] = ()) -> None:
    now_s = time.time()
    records = [
        HostRecord("dead.example", 60, 0, 300.0, False, None, now_s),
        HostRecord("alive.example", 60, 57, 60.0, True, None, now_s),
    ]
    with Knowledge.open(home) as knowledge:
        knowledge.learn(scope_of(resolve), records, now_s)


def test_a_plan_says_what_it_stands_on(home: Path, a_list: Path) -> None:
    """The rates of 2019 before anything was learned; then tries, sites and age."""
    assert "in 2019" in gleanset.plan(a_list, images="10").rates_from
    learn(home)
    plan = gleanset.plan(a_list, images="10")
    assert plan.rates_from.startswith(
        "Success rates were learned from 120 tries at 2 sites, the newest less than a minute old"
    )
    chances = {one.label: one.shortfall_chance for one in plan.classes}
    assert chances["dead"] > 0.95
    assert chances["alive"] < 0.01


def test_the_class_table_forecasts_from_it_too(home: Path, a_list: Path) -> None:
    """The same forecast as the plan's."""
    learn(home)
    lines = {one.id: one.forecast for one in gleanset.classes(a_list)}
    planned = {one.label: one.forecast for one in gleanset.plan(a_list).classes}
    assert lines == pytest.approx(planned, rel=1e-4)
    assert lines["dead"] < 2
    assert lines["alive"] > 35


def test_a_rehearsal_is_played_on_it(home: Path, a_list: Path) -> None:
    """The dead site's class is short each time, by all that is wanted."""
    learn(home)
    plan = gleanset.plan(a_list, images="20", rehearse=True)
    assert len(plan.rehearsals) == 5
    assert sum(run.short == (("dead", 20),) for run in plan.rehearsals) >= 4
    assert gleanset.plan(a_list, images="20").rehearsals == ()


def test_what_was_learned_under_other_addresses_is_not_believed(home: Path, a_list: Path) -> None:
    """With --resolve sites are not what their names say."""
    learn(home, ("*=127.0.0.1:8000",))
    assert "in 2019" in gleanset.plan(a_list).rates_from
    assert "learned" in gleanset.plan(a_list, resolve="*=127.0.0.1:8000").rates_from


def test_unreadable_knowledge_stops_no_plan(home: Path, a_list: Path) -> None:
    """It is worth something, but no plan depends on it."""
    home.parent.mkdir(exist_ok=True)
    learn(home)
    for path in home.iterdir():
        if path.is_file():
            path.write_bytes(b"no database")
    assert "in 2019" in gleanset.plan(a_list).rates_from
