"""Digests: the sha256 of files against the expected one, as worker processes do it."""

import hashlib
import os
from collections.abc import Sequence
from typing import Literal, NamedTuple

from lagtool.source import read_file

Outcome = Literal["ok", "changed", "missing", "unreadable"]


class Expected(NamedTuple):
    """A file of the manifest: its path relative to the root, its sha256, and how many bytes it may have."""

    path: str
    sha256: str
    limit: int


def check_files(root: str, files: Sequence[Expected]) -> list[tuple[Outcome, str]]:
    """Read every byte of ``files`` below ``root`` and return what came of each, with the reason where unreadable."""
    return [_check_file(f"{root}/{file.path}", file) for file in files]


def _check_file(path: str, file: Expected) -> tuple[Outcome, str]:
    reading = read_file(path, file.limit)
    if reading.data is not None:
        return ("ok" if hashlib.sha256(reading.data).hexdigest() == file.sha256 else "changed"), ""
    if not os.path.lexists(path):
        return "missing", ""
    return "unreadable", reading.message


def crashed_files(_root: str, files: Sequence[Expected]) -> list[tuple[Outcome, str]]:
    """Stand in for `check_files` where reading took the process down."""
    return [("unreadable", "could not be read: the process that read it was killed") for _ in files]
