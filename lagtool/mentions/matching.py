"""Which sample a name means: by path, by class and id, by id alone, by content; never by a guess."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pandas as pd

from lagtool.display import count, show
from lagtool.manifest import Manifest
from lagtool.mentions.mention import Fate, Listing, Mention, Mentions
from lagtool.mentions.placement import name_parts
from lagtool.mentions.words import ClassReader
from lagtool.pairs import sample_keys
from lagtool.profile import SLOTS, SlotName
from lagtool.root import PICTURES

_AFFIXED = re.compile(r"(.*[^A-Za-z0-9]|[A-Za-z]*)([0-9]{1,12})", re.ASCII | re.DOTALL)
_DEEPEST = 64
_SHOWN = 3


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

    In this order: the bytes, where the split has them and one sample has the same; the path of one of the sample's
    files, whatever stands before it, with either slash and in any case; the id, alone or behind the name of a class,
    with or without suffix, prefix and leading zeros. Where several samples fit, the class in the path decides, then
    the end of the path; where several are left, the name is ambiguous.
    """

    def __init__(self, manifest: Manifest) -> None:
        samples = manifest.samples
        self._profile = manifest.profile
        self.classes = ClassReader(manifest.profile)
        order = {c.name: number for number, c in enumerate(manifest.profile.classes)}
        self._class_of = [order[name] for name in samples["class"].tolist()]
        self._paths: dict[str, tuple[int, SlotName]] = {}
        self._content: dict[str, list[tuple[int, SlotName]]] = defaultdict(list)
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

    def match(self, mention: Mention) -> Match:
        """Return what a mention means."""
        claimed = None if mention.class_text is None else self.classes.read(mention.class_text)
        steps = [step for step in mention.name.replace("\\", "/").split("/") if step not in ("", ".")][-_DEEPEST:]
        if claimed is None:
            claimed = next((c for c in map(self.classes.read_folder, reversed(steps[:-1])) if c is not None), None)
            if claimed is None and len(steps) > 1:
                claimed = self.classes.read_nearest(steps[-2])
        by_name = self._by_path(steps) or self._by_id(steps, claimed)
        number = -1 if claimed is None else claimed
        same = self._content.get(mention.sha256, []) if mention.sha256 is not None else []
        if same:
            by_name = self._by_content(same, by_name)
        return by_name._replace(claimed=number if by_name.claimed < 0 else by_name.claimed)

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
        best = Match(Fate.UNKNOWN)
        for key, prefix in _keys(stem):
            marked = self.classes.read(prefix.rstrip("._- ")) if prefix.strip("._- ") else None
            if prefix.strip("._- ") and marked is None and prefix.lower().rstrip("._- 0") not in ("image", "img", "id"):
                continue
            hint = marked if marked is not None else claimed
            rows, padded = self._rows(key)
            if not rows:
                best = Match(Fate.ABSENT, slot=slot) if key.isascii() and key.isdigit() and len(key) <= 12 else best
                continue
            path = "/".join(lower)
            chosen = self._narrow(rows, hint, path)
            number = -1 if marked is None else marked
            if len(chosen) == 1:
                padded = padded and not self._own[chosen[0]].endswith(f"/{path}")
                return Match(Fate.FOUND, chosen[0], slot, number, padded=padded)
            return Match(Fate.AMBIGUOUS, slot=slot, claimed=number, rows=tuple(chosen))
        return best

    def _rows(self, key: str) -> tuple[list[int], bool]:
        rows = self._ids.get(key.lower())
        if rows:
            return rows, False
        if not (key.isascii() and key.isdigit() and len(key) <= 12):
            return [], False
        rows = self._numbers.get(int(key), [])
        return rows, any(len(self._spelled[row]) != len(key) for row in rows)

    def _narrow(self, rows: list[int], hint: int | None, path: str) -> list[int]:
        if len(rows) > 1 and hint is not None:
            rows = [row for row in rows if self._class_of[row] == hint] or rows
        if len(rows) > 1:
            rows = [row for row in rows if self._own[row].endswith(f"/{path}")] or rows
        return rows


def _without_suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and f".{suffix.lower()}" in (*PICTURES, ".txt") else name


def _keys(stem: str) -> Iterator[tuple[str, str]]:
    """Yield the ids that a stem may hold, each with what stands before it."""
    yield stem, ""
    match = _AFFIXED.fullmatch(stem)
    if match is not None and match[1]:
        yield match[2], match[1]


def resolve(listing: Listing, manifest: Manifest) -> Mentions:
    """Return the names of a split, tied to the samples of a manifest; see `Matcher` for how."""
    matcher = Matcher(manifest)
    names = name_parts(listing.parts)
    number = {part: position for position, part in enumerate(listing.parts)}
    matches = [matcher.match(mention) for mention in listing.mentions]
    titles = sample_keys(manifest.samples).tolist()
    table = pd.DataFrame(
        {
            "part": [number[mention.part] for mention in listing.mentions],
            "name": [show(mention.name) for mention in listing.mentions],
            "place": [mention.place for mention in listing.mentions],
            "row": [match.row for match in matches],
            "slot": [match.slot for match in matches],
            "fate": [match.fate.value for match in matches],
            "claimed": [match.claimed for match in matches],
            "detail": [_describe(match.rows, titles) for match in matches],
        }
    )
    remarks = (*listing.remarks, *_renamed(listing.parts, names), *_remark(listing.mentions, matches, matcher.classes))
    return Mentions(listing.title, names, table, remarks)


def _describe(rows: tuple[int, ...], titles: list[str]) -> str:
    shown = " or ".join(titles[row] for row in rows[:_SHOWN])
    return f"{shown} or {len(rows) - _SHOWN:,} more" if len(rows) > _SHOWN else shown


def _renamed(parts: Iterable[str], names: Iterable[str]) -> Iterator[str]:
    changed = [f"'{show(part, 40)}' as {name}" for part, name in zip(parts, names, strict=True) if part != name]
    if changed:
        yield f"parts are shown by plain names: {', '.join(changed[:_SHOWN])}{', ...' if len(changed) > _SHOWN else ''}"


def _remark(mentions: list[Mention], matches: list[Match], classes: ClassReader) -> Iterator[str]:
    padded = [mention for mention, match in zip(mentions, matches, strict=True) if match.padded]
    if padded:
        number = count(len(padded), "name")
        yield f"{number} without all leading zeros (such as '{show(padded[0].name, 40)}'): taken for the same number"
    moved = [mention for mention, match in zip(mentions, matches, strict=True) if match.moved]
    if moved:
        number = count(len(moved), "file")
        yield (
            f"{number} with the bytes of another sample than the name says (such as {show(moved[0].name, 60)}): "
            "the bytes were believed"
        )
    texts = Counter(mention.class_text for mention in mentions if mention.class_text is not None)
    strange = [text for text in texts if text.strip() and classes.read(text) is None]
    if strange:
        words = ", ".join(f"'{show(text, 30)}'" for text in strange[:_SHOWN])
        yield f"classes that are none of the profile's, not compared: {words}{', ...' if len(strange) > _SHOWN else ''}"
