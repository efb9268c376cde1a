"""The only walker: a root folder becomes samples with their files, and strays."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from lagtool.display import count, show
from lagtool.errors import LagtoolError
from lagtool.profile import Profile, SlotName, load_profile
from lagtool.root import PARTS, PICTURES, find_root
from lagtool.source import describe_link

Kind = Literal["file", "folder", "link", "other"]

_JUNK = {"thumbs.db", "ehthumbs.db", ".ds_store", "desktop.ini", ".directory", "__macosx", "@eadir", ".picasa.ini"}
_COPY = re.compile(r"(?i) - (?:copy|kopie|copie|copia)|\s?\([0-9]+\)(?=\.|$)|^(?:copy|kopie) |[-_]copy[0-9]*(?=\.|$)")


class SampleFiles(NamedTuple):
    """The files of one sample: paths relative to the root, POSIX, or None where a slot is empty."""

    class_name: str
    id: str
    image: str | None
    label: str | None
    map: str | None


class Stray(NamedTuple):
    """A file, folder or link without a place in a sample; see `lagtool.schema.STRAY_COLUMNS`."""

    path: str
    kind: Kind
    reason: str
    detail: str | None = None
    files: int | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Tree:
    """What lies below a root: samples in the order class, id, and strays in order of their path."""

    root: Path
    profile: Profile
    profile_choice: Literal["auto", "given"]
    samples: list[SampleFiles]
    strays: list[Stray]

    @property
    def root_name(self) -> str:
        """Name of the root folder."""
        return show(self.root.resolve().name)


def read_tree(path: Path, profile: str | Profile = "auto") -> Tree:
    """Walk a tree once, by names only; no file is opened.

    Args:
        path: The root, a folder that holds it one or two levels down, or the root under any other name.
        profile: ``auto`` (the layout of LAG; which release it is, the counts decide later), the name of a built-in
            profile, a TOML file, or a profile.

    Raises:
        LagtoolError: There is no such folder, or nothing in it is laid out like the profile; the message says what it
            looks like instead.
    """
    chosen = profile if isinstance(profile, Profile) else load_profile("lag" if profile == "auto" else profile)
    root = find_root(path, chosen)
    walk = _Walk(root, chosen)
    walk.run()
    return Tree(
        root,
        chosen,
        "auto" if profile == "auto" else "given",
        list(walk.samples()),
        sorted(walk.strays, key=_stray_key),
    )


def _stray_key(stray: Stray) -> tuple[str, str, str]:
    return stray.path, stray.reason, stray.detail or ""


@dataclass
class _Walk:
    root: Path
    profile: Profile
    strays: list[Stray] = field(default_factory=list)
    found: dict[str, dict[SlotName, dict[str, str]]] = field(default_factory=dict)

    def run(self) -> None:
        wanted = {c.name.lower(): c.name for c in self.profile.classes}
        seen = self._take_folders("", wanted, outside=True)
        for class_name in wanted.values():
            self.found[class_name] = {}
            if class_name not in seen:
                self.strays.append(Stray(class_name, "folder", "missing-folder", "the folder of a class"))
                continue
            self._walk_class(class_name, seen[class_name])

    def _walk_class(self, class_name: str, folder: str) -> None:
        slots = {spec.folder.lower(): slot for slot, spec in self.profile.slots.items()}
        inner = {spec.folder.lower(): spec.folder for spec in self.profile.slots.values() if spec.folder != "."}
        flat = slots.get(".")
        seen = self._take_folders(folder, inner, outside=flat is None)
        if flat is not None:
            self._walk_slot(class_name, flat, folder)
        for lower, name in inner.items():
            if name not in seen:
                self.strays.append(Stray(f"{folder}/{name}", "folder", "missing-folder", f"a folder of {class_name}"))
            else:
                self._walk_slot(class_name, slots[lower], seen[name])

    def _take_folders(self, folder: str, wanted: dict[str, str], *, outside: bool) -> dict[str, str]:
        """Return wanted folder -> path below ``folder``; everything else there is a stray.

        Files are strays only where ``outside`` says that no slot lies in this very folder.
        """
        entries = self._entries(folder)
        candidates: dict[str, list[os.DirEntry[str]]] = {}
        for entry in entries:
            candidates.setdefault(wanted.get(entry.name.lower(), ""), []).append(entry)
        seen: dict[str, str] = {}
        rest = candidates.pop("", [])
        for name, twins in candidates.items():
            twins.sort(key=lambda entry: (entry.name != name, entry.name))
            first = twins[0]
            rest.extend(twins[1:])
            if not first.is_dir(follow_symlinks=False):
                rest.append(first)
                continue
            path = _join(folder, first.name)
            seen[name] = path
            if first.name != name:
                self.strays.append(Stray(path, "folder", "folder-case", f"expected {name}"))
        for entry in sorted(rest, key=lambda entry: entry.name):
            if entry.is_dir(follow_symlinks=False):
                self._stray_folder(entry, folder)
            elif entry.name.lower() in wanted and entry.is_symlink():
                self.strays.append(Stray(show(_join(folder, entry.name)), "link", "link", self._target(entry)))
            elif outside:
                reason = "junk" if _is_junk(entry.name) else "extra-file"
                self.strays.append(self._stray_file(entry, folder, reason))
        return seen

    def _walk_slot(self, class_name: str, slot: SlotName, folder: str) -> None:
        spec = self.profile.slots[slot]
        flat = spec.folder == "."
        rivals: dict[str, list[os.DirEntry[str]]] = {}
        for entry in self._entries(folder):
            name = entry.name
            key = self.profile.key(slot, name)
            if key is not None:
                rivals.setdefault(key, []).append(entry)
            elif entry.is_dir(follow_symlinks=False):
                if not flat:
                    self._stray_folder(entry, folder)
            else:
                self.strays.append(self._stray_file(entry, folder, self._off_pattern(slot, name)))
        files = self.found[class_name].setdefault(slot, {})
        for key, entries in rivals.items():
            if len(entries) > 1:
                entries.sort(key=lambda entry: _preference(entry, key, spec.suffixes[0]))
                for entry in entries[1:]:
                    self.strays.append(self._stray_file(entry, folder, "second-file", f"{folder}/{entries[0].name}"))
            files[key] = f"{folder}/{entries[0].name}"

    def _off_pattern(self, slot: SlotName, name: str) -> str:
        if _is_junk(name):
            return "junk"
        if _COPY.search(name):
            return "copy-name"
        stem, dot, _suffix = name.rpartition(".")
        fits = bool(dot) and self.profile.key(slot, stem + self.profile.slots[slot].suffixes[0]) is not None
        return "suffix" if fits else "name"

    def _stray_folder(self, entry: os.DirEntry[str], folder: str) -> None:
        path = _join(folder, entry.name)
        if _is_junk(entry.name):
            self.strays.append(Stray(show(path), "folder", "junk"))
            return
        classes = {c.name.lower() for c in self.profile.classes}
        files = size = pictures = 0
        names = {entry.name.lower()}
        pending = [entry.path]
        while pending:
            try:
                with os.scandir(pending.pop()) as entries:
                    for below in entries:
                        lower = below.name.lower()
                        if below.is_dir(follow_symlinks=False):
                            names.add(lower)
                            pending.append(below.path)
                        else:
                            files += 1
                            pictures += lower.endswith(PICTURES)
                            size += _size(below) or 0
            except OSError:
                continue  # what cannot be looked into is not counted; the folder itself is reported anyway
        detail = "looks like a split made by a script" if names & PARTS else None
        if pictures:
            detail = f"{detail or 'looks like pictures put aside'} ({count(pictures, 'picture')})"
        reason = "copy-of-tree" if names & classes else "folder"
        self.strays.append(Stray(show(path), "folder", reason, detail, files, size))

    def _stray_file(self, entry: os.DirEntry[str], folder: str, reason: str, detail: str | None = None) -> Stray:
        path = show(_join(folder, entry.name))
        if entry.is_symlink():
            return Stray(path, "link", reason, detail or self._target(entry), 1)
        if entry.is_dir(follow_symlinks=False):
            return Stray(path, "folder", reason, detail)
        if not entry.is_file(follow_symlinks=False):
            return Stray(path, "other", "special" if reason != "second-file" else reason, detail, 1)
        return Stray(path, "file", reason, detail, 1, _size(entry))

    def _target(self, entry: os.DirEntry[str]) -> str:
        return f"links {describe_link(entry.path, self.root)}"

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.root / folder) as entries:
                return list(entries)
        except OSError as error:
            if not folder:
                raise LagtoolError(f"cannot look into {show(self.root)}: {error.strerror}") from None
            self.strays.append(Stray(show(folder), "folder", "unreadable", error.strerror))
            return []

    def samples(self) -> Iterator[SampleFiles]:
        """Yield the samples in order of class and id."""
        for class_name, slots in self.found.items():
            empty: dict[str, str] = {}
            images, labels, maps = slots.get("image", empty), slots.get("label", empty), slots.get("map", empty)
            for key in sorted({*images, *labels, *maps}):
                yield SampleFiles(class_name, key, images.get(key), labels.get(key), maps.get(key))


def _preference(entry: os.DirEntry[str], key: str, suffix: str) -> tuple[bool, bool, bool, str]:
    """Order of the files that compete for a slot: a real file, named by the id itself, in lower case, first."""
    stem = entry.name.rpartition(".")[0]
    return not entry.is_file(follow_symlinks=False), stem != key, not entry.name.endswith(suffix), entry.name


def _is_junk(name: str) -> bool:
    return name.lower() in _JUNK or name.startswith("._")


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _size(entry: os.DirEntry[str]) -> int | None:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return None
