"""Tables of labels: the class of each sample, its split and its patient, where no folder or file name tells them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lagtool.errors import LagtoolError
from lagtool.lists.columns import Column, UndecidedError, is_one_hot, write_whole
from lagtool.lists.folders import UntoldError
from lagtool.lists.matching import Fate, Match, Matcher
from lagtool.lists.reading import Reader
from lagtool.lists.record import Listing, NameRecord, Table
from lagtool.lists.rows import take_headings
from lagtool.lists.tables import read_csv, read_parquet
from lagtool.lists.words import (
    CLASS_HEADINGS,
    GROUP_HEADINGS,
    find_split_in_name,
    is_eye,
    is_missing,
    read_flag,
    simplify,
    unwrap,
)
from lagtool.model import SampleFiles
from lagtool.profiles import LabelsSpec, Profile
from lagtool.text import count, show

_NONE = "none"
_MOST = 8


class _Row(NamedTuple):
    """What one row of a table says of one sample: all of it in the words of the table."""

    name: str
    place: str
    label: str | None
    split: str | None
    group: str | None


@dataclass
class Told:
    """What is known of the samples, by their position in the tree, and of the rows that could not be used."""

    classes: dict[int, int] = field(default_factory=dict)
    splits: dict[int, str] = field(default_factory=dict)
    groups: dict[int, str] = field(default_factory=dict)
    places: dict[int, str] = field(default_factory=dict)
    unused: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class LabelReader:
    """Reads tables of labels by the reader of lists, one after the other."""

    def __init__(self, profile: Profile, spec: LabelsSpec, matcher: Matcher, samples: Sequence[SampleFiles]) -> None:
        self._profile = profile
        self._spec = spec
        self._matcher = matcher
        self._told = Told()
        self._rows: list[_Row] = []
        self._files: dict[str, tuple[str | None, int, int]] = {}
        self._at: dict[str, list[int]] = defaultdict(list)
        for at, sample in enumerate(samples):
            self._at[sample.id].append(at)
        self._numbers = {c.label: number for number, c in enumerate(profile.classes)}

    def take(self, name: str, data: bytes) -> None:
        """Read one table."""
        path, spec = Path(name), self._spec
        table = open_table(path, data, self._matcher)
        labels = spec.label or self._one_hot(table)
        columns = {"name": spec.file, "class": labels[0] if labels else None}
        listing = self._read(path, data, columns | {"split": _NONE}, "name")
        class_of = {record.place: record.class_text for record in listing.records}
        if len(labels) > 1:
            class_of = self._read_one_hot(path, data, labels)
        elif labels and self._profile_class(labels[0]) is not None:
            class_of = self._read_flags(class_of, labels[0])
        splits = self._read_splits(path, data, columns)
        groups = self._read_groups(path, data, table)
        rows = [
            _Row(r.name, r.place, class_of.get(r.place), splits.get(r.place), groups.get(r.place))
            for r in listing.records
        ]
        self._files[name] = find_split_in_name(path.stem).name, len(self._rows), len(self._rows) + len(rows)
        self._rows += rows
        self._told.unused += [(one.place, one.why) for one in listing.unusable]
        if table is None or table.headings is None:
            self._told.remarks += listing.remarks
        else:
            texts = [{r.place: r.class_text for r in listing.records}] if len(labels) < 2 else []
            self._told.remarks.append(_describe(table, listing.records, texts, splits, groups, labels))
            self._told.remarks += self._inverted_columns(table, listing, class_of)

    def _read_splits(self, path: Path, data: bytes, columns: Mapping[str, str | None]) -> dict[str, str | None]:
        """Return the split of each row that says one, by its place."""
        if self._spec.split == _NONE:
            return {}
        try:
            listing = self._read(path, data, {**columns, "split": self._spec.split}, "split")
        except UntoldError:
            if self._spec.split is not None:
                raise
            return {}
        return {record.place: record.split for record in listing.records}

    def _read(self, path: Path, data: bytes, columns: Mapping[str, str | None], wanted: str) -> Listing:
        chosen = {role: column for role, column in columns.items() if column is not None}
        try:
            return Reader(self._matcher, chosen, wanted=wanted).read_bytes(data, path)
        except UndecidedError as error:
            raise LagtoolError(f"{error} (in a profile: file, label, split or patient of [labels])") from None

    def _read_groups(self, path: Path, data: bytes, table: Table | None) -> dict[str, str | None]:
        """Return the patient of each row, by its place; the eye where no patient is known."""
        spec = self._spec
        if spec.patient == _NONE and spec.eye is None:
            return {}
        wanted = spec.eye if spec.patient in (None, _NONE) else spec.patient
        headings = () if table is None or table.headings is None else table.headings
        words = [heading for heading in headings if simplify(heading) in GROUP_HEADINGS]
        if wanted is None and not any(not is_side(table, heading) for heading in words):
            return {}
        if wanted is not None and is_side(table, wanted):
            raise LagtoolError(
                f"{show(path)}: column {show(wanted, 40)} says only which eye: name the column of the patients as "
                "patient of [labels], or leave it out"
            )
        columns = {"name": spec.file, "class": spec.label[0] if len(spec.label) == 1 else None, "group": wanted}
        return {record.place: record.group for record in self._read(path, data, columns, "group").records}

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
        several = len({self._profile_class(str(c.heading)) for c in flags}) == len(flags) > 1
        return tuple(str(c.heading) for c in flags) if several and is_one_hot(flags) else ()

    def _profile_class(self, heading: str) -> int | None:
        """Return the number of the class that a heading names, by `values` first; None: it names none."""
        label = self._spec.values.get(heading)
        if label is not None:
            return self._numbers[label]
        return None if heading.strip().isdigit() else self._matcher.classes.read(heading)

    def _read_one_hot(self, path: Path, data: bytes, headings: Sequence[str]) -> dict[str, str | None]:
        """Return the heading of the one column that says yes in each row, by the place of the row."""
        said: dict[str, list[str]] = defaultdict(list)
        for heading in headings:
            columns = {"name": self._spec.file, "class": heading, "split": _NONE}
            for record in self._read(path, data, columns, "name").records:
                said[record.place] += [heading] if read_flag(record.class_text or "") else []
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
            if (
                simplify(heading) in CLASS_HEADINGS
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

    def finish(self) -> Told:
        """Return what all tables say together.

        Raises:
            LagtoolError: A label is none of the profile's, or one sample is put into two classes or groups.
        """
        told, unknown = self._told, Counter[str]()
        self._take_file_names()
        claims: list[tuple[int, int, _Row]] = []
        found: list[tuple[_Row, int, int | None]] = []
        for row in self._rows:
            number = None if row.label is None or is_missing(row.label) else self._class_of(row.label)
            if number is None and row.label is not None and not is_missing(row.label):
                unknown[row.label] += 1
            match = self._find(row)
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

    def _take_file_names(self) -> None:
        """Take the splits that the names of several tables tell (``train.csv``, ``test.csv``) where no row does."""
        if len({split for split, _, _ in self._files.values() if split is not None}) < 2:
            return
        for split, start, end in self._files.values():
            self._rows[start:end] = [row._replace(split=row.split or split) for row in self._rows[start:end]]

    def _find(self, row: _Row) -> Match:
        """Return the sample that a row names: as the reader of lists finds it, else by the templates of file names."""
        match = self._matcher.match(NameRecord("", row.name, row.place))
        if match.fate is Fate.FOUND:
            return match
        base = row.name.replace("\\", "/").rpartition("/")[2]
        suffixes = self._profile.slots["image"].suffixes
        keys = (self._profile.key("image", name) for name in (base, *(base + suffix for suffix in suffixes)))
        found = self._at.get(next((key for key in keys if key is not None), ""), [])
        return match._replace(fate=Fate.FOUND, row=found[0]) if len(found) == 1 else match

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
        if row.split and told.splits.setdefault(at, row.split) != row.split:
            why = f"sample {title} is in {show(told.splits[at], 40)} too ({told.places[at]}), which was taken"
            told.unused.append((row.place, f"puts it into {show(row.split, 40)}: {why}"))


def _describe(
    table: Table,
    records: Sequence[NameRecord],
    texts: Sequence[Mapping[str, str | None]],
    splits: Mapping[str, str | None],
    groups: Mapping[str, str | None],
    labels: Sequence[str],
) -> str:
    """Say which columns of a table were taken for what, by their cells, and which were not used."""
    headings = table.headings or ()
    line_of = {table.place(number): row for number, row in enumerate(table.rows)}
    names = {record.place: record.name for record in records}
    used: dict[str, str] = {}
    for what, told in (("names", names), *(("class", one) for one in texts), ("split", splits), ("group", groups)):
        said = [(line_of[place], value) for place, value in told.items() if place in line_of and value is not None]
        for number, heading in enumerate(headings):
            same = all(number < len(row) and _same(row[number], value) for row, value in said)
            if said and same and heading not in used:
                used[heading] = what
                break
    used |= dict.fromkeys(labels, "class") if len(labels) > 1 else {}
    parts = [f"{what} from column {' and '.join(map(show, words))}" for what, words in _by_value(used).items()]
    unused = [show(heading, 40) for heading in headings if heading and heading not in used]
    left = f"; not used: {', '.join(unused[:_MOST])}{', ...' if len(unused) > _MOST else ''}" if unused else ""
    return f"{table.file}: {count(len(records), 'row')}, {', '.join(parts)}{left}"


def _same(cell: str | None, value: str) -> bool:
    return cell is not None and (unwrap(cell) == unwrap(value) or write_whole(cell) == value or f"fold{cell}" == value)


def _by_value(used: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for heading, what in used.items():
        found.setdefault(what, []).append(heading)
    return found


def open_table(path: Path, data: bytes, matcher: Matcher) -> Table | None:
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


def is_side(table: Table | None, heading: str) -> bool:
    """Whether a column says only left and right."""
    if table is None or table.headings is None or heading not in table.headings:
        return False
    number = table.headings.index(heading)
    return Column(heading, number, table.column(number)).every(is_eye)
