"""``python -m gleanset`` and the program ``gleanset``."""

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    from .cli.main import main as run

    sys.exit(run())


if __name__ == "__main__":
    main()
