"""An output that is a folder: written beside its place, moved there whole; only an earlier one is ever replaced."""

import contextlib
import ctypes
import errno
import functools
import json
import os
import re
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lagtool.errors import LagtoolError
from lagtool.output.writing import check_folder, claimed, sync_path
from lagtool.text import show

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


try:
    import fcntl
except ImportError:  # Windows: nothing tells a temporary folder in use from one left behind
    fcntl = None  # type: ignore[assignment]

_SCRATCH = "lagtool-pictures-"
_YOUNG_SECONDS = 60.0


@dataclass(frozen=True)
class Kind:
    """One kind of output folder.

    Attributes:
        noun: What it is called: ``report``.
        marker: The file in it that says so.
        first_foreign: Returns the path of something in such a folder that no output of this kind has written, or empty.
        is_leftover: Whether a temporary folder that nobody uses was written by an output of this kind, all of it.
        sync: Makes what is below a folder durable, before the folder is moved into its place.
    """

    noun: str
    marker: str
    first_foreign: Callable[[Path], str]
    is_leftover: Callable[[Path], bool]
    sync: Callable[[Path], None]

    @property
    def with_article(self) -> str:
        """The noun after ``a`` or ``an``."""
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"


def check_output_folder(folder: Path, kind: Kind, *, force: bool, data_root: Path | None = None) -> None:
    """Refuse a folder that an output cannot be put into: inside the dataset, or filled with anything else.

    Raises:
        LagtoolError: With what to do instead.
    """
    if folder.name in ("", ".."):
        raise LagtoolError(f"{show(folder)} has no name of its own: name the folder to make, such as {kind.noun}")
    if folder.is_symlink():
        raise LagtoolError(f"{show(folder)} is a symbolic link: name the folder itself")
    check_folder(folder, force=True, data_root=data_root)
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if other := kind.first_foreign(folder):
        raise LagtoolError(
            f"{show(folder)} holds {show(other)}, which is not of an earlier {kind.noun}: name another folder, or "
            "move it"
        )
    if not force:
        raise LagtoolError(
            f"{show(folder)} holds {kind.with_article}: use --force to replace it, or name another place"
        )


@contextmanager
def output_folder(folder: Path, kind: Kind, *, force: bool, data_root: Path | None = None) -> Iterator[Path]:
    """Yield an empty folder to write into, which is put in the place of ``folder`` when the block ends well.

    When it does not, nothing of it stays, and what was there before is untouched. The block writes the marker.

    Raises:
        LagtoolError: The place is taken or cannot be written into.
    """
    check_output_folder(folder, kind, force=force, data_root=data_root)
    with temporary_folder(folder, kind.marker, kind.is_leftover) as temporary:
        yield temporary
        kind.sync(temporary)
        sync_path(temporary)
        check_output_folder(folder, kind, force=force, data_root=data_root)  # again: making it takes its time
        put_folder(temporary, folder)


