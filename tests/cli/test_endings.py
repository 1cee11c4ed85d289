"""Every ending has its exit code, its sentence, and no traceback unless one asks."""

import json
from pathlib import Path

import pytest

from gleanset.cli.endings import Wishes, broken, stopped
from gleanset.cli.verbs import ended
from gleanset.errors import ListError, LockedError, StorageError, UsageError, WorkdirError


@pytest.mark.parametrize(
    ("status", "signalled", "code"),
    [
        ("complete", None, 0),
        ("complete", 130, 0),
        ("short", None, 3),
        ("failed", None, 1),
        ("interrupted", 130, 130),
        ("interrupted", 143, 143),
        ("interrupted", None, 130),
    ],
)
def test_how_a_build_ended_is_its_exit_code(status: str, signalled: int | None, code: int) -> None:
    assert ended(status, signalled) == code


@pytest.mark.parametrize(
    ("error", "code"),
    [(UsageError, 2), (ListError, 2), (WorkdirError, 1), (LockedError, 1), (StorageError, 1)],
)
def test_an_error_of_ours_is_its_message_and_no_traceback(
    error: type[UsageError], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stopped(error("list.txt: empty. Name another."), Wishes(["build"])) == code
    out, err = capsys.readouterr()
    assert (out, err) == ("", "gleanset: list.txt: empty. Name another.\n")


@pytest.mark.parametrize("words", [["build", "--verbose"], ["status", "d", "--verbose"]])
def test_verbose_shows_the_traceback(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    stopped(StorageError("full"), Wishes(words))
    assert "StorageError: full" in capsys.readouterr().err


def test_a_mistake_of_ours_is_one_paragraph_and_a_line_of_the_builds_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".gleanset").mkdir()
    assert broken(ZeroDivisionError("oh"), Wishes(["build", "-o", str(tmp_path)])) == 1
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert "ZeroDivisionError: oh" in err
    log = tmp_path / ".gleanset" / "gleanset.log"
    assert str(log) in err
    assert "ZeroDivisionError: oh" in log.read_text()


def test_without_a_build_the_story_is_kept_elsewhere_and_no_folder_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    out = tmp_path / "dataset"
    broken(ZeroDivisionError("oh"), Wishes(["build", f"--out={out}"]))
    [log] = tmp_path.glob("*.log")
    assert log.name in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("words", [["build", "x", "-o", "d", "--json"], ["demo", "--json", "--out", "d"]])
def test_programs_get_their_line_of_json_even_when_it_fails(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    stopped(StorageError("the disk is full"), Wishes(words))
    said = json.loads(capsys.readouterr().out)
    assert (said["status"], said["out"], said["error"]) == ("failed", "d", "the disk is full")
    assert set(said["totals"]) == {"tried", "accepted", "rejected", "bytes"}
    assert {"digest", "classes", "elapsed_s", "images_per_s"} <= set(said)


def test_commands_without_that_promise_print_no_such_line(capsys: pytest.CaptureFixture[str]) -> None:
    stopped(StorageError("full"), Wishes(["survey", "x", "--json"]))
    assert capsys.readouterr().out == ""


def test_wishes_are_heard_from_variables_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLEANSET_VERBOSE", "1")
    monkeypatch.setenv("GLEANSET_JSON", "no")
    assert Wishes(["build"]).verbose
    assert not Wishes(["build"]).promised_json
