"""Finding the root of the dataset in the folder that somebody named, or saying what that folder looks like."""

import os
import re
from pathlib import Path
from typing import NamedTuple

from lagtool.errors import LagtoolError
from lagtool.files import Store, as_store
from lagtool.files.local import LocalStore
from lagtool.profiles import BUILT_IN, LAYOUTS, Profile, is_built_in, load_profile
from lagtool.profiles.folders import Folder, plan_folders
from lagtool.profiles.names import CLASS
from lagtool.text import count, show

_OTHER = "; another dataset needs a profile (--profile FILE): 'lagtool profile draft FOLDER' proposes one"
_ARCHIVES = (".rar", ".zip", ".7z", ".tar", ".gz", ".tgz")
_READABLE = (".zip", ".tar", ".tar.gz", ".tgz")
PICTURES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp")
"""Suffixes, in lower case, of files that are probably pictures."""
PARTS = {"train", "test", "val", "valid", "validation", "training", "testing"}
"""Names, in lower case, that scripts give to the folders of a split."""


class FoundTree(NamedTuple):
    """A dataset that was found: its root, and the profile that it is laid out by."""

    store: Store
    profile: Profile


def find_root(path: Path, profile: str | Profile) -> Path:
    """Return the folder of this disk that `find_tree` finds.

    Raises:
        LagtoolError: There is none, or there are several.
    """
    folder = find_tree(LocalStore(path), profile).store.folder
    assert folder is not None
    return folder


def find_store(place: str | os.PathLike[str] | Store, profile: Profile) -> Store:
    """Return what holds the layout's folders: ``place`` or the only such folder up to two levels below.

    Raises:
        LagtoolError: There is none, or there are several.
    """
    return find_tree(place, profile).store


def find_tree(place: str | os.PathLike[str] | Store, profile: str | Profile = "auto") -> FoundTree:
    """Return the root of the dataset that ``place`` is or holds up to two levels below, and its profile.

    Args:
        place: A folder, an archive or a URL.
        profile: The profile, or its name or file; ``auto``: the release of LAG, else the one other layout of
            LAG that fits. What lies nearest to ``place`` counts.

    Raises:
        LagtoolError: There is none, or there are several; the message says what it looks like instead.
    """
    auto = profile == "auto"
    first = profile if isinstance(profile, Profile) else load_profile(BUILT_IN[0] if auto else profile)
    others = [load_profile(f"{first.name}.{layout}") for layout in LAYOUTS] if auto else []
    layout = plan_folders(first)
    store = as_store(place)
    shown = show(str(store))
    try:
        store.check(_join([f"{child.name}/" for child in layout.children.values()] or ["its files"]))
        level = [""]
        for depth in range(3):
            if depth:
                level = [_below(folder, child) for folder in level for child in _folders(store, folder)][:1000]
            found = {folder: [first] for folder in level if _is_root(store, folder, first, layout)}
            found = found or {at: fit for at in level if (fit := [p for p in others if _fits(store, at, p)])}
            if len(found) == 1:
                ((at, fitting),) = found.items()
                return FoundTree(store.below(at) if at else store, _only(shown, fitting))
            if found:
                names = ", ".join(show(folder) for folder in [*found][:3])
                raise LagtoolError(f"{shown} holds several datasets ({names}): name one of them")
        hint = "" if auto else _suggest_layout(store, first)
        other = _OTHER if is_built_in(first.name) and not hint else ""
        raise LagtoolError(
            f"{shown} {_describe(store, first, layout)}; expected {_describe_layout(first)}{hint or other}"
        )
    except OSError as error:
        raise LagtoolError(f"cannot look into {show(error.filename or str(store))}: {error.strerror}") from None


def _only(shown: str, fits: list[Profile]) -> Profile:
    """Return the only profile that fits; raises LagtoolError where there are several."""
    if len(fits) > 1:
        names = " and ".join(p.name for p in fits)
        raise LagtoolError(f"{shown} fits the layouts {names}: choose one with --profile {fits[0].name}")
    return fits[0]


