"""What is known of hosts: kept over builds, faded, bounded, shared, and never the end of a run."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.store import knowledge
from gleanset.store.knowledge import Knowledge, Lesson, scope_of
from gleanset.store.knowledge_rows import FORGOTTEN_S, HALF_LIFE_S, faded, kinds_of, together
from gleanset.terms.knowledge import HostRecord

NOW_S = 1_790_000_000.0
DAY_S = 86_400.0
FLICKR = HostRecord("flickr.com", 100.0, 80.0, 43.0, True, None, NOW_S)
SMALL = HostRecord("example.org", 4.0, 1.0, 8.0, True, 2.5, NOW_S)
DEAD = HostRecord("gone.example", 3.0, 0.0, 15.0, False, None, NOW_S)


@pytest.fixture
def known(tmp_path: Path) -> Iterator[Knowledge]:
    """Knowledge that has learned of three hosts."""
    with Knowledge.open(tmp_path) as opened:
        opened.learn("", [FLICKR, SMALL, DEAD], NOW_S)
        yield opened


records = st.builds(
    HostRecord,
    st.just("example.org"),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    st.booleans(),
    st.none() | st.floats(0.01, 100),
    st.floats(NOW_S - 100 * DAY_S, NOW_S),
)


def _close(one: HostRecord, other: HostRecord) -> bool:
    numbers = ("tries", "successes", "seconds_s")
    return replace(one, tries=0.0, successes=0.0, seconds_s=0.0) == replace(
        other, tries=0.0, successes=0.0, seconds_s=0.0
    ) and all(getattr(one, name) == pytest.approx(getattr(other, name)) for name in numbers)


def test_what_was_learned_is_there_for_the_next_command(known: Knowledge, tmp_path: Path) -> None:
    """The whole point of keeping it."""
    with Knowledge.open(tmp_path) as again:
        assert again.records("", None, NOW_S) == {r.name: r for r in (FLICKR, SMALL, DEAD)}


def test_only_the_named_hosts_are_read(known: Knowledge) -> None:
    """A build asks for its own; a host that nobody met has no record."""
    assert known.records("", ["example.org", "never.example"], NOW_S) == {"example.org": SMALL}


def test_more_names_than_sqlite_takes_at_once(known: Knowledge) -> None:
    """A list has hundreds of thousands of groups."""
    names = [f"host{i}.example" for i in range(40_000)]
    assert known.records("", [*names, "example.org"], NOW_S) == {"example.org": SMALL}


def test_after_a_month_an_experience_counts_half(known: Knowledge) -> None:
    """The age shows in ``at_s``, which does not move."""
    found = known.records("", ["flickr.com"], NOW_S + HALF_LIFE_S)["flickr.com"]
    assert (found.tries, found.successes, found.seconds_s, found.at_s) == pytest.approx(
        (50.0, 40.0, 21.5, NOW_S)
    )


def test_new_experience_is_added_to_the_faded_old_one(known: Knowledge) -> None:
    later_s = NOW_S + HALF_LIFE_S
    known.learn("", [replace(FLICKR, tries=10.0, successes=0.0, seconds_s=1.0, at_s=later_s)], later_s)
    found = known.records("", ["flickr.com"], later_s)["flickr.com"]
    assert (found.tries, found.successes, found.seconds_s) == pytest.approx((60.0, 40.0, 22.5))


@given(records, records)
def test_the_order_of_two_experiences_does_not_matter(one: HostRecord, other: HostRecord) -> None:
    """Builds that run side by side teach in any order."""
    assert _close(together(one, other), together(other, one))


@given(records, records, records)
def test_three_experiences_add_up_however_they_are_grouped(
    a: HostRecord, b: HostRecord, c: HostRecord
) -> None:
    """Exponential fading commutes with adding: this is why it is exponential."""
    left, right = together(together(a, b), c), together(a, together(b, c))
    assert _close(replace(left, rate_per_s=None), replace(right, rate_per_s=None))


@given(records, st.floats(0, 400 * DAY_S))
def test_fading_keeps_rates(record: HostRecord, age_s: float) -> None:
    """Old experience counts less; it does not become better or worse."""
    old = faded(record, record.at_s + age_s)
    assert old.successes * record.tries == pytest.approx(record.successes * old.tries)
    assert old.tries <= record.tries


def test_a_rate_that_was_not_met_again_stays(known: Knowledge) -> None:
    """No bound met later means only that nobody pressed."""
    known.learn("", [replace(SMALL, rate_per_s=None, at_s=NOW_S + 1)], NOW_S + 1)
    assert known.records("", ["example.org"], NOW_S)["example.org"].rate_per_s == 2.5


def test_kinds_know_origin_and_age(known: Knowledge) -> None:
    """``plan`` says where its rates are from, and whether somebody probed."""
    kinds = known.kinds("", NOW_S)
    assert {kind: (one.record.tries, one.probed_at_s) for kind, one in kinds.items()} == {
        "flickr": (100.0, None),
        "other": (7.0, None),
    }
    known.learn("", [replace(FLICKR, at_s=NOW_S + 5)], NOW_S + 5, probed=True)
    assert known.kinds("", NOW_S + 5)["flickr"].probed_at_s == NOW_S + 5
    assert known.kinds("", NOW_S + 5)["other"].probed_at_s is None


def test_buckets_are_a_kind_of_their_own() -> None:
    """Object stores and image CDNs live and die alike, and not like small sites."""
    buckets = [replace(SMALL, name="a.s3.amazonaws.com"), replace(SMALL, name="x.cloudfront.net")]
    assert kinds_of(buckets)["cdn"].tries == 8.0


def test_resolve_rules_have_a_knowledge_of_their_own(known: Knowledge) -> None:
    """What ``--resolve`` points elsewhere teaches nothing about the real web, and the other way round."""
    rules = scope_of(["*=127.0.0.1:8080"])
    known.learn(rules, [replace(FLICKR, successes=0.0)], NOW_S)
    assert known.records("", ["flickr.com"], NOW_S)["flickr.com"].successes == 80.0
    assert known.records(rules, None, NOW_S)["flickr.com"].successes == 0.0
    assert known.records(scope_of(["*=127.0.0.1:8081"]), None, NOW_S) == {}


def test_the_order_of_rules_makes_no_other_scope() -> None:
    assert scope_of(["a=1.2.3.4", "b=1.2.3.4"]) == scope_of(["b=1.2.3.4", "a=1.2.3.4"])
    assert scope_of([]) == ""


def test_a_lesson_is_learned_once(known: Knowledge) -> None:
    """A build that was killed after it taught, and goes on, must not teach the same rows again."""
    for _ in range(2):
        known.learn("", [FLICKR], NOW_S, lesson=Lesson("journal", 70))
    assert known.records("", ["flickr.com"], NOW_S)["flickr.com"].tries == 200.0
    assert known.learned("journal") == 70
    assert known.learned("another") == 0


def test_a_clock_that_ran_ahead_keeps_nothing_fresh_for_ever(known: Knowledge) -> None:
    known.learn("", [replace(SMALL, name="later.example", at_s=NOW_S + 9e8)], NOW_S)
    assert known.records("", ["later.example"], NOW_S)["later.example"].at_s == NOW_S


def test_what_has_faded_is_forgotten(known: Knowledge) -> None:
    later_s = NOW_S + FORGOTTEN_S + 1
    known.learn("", [replace(SMALL, name="new.example", at_s=later_s)], later_s)
    assert list(known.records("", None, later_s)) == ["new.example"]


def test_beyond_the_bound_the_stalest_are_forgotten(
    known: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache folder must not grow without end."""
    monkeypatch.setattr(knowledge, "MOST_HOSTS", 3)
    known.learn("", [replace(SMALL, name="new.example", at_s=NOW_S + 1)], NOW_S + 1)
    known.learn("", [replace(DEAD, at_s=NOW_S + 2)], NOW_S + 2)
    assert set(known.records("", None, NOW_S + 2)) == {"flickr.com", "new.example", "gone.example"}


