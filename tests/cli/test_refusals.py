"""Wrong usage is refused with exit code 2, the nearest real word, and nothing written."""

from pathlib import Path

import pytest

from gleanset.cli.first_tool import OURS
from gleanset.cli.main import main


@pytest.fixture(autouse=True)
def an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where each command runs; still empty when the test is over, for a refusal writes nothing."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["biuld"], "biuld. There is no such command. Did you mean build?"),
        (["frobnicate"], "frobnicate. There is no such command."),
        (["build", "--imges", "8"], "--imges. There is no such option. Did you mean --images?"),
        (["build", "--image=8"], "--image. There is no such option. Did you mean --images?"),
        (["build", "-images", "8"], "-images. There is no such option. Did you mean --images?"),
        (["build", "x", "-o", "y", "--images", "0"], "--images 0. A quota is at least 1."),
        (["build", "x", "-o", "y", "--format", "webdatset"], "Did you mean webdataset?"),
        (["build", "x", "-o", "y", "--class-dirs", "nmae"], "Did you mean name?"),
        (["build", "x", "-o", "y", "--seed", "1", "--seed", "2"], "--seed 1 --seed 2. This"),
        (["build", "x", "-o", "y", "--concurrency", "5000"], "--concurrency 5000. It is at most 2,000."),
        (["build", "x", "-o", "y", "--allow-private", "10.0.0.0/99"], "10.0.0.0/99"),
        (["build", "--images"], "--images. A value has to follow it."),
        (["build", "x"], "no -o. Say in which folder"),
        (["plan"], "no LIST."),
        (["survey"], "no LIST."),
        (["classes"], "no LIST."),
        (["pack"], "no DIR."),
        (["status"], "no DIR."),
        (["report", "--json"], "no DIR."),
        (["survey", "x", "--images", "8"], "--images. There is no such option."),
        (["pack", "x", "--size", "8"], "--size. There is no such option."),
        (["demo", "x"], "unexpected extra argument"),
        (["build", "x", "-o", "y", "--config", "absent.toml"], "--config absent.toml: there is"),
        (["build", "x", "-o", "y", "--quiet", "--verbose"], "contradict each other"),
    ],
)  # fmt: skip
def test_a_slip_is_refused_with_what_was_meant(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


@pytest.mark.parametrize("argument", sorted(OURS))
@pytest.mark.parametrize("dashes", ["-", "--"])
def test_the_first_tools_arguments_are_refused_with_our_name(
    argument: str, dashes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It dropped what it did not know: two dashes in the place of one, and it drew random classes."""
    assert main(["build", "list.txt", dashes + argument, "10", "-o", "y"]) == 2
    assert OURS[argument] in capsys.readouterr().err


def test_a_misspelt_variable_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLEANSET_IMAGS", "8")
    assert main(["build", "x", "-o", "y"]) == 2
    assert "Did you mean GLEANSET_IMAGES?" in capsys.readouterr().err


def test_no_words_at_all_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Commands:" in err


def test_help_is_a_result_and_no_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "--images M|K:M|K:" in out


def test_values_may_look_like_options() -> None:
    """Only words in the place of an option are checked for a single dash."""
    assert main(["classes", "x.txt", "--", "-number"]) != 0
