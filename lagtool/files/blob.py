"""One file of which any part can be read: an archive on this disk, or behind a URL."""

import io
import os
import stat
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from lagtool.errors import LagtoolError
from lagtool.text import show

MAX_READ = 16 << 20
"""Bytes that whoever reads an archive's table of contents may ask for at once: a longer header is an attack."""


_HEADS = (
    (b"PK\x07\x08PK", "the first part of a split ZIP file: join the parts (zip -s 0 IN.zip --out OUT.zip)"),
    (b"PK", "a ZIP file: name it .zip"),
    (b"\x1f\x8b", "packed by gzip: name it .tar.gz"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it, or pack it again as .zip"),
    (b"Rar!\x1a\x07", "a RAR archive: unpack it, or pack it again as .zip"),
    (b"BZh", "packed by bzip2: unpack it, or pack it again as .zip or .tar"),
    (b"\xfd7zXZ", "packed by xz: unpack it, or pack it again as .zip or .tar"),
    (b"\x28\xb5\x2f\xfd", "packed by zstd: unpack it, or pack it again as .zip or .tar"),
    (b"\xff\xd8\xff", "a JPEG picture: name the archive"),
    (b"PAR1", "a Parquet file: name the archive"),
    (b"version https://git-lfs", "a pointer of Git LFS: fetch the file itself (git lfs pull)"),
)


def describe_head(data: bytes) -> str:
    """Say what a file is that is not the archive that its name says, from its first 512 bytes, and what to do."""
    if not data:
        return "empty (0 bytes): copy or download it again"
    if data[257:262] == b"ustar":
        return "a TAR file: name it .tar"
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml")):
        return "a web page, as servers send where a login or a click is missing: download the file itself"
    if not data.strip(b"\0"):
        return "nothing but zeros: the copy or download did not finish, copy it again"
    return next((words for head, words in _HEADS if data.startswith(head)), "")


def refuse_other(blob: "Blob", noun: str, own: bytes) -> None:
    """Refuse a file that is something else than its name says; what cannot be told passes.

    Args:
        blob: The file.
        noun: What it should be.
        own: What such a file begins with.

    Raises:
        LagtoolError: With what it is, and what to do.
    """
    head = blob.read_at(0, 512)
    if not (own and head.startswith(own)) and (other := describe_head(head)):
        start = "unpacks to what is" if blob.packed else "is"
        raise LagtoolError(f"{show(str(blob))} {start} {f'not {noun}, but {other}' if head else other}")


class Blob(ABC):
    """One file of which any part can be read, by several threads. ``str(blob)`` shows it, without secrets."""

    address: str
    file: Path | None = None
    packed: "Blob | None" = None

    @abstractmethod
    def size(self) -> int:
        """Return the length in bytes."""

    @abstractmethod
    def read_at(self, start: int, length: int) -> bytes:
        """Return ``length`` bytes from ``start`` on, or fewer at the end.

        Raises:
            LagtoolError: It cannot be read, or has become another file.
        """

    @abstractmethod
    def identity(self) -> list[Any]:
        """Return what is another when the file is: numbers and texts."""

    @abstractmethod
    def changed_ns(self) -> int | None:
        """Return when it was changed last, in nanoseconds since 1970; None: not told."""


class LocalBlob(Blob):
    """A file on this disk. It must stay as it is while it is read."""

    def __init__(self, path: str) -> None:
        """Name the file; it is opened when it is first read."""
        self.address = path
        self.file = Path(path)
        self._status: tuple[int, int, int, int, int] | None = None
        self._descriptor: int | None = None
        self._lock = threading.Lock()

    def __str__(self) -> str:
        return self.address

    def __getstate__(self) -> tuple[str, Any]:
        return os.path.realpath(self.address), self._status

    def __setstate__(self, state: tuple[str, Any]) -> None:
        self.__init__(state[0])  # type: ignore[misc]
        self._status = state[1]

    def __del__(self) -> None:
        if getattr(self, "_descriptor", None) is not None:
            os.close(self._descriptor)  # type: ignore[arg-type]

    def _open(self) -> int:
        with self._lock:
            if self._descriptor is None:
                flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
                try:
                    self._descriptor = os.open(self.address, flags | getattr(os, "O_BINARY", 0))
                except OSError as error:
                    raise LagtoolError(f"cannot open {show(self.address)}: {error.strerror}") from None
                if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
                    raise LagtoolError(f"{show(self.address)} is not a regular file: name the archive itself")
        status = os.fstat(self._descriptor)
        now = status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev
        if self._status is None:
            self._status = now
        if now != self._status:
            raise LagtoolError(f"{show(self.address)} changed while it was read: index again when nothing writes to it")
        return self._descriptor

    def size(self) -> int:
        """Return the length in bytes."""
        return int(self.identity()[0])

    def read_at(self, start: int, length: int) -> bytes:
        """Return a part of the file."""
        descriptor = self._open()
        if start >= self.size():  # however far: archives may say anything
            return b""
        try:
            if hasattr(os, "pread"):
                return os.pread(descriptor, length, start)
            with self._lock:  # Windows
                os.lseek(descriptor, start, os.SEEK_SET)
                return os.read(descriptor, length)
        except OSError as error:
            raise LagtoolError(f"cannot read {show(self.address)}: {error.strerror}") from None

    def identity(self) -> list[Any]:
        """Return size, times, inode and device."""
        self._open()
        assert self._status is not None
        return list(self._status)

    def changed_ns(self) -> int | None:
        """Return the later of the two times of change."""
        return int(max(self.identity()[1:3]))


class BlobFile(io.RawIOBase):
    """A blob as a file, for those who read the table of contents; asks for at least ``ahead`` bytes at a time."""

    def __init__(self, blob: Blob, ahead: int, most: int = MAX_READ) -> None:
        """Begin at the beginning; whoever asks for more than ``most`` bytes at once gets an error."""
        self._blob, self._ahead, self._most = blob, ahead, most
        self._at = self._start = 0
        self._window = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Return the place of the next byte."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to another place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at}.get(whence)
        self._at = max(0, offset + (self._blob.size() if base is None else base))
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """Return up to ``size`` bytes, fewer only at the end."""
        if size is None or size == -1:
            size = self._blob.size() - self._at
        first = self._at - self._start
        if first < 0 or first + size > len(self._window):
            if not 0 <= size <= self._most:
                raise LagtoolError(
                    f"{show(str(self._blob))} has a part of {size:,} bytes: it is damaged, or made to harm"
                )
            self._window = self._blob.read_at(self._at, max(size, self._ahead))
            self._start, first = self._at, 0
        data = self._window[first : first + size]
        self._at += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
