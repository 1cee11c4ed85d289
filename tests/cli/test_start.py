"""A help text is there at once, and a reader who has seen enough may leave."""

import os
import subprocess
import sys

import pytest

HEAVY = ("duckdb", "pyarrow", "numpy", "rich", "PIL", "pycurl", "jinja2", "gleanset.api")


def test_the_help_loads_nothing_that_is_heavy() -> None:
    """Half a second is what one waits for a help text; these libraries take longer than that together."""
    program = (
        "import sys; from gleanset.cli.main import main; code = main(['build', '--help']);"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stderr.strip() == "[]"


def test_importing_the_package_loads_nothing_at_all() -> None:
    program = "import sys, gleanset; print([n for n in sys.modules if n.startswith('gleanset.')])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("words", [["--help"], ["build", "--help"], ["--version"]])
def test_a_reader_who_leaves_is_no_error(words: list[str]) -> None:
    """``gleanset build --help | head -1``: no traceback, no exit code."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        run = subprocess.run(
            [sys.executable, "-m", "gleanset", *words], stdout=closed, stderr=subprocess.PIPE, check=False
        )
    assert (run.returncode, run.stderr) == (0, b"")


def test_a_closed_stdout_is_no_error() -> None:
    run = subprocess.run(
        f"{sys.executable} -m gleanset --version >&-", shell=True, stderr=subprocess.PIPE, check=False
    )
    assert run.returncode == 0


def test_shells_can_ask_for_completions() -> None:
    asked = {"_GLEANSET_COMPLETE": "bash_complete", "COMP_WORDS": "gleanset bu", "COMP_CWORD": "1"}
    run = subprocess.run(
        [sys.executable, "-m", "gleanset"],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "plain,build"
