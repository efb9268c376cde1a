"""A folder on this disk: every call goes straight to the system."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lagtool.errors import LagtoolError
from lagtool.files.store import Store
from lagtool.model import Listed
from lagtool.reading import Link, Reading, read_file, read_link
from lagtool.text import show


class LocalStore(Store):
    """A folder on this disk, under the name that was given."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        """Name the folder; nothing is looked at."""
        self.root = os.fspath(root)
        self.folder = self.guarded = Path(self.root)

    def __str__(self) -> str:
        return self.root

    def root_name(self) -> str:
        """Return the name of the folder itself, not of a link to it."""
        return Path(self.root).resolve().name

    def check(self, holds: str = "the dataset") -> None:
        """Find out whether it is a folder."""
        path = Path(self.root)
        if not path.is_dir():
            what = "is not a folder" if path.exists() else "does not exist"
            raise LagtoolError(f"{show(path)} {what}: name the folder that holds {holds}")

    def entries(self, folder: str) -> Sequence[os.DirEntry[str]]:
        """Return what is in a folder."""
        with os.scandir(f"{self.root}/{folder}" if folder else self.root) as entries:
            return list(entries)

    def below(self, folder: str) -> "LocalStore":
        """Return the store whose root is a folder of this one."""
        return LocalStore(Path(self.root) / folder)

    def for_workers(self) -> "LocalStore":
        """Return the same folder by its real path, which holds in every working directory."""
        return LocalStore(os.path.realpath(self.root))

    def read(self, path: str, limit: int, *, head: int | None = None, listed: Listed | None = None) -> Reading:
        """Read a file; what a listing said of it is of no use here."""
        return read_file(f"{self.root}/{path}", limit, head=head, root=self.root)

    def exists(self, path: str) -> bool:
        """Whether there is anything of that name, a broken link included."""
        return os.path.lexists(f"{self.root}/{path}")

    def read_link(self, path: str) -> Link:
        """Return where a symbolic link leads."""
        return read_link(f"{self.root}/{path}", self.root)

    def identity(self) -> list[Any]:
        """Return device and inode of the folder."""
        status = Path(self.root).stat()
        return [status.st_dev, status.st_ino]
