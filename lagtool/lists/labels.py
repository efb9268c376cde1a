"""Tables of labels: the class of each sample, its split and its patient, where no folder or file name tells them."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from lagtool.errors import LagtoolError
from lagtool.files.samples import Samples, SlotNames
from lagtool.files.tree import FOUND, Stray, Tree, sort_strays
from lagtool.lists.columns import Column, UndecidedError
from lagtool.lists.folders import UntoldError
from lagtool.lists.matching import Fate, Matcher
from lagtool.lists.reading import Reader
from lagtool.lists.record import Listing, NameRecord, Table
from lagtool.lists.rows import take_headings
from lagtool.lists.tables import read_csv, read_parquet
from lagtool.lists.words import CLASS_HEADINGS, GROUP_HEADINGS, find_split_in_name, is_eye, is_missing, read_flag
from lagtool.model import SampleFiles
from lagtool.profiles import SLOTS, LabelsSpec, Profile, SlotName
from lagtool.text import count, show

_MAX_BYTES = 1 << 28
_NONE = "none"
_SAFE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_NO_SPLIT = ""


class _Row(NamedTuple):
    """What one row of a table says of one sample: all of it in the words of the table."""

    name: str
    place: str
    label: str | None
    split: str | None
    group: str | None


@dataclass
class _Told:
    """What is known of the samples, by their position in the tree, and of the rows that could not be used."""

    classes: dict[int, int] = field(default_factory=dict)
    splits: dict[int, str] = field(default_factory=dict)
    groups: dict[int, str] = field(default_factory=dict)
    places: dict[int, str] = field(default_factory=dict)
    unused: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def label_tree(tree: Tree) -> Tree:
    """Return a tree with the classes, splits and groups that its table of labels says.

    Samples that no row names, and rows that name no sample, become strays.

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
    reading = _Reading(tree.profile, spec, _matcher(tree.profile, samples))
    for name in tables:
        found = tree.store.read(name, _MAX_BYTES)
        if found.data is None:
            raise LagtoolError(f"table of labels {show(name)} {found.message}")
        reading.take(name, found.data)
    told = reading.finish()
    return _apply(tree, samples, told, tables)


def _matcher(profile: Profile, samples: Sequence[SampleFiles]) -> Matcher:
    columns: dict[str, Any] = {"id": [s.id for s in samples], "class": [s.class_name for s in samples]}
    for number, slot in enumerate(SLOTS, 2):
        columns[f"{slot}_path"] = pd.array([s[number] for s in samples], dtype="string")
        columns[f"{slot}_sha256"] = pd.array([None] * len(samples), dtype="string")
    return Matcher(profile, pd.DataFrame(columns))


