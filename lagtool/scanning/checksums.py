"""The sha256 of files against the expected one, as worker processes compute it."""

import hashlib
from collections.abc import Sequence
from typing import Literal, NamedTuple

from lagtool.source import Reading
from lagtool.storage import Store

Outcome = Literal["ok", "changed", "missing", "unreadable"]


class Expected(NamedTuple):
    """A file of the manifest: its path relative to the root, its sha256, and how many bytes it may have."""

    path: str
    sha256: str
    limit: int


def check_files(store: Store, files: Sequence[Expected]) -> list[tuple[Outcome, str]]:
    """Read every byte of ``files`` in ``store`` and return what came of each, with the reason where unreadable."""
    readings = store.read_many((file.path, file.limit, None, None) for file in files)
    return [_check_file(store, file, reading) for file, reading in zip(files, readings, strict=True)]


def _check_file(store: Store, file: Expected, reading: Reading | None) -> tuple[Outcome, str]:
    assert reading is not None
    if reading.data is not None:
        return ("ok" if hashlib.sha256(reading.data).hexdigest() == file.sha256 else "changed"), ""
    if not store.exists(file.path):
        return "missing", ""
    return "unreadable", reading.message


def crashed_files(_store: Store, files: Sequence[Expected]) -> list[tuple[Outcome, str]]:
    """Stand in for `check_files` where reading took the process down."""
    return [("unreadable", "could not be read: the process that read it was killed") for _ in files]
