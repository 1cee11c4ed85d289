"""Packs a pickled job again and again, killed one step later each time. Not a test: `test_kill.py` runs it.

Usage: ``kill_driver.py FOLDER FORM``. FOLDER holds ``job.pickle`` and ``old`` (a dataset). Prints a line of
JSON a step: how the killed pack ended, what it left, what the next pack made of that.
"""

import json
import os
import pickle
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gleanset.pack.job import PackJob
from gleanset.pack.packer import pack

STEPS = {"os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "fsync"}
WRITING = os.O_WRONLY | os.O_RDWR


def arm(steps_left: int) -> None:
    """Kill this process with SIGKILL before its n-th change of the disk."""

    def step(event: str, args: tuple[object, ...]) -> None:
        nonlocal steps_left
        writes = event == "open" and isinstance(args[2], int) and args[2] & WRITING
        if event in STEPS or writes:
            steps_left -= 1
            if steps_left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def counted(fd: int, fsync: Callable[[int], None] = os.fsync) -> None:
        step("fsync", ())
        fsync(fd)

    os.fsync = counted
    sys.addaudithook(step)


def in_a_child(work: Callable[[], object]) -> int:
    """The exit status of a fork that does ``work``; minus the signal where one ended it."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException as error:  # noqa: BLE001
            print(error, file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def state(out: Path, expected: dict[str, dict[str, str]]) -> str:
    """``old``, ``new``, or ``between``."""
    found = tree(out)
    return next((name for name, wanted in expected.items() if found == wanted), "between")


def tree(out: Path) -> dict[str, str]:
    return {
        str(path.relative_to(out)): path.read_bytes().hex()
        for path in out.rglob("*")
        if path.is_file() and ".gleanset" not in path.parts
    }


def main(folder: Path, form: str) -> None:
    job: PackJob = pickle.loads((folder / "job.pickle").read_bytes())
    out = folder / "out"
    job = replace(job, form=form, out=out, staging=out / ".gleanset" / "packing")
    reference = replace(job, out=folder / "new", staging=folder / "new" / ".gleanset" / "packing")
    assert in_a_child(lambda: pack(reference)) == 0
    expected = {"old": tree(folder / "old"), "new": tree(folder / "new")}
    ended, step = -1, 0
    while ended != 0:
        step += 1
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(folder / "old", out)

        def killed(step: int = step) -> None:
            arm(step)
            pack(job)

        ended = in_a_child(killed)
        left = state(out, expected)
        again = in_a_child(lambda: pack(job))
        litter = (out / ".gleanset" / "packing").exists()
        print(json.dumps([step, ended, left, again, state(out, expected), litter]), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
