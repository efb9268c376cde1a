"""An output that is a folder: written beside its place, moved there whole; only an earlier one is ever replaced."""

import contextlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lagtool.display import show
from lagtool.errors import LagtoolError
from lagtool.output import check_folder

try:
    import fcntl
except ImportError:  # Windows: nothing tells a temporary folder in use from one left behind
    fcntl = None  # type: ignore[assignment]


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
    """Refuse a folder that an output cannot be put into: inside the data set, or filled with anything else.

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
    parent = folder.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(parent, folder.name, kind)
        temporary = parent / f".{folder.name[:100]}.{secrets.token_hex(6)}.tmp"
        temporary.mkdir()
    except OSError as error:
        raise LagtoolError(f"cannot write into {show(parent)}: {error.strerror or error}") from None
    lock = _lock(temporary)
    try:
        yield temporary
        _put(temporary, folder, kind, force=force, data_root=data_root)
    except OSError as error:
        raise LagtoolError(f"cannot write {show(folder)}: {error.strerror or error}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _put(temporary: Path, folder: Path, kind: Kind, *, force: bool, data_root: Path | None) -> None:
    kind.sync(temporary)
    sync_path(temporary)
    check_output_folder(folder, kind, force=force, data_root=data_root)  # again: making it takes its time
    if not folder.exists():
        temporary.rename(folder)
        sync_path(folder.absolute().parent)
        return
    old = temporary.with_name(f"{temporary.name.removesuffix('.tmp')}.old.tmp")
    folder.rename(old)
    try:
        temporary.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
    sync_path(folder.absolute().parent)
    shutil.rmtree(old, ignore_errors=True)


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


def sync_path(path: Path) -> None:
    """Make a file or folder durable, where the file system lets that be asked for."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _lock(folder: Path) -> int | None:
    """Lock a folder; the lock ends with the process, however that ends."""
    if fcntl is None:
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def _remove_leftovers(parent: Path, name: str, kind: Kind) -> None:
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
                if kind.is_leftover(path):
                    shutil.rmtree(path)
            finally:
                os.close(descriptor)
