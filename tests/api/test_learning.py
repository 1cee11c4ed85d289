"""What a build teaches: its own rows, once, for the sites that the list names."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from gleanset.api import learning
from gleanset.api.learning import journal_name, known_hosts, learn_from, records_of
from gleanset.recipe import Recipe
from gleanset.store.journal import Journal
from gleanset.terms.inspection import Flaw, Inspection
from gleanset.terms.outcome import Failed, Failure
from gleanset.terms.verdict import Finding, Settlement, Verdict

START_S = 1_790_000_000.0
POOL = SimpleNamespace(
    n=6,
    seed=0,
    labels=("cat", "dog"),
    hosts=("flickr.com", "gone.example"),
    host=np.array([0, 0, 0, 0, 1, 1], np.int32),
)
"""Four URLs of Flickr, two of a dead site."""
RECIPE = Recipe.of()
PICTURE = Inspection(1000, bytes(32), None)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder that knows nothing yet, on the day of the build."""
    monkeypatch.setenv("GLEANSET_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(learning.time, "time", lambda: START_S + 60)
    return tmp_path / "home"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """The journal of a build whose first run has just begun."""
    with Journal(tmp_path / "journal.sqlite") as opened:
        opened.note("run", {"number": 1, "at": START_S})
        yield opened


def found(
    candidate: int,
    at_s: float,
    *,
    failure: Failure | None = None,
    flaw: Flaw | None = None,
    reason: str = "",
    attempts: int = 1,
    status: int | None = 200,
) -> Settlement:
    """A candidate that was asked for half a second."""
    seen = None if failure else Inspection(1000, bytes(32), flaw) if flaw else PICTURE
    finding = Finding(
        candidate,
        attempts,
        int(POOL.host[candidate]),
        0.5,
        at_s,
        failed=Failed(failure) if failure else None,
        inspection=seen,
        status=None if failure and failure.word == "connect-timeout" else status,
    )
    word = reason or (failure.word if failure else flaw.value if flaw else "")
    return Settlement(candidate, Verdict.REJECTED if word else Verdict.ACCEPTED, word, attempts, finding)


def run_one(journal: Journal) -> None:
    """A picture, a 404, a placeholder, a duplicate; and a dead site asked three times for one URL."""
    journal.write(
        [
            found(0, START_S + 1),
            found(1, START_S + 2, failure=Failure.NOT_FOUND, status=404),
            found(2, START_S + 3, reason="placeholder"),
            found(3, START_S + 4, reason="duplicate"),
            found(4, START_S + 5, failure=Failure.CONNECT_TIMEOUT, attempts=3),
            Settlement(5, Verdict.DEFERRED, "connect-timeout", 0),
        ]
    )
    journal.note("run-ended", {"elapsed_s": 5.0, "ending": "done"})


def test_a_picture_is_a_success_whether_it_was_wanted_or_not(journal: Journal) -> None:
    """A duplicate speaks for its host; a placeholder does not, nor does who was never asked."""
    run_one(journal)
    flickr, dead = records_of(POOL, journal.rows())  # type: ignore[arg-type]
    assert (flickr.name, flickr.tries, flickr.successes, flickr.seconds_s) == ("flickr.com", 4, 2, 2.0)
    assert (dead.name, dead.tries, dead.successes, dead.seconds_s) == ("gone.example", 1, 0, 1.5)
    assert (flickr.answered, dead.answered) == (True, False)
    assert flickr.at_s == START_S + 4


def test_a_picture_from_elsewhere_is_no_success_of_the_site(journal: Journal) -> None:
    """An archive's copy says that the site did not bring it."""
    copy = found(4, START_S + 1)
    assert copy.finding is not None
    journal.write([replace(copy, finding=replace(copy.finding, revived="wayback"))])
    (dead,) = records_of(POOL, journal.rows())  # type: ignore[arg-type]
    assert (dead.tries, dead.successes, dead.answered) == (1, 0, False)


def test_later_is_no_failure(journal: Journal) -> None:
    """429 says nothing of the picture, whether it came once or to the end."""
    late = found(0, START_S + 1, failure=Failure.RATE_LIMITED, status=429)
    journal.write([late, Settlement(1, Verdict.DEFERRED, "rate-limited", 4)])
    assert records_of(POOL, journal.rows()) == []  # type: ignore[arg-type]


def test_a_site_that_was_given_up_is_known_for_it(journal: Journal, home: Path) -> None:
    """It failed three times over two URLs and was parked to the end: no row has an answer, and it is dead."""
    journal.write(
        [
            Settlement(4, Verdict.DEFERRED, "connect-timeout", 2, None, START_S + 90),
            Settlement(5, Verdict.DEFERRED, "connect-timeout", 1, None, START_S + 90),
            Settlement(0, Verdict.DEFERRED, "timeout", 0, None, START_S + 90),
        ]
    )
    journal.note("run-ended", {"elapsed_s": 5.0, "ending": "settled"})
    learn_from(RECIPE, POOL, journal)  # type: ignore[arg-type]
    hosts = known_hosts(RECIPE, None).hosts
    assert list(hosts) == ["gone.example"]
    dead = hosts["gone.example"]
    assert (dead.tries, dead.successes, dead.seconds_s) == pytest.approx((2, 0, 15.0), rel=1e-3)
    assert (dead.answered, dead.at_s) == (False, START_S)


def test_a_name_that_was_known_to_be_dead_was_not_asked(journal: Journal) -> None:
    """All URLs of a dead name are settled at once, without a request, and teach nothing more."""
    finding = Finding(4, 1, 1, 0.0, START_S + 1, failed=Failed(Failure.NAME_NOT_FOUND))
    journal.write([Settlement(4, Verdict.REJECTED, "name-not-found", 1, finding)])
    assert records_of(POOL, journal.rows()) == []  # type: ignore[arg-type]


def test_the_next_build_knows_what_this_one_learned(journal: Journal, home: Path) -> None:
    """The point of it all."""
    run_one(journal)
    assert learn_from(RECIPE, POOL, journal, {"flickr.com": 9.0}) == ""  # type: ignore[arg-type]
    known = known_hosts(RECIPE, ["flickr.com"])
    assert known.hosts["flickr.com"].tries == pytest.approx(4, rel=1e-3)
    assert known.hosts["flickr.com"].rate_per_s == 9.0
    assert known.kinds["other"].record.tries == pytest.approx(1, rel=1e-3)
    assert (known.kinds["flickr"].probed_at_s, known.note) == (None, "")


def test_a_row_teaches_once(journal: Journal, home: Path) -> None:
    """Neither a second call nor a later run that only judges anew adds anything; new answers do."""
    run_one(journal)
    for _ in range(2):
        learn_from(RECIPE, POOL, journal)  # type: ignore[arg-type]
    journal.note("run", {"number": 2, "at": START_S + 20})
    journal.write([Settlement(0, Verdict.REVOKED, "placeholder", 1), found(5, START_S + 21)])
    journal.note("run-ended", {"elapsed_s": 5.0, "ending": "done"})
    learn_from(RECIPE, POOL, journal)  # type: ignore[arg-type]
    hosts = known_hosts(RECIPE, None).hosts
    assert hosts["flickr.com"].tries == pytest.approx(4, rel=1e-3)
    assert hosts["gone.example"].tries == pytest.approx(2, rel=1e-3)


def test_a_run_that_was_killed_teaches_with_the_next(journal: Journal, home: Path) -> None:
    """Its rows lie in the journal, and nobody had the time to read them."""
    journal.write([found(0, START_S + 1)])
    journal.note("run", {"number": 2, "at": START_S + 20})
    journal.write([found(1, START_S + 21)])
    journal.note("run-ended", {"elapsed_s": 5.0, "ending": "done"})
    learn_from(RECIPE, POOL, journal)  # type: ignore[arg-type]
    assert known_hosts(RECIPE, None).hosts["flickr.com"].successes == pytest.approx(2, rel=1e-3)


def test_resolve_rules_teach_nothing_about_the_real_web(journal: Journal, home: Path) -> None:
    """``--resolve`` says that hosts are not what their names say."""
    run_one(journal)
    elsewhere = Recipe.of(resolve=("*=127.0.0.1:8080",))
    learn_from(elsewhere, POOL, journal)  # type: ignore[arg-type]
    assert known_hosts(RECIPE, None).hosts == {}
    assert set(known_hosts(elsewhere, None).hosts) == {"flickr.com", "gone.example"}


def test_a_cache_that_cannot_be_written_is_a_sentence(journal: Journal, home: Path) -> None:
    """A build that has its images does not fail for what it could not remember."""
    home.write_text("a file where the folder should be")
    run_one(journal)
    assert str(home) in learn_from(RECIPE, POOL, journal)  # type: ignore[arg-type]
    known = known_hosts(RECIPE, None)
    assert known.hosts == {} and str(home) in known.note


def test_a_journal_is_known_wherever_its_folder_lies(journal: Journal, tmp_path: Path) -> None:
    """Moved or copied, it teaches no row twice; another build's journal has another name."""
    name = journal_name(POOL, journal)  # type: ignore[arg-type]
    with Journal(tmp_path / "other.sqlite") as other:
        other.note("run", {"number": 1, "at": START_S})
        assert journal_name(POOL, other) == name  # type: ignore[arg-type]
    with Journal(tmp_path / "another.sqlite") as another:
        another.note("run", {"number": 1, "at": START_S + 0.001})
        assert journal_name(POOL, another) != name  # type: ignore[arg-type]
