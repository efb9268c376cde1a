"""What the terminal can show."""

import os
import sys


def wants_color() -> bool:
    """Whether stdout takes colours: it is a terminal, not a dumb one, and NO_COLOR is not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
