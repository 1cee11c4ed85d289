"""Whether a check can be used, found out before anything is written: in a program that workers are like.

Started as ``python -P -m gleanset.run.check_trial MODULE:FUNCTION FOLDER``. Exit code 0, or `EXIT_CHECK` with
the reason as the last line of standard output.
"""

import os
import subprocess
import sys

from ..errors import UsageError
from .decoder import EXIT_CHECK
from .hand import environment

LONGEST_S = 300.0
"""Importing a check may load a model, from a slow disk."""


def try_check(name: str, folder: str) -> None:
    """Import ``MODULE:FUNCTION`` as workers will.

    Raises:
        UsageError: it cannot be used, and why.
    """
    command = [sys.executable, "-P", "-m", "gleanset.run.check_trial", name, folder]
    try:
        ended = subprocess.run(
            command,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"--check {name}: importing it took more than {LONGEST_S:.0f} s.") from None
    if ended.returncode == 0:
        return
    lines = ended.stdout.decode(errors="replace").strip().splitlines()
    if ended.returncode == EXIT_CHECK and lines:
        raise UsageError(f"--check {name}: {lines[-1].rstrip('.')}.")
    said = ended.stderr.decode(errors="replace").strip().splitlines() or ["nothing was said"]
    raise UsageError(f"--check {name}: importing it ends the program ({said[-1]}).")


def main() -> int:
    """Try; whatever the module prints goes to standard error."""
    from .check import CheckTroubleError, load_check

    answer = os.dup(1)
    os.dup2(2, 1)
    try:
        load_check(sys.argv[1], sys.argv[2])
    except CheckTroubleError as trouble:
        os.write(answer, f"{' '.join(str(trouble).split())}\n".encode(errors="replace"))
        os._exit(EXIT_CHECK)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
