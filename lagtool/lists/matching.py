"""Which sample a name means: by path, by class and id, by id alone, by content; never by a guess."""

import re
from collections import defaultdict
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

import pandas as pd

from lagtool.files.root import PICTURES
from lagtool.lists.record import NameRecord
from lagtool.lists.words import FOREIGN, ClassReader, is_split, simplify
from lagtool.profiles import SLOTS, Profile, SlotName

_AFFIXED = re.compile(r"(.*[^A-Za-z0-9]|[A-Za-z]*)([0-9]{1,12})", re.ASCII | re.DOTALL)
_NUMBERED = re.compile(r"[0-9]{2}_([A-Z][A-Z0-9-]+)", re.ASCII)
_DECIMAL = re.compile(r"([0-9]{1,12})\.([0-9]+)", re.ASCII)
_ACRONYM = re.compile(r"[A-Z][A-Z0-9-]{2,}", re.ASCII)
_PLACES = {
    *("data", "dataset", "datasets", "images", "image", "img", "imgs", "fundus", "all", "pictures", "photos", "jpg"),
}
_DEEPEST = 64


class Fate(StrEnum):
    """What became of one name."""

    FOUND = "found"
    ABSENT = "absent"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


class Match(NamedTuple):
    """What a name means.

    Attributes:
        fate: Whether it means a sample.
        row: Position of the sample, -1: none.
        slot: Which of the sample's files is named.
        claimed: Number of the class that it is put into, -1: none.
        rows: The samples that it may mean, where it is ambiguous.
        padded: Whether zeros had to be put before the number.
        moved: Whether its bytes are another sample's than its name says.
    """

    fate: Fate
    row: int = -1
    slot: SlotName = "image"
    claimed: int = -1
    rows: tuple[int, ...] = ()
    padded: bool = False
    moved: bool = False


