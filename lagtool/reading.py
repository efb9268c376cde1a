"""Opening files of the data set, which come from strangers: never follow, never block, never read without bound."""

import errno
import os
import stat
from typing import NamedTuple

from lagtool.model import State
from lagtool.text import show

LABEL_LIMIT = 4 << 10
PICTURE_LIMIT = 64 << 20

ID_BITS = (1 << 63) - 1
"""Inode and device numbers are cut to these bits: some file systems use 64, and a column has room for 63."""

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFLNK: "a symbolic link (links are not followed: put the file itself there)",
}

_BY_KIND: tuple[tuple[type[OSError], int], ...] = (
    (FileNotFoundError, errno.ENOENT),
    (PermissionError, errno.EACCES),
    (NotADirectoryError, errno.ENOTDIR),
    (IsADirectoryError, errno.EISDIR),
    (TimeoutError, errno.ETIMEDOUT),
    (ConnectionError, errno.ECONNRESET),
)
_ERRORS = {
    errno.EACCES: "Permission denied",
    errno.EPERM: "Operation not permitted",
    errno.ENOENT: "No such file or directory",
    errno.ENOTDIR: "Not a directory",
    errno.EISDIR: "Is a directory",
    errno.EIO: "Input/output error",
    errno.ESTALE: "Stale file handle",
    errno.ENAMETOOLONG: "File name too long",
    errno.EMFILE: "Too many open files",
    errno.ENFILE: "Too many open files",
    errno.ENOMEM: "Not enough memory",
    errno.ETIMEDOUT: "no answer in time",
    errno.ECONNRESET: "the connection was lost",
    errno.ENXIO: "No such device",
    errno.ENODEV: "No such device",
    errno.EBUSY: "in use by another program",
    errno.EINVAL: "the name or place is not valid there",
}

LINK_OUTSIDE, LINK_INSIDE, LINK_BROKEN = "out of the data set", "inside the data set", "to nothing"
"""Where a symbolic link leads, in the words that `describe_link` begins with."""


class Reading(NamedTuple):
    """What came of reading one file: its bytes, or the state and message that say why there are none.

    Attributes:
        data: The whole content, or None.
        state: `State.OK` where ``data`` is there.
        message: Why there is no data; empty otherwise.
        size: Size in bytes as the file system gives it, or None where it could not be asked.
        mtime_ns: Time of last change in nanoseconds since 1970, or None.
        ctime_ns: Time of last change of the inode in nanoseconds since 1970, or None.
        inode: Inode number, or None.
        device: Device number, or None.
    """

    data: bytes | None
    state: State
    message: str = ""
    size: int | None = None
    mtime_ns: int | None = None
    ctime_ns: int | None = None
    inode: int | None = None
    device: int | None = None


def fit(number: int | None) -> int | None:
    """Return a number as a column holds it, the nearest one of 64 bits: times and sizes can be said to be any."""
    return None if number is None else min(max(number, -(1 << 63)), (1 << 63) - 1)


def kind_of(mode: int) -> str:
    """Return what a file that is not a regular one is, in words, from its ``st_mode``."""
    return _KINDS.get(stat.S_IFMT(mode), "not a regular file")


def say_too_long(size: int, limit: int) -> str:
    """Say that a file of ``size`` bytes is not read, where ``limit`` is what it may have."""
    return f"is {size:,} bytes long, more than the {limit:,} that such a file may have"


def describe_link(path: str | os.PathLike[str], root: str | os.PathLike[str]) -> str:
    """Say where a symbolic link leads, seen from the data set at ``root``: ``inside the data set, to 0002.jpg``.

    A link out of the data set is called that whether or not there is something at its end.
    """
    try:
        target = show(os.readlink(path), 80)  # noqa: PTH115 - as it is written, bytes that are no text included
        end, home = os.path.realpath(path), os.path.realpath(root)
        inside = end == home or end.startswith(home.rstrip(os.sep) + os.sep)
        where = LINK_OUTSIDE if not inside else LINK_INSIDE if os.path.exists(end) else LINK_BROKEN  # noqa: PTH110
    except (OSError, ValueError):
        return LINK_BROKEN
    return f"{where}, to {target}"


def read_file(
    path: str | os.PathLike[str], limit: int, *, head: int | None = None, root: str | os.PathLike[str] | None = None
) -> Reading:
    """Read a regular file of at most ``limit`` bytes whole, or say why not. Never raises for what the file is.

    A named pipe, device, socket, folder or link is not opened; a file that changes while it is read is read once
    more, then given up. With ``head`` only that many bytes from the beginning are read; with the ``root`` of the data
    set, the message says of a link whether it leads out of it.
    """
    for attempt in (1, 2):
        reading = _read_once(path, limit, head)
        if reading.state is not State.UNREADABLE or "changed while" not in reading.message or attempt == 2:
            break
    if root is not None and reading.state is State.NOT_A_FILE and os.path.islink(path):  # noqa: PTH114 - a str will do
        message = f"is a symbolic link {describe_link(path, root)}: links are not followed, put the file itself there"
        return reading._replace(message=message)
    return reading


def _read_once(path: str | os.PathLike[str], limit: int, head: int | None) -> Reading:
    try:
        before = os.lstat(path)
        if not stat.S_ISREG(before.st_mode):
            return Reading(None, State.NOT_A_FILE, f"is {kind_of(before.st_mode)}")
        if before.st_size > limit:
            return _facts(before, None, State.UNREADABLE, say_too_long(before.st_size, limit))
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        return Reading(None, State.UNREADABLE, _reason(error))
    try:
        part = head is not None and head < before.st_size
        data = os.read(descriptor, head or 0) if part else _read_all(descriptor, before.st_size, limit)
        after = os.fstat(descriptor)
    except OSError as error:
        return _facts(before, None, State.UNREADABLE, _reason(error))
    finally:
        os.close(descriptor)
    if not stat.S_ISREG(after.st_mode):  # put in its place since it was looked at
        return Reading(None, State.NOT_A_FILE, f"is {kind_of(after.st_mode)}")
    same = before.st_ino == after.st_ino and before.st_dev == after.st_dev
    same = same and before.st_mtime_ns == after.st_mtime_ns and before.st_size == after.st_size
    if not same or (len(data) != after.st_size and not part):
        return _facts(after, None, State.UNREADABLE, "changed while it was read: index again when nothing writes to it")
    return _facts(after, data, State.OK, "")


def _read_all(descriptor: int, size: int, limit: int) -> bytes:
    """Read to the end of the file, at most ``limit + 1`` bytes; one system call where the size holds."""
    data = os.read(descriptor, min(size, limit) + 1)
    if len(data) >= size or not data:
        return data
    chunks = [data]
    total = len(data)
    while total <= limit and (chunk := os.read(descriptor, limit + 1 - total)):
        chunks.append(chunk)
        total += len(chunk)
    return b"".join(chunks)


def _facts(status: os.stat_result, data: bytes | None, state: State, message: str) -> Reading:
    inode, device = status.st_ino & ID_BITS, status.st_dev & ID_BITS
    return Reading(data, state, message, status.st_size, status.st_mtime_ns, status.st_ctime_ns, inode, device)


def _reason(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "is a symbolic link (links are not followed: put the file itself there)"
    return f"cannot be read: {describe_error(error)}"


def describe_error(error: OSError) -> str:
    """Return what an error of the operating system or of a store means, in the same words on every system."""
    number = error.errno
    if number is None:
        number = next((code for kind, code in _BY_KIND if isinstance(error, kind)), None)
    if number is None:
        return "unknown error"
    return _ERRORS.get(number) or f"error {errno.errorcode.get(number, number)}"
