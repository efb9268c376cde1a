"""Folders that carry a split: pictures below folders that are called like parts."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from lagtool.display import count, show
from lagtool.errors import LagtoolError
from lagtool.mentions.columns import UntoldError
from lagtool.mentions.mention import Mention, Sheet
from lagtool.mentions.words import find_part, is_class_word
from lagtool.root import PICTURES
from lagtool.source import PICTURE_LIMIT, read_file

LISTS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".parquet")
"""Suffixes, in lower case, of files that may list a part."""

MAX_DEPTH = 8
MAX_FILES = 2_000_000


@dataclass
class Found:
    """Files below a folder, as POSIX paths relative to it, in order; links are counted and never followed."""

    pictures: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    links: int = 0
    empty: list[str] = field(default_factory=list)


def find_files(folder: Path) -> Found:
    """Return pictures and lists below a folder.

    Raises:
        LagtoolError: It cannot be looked into, or holds more than `MAX_FILES` files.
    """
    found = Found()
    waiting = [(str(folder), "", 0)]
    while waiting:
        place, prefix, depth = waiting.pop()
        try:
            with os.scandir(place) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            raise LagtoolError(f"cannot look into {show(place)}: {error.strerror}") from None
        if not entries:
            found.empty.append(prefix)
        for entry in entries:
            path = f"{prefix}{entry.name}"
            if entry.is_symlink():
                found.links += 1
            elif entry.is_dir(follow_symlinks=False):
                if depth < MAX_DEPTH and not entry.name.startswith((".", "__MACOSX")):
                    waiting.append((entry.path, f"{path}/", depth + 1))
            elif entry.name.startswith("._") or not entry.is_file(follow_symlinks=False):
                continue
            elif entry.name.lower().endswith(PICTURES):
                found.pictures.append(path)
            elif Path(entry.name).suffix.lower() in LISTS:
                found.lists.append(path)
        if len(found.pictures) + len(found.lists) > MAX_FILES:
            raise LagtoolError(f"{show(folder)} holds more than {MAX_FILES:,} files: name the folder of the split")
    found.pictures.sort()
    found.lists.sort()
    return found


def read_tree_of_parts(folder: Path, found: Found, title: str, part: str | None = None) -> Sheet:
    """Return the mentions that pictures below a folder make: their paths, and the SHA-256 of their bytes.

    The part is the folder called like one, at whatever depth; where there is none, the outermost folders are the parts.
    Pictures in no part are counted in a remark.

    Args:
        folder: The folder.
        found: What is below it.
        title: The folder, fit to be shown.
        part: The part of all pictures; None: it is read from their paths.

    Raises:
        LagtoolError: Nothing tells the parts.
    """
    sheet = Sheet()
    tops = part is None and _tops_are_parts(found.pictures)
    outside = unread = 0
    for path in found.pictures:
        folders = path.split("/")[:-1]
        outer, name = (None, part) if part is not None else find_part(folders)
        if name is None and tops and folders:
            name = folders[0]
        if name is None:
            outside += 1
            continue
        sheet.parts.setdefault((outer, name))
        data = read_file(folder / path, PICTURE_LIMIT).data
        unread += data is None
        digest = None if data is None else hashlib.sha256(data).hexdigest()
        sheet.mentions.append((outer, Mention(name, path, title, None, digest)))
    if not sheet.mentions:
        raise UntoldError(
            f"{title}: no folder in it is called like a part (train, val, test, fold0); the data set itself comes "
            "last; another folder becomes a part by --part NAME=DIR"
        )
    for names in (path.rstrip("/").split("/") for path in found.empty):
        outer, name = find_part(names)
        if name is not None and name == names[-1]:
            sheet.parts.setdefault((outer, name))
    if outside:
        sheet.remarks.append(f"{count(outside, 'picture')} of {title} in no folder of a part: left out")
    if unread:
        sheet.remarks.append(f"{count(unread, 'picture')} of {title} could not be read: known by name only")
    if found.links:
        sheet.remarks.append(f"{count(found.links, 'link')} in {title} not followed")
    return sheet


def _tops_are_parts(pictures: Iterable[str]) -> bool:
    """Whether no path has the word of a part, and every picture lies in a folder: of several, the outermost."""
    folders = [path.split("/")[:-1] for path in pictures]
    if any(not names or find_part(names).name is not None for names in folders):
        return False
    tops = {names[0] for names in folders}
    return len(tops) > 1 and not any(map(is_class_word, tops))
