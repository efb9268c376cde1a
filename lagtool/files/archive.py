"""An archive, read where it lies: nothing of it is ever unpacked to a disk."""

import posixpath
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lagtool.errors import LagtoolError
from lagtool.files.address import ArchiveKind, stem_of
from lagtool.files.ahead import read_ahead
from lagtool.files.blob import Blob, refuse_other
from lagtool.files.gzips import GZIP_HEAD, GzipBlob
from lagtool.files.members import Contents, follow_target, sort_members
from lagtool.files.store import Entry, Found, Refused, Store, Want
from lagtool.model import Listed, State
from lagtool.reading import Leads, Link, Reading, say_too_long
from lagtool.text import show

_LOCAL_AHEAD, _FAR_AHEAD = 1 << 14, 1 << 20


class ArchiveStore(Store):
    """The files in a ZIP or TAR file, below a folder of it."""

    lists = True

    def __init__(self, blob: Blob, kind: ArchiveKind, inside: str) -> None:
        """Name the archive; its table of contents is read when it is first asked for."""
        self.blob = GzipBlob(blob) if kind == "tar.gz" else blob
        self.kind, self.inside = kind, inside
        self.guarded: Path | None = blob.file
        self.portable = not blob.address.startswith("memory://")
        self._contents: Contents | None = None
        self._lock = threading.Lock()

    def __str__(self) -> str:
        return f"{self.blob}/{self.inside}" if self.inside else str(self.blob)

    def __getstate__(self) -> dict[str, Any]:
        state = {**self.__dict__, "_contents": None}
        state.pop("_lock")
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.Lock()

    def root_name(self) -> str:
        """Return the name of the folder inside, or that of the archive without its suffix."""
        return self.inside.rpartition("/")[2] or stem_of(self.blob.address)

    @property
    def contents(self) -> Contents:
        """What is in it."""
        with self._lock:
            if self._contents is None:
                self._contents = self._read_contents()
            return self._contents

    def _read_contents(self) -> Contents:
        if self.kind == "zip":
            from lagtool.files.zips import list_zip

            return sort_members(list_zip(self.blob))
        from lagtool.files.tars import list_tar

        ahead = _LOCAL_AHEAD if self.blob.file is not None else _FAR_AHEAD
        return sort_members(list_tar(self.blob, ahead=ahead))

    def glance(self) -> None:
        """Refuse, from its first bytes, a file that is something else than its name says.

        Raises:
            LagtoolError: With what it is, and what to do.
        """
        if self.kind == "zip":
            from lagtool.files.zips import ZIP_HEAD

            refuse_other(self.blob, *ZIP_HEAD)
        elif self.blob.packed is not None:
            refuse_other(self.blob.packed, *GZIP_HEAD)

    def check(self, holds: str = "the dataset") -> None:
        """Find out whether the folder is there."""
        if self.inside not in self.contents.folders:
            raise LagtoolError(f"{show(str(self))} is no folder of the archive: name the folder that holds {holds}")

    def _path(self, path: str) -> str:
        return f"{self.inside}/{path}" if self.inside and path else self.inside or path

    def entries(self, folder: str) -> Sequence[Entry]:
        """Return what is in a folder."""
        found = self.contents.folders.get(self._path(folder))
        if found is None:
            raise FileNotFoundError(2, "No such folder in the archive", folder)
        return list(found.values())

    def below(self, folder: str) -> "ArchiveStore":
        """Return the store whose root is a folder of this one."""
        packed = self.blob.packed or self.blob
        store = ArchiveStore(packed, self.kind, self._path(folder))
        store.blob, store._contents = self.blob, self._contents
        return store

    def read(self, path: str, limit: int, *, head: int | None = None, listed: Listed | None = None) -> Reading:
        """Read a member, up to a limit that holds for what was said of it and for what it unpacks to."""
        if listed is None and (listed := self.listed(path)) is None:
            return Reading(None, State.UNREADABLE, "cannot be read: there is no such file in the archive")
        if listed.refusal is not None:
            return Reading(None, *listed.refusal)
        size = listed.size or 0
        facts = (size, listed.mtime_ns, listed.ctime_ns, listed.mark, None)
        if size > limit:
            return Reading(None, State.UNREADABLE, say_too_long(size, limit), *facts)
        try:
            data = self._read(listed, size, size if head is None else min(head, size))
        except ValueError as error:
            return Reading(None, State.UNREADABLE, f"cannot be read: {error}", *facts)
        return Reading(data, State.OK, "", *facts)

    def _read(self, listed: Listed, size: int, wanted: int) -> bytes:
        if self.kind == "zip":
            from lagtool.files.zips import read_zipped

            return read_zipped(self.blob, listed.at, size, wanted)
        data = self.blob.read_at(listed.at[0], wanted)
        if len(data) != wanted:
            raise ValueError("the archive is damaged: it ends before this member does")
        return data

    def read_many(self, wants: Iterable[Want]) -> Iterator[Reading | None]:
        """Yield one member after the other; several at once where the archive is far away."""
        one_by_one = self.blob.file is not None or isinstance(self.blob, GzipBlob)
        return super().read_many(wants) if one_by_one else read_ahead(self, wants)

    def exists(self, path: str) -> bool:
        """Whether there is anything of that name."""
        return self._find(path) is not None

    def _find(self, path: str) -> Found | None:
        return self.contents.find(self._path(path))

    def read_link(self, path: str) -> Link:
        """Return where a symbolic link leads, by names alone: seen from the folder that is the root."""
        found = self._find(path)
        if found is None:
            return Link(Leads.NOWHERE)
        leads = follow_target(path, found.target)
        inside = posixpath.normpath(f"{posixpath.dirname(path)}/{found.target}")
        if leads is Leads.INSIDE and not self.exists(inside):
            leads = Leads.NOWHERE
        return Link(leads, show(found.target, 80))

    def _link(self, path: str, listed: Listed) -> Listed:
        return listed._replace(refusal=self.read_link(path).refusal)

    def identity(self) -> list[Any]:
        """Return where it lies, and what tells it from another archive there."""
        return [str(self), *self.blob.identity()]

    def listed(self, path: str | None) -> Listed | None:
        """Return what the table of contents says of a file."""
        if path is None or (found := self._find(path)) is None:
            return None
        return self._link(path, found.listed) if found.kind == "link" else found.listed

    def refused(self) -> Sequence[Refused]:
        """Return the members that have no place in a tree of files."""
        start = f"{self.inside}/" if self.inside else ""
        return [
            Refused(r.rival.removeprefix(start), r.why, r.rival.removeprefix(start)) if r.rival else r
            for r in self.contents.refused
        ]
