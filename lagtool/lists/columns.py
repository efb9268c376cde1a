"""What each column of a list is: by its cells first, its heading second; two possible readings are refused."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lagtool.display import show
from lagtool.errors import LagtoolError
from lagtool.lists.matching import Fate, Matcher
from lagtool.lists.record import Cell
from lagtool.lists.tables import sample_of
from lagtool.lists.words import (
    CLASS_HEADINGS,
    GROUP_HEADINGS,
    ID_HEADINGS,
    OTHER_FILES,
    PATH_HEADINGS,
    POSITIONS,
    SPLIT_HEADINGS,
    is_class_word,
    is_eye,
    is_fold_heading,
    is_missing,
    is_picture,
    is_split,
    read_flag,
    read_indicator,
    simplify,
)

ROLES = ("name", "split", "class", "group")
"""What a column can be taken for."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_PLAIN = re.compile(r"(?:0|[1-9][0-9]{0,11})", re.ASCII)
_MOSTLY = 0.5


class UndecidedError(LagtoolError):
    """Two readings are possible, or none: the message says which option decides."""


def read_columns(texts: Iterable[str]) -> dict[str, str]:
    """Return the columns that ``name=fundus,split=fold`` chooses: role to heading, number (from 1), or ``none``.

    Raises:
        LagtoolError: It is written in another way.
    """
    chosen: dict[str, str] = {}
    for text in (part for whole in texts for part in whole.split(",")):
        role, sign, column = text.partition("=")
        role = role.strip().lower()
        if not sign or not column.strip() or role not in ROLES or role in chosen:
            raise LagtoolError(f"--columns {show(text, 60)}: write ROLE=COLUMN once each; roles: {', '.join(ROLES)}")
        chosen[role] = column.strip()
    return chosen


@dataclass(eq=False)
class Column:
    """One column of a list: its heading (None: nothing says it), place from 0, and cells; and what these are."""

    heading: str | None
    number: int
    cells: list[Cell] = field(repr=False)
    quoted: bool = False

    @property
    def title(self) -> str:
        """What messages call it."""
        return show(self.heading, 40) if self.heading else str(self.number + 1)

    @property
    def word(self) -> str:
        """Its heading, simplified."""
        return simplify(self.heading or "")

    @cached_property
    def filled(self) -> list[str]:
        """Its cells but those that say that a value is missing."""
        return [cell for cell in self.cells if cell is not None and not is_missing(cell)]

    @cached_property
    def seen(self) -> list[str]:
        """Its filled cells, or of many an even choice."""
        return list(sample_of([*self.filled]))

    def share(self, test: Callable[[str], object]) -> float:
        """Return the share of filled cells that pass a test; 0 where there are none."""
        return sum(bool(test(cell)) for cell in self.seen) / len(self.seen) if self.seen else 0.0

    def every(self, test: Callable[[str], object]) -> bool:
        """Whether there are filled cells, and all pass a test."""
        return bool(self.filled) and all(map(test, self.filled))

    @cached_property
    def pictures(self) -> bool:
        """Whether most cells are names of pictures."""
        return self.share(is_picture) >= _MOSTLY

    @cached_property
    def numeric(self) -> bool:
        """Whether all cells are numbers."""
        return self.every(_NUMBER.fullmatch)

    @cached_property
    def whole(self) -> list[int] | None:
        """Its cells as whole numbers; None where they are anything else, or have zeros in front."""
        if not self.filled or not self.numeric:
            return None
        texts = [write_whole(cell) for cell in self.filled]
        return [int(text) for text in texts] if all(map(_PLAIN.fullmatch, texts)) else None

    @cached_property
    def counts(self) -> bool:
        """Whether its numbers, with or without zeros in front, count the rows: 0, 1, 2, ... or 1, 2, 3, ..."""
        numbers = [int(cell) for cell in map(write_whole, self.filled) if cell.isascii() and cell.isdigit()]
        same = len(numbers) == len(self.cells) > 0
        return same and numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))

    @cached_property
    def flags(self) -> bool:
        """Whether all cells are yes or no."""
        return self.every(lambda cell: read_flag(cell) is not None)

    @cached_property
    def splits(self) -> bool:
        """Whether all cells are words that splits are called by."""
        return self.every(is_split)

    def partition(self) -> tuple[int, ...]:
        """Return which rows have one value, whatever it is: equal for columns that say the same in other words."""
        known: dict[Cell, int] = {}
        return tuple(
            -1 if cell is None or is_missing(cell) else known.setdefault(cell, len(known)) for cell in self.cells
        )


