"""``python -m gleanset`` and the program ``gleanset``."""

import gc
import sys

COLLECT_AFTER = 50_000
"""New containers before Python looks for cycles; its own 700 cost a tenth of a build, and find nothing."""


def main() -> None:
    """Run the command line and leave with its exit code."""
    gc.set_threshold(COLLECT_AFTER)
    from .cli.main import main as run

    sys.exit(run())


if __name__ == "__main__":
    main()
