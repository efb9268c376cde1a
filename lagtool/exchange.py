"""Two folders that change places in one step, where the system has such a step."""

import ctypes
import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_AT_FDCWD = -100  # a path that is not absolute starts from the current folder
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux, and RENAME_SWAP of macOS


def exchange(one: Path, other: Path) -> bool:
    """Let two folders of one file system change places: nobody ever sees either place empty.

    Returns:
        False where system or file system cannot do that, and nothing was changed.
    """
    call = _call()
    return call is not None and call(os.fsencode(one), os.fsencode(other)) == 0


@functools.cache
def _call() -> Callable[[bytes, bytes], int] | None:
    try:
        library: Any = ctypes.CDLL(None)
        if sys.platform == "linux":
            rename = library.renameat2
            return lambda one, other: int(rename(_AT_FDCWD, one, _AT_FDCWD, other, _EXCHANGE))
        if sys.platform == "darwin":
            swap = library.renamex_np
            return lambda one, other: int(swap(one, other, _EXCHANGE))
    except (OSError, AttributeError, TypeError):
        pass
    return None