def write_whole(cell: str) -> str:
    """Return a number that is whole without its fraction or exponent (``1.0``, ``1e3``); any other text as it is."""
    if cell.isdigit() or not _NUMBER.fullmatch(cell):
        return cell
    try:
        value = float(cell)
    except ValueError:
        return cell
    return str(int(value)) if value.is_integer() and abs(value) < 1e12 else cell


@dataclass
class Roles:
    """The columns that were taken, by number; None: there is none.

    Attributes:
        name: Names of files, or ids.
        grade: How sure that is: 3 by the cells, 2 by the heading, 1 for want of another.
        split: Splits, or numbers of folds.
        indicators: Columns of yes and no, each with the split that a yes (and a no) means.
        wide: Columns that hold the names of one split each, with that split.
        class_: Classes.
        group: Patients or groups.
        unused: Titles of the others.
        notes: What else must be known.
    """

    name: Column | None = None
    grade: int = 0
    split: Column | None = None
    indicators: list[tuple[Column, str, str | None]] = field(default_factory=list)
    wide: list[tuple[Column, str]] = field(default_factory=list)
    class_: Column | None = None
    group: Column | None = None
    unused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def has_split(self) -> bool:
        """Whether columns say the split of each row."""
        return self.split is not None or bool(self.indicators or self.wide)

    @property
    def used(self) -> list[Column]:
        """All columns that were taken."""
        several = [column for column, *_ in (*self.indicators, *self.wide)]
        return [c for c in (self.name, self.split, self.class_, self.group, *several) if c is not None]


