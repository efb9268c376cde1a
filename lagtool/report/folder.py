"""The folder of a report: written beside its place and moved there whole; only an earlier report is ever replaced."""

import contextlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lagtool import __version__
from lagtool.display import show
from lagtool.errors import LagtoolError
from lagtool.output import check_folder

try:
    import fcntl
except ImportError:  # Windows: nothing tells a temporary folder in use from one left behind
    fcntl = None  # type: ignore[assignment]

PAGE, CSV, MARKER = "index.html", "findings.csv", "lagtool-report.json"
_TOP = {PAGE, CSV, MARKER}
_KIND = "lagtool report"
_THUMBNAIL = re.compile(r"thumbnails/[0-9]{4}/[0-9]{7}\.(?:jpg|png)")
_FOLDERS = re.compile(r"thumbnails(?:/[0-9]{4})?")


def check_report_folder(folder: Path, *, force: bool, data_root: Path | None = None) -> None:
    """Refuse a folder that a report cannot be put into: inside the data set, or filled with anything but a report.

    Raises:
        LagtoolError: With what to do instead.
    """
    if folder.name in ("", ".."):
        raise LagtoolError(f"{show(folder)} has no name of its own: name the folder to make, such as report")
    if folder.is_symlink():
        raise LagtoolError(f"{show(folder)} is a symbolic link: name the folder itself")
    check_folder(folder, force=True, data_root=data_root)
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if other := _first_foreign(folder):
        raise LagtoolError(
            f"{show(folder)} holds {show(other)}, which is not of an earlier report: name another folder, or move it"
        )
    if not force:
        raise LagtoolError(f"{show(folder)} holds a report: use --force to replace it, or name another place")


@contextmanager
def report_folder(folder: Path, *, force: bool, data_root: Path | None = None) -> Iterator[Path]:
    """Yield an empty folder to write into, which is put in the place of ``folder`` when the block ends well.

    When it does not, nothing of it stays, and what was there before is untouched.

    Raises:
        LagtoolError: The place is taken or cannot be written into.
    """
    check_report_folder(folder, force=force, data_root=data_root)
    parent = folder.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(parent, folder.name)
        temporary = parent / f".{folder.name[:100]}.{secrets.token_hex(6)}.tmp"
        temporary.mkdir()
    except OSError as error:
        raise LagtoolError(f"cannot write into {show(parent)}: {error.strerror or error}") from None
    lock = _lock(temporary)
    try:
        yield temporary
        _write_marker(temporary)
        _put(temporary, folder, force=force, data_root=data_root)
    except OSError as error:
        raise LagtoolError(f"cannot write {show(folder)}: {error.strerror or error}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _write_marker(folder: Path) -> None:
    said = {"kind": _KIND, "tool_version": __version__}
    (folder / MARKER).write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


def _put(temporary: Path, folder: Path, *, force: bool, data_root: Path | None) -> None:
    # Thumbnails are not waited for one by one: that takes longer than making them, and they can be made again.
    for path in (*(temporary / name for name in sorted(_TOP)), temporary):
        _sync(path)
    check_report_folder(folder, force=force, data_root=data_root)  # again: making a report takes its time
    if not folder.exists():
        temporary.rename(folder)
        return
    old = temporary.with_name(f"{temporary.name.removesuffix('.tmp')}.old.tmp")
    folder.rename(old)
    try:
        temporary.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
    _sync(folder.absolute().parent)
    shutil.rmtree(old, ignore_errors=True)


def _first_foreign(folder: Path) -> str:
    """Return the path of something that no report has written, or empty: all of it is a report's."""
    try:
        marker = json.loads((folder / MARKER).read_bytes()[:10_000])
        known = marker["kind"] == _KIND
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        known = False
    found = [path for path in sorted(folder.rglob("*")) if not _is_ours(folder, path)]
    if found:
        return found[0].relative_to(folder).as_posix()
    return "" if known else f"no {MARKER}"


def _is_ours(folder: Path, path: Path) -> bool:
    name = path.relative_to(folder).as_posix()
    if path.is_symlink():
        return False
    if path.is_dir():
        return _FOLDERS.fullmatch(name) is not None
    return name in _TOP or _THUMBNAIL.fullmatch(name) is not None


def _lock(folder: Path) -> int | None:
    """Lock a folder; the lock ends with the process, however that ends."""
    if fcntl is None:
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def _remove_leftovers(parent: Path, name: str) -> None:
    """Remove the temporary folders that a killed process left behind: those that nobody has locked."""
    if fcntl is None:
        return
    ours = re.compile(re.escape(f".{name[:100]}.") + "[0-9a-f]{12}[.](?:old[.])?tmp")
    for path in parent.iterdir():
        if not ours.fullmatch(path.name) or path.is_symlink() or not path.is_dir():
            continue
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if all(_is_ours(path, inner) for inner in path.rglob("*")):
                    shutil.rmtree(path)
            finally:
                os.close(descriptor)


def _sync(path: Path) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
