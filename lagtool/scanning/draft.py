"""A draft of a profile, made of what lies in a folder: its classes, splits, names, tables and sizes."""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from pydantic import ValidationError

from lagtool.errors import LagtoolError
from lagtool.files import Store, as_store
from lagtool.files.root import PICTURES, find_tree
from lagtool.lists.drafting import TableDraft, class_of, draft_table, number_classes, tables_of
from lagtool.lists.words import cut_key, is_split
from lagtool.probe.picture import decode, sniff
from lagtool.profiles import Profile
from lagtool.profiles.names import CLASS, SPLIT, is_safe_name
from lagtool.profiles.reading import explain
from lagtool.reading import PICTURE_LIMIT
from lagtool.scanning.trees import open_tree
from lagtool.text import count, show

_DEPTH = 6
_MOST_FILES = 500_000
_LOOKED_AT = 12
"""Pictures of a slot that are opened to learn format and size."""
_MAP = re.compile(r"mask|map|segment|annotation|contour|cup|disc", re.IGNORECASE)
_GLUED = re.compile(r"(train|test|val|valid)([A-Z][A-Za-z0-9]{0,19})", re.ASCII)
_MARKED = re.compile(r"([A-Za-z]{1,12})\.([0-9]{1,9})", re.ASCII)
_CHUNK = re.compile(r"[0-9]{1,4}", re.ASCII)
_TABLE_BYTES = 1 << 28
_MOST_CLASSES = 20


@dataclass
class Draft:
    """A draft of a profile.

    Attributes:
        profile: The profile.
        parent: The built-in profile that it extends; None: it stands alone.
        found: What was found, line by line.
        unsure: What a person has to look at before the draft is used.
    """

    profile: Profile
    parent: Profile | None = None
    found: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)


class _Folder(NamedTuple):
    """A folder with pictures: as a template, the words in the place of split and class, and its names."""

    template: str
    split: str | None
    word: str | None
    path: str
    names: list[str]


def draft_profile(place: str | os.PathLike[str] | Store, name: str, labels: str | None = None) -> Draft:
    """Return a draft of a profile for what lies in a folder, archive or URL.

    Args:
        place: The dataset.
        name: Name of the profile.
        labels: The table of labels, a path relative to ``place``; None: looked for.

    Raises:
        LagtoolError: There is no picture, or nothing tells the classes; the message says what to do.
    """
    store = as_store(place)
    store.check()
    if labels is None and (known := _known_layout(store)) is not None:
        found = [f"lagtool index reads it without a profile, as {known.name}"]
        return Draft(known.model_copy(update={"name": name}), known, found)
    names, others = _list_files(store)
    if not names:
        raise LagtoolError(f"{show(str(store))} has no picture ({', '.join(PICTURES)}): name the folder of a dataset")
    work = _Work(store, names)
    work.take_table(others, labels)
    made = {"name": name, "title": f"Draft made of {show(store.root_name(), 60)}", **work.keys()}
    try:
        profile = Profile.model_validate(made)
    except ValidationError as error:
        raise LagtoolError(f"{show(str(store))}: no draft can be made: {explain(error, made)[0]}") from None
    return Draft(profile, None, [*work.found, *_read_back(store, profile)], work.unsure)


def _known_layout(store: Store) -> Profile | None:
    try:
        return find_tree(store).profile
    except LagtoolError:
        return None


