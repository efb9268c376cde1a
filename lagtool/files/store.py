"""The one interface to the files of a dataset, wherever they lie."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from lagtool.model import Listed
from lagtool.reading import Link, Reading

EntryKind = Literal["file", "folder", "link", "other"]

Want = tuple[str | None, int, int | None, Listed | None]
"""A file that is wanted: its path (None: there is none), how many bytes it may have, how many are enough, and what the
listing said of it."""


class Sized(Protocol):
    """What is asked of a status."""

    @property
    def st_size(self) -> int:
        """Size in bytes."""


class Entry(Protocol):
    """One name in a folder, as `os.DirEntry` tells of it."""

    @property
    def name(self) -> str:
        """The name, without the folder."""

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a folder."""

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a regular file."""

    def is_symlink(self) -> bool:
        """Whether it is a symbolic link."""

    def stat(self, *, follow_symlinks: bool = True) -> Sized:
        """Its size."""


class _Size(NamedTuple):
    st_size: int


@dataclass(frozen=True, slots=True)
class Found:
    """One name in a folder that does not lie on this disk.

    Attributes:
        name: The name, without the folder.
        kind: What it is.
        listed: What the listing says of it.
        target: Where it leads, of a link.
    """

    name: str
    kind: EntryKind
    listed: Listed
    target: str = ""

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a folder; links are never followed."""
        return self.kind == "folder"

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a regular file; links are never followed."""
        return self.kind == "file"

    def is_symlink(self) -> bool:
        """Whether it is a symbolic link."""
        return self.kind == "link"

    def stat(self, *, follow_symlinks: bool = True) -> Sized:
        """Its size as listed."""
        return _Size(self.listed.size or 0)


class Refused(NamedTuple):
    """A name that has no place in a tree of files; the file is never opened.

    Attributes:
        path: As it stands in the archive or listing.
        why: In words.
        rival: The path of the file that has the same name; empty: it is the name that is at fault.
    """

    path: str
    why: str
    rival: str = ""


class Store(ABC):
    """The files of a dataset, by paths relative to its root, POSIX. ``str(store)`` shows it, without secrets.

    A store may be pickled: a process that gets it opens what it needs by itself.
    """

    folder: Path | None = None
    """The folder, where it is one on this disk."""
    guarded: Path | None = None
    """The folder or file of this disk that nothing may be written into."""
    portable: bool = True
    """Whether another process finds the same files there."""
    lists: bool = False
    """Whether `listed` knows anything."""

    @abstractmethod
    def root_name(self) -> str:
        """Return the name of the root folder."""

    def glance(self) -> None:  # noqa: B027 - most have nothing to tell
        """Refuse what can be told at a glance to be none, before anything else is done."""

    @abstractmethod
    def check(self, holds: str = "the dataset") -> None:
        """Find out whether it is there; ``holds`` says what the folder has in it that should be named instead.

        Raises:
            LagtoolError: It is not, or it is no folder.
        """

    @abstractmethod
    def entries(self, folder: str) -> "Sequence[Entry]":
        """Return what is in a folder, in any order; raises OSError where it cannot be looked into."""

    @abstractmethod
    def below(self, folder: str) -> "Store":
        """Return the store whose root is a folder of this one."""

    def for_workers(self) -> "Store":
        """Return it as it is given to the processes that read; unless it says otherwise, as it is."""
        return self

    @abstractmethod
    def read(self, path: str, limit: int, *, head: int | None = None, listed: Listed | None = None) -> Reading:
        """Read a file of at most ``limit`` bytes whole, or its first ``head`` bytes; see `lagtool.reading.read_file`.

        Raises:
            LagtoolError: It is not this file that cannot be read, but all of them.
        """

    def read_many(self, wants: Iterable[Want]) -> Iterator[Reading | None]:
        """Yield what `read` returns for each file that is wanted, in order; None where there is none.

        Unless it says otherwise, one after the other, each when it is asked for.
        """
        for path, limit, head, listed in wants:
            yield None if path is None else self.read(path, limit, head=head, listed=listed)

    @abstractmethod
    def exists(self, path: str) -> bool:
        """Whether there is anything of that name."""

    @abstractmethod
    def read_link(self, path: str) -> Link:
        """Return where a symbolic link leads; see `lagtool.reading.read_link`."""

    @abstractmethod
    def identity(self) -> list[Any]:
        """What tells this store from another, for a partial manifest: numbers and texts; raises OSError."""

    def listed(self, path: str | None) -> Listed | None:
        """Return what the listing said of a file; None of this disk, where each file is asked itself."""
        return None

    def refused(self) -> Sequence[Refused]:
        """Return the names that have no place in a tree of files."""
        return ()

    def jobs(self, jobs: int | None) -> int | None:
        """Return how many processes may work: ``jobs``, or 1 where only this process finds the files."""
        return jobs if self.portable else 1
