"""A folder, archive or URL becomes samples with their files, and unmatched files; no file is opened."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from lagtool.errors import LagtoolError
from lagtool.files import Entry, Store
from lagtool.files.root import PARTS, PICTURES, find_tree
from lagtool.files.samples import Samples, SlotNames
from lagtool.model import SampleFiles, UnmatchedReason
from lagtool.profiles import Profile, SlotName, is_built_in
from lagtool.profiles.folders import Folder, plan_folders
from lagtool.profiles.reading import LAYOUT
from lagtool.reading import Leads, describe_error, fit
from lagtool.text import count, show

FOUND = "found"
"""Key of the record of a split that was found in the tree: where it stands there."""

Kind = Literal["file", "folder", "link", "link-outside", "other"]

_JUNK = {"thumbs.db", "ehthumbs.db", ".ds_store", "desktop.ini", ".directory", "__macosx", "@eadir", ".picasa.ini"}
_JUNK |= {".gitkeep", ".keep", ".gitignore", ".nomedia", ".localized"}  # they keep empty folders, or galleries out
_COPY = re.compile(r"(?i) - (?:copy|kopie|copie|copia)|\s?\([0-9]+\)(?=\.|$)|^(?:copy|kopie) |[-_]copy[0-9]*(?=\.|$)")


class Unmatched(NamedTuple):
    """A file, folder or link without a place in a sample; see `lagtool.manifest.schema.UNMATCHED_COLUMNS`."""

    path: str
    kind: Kind
    reason: UnmatchedReason
    detail: str | None = None
    files: int | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Tree:
    """What lies below a root: samples in the order class, id, and unmatched files in order of their path.

    Attributes:
        store: The files.
        profile: The profile that they are laid out by.
        profile_choice: How it came about.
        samples: The samples.
        unmatched files: What has no place in them.
        columns: What folders or a table say of each sample beside its class: ``split``, ``group``.
        split: How the split came about, for the header of a manifest; None: nothing tells one.
        remarks: What must be known of how the tree was read.
    """

    store: Store
    profile: Profile
    profile_choice: Literal["auto", "given"]
    samples: Sequence[SampleFiles]
    unmatched: list[Unmatched]
    columns: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    split: dict[str, Any] | None = None
    remarks: tuple[str, ...] = ()

    @property
    def root_name(self) -> str:
        """Name of the root folder."""
        return show(self.store.root_name())

    @property
    def root(self) -> Path:
        """The root folder.

        Raises:
            LagtoolError: It is none of this disk.
        """
        if self.store.folder is None:
            raise LagtoolError(f"{show(str(self.store))} is not a folder on this disk: copy or unpack it first")
        return self.store.folder


def read_tree(path: str | Path | Store, profile: str | Profile = "auto") -> Tree:
    """Walk a tree once, by names only; no file is opened.

    Args:
        path: The root, a folder that holds it one or two levels down, or the root under any other name; an archive or
            a URL that does (see `lagtool.files`).
        profile: ``auto`` (the layout of LAG that fits; which release it is, the counts decide later), the name of a
            built-in profile, a TOML file, or a profile. Where a table of labels tells the class, all samples are in
            the first: `lagtool.scanning.trees.open_tree` reads the table too.

    Raises:
        LagtoolError: There is no such folder, or nothing in it is laid out like the profile; the message says what it
            looks like instead.
    """
    store, chosen = find_tree(path, profile)
    walk = _Walk(store, chosen)
    walk.run()
    samples = Samples(store, walk.found)
    splits = samples.splits()
    names = [name for name in chosen.splits if name in set(splits or ())]
    return Tree(
        store,
        chosen,
        "auto" if profile == "auto" else "given",
        samples,
        sort_unmatched(walk.unmatched),
        {} if splits is None else {"split": splits},
        None if splits is None else {"names": names, "title": "the folders of the dataset", FOUND: "folders"},
        tuple(_remark(chosen, walk.found, splits)),
    )


def sort_unmatched(unmatched: Iterable[Unmatched]) -> list[Unmatched]:
    """Return unmatched files in the order of their paths."""
    return sorted(
        unmatched, key=lambda unmatched_file: (unmatched_file.path, unmatched_file.reason, unmatched_file.detail or "")
    )


def _remark(
    profile: Profile,
    found: Mapping[str, Mapping[SlotName, Sequence[SlotNames]]],
    splits: Sequence[str | None] | None,
) -> Iterator[str]:
    """Yield which layout and split were found, and whether loaders number the class folders otherwise."""
    layout = profile.name.partition(".")[2]
    if layout and is_built_in(profile.name):
        yield f"layout: {layout} ({profile.title.rpartition(LAYOUT)[2]}); another dataset needs a profile"
    if splits is None:
        return
    sizes = Counter(splits)
    yield f"split from the folders: {', '.join(f'{name} {sizes[name]:,}' for name in profile.splits if sizes[name])}"
    words: dict[str, int] = {}
    for c in profile.classes:
        steps = {step for pack in found[c.name].get("image", ()) if pack.ids for step in pack.folder.lower().split("/")}
        words |= {word: c.label for word in (c.folder or c.name, *c.also) if word.lower() in steps}
    order = {word: number for number, word in enumerate(sorted(words))}
    if len(set(words.values())) == len(words) == len(profile.classes) and order != words:
        read = ", ".join(f"{word} = {number}" for word, number in order.items())
        labels = ", ".join(f"{c.name} = {c.label}" for c in profile.classes)
        yield f"class index inverted: ImageFolder numbers these folders {read}; the labels are {labels}"


@dataclass
class _Walk:
    store: Store
    profile: Profile
    unmatched: list[Unmatched] = field(default_factory=list)
    found: dict[str, dict[SlotName, list[SlotNames]]] = field(init=False)
    marks: dict[str, str] = field(init=False)
    tops: set[str] = field(init=False)

    def __post_init__(self) -> None:
        classes = self.profile.classes
        self.found = {c.name: {} for c in classes}
        self.marks = self.profile.class_of_mark
        # A folder with one of these names elsewhere in the tree is taken for the beginning of another one.
        self.tops = {name.lower() for place in self.profile.places() for name in place.folder[:1]}
        self.tops |= {(c.folder or c.name).rpartition("/")[2].lower() for c in classes}

    def run(self) -> None:
        self._walk(plan_folders(self.profile), "")
        for slots in self.found.values():
            for packs in slots.values():
                if len(packs) > 1:
                    packs[:] = self._settle(packs)
        for name, why, rival in self.store.refused():
            reason: UnmatchedReason = "second-file" if rival else "name"
            self.unmatched.append(Unmatched(show(name), "other", reason, show(rival) if rival else why, 1))

    def _walk(self, folder: Folder, path: str) -> None:
        """Take what the layout has in a folder, call the rest unmatched files, and go on into the folders below."""
        entries = self._entries(path)
        seen, rest = self._take_folders(folder, path, entries) if folder.children else ({}, entries)
        if folder.slots:
            rest = self._take_files(folder, path, rest)
        for entry in rest:
            if entry.is_dir(follow_symlinks=False):
                self._unmatched_folder(entry, path)
            elif entry.name.lower() in folder.children and entry.is_symlink():
                self.unmatched.append(self._unmatched_link(_join(path, entry.name), "link", None))
            elif folder.slots:
                self.unmatched.append(self._unmatched_file(entry, path, self._off_pattern(folder, entry.name)))
            else:
                self.unmatched.append(
                    self._unmatched_file(entry, path, "junk" if _is_junk(entry.name) else "extra-file")
                )
        there = {folder.children[lower].called for lower in seen}
        for lower, child in folder.children.items():
            if lower in seen:
                self._walk(child, seen[lower])
            elif child.called == child.name and child.name not in there:
                missing = Unmatched(_join(path, child.name), "folder", "missing-folder", child.purpose(self.profile))
                self.unmatched.append(missing)

    def _take_folders(
        self, folder: Folder, path: str, entries: Sequence[Entry]
    ) -> tuple[dict[str, str], Sequence[Entry]]:
        """Return the paths of the layout's folders that are there, by their names in lower case, and what else is."""
        candidates: dict[str, list[Entry]] = {}
        rest: list[Entry] = []
        for entry in entries:
            lower = entry.name.lower()
            if lower in folder.children and entry.name.isascii():  # KELVIN SIGN in lower case is a plain k
                candidates.setdefault(lower, []).append(entry)
            else:
                rest.append(entry)
        seen: dict[str, str] = {}
        for lower, twins in candidates.items():
            name = folder.children[lower].name
            twins.sort(key=lambda entry: (entry.name != name, entry.name))
            first = twins[0]
            rest.extend(twins[1:])
            if not first.is_dir(follow_symlinks=False):
                rest.append(first)
                continue
            seen[lower] = _join(path, first.name)
            if first.name != name:
                self.unmatched.append(Unmatched(seen[lower], "folder", "folder-case", f"expected {name}"))
        return seen, rest

    def _take_files(self, folder: Folder, path: str, entries: Sequence[Entry]) -> list[Entry]:
        """Give the files of samples their places; return what has none."""
        rest: list[Entry] = []
        rivals: dict[tuple[str, SlotName, str], list[Entry]] = {}
        taken = {slot: {c: dict[str, Entry]() for c in classes} for slot, classes in folder.slots.items()}
        places = [
            (slot, self.profile.name_reader(slot), taken[slot], folder.slots[slot][0])
            for slot in self.profile.claim_order(taken)
        ]
        for entry in entries:  # once per file of the dataset
            name = entry.name
            for slot, read_name, homes, class_name in places:
                parts = read_name(name)
                if parts is None:
                    continue
                key, mark = parts
                home: str | None = class_name
                if len(homes) > 1 and self.profile.tells_class:  # only the name tells those of one folder apart
                    home = self.marks.get(mark or "")
                if home in homes:
                    first = homes[home].setdefault(key, entry)
                    if first is not entry:
                        rivals.setdefault((home, slot, key), [first]).append(entry)
                    break
            else:
                rest.append(entry)
        for (class_name, slot, key), twins in rivals.items():
            suffix = self.profile.slots[slot].suffixes[0]
            twins.sort(key=lambda entry: _preference(entry, key, suffix))
            taken[slot][class_name][key] = twins[0]
            best = _join(path, twins[0].name)
            self.unmatched.extend(self._unmatched_file(entry, path, "second-file", best) for entry in twins[1:])
        for slot, homes in taken.items():
            for class_name, files in homes.items():
                names = {key: entry.name for key, entry in files.items()}
                self.found[class_name].setdefault(slot, []).append(SlotNames.pack(path, names, folder.split))
        return rest

    def _settle(self, packs: list[SlotNames]) -> Iterator[SlotNames]:
        """Yield the files of several folders, the first of each sample only; the others are unmatched files."""
        first: dict[str, str] = {}
        for pack in packs:
            kept: dict[str, str] = {}
            for key, name in pack.read():
                path = _join(pack.folder, name)
                if first.setdefault(key, path) == path:
                    kept[key] = name
                else:
                    self.unmatched.append(Unmatched(show(path), "file", "second-file", show(first[key]), 1))
            yield SlotNames.pack(pack.folder, kept, pack.split)

    def _off_pattern(self, folder: Folder, name: str) -> UnmatchedReason:
        if _is_junk(name):
            return "junk"
        if _COPY.search(name):
            return "copy-name"
        stem, dot, _suffix = name.rpartition(".")
        if not dot or any(self.profile.key(slot, name) is not None for slot in folder.slots):
            return "name"  # in the latter case it bears the mark of no class here
        suffixes = [(slot, suffix) for slot in folder.slots for suffix in self.profile.slots[slot].suffixes]
        fits = any(self.profile.key(slot, stem + suffix) is not None for slot, suffix in suffixes)
        return "suffix" if fits else "name"

    def _unmatched_folder(self, entry: Entry, folder: str) -> None:
        path = _join(folder, entry.name)
        if _is_junk(entry.name):
            self.unmatched.append(Unmatched(show(path), "folder", "junk"))
            return
        files = size = pictures = unread = 0
        names = {entry.name.lower()}
        pending = [path]
        while pending:
            inner = pending.pop()
            try:
                entries = self.store.entries(inner)
            except OSError:  # no right to, or a path longer than the system takes
                unread += 1
                continue
            for below in entries:
                lower = below.name.lower()
                if below.is_dir(follow_symlinks=False):
                    names.add(lower)
                    pending.append(_join(inner, below.name))
                else:
                    files += 1
                    pictures += lower.endswith(PICTURES)
                    size += _size(below) or 0
        detail = "looks like a split made by a script" if names & PARTS else None
        if pictures:
            detail = f"{detail or 'looks like pictures put aside'} ({count(pictures, 'picture')})"
        if unread:
            more = f"{count(unread, 'folder')} in it cannot be read, files there are not counted"
            detail = more if detail is None else f"{detail}; {more}"
        reason: UnmatchedReason = "copy-of-tree" if names & self.tops else "folder"
        self.unmatched.append(Unmatched(show(path), "folder", reason, detail, files, fit(size)))

    def _unmatched_file(
        self, entry: Entry, folder: str, reason: UnmatchedReason, detail: str | None = None
    ) -> Unmatched:
        if entry.is_symlink():
            return self._unmatched_link(_join(folder, entry.name), reason, detail)._replace(files=1)
        path = show(_join(folder, entry.name))
        if entry.is_dir(follow_symlinks=False):
            return Unmatched(path, "folder", reason, detail)
        if not entry.is_file(follow_symlinks=False):
            return Unmatched(path, "other", "special" if reason != "second-file" else reason, detail, 1)
        return Unmatched(path, "file", reason, detail, 1, _size(entry))

    def _unmatched_link(self, path: str, reason: UnmatchedReason, detail: str | None) -> Unmatched:
        link = self.store.read_link(path)
        kind: Kind = "link-outside" if link.leads is Leads.OUTSIDE else "link"
        return Unmatched(show(path), kind, reason, detail or f"links {link}")

    def _entries(self, folder: str) -> Sequence[Entry]:
        try:
            return self.store.entries(folder)
        except OSError as error:
            if not folder:
                raise LagtoolError(f"cannot look into {show(str(self.store))}: {error.strerror}") from None
            self.unmatched.append(Unmatched(show(folder), "folder", "unreadable", describe_error(error)))
            return []


def _preference(entry: Entry, key: str, suffix: str) -> tuple[bool, bool, bool, str]:
    """Order of the files that compete for a slot: a real file, named by the id itself, in lower case, first."""
    stem = entry.name.rpartition(".")[0]
    return not entry.is_file(follow_symlinks=False), stem != key, not entry.name.endswith(suffix), entry.name


def _is_junk(name: str) -> bool:
    return name.lower() in _JUNK or name.startswith("._")


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _size(entry: Entry) -> int | None:
    try:
        return fit(entry.stat(follow_symlinks=False).st_size)
    except OSError:
        return None


__all__ = ["Kind", "Tree", "Unmatched", "read_tree"]
