"""A tree whose classes stand in a table: each sample gets its class, split and group; the rest is unmatched."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from lagtool.errors import LagtoolError
from lagtool.files.samples import Samples, SlotNames
from lagtool.files.tree import FOUND, Tree, Unmatched, sort_unmatched
from lagtool.lists.labels import LabelReader, Told
from lagtool.lists.matching import Matcher
from lagtool.model import SampleFiles
from lagtool.profiles import SLOTS, LabelsSpec, Profile, SlotName
from lagtool.text import count, show

_MAX_BYTES = 1 << 28
_SAFE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def label_tree(tree: Tree) -> Tree:
    """Return a tree with the classes, splits and groups that its table of labels says.

    Samples that no row names, and rows that name no sample, become unmatched files.

    Raises:
        LagtoolError: There is no table, it cannot be read or can be read in two ways, a label is none of the profile's,
            or two rows put one sample into two classes; the message names file, line and remedy.
    """
    spec = tree.profile.labels
    assert spec is not None
    tables = [name for name in spec.table if tree.store.exists(name)]
    if not tables:
        raise LagtoolError(
            f"{show(str(tree.store))} has no table of labels: expected {' or '.join(map(show, spec.table))} in its "
            "root (table in [labels])"
        )
    samples = list(tree.samples)
    reading = LabelReader(tree.profile, spec, _make_matcher(tree.profile, samples), samples)
    for name in tables:
        found = tree.store.read(name, _MAX_BYTES)
        if found.data is None:
            raise LagtoolError(f"table of labels {show(name)} {found.message}")
        reading.take(name, found.data)
    told = reading.finish()
    return _apply(tree, samples, told, tables)


def _make_matcher(profile: Profile, samples: Sequence[SampleFiles]) -> Matcher:
    columns: dict[str, Any] = {"id": [s.id for s in samples], "class": [s.class_name for s in samples]}
    for number, slot in enumerate(SLOTS, 2):
        columns[f"{slot}_path"] = pd.array([s[number] for s in samples], dtype="string")
        columns[f"{slot}_sha256"] = pd.array([None] * len(samples), dtype="string")
    return Matcher(profile, pd.DataFrame(columns))


def _apply(tree: Tree, samples: Sequence[SampleFiles], told: Told, tables: Sequence[str]) -> Tree:
    """Return the tree with what was told of its samples."""
    profile = tree.profile
    found: dict[str, dict[SlotName, dict[str, dict[str, str]]]] = {c.name: {} for c in profile.classes}
    unmatched = [s for s in tree.unmatched if not (s.reason == "extra-file" and s.path in tables)]
    by_folder = tree.columns.get("split")
    split_of: dict[tuple[str, str], str | None] = {}
    group_of: dict[tuple[str, str], str | None] = {}
    words, other = _plain_splits(profile.labels, told), 0
    groups = {text: _plain_group(text) for text in set(told.groups.values())}
    for at, sample in enumerate(samples):
        number = told.classes.get(at)
        name = sample.class_name if profile.tells_class else None if number is None else profile.classes[number].name
        paths = [(slot, path) for slot, path in zip(SLOTS, sample[2:], strict=True) if path is not None]
        if name is None:
            unmatched += [
                Unmatched(show(path), "file", "unlabeled", f"in no row of {' or '.join(tables)}", 1)
                for _, path in paths
            ]
            continue
        if profile.tells_class and number is not None and profile.classes[number].name != name:
            other += 1
        for slot, path in paths:
            folder, _, file = path.rpartition("/")
            found[name].setdefault(slot, {}).setdefault(folder, {})[sample.id] = file
        key = name, sample.id
        split_of[key] = by_folder[at] if by_folder is not None else words.get(told.splits.get(at, ""))
        group_of[key] = groups.get(told.groups.get(at, ""))
    packed = {
        name: {
            slot: [SlotNames.pack(folder, names) for folder, names in folders.items()]
            for slot, folders in slots.items()
        }
        for name, slots in found.items()
    }
    made = Samples(tree.store, packed)
    keys = [(sample.class_name, sample.id) for sample in made]
    columns: dict[str, Sequence[str | None]] = {}
    if told.groups:
        columns["group"] = [group_of[key] for key in keys]
    if by_folder is not None or told.splits:
        columns["split"] = [split_of[key] for key in keys]
    unmatched += [
        Unmatched(show(tables[0]), "file", "unused-row", show(f"{place}: {why}", 200)) for place, why in told.unused
    ]
    return replace(
        tree,
        samples=made,
        unmatched=sort_unmatched(unmatched),
        columns=columns,
        split=tree.split or _record(columns.get("split"), words, tables),
        remarks=(*tree.remarks, *told.remarks, *_remark(tree, told, columns, words, other)),
    )


def _record(
    splits: Sequence[str | None] | None, words: Mapping[str, str], tables: Sequence[str]
) -> dict[str, Any] | None:
    if splits is None:
        return None
    there = set(splits)
    names = [name for name in dict.fromkeys(words.values()) if name in there]
    return {"names": names, "title": " and ".join(map(show, tables)), FOUND: "table"}


def _remark(
    tree: Tree, told: Told, columns: Mapping[str, Sequence[str | None]], words: Mapping[str, str], other: int
) -> Iterator[str]:
    """Yield what became of the splits and groups, and what could not be used."""
    if tree.split is None and "split" in columns:
        sizes = Counter(columns["split"])
        named = [f"{name} {sizes[name]:,}" for name in dict.fromkeys(words.values()) if sizes[name]]
        none = f"; in none {sizes[None]:,}" if sizes[None] else ""
        yield f"split from the table: {', '.join(named)}{none}"
    if "group" in columns:
        known = [group for group in columns["group"] if group is not None]
        yield f"groups from the table: {count(len(set(known)), 'group')}, {count(len(known), 'sample')}"
    if other:
        yield f"{count(other, 'sample')} with another class in the table than by folder or name, which was taken"
    if told.unused:
        place, why = told.unused[0]
        yield f"{count(len(told.unused), 'row')} of the table not used (first: {place}: {why})"
    if not tree.profile.tells_class and (left := len(tree.samples) - len(told.classes)):
        yield f"{count(left, 'sample')} left out: no row of the table gives a label"


def _plain_splits(spec: LabelsSpec | None, told: Told) -> dict[str, str]:
    """Return names for splits that the column ``split`` can hold, all different."""
    mapped = {} if spec is None else spec.splits
    names: dict[str, str] = {}
    for text in dict.fromkeys(told.splits.values()):
        plain = mapped.get(text) or re.sub(r"[^A-Za-z0-9_-]+", "-", text)[:26].strip("-") or "split"
        taken = set(names.values()) if text not in mapped else set()
        names[text] = plain if plain not in taken else f"{plain}-{len(names)}"
    return names


def _plain_group(text: str) -> str:
    """Return a name for a group that the column ``group`` can hold: itself, or else the beginning of its SHA-256."""
    return text if _SAFE.fullmatch(text) else f"g-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