def _suggest_layout(store: Store, profile: Profile) -> str:
    """Return what to name instead of a release of LAG, where the files lie in another of its layouts."""
    if profile.name not in BUILT_IN:
        return ""
    try:
        name = find_tree(store).profile.name.replace(BUILT_IN[0], profile.name, 1)
    except LagtoolError:
        return ""
    return f"; its layout is that of --profile {name}"


def _fits(store: Store, path: str, profile: Profile) -> bool:
    """Whether a folder holds a sample's file by a layout, and a table of labels where that has one."""
    if profile.labels is not None and not any(store.exists(_below(path, name)) for name in profile.labels.table):
        return False
    return _has_file(store, path, profile, plan_folders(profile))


def _has_file(store: Store, path: str, profile: Profile, folder: Folder) -> bool:
    if "image" in folder.slots:
        try:
            entries = store.entries(path)
        except OSError:
            return False
        if any(profile.key("image", e.name) is not None and not e.is_dir(follow_symlinks=False) for e in entries):
            return True
    return bool(folder.children) and any(
        _has_file(store, _below(path, child), profile, folder.children[child.lower()])
        for child in _folders(store, path)
        if child.isascii() and child.lower() in folder.children
    )


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


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


def _folders(store: Store, folder: str) -> list[str]:
    try:
        return sorted(entry.name for entry in store.entries(folder) if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _is_root(store: Store, path: str, profile: Profile, layout: Folder) -> bool:
    """Whether there is a folder in which the layout has files, or a sample's file where that is the root itself."""
    if layout.slots and any(
        profile.key(slot, child.name) is not None for child in store.entries(path) for slot in layout.slots
    ):
        return True
    return _holds(store, path, layout)


def _holds(store: Store, path: str, folder: Folder) -> bool:
    if not folder.children:
        return False
    for child in _folders(store, path):
        expected = folder.children.get(child.lower())
        if (
            expected is not None
            and child.isascii()
            and (expected.slots or _holds(store, _below(path, child), expected))
        ):
            return True
    return False


def _describe(store: Store, profile: Profile, layout: Folder) -> str:
    """Say what a folder that is not a root looks like instead."""
    entries = sorted(store.entries(""), key=lambda entry: entry.name)
    refused = store.refused()
    folders = {entry.name.lower() for entry in entries if entry.is_dir()}
    files = [entry.name.lower() for entry in entries if not entry.is_dir()]
    below = {name for child in layout.children.values() for name in child.children}
    by_class = all(len(child.classes) == 1 for child in layout.children.values())
    pictures = sum(name.endswith(PICTURES) for name in files)
    archives = [name for name in files if name.endswith(_ARCHIVES)]
    if refused and not folders:
        return f"has {count(len(refused), 'name')} that are refused ({show(refused[0].path, 60)} {refused[0].why})"
    if not entries:
        return "is empty"
    if folders & below:
        part = "the folder of one class" if by_class else "a part of the dataset"
        return f"looks like {part}: name the folder above it"
    if folders & layout.children.keys():
        return f"has {'class folders' if by_class else 'folders'} that hold none of the expected folders"
    if folders & PARTS:
        parts = ", ".join(sorted(folders & PARTS))
        return f"looks like a copy that was split ({parts}) and has lost the layout of the dataset"
    if archives:
        way = "unpack it first" + (", or name the archive itself" if archives[0].endswith(_READABLE) else "")
        return f"holds an archive that is not unpacked ({show(archives[0], 60)}): {way}"
    if pictures and layout.children:
        prefixed = any(re.match(r"n?g\.[0-9]", name) for name in files)
        what = "pictures named after their class (g.0001.jpg, ng.0001.jpg)" if prefixed else "pictures"
        return f"looks like a flat folder of {pictures:,} {what} without class folders"
    if not layout.children:
        return "holds no file of a sample"
    return "holds no class folder" if by_class else "holds none of the folders of the layout"
