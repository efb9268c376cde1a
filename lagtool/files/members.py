"""The members of an archive become folders and files, or are refused; nothing here is ever unpacked."""

import hashlib
import posixpath
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from lagtool.files.store import EntryKind, Found, Refused
from lagtool.model import Listed, State
from lagtool.reading import ID_BITS, Leads, kind_of

_DRIVE = re.compile(r"[A-Za-z]:")
_MAX_NAME, _MAX_DEPTH = 4096, 64
FOLDER = Listed(None, refusal=(State.NOT_A_FILE, f"is {kind_of(stat.S_IFDIR)}"))
"""What is known of a folder, should a file's place be taken by one."""


class Member(NamedTuple):
    """One member as an archive names it."""

    name: str
    kind: EntryKind
    listed: Listed
    target: str = ""


def make_mark(*parts: object) -> int:
    """Return the number of 63 bits that stands for an ETag or checksum: the first ones of a SHA-256."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big") & ID_BITS


def why_refused(name: str) -> str:
    """Say why a name has no place in a tree of files; empty: it has one."""
    if len(name) > _MAX_NAME or name.count("/") > _MAX_DEPTH:
        return "is a name too long or too deep"
    if "\0" in name:
        return "holds a zero byte"
    if "\\" in name:
        return "holds a backslash, which is a folder's sign to some and not to others: pack the archive again"
    if name.startswith("/") or _DRIVE.match(name):
        return "is an absolute path, which leads out of the dataset"
    parts = name.removesuffix("/").split("/")
    if ".." in parts:
        return "leads out of the dataset"
    if "" in parts or "." in parts[1:]:
        return "has a part without a name"
    return ""


@dataclass
class Contents:
    """What an archive holds: the entries of each folder by name, and what was refused."""

    folders: dict[str, dict[str, Found]] = field(default_factory=lambda: {"": {}})
    refused: list[Refused] = field(default_factory=list)

    def add(self, member: Member) -> None:
        """Give a member its place."""
        name = member.name
        if name.rstrip("/") in ("", ".") and member.kind == "folder":
            return
        while name.startswith("./"):
            name = name[2:]
        why = why_refused(name)
        path = name.removesuffix("/")
        if why or path in ("", "."):
            self.refused.append(Refused(member.name, why or "is no name"))
            return
        folder, _, last = path.rpartition("/")
        if not self._make_folder(folder):
            self.refused.append(Refused(member.name, "lies below what is no folder"))
            return
        if member.kind == "folder":
            if not self._make_folder(path):
                self.refused.append(Refused(member.name, "is a file and a folder at once"))
            return
        if path in self.folders:
            self.refused.append(Refused(member.name, "is a file and a folder at once"))
            return
        if last in self.folders[folder]:
            self.refused.append(Refused(member.name, "stands in the archive more than once; the last one counts", path))
        self.folders[folder][last] = Found(last, member.kind, member.listed, member.target)

    def _make_folder(self, path: str) -> bool:
        """Make a folder and those above it; False where a file or link has its place."""
        if path in self.folders:
            return True
        above, _, last = path.rpartition("/")
        if not self._make_folder(above) or last in self.folders[above]:
            return False
        self.folders[above][last] = Found(last, "folder", FOLDER)
        self.folders[path] = {}
        return True

    def find(self, path: str) -> Found | None:
        """Return the entry of a path, or None."""
        folder, _, last = path.rpartition("/")
        return self.folders.get(folder, {}).get(last)


def sort_members(members: Iterable[Member]) -> Contents:
    """Give each member its place."""
    contents = Contents()
    for member in members:
        contents.add(member)
    return contents


def follow_target(path: str, target: str) -> Leads:
    """Return where a link leads, by names alone."""
    end = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return Leads.OUTSIDE if target.startswith("/") or end == ".." or end.startswith("../") else Leads.INSIDE
