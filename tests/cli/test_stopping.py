"""The first Ctrl-C asks, the second quits; SIGTERM asks as well. Real signals, a real process."""

import os
import pty
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest

PROGRAM = """
    import signal, sys
    from gleanset.cli.output import say
    from gleanset.cli.stopping import Interrupts

    class Stop:
        requested = 0
        def request(self):
            self.requested += 1

    stop = Stop()
    with Interrupts(stop, lambda: say("draining")) as signals:
        print("ready", flush=True)
        while True:
            told = sys.stdin.readline()
            if told == "end\\n":
                break
            print(stop.requested, signals.exit_code, flush=True)
    sys.exit(signals.exit_code or 0)
"""


@pytest.fixture
def a_build() -> Iterator[subprocess.Popen[str]]:
    """A process that drains for as long as it likes, and says on demand what it was told."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def _asked(process: subprocess.Popen[str]) -> str:
    process.stdin.write("?\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def _ended(process: subprocess.Popen[str]) -> int:
    process.stdin.write("end\n")
    process.stdin.flush()
    return process.wait(20)


def test_without_a_signal_nothing_is_asked(a_build: subprocess.Popen[str]) -> None:
    assert _asked(a_build) == "0 None"
    assert _ended(a_build) == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_asks_for_an_orderly_end(
    a_build: subprocess.Popen[str], number: signal.Signals, code: int
) -> None:
    a_build.send_signal(number)
    assert a_build.stderr.readline() == "draining\n"
    assert _asked(a_build) == f"1 {code}"
    assert _ended(a_build) == code


def test_the_second_ctrl_c_quits_at_once(a_build: subprocess.Popen[str]) -> None:
    a_build.send_signal(signal.SIGINT)
    a_build.stderr.readline()
    a_build.send_signal(signal.SIGINT)
    assert a_build.wait(20) == 130


def test_quitting_at_once_leaves_the_terminal_its_cursor() -> None:
    """The live view hides it, and a killed view cannot bring it back."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-c", textwrap.dedent(PROGRAM)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=theirs) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        os.read(ours, 100)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert b"\x1b[?25h" in os.read(ours, 100)
    os.close(ours)
    os.close(theirs)


def test_a_second_sigterm_goes_on_draining(a_build: subprocess.Popen[str]) -> None:
    """Supervisors repeat themselves; what they send after a while is SIGKILL."""
    for _ in range(2):
        a_build.send_signal(signal.SIGTERM)
        a_build.stderr.readline()
    assert _asked(a_build) == "2 143"
    assert _ended(a_build) == 143
