"""Finding the root of the data set in the folder that somebody named, or saying what that folder looks like."""

import os
import re
from pathlib import Path

from lagtool.display import show
from lagtool.errors import LagtoolError
from lagtool.profile import Profile

_ARCHIVES = (".rar", ".zip", ".7z", ".tar", ".gz", ".tgz")
PICTURES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp")
"""Suffixes, in lower case, of files that are probably pictures."""
PARTS = {"train", "test", "val", "valid", "validation", "training", "testing"}
"""Names, in lower case, that scripts give to the folders of a split."""


def find_root(path: Path, profile: Profile) -> Path:
    """Return the folder that holds the class folders: ``path`` or the only such folder up to two levels below.

    Raises:
        LagtoolError: There is none, or there are several.
    """
    try:
        if not path.is_dir():
            what = "is not a folder" if path.exists() else "does not exist"
            raise LagtoolError(f"{show(path)} {what}: name the folder that holds {_class_names(profile)}")
        if _is_root(path, profile):
            return path
        level = [path]
        for _ in range(2):
            level = [child for folder in level for child in _folders(folder)][:1000]
            found = [folder for folder in level if _is_root(folder, profile)]
            if len(found) == 1:
                return found[0]
            if found:
                names = ", ".join(show(folder.relative_to(path)) for folder in found[:3])
                raise LagtoolError(f"{show(path)} holds several data sets ({names}): name one of them")
        raise LagtoolError(
            f"{show(path)} {_describe(path, profile)}; expected {_class_names(profile)}, each with "
            f"{', '.join(f'{spec.folder}/' for spec in profile.slots.values())}"
        )
    except OSError as error:
        raise LagtoolError(f"cannot look into {show(error.filename or path)}: {error.strerror}") from None


def _class_names(profile: Profile) -> str:
    return " and ".join(f"{c.name}/" for c in profile.classes)


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry) for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _is_root(folder: Path, profile: Profile) -> bool:
    classes = {c.name.lower() for c in profile.classes}
    slots = {spec.folder.lower() for spec in profile.slots.values()}
    for child in _folders(folder):
        if child.name.lower() in classes and ("." in slots or any(f.name.lower() in slots for f in _folders(child))):
            return True
    return False


def _describe(path: Path, profile: Profile) -> str:
    """Say what a folder that is not a root looks like instead."""
    with os.scandir(path) as scan:
        entries = sorted(scan, key=lambda entry: entry.name)
    folders = {entry.name.lower() for entry in entries if entry.is_dir()}
    files = [entry.name.lower() for entry in entries if not entry.is_dir()]
    slots = {spec.folder.lower() for spec in profile.slots.values()}
    classes = {c.name.lower() for c in profile.classes}
    pictures = sum(name.endswith(PICTURES) for name in files)
    archives = [name for name in files if name.endswith(_ARCHIVES)]
    if not entries:
        return "is empty"
    if folders & slots:
        return "looks like the folder of one class: name the folder above it"
    if folders & classes:
        return "has class folders that hold none of the expected folders"
    if folders & PARTS:
        parts = ", ".join(sorted(folders & PARTS))
        return f"looks like a copy that was split ({parts}) and has lost the layout of the data set"
    if archives:
        return f"holds an archive that is not unpacked ({show(archives[0], 60)}): unpack it first"
    if pictures:
        prefixed = any(re.match(r"n?g\.[0-9]", name) for name in files)
        what = "pictures named after their class (g.0001.jpg, ng.0001.jpg)" if prefixed else "pictures"
        return f"looks like a flat folder of {pictures:,} {what} without class folders"
    return "holds no class folder"