class _Reading:
    """Reads tables of labels by the reader of lists, one after the other."""

    def __init__(self, profile: Profile, spec: LabelsSpec, matcher: Matcher) -> None:
        self._profile = profile
        self._spec = spec
        self._matcher = matcher
        self._told = _Told()
        self._rows: list[_Row] = []
        self._numbers = {c.label: number for number, c in enumerate(profile.classes)}

    def take(self, name: str, data: bytes) -> None:
        """Read one table."""
        path, spec = Path(name), self._spec
        table = _open_table(path, data, self._matcher)
        labels = spec.label or self._one_hot(table)
        columns = {"name": spec.file, "split": spec.split, "class": labels[0] if labels else None}
        listing = self._read(path, data, columns, "name" if spec.split == _NONE else "split")
        class_of = {record.place: record.class_text for record in listing.records}
        if len(labels) > 1:
            class_of = self._read_one_hot(path, data, labels, table)
        elif labels and self._profile_class(labels[0]) is not None:
            class_of = self._read_flags(class_of, labels[0])
        groups = self._read_groups(path, data, table)
        own = find_split_in_name(path.stem).name
        self._told.remarks += listing.remarks
        self._told.unused += [(one.place, one.why) for one in listing.unusable]
        self._rows += [
            _Row(r.name, r.place, class_of.get(r.place), r.split or own, groups.get(r.place)) for r in listing.records
        ]
        if table is not None:
            self._told.remarks += self._inverted_columns(table, listing, class_of)

    def _read(self, path: Path, data: bytes, columns: Mapping[str, str | None], wanted: str) -> Listing:
        chosen = {role: column for role, column in columns.items() if column is not None}
        try:
            return Reader(self._matcher, chosen, wanted=wanted).read_bytes(data, path)
        except UntoldError:
            if wanted == "split" and "split" not in chosen:
                return self._read(path, data, {**columns, "split": None}, "name")
            raise
        except UndecidedError as error:
            raise LagtoolError(f"{error} (in a profile: file, label, split or patient of [labels])") from None

    def _read_groups(self, path: Path, data: bytes, table: Table | None) -> dict[str, str | None]:
        """Return the patient of each row, by its place; the eye where no patient is known."""
        spec = self._spec
        if spec.patient == _NONE and spec.eye is None:
            return {}
        wanted = spec.eye if spec.patient in (None, _NONE) else spec.patient
        headings = () if table is None or table.headings is None else table.headings
        words = [heading for heading in headings if "".join(filter(str.isalnum, heading.casefold())) in GROUP_HEADINGS]
        if wanted is None and not any(not _is_side(table, heading) for heading in words):
            return {}
        if wanted is not None and _is_side(table, wanted):
            raise LagtoolError(
                f"{show(path)}: column {show(wanted, 40)} says only which eye: name the column of the patients as "
                "patient of [labels], or leave it out"
            )
        columns = {"name": spec.file, "class": spec.label[0] if len(spec.label) == 1 else None, "group": wanted}
        listing = self._read(path, data, columns, "group")
        self._told.remarks += [remark for remark in listing.remarks if "group" in remark]
        return {record.place: record.group for record in listing.records}

    def _one_hot(self, table: Table | None) -> tuple[str, ...]:
        """Return the columns that hold one class each, where a table has them: one yes in each row."""
        if table is None or table.headings is None:
            return ()
        flags = [
            column
            for number, heading in enumerate(table.headings)
            if self._profile_class(heading) is not None
            and (column := Column(heading, number, table.column(number))).flags
        ]
        yes = [
            sum(read_flag(cell or "") is True for cell in cells)
            for cells in zip(*(c.cells for c in flags), strict=True)
        ]
        several = len({self._profile_class(str(c.heading)) for c in flags}) == len(flags) > 1
        return tuple(str(c.heading) for c in flags) if several and set(yes) == {1} else ()

    def _profile_class(self, heading: str) -> int | None:
        """Return the number of the class that a heading names, by `values` first; None: it names none."""
        label = self._spec.values.get(heading)
        if label is not None:
            return self._numbers[label]
        return None if heading.strip().isdigit() else self._matcher.classes.read(heading)

    def _read_one_hot(
        self, path: Path, data: bytes, headings: Sequence[str], table: Table | None
    ) -> dict[str, str | None]:
        """Return the heading of the one column that says yes in each row, by the place of the row."""
        said: dict[str, list[str]] = defaultdict(list)
        for heading in headings:
            columns = {"name": self._spec.file, "class": heading, "split": _NONE}
            for record in self._read(path, data, columns, "name").records:
                said[record.place] += [heading] if read_flag(record.class_text or "") else []
        self._told.remarks.append(f"{show(path)}: one column for each class: {', '.join(map(show, headings))}")
        return {place: words[0] if len(words) == 1 else None for place, words in said.items()}

    def _read_flags(self, class_of: dict[str, str | None], heading: str) -> dict[str, str | None]:
        """Return the classes where a column of yes and no is called like one class of two."""
        texts = {text for text in class_of.values() if text is not None}
        number = self._profile_class(heading)
        if self._spec.values or len(self._profile.classes) != 2 or any(read_flag(text) is None for text in texts):
            return class_of
        assert number is not None
        names = {True: self._profile.classes[number].name, False: self._profile.classes[1 - number].name}
        self._told.remarks.append(f"column {show(heading, 40)}: 1 stands for {names[True]}, 0 for {names[False]}")
        flags = {place: None if text is None else read_flag(text) for place, text in class_of.items()}
        return {place: None if flag is None else names[flag] for place, flag in flags.items()}

    def _inverted_columns(self, table: Table, listing: Listing, class_of: Mapping[str, str | None]) -> Iterator[str]:
        """Yield a remark on each column of numbers that says the opposite of what was taken."""
        taken = {place: None if text is None else self._class_of(text) for place, text in class_of.items()}
        if set(taken.values()) - {None} != {0, 1} or len(self._profile.classes) != 2:
            return
        places = {table.place(number): number for number in range(len(table.rows))}
        lines = [(places[r.place], taken[r.place]) for r in listing.records if r.place in places]
        for number, heading in enumerate(table.headings or ()):
            cells = [
                (read_flag(table.rows[line][number] or ""), c) for line, c in lines if number < len(table.rows[line])
            ]
            word = "".join(filter(str.isalnum, heading.casefold()))
            if (
                word in CLASS_HEADINGS
                and cells
                and all(
                    flag is not None and c is not None and int(flag) != self._profile.classes[c].label
                    for flag, c in cells
                )
            ):
                yield f"class index inverted in column {show(heading, 40)}: its numbers are the opposite of the labels"

    def _class_of(self, text: str) -> int | None:
        values = self._spec.values
        if values:
            label = values.get(text)
            return None if label is None else self._numbers[label]
        return self._matcher.classes.read(text)

    def finish(self) -> _Told:
        """Return what all tables say together.

        Raises:
            LagtoolError: A label is none of the profile's, or one sample is put into two classes or groups.
        """
        told, unknown = self._told, Counter[str]()
        claims: list[tuple[int, int, _Row]] = []
        found: list[tuple[_Row, int, int | None]] = []
        for row in self._rows:
            number = None if row.label is None or is_missing(row.label) else self._class_of(row.label)
            if number is None and row.label is not None and not is_missing(row.label):
                unknown[row.label] += 1
            match = self._matcher.match(NameRecord("", row.name, row.place))
            if match.claimed >= 0 and number is not None:
                claims.append((match.claimed, number, row))
            if match.fate is not Fate.FOUND:
                told.unused.append((row.place, f"'{show(row.name, 60)}' names no file"))
            elif number is None and self._profile.tells_class is False:
                told.unused.append((row.place, f"'{show(row.name, 60)}' has no label"))
            else:
                found.append((row, match.row, number))
        self._refuse_labels(unknown)
        self._refuse_inverted(claims)
        for row, at, number in found:
            self._note(row, at, number)
        if self._rows and not found:
            first = self._rows[0]
            raise LagtoolError(f"{first.place}: no row names a file of the dataset (first: '{show(first.name, 60)}')")
        return told

    def _refuse_labels(self, unknown: Counter[str]) -> None:
        if not unknown:
            return
        text, number = unknown.most_common(1)[0]
        first = next(row.place for row in self._rows if row.label == text)
        expected = self._spec.values or {str(c.label): 0 for c in self._profile.classes}
        raise LagtoolError(
            f"{first}: the label '{show(text, 40)}' ({count(number, 'row')}) is none of the profile's "
            f"({', '.join(map(show, expected))}): map it in values of [labels], or fix the rows"
        )

    def _refuse_inverted(self, claims: Sequence[tuple[int, int, _Row]]) -> None:
        """Hold the labels against the classes that the paths in the table say, where these tell classes apart."""
        wrong = [(claimed, number, row) for claimed, number, row in claims if claimed != number]
        if len({claimed for claimed, _, _ in claims}) < 2 or not wrong:
            return
        claimed, number, row = wrong[0]
        names = [c.name for c in self._profile.classes]
        if len(wrong) == len(claims):
            raise LagtoolError(
                f"{row.place}: class index inverted: '{show(row.name, 60)}' lies in the folder of {names[claimed]}, "
                f"but its label '{show(row.label or '', 20)}' stands for {names[number]}, and so in all rows: map the "
                "labels in values of [labels]"
            )
        self._told.remarks.append(
            f"{count(len(wrong), 'row')} with another label than the folder in the path says (first: {row.place}): "
            "the label was taken"
        )

    def _note(self, row: _Row, at: int, number: int | None) -> None:
        told, title = self._told, self._matcher.title(at).partition("/")[2]
        if number is not None and told.classes.setdefault(at, number) != number:
            names = [self._profile.classes[n].name for n in (told.classes[at], number)]
            raise LagtoolError(
                f"{row.place}: '{show(row.name, 60)}' is {names[1]}, but {names[0]} at {told.places[at]}: correct one"
            )
        told.places.setdefault(at, row.place)
        if row.group is not None and told.groups.setdefault(at, row.group) != row.group:
            raise LagtoolError(
                f"{row.place}: sample {title} belongs to '{show(row.group, 40)}', but at {told.places[at]} to "
                f"'{show(told.groups[at], 40)}': correct one"
            )
        split = row.split if row.split not in (None, _NO_SPLIT) else None
        if split is not None and told.splits.setdefault(at, split) != split:
            why = f"sample {title} is in {show(told.splits[at], 40)} too ({told.places[at]}), which was taken"
            told.unused.append((row.place, f"puts it into {show(split, 40)}: {why}"))


