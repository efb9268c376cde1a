"""Writing results: the old file or the whole new one, never a part, and never into the dataset."""

import contextlib
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, TypeVar

from lagtool.errors import LagtoolError
from lagtool.text import show

try:
    import fcntl
except ImportError:  # Windows: nothing tells a temporary file in use from one left behind
    fcntl = None  # type: ignore[assignment]

Made = TypeVar("Made")

FINGERPRINT_SUFFIX = ".fingerprint"
"""How the name of a fingerprint file ends (see `lagtool.duplicates.fingerprint_file`)."""

SUFFIXES = (".parquet", ".csv", ".jsonl")
"""What the name of a manifest ends in."""


# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"}
_DEVICES |= {f"{port}{number}" for port in ("com", "lpt") for number in "0123456789\u00b9\u00b2\u00b3"}


def is_device(name: str) -> bool:
    """Whether Windows takes a name for that of a device, whatever suffix follows: ``con``, ``NUL.txt``, ``Com1``."""
    return name.partition(".")[0].rstrip(" ").lower() in _DEVICES


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(?:[/\\]|$)")  # two letters at least: C: is a drive of Windows


def check_place(target: Path) -> None:
    """Refuse what looks like a path and would become a folder ``s3:`` or ``~`` here: a URL, or a home unexpanded.

    Raises:
        LagtoolError: With what to do instead.
    """
    if match := _SCHEME.match(str(target)):
        scheme = match[0].partition(":")[0]
        raise LagtoolError(
            f"cannot write to {show(scheme)}: (a URL): results go to a path on this disk; write them there, then copy"
        )
    if os.path.expanduser(target) != str(target):  # noqa: PTH111 - Path's raises where nobody is called so
        raise LagtoolError(
            f"{show(target)}: '~' in quotes or after '=' is not your home folder: write the path without quotes, or "
            "with $HOME"
        )


def check_target(target: Path, *, force: bool, data_root: Path | None = None) -> None:
    """Refuse a target that exists (unless ``force``), is no regular file, or lies inside the dataset.

    Raises:
        LagtoolError: With what to do instead.
    """
    check_place(target)
    _check_outside(target, data_root)
    if target.is_dir():
        raise LagtoolError(f"{show(target)} is a folder: name a file")
    if (target.exists() or target.is_symlink()) and not target.is_file():
        raise LagtoolError(f"{show(target)} is not a regular file: name another place")
    if target.exists() and not force:
        raise LagtoolError(f"{show(target)} exists: use --force to replace it, or name another place")
    _check_writable(target.parent)


def check_folder(folder: Path, *, force: bool, data_root: Path | None = None) -> None:
    """Refuse an output folder that exists with something in it (unless ``force``) or lies inside the dataset.

    Raises:
        LagtoolError: With what to do instead.
    """
    check_place(folder)
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


def write_with(target: Path, fill: Callable[[IO[bytes]], Made]) -> Made:
    """Like `write_bytes`, with the content written by ``fill`` into a binary file; return what that returns.

    Raises:
        LagtoolError: The place cannot be written to; what was there before is untouched.
    """
    check_place(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(target)
        descriptor, temporary = _create_temporary(target)
        lock = os.dup(
            descriptor
        )  # so that the file stays locked, and is not taken for left behind, until it is renamed
        try:
            with os.fdopen(descriptor, "wb") as file:
                made = fill(file)
                file.flush()
                os.fsync(file.fileno())
            if os.name == "nt":  # no rename of an open file there
                os.close(lock)
                lock = -1
            temporary.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        finally:
            if lock >= 0:
                os.close(lock)
        sync_path(target.parent)
    except OSError as error:
        raise LagtoolError(f"cannot write {show(target)}: {error.strerror or error}") from None
    return made


def _create_temporary(target: Path) -> tuple[int, Path]:
    """Create and lock a temporary file beside ``target``; the lock ends with the process, however that ends."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    while True:
        temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.tmp")
        descriptor = os.open(temporary, flags | getattr(os, "O_BINARY", 0), 0o666)
        if fcntl is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if not os.fstat(descriptor).st_nlink:  # another run took it for left behind before it was locked
                os.close(descriptor)
                continue
        return descriptor, temporary


def _remove_leftovers(target: Path) -> None:
    """Remove the temporary files of ``target`` that a killed process left behind: those that nobody has locked."""
    if fcntl is None:
        return
    ours = re.compile(re.escape(f".{target.name[:100]}.") + "[0-9a-f]{12}[.]tmp")
    try:
        names = [name for name in os.listdir(target.parent) if ours.fullmatch(name)]  # noqa: PTH208 - names are all
    except OSError:
        return
    for name in names:
        path = target.parent / name
        with contextlib.suppress(OSError), claimed(path):
            path.unlink()


@contextlib.contextmanager
def claimed(path: Path) -> Iterator[int]:
    """Hold a file or folder that no other process has locked, while the block runs; yield its descriptor.

    Raises:
        OSError: It is locked, a link, or cannot be opened; or this system has no such locks.
    """
    if fcntl is None:
        raise OSError("no locks here")
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    finally:
        os.close(descriptor)


def sync_path(path: Path) -> None:
    """Make a file or folder durable, where the file system lets that be asked for."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _check_writable(folder: Path) -> None:
    """Say before a long scan, not after it, that its result could not be written."""
    place = next((place for place in (folder, *folder.absolute().parents) if place.exists()), folder)
    if not os.access(place, os.W_OK | os.X_OK):
        why = "Read-only file system" if _is_read_only(place) else "Permission denied"
        raise LagtoolError(f"cannot write into {show(place)}: {why}; name another place")


def _is_read_only(place: Path) -> bool:
    if not hasattr(os, "statvfs"):
        return False
    with contextlib.suppress(OSError):
        return bool(os.statvfs(place).f_flag & os.ST_RDONLY)
    return False


def _check_outside(target: Path, root: Path | None) -> None:
    if root is not None and (target.resolve().is_relative_to(root.resolve()) or _leads_into(target, root)):
        raise LagtoolError(f"{show(target)} lies inside the dataset, where no output belongs: name a place outside it")


def _leads_into(target: Path, root: Path) -> bool:
    """Whether a folder above ``target`` is the root by another name: in another case, or mounted twice."""
    places = (target, *target.absolute().parents)
    with contextlib.suppress(OSError):
        return any(place.samefile(root) for place in places if place.exists())
    return False


def check_suffix(path: Path) -> str:
    """Return the suffix of a manifest's path in lower case.

    Raises:
        LagtoolError: It is none of those that a manifest can have.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise LagtoolError(f"{show(path)}: a manifest ends in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    return suffix


def partial_path(target: Path) -> Path:
    """Return where the partial manifest of an interrupted scan lies: ``.NAME.partial`` beside it."""
    return target.with_name(f".{target.name[:100]}.partial")