@contextmanager
def temporary_folder(
    folder: Path,
    marker: str,
    is_leftover: Callable[[Path], bool],
    remove: Callable[[Path], None] | None = None,
) -> Iterator[Path]:
    """Yield a new folder beside ``folder``; what the block leaves in its place is removed when the block ends.

    What earlier, killed runs left there is removed first.

    Args:
        folder: Where the result will lie.
        marker: The file that is removed last, so that what a kill leaves of a removal is still known.
        is_leftover: As in `Kind`.
        remove: Removes a folder with all that is in it; None: as is usual.

    Raises:
        LagtoolError: The place cannot be written into.
    """
    parent = folder.absolute().parent
    temporary = parent / f".{folder.name[:100]}.{secrets.token_hex(6)}.tmp"
    lock: int | None = None
    try:  # from here on, since a signal may come as soon as the folder is there
        try:
            parent.mkdir(parents=True, exist_ok=True)
            _remove_leftovers(parent, folder.name, marker, is_leftover)
            temporary.mkdir()
            lock = _lock(temporary)
        except OSError as error:
            raise LagtoolError(f"cannot write into {show(parent)}: {error.strerror or error}") from None
        try:
            yield temporary
        except OSError as error:
            raise LagtoolError(f"cannot write {show(folder)}: {error.strerror or error}") from None
    finally:
        _remove_rest(temporary, marker)
        if remove is not None:
            remove(temporary)
        shutil.rmtree(temporary, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def put_folder(temporary: Path, folder: Path) -> None:
    """Move a finished folder into its place; what was there before stands then where it was made, to be removed.

    In one step, where the system can do that. Elsewhere a kill between two steps leaves the place empty, and the old
    folder beside it; the next run puts it back.
    """
    if not folder.exists():
        temporary.rename(folder)
    elif not exchange(temporary, folder):
        old = temporary.with_name(f"{temporary.name.removesuffix('.tmp')}.old.tmp")
        folder.rename(old)
        try:
            temporary.rename(folder)
        except BaseException:
            old.rename(folder)
            raise
        old.rename(temporary)
    sync_path(folder.absolute().parent)


@contextmanager
def scratch_folder(names: Collection[str]) -> Iterator[str]:
    """Yield a folder for temporary files of these names; it goes when the block ends or, after a kill, by a later run.

    Raises:
        LagtoolError: There is no place for temporary files, or it is full.
    """
    try:
        place = Path(tempfile.gettempdir())
        _remove_scratch(place, names)
        folder = tempfile.mkdtemp(prefix=_SCRATCH, dir=place)
        lock = _lock(Path(folder))
    except OSError as error:
        raise LagtoolError(
            f"no place for temporary files ({error.strerror or error}): set TMPDIR to a folder with room"
        ) from None
    try:
        yield folder
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        where = f"cannot write temporary files into {show(place)}"
        raise LagtoolError(f"{where}: {error.strerror}: set TMPDIR to a folder with more room") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _remove_scratch(place: Path, names: Collection[str]) -> None:
    """Remove what killed runs of this user left: folders that nobody has locked, with such files and nothing else."""
    if fcntl is None:
        return
    for path in place.glob(f"{_SCRATCH}*"):
        with contextlib.suppress(OSError), claimed(path) as descriptor:
            status = os.fstat(descriptor)
            old = status.st_mtime < time.time() - _YOUNG_SECONDS  # a new one may just not be locked yet
            ours = status.st_uid == os.getuid() and {inner.name for inner in path.iterdir()} <= set(names)
            if old and ours:
                shutil.rmtree(path)


def read_marker(folder: Path, name: str, kind: str, limit: int = 10_000) -> dict[str, Any] | None:
    """Return what a marker of this kind says, from its first ``limit`` bytes; None where it is none."""
    try:
        if (folder / name).is_symlink() or not (folder / name).is_file():
            return None
        with (folder / name).open("rb") as file:
            said = json.loads(file.read(limit))
        return dict(said) if said["kind"] == kind else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _lock(folder: Path) -> int | None:
    """Lock a new folder; the lock ends with the process, however that ends.

    Raises:
        OSError: It cannot be opened; it is removed then.
    """
    if fcntl is None:
        return None
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def _remove_rest(folder: Path, marker: str) -> None:
    """Remove all of a folder but its marker."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != marker:
                path.unlink()


def _remove_leftovers(parent: Path, name: str, marker: str, is_leftover: Callable[[Path], bool]) -> None:
    """Remove the temporary folders that a killed process left behind: those that nobody has locked.

    An earlier output that was moved aside, and whose place is empty, is put back.
    """
    if fcntl is None:
        return
    ours = re.compile(re.escape(f".{name[:100]}.") + "[0-9a-f]{12}[.](?:old[.])?tmp")
    for path in sorted(parent.iterdir()):
        if not ours.fullmatch(path.name) or path.is_symlink() or not path.is_dir():
            continue
        with contextlib.suppress(OSError), claimed(path):
            if path.name.endswith(".old.tmp") and not os.path.lexists(parent / name):
                path.rename(parent / name)
            elif is_leftover(path):
                _remove_rest(path, marker)
                shutil.rmtree(path)
