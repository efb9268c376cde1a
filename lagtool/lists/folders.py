"""Folders that carry a split: pictures below folders that are called like splits, and shards of pictures."""

import hashlib
import os
import stat
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lagtool.errors import LagtoolError
from lagtool.files.root import PICTURES
from lagtool.lists.record import NameRecord, Sheet
from lagtool.lists.words import OTHER_FILES, find_split, is_class_word, simplify
from lagtool.reading import PICTURE_LIMIT, read_file
from lagtool.text import count, show

LISTS = (".csv", ".tsv", ".txt", ".lst", ".list", ".json", ".jsonl", ".parquet")
"""Suffixes, in lower case, of files that may list a split."""

SHARDS = ".tar"
"""Suffix of an archive of pictures, such as those of WebDataset."""

MAX_DEPTH = 8
MAX_FILES = 2_000_000


class UntoldError(LagtoolError):
    """Nothing tells which split a list is of, or that it lists one at all."""


def untold(file: str) -> UntoldError:
    """Return the error for a list whose split cannot be told."""
    return UntoldError(
        f"{file}: cannot tell which split it lists: name it with --part NAME=FILE, choose a column with "
        "--columns split=COLUMN, or add a column 'split'"
    )


@dataclass
class Found:
    """Files below a folder, as POSIX paths relative to it, in order; links are followed to regular files only."""

    pictures: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    shards: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    links: int = 0


def find_files(folder: Path) -> Found:
    """Return pictures, lists and shards below a folder, those in hidden folders too: loaders read them.

    A link is followed where it leads to a regular file or, once, to a folder.

    Raises:
        LagtoolError: It cannot be looked into, or holds more than `MAX_FILES` files.
    """
    found = Found()
    waiting = [(str(folder), "", 0)]
    known = {os.path.realpath(folder)}
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
            mode = _mode_of(entry)
            found.links += entry.is_symlink()
            if not stat.S_ISDIR(mode):
                _note_file(found, f"{prefix}{entry.name}", regular=stat.S_ISREG(mode))
            elif depth < MAX_DEPTH and entry.name != "__MACOSX" and (real := os.path.realpath(entry.path)) not in known:
                known.add(real)
                waiting.append((entry.path, f"{prefix}{entry.name}/", depth + 1))
        if len(found.pictures) + len(found.lists) > MAX_FILES:
            raise LagtoolError(f"{show(folder)} holds more than {MAX_FILES:,} files: name the folder of the split")
    for names in (found.pictures, found.lists, found.shards):
        names.sort()
    return found


def _mode_of(entry: "os.DirEntry[str]") -> int:
    try:
        return entry.stat().st_mode
    except OSError:  # a link to nothing, or to itself
        return 0


def _note_file(found: Found, path: str, *, regular: bool) -> None:
    name = path.rpartition("/")[2]
    suffix = Path(name).suffix.lower()
    if name.startswith("._"):
        return
    if name.lower().endswith(PICTURES):
        (found.pictures if regular else found.unread).append(path)
        if regular and any(step.startswith(".") for step in path.split("/")):
            found.hidden.append(path)
    elif regular and (suffix in LISTS or name == "SHA256SUMS"):
        found.lists.append(path)
    elif regular and suffix == SHARDS:
        found.shards.append(path)


def read_tree_of_splits(sheet: Sheet, folder: Path, found: Found, title: str, split: str | None = None) -> None:
    """Add the names that pictures below a folder give: their paths, and the SHA-256 of their bytes.

    The split is the folder called like one, at whatever depth; where there is none, the outermost folders are the
    splits. Pictures in no split are counted in a remark.

    Args:
        sheet: Takes the names.
        folder: The folder.
        found: What is below it.
        title: The folder, fit to be shown.
        split: The split of all pictures; None: it is read from their paths.

    Raises:
        LagtoolError: Nothing tells the splits.
    """
    tops = split is None and _tops_are_splits(found.pictures)
    unread = len(found.unread)
    for path in found.pictures:
        folders = path.split("/")[:-1]
        outer, name = (None, split) if split is not None else find_split(folders)
        name = folders[0] if name is None and tops and folders else name
        if name is not None:
            data = read_file(os.path.realpath(folder / path), PICTURE_LIMIT).data
            unread += data is None
            digest = None if data is None else hashlib.sha256(data).hexdigest()
            sheet.add(outer, NameRecord(name, path, title, None, digest))
    if not sheet.records:
        raise UntoldError(
            f"{title}: no folder in it is called like a split (train, val, test, fold0); the dataset itself comes "
            "last; another folder becomes a split by --part NAME=DIR"
        )
    for names in (path.rstrip("/").split("/") for path in found.empty):
        outer, name = find_split(names)
        if name is not None and name == names[-1]:
            sheet.splits.setdefault((outer, name))

    def such(paths: list[str], words: str) -> str:
        return f"{words}, such as {show(paths[0], 60)}" if paths else words

    sheet.remarks.append(f"{title}: {count(len(sheet.records), 'picture')}, split from the folders")
    for number, noun, words in (
        (len(found.pictures) - len(sheet.records), "picture", f"of {title} in no folder of a split: left out"),
        (unread, "picture", f"of {title} could not be read{such(found.unread, '')}: known by name at most"),
        (
            len(found.hidden),
            "picture",
            such(found.hidden, f"of {title} in hidden files or folders, which loaders read"),
        ),
        (found.links, "link", f"in {title} followed, for reading only"),
    ):
        if number:
            sheet.remarks.append(f"{count(number, noun)} {words}")


def read_shard(path: Path, title: str, split: str) -> Iterator[NameRecord]:
    """Yield the pictures in a TAR archive: key and suffix of each, and the SHA-256 of its bytes.

    Of the members of one key the image counts (``0040.image.jpg``), not maps or masks (``0040.attention.jpg``).

    Raises:
        LagtoolError: It is no such archive, or a damaged one.
    """
    try:
        with tarfile.open(os.path.realpath(path), mode="r|") as archive:
            for info in archive:
                folder, slash, name = info.name.rpartition("/")
                key, *middle, suffix = name.split(".") if name.count(".") else (name, "")
                other = any(simplify(word) in (*OTHER_FILES, "attention") for word in middle)
                if not info.isreg() or f".{suffix.lower()}" not in PICTURES or other or info.size > PICTURE_LIMIT:
                    continue
                member = archive.extractfile(info)
                digest = hashlib.sha256(b"" if member is None else member.read()).hexdigest()
                place = f"{title} member {show(info.name, 80)}"
                yield NameRecord(split, f"{folder}{slash}{key}.{suffix}", place, None, digest)
    except (tarfile.TarError, ValueError, OverflowError, EOFError, OSError, RecursionError) as error:
        reason = show(str(error), 100)
        raise LagtoolError(f"{title} is not a TAR file, or a damaged one ({reason}): copy it again") from None


def _tops_are_splits(pictures: Iterable[str]) -> bool:
    """Whether no path has the word of a split, and every picture lies in a folder: of several, the outermost."""
    folders = [path.split("/")[:-1] for path in pictures]
    if any(not names or find_split(names).name is not None for names in folders):
        return False
    tops = {names[0] for names in folders}
    return len(tops) > 1 and not any(map(is_class_word, tops))
