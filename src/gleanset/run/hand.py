"""One worker process, as its crew sees it."""

import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

from . import wire
from .watch import LEAST_CPU_S, LONGEST_DECODE_CPU_S, Watch
from .wire import Task

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]


class Hand:
    """One worker process as its crew sees it."""

    def __init__(
        self, number: int, life: int, command: list[str], settings: dict[str, Any], log: Path
    ) -> None:
        self.number = number
        self.life = life
        self.note = Path(settings["note"])
        self.log = log
        self.tasks: dict[int, Task] = {}
        self._segment_name = re.compile(re.escape(settings["prefix"]) + r"-[0-9]{6,9}\.seg")
        """Of all its segments, and of nobody else's."""
        self.written: str = ""
        """The segment of the latest finding."""
        self.why = ""
        """Why it was killed by us; empty: it was not."""
        self.watch = Watch(2 * LONGEST_DECODE_CPU_S, 10 * LEAST_CPU_S)
        """From outside, for a decoder that lets nobody look from within. All threads count here, and one that
        waits for the interpreter asks for it 200 times a second, which takes a few milliseconds.
        """
        self.frames = wire.Frames()
        self.backlog = bytearray()
        self.listening = True
        """Whether its pipe is watched: until it is mourned."""
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                env=environment(),
            )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.fd_to = self.process.stdin.fileno()
        self.fd_from = self.process.stdout.fileno()
        os.set_blocking(self.fd_to, False)
        os.set_blocking(self.fd_from, False)
        self.say(["hello", settings])

    def say(self, message: list[Any]) -> None:
        """Queue a message and write what the pipe takes."""
        self.backlog += wire.frame(message)
        self.push()

    def push(self) -> None:
        try:
            while self.backlog:
                del self.backlog[: os.write(self.fd_to, self.backlog[: 1 << 16])]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self.backlog.clear()

    def check_segment(self, name: str) -> None:
        """Raises ``ValueError`` where this worker cannot have written such a segment."""
        if self._segment_name.fullmatch(name) is None:
            raise ValueError("a segment that is not its own")

    def kill(self, why: str) -> None:
        """Its pipe ends then, behind whatever it has still said."""
        self.why = why
        self.process.kill()

    def end(self) -> int:
        """Close the pipes and wait for the end; kill where that takes more than a second."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            code = self.process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process.stdout.close()
        return code


def environment() -> dict[str, str]:
    """The caller's, with this very package first on the path and one numeric thread a process.

    Empty entries of the path are left out: they mean the folder in which one happens to stand. For the same
    reason workers are started with ``-P``; without it, ``-m`` puts that folder before everything else.
    """
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(_PACKAGE_ROOT), *filter(None, paths)]),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def ending(code: int) -> str:
    """How a process came to its end."""
    if code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"


def last_line(log: Path) -> str:
    """The last thing that a worker complained of."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return "nothing"
    return lines[-1] if lines else "nothing"
