"""The libraries that only a report needs; who has not installed them is told what to install."""

from importlib.util import find_spec

from lagtool.errors import LagtoolError

_NEEDED = ("jinja2", "matplotlib")


def check_extra() -> None:
    """Say which libraries are missing before anything is read.

    Raises:
        LagtoolError: One of them is not installed.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise LagtoolError(f"a report needs {' and '.join(missing)}: pip install 'lagtool[report]'")