def test_scopes_are_bounded_too(known: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every port of a test server is a scope; the real web's own is never dropped for them."""
    monkeypatch.setattr(knowledge, "MOST_SCOPES", 2)
    for i in range(4):
        known.learn(f"scope{i}", [replace(SMALL, at_s=NOW_S + i)], NOW_S + i)
    assert [bool(known.records(scope, None, NOW_S)) for scope in ("", "scope1", "scope2", "scope3")] == [
        True,
        False,
        True,
        True,
    ]


def test_several_builds_teach_at_once(tmp_path: Path) -> None:
    """SQLite lets one writer in after the other; nobody's experience is lost."""

    def teach(i: int) -> None:
        with Knowledge.open(tmp_path) as mine:
            for _ in range(5):
                mine.learn("", [replace(FLICKR, tries=1.0, successes=1.0), DEAD], NOW_S)
            assert mine.note == ""

    with ThreadPoolExecutor(4) as builds:
        list(builds.map(teach, range(4)))
    with Knowledge.open(tmp_path) as known:
        assert known.records("", ["flickr.com"], NOW_S)["flickr.com"].tries == 20.0


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 50, b"SQLite format 3\0" + bytes(5000)])
def test_a_damaged_file_is_set_aside(tmp_path: Path, damage: bytes) -> None:
    """It is worth something, but no build shall end for it."""
    (tmp_path / "knowledge.sqlite").write_bytes(damage)
    with Knowledge.open(tmp_path) as known:
        known.learn("", [SMALL], NOW_S)
        assert known.records("", None, NOW_S) == {"example.org": SMALL}
        assert ("damaged" in known.note) == bool(damage)


