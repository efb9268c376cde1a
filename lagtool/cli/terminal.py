"""What goes to the terminal: the result on stdout, notes on stderr, colours where it can show them."""

import os
import sys
from pathlib import Path


def wants_color() -> bool:
    """Whether stdout takes colours: it is a terminal, not a dumb one, and NO_COLOR is not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write_result(text: str, output: str | None) -> None:
    """Write the result of a command to the file that ``--output`` names, or else to stdout.

    Raises:
        LagtoolError: The file cannot be written.
    """
    if output is None:
        sys.stdout.write(text)
        return
    from lagtool.output import write_bytes

    write_bytes(Path(output), text.encode())


def tell(text: str) -> None:
    """Say on stderr what has to be known beside the result."""
    print(f"lagtool: note: {text}", file=sys.stderr)