@dataclass
class Chooser:
    """Decides what the columns of one list are.

    Attributes:
        file: The file, fit to be shown.
        columns: Its columns.
        matcher: Knows the names of the dataset; None: they are not known.
        chosen: Columns that the user chose, by role.
        group: Whether groups are asked for.
    """

    file: str
    columns: Sequence[Column]
    matcher: Matcher | None
    chosen: Mapping[str, str]
    group: bool = False

    def choose(self) -> Roles:
        """Return the columns that were taken.

        Raises:
            UndecidedError: Several could be the one that is looked for.
        """
        roles = Roles()
        names = [c for c in self.columns if c.heading is not None and is_split(c.heading) and not c.flags and c.filled]
        if len(names) > 1 and "name" not in self.chosen and all(self.is_sure(c) or not c.splits for c in names):
            others = [c for c in self.columns if c not in names and self.is_sure(c)]
            if not others:
                roles.wide, roles.grade = [(c, str(c.heading)) for c in names], 3
        if not roles.wide:
            roles.name, roles.grade = self._choose_name()
            roles.split = self._choose_split(roles)
        roles.class_ = self._choose_class(roles)
        if self.group:
            roles.group = self._choose_group(roles)
        used = roles.used
        roles.unused = [c.title for c in self.columns if c not in used and (c.heading or len(self.columns) > 1)]
        return roles

    def _told(self, role: str) -> tuple[bool, Column | None]:
        """Return whether the user chose the column of a role, and which."""
        if role not in self.chosen:
            return False, None
        text = self.chosen[role]
        if text.lower() == "none":
            return True, None
        found = next((c for c in self.columns if c.heading is not None and c.heading.lower() == text.lower()), None)
        if found is None and text.isdecimal():
            found = next((c for c in self.columns if str(c.number + 1) == text), None)
        if found is None:
            there = ", ".join(c.title for c in self.columns[:10])
            raise LagtoolError(f"{self.file}: no column {show(text, 40)} (--columns): there are {there}")
        return True, found

    def is_sure(self, column: Column) -> bool:
        """Whether cells are names: of pictures, or known ones that are no plain numbers."""
        padded = column.every(lambda cell: cell.isascii() and cell.isdigit() and len(cell) > 2)
        if column.pictures or (padded and any(cell[0] == "0" for cell in column.filled)):
            return True
        if self.matcher is None or column.whole is not None or column.splits or column.flags:
            return False
        return column.share(self._is_exact) >= _MOSTLY

    def _is_exact(self, cell: str) -> bool:
        assert self.matcher is not None
        found = self.matcher.find(cell)
        return (found.fate is Fate.FOUND and not found.padded) or found.fate is Fate.AMBIGUOUS

    def _choose_name(self) -> tuple[Column | None, int]:
        told, column = self._told("name")
        if told:
            return column, 3
        sure = [c for c in self.columns if self.is_sure(c)]
        if any(c.pictures for c in sure):
            sure = [c for c in sure if c.pictures or not c.counts]
        if sure:
            return self._agree(sorted(sure, key=_rank)), 3
        headed = [c for c in self.columns if c.word in (*PATH_HEADINGS, *ID_HEADINGS) and self._may_name(c)]
        if headed:
            best = min(headed, key=_rank)
            self._refuse_positions(best, headed=True)
            return best, 2
        rest = [c for c in self.columns if self._may_name(c) and not c.every(is_class_word)]
        texts = [c for c in rest if not c.numeric] or rest or [c for c in self.columns if c.whole is not None][:1]
        if len(texts) > 1:
            words = f"columns {' and '.join(c.title for c in texts[:2])} may both hold the names"
            raise UndecidedError(f"{self.file}: {words}: choose one with --columns name={texts[0].title}")
        if not texts:
            return None, 0
        self._refuse_positions(texts[0], headed=False)
        return texts[0], 1

    def _may_name(self, column: Column) -> bool:
        if column.splits or not column.filled or column.every(is_eye):
            return False
        if column.flags and len(column.filled) > 2:
            return False
        heading = column.heading or ""
        other = column.word in (*SPLIT_HEADINGS, *CLASS_HEADINGS, *GROUP_HEADINGS) or is_fold_heading(heading)
        decimals = column.numeric and column.whole is None and not column.every(str.isdigit)
        return not other and not decimals and read_indicator(heading) is None

    def _agree(self, sure: list[Column]) -> Column:
        """Return the first of several columns of names, where they mean the same samples."""
        best, *others = sure
        for other in others:
            if other.word in OTHER_FILES and best.word not in OTHER_FILES:
                continue
            if self.matcher is None:
                stems = [(_stem(a), _stem(b)) for a, b in zip(best.cells, other.cells, strict=True) if a and b]
                if all(a == b for a, b in stems) or _rank(best)[0] != _rank(other)[0]:
                    continue
                raise self._disagree(best, other)
            pairs = [(self.matcher.find(a).row, self.matcher.find(b).row) for a, b in _both(best, other)]
            if not any(b >= 0 for _, b in pairs):
                continue
            if not any(a >= 0 for a, _ in pairs):
                best = other
            elif any(a != b and a >= 0 and b >= 0 for a, b in pairs):
                raise self._disagree(best, other)
        return best

    def _disagree(self, one: Column, other: Column) -> UndecidedError:
        return UndecidedError(
            f"{self.file}: columns {one.title} and {other.title} both hold names, and name different samples: "
            f"choose one with --columns name={one.title}"
        )

    def _refuse_positions(self, column: Column, *, headed: bool) -> None:
        """Refuse whole numbers that may count the samples of a list, and are not known to be ids."""
        numbers = column.whole
        if numbers is None or not numbers:
            return
        found = [self.matcher.find(str(n)).fate is not Fate.ABSENT for n in numbers] if self.matcher else []
        size = self.matcher.size if self.matcher is not None else 0
        counts = sorted(numbers) in (list(range(len(numbers))), list(range(1, len(numbers) + 1)))
        if column.word not in POSITIONS and (0 not in numbers or (found and all(found))):
            known = all(found) if self.matcher else numbers[0] != 0
            beyond = 0 < size < max(numbers) and sum(found) >= _MOSTLY * len(found)
            if beyond or column.quoted or (headed and (known or not counts)):
                return
        shown = ", ".join(str(number) for number in numbers[:3])
        what = "its names" if len(self.columns) == 1 else f"column {column.title}"
        raise UndecidedError(
            f"{self.file}: {what} may be ids or positions in a list ({shown}, ...): say --columns name={column.title} "
            "if they are ids; else write file names"
        )

    def _choose_split(self, roles: Roles) -> Column | None:
        told, column = self._told("split")
        if told and (column is None or not column.flags or read_indicator(column.heading or "") is None):
            return column
        free = [c for c in self.columns if c is not roles.name and c.filled and not c.pictures]
        indicators = [
            (c, word) for c in free if c.flags and c.heading and (word := read_indicator(c.heading)) is not None
        ]
        if told:
            indicators = [(c, word) for c, word in indicators if c is column]
        headed = [c for c in free if c.word in SPLIT_HEADINGS and (not c.numeric or c.whole is not None)]
        words = [c for c in free if c.splits and c.word not in (*CLASS_HEADINGS, *GROUP_HEADINGS)]
        folds = [c for c in free if c.heading and is_fold_heading(c.heading) and c.numeric]
        for tier in () if told else (headed, words, folds):
            if tier:
                if any(_differ(c, tier[0]) for c in tier[1:]):
                    words_ = " and ".join(c.title for c in tier[:2])
                    raise UndecidedError(
                        f"{self.file}: columns {words_} both hold splits, and differ: "
                        f"choose one with --columns split={tier[0].title}"
                    )
                return tier[0]
        several = len(indicators) > 1
        for c, word in indicators:
            no = None if several else "train" if word.startswith(("val", "dev")) else f"not-{word}"
            roles.indicators.append((c, word, no))
        return None

    def _choose_class(self, roles: Roles) -> Column | None:
        told, column = self._told("class")
        if told:
            return column
        taken = roles.used
        free = [c for c in self.columns if c not in taken and c.filled and not c.pictures and not c.splits]
        headed = [c for c in free if c.word in CLASS_HEADINGS]
        words = [c for c in free if not c.numeric and c.every(is_class_word) and c.word not in GROUP_HEADINGS]
        bare = [c for c in free if c.heading is None and c.flags]
        for tier in (words, headed, bare if len(bare) == 1 else []):
            if tier:
                return min(tier, key=lambda c: CLASS_HEADINGS.index(c.word) if c.word in CLASS_HEADINGS else 99)
        return None

    def _choose_group(self, roles: Roles) -> Column | None:
        """Return the column of patients or groups: of several, the one that keeps most together.

        Raises:
            UndecidedError: There is none, or none keeps together what the others do.
        """
        told, column = self._told("group")
        if told:
            return column
        free = [c for c in self.columns if c is not roles.name and c.filled]
        eyes = [c for c in free if c.every(is_eye)]
        poor = [c for c in free if c in eyes or c.splits or (c.flags and len(c.filled) > 2) or c is roles.class_]
        headed = [c for c in free if c.word in GROUP_HEADINGS and c not in eyes]
        if not headed and len(self.columns) == 2 and free and free[0] not in poor:
            return free[0]
        if not headed:
            only = f": {eyes[0].title} says only which eye" if eyes else ""
            raise UndecidedError(
                f"{self.file} has no column for the group{only}: call it group, patient, patient_id, subject or eye, "
                "or choose it with --columns group=COLUMN"
            )
        coarse = [c for c in headed if all(_is_coarser(c, other) for other in headed)]
        if not coarse:
            words = " and ".join(c.title for c in headed[:2])
            raise UndecidedError(
                f"{self.file}: columns {words} both hold groups, and neither keeps together what the other does: "
                f"choose one with --columns group={headed[0].title}"
            )
        if eyes:
            roles.notes.append(f"column {eyes[0].title} says only which eye: both eyes of a group stay together")
        return coarse[0]


def _is_coarser(one: Column, other: Column) -> bool:
    """Whether each value of ``other`` stands beside one value of ``one``."""
    beside: dict[str, Cell] = {}
    return all(beside.setdefault(b, a) == a for a, b in _both(one, other) if not is_missing(a) and not is_missing(b))


def _differ(one: Column, other: Column) -> bool:
    """Whether two columns put rows into different splits; other words for the same splits are no difference."""
    if one.splits and other.splits:
        return one.cells != other.cells
    return one.partition() != other.partition()


def _both(one: Column, other: Column) -> list[tuple[str, str]]:
    return [(a, b) for a, b in zip(one.cells, other.cells, strict=True) if a and b]


def _rank(column: Column) -> tuple[int, int, int]:
    """Return how good a column of names is, the best first: its image's file, a file, its id, another of its files."""
    known = (*PATH_HEADINGS, *ID_HEADINGS)
    other = column.word in OTHER_FILES
    tier = 3 if other else 0 if column.word in PATH_HEADINGS else 1 if column.pictures else 2
    return tier, known.index(column.word) if column.word in known else len(known), column.number


def _stem(cell: str) -> str:
    return cell.replace("\\", "/").rpartition("/")[2].partition(".")[0].lower()