def _list_files(store: Store) -> tuple[dict[str, list[str]], list[str]]:
    """Return the names of the pictures by folder, and the paths of all other files."""
    names: dict[str, list[str]] = {}
    others: list[str] = []
    pending = [("", 0)]
    number = 0
    while pending:
        folder, depth = pending.pop()
        try:
            entries = sorted(store.entries(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                if depth < _DEPTH and not entry.name.startswith((".", "__")):
                    pending.append((path, depth + 1))
            elif entry.name.lower().endswith(PICTURES) and not entry.name.startswith("._"):
                names.setdefault(folder, []).append(entry.name)
                number += 1
            else:
                others.append(path)
        if number > _MOST_FILES:
            raise LagtoolError(f"{show(str(store))} has more than {_MOST_FILES:,} pictures: name a smaller folder")
    return names, others


class _Work:
    """A draft under way: the folders of images and of maps, the table, and what is said of them."""

    def __init__(self, store: Store, names: Mapping[str, list[str]]) -> None:
        self.store = store
        self.found: list[str] = []
        self.unsure: list[str] = []
        self.table: TableDraft | None = None
        read = [_read_folder(path, files) for path, files in sorted(names.items())]
        if len({f.split for f in read} - {None}) < 2:
            read = [_read_folder(path, files, splits=False) for path, files in sorted(names.items())]
        maps = [f for f in read if _MAP.search(f.path)]
        self.images, self.maps = [f for f in read if f not in maps] or read, maps
        self.images = self._choose(self.images, "images")
        self.maps = self._choose(self.maps, "masks or maps") if self.maps and self.maps != self.images else []
        self.stems = {name.rpartition(".")[0] for f in self.images for name in f.names}

    def _choose(self, folders: Sequence[_Folder], what: str) -> list[_Folder]:
        """Return the folders of one template: of several, those with most pictures; the others are told."""
        by_template: dict[str, list[_Folder]] = defaultdict(list)
        for folder in _merge_siblings(folders):
            by_template[folder.template].append(folder)
        size = {template: sum(len(f.names) for f in found) for template, found in by_template.items()}
        best = max(by_template, key=lambda template: (size[template], -len(template)))
        self.found.append(f"{size[best]:,} {what} in {show(best) or 'the root'}/")
        for template, number in size.items():
            if template != best:
                self.unsure.append(f"{show(template) or 'the root'}/ with {count(number, 'picture')} is not used")
        return by_template[best]

    def take_table(self, others: Sequence[str], labels: str | None) -> None:
        """Take the table of labels that was named, or the first that names the pictures and says a class."""
        if labels is None and {class_of(f.word) for f in self.images if f.word} == {0, 1}:
            return  # the folders tell the classes
        for path in (labels,) if labels is not None else tables_of(others):
            reading = self.store.read(path, _TABLE_BYTES)
            if reading.data is None:
                if labels is not None:
                    raise LagtoolError(f"table of labels {show(path)} {reading.message}")
                continue
            if path.lower().endswith((".csv", ".tsv")):
                try:
                    found = draft_table(path, reading.data, self._names_picture)
                except LagtoolError:
                    if labels is not None:
                        raise
                    continue
            else:
                found = TableDraft({"table": path}, {"normal": 0, "glaucoma": 1})
                found.unsure.append(f"{show(path)}: 0 is taken for normal, 1 for glaucoma")
            if found is not None and self.table is None:
                self.table = found
                self.found.append(f"a table of labels: {show(path)}")
                self.unsure += found.unsure
            elif found is not None:
                self.unsure.append(f"{show(path)} may be a table of labels too; it is not used")
        if labels is not None and self.table is None:
            raise LagtoolError(
                f"{show(labels)}: no column names the pictures, or none says a class: name the columns by headings"
            )

    def _names_picture(self, cell: str) -> bool:
        base = cell.replace("\\", "/").rpartition("/")[2]
        stem = base.rpartition(".")[0] if base.lower().endswith(PICTURES) else base
        return stem in self.stems

    def keys(self) -> dict[str, Any]:
        """Return the keys of the profile.

        Raises:
            LagtoolError: Nothing tells the classes.
        """
        marks = self._marks()
        classes = self._classes(marks)
        stems = sorted(self.stems)
        plain = sum(not is_safe_name(f"{stem}.x") for stem in stems)
        if plain:
            first = next(stem for stem in stems if not is_safe_name(f"{stem}.x"))
            self.unsure.append(
                f"{count(plain, 'name')} with characters that lagtool does not read, such as '{show(first, 40)}'"
            )
        numbers = marks or all(stem.isascii() and stem.isdigit() for stem in stems)
        digits = [_MARKED.fullmatch(stem) for stem in stems] if marks else []
        width = max((len(match[2]) for match in digits if match), default=max(map(len, stems)))
        number = f"{{number:0{min(width, 9)}}}" if width > 1 else "{number}"
        form = ("{class}." if marks else "") + ("{number}" if numbers else "{name}")
        made: dict[str, Any] = {"id": number if numbers else "{name}"}
        if splits := _split_folders(self.images):
            made["splits"] = splits
        slots = {"image": {"folder": self.images[0].template or ".", "files": _files(form, self.images)}}
        slots["image"] |= self._look(self.images)
        if self.maps and (files := self._map_files(form)):
            slots["map"] = {"folder": self.maps[0].template or ".", "files": files} | self._look_at_masks()
        made |= {"classes": classes, "slots": slots}
        if self.table is not None:
            made["labels"] = {key: value for key, value in self.table.labels.items() if value}
        repeated = [key for key, n in Counter(name for f in self.images for name in set(f.names)).items() if n > 1]
        if repeated:
            self.unsure.append(
                f"{count(len(repeated), 'name')} in several folders, such as '{show(repeated[0], 40)}': one sample each"
            )
        return made

    def _marks(self) -> list[str]:
        """Return the words before the number in names such as ``g.0001``, where all names have one of a few."""
        found = [_MARKED.fullmatch(stem) for stem in self.stems]
        words = {match[1] for match in found if match}
        usable = all(found) and 1 < len(words) <= _MOST_CLASSES and self.table is None and not self._words()
        return sorted(words) if usable else []

    def _words(self) -> list[str]:
        return sorted({f.word for f in self.images if f.word is not None})

    def _classes(self, marks: Sequence[str]) -> list[dict[str, Any]]:
        words = self._words()
        if self.table is not None:
            named = self.table.classes
            shared = {"folder": words[0], "also": words[1:]} if words else {"folder": "."}
            return [{"name": _class_name(name), "label": label} | shared for name, label in named.items()]
        if len(words or marks) < 2:
            raise LagtoolError(
                f"{show(str(self.store))}: no folder, file name or table tells the classes ({'; '.join(self.found)}): "
                "name the table with --labels FILE"
            )
        numbered = number_classes(words or marks, self.unsure)
        if words and set(map(class_of, words)) == {0, 1} and sorted(words) != [*numbered]:
            order = ", ".join(f"{word} = {number}" for number, word in enumerate(sorted(words)))
            self.unsure.append(f"ImageFolder numbers these folders {order}, the opposite of this draft")
        keys = ({"folder": word} if words else {"folder": ".", "mark": word} for word in numbered)
        return [
            {"name": _class_name(word), "label": label} | more
            for (word, label), more in zip(numbered.items(), keys, strict=True)
        ]

    def _look(self, folders: Sequence[_Folder]) -> dict[str, Any]:
        """Return format, size and modes that the first pictures of some folders have in common."""
        seen = [decode(data, None, reduce=1) for data in self._some(folders)]
        formats, sizes = {p.format for p in seen}, {(p.width, p.height) for p in seen}
        keys: dict[str, Any] = {}
        if len(formats) == 1 and (kind := next(iter(formats))) is not None:
            keys["format"] = kind
        if len(sizes) == 1 and (size := next(iter(sizes)))[0] is not None:
            keys |= {"width": size[0], "height": size[1]}
            self.unsure.append(f"size {size[0]} x {size[1]}: that of the {len(seen)} pictures that were opened")
        return keys

    def _look_at_masks(self) -> dict[str, Any]:
        """Return what the first masks have in common: their levels, the largest region first."""
        keys = self._look(self.maps)
        areas: Counter[int] = Counter()
        for data in self._some(self.maps):
            pixels = decode(data, None, reduce=1).pixels
            if pixels is not None:
                levels, sizes = np.unique(pixels if pixels.ndim == 2 else pixels[..., 0], return_counts=True)
                areas.update(dict(zip(levels.tolist(), sizes.tolist(), strict=True)))
        if not areas or len(areas) > 16:
            return keys | {"content": "attention"}
        self.unsure.append("levels of the masks: in the order of their areas, which is that from outside to inside")
        return keys | {"content": "mask", "levels": [level for level, _ in areas.most_common()]}

    def _some(self, folders: Sequence[_Folder]) -> Iterator[bytes]:
        paths = [f"{f.path}/{name}" if f.path else name for f in folders for name in f.names[:_LOOKED_AT]]
        for path in paths[:: max(1, len(paths) // _LOOKED_AT)][:_LOOKED_AT]:
            data = self.store.read(path, PICTURE_LIMIT).data
            if data is not None and sniff(data)[0] is not None:
                yield data

    def _map_files(self, form: str) -> list[str]:
        """Return how masks are named: like their images, or with something more behind; nothing: like neither."""
        names = [name.rpartition(".")[0] for f in self.maps for name in f.names]
        ends = Counter(name[len(stem) :] for name in names for stem in (_longest(name, self.stems),) if stem)
        if not ends:
            self.unsure.append(
                f"{count(len(names), 'mask')} named like no image, such as '{show(names[0], 40)}': not used"
            )
            return []
        return _files(form + ends.most_common(1)[0][0], self.maps)


def _longest(name: str, stems: set[str]) -> str:
    """Return the longest stem of an image that a name begins with; empty: there is none."""
    return next((name[:end] for end in range(len(name), 0, -1) if name[:end] in stems), "")


def _read_folder(path: str, names: list[str], *, splits: bool = True) -> _Folder:
    split = word = None
    parts: list[str] = []
    for step in path.split("/") if path else []:
        glued = _GLUED.fullmatch(step)
        if splits and glued and split is None and word is None:
            split, word = glued[1], glued[2]
            parts.append(SPLIT + CLASS)
        elif splits and split is None and (is_split(step) or cut_key(step)[0] is not None):
            split = step
            parts.append(SPLIT)
        elif word is None and class_of(step) is not None:
            word = step
            parts.append(CLASS)
        else:
            parts.append(step)
    return _Folder("/".join(parts), split, word, path, names)


def _merge_siblings(folders: Sequence[_Folder]) -> list[_Folder]:
    """Take folders side by side, whose names say nothing, for classes (``HE``, ``GL``) or chunks (``0``, ``1``)."""
    if any(folder.word is not None for folder in folders):
        return list(folders)
    siblings: dict[tuple[str, int], set[str]] = defaultdict(set)
    for folder in folders:
        for at, step in enumerate(steps := folder.template.split("/")):
            if step not in ("", SPLIT):
                siblings["/".join([*steps[:at], CLASS, *steps[at + 1 :]]), at].add(step)
    short = [key for key, words in siblings.items() if 1 < len(words) <= _MOST_CLASSES and _are_peers(words)]
    if not short:
        return list(folders)
    (template, at) = max(short, key=lambda key: len(siblings[key]))
    words = siblings[template, at]
    merged = []
    for folder in folders:
        steps = folder.template.split("/")
        if at < len(steps) and steps[at] in words and "/".join([*steps[:at], CLASS, *steps[at + 1 :]]) == template:
            merged.append(folder._replace(template=template, word=steps[at]))
        else:
            merged.append(folder)
    return merged


def _are_peers(words: set[str]) -> bool:
    """Whether names of folders look like those of classes or chunks: all numbers, or none begins like another."""
    if all(map(_CHUNK.fullmatch, words)):
        return True
    starts = {word[:4].lower() for word in words}
    return len(starts) == len(words)


def _split_folders(folders: Sequence[_Folder]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in sorted({f.split for f in folders if f.split is not None}):
        start = word.lower()
        usual = (("train", "train"), ("val", "val"), ("dev", "val"), ("test", "test"))
        name = next((name for part, name in usual if part in start), None)
        found.setdefault(name or re.sub(r"[^A-Za-z0-9_-]", "-", word)[:32], []).append(word)
    return found


def _files(form: str, folders: Sequence[_Folder]) -> list[str]:
    suffixes = Counter(name[name.rfind(".") :].lower() for f in folders for name in f.names)
    return [f"{form}{suffix}" for suffix, _ in suffixes.most_common()]


def _class_name(word: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", word).strip("-_")
    return name if is_safe_name(name) else f"class-{name or 'x'}"


def _read_back(store: Store, profile: Profile) -> Iterator[str]:
    """Yield what the draft reads: samples, unmatched files, and what is said of the table."""
    try:
        tree = open_tree(store, profile)
    except LagtoolError as error:
        yield f"it cannot be read with this draft: {error}"
        return
    classes = Counter(sample.class_name for sample in tree.samples)
    sizes = ", ".join(f"{c.name} {classes[c.name]:,}" for c in profile.classes)
    samples, unmatched = count(len(tree.samples), "sample"), count(len(tree.unmatched), "unmatched file")
    yield f"this draft reads {samples} ({sizes}) and {unmatched}"
    yield from tree.remarks
