"""What lies behind a URL: object stores and servers, by way of fsspec."""

import datetime
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lagtool.errors import LagtoolError
from lagtool.files.address import name_of
from lagtool.files.ahead import read_ahead
from lagtool.files.blob import Blob
from lagtool.files.filesystem import LIST_SECONDS, FileSystem, UnreachableError, is_archived
from lagtool.files.members import FOLDER, make_mark
from lagtool.files.store import Entry, EntryKind, Found, Refused, Store, Want
from lagtool.model import Listed, State
from lagtool.reading import Leads, Link, Reading, say_too_long
from lagtool.text import show

_TAGS = ("ETag", "etag", "md5Hash", "content_md5", "crc32c", "blob_id")
"""Keys under which libraries tell what follows from an object's content."""
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "modified", "created")
_KINDS: dict[str, EntryKind] = {"file": "file", "directory": "folder", "link": "link"}
_NO_FILE = State.NOT_A_FILE, "is not a regular file"
_NO_LINK = State.NOT_A_FILE, "is a symbolic link (links are not followed: put the file itself there)"


class RemoteStore(Store):
    """The files below a URL. A folder is listed at once, and no file is asked about by itself."""

    lists = True

    def __init__(self, url: str, below: str = "") -> None:
        """Name the URL, and a folder below it; nothing is asked yet."""
        self.system = FileSystem(url)
        self.inside = below
        self.portable = self.system.portable
        self._known: dict[str, dict[str, Found]] = {}
        self._refused: list[Refused] = []

    def __str__(self) -> str:
        shown = self.system.shown.rstrip("/")
        return f"{shown}/{self.inside}" if self.inside else shown

    def __getstate__(self) -> tuple[FileSystem, str]:
        return self.system, self.inside

    def __setstate__(self, state: tuple[FileSystem, str]) -> None:
        self.__init__(state[0].url, state[1])  # type: ignore[misc]

    def root_name(self) -> str:
        """Return the last part of the path, or the bucket."""
        return self.inside.rpartition("/")[2] or name_of(self.system.url)

    def _path(self, path: str) -> str:
        return "/".join(part for part in (self.system.path.rstrip("/"), self.inside, path) if part)

    def check(self, holds: str = "the dataset") -> None:
        """Find out whether there is a folder; bounded in time."""
        try:
            info = self.system.call("info", self._path(""))
        except OSError as error:
            raise self.system.unreachable(error, str(self)) from None
        # A page of HTML is how a web server lists a folder.
        if info.get("type") == "file" and info.get("size") and self.system.scheme not in ("http", "https"):
            raise LagtoolError(f"{show(str(self))} is not a folder: name the folder that holds {holds}")
        self.system.forget()

    def entries(self, folder: str) -> Sequence[Entry]:
        """Return what is in a folder; asked for once."""
        path = self._path(folder)
        if path not in self._known:
            try:
                listing = self.system.call("ls", path, detail=True, seconds=LIST_SECONDS)
            except PermissionError as error:
                raise PermissionError(error.errno or 13, "access denied", folder) from None
            self._known[path] = self._take(path, folder, listing)
            self.system.forget()
        return list(self._known[path].values())

    def _take(self, path: str, folder: str, listing: Iterable[dict[str, Any]]) -> dict[str, Found]:
        start = f"{path.strip('/')}/" if path.strip("/") else ""
        found: dict[str, Found] = {}
        for info in listing:
            name = str(info["name"]).strip("/") if start else str(info["name"]).lstrip("/")
            if f"{name}/" == start:
                continue  # the folder itself: an object of no bytes that stands for it
            name = name.removeprefix(start).rstrip("/")
            if not name or "/" in name or name in (".", ".."):
                shown = "/".join(part for part in (folder, name) if part)
                self._refused.append(Refused(shown, "is no name of a file"))
                continue
            kind = _KINDS.get(str(info.get("type")), "other")
            found[name] = Found(name, kind, _listed(kind, info))
        return found

    def below(self, folder: str) -> "RemoteStore":
        """Return the store whose root is a folder of this one."""
        store = RemoteStore(self.system.url, f"{self.inside}/{folder}" if self.inside else folder)
        store._known = self._known
        return store

    def for_workers(self) -> "RemoteStore":
        """Return it without what was listed: each file comes with its own."""
        return RemoteStore(self.system.url, self.inside)

    def read(self, path: str, limit: int, *, head: int | None = None, listed: Listed | None = None) -> Reading:
        """Read an object, at most ``limit + 1`` bytes of it."""
        size = None if listed is None else listed.size
        facts = (None,) * 5 if listed is None else (size, listed.mtime_ns, listed.ctime_ns, listed.mark, None)
        if listed is not None and listed.refusal is not None:
            return Reading(None, *listed.refusal)
        if size is not None and size > limit:
            return Reading(None, State.UNREADABLE, say_too_long(size, limit), *facts)
        part = head is not None and size is not None and head < size
        end = head if part and head is not None else (limit if size is None else size) + 1
        try:
            data = b"" if size == 0 else self._fetch(self._path(path), end, sure=size is not None)
        except OSError as error:
            return Reading(None, State.UNREADABLE, self._explain(error, listed), *facts)
        except UnreachableError as error:
            self._ask_after(error)
            return Reading(None, State.UNREADABLE, f"cannot be read, in several attempts: {error.trouble}", *facts)
        if part:
            return Reading(data[:head], State.OK, "", *facts)
        if size is None:
            facts = (len(data), *facts[1:])
            size = len(data)
        if len(data) > limit:
            return Reading(None, State.UNREADABLE, say_too_long(len(data), limit), *facts)
        if len(data) != size:
            message = "changed while it was read: index again when nothing writes to it"
            return Reading(None, State.UNREADABLE, message, *facts)
        return Reading(data, State.OK, "", *facts)

    def _fetch(self, path: str, end: int, *, sure: bool) -> bytes:
        try:
            data: bytes = self.system.call("cat_file", path, start=0, end=end)
        except UnreachableError:
            # Some servers give no part of what has no bytes.
            if sure or self.system.call("info", path).get("size") != 0:
                raise
            return b""
        return data

    def _explain(self, error: OSError, listed: Listed | None) -> str:
        if isinstance(error, PermissionError):
            if is_archived(error):
                return "cannot be read: it lies in the archive of the store (GLACIER); restore it there first"
            self._ask_after(error)  # credentials that ran out keep all files back, not one
            return "cannot be read: access denied"
        return "cannot be read: No such file" + (" (it was there when the folder was listed)" if listed else "")

    def _ask_after(self, error: Exception) -> None:
        """Tell one file that cannot be read from a place that does not answer any more."""
        try:
            self.system.forget()
            self.system.call("info", self._path(""))
        except OSError as now:
            raise self.system.unreachable(now, str(self)) from error
        except LagtoolError as now:
            raise UnreachableError(str(now)) from error

    def read_many(self, wants: Iterable[Want]) -> Iterator[Reading | None]:
        """Yield one object after the other, while the next ones are on their way."""
        return read_ahead(self, wants)

    def exists(self, path: str) -> bool:
        """Whether there is an object of that name."""
        try:
            self.system.call("info", self._path(path))
        except OSError:
            return False
        return True

    def read_link(self, path: str) -> Link:
        """Say that nothing is known of where it leads."""
        return Link(Leads.NOWHERE)

    def identity(self) -> list[Any]:
        """Return where it lies."""
        return [str(self)]

    def listed(self, path: str | None) -> Listed | None:
        """Return what the listing said of an object."""
        if path is None:
            return None
        folder, _, name = path.rpartition("/")
        found = self._known.get(self._path(folder), {}).get(name)
        return None if found is None else found.listed

    def refused(self) -> Sequence[Refused]:
        """Return the names that have no place in a tree of files."""
        return self._refused


