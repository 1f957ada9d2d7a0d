"""`python -m empower`, and what the command `empower` runs."""

from __future__ import annotations

import sys

LACKING = """\
The command line of empower needs click and rich, and {name} is not installed. They are an extra:

    pip install "empower[cli]"
"""


def main() -> int:
    """Run the command line; without its extra, say in a sentence how to get it."""
    try:
        from empower.cli import main as run  # noqa: PLC0415  (the one door to the extra `cli`)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("click", "rich"):
            raise
        sys.stderr.write(LACKING.format(name=error.name))
        return 2
    return run()


if __name__ == "__main__":
    sys.exit(main())