class Matcher:
    """Finds the samples of a manifest by what splits call them.

    In this order: the bytes, where the list has them and one sample has the same; the path of one of the sample's
    files, whatever stands before it, with either slash and in any case; the id, alone or behind the name of a class,
    with or without suffix, prefix and leading zeros. Where several samples fit, the class in the path decides, then
    the end of the path; where several are left, the name is ambiguous. A path through the folder of another dataset
    (``06_ORIGA/Images/001.jpg``) means none.

    Args:
        profile: Of the dataset.
        samples: Its samples: ``id``, ``class``, and path and sha256 of each slot.
    """

    def __init__(self, profile: Profile, samples: pd.DataFrame) -> None:
        self._profile = profile
        self.classes = ClassReader(profile)
        self._own_names = {simplify(word) for word in (profile.name, *_ACRONYM.findall(profile.title))}
        order = {c.name: number for number, c in enumerate(profile.classes)}
        self.size = len(samples)
        self._class_of = [order[name] for name in samples["class"].tolist()]
        self._paths: dict[str, tuple[int, SlotName]] = {}
        self._content: dict[str | None, list[tuple[int, SlotName]]] = defaultdict(list)
        for slot in reversed(SLOTS):
            for row, path in enumerate(samples[f"{slot}_path"].tolist()):
                if not pd.isna(path):
                    self._paths[path.lower()] = row, slot
        for slot in ("image", "map"):
            for row, digest in enumerate(samples[f"{slot}_sha256"].tolist()):
                if not pd.isna(digest):
                    self._content[digest].append((row, slot))
        self._ids: dict[str, list[int]] = defaultdict(list)
        self._numbers: dict[int, list[int]] = defaultdict(list)
        self._spelled = samples["id"].tolist()
        for row, key in enumerate(self._spelled):
            self._ids[key.lower()].append(row)
            if key.isascii() and key.isdigit():
                self._numbers[int(key)].append(row)
        self._own = [path.lower() for path in samples["image_path"].fillna("").tolist()]
        self._folders: dict[str, SlotName] = {
            spec.folder.rpartition("/")[2].lower(): slot for slot, spec in self._profile.slots.items()
        }

    def title(self, row: int) -> str:
        """Return a sample by class and id."""
        return f"{self._profile.classes[self._class_of[row]].name}/{self._spelled[row]}"

    def class_of(self, row: int) -> int:
        """Return the number of a sample's class."""
        return self._class_of[row]

    def find(self, name: str) -> Match:
        """Return what a name by itself means."""
        return self.match(NameRecord("", name, ""))

    def match(self, record: NameRecord) -> Match:
        """Return what a name means; its class and its bytes help."""
        claimed = None if record.class_text is None else self.classes.read(record.class_text)
        steps = [step for step in record.name.replace("\\", "/").split("/") if step not in ("", ".")][-_DEEPEST:]
        if claimed is None:
            claimed = next((c for c in map(self.classes.read_folder, reversed(steps[:-1])) if c is not None), None)
            if claimed is None and len(steps) > 1:
                claimed = self.classes.read_nearest(steps[-2])
        by_name = self._by_path(steps) or self._by_id(steps, claimed)
        if by_name.row >= 0 and self._is_elsewhere(steps[:-1], padded=by_name.padded):
            by_name = Match(Fate.UNKNOWN)
        if record.sha256 in self._content:
            by_name = self._by_content(self._content[record.sha256], by_name)
        return by_name if by_name.claimed >= 0 or claimed is None else by_name._replace(claimed=claimed)

    def _is_elsewhere(self, folders: list[str], *, padded: bool) -> bool:
        """Whether the nearest folder that tells is another dataset's, or none tells where the number differs too."""
        nothing = True
        for folder in reversed(folders):
            numbered = _NUMBERED.fullmatch(folder)
            word = simplify(numbered[1] if numbered else folder)
            if any(word.startswith(own) for own in self._own_names):
                return False
            known = folder.lower() in self._folders or folder.lower() in _PLACES or is_split(folder)
            if known or self.classes.read(word) is not None:
                nothing = False
            elif numbered is not None or word in FOREIGN:
                return True
        return padded and nothing and bool(folders)

    @staticmethod
    def _by_content(same: list[tuple[int, SlotName]], by_name: Match) -> Match:
        rows = dict(same)
        if by_name.row in rows:
            return by_name._replace(slot=rows[by_name.row])
        candidates = [row for row in by_name.rows if row in rows]
        if len(candidates) == 1:
            return Match(Fate.FOUND, candidates[0], rows[candidates[0]])
        # Copies of one picture under several names: the bytes alone do not say which of them is meant.
        if len(rows) > 1:
            return by_name if by_name.row >= 0 else Match(Fate.AMBIGUOUS, rows=tuple(sorted(rows)))
        row, slot = same[0]
        return Match(Fate.FOUND, row, slot, moved=by_name.row >= 0)

    def _by_path(self, steps: list[str]) -> Match | None:
        path = "/".join(steps).lower()
        while True:
            found = self._paths.get(path)
            if found is not None:
                return Match(Fate.FOUND, *found)
            _, slash, path = path.partition("/")
            if not slash:
                return None

    def _by_id(self, steps: list[str], claimed: int | None) -> Match:
        if not steps:
            return Match(Fate.UNKNOWN)
        lower = [step.lower() for step in steps]
        slot: SlotName = next((self._folders[s] for s in reversed(lower[:-1]) if s in self._folders), "image")
        stem = _without_suffix(steps[-1])
        if (decimal := _DECIMAL.fullmatch(stem)) is not None:  # 25.0 is the id 25, and 0.7 no id of a class 0
            if decimal[2].strip("0"):
                return Match(Fate.UNKNOWN)
            stem = decimal[1]
        best = Match(Fate.UNKNOWN)
        for key, prefix in _keys(stem):
            marked = self.classes.read_nearest(prefix.rstrip("._- ")) if prefix.strip("._- ") else None
            if prefix.strip("._- ") and marked is None and prefix.lower().rstrip("._- 0") not in ("image", "img", "id"):
                continue
            hint = marked if marked is not None else claimed
            rows, padded = self._rows(key)
            if not rows:
                best = Match(Fate.ABSENT, slot=slot) if key.isascii() and key.isdigit() and len(key) <= 12 else best
                continue
            ending = f"/{'/'.join(lower)}"
            number = -1 if marked is None else marked
            if len(rows) > 1:
                rows = [row for row in rows if self._class_of[row] == hint] or rows
            if len(rows) > 1:
                rows = [row for row in rows if self._own[row].endswith(ending)] or rows
            if len(rows) == 1:
                padded = padded and not self._own[rows[0]].endswith(ending)
                return Match(Fate.FOUND, rows[0], slot, number, padded=padded)
            return Match(Fate.AMBIGUOUS, slot=slot, claimed=number, rows=tuple(rows))
        return best

    def _rows(self, key: str) -> tuple[list[int], bool]:
        rows = self._ids.get(key.lower())
        if rows:
            return rows, False
        if not (key.isascii() and key.isdigit() and len(key) <= 12):
            return [], False
        rows = self._numbers.get(int(key), [])
        return rows, any(len(self._spelled[row]) != len(key) for row in rows)


def _without_suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and f".{suffix.lower()}" in (*PICTURES, ".txt") else name


def _keys(stem: str) -> Iterator[tuple[str, str]]:
    """Yield the ids that a stem may hold, each with what stands before it."""
    yield stem, ""
    match = _AFFIXED.fullmatch(stem)
    if match is not None and match[1]:
        yield match[2], match[1]
