"""Opening files of the dataset, which come from strangers: never follow, never block, never read without bound."""

import errno
import os
import stat
from enum import StrEnum
from typing import NamedTuple

from lagtool.errors import LagtoolError
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


class Leads(StrEnum):
    """Where a symbolic link leads."""

    OUTSIDE = "out of the dataset"
    INSIDE = "inside the dataset"
    NOWHERE = "to nothing"


class Link(NamedTuple):
    """A symbolic link: where it leads, and its target as it is written (empty: not known)."""

    leads: Leads
    target: str = ""

    def __str__(self) -> str:
        """Return both in words: ``inside the dataset, to 0002.jpg``."""
        return f"{self.leads}, to {self.target}" if self.target else str(self.leads)

    @property
    def refusal(self) -> tuple[State, str]:
        """State and message of a link in the place of a file."""
        state = {Leads.OUTSIDE: State.LINK_OUTSIDE, Leads.INSIDE: State.LINK_INSIDE}.get(self.leads, State.NOT_A_FILE)
        return state, f"is a symbolic link {self}: links are not followed, put the file itself there"


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


def read_link(path: str | os.PathLike[str], root: str | os.PathLike[str]) -> Link:
    """Return where a symbolic link leads, seen from the dataset at ``root``.

    A link out of the dataset is called that whether or not there is something at its end.
    """
    try:
        target = show(os.readlink(path), 80)  # noqa: PTH115 - as it is written, bytes that are no text included
        end, home = os.path.realpath(path), os.path.realpath(root)
        inside = end == home or end.startswith(home.rstrip(os.sep) + os.sep)
        leads = Leads.OUTSIDE if not inside else Leads.INSIDE if os.path.exists(end) else Leads.NOWHERE  # noqa: PTH110
    except (OSError, ValueError):
        return Link(Leads.NOWHERE)
    return Link(leads, target)


def read_file(
    path: str | os.PathLike[str], limit: int, *, head: int | None = None, root: str | os.PathLike[str] | None = None
) -> Reading:
    """Read a regular file of at most ``limit`` bytes whole, or say why not. Never raises for what the file is.

    A named pipe, device, socket, folder or link is not opened; a file that changes while it is read is read once
    more, then given up. With ``head`` only that many bytes from the beginning are read; with the ``root`` of the
    dataset, the message says of a link whether it leads out of it.
    """
    reading, changed = _read_once(path, limit, head)
    if changed:
        reading, _ = _read_once(path, limit, head)
    if root is not None and reading.state is State.NOT_A_FILE and os.path.islink(path):  # noqa: PTH114 - a str will do
        state, message = read_link(path, root).refusal
        return reading._replace(state=state, message=message)
    return reading


def load_file(path: str | os.PathLike[str], limit: int, noun: str = "", *, follow: bool = False) -> bytes:
    """Return the bytes of a file that the user named: like `read_file`, but what cannot be read is an error.

    Raises:
        LagtoolError: With what ``noun`` (``manifest``) and path it is, and why it cannot be read.
    """
    reading = read_file(os.path.realpath(path) if follow else path, limit)
    if reading.data is None:
        raise LagtoolError(f"{noun} {show(path)} {reading.message}".lstrip())
    return reading.data


def _read_once(path: str | os.PathLike[str], limit: int, head: int | None) -> tuple[Reading, bool]:
    """Return what came of one attempt, and whether the file changed meanwhile."""
    try:
        before = os.lstat(path)
        if not stat.S_ISREG(before.st_mode):
            return Reading(None, State.NOT_A_FILE, f"is {kind_of(before.st_mode)}"), False
        if before.st_size > limit:
            return _facts(before, None, State.UNREADABLE, say_too_long(before.st_size, limit)), False
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        return Reading(None, State.UNREADABLE, _reason(error)), False
    try:
        part = head is not None and head < before.st_size
        data = os.read(descriptor, head or 0) if part else _read_all(descriptor, before.st_size, limit)
        after = os.fstat(descriptor)
    except OSError as error:
        return _facts(before, None, State.UNREADABLE, _reason(error)), False
    finally:
        os.close(descriptor)
    if not stat.S_ISREG(after.st_mode):  # put in its place since it was looked at
        return Reading(None, State.NOT_A_FILE, f"is {kind_of(after.st_mode)}"), False
    same = before.st_ino == after.st_ino and before.st_dev == after.st_dev
    same = same and before.st_mtime_ns == after.st_mtime_ns and before.st_size == after.st_size
    if not same or (len(data) != after.st_size and not part):
        why = "changed while it was read: index again when nothing writes to it"
        return _facts(after, None, State.UNREADABLE, why), True
    return _facts(after, data, State.OK, ""), False


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
