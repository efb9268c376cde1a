"""Writing results: the old file or the whole new one, never a part, and never into the data set."""

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

from lagtool.display import show
from lagtool.errors import LagtoolError


def check_target(target: Path, *, force: bool, data_root: Path | None = None) -> None:
    """Refuse a target that exists (unless ``force``), is no regular file, or lies inside the data set.

    Raises:
        LagtoolError: With what to do instead.
    """
    _check_outside(target, data_root)
    if target.is_dir():
        raise LagtoolError(f"{show(target)} is a folder: name a file")
    if (target.exists() or target.is_symlink()) and not target.is_file():
        raise LagtoolError(f"{show(target)} is not a regular file: name another place")
    if target.exists() and not force:
        raise LagtoolError(f"{show(target)} exists: use --force to replace it, or name another place")
    _check_writable(target.parent)


def check_folder(folder: Path, *, force: bool, data_root: Path | None = None) -> None:
    """Refuse an output folder that exists with something in it (unless ``force``) or lies inside the data set.

    Raises:
        LagtoolError: With what to do instead.
    """
    _check_outside(folder, data_root)
    if folder.exists() and not folder.is_dir():
        raise LagtoolError(f"{show(folder)} is not a folder: name another place")
    try:
        filled = folder.is_dir() and any(folder.iterdir())
    except OSError as error:
        raise LagtoolError(f"cannot look into {show(folder)}: {error.strerror}") from None
    if filled and not force:
        raise LagtoolError(f"{show(folder)} is not empty: use --force to write into it, or name another place")
    _check_writable(folder)


def write_bytes(target: Path, content: bytes | Iterable[bytes]) -> None:
    """Write ``content`` beside ``target``, flush it to disk, and put it in the target's place in one step.

    Raises:
        LagtoolError: The place cannot be written to; what was there before is untouched.
    """

    def fill(file: IO[bytes]) -> None:
        if isinstance(content, bytes):
            file.write(content)
        else:
            file.writelines(content)

    write_with(target, fill)


def write_with(target: Path, fill: Callable[[IO[bytes]], None]) -> None:
    """Like `write_bytes`, with the content written by ``fill`` into a binary file.

    Raises:
        LagtoolError: The place cannot be written to; what was there before is untouched.
    """
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(temporary, flags | getattr(os, "O_BINARY", 0), 0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                fill(file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        _sync_folder(target.parent)
    except OSError as error:
        raise LagtoolError(f"cannot write {show(target)}: {error.strerror or error}") from None


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable; not every file system lets a folder be opened or synced."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _check_writable(folder: Path) -> None:
    """Say before a long scan, not after it, that its result could not be written."""
    place = next((place for place in (folder, *folder.absolute().parents) if place.exists()), folder)
    if not os.access(place, os.W_OK | os.X_OK):
        raise LagtoolError(f"cannot write into {show(place)}: Permission denied; name another place")


def _check_outside(target: Path, root: Path | None) -> None:
    if root is not None and target.resolve().is_relative_to(root.resolve()):
        raise LagtoolError(
            f"{show(target)} lies inside the data set, which is never written to: name a place outside it"
        )