def _open_table(path: Path, data: bytes, matcher: Matcher) -> Table | None:
    """Return a table with headings of its own; None: it is a list, or JSON."""
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return read_parquet(data, show(path))
    if suffix not in (".csv", ".tsv"):
        return None
    table = read_csv(data, show(path))
    if table.rows:
        take_headings(table, matcher)
    return table


def _is_side(table: Table | None, heading: str) -> bool:
    """Whether a column says only left and right."""
    if table is None or table.headings is None or heading not in table.headings:
        return False
    number = table.headings.index(heading)
    return Column(heading, number, table.column(number)).every(is_eye)


def _apply(tree: Tree, samples: Sequence[SampleFiles], told: _Told, tables: Sequence[str]) -> Tree:
    """Return the tree with what was told of its samples."""
    profile = tree.profile
    found: dict[str, dict[SlotName, dict[str, dict[str, str]]]] = {c.name: {} for c in profile.classes}
    strays = [s for s in tree.strays if not (s.reason == "extra-file" and s.path in tables)]
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
            strays += [
                Stray(show(path), "file", "unlabeled", f"in no row of {' or '.join(tables)}", 1) for _, path in paths
            ]
            continue
        if profile.tells_class and number is not None and profile.classes[number].name != name:
            other += 1
        for slot, path in paths:
            folder, _, file = path.rpartition("/")
            found[name].setdefault(slot, {}).setdefault(folder, {})[sample.id] = file
        key = name, sample.id
        split_of[key] = by_folder[at] if by_folder is not None else words.get(told.splits.get(at, _NO_SPLIT))
        group_of[key] = groups.get(told.groups.get(at, _NO_SPLIT))
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
    strays += [Stray(show(tables[0]), "file", "unused-row", show(f"{place}: {why}", 200)) for place, why in told.unused]
    return replace(
        tree,
        samples=made,
        strays=sort_strays(strays),
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
    tree: Tree, told: _Told, columns: Mapping[str, Sequence[str | None]], words: Mapping[str, str], other: int
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


def _plain_splits(spec: LabelsSpec | None, told: _Told) -> dict[str, str]:
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
