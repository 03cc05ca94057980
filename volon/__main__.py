"""`python -m volon`, `volon` and `git volon` all start here."""

from __future__ import annotations

import sys


def run() -> None:
    """Run the command line and leave with its exit code."""
    from volon.cli.main import main  # noqa: PLC0415  nothing is loaded before it is needed

    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
