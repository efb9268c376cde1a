"""Finding the root of the data set in the folder that somebody named, or saying what that folder looks like."""

import os
import re
from pathlib import Path

from lagtool.display import show
from lagtool.errors import LagtoolError
from lagtool.profile import BUILT_IN, Profile
from lagtool.profile.folders import Folder, plan_folders
from lagtool.profile.names import CLASS

_ARCHIVES = (".rar", ".zip", ".7z", ".tar", ".gz", ".tgz")
PICTURES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp")
"""Suffixes, in lower case, of files that are probably pictures."""
PARTS = {"train", "test", "val", "valid", "validation", "training", "testing"}
"""Names, in lower case, that scripts give to the folders of a split."""


def find_root(path: Path, profile: Profile) -> Path:
    """Return the folder that holds the layout's folders: ``path`` or the only such folder up to two levels below.

    Raises:
        LagtoolError: There is none, or there are several.
    """
    layout = plan_folders(profile)
    try:
        if not path.is_dir():
            what = "is not a folder" if path.exists() else "does not exist"
            tops = _join([f"{child.name}/" for child in layout.children.values()] or ["its files"])
            raise LagtoolError(f"{show(path)} {what}: name the folder that holds {tops}")
        if _is_root(path, profile, layout):
            return path
        level = [path]
        for _ in range(2):
            level = [child for folder in level for child in _folders(folder)][:1000]
            found = [folder for folder in level if _is_root(folder, profile, layout)]
            if len(found) == 1:
                return found[0]
            if found:
                names = ", ".join(show(folder.relative_to(path)) for folder in found[:3])
                raise LagtoolError(f"{show(path)} holds several data sets ({names}): name one of them")
        other = "" if profile.name not in BUILT_IN else "; another data set needs its profile: --profile FILE"
        raise LagtoolError(
            f"{show(path)} {_describe(path, profile, layout)}; expected {_describe_layout(profile)}{other}"
        )
    except OSError as error:
        raise LagtoolError(f"cannot look into {show(error.filename or path)}: {error.strerror}") from None


def _describe_layout(profile: Profile) -> str:
    """Say where the files of a profile lie."""
    homes = [f"{profile.home(c.name)}/" for c in profile.classes]
    inner = [spec.folder for spec in profile.slots.values()]
    if "." not in inner and not any(CLASS in folder for folder in inner) and len(set(homes)) == len(homes):
        return f"{_join(homes)}, each with {', '.join(f'{folder}/' for folder in inner)}"
    places = dict.fromkeys(f"{'/'.join(place.folder)}/" if place.folder else "its files" for place in profile.places())
    return _join(list(places))


def _join(names: list[str]) -> str:
    if len(names) > 6:
        names = [*names[:5], f"{len(names) - 5} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry) for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _is_root(path: Path, profile: Profile, layout: Folder) -> bool:
    """Whether there is a folder in which the layout has files, or a sample's file where that is the root itself."""
    if layout.slots and any(
        profile.key(slot, child.name) is not None for child in path.iterdir() for slot in layout.slots
    ):
        return True
    return _holds(path, layout)


def _holds(path: Path, folder: Folder) -> bool:
    if not folder.children:
        return False
    for child in _folders(path):
        expected = folder.children.get(child.name.lower())
        if expected is not None and child.name.isascii() and (expected.slots or _holds(child, expected)):
            return True
    return False


def _describe(path: Path, profile: Profile, layout: Folder) -> str:
    """Say what a folder that is not a root looks like instead."""
    with os.scandir(path) as scan:
        entries = sorted(scan, key=lambda entry: entry.name)
    folders = {entry.name.lower() for entry in entries if entry.is_dir()}
    files = [entry.name.lower() for entry in entries if not entry.is_dir()]
    below = {name for child in layout.children.values() for name in child.children}
    by_class = all(len(child.classes) == 1 for child in layout.children.values())
    pictures = sum(name.endswith(PICTURES) for name in files)
    archives = [name for name in files if name.endswith(_ARCHIVES)]
    if not entries:
        return "is empty"
    if folders & below:
        part = "the folder of one class" if by_class else "a part of the data set"
        return f"looks like {part}: name the folder above it"
    if folders & layout.children.keys():
        return f"has {'class folders' if by_class else 'folders'} that hold none of the expected folders"
    if folders & PARTS:
        parts = ", ".join(sorted(folders & PARTS))
        return f"looks like a copy that was split ({parts}) and has lost the layout of the data set"
    if archives:
        return f"holds an archive that is not unpacked ({show(archives[0], 60)}): unpack it first"
    if pictures and layout.children:
        prefixed = any(re.match(r"n?g\.[0-9]", name) for name in files)
        what = "pictures named after their class (g.0001.jpg, ng.0001.jpg)" if prefixed else "pictures"
        return f"looks like a flat folder of {pictures:,} {what} without class folders"
    if not layout.children:
        return "holds no file of a sample"
    return "holds no class folder" if by_class else "holds none of the folders of the layout"