class RemoteBlob(Blob):
    """One object, read in parts."""

    def __init__(self, url: str) -> None:
        """Name the URL."""
        self.system = FileSystem(url)
        self.address = self.system.url
        self._info: Listed | None = None

    def __str__(self) -> str:
        return self.system.shown

    def _listed(self) -> Listed:
        if self._info is None:
            try:
                self._info = _listed("file", self.system.call("info", self.system.path))
            except OSError as error:
                raise self.system.unreachable(error) from None
            if self._info.size is None:
                raise LagtoolError(f"{show(self.system.shown)}: the server does not tell its size; copy it here first")
        return self._info

    def size(self) -> int:
        """Return the length in bytes."""
        return self._listed().size or 0

    def read_at(self, start: int, length: int) -> bytes:
        """Return a part of the object."""
        end = min(start + length, self.size())
        if start >= end:
            return b""
        try:
            data: bytes = self.system.call("cat_file", self.system.path, start=start, end=end)
        except OSError as error:
            raise self.system.unreachable(error) from None
        if len(data) != end - start:
            raise LagtoolError(
                f"{show(self.system.shown)} changed while it was read, or gives no parts: copy it here first"
            )
        return data

    def identity(self) -> list[Any]:
        """Return what the store says of the object."""
        info = self._listed()
        return [info.size, info.mtime_ns, info.mark]

    def changed_ns(self) -> int | None:
        """Return when it was changed last."""
        return self._listed().mtime_ns


def _listed(kind: EntryKind, info: dict[str, Any]) -> Listed:
    if kind == "folder":
        return FOLDER
    if kind != "file":
        return Listed(None, refusal=_NO_LINK if kind == "link" else _NO_FILE)
    size = info.get("size")
    size = int(size) if isinstance(size, (int, float)) and math.isfinite(size) else None
    mtime_ns = next((ns for key in _TIMES if (ns := _nanoseconds(info.get(key))) is not None), None)
    tag = next((str(info[key]) for key in _TAGS if info.get(key)), None)
    if tag is not None:
        return Listed(size, mtime_ns, None, make_mark(tag, size), True)
    return Listed(size, mtime_ns, None, None if mtime_ns is None or size is None else make_mark(size, mtime_ns))


def _nanoseconds(value: Any) -> int | None:
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime.datetime):
        value = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
        whole = value.replace(microsecond=0)
        seconds = int(whole.timestamp())
        return seconds * 1_000_000_000 + int(value.microsecond) * 1000
    if isinstance(value, (int, float)) and abs(value) < 9e9:
        return round(value * 1_000_000_000)
    return None
