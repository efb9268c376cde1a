"""JSON that people can read, too."""

import json
import re
from typing import Any

_NUMBERS = re.compile(r"\[\s+((?:-?[0-9][0-9.eE+-]*,\s+)*-?[0-9][0-9.eE+-]*)\s+\]")


def dump(value: Any) -> str:
    """Return a JSON document in ASCII, indented, with lists of numbers each on one line.

    Raises:
        ValueError: It holds what JSON cannot (NaN, infinity).
    """
    text = json.dumps(value, indent=2, allow_nan=False)
    # A line break is no part of any JSON string, and the pattern needs one: what it matches is a list.
    return _NUMBERS.sub(lambda match: f"[{' '.join(match[1].split())}]", text) + "\n"