def test_damage_that_shows_later_is_set_aside_too(known: Knowledge, tmp_path: Path) -> None:
    """The header may be whole and a page behind it not."""
    known.close()
    file = tmp_path / "knowledge.sqlite"
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    file.write_bytes(data)
    with Knowledge.open(tmp_path) as again:
        assert again.records("", None, NOW_S) == {}
        again.learn("", [SMALL], NOW_S)
        assert again.records("", None, NOW_S) == {"example.org": SMALL}
        assert "knowledge.sqlite.damaged" in again.note
    assert (tmp_path / "knowledge.sqlite.damaged").exists()


def test_another_programs_database_is_set_aside(tmp_path: Path) -> None:
    """Nothing of it is changed but its name."""
    with sqlite3.connect(tmp_path / "knowledge.sqlite") as other:
        other.execute("CREATE TABLE birds (name TEXT)")
    other.close()
    with Knowledge.open(tmp_path) as known:
        known.learn("", [SMALL], NOW_S)
        assert "damaged" in known.note
    with sqlite3.connect(tmp_path / "knowledge.sqlite.damaged") as moved:
        assert moved.execute("SELECT count(*) FROM birds").fetchone() == (0,)
    moved.close()


def test_a_newer_file_is_left_alone(known: Knowledge, tmp_path: Path) -> None:
    """Refused with a sentence, and unchanged: an older version must not spoil it."""
    known.close()
    with sqlite3.connect(tmp_path / "knowledge.sqlite") as newer:
        newer.execute("PRAGMA user_version = 2")
    newer.close()
    with Knowledge.open(tmp_path) as older:
        older.learn("", [replace(SMALL, tries=99.0)], NOW_S)
        assert older.records("", None, NOW_S) == {}
        assert older.learned("journal") == 0
        assert "newer gleanset" in older.note
    with sqlite3.connect(tmp_path / "knowledge.sqlite") as newer:
        assert newer.execute("SELECT tries FROM hosts WHERE name = 'example.org'").fetchone() == (4.0,)
    newer.close()
